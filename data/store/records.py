"""What goes into the store and comes out of it: frozen dataclasses. All times are UTC with their zone.

Texts that may name people (narratives, comments, inputs) and secrets stay out of `repr`, so that no log shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from data.schema import MatchReport

__all__ = [
    "JOB_STATES",
    "ROLES",
    "STATUSES",
    "VERDICTS",
    "Assignment",
    "AuditEntry",
    "Decision",
    "Head",
    "Job",
    "JobItem",
    "JobState",
    "Login",
    "Review",
    "Role",
    "Round",
    "Status",
    "StoredCase",
    "StoredReport",
    "Token",
    "User",
    "Verdict",
]

Role = Literal["inspector", "reviewer", "evaluator", "administrator"]
Status = Literal["draft", "open", "in_review", "second_review", "closed"]
Verdict = Literal["accept", "reject", "grade", "add"]
Round = Literal[1, 2]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]

ROLES: Mapping[Role, str] = {"inspector": "执法人员", "reviewer": "复核人员", "evaluator": "评测人员", "administrator": "管理员"}
STATUSES: Mapping[Status, str] = {
    "draft": "草稿",
    "open": "待复核",
    "in_review": "复核中",
    "second_review": "二次复核中",
    "closed": "已办结",
}
VERDICTS: Mapping[Verdict, str] = {"accept": "采纳", "reject": "不采纳", "grade": "改等级", "add": "补充条款"}
JOB_STATES: Mapping[JobState, str] = {
    "queued": "排队中",
    "running": "进行中",
    "done": "已完成",
    "failed": "失败",
    "cancelled": "已取消",
}


@dataclass(frozen=True, slots=True)
class User:
    """An account; an empty `password_hash` means that nobody can log in with it."""

    name: str
    display_name: str
    role: Role
    disabled: bool
    created: datetime
    password_hash: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case; `version` goes up by one with every change to it, its reports, reviews and assignments."""

    id: str
    number: str
    region: str
    narrative: str = field(repr=False)
    status: Status
    author: str
    version: int
    created: datetime
    changed: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class StoredReport:
    """What was suggested for a case; `number` counts the reports of the case from 1. It never changes."""

    id: str
    case_id: str
    number: int
    report: MatchReport = field(repr=False)
    digest: str
    author: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer says of one clause; `grade` is 1 or 2 and goes with the verdicts grade and add only."""

    clause_id: str
    verdict: Verdict
    grade: int | None = None
    comment: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Review:
    """A decision on a clause of a report; `ended` tells when a later decision or a withdrawal took its place."""

    id: str
    case_id: str
    report_id: str
    clause_id: str
    verdict: Verdict
    grade: int | None
    comment: str = field(repr=False)
    reviewer: str
    round: Round
    at: datetime
    ended: datetime | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who reviews a case in a round."""

    case_id: str
    round: Round
    reviewer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Job:
    """A long computation; `heartbeat` is the last sign of life of `worker`, the one who runs it."""

    id: str
    kind: str
    state: JobState
    owner: str
    done: int
    total: int
    input: Mapping[str, Any] = field(repr=False)
    output: Mapping[str, Any] | None = field(repr=False)
    error: str | None
    worker: str | None
    attempts: int
    heartbeat: datetime | None
    created: datetime
    ended: datetime | None

    @property
    def cleared(self) -> bool:
        """Whether its rows were deleted after its end."""
        return bool(self.output and self.output.get("cleared"))


@dataclass(frozen=True, slots=True)
class JobItem:
    """One row of a batch; `output` is None until it has been computed."""

    position: int
    input: Mapping[str, Any] = field(repr=False)
    output: Mapping[str, Any] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Login:
    """A session of a user; only the hash of its token is known."""

    token_hash: str = field(repr=False)
    user: str
    csrf: str = field(repr=False)
    created: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """An access token of a user, known by its hash only; `last_used` None means never."""

    id: str
    user: str
    name: str
    token_hash: str = field(repr=False)
    created: datetime
    expires: datetime
    last_used: datetime | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the audit trail; `digest` is that of the content after the change, never the content."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    digest: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """Where the audit trail ends: how many rows, and the hash of the last one."""

    count: int
    hash: str
