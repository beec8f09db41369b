"""The tab 匹配: a narrative gets cards."""

from __future__ import annotations

import gradio as gr

from data.errors import RongcuoError
from retrieval.dossier import open_dossier
from retrieval.matcher import Matcher
from ui.cards import result_html, status_html, summary
from ui.days import day_of
from ui.page_examples import EXAMPLES
from ui.services.access import Person, check
from ui.services.desk import Desk
from ui.tabs.cases import OwnCases
from ui.tabs.common import BARE, FAILED, PRIVATE, returns

__all__ = ["answer", "build", "scopes"]

_ALL = "all"
_TOP_K, _PER_HEADLINE = 10, 3
_AT_ONCE = 2  # matches that run at the same time


def build(desk: Desk) -> None:
    """Put the tab's components and events into the page."""
    with gr.Column(elem_id="rc-form"):
        story, region, start, button, clear = _form(scopes(desk.matcher()))
    status = gr.HTML(status_html(""), **BARE)
    own = OwnCases(desk, story, region)
    own.place_save()
    result = gr.HTML("", **BARE)
    own.place_list()

    def run(text: str | None, chosen: str | None, day: str | None, request: gr.Request) -> tuple[str, str]:
        try:
            return answer(desk, desk.person(request.username), text, chosen, day)
        except RongcuoError as error:
            return status_html(str(error), "error"), ""

    running = returns(status_html("正在查找……", "running"), before="window.rongcuo.watch('#rc-matching')")
    event = button.click(None, None, status, js=running, **PRIVATE).then(
        run, [story, region, start], [status, result], show_progress="hidden", concurrency_limit=_AT_ONCE, **PRIVATE
    )
    event.success(None, None, None, js="() => window.rongcuo.shown('#rc-matching')", **PRIVATE)
    event.failure(None, None, [status, result], js=returns(FAILED, ""), **PRIVATE)
    clear.click(None, None, [story, status, result], js=returns("", status_html(""), ""), **PRIVATE)
    # whoever opens the page chooses among what is published then
    published = {"show_progress": "hidden", "concurrency_limit": 8, **PRIVATE}
    gr.on(None, lambda: gr.Dropdown(choices=_choices(scopes(desk.matcher()))), None, region, **published)


def answer(desk: Desk, person: Person, text: str | None, region: str | None, start: str | None = None) -> tuple[str, str]:
    """Return status line and result for one narrative as HTML; time limits are dated from `start`, today where it is empty.

    Raises NotAllowed, and InputError for what is wrong with the narrative or the day.
    """
    check(person, "match")
    matcher, region = desk.matcher(), region or _ALL
    day = day_of(start) if start and start.strip() else None
    report = matcher.match(text or "", region=region, top_k=_TOP_K, per_headline=_PER_HEADLINE)
    status = status_html(summary(report), "notice" if report.abstained else "plain")
    dossier = open_dossier(matcher, report, start=day)
    return status, result_html(report, matcher.scorer.segmenter, scope=scopes(matcher).get(region, region), dossier=dossier)


def scopes(matcher: Matcher) -> dict[str, str]:
    """Return what can be searched, from key to Chinese name: everything, then each regulation of the index."""
    return {_ALL: "全部规定"} | {e.clause.regulation_id: e.title or e.clause.regulation_id for e in matcher.index.entries}


def _form(known: dict[str, str]) -> tuple[gr.Textbox, gr.Dropdown, gr.Textbox, gr.Button, gr.Button]:
    story = gr.Textbox(
        label="事情经过",
        info="写下或粘贴：什么时候、做了什么、出了什么问题。按 Ctrl+Enter 查找。",
        lines=5,
        max_lines=14,
        autofocus=True,
        elem_id="rc-story",
    )
    with gr.Row(elem_id="rc-examples"):
        gr.HTML("试用示例：", **BARE, min_width=80)
        for label, text in EXAMPLES:
            gr.Button(label, size="sm").click(None, None, story, js=returns(text), **PRIVATE)
    with gr.Row(elem_id="rc-actions"):
        choices = _choices(known)
        many = len(choices) > 20
        region = gr.Dropdown(choices, value=_ALL, label="范围", filterable=many, scale=3, min_width=300)
        start = gr.Textbox(label="期限起算日（可不填）", placeholder="2026-03-02", elem_id="rc-start-day", scale=1, min_width=170)
        button = gr.Button("查找相近条款", variant="primary", elem_id="rc-match", scale=2, min_width=140)
        clear = gr.Button("清空", elem_id="rc-clear", scale=1, min_width=90)
    return story, region, start, button, clear


def _choices(known: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, key) for key, name in known.items()]
