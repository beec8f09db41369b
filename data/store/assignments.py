"""Who reviews which case: one person per round, a different one in each."""

from __future__ import annotations

from sqlalchemy import select

from data.store.cases import next_version
from data.store.contents import fields
from data.store.errors import StoreError
from data.store.models import AssignmentRow
from data.store.records import Assignment, Round, Status
from data.store.unit import Unit
from data.store.users import user_row

__all__ = ["Assignments"]

_STATUSES: tuple[Status, ...] = ("draft", "open", "in_review", "second_review")


class Assignments:
    """Assignments within one transaction; `version` is the case's, which goes up by one with each change."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def assign(self, case_id: str, reviewer: str, *, round: Round, version: int) -> Assignment:
        """Give a round of a case to somebody, in the place of whoever had it.

        Raises StoreConflict: somebody changed the case first. StoreError: it is closed, or the reviewer is unknown,
        disabled, or has the other round.
        """
        if round not in (1, 2):
            raise StoreError("复核轮次只有 1 和 2，请改正。")
        name = user_row(self._unit, reviewer, active=True).name
        other = self._unit.session.get(AssignmentRow, (case_id, 3 - round))
        if other is not None and other.reviewer == name:
            raise StoreError(f"“{name}”已承担这个案件的另一次复核，两次复核应由不同的人进行。")
        case = next_version(self._unit, case_id, version, statuses=_STATUSES)
        row = self._unit.session.get(AssignmentRow, (case.id, round)) or AssignmentRow(case_id=case.id, round=round)
        row.reviewer, row.at = name, self._unit.now
        self._unit.saved("assignment.set", row)
        return Assignment(**fields(row))

    def remove(self, case_id: str, *, round: Round, version: int) -> None:
        """Take a round back from whoever had it; errors as `assign`, and StoreError where nobody had it."""
        row = self._unit.session.get(AssignmentRow, (case_id, round))
        if row is None:
            raise StoreError("这一次复核还没有分派给任何人，请刷新后再试。")
        next_version(self._unit, case_id, version, statuses=_STATUSES)
        self._unit.removed("assignment.remove", row)

    def of_case(self, case_id: str) -> tuple[Assignment, ...]:
        """Return the assignments of a case by round; none gives ()."""
        query = select(AssignmentRow).where(AssignmentRow.case_id == case_id).order_by(AssignmentRow.round)
        return tuple(Assignment(**fields(row)) for row in self._unit.session.scalars(query))
