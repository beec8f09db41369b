"""The tab 管理: users, audit trail, backups. Every handler asks a service, and the service checks the role."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr

from data.errors import RongcuoError
from data.store.records import ROLES, Role
from ui.cards import status_html
from ui.services import audit, backup, users
from ui.services.access import LOCAL, Person
from ui.services.desk import Desk
from ui.services.passwords import LEAST
from ui.services.users import Account
from ui.tabs.admin_html import audit_page, backups_html, users_html, verified
from ui.tabs.common import BARE, FAILED, PRIVATE, returns

__all__ = ["build"]

_ROLES = [(name, key) for key, name in ROLES.items()]
_QUIET: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": 4, **PRIVATE}
_SINGLE = "现在是单人模式，不用登录。新建用户后，下次启动时需要登录；请先建立一名管理员。"


def build(desk: Desk) -> None:
    """Put the tab's components and events into the page."""
    with gr.Column(elem_id="rc-admin-users"):
        _users(desk)
    with gr.Column(elem_id="rc-admin-audit"):
        _audit(desk)
    with gr.Column(elem_id="rc-admin-backup"):
        _backup(desk)


def _users(desk: Desk) -> None:
    gr.HTML("<h2>用户</h2>", **BARE)
    status, table = gr.HTML(status_html(""), **BARE), gr.HTML("", **BARE)
    with gr.Row(elem_classes="rc-admin-row"):
        name = gr.Textbox(label="用户名", max_length=64, min_width=140)
        shown = gr.Textbox(label="姓名", max_length=64, min_width=140)
        role = gr.Dropdown(_ROLES, value=_ROLES[0][1], label="角色", filterable=False, min_width=140)
        first = gr.Textbox(label="初始口令（可不填）", type="password", min_width=140, html_attributes=_new_password())
        add = gr.Button("新建用户", variant="primary", scale=0, min_width=120)
    gr.HTML(
        f'<p class="rc-hint">初始口令至少 {LEAST} 个字符；不填则自动生成，只显示一次。重设口令后，本人的登录和访问令牌全部作废。'
        '程序用的访问令牌各人自己管理：<a href="tokens">我的访问令牌</a>。</p>',
        **BARE,
    )
    with gr.Row(elem_classes="rc-admin-row"):
        chosen = gr.Dropdown([], label="修改哪个用户", allow_custom_value=True, min_width=200)
        other = gr.Dropdown(_ROLES, value=_ROLES[0][1], label="新角色", filterable=False, min_width=140)
        change = gr.Button("改角色", scale=0, min_width=100)
        reset = gr.Button("重设口令", scale=0, min_width=100)
        disable = gr.Button("停用", scale=0, min_width=80)
        enable = gr.Button("启用", scale=0, min_width=80)
    outputs = [status, table, chosen]

    act = partial(_act, desk)

    def added(name: str, shown: str, role: Role, password: str, request: gr.Request) -> tuple[Any, ...]:
        return act(
            request,
            lambda me: _told("已新建", users.add(desk, me, name, display_name=shown, role=role, password=password)),
        )

    def changed(name: str, role: Role, request: gr.Request) -> tuple[Any, ...]:
        return act(request, lambda me: _told("已改角色：", users.set_role(desk, me, name or "", role)))

    def opened(request: gr.Request) -> tuple[Any, ...]:
        return act(request, lambda me: _SINGLE if me.name == LOCAL else "", quiet=True)

    def renewed(name: str, request: gr.Request) -> tuple[Any, ...]:
        return act(request, lambda me: _told("已重设口令：", users.reset_password(desk, me, name or "")))

    def disabled(name: str, request: gr.Request) -> tuple[Any, ...]:
        return act(request, lambda me: _told("已停用", users.set_disabled(desk, me, name or "", disabled=True)))

    def enabled(name: str, request: gr.Request) -> tuple[Any, ...]:
        return act(request, lambda me: _told("已启用", users.set_disabled(desk, me, name or "", disabled=False)))

    gr.on(None, opened, None, outputs, **_QUIET)
    event = add.click(added, [name, shown, role, first], outputs, **_QUIET)
    event.success(None, None, first, js=returns(""), **PRIVATE)  # a password does not stay in the page
    for button, handler, inputs in (
        (change, changed, [chosen, other]),
        (reset, renewed, [chosen]),
        (disable, disabled, [chosen]),
        (enable, enabled, [chosen]),
    ):
        done = button.click(handler, inputs, outputs, **_QUIET)
        done.failure(None, None, status, js=returns(FAILED), **PRIVATE)
    event.failure(None, None, status, js=returns(FAILED), **PRIVATE)


