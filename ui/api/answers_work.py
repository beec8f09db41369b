"""What goes out about cases, reviews, batches and tokens: one model per kind of answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import Field

from data.store.records import JobState, Round, Status, Token, Verdict
from ui.api.answers import Answer, MatchOut
from ui.present import report_json
from ui.services.case_file import CaseFile
from ui.services.case_queue import Group

__all__ = [
    "AssignmentOut",
    "BatchOut",
    "CaseOut",
    "CaseSummary",
    "EventOut",
    "NewTokenOut",
    "QueueOut",
    "ReportOut",
    "ReviewOut",
    "ReviewsOut",
    "TokenOut",
]


class CaseSummary(Answer):
    """A case without its text."""

    id: str
    number: str
    region: str
    status: Status
    author: str
    version: int
    created: datetime
    changed: datetime
    changed_by: str


class ReportOut(Answer):
    """The newest suggestions of a case."""

    id: str
    number: int
    digest: str
    created: datetime
    result: MatchOut


class ReviewOut(Answer):
    """A decision that stands."""

    id: str
    clause_id: str
    verdict: Verdict
    grade: int | None
    comment: str
    reviewer: str
    round: Round
    at: datetime


class AssignmentOut(Answer):
    """Who reviews a case in a round."""

    round: Round
    reviewer: str
    at: datetime


class CaseOut(CaseSummary):
    """A case as the person who asks may see it; `kept_back`: there are decisions that they may not see yet."""

    narrative: str
    report: ReportOut | None
    reviews: list[ReviewOut]
    assignments: list[AssignmentOut]
    turn: Round | None = Field(description="现在由您进行第几次复核；没有则为 null")
    kept_back: bool

    @classmethod
    def of(cls, file: CaseFile) -> Self:
        """Return the case of a file."""
        return cls(
            **_plain(CaseSummary.model_validate(file.case)),
            narrative=file.case.narrative,
            report=_report(file),
            reviews=[ReviewOut.model_validate(review) for review in file.reviews],
            assignments=[AssignmentOut.model_validate(assignment) for assignment in file.assignments],
            turn=file.turn,
            kept_back=file.kept_back,
        )


class ReviewsOut(Answer):
    """The decisions of a case that the person who asks may see, with the version to send along with new ones."""

    version: int
    status: Status
    reviews: list[ReviewOut]
    turn: Round | None
    kept_back: bool

    @classmethod
    def of(cls, file: CaseFile) -> Self:
        """Return the decisions of a file."""
        reviews = [ReviewOut.model_validate(review) for review in file.reviews]
        return cls(version=file.case.version, status=file.case.status, reviews=reviews, turn=file.turn, kept_back=file.kept_back)


class EventOut(Answer):
    """Something that happened to a case."""

    seq: int
    at: datetime
    actor: str
    what: str
    detail: str


class DoubtOut(Answer):
    """How much a case needs a person's eye, 0..1, and why."""

    value: float
    why: str


class QueueOut(Answer):
    """A case that waits for review."""

    case: CaseSummary
    group: Group
    doubt: DoubtOut
    priority: float
    since: datetime
    reviewer: str
    decided: int
    total: int


class BatchOut(Answer):
    """How a batch stands."""

    id: str
    name: str
    state: JobState
    done: int
    total: int
    top_k: int
    note: str
    error: str | None
    created: datetime
    ended: datetime | None
    failed: int | None
    abstained: int | None
    kept_until: datetime | None = Field(description="叙述和结果保存到这时；空表示一直保存，或任务还没有结束")
    cleared: bool = Field(description="保存期已过，叙述和结果已删除")


class TokenOut(Answer):
    """An access token; its secret is not known any more."""

    id: str
    name: str
    created: datetime
    expires: datetime
    last_used: datetime | None


class NewTokenOut(TokenOut):
    """An access token that was just made."""

    token: str = Field(description="令牌本身，只显示这一次，请妥善保存")

    @classmethod
    def of(cls, token: Token, secret: str) -> Self:
        """Return a token with its secret."""
        return cls(**_plain(TokenOut.model_validate(token)), token=secret)


def _report(file: CaseFile) -> ReportOut | None:
    stored = file.report
    if stored is None:
        return None
    result = MatchOut.model_validate(report_json(stored.report))
    return ReportOut(id=stored.id, number=stored.number, digest=stored.digest, created=stored.created, result=result)


def _plain(answer: Answer) -> Mapping[str, Any]:
    return {name: getattr(answer, name) for name in type(answer).model_fields}
