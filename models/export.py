"""Makes a sentence-transformers folder one that onnxruntime runs: exports it, describes it, compares the two."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import math
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import ModelError
from models.encoder import OnnxEncoder
from models.layout import ONNX, Manifest, seal
from models.protocols import Encoder
from models.st_encoder import SentenceTransformerEncoder

__all__ = ["check_vectors", "export_onnx", "finish_folder", "lowest_cosine"]

LEAST_COSINE = 0.9999


def finish_folder(folder: Path, *, name: str, source: str, licence: str) -> Manifest:
    """Export the model in `folder`, freshly built or fine-tuned, to ONNX beside it, and write and return its manifest.

    The model must have mean pooling and unit length. Raises ModelError where its files are not as sentence-transformers
    writes them, or the export fails.
    """
    export_onnx(folder)
    try:
        network = json.loads((folder / "config.json").read_text("utf-8"))
        settings = json.loads((folder / "config_sentence_transformers.json").read_text("utf-8"))
        tokenizer = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
        draft = Manifest(
            name=name,
            source=source,
            licence=licence,
            dim=network["hidden_size"],
            max_tokens=min(network["max_position_embeddings"], tokenizer["model_max_length"]),
            vocabulary=network["vocab_size"],
            parameters=_count_parameters(folder / "model.safetensors"),
            prompts=settings["prompts"],
        )
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder} 不是完整的 sentence-transformers 模型：{error}，请重新生成。") from error
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return seal(folder, draft)


def _count_parameters(path: Path) -> int:
    """Return the number of weights in the file, BertModel's unused pooler left out."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        return sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys() if "pooler." not in name)


def export_onnx(folder: Path) -> None:
    """Write ``model.onnx`` beside the weights in `folder`.

    Inputs are input_ids and attention_mask, int64 (batch, tokens), the output is last_hidden_state, float32 (batch, tokens,
    dim); batch and tokens are free. Raises ModelError where the packages of the build extra are missing.
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
        _forget_where_it_was_made(program.model)
        program.save(folder / ONNX, external_data=False)


def _forget_where_it_was_made(model: Any) -> None:  # noqa: ANN401  (an onnx_ir.Model)
    """Remove the notes of the exporter: each node carries the stack trace, with file paths, of the line it came from."""
    for node in model.graph.all_nodes():
        node.metadata_props.clear()
        node.doc_string = None
        for value in node.outputs:
            value.metadata_props.clear()


def lowest_cosine(one: Encoder, other: Encoder, texts: Sequence[str]) -> float:
    """Return the lowest cosine between what two encoders make of each text, as query and as document; 1 for no texts."""
    if not texts:
        return 1.0
    queries = np.sum(one.encode_queries(texts) * other.encode_queries(texts), axis=1)
    documents = np.sum(one.encode_documents(texts) * other.encode_documents(texts), axis=1)
    return float(min(queries.min(), documents.min()))


def check_vectors(folder: Path, texts: Sequence[str]) -> float:
    """Return the lowest cosine between onnxruntime and torch on `texts`; raises ModelError where it is below 0.9999."""
    lowest = lowest_cosine(OnnxEncoder(folder), SentenceTransformerEncoder(str(folder)), texts)
    if lowest < LEAST_COSINE:
        raise ModelError(f"ONNX 与原模型的余弦相似度只有 {lowest:.6f}（应不低于 {LEAST_COSINE}），请更新 onnxruntime 后重试。")
    return lowest


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
