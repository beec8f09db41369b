"""Cases: who may change one is for the layers above; that nobody overwrites another's change is held here.

    draft 草稿 <-> open 待复核 <-> in_review 复核中 <-> second_review 二次复核中
                                       |  ^                |
                                       v  |                v
                                       closed 已办结 <------+

The narrative and the reports change in draft and open only: what is under review stands still.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Select, func, select, update

from data.store.canonical import clean, local
from data.store.contents import fields
from data.store.errors import StoreConflict, StoreError, StoreMissing
from data.store.models import CaseRow, UserRow
from data.store.records import STATUSES, Status, StoredCase
from data.store.unit import Unit, new_id
from data.store.users import user_row

__all__ = ["EDITABLE", "Cases", "next_version"]

EDITABLE: frozenset[Status] = frozenset({"draft", "open"})
_MOVES: Mapping[str, frozenset[Status]] = {
    "draft": frozenset({"open"}),
    "open": frozenset({"draft", "in_review"}),
    "in_review": frozenset({"open", "second_review", "closed"}),
    "second_review": frozenset({"in_review", "closed"}),
    "closed": frozenset({"in_review"}),
}


def next_version(unit: Unit, case_id: str, version: int, *, statuses: Collection[Status] = tuple(STATUSES)) -> CaseRow:
    """Claim a case for a change: give it the next version and return its row.

    Every change of a case, its reports, reviews and assignments goes through here, with the version that its author saw.

    Raises:
        StoreConflict: somebody has changed the case since; the message says who and when.
        StoreError: there is no such case, or it is in none of `statuses`.

    """
    actor = unit.writer()
    row = _row(unit, case_id)
    if row.version == version and row.status not in statuses:
        raise StoreError(f"案件 {row.number} {STATUSES[row.status]}，不能这样修改，请先变更案件状态。")  # type: ignore[index]
    claim = update(CaseRow).where(CaseRow.id == row.id, CaseRow.version == version)
    claim = claim.values(version=version + 1, changed=unit.now, changed_by=clean(actor))
    # the database compares the versions: whatever else runs, only one of two can succeed
    claimed = unit.session.connection().execute(claim).rowcount
    unit.session.refresh(row)
    if not claimed:
        raise StoreConflict(_who_was_first(unit, row, version))
    return row


class Cases:
    """Cases within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, *, region: str, narrative: str, number: str = "") -> StoredCase:
        """Make a draft by the one who acts, who must be a user; without `number` it gets the next one of the year.

        Raises StoreError: the narrative is empty, the number is taken, or the author is no user.
        """
        author = user_row(self._unit, self._unit.writer(), active=True).name
        row = CaseRow(
            id=new_id(),
            number=self._number(clean(number).strip()),
            region=clean(region).strip(),
            narrative=_narrative(narrative),
            status="draft",
            author=author,
            version=1,
            created=self._unit.now,
            changed=self._unit.now,
            changed_by=author,
        )
        self._unit.saved("case.add", row)
        return StoredCase(**fields(row))

    def get(self, case_id: str) -> StoredCase:
        """Return a case. Raises StoreError: there is none."""
        return StoredCase(**fields(_row(self._unit, case_id)))

    def find_number(self, number: str) -> StoredCase | None:
        """Return the case with that number, or None."""
        row = self._unit.session.scalar(select(CaseRow).where(CaseRow.number == clean(number).strip()))
        return None if row is None else StoredCase(**fields(row))

    def listing(
        self,
        *,
        statuses: Collection[Status] = (),
        author: str | None = None,
        latest: bool = False,
        limit: int = 100,
        offset: int = 0,
    ) -> tuple[StoredCase, ...]:
        """Return cases, oldest first or with `latest` those changed last first, `limit` of them from `offset` on.

        `statuses` () means all. None gives ().
        """
        query = _wanted(select(CaseRow), statuses, author)
        query = query.order_by(CaseRow.changed.desc(), CaseRow.id) if latest else query.order_by(CaseRow.created, CaseRow.id)
        return tuple(StoredCase(**fields(row)) for row in self._unit.session.scalars(query.limit(limit).offset(offset)))

    def count(self, *, statuses: Collection[Status] = (), author: str | None = None) -> int:
        """Return how many cases `listing` would give without limit."""
        return self._unit.session.scalar(_wanted(select(func.count(CaseRow.id)), statuses, author)) or 0

    def edit(self, case_id: str, *, version: int, region: str | None = None, narrative: str | None = None) -> StoredCase:
        """Change what is given, in draft and open only.

        Raises StoreConflict: somebody was first. StoreError: it is under review or closed, or the narrative is empty.
        """
        new = None if narrative is None else _narrative(narrative)
        row = next_version(self._unit, case_id, version, statuses=EDITABLE)
        row.narrative = row.narrative if new is None else new
        row.region = row.region if region is None else clean(region).strip()
        self._unit.saved("case.edit", row)
        return StoredCase(**fields(row))

    def move(self, case_id: str, status: Status, *, version: int) -> StoredCase:
        """Bring a case to another status by the drawing at the top of this module.

        Raises StoreConflict: somebody was first. StoreError: no arrow leads there.
        """
        if status not in STATUSES:
            raise StoreError(f"没有状态“{clean(str(status))}”，可选：{'、'.join(STATUSES)}。")
        before = tuple(start for start in STATUSES if status in _MOVES[start])
        row = next_version(self._unit, case_id, version, statuses=before)
        row.status = status
        self._unit.saved("case.move", row)
        return StoredCase(**fields(row))

    def _number(self, wished: str) -> str:
        """Return a number that no case has. Raises StoreError: the wished one is taken or too long."""
        if len(wished) > 64:
            raise StoreError("案件编号最多 64 个字，请改短。")
        if wished:
            if self.find_number(wished):
                raise StoreError(f"案件编号 {wished} 已经有了，请换一个编号。")
            return wished
        year = f"{self._unit.now.astimezone().year}-"
        count = select(func.count(CaseRow.id)).where(CaseRow.number.startswith(year, autoescape=True))
        following = (self._unit.session.scalar(count) or 0) + 1
        while self.find_number(f"{year}{following:05d}"):
            following += 1
        return f"{year}{following:05d}"


def _row(unit: Unit, case_id: str) -> CaseRow:
    row = unit.session.get(CaseRow, clean(case_id))
    if row is None:
        raise StoreMissing("没有这个案件，它可能在另一个数据库里，请从列表中重新打开。")
    return row


def _who_was_first(unit: Unit, row: CaseRow, seen: int) -> str:
    person = unit.session.get(UserRow, row.changed_by)
    name = row.changed_by if person is None else person.display_name
    return (
        f"案件 {row.number} 已由 {name} 于 {local(row.changed)} 修改（您看到的是第 {seen} 版，现在是第 {row.version} 版），"
        "您的改动没有保存，请刷新后再试。"
    )


def _wanted(query: Select[Any], statuses: Collection[Status], author: str | None) -> Select[Any]:
    query = query.where(CaseRow.status.in_(statuses)) if statuses else query
    return query if author is None else query.where(CaseRow.author == author)


def _narrative(text: str) -> str:
    """Return the text as it is stored, its blanks included: spans count its characters."""
    if not text.strip():
        raise StoreError("叙述是空的，请先填写事情经过。")
    return clean(text)
