"""Triggers that make `audit` and `reports` append-only and let the audit head only go forward.

A later revision that rebuilds one of these tables calls `guard` again: rebuilding drops its triggers.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.engine import Connection

__all__ = ["guard"]

# table, the column that names a row
_APPEND_ONLY = (("audit", "seq"), ("reports", "id"))
# an untouched head may be set once, by a restore
_BACKWARD = "OLD.count > 0 AND NEW.count <> OLD.count + 1"


def guard(connection: Connection) -> None:
    """Make the triggers in SQLite or PostgreSQL."""
    for statement in _sqlite() if connection.dialect.name == "sqlite" else _postgresql():
        connection.execute(text(statement))


def _sqlite() -> list[str]:
    def trigger(name: str, when: str, condition: str = "") -> str:
        return (
            f"CREATE TRIGGER {name} BEFORE {when} FOR EACH ROW {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{when.partition(' ON ')[2]} is append-only'); END"
        )

    statements = []
    for table, key in _APPEND_ONLY:
        statements += [
            trigger(f"{table}_no_update", f"UPDATE ON {table}"),
            trigger(f"{table}_no_delete", f"DELETE ON {table}"),
            # INSERT OR REPLACE deletes without firing the trigger above
            trigger(f"{table}_no_replace", f"INSERT ON {table}", f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"),
        ]
    return [
        *statements,
        trigger("audit_head_no_delete", "DELETE ON audit_head"),
        trigger("audit_head_forward", "UPDATE ON audit_head", f"WHEN {_BACKWARD}"),
    ]


def _postgresql() -> list[str]:
    def trigger(name: str, when: str, condition: str = "") -> str:
        each = "STATEMENT" if when.startswith("TRUNCATE") else "ROW"
        return f"CREATE TRIGGER {name} BEFORE {when} FOR EACH {each} {condition} EXECUTE FUNCTION rongcuo_append_only()"

    statements = [
        "CREATE OR REPLACE FUNCTION rongcuo_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"
    ]
    for table, _ in _APPEND_ONLY:
        statements += [
            trigger(f"{table}_no_update", f"UPDATE OR DELETE ON {table}"),
            trigger(f"{table}_no_truncate", f"TRUNCATE ON {table}"),
        ]
    return [
        *statements,
        trigger("audit_head_no_delete", "DELETE ON audit_head"),
        trigger("audit_head_no_truncate", "TRUNCATE ON audit_head"),
        trigger("audit_head_forward", "UPDATE ON audit_head", f"WHEN ({_BACKWARD})"),
    ]
