"""The whole schema: people and cases, reviews, jobs and logins, the audit trail. `guards` holds its triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.guards import guard

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)
_ZERO = "0" * 64


def upgrade() -> None:
    """Make the tables and their triggers; the audit trail starts empty."""
    _people_and_cases()
    _reviews()
    _jobs_and_logins()
    _audit()
    guard(op.get_bind())


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, _TIME, nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}")


def _people_and_cases() -> None:
    op.create_table(
        "users",
        _text("name"),
        _text("display_name"),
        _text("role"),
        _text("password_hash"),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        _time("created"),
        sa.PrimaryKeyConstraint("name", name="pk_users"),
        sa.CheckConstraint("role IN ('inspector', 'reviewer', 'evaluator', 'administrator')", name="ck_users_role"),
    )
    op.create_table(
        "cases",
        _text("id"),
        _text("number"),
        _text("region"),
        _text("narrative"),
        _text("status"),
        _text("author"),
        _number("version"),
        _time("created"),
        _time("changed"),
        _text("changed_by"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.UniqueConstraint("number", name="uq_cases_number"),
        sa.CheckConstraint("status IN ('draft', 'open', 'in_review', 'second_review', 'closed')", name="ck_cases_status"),
        sa.CheckConstraint("version >= 1", name="ck_cases_version"),
        _refers("cases", "author", "users.name"),
    )
    op.create_index("ix_cases_status_created", "cases", ["status", "created"])
    op.create_index("ix_cases_author", "cases", ["author"])
    op.create_table(
        "reports",
        _text("id"),
        _text("case_id"),
        _number("number"),
        _text("content"),
        _text("index_digest"),
        _text("model_digest"),
        _text("digest"),
        _text("author"),
        _time("created"),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint("case_id", "number", name="uq_reports_case_id_number"),
        sa.CheckConstraint("number >= 1", name="ck_reports_number"),
        _refers("reports", "case_id", "cases.id"),
        _refers("reports", "author", "users.name"),
    )


def _reviews() -> None:
    op.create_table(
        "reviews",
        _text("id"),
        _text("case_id"),
        _text("report_id"),
        _text("clause_id"),
        _text("verdict"),
        sa.Column("grade", sa.Integer()),
        _text("comment"),
        _text("reviewer"),
        _number("round"),
        _time("at"),
        _time("ended", nullable=True),
        _text("ended_by", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.CheckConstraint("verdict IN ('accept', 'reject', 'grade', 'add')", name="ck_reviews_verdict"),
        sa.CheckConstraint(
            "CASE WHEN verdict IN ('grade', 'add') THEN grade IS NOT NULL AND grade IN (1, 2) ELSE grade IS NULL END",
            name="ck_reviews_grade",
        ),
        sa.CheckConstraint("round IN (1, 2)", name="ck_reviews_round"),
        _refers("reviews", "case_id", "cases.id"),
        _refers("reviews", "report_id", "reports.id"),
        _refers("reviews", "reviewer", "users.name"),
    )
    standing = sa.text("ended IS NULL")
    op.create_index(
        "uq_reviews_standing",
        "reviews",
        ["report_id", "clause_id", "round"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_table(
        "assignments",
        _text("case_id"),
        _number("round"),
        _text("reviewer"),
        _time("at"),
        sa.PrimaryKeyConstraint("case_id", "round", name="pk_assignments"),
        sa.CheckConstraint("round IN (1, 2)", name="ck_assignments_round"),
        _refers("assignments", "case_id", "cases.id"),
        _refers("assignments", "reviewer", "users.name"),
    )
    op.create_index("ix_assignments_reviewer", "assignments", ["reviewer"])


def _jobs_and_logins() -> None:
    op.create_table(
        "jobs",
        _text("id"),
        _text("kind"),
        _text("state"),
        _text("owner"),
        _number("done"),
        _number("total"),
        _text("input"),
        _text("output", nullable=True),
        _text("error", nullable=True),
        _text("worker", nullable=True),
        _number("attempts"),
        _time("heartbeat", nullable=True),
        _time("created"),
        _time("ended", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="ck_jobs_state"),
        _refers("jobs", "owner", "users.name"),
    )
    op.create_index("ix_jobs_state_created", "jobs", ["state", "created"])
    op.create_table(
        "job_items",
        _text("job_id"),
        _number("position"),
        _text("input"),
        _text("output", nullable=True),
        sa.PrimaryKeyConstraint("job_id", "position", name="pk_job_items"),
        _refers("job_items", "job_id", "jobs.id"),
    )
    op.create_table(
        "sessions",
        _text("token_hash"),
        _text("user"),
        _text("csrf"),
        _time("created"),
        _time("expires"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
        _refers("sessions", "user", "users.name"),
    )
    op.create_index("ix_sessions_user", "sessions", ["user"])
    op.create_index("ix_sessions_expires", "sessions", ["expires"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=False),
        _text("at"),
        _text("actor"),
        _text("action"),
        _text("subject"),
        _text("digest"),
        _text("previous"),
        _text("hash"),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_index("ix_audit_subject", "audit", ["subject"])
    op.create_index("ix_audit_actor", "audit", ["actor"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        _number("count"),
        _text("hash"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
        sa.CheckConstraint("id = 1", name="ck_audit_head_id"),
    )
    op.bulk_insert(head, [{"id": 1, "count": 0, "hash": _ZERO}])
