"""Stores what the encoder gives in full precision for the sentences of the self-test; run again whenever the weights change.

    python -m ui.doctor_reference FOLDER

FOLDER holds the trained weights that `models.compact` made the shipped ones from.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from data.errors import ModelError, RongcuoError
from models.attention import ATTENTION
from models.encoder import load_encoder
from models.layout import DEFAULT_NAME, WEIGHTS, read_manifest
from models.protocols import Encoder
from ui.doctor_encoder import REFERENCE, SENTENCES, Comparison, Reference

__all__ = ["main", "make_reference"]


def make_reference(exact: Encoder, shipped: Encoder) -> Reference:
    """Return the reference for `shipped`, the 8-bit version of `exact`."""
    vectors = exact.encode_documents(SENTENCES)
    found = Comparison.of(shipped.encode_documents(SENTENCES), vectors)
    return Reference(shipped.digest, vectors, round(found.nearest, 4), round(found.between, 4))


def _check_kin(folder: Path) -> None:
    """Raise ModelError unless the shipped weights were made from `folder`, which its attention, copied as it is, tells."""
    mine, theirs = (read_manifest(place).files.get(ATTENTION) for place in (WEIGHTS / DEFAULT_NAME, folder))
    if mine is None or mine != theirs:
        raise ModelError(f"内置模型不是由 {folder} 压缩而来的，请给出它的全精度文件夹。")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code, 2 for an error that is told in one line."""
    parser = argparse.ArgumentParser(prog="python -m ui.doctor_reference", description="为自检保存全精度编码器的结果")
    parser.add_argument("folder", type=Path, help="全精度的模型文件夹")
    parser.add_argument("--out", type=Path, default=REFERENCE, help="写到哪个 .json")
    options = parser.parse_args(arguments)
    try:
        _check_kin(options.folder)
        found = make_reference(load_encoder(str(options.folder)), load_encoder(DEFAULT_NAME))
    except RongcuoError as error:
        sys.stderr.write(f"错误：{error}\n")
        return 2
    options.out.write_text(found.to_json(), "utf-8")
    sys.stderr.write(f"已写入 {options.out}（最低相似度 {found.nearest}，句间相差最多 {found.between}）\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
