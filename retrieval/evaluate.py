"""Running systems over labelled cases and measuring them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from data.categories import CATEGORIES
from data.errors import InputError, repeated
from data.schema import Case, Clause
from retrieval.matcher import Matcher, Ranked
from retrieval.measures import (
    DEPTH,
    Interval,
    bootstrap,
    compare,
    expected_calibration_error,
    holm,
    parse_measures,
    per_case,
)
from retrieval.scoring import SYSTEMS

__all__ = ["LENGTH_BANDS", "Evaluation", "SystemResult", "check_labels", "evaluate", "length_band"]

LENGTH_BANDS: tuple[tuple[float, str], ...] = ((60, "60字以内"), (200, "61–200字"), (600, "201–600字"), (math.inf, "600字以上"))
"""The length bands of narratives, short to long: the most characters of each, and what it is called."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class SystemResult:
    """One system over all cases: its run ({case: {clause: score}}, best first), and its measures per case and on average."""

    name: str
    run: Mapping[str, Mapping[str, float]]
    per_case: Mapping[str, Mapping[str, float]]
    means: Mapping[str, Interval]
    abstained: Mapping[str, bool]
    probabilities: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Systems compared over the same cases, with digests that say what exactly was measured."""

    cases: tuple[Case, ...]
    measures: tuple[str, ...]
    systems: tuple[SystemResult, ...]
    comparisons: tuple[Mapping[str, float | str], ...]
    cases_digest: str
    index_digest: str
    model_digest: str

    def groups(self, system: SystemResult, key: Callable[[Case], str], measure: str) -> dict[str, Interval]:
        """Return the mean of `measure` per value of `key` over the labelled cases, keys in first-seen order."""
        values: dict[str, list[float]] = {}
        for case in self.cases:
            if case.id in system.per_case[measure]:
                values.setdefault(key(case), []).append(system.per_case[measure][case.id])
        return {name: bootstrap(found) for name, found in values.items()}

    def abstention(self, system: SystemResult) -> dict[str, Interval]:
        """Return the share abstained on among cases without labels (wanted) and with labels (not wanted)."""
        empty = [float(system.abstained[c.id]) for c in self.cases if not c.labels]
        labelled = [float(system.abstained[c.id]) for c in self.cases if c.labels]
        return {"empty": bootstrap(empty), "labelled": bootstrap(labelled)}

    def polarity(self, system: SystemResult) -> Interval:
        """Return the share of contrast pairs whose deciding clause ranks higher in the text that supports it.

        A pair counts once for each clause that has grade 2 in one text and no label in the other; by probability where both
        texts have them, else by score.
        """
        won: list[float] = []
        for one, other in _pairs(self.cases):
            table = system.probabilities if {one.id, other.id} <= system.probabilities.keys() else system.run
            for told, flipped in ((one, other), (other, one)):
                decided = [c for c, grade in told.labels.items() if grade == 2 and c not in flipped.labels]
                won += [float(table[told.id].get(c, -np.inf) > table[flipped.id].get(c, -np.inf)) for c in decided]
        return bootstrap(won)

    def calibration(self, system: SystemResult) -> float:
        """Return the expected calibration error of the stated probabilities; NaN where none are stated."""
        labels = {case.id: case.labels for case in self.cases}
        rows = [(p, c in labels[key]) for key, found in system.probabilities.items() for c, p in found.items()]
        return expected_calibration_error(np.array([p for p, _ in rows]), np.array([r for _, r in rows], dtype=bool))


def evaluate(
    matcher: Matcher,
    cases: Sequence[Case],
    *,
    systems: Sequence[str],
    measures: Sequence[str],
    progress: Progress = lambda done, total: None,
) -> Evaluation:
    """Run each system over each case within the case's region and measure it; the last system is compared with the others.

    A system or measure named twice counts once. Raises InputError for no cases, no or unknown systems or measures, and for
    labels that cannot be found (see `check_labels`).
    """
    if not cases:
        raise InputError("案例文件里没有案例，请检查文件。")
    systems = _known(systems)
    measures = parse_measures(",".join(measures))
    check_labels(matcher, cases)
    results = _run(matcher, cases, systems, measures, progress)
    digest = hashlib.sha256(repr([(c.id, c.narrative, sorted(c.labels.items())) for c in cases]).encode()).hexdigest()
    manifest = matcher.index.manifest
    return Evaluation(
        tuple(cases),
        tuple(measures),
        tuple(results),
        _comparisons(results, measures),
        digest[:16],
        manifest.digest,
        manifest.model,
    )


def check_labels(matcher: Matcher, cases: Sequence[Case]) -> None:
    """Raise InputError naming the first case with a label that is no candidate in its region, and why; it would score 0."""
    known = {entry.clause.id: entry.clause for entry in matcher.index.entries}
    regions: dict[str, tuple[str, frozenset[str]]] = {}
    for case in cases:
        if case.region not in regions:
            regions[case.region] = _candidates(matcher, case)
        regulation, candidates = regions[case.region]
        for clause in case.labels:
            if clause not in candidates:
                why = _why_not(known.get(clause), regulation)
                raise InputError(f"案例 {repeated(case.id)} 标注的条款 {repeated(clause)} {why}")


def length_band(case: Case) -> str:
    """Return the length band of a narrative, in characters."""
    length = len(case.narrative)
    return next(name for limit, name in LENGTH_BANDS if length <= limit)


def _known(systems: Sequence[str]) -> tuple[str, ...]:
    """Return the names, each once; none or an unknown one raises InputError."""
    if not systems:
        raise InputError(f"没有给出要评测的系统，可选：{'、'.join(SYSTEMS)}。")
    for name in systems:
        if name not in SYSTEMS:
            raise InputError(f"没有叫「{name}」的系统，可选：{'、'.join(SYSTEMS)}。")
    return tuple(dict.fromkeys(systems))


def _candidates(matcher: Matcher, case: Case) -> tuple[str, frozenset[str]]:
    """Return the regulation ("all" for every one) and the ids of the clauses that the case's narrative is matched to."""
    try:
        scope = matcher.scope(case.region)
    except InputError as error:
        raise InputError(f"案例 {repeated(case.id)}：{error}") from error
    entries = matcher.index.entries
    return scope.region, frozenset(entries[row].clause.id for row in scope.rows.tolist())


