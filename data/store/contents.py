"""What of a record its digest in the audit trail is of, and under which subject the trail speaks of it.

A field that a later version adds is left out while it has its default value: the digests of earlier rows stay right.
The version of a case is left out: it also counts changes of what belongs to the case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from data.store.models import AssignmentRow, Base, CaseRow, ReportRow, ReviewRow, UserRow

__all__ = ["CONTENTS", "content_of", "fields", "subject_of"]

_Row = Base
_FIELDS: Mapping[type[_Row], tuple[str, ...]] = {
    UserRow: ("name", "display_name", "role", "password_hash", "disabled", "created"),
    CaseRow: ("id", "number", "region", "narrative", "status", "author", "created"),
    ReportRow: ("id", "case_id", "number", "content", "index_digest", "model_digest", "digest", "author", "created"),
    ReviewRow: (
        *("id", "case_id", "report_id", "clause_id", "verdict", "grade", "comment", "reviewer", "round", "at"),
        *("ended", "ended_by"),
    ),
    AssignmentRow: ("case_id", "round", "reviewer", "at"),
}
_SUBJECTS: Mapping[type[_Row], Callable[[Any], str]] = {
    UserRow: lambda row: f"user:{row.name}",
    CaseRow: lambda row: f"case:{row.id}",
    ReportRow: lambda row: f"report:{row.id}",
    ReviewRow: lambda row: f"review:{row.id}",
    AssignmentRow: lambda row: f"assignment:{row.case_id}:{row.round}",
}
CONTENTS = tuple(_FIELDS)


def fields(row: _Row) -> dict[str, Any]:
    """Return every column of a row by name."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def content_of(row: _Row) -> dict[str, Any]:
    """Return what the digest of a row is of."""
    return {name: getattr(row, name) for name in _FIELDS[type(row)]}


def subject_of(row: _Row) -> str:
    """Return what the audit trail calls the row, such as ``case:4f0c…``."""
    return _SUBJECTS[type(row)](row)
