"""The tab 条款库. Buttons and forms of its HTML name an action; one event carries it here, and a service does it or refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from data.errors import InputError, RongcuoError
from ui.cards import status_html
from ui.services import library, library_drafts, library_versions
from ui.services.access import Person
from ui.services.desk import Desk
from ui.services.library_file import FACTS
from ui.tabs.common import BARE, FAILED, PRIVATE, returns
from ui.tabs.library_draft_html import draft_html, drafts_html
from ui.tabs.library_html import browse_html, clause_html, found_html, nav_html
from ui.tabs.library_versions_html import changes_html, publish_html, versions_html

__all__ = ["build"]

_QUIET: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": 4, **PRIVATE}
_OWN = "window.rongcuo.library"


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the tab shows after an action; a part that is None stays as it is."""

    status: str = ""
    nav: str | None = None
    view: str | None = None
    detail: str | None = None

    def outputs(self) -> tuple[Any, ...]:
        parts = (gr.skip() if part is None else part for part in (self.nav, self.view, self.detail))
        return status_html(self.status), *parts


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the page sent: nothing in it is trusted to be there or of a kind."""

    values: Mapping[str, Any]

    @classmethod
    def of(cls, payload: str) -> _Asked:
        try:
            values = json.loads(payload or "")
        except ValueError:
            values = None
        if not isinstance(values, dict):
            raise _unreadable()
        return cls(values)

    def text(self, name: str) -> str:
        value = self.values.get(name, "")
        if not isinstance(value, str):
            raise _unreadable()
        return value

    def number(self, name: str) -> int:
        text = self.text(name)
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise _unreadable()
        return int(text)

    def texts(self, name: str) -> tuple[str, ...]:
        found = self.values.get(name, [])
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise _unreadable()
        return tuple(found)

    def table(self, name: str) -> dict[str, str]:
        found = self.values.get(name, {})
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise _unreadable()
        return found


def build(desk: Desk) -> None:
    """Put the tab's parts and events into the Gradio tab that is open."""
    with gr.Column(elem_id="rc-library-tab"):
        nav = gr.HTML("", **BARE)
        status = gr.HTML(status_html(""), **BARE)
        with gr.Column(elem_id="rc-lib-parts"):
            view = gr.HTML("", elem_id="rc-lib-view", **BARE)
            detail = gr.HTML("", elem_id="rc-lib-detail", **BARE)
        payload = gr.Textbox(visible=False)
        run = gr.Button(visible="hidden", elem_id="rc-lib-run")
    outputs = [status, nav, view, detail]

    def act(payload: str, request: gr.Request) -> tuple[Any, ...]:
        try:
            asked, person = _Asked.of(payload), desk.person(request.username)
            action = _ACTIONS.get(asked.text("action"))
            if action is None or asked.text("problem"):
                raise InputError(asked.text("problem")) if asked.text("problem") else _unreadable()
            return action(desk, person, asked).outputs()
        except RongcuoError as error:
            return status_html(str(error), "error"), gr.skip(), gr.skip(), gr.skip()

    def opened(request: gr.Request) -> tuple[Any, ...]:
        try:
            return _browse(desk, desk.person(request.username), _Asked({})).outputs()
        except RongcuoError as error:
            return status_html(str(error), "error"), gr.skip(), gr.skip(), gr.skip()

    event = run.click(None, None, status, js=f"() => {_OWN}.running()", **PRIVATE).then(
        act, payload, outputs, js=f"async () => [await {_OWN}.payload()]", **_QUIET
    )
    event.success(None, None, None, js=f"() => {_OWN}.shown()", **PRIVATE)
    event.failure(None, None, status, js=returns(FAILED), **PRIVATE)
    gr.on(None, opened, None, outputs, **_QUIET)


def _unreadable() -> InputError:
    return InputError("页面发来的内容不完整，请刷新页面后再试。")


def _nav(person: Person, active: str) -> str:
    return nav_html(active, drafting=person.may("library.draft"))


def _browse(desk: Desk, person: Person, asked: _Asked) -> _Shown:
    return _Shown(nav=_nav(person, "browse"), view=browse_html(library.edition(desk, person)), detail="")


def _search(desk: Desk, person: Person, asked: _Asked) -> _Shown:
    query, regulation = asked.text("query"), asked.text("regulation")
    found = library.search(desk, person, query, regulation=regulation)
    return _Shown(view=found_html(library.edition(desk, person), found, query, regulation), detail="")


def _clause(desk: Desk, person: Person, asked: _Asked) -> _Shown:
    page = library.clause_page(desk, person, asked.text("id"))
    return _Shown(detail=clause_html(page, drafting=person.may("library.draft")))


def _drafts(desk: Desk, person: Person, asked: _Asked) -> _Shown:
    view = drafts_html(library_drafts.drafts(desk, person), library.edition(desk, person))
    return _Shown(nav=_nav(person, "drafts"), view=view, detail="")


