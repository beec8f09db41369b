"""An encoder for tests whose arithmetic can be done by hand: one dimension per keyword."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from data.schema import Span
from models.protocols import Vectors

__all__ = ["STUB_KEYWORDS", "StubEncoder"]

STUB_KEYWORDS = (
    "双随机", "责任清单", "整改", "隐瞒", "不可抗力", "标准", "移送", "信访", "容缺", "突发", "历史遗留", "探索",
    "政策", "集体", "程序", "监测", "时限", "损失", "谋取", "明令禁止", "问责", "检查", "查封", "处罚",
)  # fmt: skip


class StubEncoder:
    """Keyword one-hot: dimension i is 1 where keyword i occurs, the last one where none does; then unit length.

    A text with `a` keywords and one with `b`, sharing `c`, have the cosine ``c / sqrt(a * b)``; two texts without any
    keyword have 1, a text without and one with keywords 0. Queries and documents are encoded alike.
    """

    name = "stub"

    def __init__(self, keywords: Sequence[str] = STUB_KEYWORDS) -> None:
        self._keywords = tuple(keywords)
        self.dim = len(self._keywords) + 1
        self.digest = hashlib.sha256("\n".join(("stub", *self._keywords)).encode()).hexdigest()

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, dim), unit rows; an empty sequence gives (0, dim)."""
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:-1] = [keyword in text for keyword in self._keywords]
            row[-1] = not row[:-1].any()
        return rows / np.linalg.norm(rows, axis=1, keepdims=True) if len(texts) else rows

    encode_documents = encode_queries

    def encode_windows(self, text: str, windows: Sequence[Span]) -> Vectors:
        """Return float32 (len(windows), dim): the row of each window's own words, zero where it holds white space only."""
        cut = [window.of(text) for window in windows]
        rows = self.encode_queries(cut)
        rows[[not piece.strip() for piece in cut]] = 0
        return rows
