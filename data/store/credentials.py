"""Ending what lets a user in without the password: logins and access tokens."""

from __future__ import annotations

from sqlalchemy import delete, func, select

from data.store.models import SessionRow, TokenRow
from data.store.unit import Unit

__all__ = ["end_sessions", "end_tokens", "remove_token"]


def end_sessions(unit: Unit, user: str) -> None:
    """End every session of a user; with none, nothing is recorded."""
    own = SessionRow.user == user
    count = unit.session.scalar(select(func.count()).select_from(SessionRow).where(own)) or 0
    if count:
        unit.record("session.close", f"user:{user}", count)
        unit.session.execute(delete(SessionRow).where(own))


def end_tokens(unit: Unit, user: str) -> None:
    """Take back every access token of a user, each with its row in the trail."""
    rows = unit.session.scalars(select(TokenRow).where(TokenRow.user == user).order_by(TokenRow.created, TokenRow.id)).all()
    for row in rows:
        remove_token(unit, row)


def remove_token(unit: Unit, row: TokenRow) -> None:
    """Take back an access token."""
    unit.session.delete(row)
    unit.session.flush()
    unit.record("token.remove", f"user:{row.user}", {"id": row.id})
