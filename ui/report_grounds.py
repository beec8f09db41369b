"""What a system saw in one narrative: facts that a reader of the report can look up, no explanation made up afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.schema import Case
from retrieval.evidence import shared_words
from retrieval.matcher import Matcher
from retrieval.scoring import Scores

__all__ = ["Grounds", "grounds"]


@dataclass(frozen=True, slots=True)
class Grounds:
    """What speaks for one clause: scores of the parts, what any narrative scores there, nearest window, words in both texts.

    `usual` is empty where the system does not take it away from the scores, `window` is "" where no vectors were compared.
    """

    parts: Mapping[str, float]
    usual: Mapping[str, float]
    window: str
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
    usual = _usual(matcher, scores, places)
    near = _nearest(matcher, scores, places)
    found: dict[str, Grounds] = {}
    for column, at in enumerate(places):
        clause = matcher.index.entries[int(scores.rows[at])].clause
        spans, _ = shared_words(case.narrative, clause.text, matcher.scorer.segmenter)
        found[clause.id] = Grounds(
            parts={name: float(values[at]) for name, values in scores.parts.items()},
            usual={name: float(values[column]) for name, values in usual.items()},
            window="" if near is None else scores.spans[int(near[column])].of(case.narrative),
            words=tuple(dict.fromkeys(span.of(case.narrative) for span in spans)),
        )
    return found


def _nearest(matcher: Matcher, scores: Scores, places: list[int]) -> NDArray[np.int64] | None:
    """Return the number of the nearest window per place, or None; the whole narrative points nowhere, so it is passed over."""
    if not len(scores.vectors):
        return None
    first = 1 if len(scores.spans) > 1 else 0
    nearest: NDArray[np.int64] = first + matcher.scorer.window_scores(scores, scores.rows[places])[first:].argmax(axis=0)
    return nearest


def _usual(matcher: Matcher, scores: Scores, places: list[int]) -> dict[str, NDArray[np.float32]]:
    """Return what any narrative scores at `places` per part; {} where there is no background or it is not taken away."""
    background, rows = matcher.index.background, scores.rows[places]
    plain = len(scores.parts) == 1 and np.array_equal(scores.fused, next(iter(scores.parts.values())))
    if plain or not background.center.any():
        return {}
    found = {"bm25": background.bm25[rows], "tfidf": background.tfidf[rows]}
    if len(scores.vectors):
        found["dense"] = matcher.scorer.window_scores(replace(scores, vectors=background.center[None]), rows)[0]
    return {name: found[name] for name in scores.parts if name in found}
