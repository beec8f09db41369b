"""The routes by which people come and go. In single-user mode there is nothing to sign in to."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, RedirectResponse, Response

from data.errors import InputError, RongcuoError
from data.store.records import ROLES
from ui.services.access import Person
from ui.web.auth import COOKIE, csrf_protected
from ui.web.errors import status_of
from ui.web.forms import NEVER_KEPT, html_answer, signed_form, text_of
from ui.web.login import Door
from ui.web.pages import login_page, password_page
from ui.web.parts import Address, Here, Me, Who
from ui.web.settings import WebSettings

__all__ = ["router"]

router = APIRouter(include_in_schema=False)


@router.get("/login")
def login_form(here: Here, who: Who) -> Response:
    """Show the form, or the page to who is in already."""
    if here.settings.single or who.person is not None:
        return RedirectResponse("/", 303)
    return html_answer(login_page())


@router.post("/login")
async def login(request: Request, here: Here, address: Address) -> Response:
    """Open a session, or show the form again with what is wrong."""
    if here.settings.single:
        return RedirectResponse("/", 303)
    form = await request.form(max_files=0, max_fields=4)
    name, password, old = text_of(form, "username"), text_of(form, "password"), request.cookies.get(COOKIE, "")
    try:
        token = await run_in_threadpool(here.door.sign_in, name, password, address=address, old=old)
    except RongcuoError as error:
        return html_answer(login_page(str(error), name=name), status_of(error))
    return _with_cookie(request, token, here.settings)


@router.post("/logout", dependencies=[Depends(csrf_protected)])
def logout(here: Here, person: Me, who: Who) -> Response:
    """End the session."""
    here.door.sign_out(person, who.token)
    answer = JSONResponse({"next": "/login"}, headers=NEVER_KEPT)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return answer


@router.get("/password")
def password_form(person: Me, who: Who) -> Response:
    """Show the form to change one's password."""
    if who.way != "session":
        return RedirectResponse("/", 303)
    return html_answer(password_page(csrf=who.csrf, name=person.name))


@router.post("/password")
async def password(request: Request, here: Here, person: Me, who: Who, address: Address) -> Response:
    """Change the password and go on with a new session, or show the form again with what is wrong."""
    form = await signed_form(request, who)
    try:
        token = await run_in_threadpool(_change_password, here.door, person, form, address)
    except RongcuoError as error:
        return html_answer(password_page(str(error), csrf=who.csrf, name=person.name), status_of(error))
    return _with_cookie(request, token, here.settings)


@router.get("/session")
def session(here: Here, person: Me, who: Who) -> Response:
    """Tell the page who is at work, and the token that its requests repeat."""
    told = {
        "name": person.name,
        "display_name": person.display_name,
        "roles": sorted(person.roles),
        "title": "、".join(ROLES[role] for role in ROLES if role in person.roles),
        "single": here.settings.single,
        "csrf": who.csrf,
    }
    return JSONResponse(told, headers=NEVER_KEPT)


def _change_password(door: Door, person: Person, form: FormData, address: str) -> str:
    if text_of(form, "new") != text_of(form, "again"):
        raise InputError("两次输入的新口令不一样，请重新输入。")
    return door.change_password(person, text_of(form, "old"), text_of(form, "new"), address=address)


def _with_cookie(request: Request, token: str, settings: WebSettings) -> Response:
    """Give the browser its token: no script reads it, no other site's form sends it, over https it never leaves that."""
    answer = RedirectResponse("/", 303, NEVER_KEPT)
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(settings.session.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer
