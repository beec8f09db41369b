"""Match reports of cases. A report never changes: a new match is a new report with the next number."""

from __future__ import annotations

import json

from sqlalchemy import func, select

from data.schema import MatchReport
from data.store.canonical import canonical, clean, digest
from data.store.cases import EDITABLE, next_version
from data.store.errors import StoreError, StoreMissing
from data.store.models import ReportRow
from data.store.records import StoredReport
from data.store.report_json import report_from, report_value
from data.store.unit import Unit, new_id
from data.store.users import user_row

__all__ = ["Reports", "report_row", "stored_report"]


class Reports:
    """Match reports within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, case_id: str, report: MatchReport, *, version: int) -> StoredReport:
        """Keep a report of a case that is a draft or open; `version` is the case's, which goes up by one.

        Raises StoreConflict: somebody changed the case first. StoreError: it is under review or closed.
        """
        author = user_row(self._unit, self._unit.writer(), active=True).name
        value = report_value(report)
        content = canonical(value)  # what cannot be written is refused before the case is touched
        case = next_version(self._unit, case_id, version, statuses=EDITABLE)
        row = ReportRow(
            id=new_id(),
            case_id=case.id,
            number=_newest(self._unit, case.id) + 1,
            content=content,
            index_digest=clean(report.index_digest),
            model_digest=clean(report.model_digest),
            digest=digest(value),
            author=author,
            created=self._unit.now,
        )
        self._unit.saved("report.add", row)
        return stored_report(row)

    def of_case(self, case_id: str) -> tuple[StoredReport, ...]:
        """Return all reports of a case, oldest first; a case without one gives ()."""
        query = select(ReportRow).where(ReportRow.case_id == case_id).order_by(ReportRow.number)
        return tuple(stored_report(row) for row in self._unit.session.scalars(query))

    def latest(self, case_id: str) -> StoredReport | None:
        """Return the newest report of a case, or None."""
        query = select(ReportRow).where(ReportRow.case_id == case_id).order_by(ReportRow.number.desc()).limit(1)
        row = self._unit.session.scalar(query)
        return None if row is None else stored_report(row)


def report_row(unit: Unit, report_id: str) -> ReportRow:
    """Return the row of the newest report of a case. Raises StoreError: there is none, or a later one has taken its place."""
    row = unit.session.get(ReportRow, clean(report_id))
    if row is None:
        raise StoreMissing("没有这份匹配结果，请刷新案件后再试。")
    if row.number != _newest(unit, row.case_id):
        raise StoreError("这个案件已有更新的匹配结果，请在最新的一份上复核。")
    return row


def stored_report(row: ReportRow) -> StoredReport:
    """Return the row as a record."""
    report = report_from(json.loads(row.content))
    return StoredReport(row.id, row.case_id, row.number, report, row.digest, row.author, row.created)


def _newest(unit: Unit, case_id: str) -> int:
    return unit.session.scalar(select(func.max(ReportRow.number)).where(ReportRow.case_id == case_id)) or 0
