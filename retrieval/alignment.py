"""Which sentence of a narrative speaks to which element of a clause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from data.elements import Element, clause_elements
from data.schema import Span
from models.protocols import Encoder, Vectors

__all__ = ["Aligner", "Alignment"]

Floats = NDArray[np.float32]
_KEPT = 4096  # clauses whose elements are kept; one takes some kilobytes


@dataclass(frozen=True, slots=True)
class Alignment:
    """How strongly each sentence points to each element of a clause.

    `strength` is float32 (sentences, elements), 0 for no more than by chance up to 1 for the strongest pair of the table.
    """

    sentences: tuple[Span, ...]
    elements: tuple[Element, ...]
    strength: Floats

    def element_of(self, span: Span) -> Element | None:
        """Return the element to which the sentences that overlap `span` point most; None where there is nothing to choose."""
        lines = [line for line, sentence in enumerate(self.sentences) if sentence.start < span.end and span.start < sentence.end]
        if not lines or not self.elements:
            return None
        return self.elements[int(self.strength[lines].sum(axis=0).argmax())]


class Aligner:
    """Aligns sentences with the elements of clauses; keeps the elements' vectors, each clause is encoded once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._elements = lru_cache(maxsize=_KEPT)(self._encode)

    def align(self, clause: str, sentences: Sequence[Span], vectors: Vectors) -> Alignment:
        """Return the alignment of a clause's text with sentences whose unit vectors are (sentences, dim).

        What a sentence shares with all elements, and an element with all sentences, is taken away: a sentence that is near to
        everything points nowhere. No sentence or an empty clause gives a table without entries.
        """
        elements, rows = self._elements(clause)
        close = vectors @ rows.T if len(vectors) and len(rows) else np.zeros((len(sentences), len(elements)), np.float32)
        if close.size:
            close = close - close.mean(axis=0) - close.mean(axis=1, keepdims=True) + close.mean()
            close = np.maximum(close, 0) / max(float(close.max()), 1e-6)
        return Alignment(tuple(sentences), elements, close.astype(np.float32))

    def _encode(self, clause: str) -> tuple[tuple[Element, ...], Vectors]:
        elements = clause_elements(clause)
        return elements, self._encoder.encode_windows(clause, [element.span for element in elements])
