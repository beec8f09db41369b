"""The tables. `migrations/` builds them; a test holds the two equal.

Keys are given by the program (names, random ids, counted numbers), never by the database, so that rows move between
SQLite and PostgreSQL as they are. JSON is kept as text in the canonical form, byte for byte what its digest is of.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from data.store.columns import UtcTime

__all__ = [
    "AssignmentRow",
    "AuditHeadRow",
    "AuditRow",
    "Base",
    "CaseRow",
    "JobItemRow",
    "JobRow",
    "ReportRow",
    "ReviewRow",
    "SessionRow",
    "TokenRow",
    "UserRow",
]

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What the tables share."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {str: Text(), datetime: UtcTime()}


class UserRow(Base):
    """An account."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("role IN ('inspector', 'reviewer', 'evaluator', 'administrator')", name="role"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    display_name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    disabled: Mapped[bool]
    created: Mapped[datetime]


class CaseRow(Base):
    """A case."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("status IN ('draft', 'open', 'in_review', 'second_review', 'closed')", name="status"),
        CheckConstraint("version >= 1", name="version"),
        Index(None, "status", "created"),
        Index(None, "author"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str]
    region: Mapped[str]
    narrative: Mapped[str]
    status: Mapped[str]
    author: Mapped[str] = mapped_column(ForeignKey("users.name"))
    version: Mapped[int]
    created: Mapped[datetime]
    changed: Mapped[datetime]
    changed_by: Mapped[str]


class ReportRow(Base):
    """A match report; triggers refuse to change or delete it."""

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("case_id", "number"), CheckConstraint("number >= 1", name="number"))

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    number: Mapped[int]
    content: Mapped[str]
    index_digest: Mapped[str]
    model_digest: Mapped[str]
    digest: Mapped[str]
    author: Mapped[str] = mapped_column(ForeignKey("users.name"))
    created: Mapped[datetime]


class ReviewRow(Base):
    """A decision; only one per report, clause and round has not ended."""

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint("verdict IN ('accept', 'reject', 'grade', 'add')", name="verdict"),
        # a bare comparison would let NULL through
        CheckConstraint(
            "CASE WHEN verdict IN ('grade', 'add') THEN grade IS NOT NULL AND grade IN (1, 2) ELSE grade IS NULL END",
            name="grade",
        ),
        CheckConstraint("round IN (1, 2)", name="round"),
        Index(
            "uq_reviews_standing",
            "report_id",
            "clause_id",
            "round",
            unique=True,
            sqlite_where=text("ended IS NULL"),
            postgresql_where=text("ended IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    report_id: Mapped[str] = mapped_column(ForeignKey("reports.id"))
    clause_id: Mapped[str]
    verdict: Mapped[str]
    grade: Mapped[int | None]
    comment: Mapped[str]
    reviewer: Mapped[str] = mapped_column(ForeignKey("users.name"))
    round: Mapped[int]
    at: Mapped[datetime]
    ended: Mapped[datetime | None]
    ended_by: Mapped[str | None]


class AssignmentRow(Base):
    """Who reviews a case in a round."""

    __tablename__ = "assignments"
    __table_args__ = (CheckConstraint("round IN (1, 2)", name="round"), Index(None, "reviewer"))

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reviewer: Mapped[str] = mapped_column(ForeignKey("users.name"))
    at: Mapped[datetime]


class JobRow(Base):
    """A long computation."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
        Index(None, "state", "created"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    owner: Mapped[str] = mapped_column(ForeignKey("users.name"))
    done: Mapped[int]
    total: Mapped[int]
    input: Mapped[str]
    output: Mapped[str | None]
    error: Mapped[str | None]
    worker: Mapped[str | None]
    attempts: Mapped[int]
    heartbeat: Mapped[datetime | None]
    created: Mapped[datetime]
    ended: Mapped[datetime | None]


class JobItemRow(Base):
    """One row of a batch, apart from the job so that a sign of life does not rewrite all narratives."""

    __tablename__ = "job_items"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    input: Mapped[str]
    output: Mapped[str | None]


class SessionRow(Base):
    """A login."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "user"), Index(None, "expires"))

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(ForeignKey("users.name"))
    csrf: Mapped[str]
    created: Mapped[datetime]
    expires: Mapped[datetime]


class TokenRow(Base):
    """An access token of a program that acts for a user."""

    __tablename__ = "tokens"
    __table_args__ = (UniqueConstraint("token_hash"), UniqueConstraint("user", "name"))

    id: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(ForeignKey("users.name"))
    name: Mapped[str]
    token_hash: Mapped[str]
    created: Mapped[datetime]
    expires: Mapped[datetime]
    last_used: Mapped[datetime | None]


class AuditRow(Base):
    """One row of the audit trail; triggers refuse to change or delete it. `at` is the text that was hashed (canonical.iso)."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "subject"), Index(None, "actor"))

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    digest: Mapped[str]
    previous: Mapped[str]
    hash: Mapped[str]


class AuditHeadRow(Base):
    """Where the audit trail ends: one row, locked by whoever writes."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    count: Mapped[int]
    hash: Mapped[str]
