"""The part of the tab 匹配 that keeps cases: the button 存为案件, and the list 我的案件."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import gradio as gr

from data.errors import InputError, RongcuoError
from data.store.records import STATUSES
from ui.review_lists import own_cases_html
from ui.services import cases
from ui.services.access import Person
from ui.services.desk import Desk
from ui.tabs.common import BARE, FAILED, PRIVATE, returns
from ui.tabs.reviewing_actions import parse_request

__all__ = ["OwnCases"]

_SAVE, _SAVE_EDIT = "存为案件", "保存修改"
_HEAD = '<h2 id="own-title">我的案件</h2>'
_SHOWN = 50


class OwnCases:
    """The components of the part and their events; `place_save` puts the button into the page, `place_list` the list."""

    def __init__(self, desk: Desk, story: gr.Textbox, region: gr.Dropdown) -> None:
        self._desk, self._story, self._region = desk, story, region
        self._listing = gr.HTML("", **BARE, elem_id="own-list", render=False)

    def place_save(self) -> None:
        """Put the button into the page; while an own case is being changed, it saves that one."""
        self._editing = gr.Textbox("", visible=False)
        with gr.Row(elem_id="own-actions", visible=False) as self._row:
            self._save = gr.Button(_SAVE, elem_id="own-save", scale=0, min_width=140)
            self._stop = gr.Button("不修改了", elem_id="own-stop", scale=0, min_width=110, visible=False)
        self._status = gr.HTML(_told(""), **BARE, elem_id="own-status")
        fields = [self._status, self._listing, self._editing, self._save, self._stop]
        event = self._save.click(
            self._keep, [self._story, self._region, self._editing], fields, show_progress="hidden", concurrency_limit=2, **PRIVATE
        )
        event.failure(None, None, self._status, js=returns(FAILED), **PRIVATE)
        self._stop.click(lambda: [_told("没有修改。"), gr.skip(), *_idle()], None, fields, show_progress="hidden", **PRIVATE)

    def place_list(self) -> None:
        """Put the list into the page; it is filled when the page is opened, for those who may write cases."""
        with gr.Column(elem_id="own-cases", visible=False) as column:
            gr.HTML(_HEAD, **BARE)
            self._listing.render()
            asked = gr.Textbox(visible=False)
            trigger = gr.Button("办理", elem_id="own-trigger")
        fields = [self._status, self._listing, self._editing, self._save, self._stop, self._story, self._region]
        event = trigger.click(
            self._act, asked, fields, js="() => window.rongcuo.review.takeOwn()", show_progress="hidden", **PRIVATE
        )
        event.failure(None, None, self._status, js=returns(FAILED), **PRIVATE)
        gr.on(None, self._opened, None, [self._row, column, self._listing], show_progress="hidden", **PRIVATE)

    def _opened(self, request: gr.Request) -> list[Any]:
        try:
            person = self._desk.person(request.username)
            return [gr.Row(visible=True), gr.Column(visible=True), self._list(person)]
        except RongcuoError:
            return [gr.Row(visible=False), gr.Column(visible=False), ""]

    def _keep(self, text: str | None, region: str | None, editing: str | None, request: gr.Request) -> list[Any]:
        try:
            person = self._desk.person(request.username)
            told = self._kept(person, text or "", region or "", editing or "")
            return [_told(told), self._list(person), *_idle()]
        except RongcuoError as error:
            return [_told(str(error), "error"), *(gr.skip() for _ in range(4))]

    def _kept(self, person: Person, text: str, region: str, editing: str) -> str:
        if not editing:
            made = cases.create(self._desk, person, text, region=region)
            return f"已存为案件 {made.case.number}（草稿），可在“我的案件”中提交复核。"
        wanted = parse_request(editing)
        case, version = _case(wanted)
        changed = cases.edit(self._desk, person, case, version=version, narrative=text, region=region)
        return f"案件 {changed.case.number} 已修改并重新匹配。"

    def _act(self, text: str | None, request: gr.Request) -> list[Any]:
        try:
            person, wanted = self._desk.person(request.username), parse_request(text)
            case, version = _case(wanted)
            if wanted.get("do") == "edit":
                return self._edit(person, case)
            step = {"submit": cases.submit, "take_back": cases.take_back}.get(str(wanted.get("do")))
            if step is None:
                raise InputError("页面送来的内容读不懂，请刷新页面后再试。")
            done = step(self._desk, person, case, version=version)
            told = f"案件 {done.case.number} 现在是“{STATUSES[done.case.status]}”。"
            return [_told(told), self._list(person), *(gr.skip() for _ in range(5))]
        except RongcuoError as error:
            return [_told(str(error), "error"), *(gr.skip() for _ in range(6))]

    def _edit(self, person: Person, identifier: str) -> list[Any]:
        case = cases.read(self._desk, person, identifier).case
        editing = f'{{"case": "{case.id}", "version": {case.version}}}'
        told = _told(f"正在修改案件 {case.number}：改好事情经过或范围后，点“{_SAVE_EDIT}”。")
        buttons = [gr.Button(value=_SAVE_EDIT), gr.Button(visible=True)]
        return [told, gr.skip(), editing, *buttons, case.narrative, case.region]

    def _list(self, person: Person) -> str:
        return own_cases_html(cases.mine(self._desk, person, limit=_SHOWN))


def _told(message: str, kind: str = "plain") -> str:
    """Return the line beside the button; the line of the match above it stays as it is."""
    return f'<p class="own-told rc-{kind}" role="status">{escape(message)}</p>'


def _idle() -> list[Any]:
    """Return the values of the hidden field and the two buttons while no case is being changed."""
    return ["", gr.Button(value=_SAVE), gr.Button(visible=False)]


def _case(wanted: Mapping[str, Any]) -> tuple[str, int]:
    case, version = wanted.get("case"), wanted.get("version")
    if not isinstance(case, str) or type(version) is not int or not 0 <= version < 2**31:
        raise InputError("页面送来的内容读不懂，请刷新页面后再试。")
    return case, version
