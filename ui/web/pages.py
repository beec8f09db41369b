"""Pages as plain HTML without script: login, the change of one's password, one's access tokens."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from data.store.canonical import local
from data.store.records import Token
from ui.services.passwords import LEAST
from ui.services.tokens import DAYS, MAX_DAYS, NewToken

__all__ = ["login_page", "password_page", "tokens_page"]

_ASSETS = Path(__file__).parents[1] / "assets"
_TOKEN_STYLE = """
.tokens { margin: 0; padding: 0; list-style: none; }
.tokens li { margin-top: 12px; padding-top: 12px; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.tokens button { width: auto; margin: 6px 0 0; padding: 4px 14px; background: none; color: inherit; }
.tokens button { border: 1px solid var(--line); }
"""
_PASSWORD = '<label for="{id}">{label}</label><input type="password" id="{id}" name="{id}" autocomplete="{kind}" required{more}>'


def login_page(message: str = "", *, name: str = "", error: bool = True) -> str:
    """Return the page where people sign in; `message` stands above the form, `name` in its first field."""
    fields = (
        '<label for="username">用户名</label>'
        f'<input type="text" id="username" name="username" value="{escape(name)}" autocomplete="username" autocapitalize="none" '
        f'spellcheck="false" maxlength="64" required{"" if name else " autofocus"}>'
    ) + _PASSWORD.format(id="password", label="口令", kind="current-password", more=" autofocus" if name else "")
    return _page("登录", message, fields, action="/login", button="登录", below=_hint("忘记口令请找管理员重设。"), error=error)


def password_page(message: str = "", *, csrf: str, name: str) -> str:
    """Return the page where a person changes the password; `csrf` goes along hidden."""
    fields = (
        f'{_hidden("csrf", csrf)}<input type="text" name="username" value="{escape(name)}" autocomplete="username" hidden>'
        + _PASSWORD.format(id="old", label="现在的口令", kind="current-password", more=" autofocus")
        + _PASSWORD.format(id="new", label="新口令", kind="new-password", more=f' minlength="{LEAST}"')
        + _PASSWORD.format(id="again", label="再输一次新口令", kind="new-password", more="")
    )
    below = _hint(
        f"至少 {LEAST} 个字符，不要包含用户名。改好后，其他设备上的登录会结束，您的访问令牌全部作废。"
        '<br><a href="/tokens">我的访问令牌</a>　<a href="/">返回</a>'
    )
    return _page(f"修改口令（{name}）", message, fields, action="/password", button="修改口令", below=below)


def tokens_page(own: Sequence[Token], message: str = "", *, csrf: str, made: NewToken | None = None, error: bool = True) -> str:
    """Return the page of a person's access tokens; the secret of one that was just `made` stands on it this once."""
    shown = (
        f'<label for="secret">新令牌“{escape(made.token.name)}”，请现在抄走，它不会再显示</label>'
        f'<input type="text" id="secret" value="{escape(made.secret)}" readonly autocomplete="off" spellcheck="false">'
        if made
        else ""
    )
    fields = (
        f'{_hidden("csrf", csrf)}{shown}<label for="name">名称，说明给哪个程序用</label>'
        '<input type="text" id="name" name="name" autocomplete="off" maxlength="64" required>'
        f'<label for="days">有效天数，最多 {MAX_DAYS}</label>'
        f'<input type="text" id="days" name="days" value="{DAYS}" inputmode="numeric" autocomplete="off" maxlength="5" required>'
    )
    rows = "".join(f"<li>{_token(token, csrf)}</li>" for token in own)
    listed = f'<ul class="tokens" aria-label="现有的令牌">{rows}</ul>' if rows else _hint("还没有令牌。")
    below = listed + _hint(
        "程序用令牌代替口令使用接口（/api/docs），具有您本人的权限。不用的请撤销；改了口令，令牌全部作废。"
        '<br><a href="/">返回</a>'
    )
    return _page(
        "我的访问令牌", message, fields, action="/tokens", button="新建令牌", below=below, error=error, style=_TOKEN_STYLE
    )


def _token(token: Token, csrf: str) -> str:
    used = f"最近使用 {local(token.last_used)}" if token.last_used else "从未使用"
    return (
        f"<strong>{escape(token.name)}</strong><br>建立 {local(token.created)}，有效至 {local(token.expires)}，{used}"
        f'<form method="post" action="/tokens/remove">{_hidden("csrf", csrf)}{_hidden("token", token.id)}'
        f'<button type="submit" aria-label="撤销令牌 {escape(token.name)}">撤销</button></form>'
    )


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def _hint(html: str) -> str:
    return f'<p class="hint">{html}</p>'


def _page(
    title: str, message: str, fields: str, *, action: str, button: str, below: str, error: bool = True, style: str = ""
) -> str:
    told = f'<p class="{"error" if error else "done"}" role="alert">{escape(message)}</p>' if message else ""
    return Template((_ASSETS / "login.html").read_text("utf-8")).substitute(
        title=escape(title),
        style=(_ASSETS / "login.css").read_text("utf-8") + style,
        message=told,
        action=action,
        fields=fields,
        button=button,
        below=below,
    )