def _why_not(clause: Clause | None, regulation: str) -> str:
    """Say why a labelled clause is no candidate; None is one that the index does not hold."""
    if clause is None:
        return "不在索引里，请核对编号，或用 --index 指定对应的索引。"
    if regulation not in ("all", clause.regulation_id):
        return f"属于 {clause.regulation_id}，而案例的地区是 {regulation}，请改正标注或地区。"
    return f"属于「{CATEGORIES.get(clause.category, clause.category)}」类，这类条款不参与匹配，请改正标注。"


def _run(
    matcher: Matcher, cases: Sequence[Case], systems: Sequence[str], measures: Sequence[str], progress: Progress
) -> list[SystemResult]:
    """Rank case by case with every system, so that a narrative is encoded once."""
    answers: dict[str, dict[str, Ranked]] = {name: {} for name in systems}
    for number, case in enumerate(cases, 1):
        for name in systems:
            answers[name][case.id] = matcher.rank(case.narrative, region=case.region, system=name, top_k=DEPTH)
        progress(number, len(cases))
    return [_measured(name, cases, answers[name], measures) for name in systems]


def _measured(name: str, cases: Sequence[Case], answers: Mapping[str, Ranked], measures: Sequence[str]) -> SystemResult:
    run = {key: dict(zip(ranked.clauses, ranked.scores, strict=True)) for key, ranked in answers.items()}
    values = per_case(cases, run, measures)
    return SystemResult(
        name=name,
        run=run,
        per_case=values,
        means={measure: bootstrap(list(found.values())) for measure, found in values.items()},
        abstained={key: ranked.abstained for key, ranked in answers.items()},
        probabilities={
            key: dict(zip(ranked.clauses, ranked.probabilities, strict=True))
            for key, ranked in answers.items()
            if ranked.probabilities is not None
        },
    )


def _comparisons(results: Sequence[SystemResult], measures: Sequence[str]) -> tuple[dict[str, float | str], ...]:
    if len(results) < 2:
        return ()
    ours = results[-1]
    rows: list[dict[str, float | str]] = []
    for measure in measures:
        tests = [compare(ours.per_case[measure], other.per_case[measure]) for other in results[:-1]]
        for other, test, adjusted in zip(results[:-1], tests, holm([t["p"] for t in tests]), strict=True):
            rows.append({"measure": measure, "ours": ours.name, "theirs": other.name, **test, "p_holm": adjusted})
    return tuple(rows)


def _pairs(cases: Sequence[Case]) -> list[tuple[Case, Case]]:
    by_pair: dict[str, list[Case]] = {}
    for case in cases:
        if case.pair:
            by_pair.setdefault(case.pair, []).append(case)
    return [(found[0], found[1]) for found in by_pair.values() if len(found) == 2]
