"""The routes by which people come and go. In single-user mode there is nothing to sign in to."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from data.errors import InputError, RongcuoError
from data.store.records import ROLES
from ui.services.access import NotAllowed, Person
from ui.web.auth import COOKIE, csrf_protected, same_token
from ui.web.errors import status_of
from ui.web.login import Door
from ui.web.pages import login_page, password_page
from ui.web.parts import Address, Here, Me, Who
from ui.web.settings import WebSettings

__all__ = ["router"]

_NEVER_KEPT = {"cache-control": "no-store"}
# the referrer policy of the page would make a browser send a form without its origin
_FORM_HEADERS = {**_NEVER_KEPT, "referrer-policy": "same-origin"}

router = APIRouter(include_in_schema=False)


@router.get("/login")
def login_form(here: Here, who: Who) -> Response:
    """Show the form, or the page to who is in already."""
    if here.settings.single or who.person is not None:
        return RedirectResponse("/", 303)
    return _html(login_page())


@router.post("/login")
async def login(request: Request, here: Here, address: Address) -> Response:
    """Open a session, or show the form again with what is wrong."""
    if here.settings.single:
        return RedirectResponse("/", 303)
    form = await request.form(max_files=0, max_fields=4)
    name, password, old = _text(form, "username"), _text(form, "password"), request.cookies.get(COOKIE, "")
    try:
        token = await run_in_threadpool(here.door.sign_in, name, password, address=address, old=old)
    except RongcuoError as error:
        return _html(login_page(str(error), name=name), status_of(error))
    return _with_cookie(request, token, here.settings)


@router.post("/logout", dependencies=[Depends(csrf_protected)])
def logout(here: Here, person: Me, who: Who) -> Response:
    """End the session."""
    here.door.sign_out(person, who.token)
    answer = JSONResponse({"next": "/login"}, headers=_NEVER_KEPT)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return answer


@router.get("/password")
def password_form(person: Me, who: Who) -> Response:
    """Show the form to change one's password."""
    if who.way != "session":
        return RedirectResponse("/", 303)
    return _html(password_page(csrf=who.csrf, name=person.name))


@router.post("/password")
async def password(request: Request, here: Here, person: Me, who: Who, address: Address) -> Response:
    """Change the password and go on with a new session, or show the form again with what is wrong."""
    form = await request.form(max_files=0, max_fields=6)
    if who.way != "session" or not same_token(who.csrf, _text(form, "csrf")):
        raise NotAllowed("这个请求缺少页面的校验码或校验码已过期，请刷新页面后再试。")
    try:
        token = await run_in_threadpool(_change_password, here.door, person, form, address)
    except RongcuoError as error:
        return _html(password_page(str(error), csrf=who.csrf, name=person.name), status_of(error))
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
    return JSONResponse(told, headers=_NEVER_KEPT)


def _change_password(door: Door, person: Person, form: FormData, address: str) -> str:
    if _text(form, "new") != _text(form, "again"):
        raise InputError("两次输入的新口令不一样，请重新输入。")
    return door.change_password(person, _text(form, "old"), _text(form, "new"), address=address)


def _with_cookie(request: Request, token: str, settings: WebSettings) -> Response:
    """Give the browser its token: no script reads it, no other site's form sends it, over https it never leaves that."""
    answer = RedirectResponse("/", 303, _NEVER_KEPT)
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


def _html(page: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(page, status, _FORM_HEADERS)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
