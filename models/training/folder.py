"""Writes a trained tower as a model folder that the rest of the program can load."""

from __future__ import annotations

import shutil
from pathlib import Path

from models.attention import ClauseAttention
from models.export import finish_folder
from models.layout import TOKENIZER, Manifest, read_manifest
from models.st_encoder import save_model
from models.training.tower import Tower

__all__ = ["write_folder"]


def write_folder(
    tower: Tower, start: Path, out: Path, *, head: ClauseAttention | None, source: str, max_tokens: int
) -> Manifest:
    """Write weights, tokenizer, ONNX and `head` into `out`, and return the manifest.

    `start` is the folder that training began with: tokenizer, prompts and licence are its own. A head that no training touched
    must not be written: whoever goes on from the folder takes it for a trained one. Raises ModelError where `start` has no
    manifest or the export fails.
    """
    before = read_manifest(start)
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(start / TOKENIZER, out / TOKENIZER)
    save_model(tower.bert, out, prompts=before.prompts, max_tokens=max_tokens)
    if head is not None:
        head.save(out)
    return finish_folder(out, name=out.name, source=source, licence=before.licence)
