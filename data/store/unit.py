"""What the parts of one transaction share: the session, who acts, and when."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from data.store.chain import append
from data.store.contents import content_of, subject_of
from data.store.models import Base

__all__ = ["Unit", "new_id"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A transaction; `actor` is None in one that only reads."""

    session: Session
    actor: str | None
    now: datetime

    def writer(self) -> str:
        """Return who acts. Raises RuntimeError in a transaction that only reads: a mistake of the program."""
        if self.actor is None:
            raise RuntimeError("store.read() is for reading; use store.begin(actor)")
        return self.actor

    def record(self, action: str, subject: str, content: object) -> None:
        """Write an audit row."""
        append(self.session, self.writer(), self.now, action, subject, content)

    def saved(self, action: str, row: Base) -> None:
        """Send a new or changed row to the database and write its audit row."""
        self.writer()
        self.session.add(row)
        self.session.flush()
        self.record(action, subject_of(row), content_of(row))

    def removed(self, action: str, row: Base) -> None:
        """Delete a row and write its audit row, whose digest is that of nothing."""
        self.writer()
        subject = subject_of(row)
        self.session.delete(row)
        self.session.flush()
        self.record(action, subject, None)


def new_id() -> str:
    """Return a random id of 32 hex digits: nobody guesses it, and rows of two databases never share one."""
    return secrets.token_hex(16)
