"""Reviews: decisions on the clauses of a case's newest report, in two rounds.

Round 1 is open while the case is 复核中, round 2 while it is 二次复核中, by somebody who did not take part in round 1.
A decision is never overwritten: a later one, or a withdrawal, ends it, and it stays readable in `history`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import select

from data.store.canonical import clean
from data.store.cases import next_version
from data.store.contents import fields
from data.store.errors import StoreError
from data.store.models import ReportRow, ReviewRow
from data.store.records import VERDICTS, Decision, Review, Round, Status
from data.store.reports import report_row
from data.store.unit import Unit, new_id
from data.store.users import user_row

__all__ = ["Reviews", "final_decisions"]

_OPEN: Mapping[int, Status] = {1: "in_review", 2: "second_review"}


class Reviews:
    """Decisions within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def save(self, report_id: str, decisions: Sequence[Decision], *, round: Round, version: int) -> tuple[Review, ...]:
        """Keep decisions by the one who acts; an earlier one on the same clause in the same round ends.

        `version` is the case's, which goes up by one however many decisions there are; none of them changes nothing.

        Raises:
            StoreConflict: somebody changed the case first.
            StoreError: the round is not open, the reviewer took part in round 1, or a decision does not fit the report.

        """
        reviewer = user_row(self._unit, self._unit.writer(), active=True).name
        report = report_row(self._unit, report_id)
        _check(decisions, _suggested(report))
        if not decisions:
            return ()
        if round == 2 and any(r.round == 1 and r.reviewer == reviewer for r in self.current(report_id)):
            raise StoreError("二次复核应由没有参加第一次复核的人进行，请换一人。")
        next_version(self._unit, report.case_id, version, statuses=(_open(round),))
        return tuple(self._save(report, decision, round, reviewer) for decision in decisions)

    def withdraw(self, report_id: str, clause_id: str, *, round: Round, version: int) -> None:
        """End the decision on a clause without another in its place; errors as `save`, and StoreError where there is none."""
        self._unit.writer()
        report = report_row(self._unit, report_id)
        standing = self._standing(report_id, clause_id, round)
        if standing is None:
            raise StoreError("这一条没有复核意见可撤下，请刷新后再试。")
        next_version(self._unit, report.case_id, version, statuses=(_open(round),))
        self._end(standing)

    def current(self, report_id: str) -> tuple[Review, ...]:
        """Return the decisions that stand, of both rounds, by round and time; none gives ()."""
        return tuple(review for review in self.history(report_id) if review.ended is None)

    def history(self, report_id: str) -> tuple[Review, ...]:
        """Return all decisions that were ever made, by round and time; none gives ()."""
        order = (ReviewRow.round, ReviewRow.at, ReviewRow.clause_id, ReviewRow.id)
        query = select(ReviewRow).where(ReviewRow.report_id == report_id).order_by(*order)
        return tuple(Review(**fields(row)) for row in self._unit.session.scalars(query))

    def _save(self, report: ReportRow, decision: Decision, round: Round, reviewer: str) -> Review:
        standing = self._standing(report.id, clean(decision.clause_id), round)
        if standing is not None:
            self._end(standing)
        row = ReviewRow(
            id=new_id(),
            case_id=report.case_id,
            report_id=report.id,
            clause_id=clean(decision.clause_id),
            verdict=decision.verdict,
            grade=decision.grade,
            comment=clean(decision.comment),
            reviewer=reviewer,
            round=round,
            at=self._unit.now,
            ended=None,
            ended_by=None,
        )
        self._unit.saved("review.save", row)
        return Review(**fields(row))

    def _end(self, row: ReviewRow) -> None:
        row.ended, row.ended_by = self._unit.now, clean(self._unit.writer())
        self._unit.saved("review.end", row)

    def _standing(self, report_id: str, clause_id: str, round: Round) -> ReviewRow | None:
        place = (ReviewRow.report_id == report_id, ReviewRow.clause_id == clause_id, ReviewRow.round == round)
        return self._unit.session.scalar(select(ReviewRow).where(*place, ReviewRow.ended.is_(None)))


def final_decisions(reviews: Sequence[Review]) -> dict[str, Review]:
    """Return the decision that counts for each clause: that of round 2 where there is one; ended ones never count."""
    standing = sorted((review for review in reviews if review.ended is None), key=lambda review: review.round)
    return {review.clause_id: review for review in standing}


def _open(round: int) -> Status:
    if round not in _OPEN:
        raise StoreError("复核轮次只有 1 和 2，请改正。")
    return _OPEN[round]


def _suggested(report: ReportRow) -> frozenset[str]:
    return frozenset(match["clause"]["id"] for match in json.loads(report.content)["matches"])


def _check(decisions: Sequence[Decision], suggested: frozenset[str]) -> None:
    clauses = [clean(decision.clause_id).strip() for decision in decisions]
    if len(set(clauses)) < len(clauses):
        raise StoreError("同一条款有两个复核意见，请只留一个。")
    for decision, clause in zip(decisions, clauses, strict=True):
        if not clause or clause != decision.clause_id:
            raise StoreError("复核意见缺少条款编号或编号前后有空格，请改正。")
        if decision.verdict not in VERDICTS:
            raise StoreError(f"没有“{clean(str(decision.verdict))}”这种复核意见，可选：{'、'.join(VERDICTS)}。")
        if (decision.verdict == "add") == (clause in suggested):
            said = "已在建议之中，请直接采纳或改等级" if clause in suggested else "不在建议之中，请用“补充条款”"
            raise StoreError(f"条款 {clause} {said}。")
        grade, graded = decision.grade, decision.verdict in ("grade", "add")
        if (type(grade) is not int or grade not in (1, 2)) if graded else grade is not None:
            raise StoreError(f"条款 {clause}：改等级和补充条款要给出等级 1 或 2，其他意见不带等级。")
