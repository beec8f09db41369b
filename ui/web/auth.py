"""Who sends a request: the session of a cookie, a program with its bearer token, or the one person of single-user mode.

The gate (`ui.web.gate`) finds that out once per request and leaves it in the scope; routes ask here.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Literal

from fastapi import Request
from starlette.requests import HTTPConnection

from data.errors import RongcuoError
from data.store.records import Login
from ui.services.access import LOCAL, NotAllowed, Person, person_of
from ui.services.desk import Desk
from ui.services.tokens import bearer
from ui.web.settings import WebSettings

__all__ = [
    "COOKIE",
    "CSRF_HEADER",
    "NOBODY",
    "NotSignedIn",
    "TooManyTries",
    "Visitor",
    "csrf_protected",
    "current_person",
    "identify",
    "same_token",
    "token_hash",
    "visitor_of",
]

COOKIE = "rongcuo_session"
CSRF_HEADER = "x-csrf-token"
_SCOPE = "rongcuo.visitor"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class NotSignedIn(RongcuoError):
    """A request without a valid session or token, or a wrong name or password."""


class TooManyTries(RongcuoError):
    """Wrong passwords again and again: wait."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sends a request, and by what; `csrf` is the token that unsafe requests by cookie or in single-user mode must repeat."""

    person: Person | None
    way: Literal["none", "session", "bearer", "single"]
    csrf: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def remember(self, connection: HTTPConnection) -> None:
        """Leave this visitor in the request's scope for the routes."""
        connection.scope[_SCOPE] = self


NOBODY = Visitor(None, "none")


def identify(desk: Desk, settings: WebSettings, connection: HTTPConnection) -> Visitor:
    """Return who sends a request; NOBODY for an unknown or expired session or a disabled user.

    Raises NotSignedIn: the bearer token is not valid. A request with such a token is never taken for that of a cookie.
    """
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        try:
            person = bearer(desk, token.strip())
        except NotAllowed as error:
            raise NotSignedIn(str(error)) from error
        if person.name == LOCAL and not settings.single:  # made in single-user mode, where it could do everything
            raise NotSignedIn("这个访问令牌只在单人模式下有效，请登录后建立一个自己的令牌。")
        return Visitor(person, "bearer")
    if settings.single:
        return Visitor(desk.person(LOCAL), "single", settings.secret)
    return _session(desk, connection.cookies.get(COOKIE, ""))


def _session(desk: Desk, token: str) -> Visitor:
    if not token:
        return NOBODY
    with desk.store.read() as work:
        login: Login | None = work.sessions.find(token_hash(token))
        user = None if login is None else work.users.find(login.user)
    if login is None or user is None or user.name == LOCAL:
        return NOBODY
    return Visitor(person_of(user), "session", login.csrf, token)


def visitor_of(connection: HTTPConnection) -> Visitor:
    """Return whom the gate found; NOBODY where it did not look."""
    found = connection.scope.get(_SCOPE, NOBODY)
    return found if isinstance(found, Visitor) else NOBODY


def current_person(request: Request) -> Person:
    """Return who sends the request; a FastAPI dependency. Raises NotSignedIn (401)."""
    person = visitor_of(request).person
    if person is None:
        raise NotSignedIn("请先登录。")
    return person


def csrf_protected(request: Request) -> None:
    """Refuse what another site may have made a browser send; a FastAPI dependency for routes that change something.

    Unsafe methods by cookie or in single-user mode need the session's token in the header X-CSRF-Token; requests with a
    bearer token do not. Raises NotSignedIn (401) and NotAllowed (403).
    """
    visitor = visitor_of(request)
    if visitor.person is None:
        raise NotSignedIn("请先登录。")
    if request.method in _SAFE or visitor.way == "bearer":
        return
    if not same_token(visitor.csrf, request.headers.get(CSRF_HEADER, "")):
        raise NotAllowed("这个请求缺少页面的校验码或校验码已过期，请刷新页面后再试。")


def same_token(expected: str, given: str) -> bool:
    """Compare secrets in constant time; an empty one equals nothing."""
    return bool(expected) and secrets.compare_digest(expected.encode(), given.encode())


def token_hash(token: str) -> str:
    """Return what the store keeps of a session's token: its SHA-256 in hex. The token is random, so no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
