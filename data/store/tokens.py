"""Access tokens for programs. Only the sha256 of a token is stored: who reads the database cannot act with one.

A token may do what its user may at the time it is used; a disabled user's does nothing. Backups leave tokens out, as they
leave logins out: one that was taken back must not come alive again by a restore. A new password ends them all, as it ends
logins.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from data.store.canonical import clean
from data.store.contents import fields
from data.store.credentials import remove_token
from data.store.errors import StoreError, StoreMissing
from data.store.models import TokenRow, UserRow
from data.store.records import Token
from data.store.unit import Unit, new_id
from data.store.users import user_row

__all__ = ["MAX_TOKENS", "TOUCH", "Tokens"]

MAX_TOKENS = 20
"""How many tokens one user may have at a time."""

TOUCH = timedelta(minutes=10)
"""How exactly `last_used` is kept: a write for each request would make readers wait for writers."""


class Tokens:
    """Access tokens within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, token_hash: str, *, name: str, expires: datetime) -> Token:
        """Keep a token of the one who acts until `expires`, a time with zone.

        Raises StoreError: the name is empty or too long, the user has MAX_TOKENS or one of that name already, or the
        token would have expired already.
        """
        user = user_row(self._unit, self._unit.writer(), active=True).name
        called = clean(name).strip()
        if not 1 <= len(called) <= 64:
            raise StoreError("令牌的名称应是 1 到 64 个字，请改正。")
        if expires <= self._unit.now:
            raise StoreError("令牌的有效期应在今后，请改正。")
        own = self.of_user(user)
        if len(own) >= MAX_TOKENS:
            raise StoreError(f"每人最多 {MAX_TOKENS} 个令牌，请先撤销不用的。")
        if any(token.name == called for token in own):
            raise StoreError(f"已有名为“{called}”的令牌，请换一个名称。")
        row = TokenRow(
            id=new_id(),
            user=user,
            name=called,
            token_hash=clean(token_hash),
            created=self._unit.now,
            expires=expires,
            last_used=None,
        )
        self._unit.session.add(row)
        self._unit.session.flush()
        self._unit.record("token.add", f"user:{user}", {"id": row.id, "name": called, "expires": expires})
        return Token(**fields(row))

    def find(self, token_hash: str) -> Token | None:
        """Return the token, or None where it is unknown, has expired, or its user is disabled."""
        found = select(TokenRow).join(UserRow).where(TokenRow.token_hash == clean(token_hash), ~UserRow.disabled)
        row = self._unit.session.scalar(found.where(TokenRow.expires > self._unit.now))
        return None if row is None else Token(**fields(row))

    def stale(self, token: Token) -> bool:
        """Tell whether it is time for `touch`: the last known use is more than TOUCH ago."""
        return token.last_used is None or self._unit.now - token.last_used >= TOUCH

    def touch(self, token_id: str) -> None:
        """Note that a token was used now; one that was taken back meanwhile is no error. The audit trail is not told."""
        self._unit.writer()
        row = self._unit.session.get(TokenRow, clean(token_id))
        if row is not None:
            row.last_used = self._unit.now
            self._unit.session.flush()

    def of_user(self, user: str) -> tuple[Token, ...]:
        """Return a user's tokens, oldest first, expired ones too; none gives ()."""
        query = select(TokenRow).where(TokenRow.user == user).order_by(TokenRow.created, TokenRow.id)
        return tuple(Token(**fields(row)) for row in self._unit.session.scalars(query))

    def remove(self, token_id: str) -> None:
        """Take back a token of the one who acts. Raises StoreError: there is none, or it is somebody else's."""
        row = self._unit.session.get(TokenRow, clean(token_id))
        if row is None or row.user != self._unit.writer():
            raise StoreMissing("没有这个令牌，它可能已被撤销，请刷新后再看。")
        remove_token(self._unit, row)
