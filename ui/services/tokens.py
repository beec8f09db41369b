"""Access tokens: what a program shows instead of a password. A token may do what its owner may when it is used."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from data.errors import InputError
from data.store.errors import StoreUnavailable
from data.store.records import Token
from data.store.store import utc_now
from ui.services.access import NotAllowed, Person, check, person_of
from ui.services.desk import Desk

__all__ = ["DAYS", "MAX_DAYS", "NewToken", "bearer", "create", "own", "revoke"]

DAYS, MAX_DAYS = 90, 366
"""How long a token lives where nobody says so, and at most."""

_PREFIX = "rct_"  # lets a person, and a tool that looks for leaked secrets, tell what it is
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made; its secret is shown this once and kept nowhere."""

    token: Token
    secret: str = field(repr=False)


def create(desk: Desk, person: Person, *, name: str, days: int = DAYS) -> NewToken:
    """Make a token of one's own that lives for `days` days.

    Raises InputError: `days` is not in 1..MAX_DAYS. StoreError: the name is taken or cannot be, or there are too many.
    """
    check(person, "match")  # everybody who may work here
    if not 1 <= days <= MAX_DAYS:
        raise InputError(f"令牌的有效期应是 1 到 {MAX_DAYS} 天，请改正。")
    secret = _PREFIX + secrets.token_urlsafe(32)
    with desk.store.begin(person.name) as work:
        return NewToken(work.tokens.add(_hash(secret), name=name, expires=utc_now() + timedelta(days=days)), secret)


def own(desk: Desk, person: Person) -> tuple[Token, ...]:
    """Return one's own tokens, oldest first, expired ones too; none gives ()."""
    check(person, "match")
    with desk.store.read() as work:
        return work.tokens.of_user(person.name)


def revoke(desk: Desk, person: Person, token_id: str) -> None:
    """Take back a token of one's own. Raises StoreMissing: there is none of that id, or it is somebody else's."""
    check(person, "match")
    with desk.store.begin(person.name) as work:
        work.tokens.remove(token_id)


def bearer(desk: Desk, secret: str) -> Person:
    """Return who a secret speaks for, with the roles they have now, and note the use.

    Raises NotAllowed: it is unknown, has expired or was taken back, or its user is disabled; nobody is told which.
    """
    if not secret.startswith(_PREFIX) or len(secret) > _LONGEST:
        raise _refused()
    with desk.store.read() as work:
        token = work.tokens.find(_hash(secret))
        user = None if token is None else work.users.find(token.user)
        due = token is not None and work.tokens.stale(token)
    if token is None or user is None or user.disabled:
        raise _refused()
    if due:
        # a store that cannot be written at the moment can still be read
        with suppress(StoreUnavailable), desk.store.begin(user.name) as work:
            work.tokens.touch(token.id)
    return person_of(user)


def _hash(secret: str) -> str:
    """Return the sha256 of a secret; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _refused() -> NotAllowed:
    return NotAllowed("访问令牌无效、已过期或已撤销，请核对，或登录后重新建立一个。")
