"""What happened to a case, from the audit trail.

The trail keeps digests, never contents. What a row says of a status is found by trying which one gives its digest; what
it says of a decision is read from the decision, which is never overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from data.store.canonical import digest
from data.store.records import STATUSES, AuditEntry, Review, Round, StoredCase, StoredReport
from data.store.store import Work
from ui.present_words import verdict_words
from ui.services.access import Person
from ui.services.audit import action_name
from ui.services.case_file import load_file
from ui.services.case_parts import ROUNDS, holders
from ui.services.desk import Desk

__all__ = ["Event", "history"]

_DIGESTED = ("id", "number", "region", "narrative", "status", "author", "created")
_ALL = 10_000


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the trail: `seq` is its number there, `what` the action in Chinese, `detail` what is known of it, or ""."""

    seq: int
    at: datetime
    actor: str
    what: str
    detail: str


def history(desk: Desk, person: Person, case_id: str) -> tuple[Event, ...]:
    """Return what happened to a case and to what belongs to it, oldest first.

    Decisions that the person may not see yet stand there without their detail. Raises NotAllowed: the person may not read
    the case. StoreError: there is none.
    """
    with desk.store.read() as work:
        file = load_file(work, person, case_id)
        names = {user.name: user.display_name for user in work.users.listing()}
        reports = work.reports.of_case(file.case.id)
        told = _subjects(work, reports, seen=file.seen)
        statuses = _statuses(file.case, reports)
        held = {seq: name for round in ROUNDS for seq, name in holders(work, file.case.id, round, names).items()}
        subjects = (f"case:{file.case.id}", *(f"assignment:{file.case.id}:{round}" for round in ROUNDS), *told)
        rows = sorted(
            (row for subject in subjects for row in work.audit.entries(subject=subject, limit=_ALL)),
            key=lambda row: row.seq,
        )
    return tuple(
        Event(row.seq, row.at, names.get(row.actor, row.actor), action_name(row.action), detail)
        for row in rows
        for detail in [told.get(row.subject) or statuses.get(row.digest) or _of_assignment(row, held, names)]
    )


def _of_assignment(row: AuditEntry, held: Mapping[int, str], names: Mapping[str, str]) -> str:
    if not row.action.startswith("assignment."):
        return ""
    who = held.get(row.seq, "")
    return f"第 {row.subject.rpartition(':')[2]} 次复核" + (f"：{names.get(who, who)}" if who else "")


def _subjects(work: Work, reports: tuple[StoredReport, ...], *, seen: frozenset[Round]) -> dict[str, str]:
    """Return what is said of each report and decision, by its subject in the trail."""
    told: dict[str, str] = {}
    for report in reports:
        told[f"report:{report.id}"] = f"第 {report.number} 份，{len(report.report.matches)} 条建议"
        cited = {match.clause.id: match.citation for match in report.report.matches}
        for review in work.reviews.history(report.id):
            told[f"review:{review.id}"] = _of_review(review, cited) if review.round in seen else f"第 {review.round} 次复核"
    return told


def _of_review(review: Review, cited: Mapping[str, str]) -> str:
    return f"第 {review.round} 次复核：{cited.get(review.clause_id, review.clause_id)} {verdict_words(review)}"


def _statuses(case: StoredCase, reports: tuple[StoredReport, ...]) -> dict[str, str]:
    """Return the Chinese status for each digest that the case may have had with one of its narratives."""
    now = asdict(case)
    return {
        digest({**{name: now[name] for name in _DIGESTED}, **text, "status": status}): label
        for text in _texts(case, reports)
        for status, label in STATUSES.items()
    }


def _texts(case: StoredCase, reports: tuple[StoredReport, ...]) -> Iterator[dict[str, str]]:
    yield {}
    for report in reports:
        yield {"narrative": report.report.narrative, "region": report.report.region}
