"""What the pages that are plain HTML forms share: how they are answered, and what is read of a form."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse

from ui.services.access import NotAllowed
from ui.web.auth import Visitor, same_token

__all__ = ["NEVER_KEPT", "html_answer", "signed_form", "text_of"]

NEVER_KEPT = {"cache-control": "no-store"}
# the referrer policy of the page would make a browser send a form without its origin
_HEADERS = {**NEVER_KEPT, "referrer-policy": "same-origin"}


def html_answer(page: str, status: int = 200) -> HTMLResponse:
    """Return a page that no cache keeps."""
    return HTMLResponse(page, status, _HEADERS)


async def signed_form(request: Request, who: Visitor, *, single: bool = False) -> FormData:
    """Return the form of a page that carries the token against other sites in the field ``csrf``.

    Raises NotAllowed: it does not, or there is no login, where with `single` the one person of single-user mode needs none.
    """
    form = await request.form(max_files=0, max_fields=6)
    ways = ("session", "single") if single else ("session",)
    if who.way not in ways or not same_token(who.csrf, text_of(form, "csrf")):
        raise NotAllowed("这个请求缺少页面的校验码或校验码已过期，请刷新页面后再试。")
    return form


def text_of(form: FormData, name: str) -> str:
    """Return a field of a form; "" where it is missing or a file."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
