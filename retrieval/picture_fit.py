"""Fitting the limits of the picture on statuses that two passes gave, and counting how often it agrees with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.cases import CASES, read_cases
from data.conditions import CHECKED, TRAIN, read_conditions
from data.errors import InputError
from data.logic import Group, load_logic
from data.schema import Case, Status
from models.protocols import Vectors
from retrieval.matcher import Matcher
from retrieval.picture import STATUSES, Clues, Painter, features, standing
from retrieval.picture_limits import Limits, read_limits
from retrieval.picture_story import Leaning, kinds_of, read_leaning

__all__ = ["Agreed", "agreement", "fit_limits", "report"]

Floats = NDArray[np.float32]
Weights = tuple[tuple[float, ...], ...]
_GROUND = (0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)
_AGAINST = 2
# The penalty falls on all weights alike, and the larger a column, the smaller its weight: features are held least, what a kind
# adds to their weights more, and the hundreds of numbers of a vector most (a unit vector's are small beside the others).
_FEATURE, _OWN, _STORY = 10.0, 3.0, 4.0
_FIRMNESS = 0.026  # C of the regression
_UNLEARNT = Leaning({}, np.zeros((0, len(STATUSES), 1), np.float32), np.zeros((0, len(STATUSES), 1), np.float32), "")


@dataclass(frozen=True, slots=True)
class Agreed:
    """How often the status is that of both passes, over the `count` conditions on which these agree, and all pairs seen."""

    share: float
    count: int
    cases: int
    passes: float
    seen: Mapping[tuple[Status, Status], int]


@dataclass(frozen=True, slots=True)
class _Example:
    """A clause of a narrative with what people said of it: the status by each pass of a condition, one by the labels else.

    `story` is the vector of the narrative.
    """

    case_id: str
    clause_id: str
    clues: Clues
    group: Group
    votes: tuple[Status, ...]
    story: Vectors

    @property
    def agreed(self) -> bool:
        return len(set(self.votes)) == 1


def fit_limits(matcher: Matcher, path: Path = TRAIN) -> tuple[Limits, Leaning]:
    """Return weights fitted on the statuses in `path`, and the limit that agrees best with the labels of the development split.

    Raises InputError for fewer than 20 cases.
    """
    examples = _conditions(matcher, path)
    cases = {one.case_id for one in examples}
    if len(cases) < 20:
        raise InputError(f"只有 {len(cases)} 条案例，确定界限至少需要 20 条。")
    weights, offsets, leaning = _weights(examples, matcher.scorer.encoder.digest)
    limits = Limits(_GROUND[0], _AGAINST, weights, offsets, len(cases), matcher.scorer.encoder.digest)
    grounds = [one for case in read_cases(CASES / "dev.jsonl") for one in _grounds(matcher, case)]
    return max((replace(limits, ground=ground) for ground in _GROUND), key=lambda found: _f1(grounds, found)), leaning


def _weights(examples: Sequence[_Example], encoder: str) -> tuple[Weights, tuple[float, ...], Leaning]:
    """Return the weights of the features and their offsets for any condition, and what each kind of condition adds to them."""
    from sklearn.linear_model import LogisticRegression

    values = np.stack([features(one.clues.odds, one.clues.contrary, one.clues.words) for one in examples])
    mean, deviation = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-6)
    scaled = (values - mean) / deviation
    stories = np.stack([one.story for one in examples])
    kinds = kinds_of(sorted({one.clause_id for one in examples}))
    mine = np.eye(1 + max(kinds.values()), dtype=np.float32)[[kinds[one.clause_id] for one in examples]]
    blocks = [
        _FEATURE * scaled,
        _FEATURE * mine,
        _OWN * _each(mine, scaled),
        _STORY * stories,
        _STORY * _each(mine, stories),
    ]
    truth = [STATUSES.index(one.votes[0]) for one in examples]
    model = LogisticRegression(C=_FIRMNESS, max_iter=2000).fit(np.hstack(blocks), truth)
    ends = np.cumsum([block.shape[1] for block in blocks])[:-1]
    shared, offsets, own, story, stories_own = np.split(model.coef_, ends, axis=1)
    count = mine.shape[1]
    weights = _FEATURE * shared / deviation
    added = _OWN * own.reshape(len(STATUSES), count, -1).transpose(1, 0, 2) / deviation
    offset = _FEATURE * offsets.T - added @ mean
    pulls = _STORY * (story + stories_own.reshape(len(STATUSES), count, -1).transpose(1, 0, 2))
    leaning = Leaning(kinds, pulls.astype(np.float32), np.dstack([added, offset]).astype(np.float32), encoder)
    rows = tuple(tuple(map(float, row)) for row in weights)
    return rows, tuple(map(float, model.intercept_ - weights @ mean)), leaning


def _each(mine: Floats, values: Floats) -> Floats:
    """Return `values` (rows, n) in the columns of each row's own kind, 0 in those of the others, (rows, kinds * n)."""
    found: Floats = (mine[:, :, None] * values[:, None, :]).reshape(len(values), -1)
    return found


