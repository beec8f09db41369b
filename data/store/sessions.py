"""Logins. Only the hash of a token is stored: who reads the database cannot log in with it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select

from data.store.canonical import clean
from data.store.contents import fields
from data.store.errors import StoreError
from data.store.models import SessionRow, UserRow
from data.store.records import Login
from data.store.unit import Unit

__all__ = ["Sessions"]


class Sessions:
    """Logins within one transaction."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def open(self, token_hash: str, *, user: str, csrf: str, expires: datetime) -> Login:
        """Begin a session until `expires`, a time with zone.

        Raises StoreError: the user is unknown or disabled, the token was used before, or it would have expired already.
        """
        session = self._unit.session
        if expires <= self._unit.now:
            raise StoreError("登录的有效期已过，请检查这台机器的时间。")
        account = session.get(UserRow, user)
        if account is None or account.disabled:
            raise StoreError("这个用户不存在或已停用，不能登录。")
        if session.get(SessionRow, token_hash) is not None:
            raise StoreError("登录凭据重复，请重新登录。")
        row = SessionRow(token_hash=clean(token_hash), user=user, csrf=clean(csrf), created=self._unit.now, expires=expires)
        session.add(row)
        session.flush()
        self._unit.record("session.open", f"user:{user}", {"created": row.created, "expires": expires})
        return Login(**fields(row))

    def find(self, token_hash: str) -> Login | None:
        """Return the session, or None where it is unknown, has expired, or its user is disabled."""
        found = select(SessionRow).join(UserRow).where(SessionRow.token_hash == clean(token_hash), ~UserRow.disabled)
        row = self._unit.session.scalar(found.where(SessionRow.expires > self._unit.now))
        return None if row is None else Login(**fields(row))

    def close(self, token_hash: str) -> None:
        """End a session; an unknown one is no error."""
        row = self._unit.session.get(SessionRow, clean(token_hash))
        if row is not None:
            self._unit.session.delete(row)
            self._unit.session.flush()
            self._unit.record("session.close", f"user:{row.user}", 1)

    def purge(self) -> int:
        """Forget the sessions that have expired and return how many there were."""
        old = SessionRow.expires <= self._unit.now
        count = self._unit.session.scalar(select(func.count()).select_from(SessionRow).where(old)) or 0
        if count:
            self._unit.record("session.purge", "sessions", count)
            self._unit.session.execute(delete(SessionRow).where(old))
        return count
