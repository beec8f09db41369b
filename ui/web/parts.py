"""The parts that the routes of one application share, kept in its state, and dependencies that give them to a route."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from ui.services.access import Person
from ui.services.desk import Desk
from ui.web.auth import Visitor, current_person, visitor_of
from ui.web.health import Health
from ui.web.login import Door
from ui.web.metrics import Metrics
from ui.web.settings import WebSettings

__all__ = ["Address", "Here", "Me", "Parts", "Who", "address_of"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application's own routes work with."""

    desk: Desk
    settings: WebSettings
    door: Door
    health: Health
    metrics: Metrics


def parts_of(request: Request) -> Parts:
    """Return the parts of the application that answers."""
    return cast(Parts, request.app.state.parts)


def address_of(request: Request) -> str:
    """Return the network address that a request comes from, "" where it is unknown."""
    return request.client.host if request.client else ""


def _visitor(request: Request) -> Visitor:
    return visitor_of(request)


Here = Annotated[Parts, Depends(parts_of)]
Me = Annotated[Person, Depends(current_person)]
Who = Annotated[Visitor, Depends(_visitor)]
Address = Annotated[str, Depends(address_of)]
