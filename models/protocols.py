"""What a model must offer; parts are replaced by passing any object that satisfies the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.schema import Span

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into unit rows; an empty sequence gives shape (0, dim)."""

    @property
    def name(self) -> str:
        """Human-readable name, such as ``e5-small-zh (onnxruntime fp32)``."""

    @property
    def digest(self) -> str:
        """Hex digest of weights and settings: two encoders with the same digest give the same vectors."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, dim), unit rows, for narratives or parts of them."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, dim), unit rows, for clauses."""

    def encode_windows(self, text: str, windows: Sequence[Span]) -> Vectors:
        """Return float32 (len(windows), dim), unit rows, pooled per window from one pass over `text` (late chunking).

        A text beyond the model's length is read in consecutive pieces; a window may reach over several of them.
        A window that holds no token (white space only) gets a zero row.
        """


class Reranker(Protocol):
    """Scores (narrative, clause) pairs together."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
        """Return float32 (n,) logits."""
