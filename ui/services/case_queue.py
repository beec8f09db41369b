"""The review queue: what is doubtful or has waited long comes first.

doubt       the greater of how near the best probabilities are to a half (mean of 4p(1-p), the Gini impurity of a yes or no
            scaled to 1) and how strongly clauses for and against stand side by side (the smaller of the two best
            probabilities); 1 where nothing was suggested, 1/2 where probabilities are not calibrated
priority    doubt + weeks waited: a week weighs as much as the greatest doubt
closed      those closed last come first, whatever their doubt; older ones are found by their number (`cases.find`)
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from data.categories import AGAINST, FOR
from data.schema import MatchReport
from data.store.records import Round, Status, StoredCase
from data.store.store import Work, utc_now
from ui.services.access import LOCAL, Person, check
from ui.services.case_parts import Parts, participants
from ui.services.desk import Desk

__all__ = ["GROUPS", "Doubt", "Group", "QueueItem", "doubt_of", "queue"]

Group = Literal["mine", "waiting", "others", "closed"]
GROUPS: Mapping[Group, str] = {"mine": "由我复核", "waiting": "待领取", "others": "他人在办", "closed": "最近办结"}

_CLEAR = 0.3
_BEST = 5  # the suggestions further down are improbable in every case
_SCANNED = 300  # of the oldest cases of a status
_CLOSED = 20
_WEEK = 7 * 24 * 3600.0
_OPEN: Mapping[Status, Round] = {"open": 1, "in_review": 1, "second_review": 2}


@dataclass(frozen=True, slots=True)
class Doubt:
    """How much a report needs a person's eye, 0..1, and in a few Chinese words why."""

    value: float
    why: str


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A case in the queue; `decided` of `total` suggestions have a decision in the round that is open.

    `reviewer` is the display name of who has that round, "" for nobody; `since` is when it was last matched.
    """

    case: StoredCase
    group: Group
    doubt: Doubt
    priority: float
    since: datetime
    reviewer: str
    decided: int
    total: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What of a case changes with its version only."""

    doubt: Doubt
    since: datetime
    suggested: frozenset[str]
    decided: tuple[tuple[int, str], ...]
    parts: Parts
    has: Mapping[int, str]


_memory: OrderedDict[tuple[str, int], _Known] = OrderedDict()  # reading a report takes longer than all the rest
_MOST = 2000


def queue(desk: Desk, person: Person, *, limit: int = 50) -> tuple[QueueItem, ...]:
    """Return cases by group and priority, at most `limit` in each group; no case of their own. Nothing to review gives ().

    Raises NotAllowed: the role reviews no cases.
    """
    check(person, "case.review")
    with desk.store.read() as work:
        names = {user.name: user.display_name for user in work.users.listing()}
        found = [item for case in _cases(work) if (item := _item(work, person, case, names)) is not None]
    groups = list(GROUPS)
    found.sort(key=lambda item: (groups.index(item.group), _place(item), item.case.created, item.case.id))
    return tuple(item for group in groups for item in [one for one in found if one.group == group][:limit])


def doubt_of(report: MatchReport) -> Doubt:
    """Return how doubtful a report is, by the formula at the top."""
    if report.abstained or not report.matches:
        return Doubt(1.0, "没有给出建议")
    stated = [m.probability for m in report.matches[:_BEST] if m.probability is not None]
    if not stated:
        return Doubt(0.5, "概率未校准")
    near_half = sum(4 * p * (1 - p) for p in stated) / len(stated)
    both = min(_best(report, FOR), _best(report, AGAINST))
    if max(both, near_half) < _CLEAR:
        return Doubt(max(both, near_half), "疑点不多")
    return Doubt(both, "正反条款都可能") if both >= near_half else Doubt(near_half, "概率接近五成")


def _best(report: MatchReport, categories: Collection[str]) -> float:
    return max((m.probability or 0.0 for m in report.matches if m.clause.category in categories), default=0.0)


def _cases(work: Work) -> list[StoredCase]:
    waiting = [case for status in _OPEN for case in work.cases.listing(statuses=(status,), limit=_SCANNED)]
    closed: tuple[Status, ...] = ("closed",)
    return [*waiting, *work.cases.listing(statuses=closed, latest=True, limit=_CLOSED)]


def _place(item: QueueItem) -> float:
    """Return what orders a group, smallest first."""
    return -item.case.changed.timestamp() if item.group == "closed" else -item.priority


def _item(work: Work, person: Person, case: StoredCase, names: Mapping[str, str]) -> QueueItem | None:
    if case.author == person.name and person.name != LOCAL:
        return None
    known = _known(work, case, names)
    round = _OPEN.get(case.status)
    has = "" if round is None else known.has.get(round, "")
    waited = max(0.0, (utc_now() - known.since).total_seconds()) / _WEEK
    decided = {clause for number, clause in known.decided if number == round}
    return QueueItem(
        case=case,
        group=_group(person, round, has, known),
        doubt=known.doubt,
        priority=known.doubt.value + waited,
        since=known.since,
        reviewer=names.get(has, has),
        decided=len(decided & known.suggested),
        total=len(known.suggested),
    )


def _group(person: Person, round: Round | None, has: str, known: _Known) -> Group:
    if round is None:
        return "closed"
    if has == person.name:
        return "mine"
    barred = person.name in known.parts[2 if round == 1 else 1]
    return "others" if has or barred else "waiting"


def _known(work: Work, case: StoredCase, names: Collection[str]) -> _Known:
    key = (case.id, case.version)
    known = _memory.get(key)
    if known is None:
        known = _memory[key] = _look(work, case, names)
        while len(_memory) > _MOST:
            _memory.popitem(last=False)
    return known


def _look(work: Work, case: StoredCase, names: Collection[str]) -> _Known:
    stored = work.reports.latest(case.id)
    history = () if stored is None else work.reviews.history(stored.id)
    return _Known(
        doubt=Doubt(1.0, "没有匹配结果") if stored is None else doubt_of(stored.report),
        since=case.created if stored is None else stored.created,
        suggested=frozenset() if stored is None else frozenset(m.clause.id for m in stored.report.matches),
        decided=tuple((r.round, r.clause_id) for r in history if r.ended is None),
        parts=participants(work, case.id, history, names),
        has={assignment.round: assignment.reviewer for assignment in work.assignments.of_case(case.id)},
    )
