"""The page on which people make, see and take back their own access tokens; a token itself opens it to nobody."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from data.errors import RongcuoError
from ui.services import tokens
from ui.services.access import NotAllowed
from ui.web.auth import Visitor
from ui.web.errors import status_of
from ui.web.forms import html_answer, signed_form, text_of
from ui.web.pages import tokens_page
from ui.web.parts import Here, Me, Who

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/tokens")
def own(here: Here, person: Me, who: Who) -> Response:
    """Show one's own tokens."""
    _by_login(who)
    return html_answer(tokens_page(tokens.own(here.desk, person), csrf=who.csrf))


@router.post("/tokens")
async def create(request: Request, here: Here, person: Me, who: Who) -> Response:
    """Make a token and show its secret once, or say what is wrong."""
    form = await signed_form(request, who, single=True)
    days = text_of(form, "days").strip()
    lives = int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0  # the service says what may be
    made, told, status = None, "", 200
    try:
        made = await run_in_threadpool(tokens.create, here.desk, person, name=text_of(form, "name"), days=lives)
    except RongcuoError as error:
        told, status = str(error), status_of(error)
    found = await run_in_threadpool(tokens.own, here.desk, person)
    return html_answer(tokens_page(found, told, csrf=who.csrf, made=made), status)


@router.post("/tokens/remove")
async def remove(request: Request, here: Here, person: Me, who: Who) -> Response:
    """Take a token back, or say what is wrong."""
    form = await signed_form(request, who, single=True)
    told, status = "令牌已撤销。", 200
    try:
        await run_in_threadpool(tokens.revoke, here.desk, person, text_of(form, "token"))
    except RongcuoError as error:
        told, status = str(error), status_of(error)
    found = await run_in_threadpool(tokens.own, here.desk, person)
    return html_answer(tokens_page(found, told, csrf=who.csrf, error=status != 200), status)


def _by_login(who: Visitor) -> None:
    if who.way not in ("session", "single"):
        raise NotAllowed("访问令牌不能用来管理令牌，请登录后操作。")