def agreement(
    matcher: Matcher, path: Path = CHECKED, limits: Limits | None = None, leaning: Leaning | None = None
) -> Agreed:
    """Return how often the picture agrees with the statuses of `path` (the checked conditions of dev cases)."""
    limits = limits or read_limits()
    return _agreed([(one, _told(one, limits)) for one in _conditions(matcher, path, leaning or read_leaning())])


def report(limits: Limits, agreed: Agreed) -> str:
    """Return what was fitted and how well it agrees, for the terminal."""
    pairs = "".join(f"  {truth:>12} -> {said:<12} {count}\n" for (truth, said), count in sorted(agreed.seen.items()))
    return (
        f"{limits}\n"
        f"agreement {agreed.share:.3f} (n={agreed.count} conditions of {agreed.cases} cases on which both passes agree; "
        f"{agreed.passes:.3f} with single passes)\n{pairs}"
    )


def _conditions(matcher: Matcher, path: Path, leaning: Leaning = _UNLEARNT) -> list[_Example]:
    narratives = {case.id: case for split in ("dev", "train") for case in read_cases(CASES / f"{split}.jsonl")}
    found = []
    for row in read_conditions(path):
        clues, story = _clues(matcher, narratives[row.case_id], leaning)
        groups = {clause: group for group in load_logic(row.region).groups for clause in group.clauses}
        found += [_Example(row.case_id, name, clues[name], groups[name], votes, story) for name, votes in row.votes.items()]
    return found


def _grounds(matcher: Matcher, case: Case) -> list[_Example]:
    """Return the clauses of a case that are no conditions, supported where labelled."""
    clues, story = _clues(matcher, case)
    return [
        _Example(case.id, name, clues[name], group, ("supported" if name in case.labels else "not_stated",), story)
        for group in load_logic(case.region).groups
        if group.rule != "all"
        for name in group.clauses
        if name in clues
    ]


def _clues(matcher: Matcher, case: Case, leaning: Leaning = _UNLEARNT) -> tuple[Mapping[str, Clues], Vectors]:
    scores = matcher.scorer.score(case.narrative, matcher.scope(case.region).rows)
    loose = replace(read_limits(), ground=0.05)  # words are looked up for every ground that some limit might support
    clues = Painter(matcher, loose, leaning).clues(case.narrative, case.region, scores)
    return clues, scores.encoded.vectors[0].copy()  # a view would keep the vectors of all windows


def _told(one: _Example, limits: Limits) -> Status:
    return standing(one.clause_id, one.clues, one.group, limits).status


def _agreed(told: Sequence[tuple[_Example, Status]]) -> Agreed:
    seen = Counter((one.votes[0], said) for one, said in told if one.agreed)
    each = [said == vote for one, said in told for vote in one.votes]
    right = sum(count for (truth, said), count in seen.items() if truth == said)
    cases = len({one.case_id for one, _ in told})
    return Agreed(right / max(1, sum(seen.values())), sum(seen.values()), cases, float(np.mean(each)), dict(seen))


def _f1(examples: Sequence[_Example], limits: Limits) -> float:
    told = [_told(one, limits) == "supported" for one in examples]
    labelled = [one.votes[0] == "supported" for one in examples]
    both = sum(a and b for a, b in zip(told, labelled, strict=True))
    return 2 * both / max(1, sum(told) + sum(labelled))
