"""Makes a trained folder small enough to ship: 8-bit weights, and nothing that only training needs.

    python -m models.compact FOLDER OUT

Each output channel of a matrix and the table of word vectors get a scale of their own; activations are quantised as they come
(onnxruntime's dynamic quantisation). A quarter of the size and about twice the speed.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from data.errors import ModelError, RongcuoError
from models.attention import ATTENTION
from models.layout import ONNX, TOKENIZER, Manifest, read_manifest, seal

__all__ = ["compact", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code, 2 for an error that is told in one line."""
    parser = argparse.ArgumentParser(prog="python -m models.compact", description="把训练好的模型压缩成 8 位权重")
    parser.add_argument("folder", type=Path, help="训练写出的模型文件夹")
    parser.add_argument("out", type=Path, help="写到哪个文件夹，文件夹名即模型名")
    options = parser.parse_args(arguments)
    try:
        manifest = compact(options.folder, options.out)
    except RongcuoError as error:
        sys.stderr.write(f"错误：{error}\n")
        return 2
    size = sum(path.stat().st_size for path in options.out.iterdir())
    sys.stderr.write(f"完成：{options.out}（{size / 1e6:.1f} MB，{manifest.digest[:12]}）\n")
    return 0


def compact(folder: Path, out: Path) -> Manifest:
    """Write the 8-bit version of `folder` into `out` and return its manifest.

    Raises ModelError where `folder` is no model folder or the packages of the build extra are missing.
    """
    manifest = read_manifest(folder)
    try:
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError as error:
        raise ModelError('压缩模型需要 onnx，请先运行：pip install "rongcuo[build]"') from error
    out.mkdir(parents=True, exist_ok=True)
    quantize_dynamic(
        folder / ONNX,
        out / ONNX,
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["MatMul", "Gather"],
    )
    for name in (TOKENIZER, ATTENTION):
        if (folder / name).is_file():
            shutil.copyfile(folder / name, out / name)
    draft = replace(manifest, name=out.name, precision="int8", files={}, digest="")
    return seal(out, draft)


if __name__ == "__main__":
    sys.exit(main())
