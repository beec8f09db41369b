"""Which words of a narrative point to a clause, and to which part of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.schema import Evidence, Span
from models.segment import BIGRAM_MARK, Segmenter
from retrieval.alignment import Alignment

__all__ = ["best_sentences", "shared_words"]

_WORTH_SHOWING = 0.5  # of the best sentence's closeness
# Words that stand in every narrative and many clauses: shared, they point nowhere.
_EMPTY = frozenset(
    "现在 没有 按照 问题 情况 进行 工作 出现 部门 人员 有关 相关 规定 要求 时候 当时 因为 可以 应当 已经 其他 以及 发生 造成 "
    "导致 过程".split()
)


def best_sentences(alignment: Alignment, closeness: NDArray[np.float32], *, clause: str, most: int = 2) -> tuple[Evidence, ...]:
    """Return up to `most` sentences that point to the clause, best first, each with the element of the clause that it points to.

    `closeness` is (sentences,), see `Scorer.sentence_scores`; `alignment` is that of the clause with the same sentences. A
    weight is the sentence's closeness in proportion to the best one's, so the first has 1.0; below half of it, or where nothing
    is closer than chance, a sentence is left out, but for the first. No sentence gives ().
    """
    sentences = alignment.sentences
    if not sentences:
        return ()
    # among equals the shorter sentence says more exactly where to look
    order = sorted(range(len(sentences)), key=lambda i: (-float(closeness[i]), len(sentences[i]), sentences[i].start))[:most]
    best = float(closeness[order[0]])
    weights = [float(closeness[i]) / best if best > 0 else 0.0 for i in order]
    kept = [(order[0], 1.0), *((i, w) for i, w in zip(order[1:], weights[1:], strict=True) if w >= _WORTH_SHOWING)]
    found = []
    for place, weight in kept:
        element = alignment.element_of(sentences[place])
        found.append(Evidence(sentences[place], Span(0, len(clause)) if element is None else element.span, weight))
    return tuple(found)


def shared_words(narrative: str, clause: str, segmenter: Segmenter) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return the spans of what stands in both texts, two characters or more: in the narrative and in the clause.

    The spans of each are disjoint and in order; those that touch or overlap are one.
    """
    told, written = segmenter.term_spans(narrative), segmenter.term_spans(clause)
    common = _words(told) & _pieces(written) | _pieces(told) & _words(written)
    return _merged(told, common - _EMPTY), _merged(written, common - _EMPTY)


def _words(spans: Sequence[tuple[str, Span]]) -> set[str]:
    return {term for term, span in spans if len(span) > 1 and not term.startswith(BIGRAM_MARK)}


def _pieces(spans: Sequence[tuple[str, Span]]) -> set[str]:
    """Return words and bigrams alike: a word of one text may be part of a longer word in the other (伪造 in 伪造证据)."""
    return {term.removeprefix(BIGRAM_MARK) for term, span in spans if len(span) > 1}


def _merged(spans: Sequence[tuple[str, Span]], terms: set[str]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted(span for term, span in spans if term.removeprefix(BIGRAM_MARK) in terms):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)