def _act(desk: Desk, request: gr.Request, work: Callable[[Person], str], *, quiet: bool = False) -> tuple[Any, Any, Any]:
    """Do something with the users; return what is said about it, the table, and who can be chosen."""
    try:
        person = desk.person(request.username)
        said = work(person)
        found = users.listing(desk, person)
    except RongcuoError as error:
        return status_html("" if quiet else str(error), "error"), gr.skip(), gr.skip()
    choices = [(f"{user.name}（{user.display_name}）", user.name) for user in found]
    return status_html(said), users_html(found), gr.Dropdown(choices=choices)


def _audit(desk: Desk) -> None:
    gr.HTML("<h2>审计记录</h2>", **BARE)
    with gr.Row(elem_classes="rc-admin-row"):
        actor = gr.Textbox(label="只看谁的（用户名，可不填）", max_length=64, min_width=200)
        look = gr.Button("查看最新", variant="primary", scale=0, min_width=120)
        older = gr.Button("更早的", scale=0, min_width=100)
        check = gr.Button("核验", scale=0, min_width=100)
    status, table = gr.HTML(status_html(""), **BARE), gr.HTML("", **BARE)
    last = gr.State(None)

    def page(actor: str, before: int | None, request: gr.Request) -> tuple[Any, Any, Any]:
        try:
            found = audit.entries(desk, desk.person(request.username), actor=actor or "", before=before)
        except RongcuoError as error:
            return status_html(str(error), "error"), gr.skip(), gr.skip()
        said, rows, oldest = audit_page(found, before)
        return status_html(said), gr.skip() if rows is None else rows, oldest

    def newest(actor: str, request: gr.Request) -> tuple[Any, ...]:
        return page(actor, None, request)

    def verify(request: gr.Request) -> str:
        try:
            found = audit.verify(desk, desk.person(request.username))
        except RongcuoError as error:
            return status_html(str(error), "error")
        return status_html(verified(found), "plain" if found.ok else "error")

    outputs = [status, table, last]
    for event in (
        look.click(newest, actor, outputs, **_QUIET),
        older.click(page, [actor, last], outputs, **_QUIET),
        check.click(None, None, status, js=returns(status_html("正在核验……", "running")), **PRIVATE).then(
            verify, None, status, **_QUIET
        ),
    ):
        event.failure(None, None, status, js=returns(FAILED), **PRIVATE)


def _backup(desk: Desk) -> None:
    gr.HTML(
        '<h2>备份</h2><p class="rc-hint">备份包含全部案件、意见、用户和条款库，请妥善保管。'
        "每份有备份、清单、条款库三个文件，要放在一起。恢复在命令行进行：rongcuo store restore 备份文件。"
        "这里保留最近 20 份。</p>",
        **BARE,
    )
    with gr.Row(elem_classes="rc-admin-row"):
        make = gr.Button("立即备份", variant="primary", scale=0, min_width=120)
        look = gr.Button("刷新备份", scale=0, min_width=100)
    status, table = gr.HTML(status_html(""), **BARE), gr.HTML("", **BARE)

    def listed(request: gr.Request) -> tuple[Any, Any]:
        try:
            return status_html(""), backups_html(backup.listing(desk, desk.person(request.username)))
        except RongcuoError as error:
            return status_html(str(error), "error"), gr.skip()

    def made(request: gr.Request) -> tuple[Any, Any]:
        try:
            person = desk.person(request.username)
            manifest = backup.make(desk, person)
            table = backups_html(backup.listing(desk, person))
        except RongcuoError as error:
            return status_html(str(error), "error"), gr.skip()
        problem = f"注意：{manifest.problem}备份照原样保存。" if manifest.problem else ""
        said = f"已备份：案件 {manifest.counts.get('cases', 0)} 件，审计记录 {manifest.head.count} 行。{problem}"
        return status_html(said, "notice" if problem else "plain"), table

    outputs = [status, table]
    running = make.click(None, None, status, js=returns(status_html("正在备份……", "running")), **PRIVATE)
    for event in (running.then(made, None, outputs, **_QUIET), look.click(listed, None, outputs, **_QUIET)):
        event.failure(None, None, status, js=returns(FAILED), **PRIVATE)


def _told(what: str, account: Account) -> str:
    user = account.user
    password = f"口令是 {account.password} ，请现在转告本人，它不会再显示。" if account.password else ""
    return f"{what}{user.name}（{user.display_name}，{ROLES[user.role]}）。{password}"


def _new_password() -> gr.InputHTMLAttributes:
    return gr.InputHTMLAttributes(autocomplete="new-password")
