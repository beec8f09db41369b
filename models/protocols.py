"""What a model must offer; parts are replaced by passing any object that satisfies the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from data.schema import Span

if TYPE_CHECKING:
    from models.attention import ClauseAttention

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one pass over a narrative leaves: the states of all tokens, and where in the text those of the text stand.

    `states` is float32 (tokens, dim), prompt and special tokens among them; `places` are the rows of the text's own tokens and
    `spans` their places in the text, in order.
    """

    states: Vectors
    places: NDArray[np.int64]
    spans: tuple[tuple[int, int], ...]


class Encoder(Protocol):
    """Turns texts into unit rows; an empty sequence gives shape (0, dim)."""

    @property
    def name(self) -> str:
        """Human-readable name, such as ``rongcuo-zh (onnxruntime int8)``."""

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

    @property
    def attention(self) -> ClauseAttention | None:
        """The head that reads a narrative with a clause in mind; None for a model that was not trained with one."""

    def read(self, text: str) -> Reading:
        """Return the token states of a narrative, from one pass; a longer one is read in consecutive pieces."""

    def encode_windows(self, text: str, windows: Sequence[Span], reading: Reading | None = None) -> Vectors:
        """Return float32 (len(windows), dim), unit rows, pooled per window from one pass over `text` (late chunking).

        `reading` is what `read` gave for the text, where it was read already. A text beyond the model's length is read in
        consecutive pieces; a window may reach over several of them. A window that holds no token (white space only) gets a
        zero row.
        """
