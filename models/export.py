"""Exports the transformer of a sentence-transformers folder to ONNX, and compares encoders."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from data.errors import ModelError
from models.layout import ONNX
from models.protocols import Encoder

__all__ = ["export_onnx", "lowest_cosine"]


def export_onnx(folder: Path) -> None:
    """Write ``model.onnx`` beside the weights in `folder`: input_ids and attention_mask, int64 (batch, tokens), to
    last_hidden_state, float32 (batch, tokens, dim), both sizes free.

    Raises ModelError where the packages of the build extra are missing.
    """
    try:
        import onnxscript  # noqa: F401  (torch imports it late, with a message of its own)
    except ImportError as error:
        raise ModelError('导出 ONNX 需要 onnx 和 onnxscript，请先运行：pip install "rongcuo[build]"') from error
    import torch
    from transformers import AutoModel

    # Eager attention makes the smaller graph: the other one guards every softmax against rows that are all masked.
    model = AutoModel.from_pretrained(folder, attn_implementation="eager", local_files_only=True).eval()

    class TokenVectors(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            return states

    example = torch.full((2, 16), 5, dtype=torch.long)
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    with _quiet():
        program = torch.onnx.export(
            TokenVectors().eval(),
            (example, torch.ones_like(example)),
            dynamo=True,
            dynamic_shapes={"input_ids": free, "attention_mask": free},
            input_names=["input_ids", "attention_mask"],
            output_names=["last_hidden_state"],
        )
        if program is None:
            raise ModelError("导出 ONNX 失败，请更新 torch 与 onnxscript 后重试。")
        program.save(folder / ONNX, external_data=False)


def lowest_cosine(one: Encoder, other: Encoder, texts: Sequence[str]) -> float:
    """Return the lowest cosine between what two encoders make of each text, as query and as document; 1 for no texts."""
    if not texts:
        return 1.0
    queries = np.sum(one.encode_queries(texts) * other.encode_queries(texts), axis=1)
    documents = np.sum(one.encode_documents(texts) * other.encode_documents(texts), axis=1)
    return float(min(queries.min(), documents.min()))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's progress lines and warnings off the terminal."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
