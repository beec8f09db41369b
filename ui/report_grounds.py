"""What a system saw in one narrative: facts that a reader of the report can look up, no explanation made up afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.schema import Case, Span
from models.segment import BIGRAM_MARK
from retrieval.backends.store import TermWeights
from retrieval.evidence import shared_words
from retrieval.matcher import Matcher
from retrieval.scoring import Scores

__all__ = ["Grounds", "grounds"]


@dataclass(frozen=True, slots=True)
class Grounds:
    """What speaks for one clause.

    `parts` are the scores that were combined, `usual` is what any narrative scores there (empty where the system does not take
    it away), `counted` are the terms that make up the BM25 score, most first, `sentence` is the one that the page would show
    as evidence ("" where no vectors were compared), `words` are those of meaning that stand in both texts.
    """

    parts: Mapping[str, float]
    usual: Mapping[str, float]
    counted: Mapping[str, float]
    sentence: str
    words: tuple[str, ...]


def grounds(matcher: Matcher, case: Case, clauses: Iterable[str], *, system: str) -> dict[str, Grounds]:
    """Return what `system` sees in the narrative of `case` for each of `clauses`; those that are no candidates are left out.

    Raises InputError as `Matcher.match` does.
    """
    scores = matcher.scorer.score(case.narrative, matcher.scope(case.region).rows, system=system)
    wanted = set(clauses)
    places = [at for at, row in enumerate(scores.rows) if matcher.index.entries[int(row)].clause.id in wanted]
    if not places:
        return {}
    usual, nearest = _usual(matcher, scores, places), _nearest(matcher, scores, places)
    terms = sorted(set(matcher.scorer.segmenter.terms(case.narrative))) if "bm25" in scores.parts else []
    found: dict[str, Grounds] = {}
    for column, at in enumerate(places):
        row = int(scores.rows[at])
        clause = matcher.index.entries[row].clause
        spans, _ = shared_words(case.narrative, clause.text, matcher.scorer.segmenter)
        found[clause.id] = Grounds(
            parts={name: float(values[at]) for name, values in scores.parts.items()},
            usual={name: float(values[column]) for name, values in usual.items()},
            counted=_counted(matcher.index.bm25, row, terms),
            sentence=nearest[column].of(case.narrative) if nearest else "",
            words=tuple(dict.fromkeys(span.of(case.narrative) for span in spans)),
        )
    return found


def _nearest(matcher: Matcher, scores: Scores, places: list[int]) -> list[Span]:
    """Return the sentence per place that is nearest to it, compared with what the sentence is like on average."""
    if not scores.encoded.sentences:
        return []
    nearest = matcher.scorer.sentence_scores(scores, scores.rows[places]).argmax(axis=0)
    return [scores.encoded.sentences[int(at)] for at in nearest]


def _counted(bm25: TermWeights, row: int, terms: Sequence[str]) -> dict[str, float]:
    """Return what each of `terms` adds to the score of `row`, a word together with the same characters as a bigram."""
    found: dict[str, float] = {}
    for term in terms:
        weight = bm25.weight(row, term)
        if weight:
            shown = term.removeprefix(BIGRAM_MARK)
            found[shown] = found.get(shown, 0.0) + weight
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _usual(matcher: Matcher, scores: Scores, places: list[int]) -> dict[str, NDArray[np.float32]]:
    """Return what any narrative scores at `places` per part; {} where there is no background or it is not taken away."""
    background, rows = matcher.index.background, scores.rows[places]
    plain = len(scores.parts) == 1 and np.array_equal(scores.fused, next(iter(scores.parts.values())))
    if plain or not background.center.any():
        return {}
    found = {"bm25": background.bm25[rows], "tfidf": background.tfidf[rows]}
    if len(scores.encoded.vectors):
        found["dense"] = matcher.scorer.similarities(background.center[None], rows)[0]
    return {name: found[name] for name in scores.parts if name in found}
