"""An encoder for tests whose arithmetic can be done by hand: one dimension per keyword."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from data.schema import Span
from models.attention import ClauseAttention
from models.protocols import Reading, Vectors

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

    def __init__(self, keywords: Sequence[str] = STUB_KEYWORDS, *, attention: ClauseAttention | None = None) -> None:
        self._keywords = tuple(keywords)
        self.attention = attention
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

    def read(self, text: str) -> Reading:
        """Return one token per keyword in the text, where it first occurs, in that order; without any the last dimension."""
        found = sorted((text.index(word), place) for place, word in enumerate(self._keywords) if word in text)
        states = np.eye(self.dim, dtype=np.float32)[[place for _, place in found] or [self.dim - 1]]
        spans = tuple((start, start + len(self._keywords[place])) for start, place in found)
        return Reading(states, np.arange(len(spans), dtype=np.int64), spans)

    def encode_windows(self, text: str, windows: Sequence[Span], reading: Reading | None = None) -> Vectors:
        """Return float32 (len(windows), dim): the row of each window's own words, zero where it holds white space only."""
        cut = [window.of(text) for window in windows]
        rows = self.encode_queries(cut)
        rows[[not piece.strip() for piece in cut]] = 0
        return rows
