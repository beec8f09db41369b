"""The chain of the audit trail.

hash = sha256(hash of the row before + canonical JSON of the row)      the first row follows 64 zeros
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.store.canonical import canonical, clean, digest, iso
from data.store.errors import StoreError
from data.store.models import AuditHeadRow, AuditRow
from data.store.records import Head

__all__ = ["ZERO", "append", "chain_hash", "head_of", "lock_head"]

ZERO = "0" * 64
_HASHED = ("seq", "at", "actor", "action", "subject", "digest")


def chain_hash(row: AuditRow) -> str:
    """Return the hash that the row must have, by the formula at the top."""
    written = canonical({name: getattr(row, name) for name in _HASHED})
    return hashlib.sha256((row.previous + written).encode()).hexdigest()


def head_of(session: Session) -> Head:
    """Return where the trail ends. Raises StoreError: the row that says so is missing."""
    row = _head_row(session)
    return Head(row.count, row.hash)


def lock_head(session: Session) -> None:
    """Wait until no other transaction writes; SQLite has its own lock and ignores FOR UPDATE."""
    session.execute(select(AuditHeadRow.id).with_for_update())


def append(session: Session, actor: str, at: datetime, action: str, subject: str, content: object) -> None:
    """Add a row about `content` as it is now (None: it is gone) and move the head."""
    head = _head_row(session)
    row = AuditRow(
        seq=head.count + 1,
        at=iso(at),
        actor=clean(actor),
        action=clean(action),
        subject=clean(subject),
        digest=digest(content),
        previous=head.hash,
    )
    row.hash = chain_hash(row)
    session.add(row)
    head.count, head.hash = row.seq, row.hash
    session.flush()


def _head_row(session: Session) -> AuditHeadRow:
    row = session.get(AuditHeadRow, 1)
    if row is None:
        raise StoreError("审计链的链尾记录不见了，审计记录可能被篡改，请联系管理员。")
    return row
