"""The pages before the page, as plain HTML without script: login, and the change of one's password."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template

from ui.services.passwords import LEAST

__all__ = ["login_page", "password_page"]

_ASSETS = Path(__file__).parents[1] / "assets"
_PASSWORD = '<label for="{id}">{label}</label><input type="password" id="{id}" name="{id}" autocomplete="{kind}" required{more}>'


def login_page(message: str = "", *, name: str = "", error: bool = True) -> str:
    """Return the page where people sign in; `message` stands above the form, `name` in its first field."""
    fields = (
        '<label for="username">用户名</label>'
        f'<input type="text" id="username" name="username" value="{escape(name)}" autocomplete="username" autocapitalize="none" '
        f'spellcheck="false" maxlength="64" required{"" if name else " autofocus"}>'
    ) + _PASSWORD.format(id="password", label="口令", kind="current-password", more=" autofocus" if name else "")
    return _page("登录", message, fields, action="/login", button="登录", below="忘记口令请找管理员重设。", error=error)


def password_page(message: str = "", *, csrf: str, name: str) -> str:
    """Return the page where a person changes the password; `csrf` goes along hidden."""
    fields = (
        f'<input type="hidden" name="csrf" value="{escape(csrf)}">'
        f'<input type="text" name="username" value="{escape(name)}" autocomplete="username" hidden>'
        + _PASSWORD.format(id="old", label="现在的口令", kind="current-password", more=" autofocus")
        + _PASSWORD.format(id="new", label="新口令", kind="new-password", more=f' minlength="{LEAST}"')
        + _PASSWORD.format(id="again", label="再输一次新口令", kind="new-password", more="")
    )
    below = f"至少 {LEAST} 个字符，不要包含用户名。改好后，其他设备上的登录会结束。<br><a href='/'>返回</a>"
    return _page(f"修改口令（{name}）", message, fields, action="/password", button="修改口令", below=below)


def _page(title: str, message: str, fields: str, *, action: str, button: str, below: str, error: bool = True) -> str:
    told = f'<p class="{"error" if error else "done"}" role="alert">{escape(message)}</p>' if message else ""
    return Template((_ASSETS / "login.html").read_text("utf-8")).substitute(
        title=escape(title),
        style=(_ASSETS / "login.css").read_text("utf-8"),
        message=told,
        action=action,
        fields=fields,
        button=button,
        below=f'<p class="hint">{below}</p>',
    )