def _opened(desk: Desk, person: Person, draft_id: str, told: str) -> _Shown:
    """Return the drafts with one of them open."""
    lists = _drafts(desk, person, _Asked({}))
    return _Shown(told, lists.nav, lists.view, draft_html(library_drafts.page(desk, person, draft_id)))


def _upload(desk: Desk, person: Person, asked: _Asked) -> _Shown:
    made = library_drafts.upload(desk, person, asked.text("upload"))
    more = f"文件里有 {len(made)} 部法规，各成一份草稿。" if len(made) > 1 else ""
    return _opened(desk, person, made[0].id, f"已读入，请对照原文核对。{more}")


def _start(desk: Desk, person: Person, asked: _Asked) -> _Shown:
    made = library_drafts.start_from(desk, person, asked.text("id"))
    return _opened(desk, person, made.id, "已据现行版本建立草稿。")


def _draft(desk: Desk, person: Person, asked: _Asked) -> _Shown:
    return _Shown(detail=draft_html(library_drafts.page(desk, person, asked.text("id"))))


def _facts(desk: Desk, person: Person, asked: _Asked) -> _Shown:
    facts = {name: asked.text(name) for name in FACTS}
    made = library_drafts.correct_facts(desk, person, asked.text("id"), asked.number("version"), facts)
    return _opened(desk, person, made.id, "资料已保存。")


def _categories(desk: Desk, person: Person, asked: _Asked) -> _Shown:
    categories, why = asked.table("categories"), asked.text("why")
    made = library_drafts.correct_categories(
        desk, person, asked.text("id"), asked.number("version"), categories=categories, why=why
    )
    return _opened(desk, person, made.id, f"已更正 {len(categories)} 条的类别。")


def _discard(desk: Desk, person: Person, asked: _Asked) -> _Shown:
    library_drafts.discard(desk, person, asked.text("id"), asked.number("version"))
    lists = _drafts(desk, person, asked)
    return _Shown("草稿已删除。", lists.nav, lists.view, "")


def _versions(desk: Desk, person: Person, asked: _Asked, told: str = "") -> _Shown:
    found = library_versions.versions(desk, person)
    form = ""
    if person.may("library.publish"):
        known = library.edition(desk, person).regulations
        form = publish_html(library_drafts.drafts(desk, person), known, found.current)
    return _Shown(told, _nav(person, "versions"), versions_html(found, form), "")


def _differences(desk: Desk, person: Person, asked: _Asked) -> _Shown:
    old, new = asked.number("old"), asked.number("new")
    changes = library_versions.differences(desk, person, old, new)
    names = [f"第 {number} 版" if number else "随程序附带的版本" for number in (old, new)]
    return _Shown(detail=changes_html(changes, f"从{names[0]}到{names[1]}"))


def _chosen(asked: _Asked) -> dict[str, int]:
    """Return the chosen drafts with the version that the page showed of each."""
    found = {}
    for written in asked.texts("drafts"):
        draft_id, _, version = written.partition(":")
        found[draft_id] = _Asked({"version": version}).number("version")
    return found


def _preview(desk: Desk, person: Person, asked: _Asked) -> _Shown:
    planned = library_versions.plan(desk, person, drafts=tuple(_chosen(asked)), remove=asked.texts("remove"))
    told = f"还不能发布：{planned.blocking[0]}" if planned.blocking else ""
    return _Shown(told, detail=changes_html(planned.changes, "这次发布将带来的差别"))


def _publish(desk: Desk, person: Person, asked: _Asked) -> _Shown:
    release = library_versions.publish(
        desk,
        person,
        base=asked.number("base"),
        drafts=_chosen(asked),
        remove=asked.texts("remove"),
        note=asked.text("note"),
    )
    told = f"已发布第 {release.number} 版：{release.clauses} 条，其中重新编码 {release.encoded} 段文字。"
    return _versions(desk, person, asked, told)


def _withdraw(desk: Desk, person: Person, asked: _Asked) -> _Shown:
    number = asked.number("number")
    release = library_versions.withdraw(desk, person, base=asked.number("base"), number=number, note=asked.text("note"))
    back = f"第 {number} 版" if number else "随程序附带的版本"
    return _versions(desk, person, asked, f"已撤回到{back}的内容，作为第 {release.number} 版发布。")


_ACTIONS: Mapping[str, Callable[[Desk, Person, _Asked], _Shown]] = {
    "browse": _browse,
    "search": _search,
    "clause": _clause,
    "drafts": _drafts,
    "upload": _upload,
    "start": _start,
    "draft": _draft,
    "facts": _facts,
    "categories": _categories,
    "discard": _discard,
    "versions": _versions,
    "differences": _differences,
    "preview": _preview,
    "publish": _publish,
    "withdraw": _withdraw,
}
