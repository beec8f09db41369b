"""Which words of a narrative point to a clause, and to which part of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.schema import Evidence, Span
from models.segment import Segmenter

__all__ = ["best_windows", "clause_parts", "shared_words"]

_PART_END = re.compile(r"[^，,；;。：:]+[，,；;。：:]?")


def best_windows(
    narrative: str,
    clause: str,
    spans: Sequence[Span],
    similarity: NDArray[np.float32],
    *,
    segmenter: Segmenter,
    most: int = 2,
) -> tuple[Evidence, ...]:
    """Return up to `most` disjoint windows by falling similarity, each with the clause part that it shares most words with.

    `similarity` is (len(spans),); a weight is that cosine cut to 0..1. No window gives ().
    """
    chosen: list[Evidence] = []
    # among equals the shorter window says more exactly where to look
    for row in sorted(range(len(spans)), key=lambda i: (-float(similarity[i]), len(spans[i]), spans[i].start)):
        span = spans[row]
        if any(span.overlaps(evidence.narrative) for evidence in chosen):
            continue
        weight = min(max(float(similarity[row]), 0.0), 1.0)
        chosen.append(Evidence(span, _part_for(span.of(narrative), clause, segmenter), weight))
        if len(chosen) == most:
            break
    return tuple(chosen)


def clause_parts(clause: str) -> tuple[Span, ...]:
    """Return the parts of a clause between its commas and semicolons; together they cover it; empty text gives ()."""
    return tuple(Span(m.start(), m.end()) for m in _PART_END.finditer(clause))


def shared_words(narrative: str, clause: str, segmenter: Segmenter) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return the spans of what stands in both texts, two characters or more: in the narrative and in the clause.

    The spans of each are disjoint and in order; those that touch or overlap are one.
    """
    told, written = segmenter.term_spans(narrative), segmenter.term_spans(clause)
    common = {term for term, span in told if len(span) > 1} & {term for term, _ in written}
    return _merged(told, common), _merged(written, common)


def _merged(spans: Sequence[tuple[str, Span]], terms: set[str]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted(span for term, span in spans if term in terms):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def _part_for(window: str, clause: str, segmenter: Segmenter) -> Span:
    told = {term for term, _ in segmenter.term_spans(window)}
    best, most = Span(0, len(clause)), 0
    for part in clause_parts(clause):
        shared = sum(term in told for term, _ in segmenter.term_spans(part.of(clause)))
        if shared > most:
            best, most = part, shared
    return best
