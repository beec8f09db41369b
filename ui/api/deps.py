"""What routes depend on: the desk, who asks, and a turn for what computes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Concatenate, ParamSpec, TypeVar, cast

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Depends, FastAPI, Query, Request
from fastapi import Path as InPath

from ui.services.access import NotAllowed, Person
from ui.services.desk import Desk
from ui.web.auth import current_person, visitor_of
from ui.web.errors import TooBusy

__all__ = [
    "AT_ONCE",
    "WAITING",
    "ById",
    "Here",
    "Me",
    "Offset",
    "SeenVersion",
    "Some",
    "Turn",
    "Turns",
    "signed_in_person",
    "turns_of",
]

AT_ONCE, WAITING = 2, 32
"""How many matches run at the same time, and how many may wait for their turn."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Turns:
    """Runs what computes for long in threads, a few at a time; one per application."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._limiter = CapacityLimiter(at_once)
        self._waiting = waiting

    async def run(
        self,
        action: Callable[Concatenate[Desk, Person, _P], _T],
        desk: Desk,
        person: Person,
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T:
        """Return ``action(desk, person, ...)`` when its turn has come. Raises TooBusy: too many wait already."""
        if self._limiter.statistics().tasks_waiting >= self._waiting:
            raise TooBusy("现在匹配的人太多，请过一会儿再试。")
        return await run_sync(partial(action, desk, person, *args, **kwargs), limiter=self._limiter)


def _desk(request: Request) -> Desk:
    return cast(Desk, request.app.state.desk)


def turns_of(app: FastAPI) -> Turns:
    """Return the turns that everything in one application shares, made at the first call."""
    if not hasattr(app.state, "turns"):
        app.state.turns = Turns()
    return cast(Turns, app.state.turns)


def _turns(request: Request) -> Turns:
    return cast(Turns, request.app.state.turns)


def signed_in_person(request: Request) -> Person:
    """Return who asks, where they asked by a login; a stolen token must not make longer-lived ones.

    Raises NotSignedIn (401); NotAllowed (403): it was by a token.
    """
    if visitor_of(request).way == "bearer":
        raise NotAllowed("访问令牌不能用来管理令牌，请登录后操作。")
    return current_person(request)


Here = Annotated[Desk, Depends(_desk)]
Turn = Annotated[Turns, Depends(_turns)]
Me = Annotated[Person, Depends(current_person)]
ById = Annotated[str, InPath(min_length=1, max_length=64, description="编号")]
Some = Annotated[int, Query(alias="limit", ge=1, le=200, description="最多返回的条数")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="跳过的条数")]
SeenVersion = Annotated[int, Query(alias="version", ge=1, le=2**31 - 1, description="您看到的案件版本")]
