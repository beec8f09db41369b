"""Any sentence-transformers model that is on this machine; the only module that imports that library (torch: ~2 s)."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data.errors import ModelError
from models.layout import TOKENIZER
from models.protocols import Vectors
from models.reading import ReadingEncoder, unit_rows

if TYPE_CHECKING:
    from transformers import BertModel

__all__ = ["SentenceTransformerEncoder", "load_model", "save_model", "silence"]

_BATCH = 16


class SentenceTransformerEncoder(ReadingEncoder):
    """A sentence-transformers model on the CPU, by folder or by the name of one that was downloaded before.

    Prompts come from the model ("query", and "document" or "passage"). Windows are pooled by the mean whatever the model's
    own pooling is. Loading sets the number of torch threads of the process.
    """

    def __init__(self, name_or_path: str, *, threads: int = 2) -> None:
        """Load the model; raises ModelError where it is not on this machine or has no fast tokenizer."""
        from tokenizers import Tokenizer

        self._model = load_model(name_or_path, threads=threads)
        backend = getattr(self._model.tokenizer, "backend_tokenizer", None)
        if backend is None:
            raise ModelError(f"模型 {name_or_path} 没有快速分词器（tokenizer.json），不能用于取证定位，请换一个模型。")
        tokenizer = Tokenizer.from_str(backend.to_str())
        tokenizer.no_padding()
        tokenizer.no_truncation()
        prompts = dict(self._model.prompts or {})
        prompts = {"query": prompts.get("query", ""), "document": prompts.get("document") or prompts.get("passage", "")}
        limit = int(self._model.max_seq_length or 512)
        dim = int(self._model.get_embedding_dimension())
        super().__init__(tokenizer, prompts=prompts, max_tokens=limit, dim=dim)
        self.name = f"{Path(name_or_path).name} (sentence-transformers fp32)"
        self.digest = _digest(self._model, [prompts, limit])

    def _sentence_vectors(self, texts: Sequence[str], prompt: str) -> Vectors:
        rows = self._model.encode(list(texts), prompt=prompt, batch_size=_BATCH, show_progress_bar=False)
        return unit_rows(np.asarray(rows, dtype=np.float32))

    def _token_vectors(self, texts: Sequence[str]) -> list[Vectors]:
        found = self._model.encode(
            list(texts), prompt="", batch_size=_BATCH, show_progress_bar=False, output_value="token_embeddings"
        )
        vectors = [np.asarray(states, dtype=np.float32) for states in found]
        if vectors[0].shape[1] != self.dim:
            raise ModelError(f"模型 {self.name} 在池化之后改变了维数，不能用于取证定位，请换一个模型。")
        return vectors


def load_model(name_or_path: str, *, threads: int = 2) -> Any:  # noqa: ANN401  (the library is not typed for us)
    """Return the SentenceTransformer on the CPU, without any look at the network.

    Raises ModelError where neither a folder nor a model downloaded before has this name: the library would take a wrong
    path for a name on the hub.
    """
    folder = Path(name_or_path).expanduser()
    if folder.is_dir() and not ((folder / "modules.json").is_file() or (folder / "config.json").is_file()):
        raise ModelError(f"文件夹 {name_or_path} 里没有 sentence-transformers 模型，请检查路径。")
    os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
    import torch
    from sentence_transformers import SentenceTransformer

    silence()
    torch.set_num_threads(threads)
    place = str(folder) if folder.is_dir() else name_or_path
    try:
        return SentenceTransformer(place, device="cpu", local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"本机没有可用的模型 {name_or_path}：不是完整的模型文件夹，也未事先下载，请检查名称或路径。") from error


def silence() -> None:
    """Keep the progress bars of loading and saving off the terminal of this process."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def save_model(backbone: BertModel, folder: Path, *, prompts: Mapping[str, str], max_tokens: int) -> None:
    """Write a sentence-transformers model with mean pooling and unit length around `backbone` into `folder`.

    `folder` must hold ``tokenizer.json``.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
    from transformers import PreTrainedTokenizerFast

    special = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "pad": "<pad>", "unk": "<unk>", "mask": "<mask>"}
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(folder / TOKENIZER),
        model_max_length=max_tokens,
        **{f"{name}_token": token for name, token in special.items()},
    )
    with tempfile.TemporaryDirectory() as scratch:
        backbone.save_pretrained(scratch)
        tokenizer.save_pretrained(scratch)
        transformer = Transformer(scratch, max_seq_length=max_tokens)
        modules = [transformer, Pooling(backbone.config.hidden_size, "mean"), Normalize()]
        model = SentenceTransformer(modules=modules, prompts=dict(prompts), device="cpu")
        model.save_pretrained(str(folder), create_model_card=False)


def _digest(model: Any, settings: object) -> str:  # noqa: ANN401
    """Return the sha256 over all weights, the modules' settings and `settings`."""
    found = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for name, values in model.state_dict().items():
        found.update(name.encode())
        found.update(values.contiguous().numpy().data)
    found.update(repr([type(module).__name__ for module in model]).encode())
    return found.hexdigest()
