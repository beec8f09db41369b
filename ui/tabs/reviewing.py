"""The tab 复核: the queue, narrative and clauses side by side, decisions by mouse or keyboard, the second review.

The page's buttons are plain HTML; the script puts what they ask for into one hidden event.
"""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import gradio as gr

from data.errors import RongcuoError
from ui.cards import status_html
from ui.services.desk import Desk
from ui.tabs.common import BARE, FAILED, PRIVATE, returns
from ui.tabs.reviewing_actions import Shown, parse_request, perform, problem

__all__ = ["build"]

_LEAD = (
    '<p class="rc-lead">按疑点和等待时间排序。条款建议由程序给出，仅供参考；是否适用由复核人员认定。'
    "每一项意见和改动都留有记录。</p>"
)
_RUNNING = returns(status_html("正在办理……", "running"), before="window.rongcuo.review.begun()")
_FAILED_HERE = returns(FAILED, before="window.rongcuo.review.failed()")


def build(desk: Desk) -> None:
    """Put the tab's components and events into the page."""
    gr.HTML(_LEAD, **BARE)
    status = gr.HTML(status_html(""), **BARE, elem_id="rv-status")
    with gr.Row(elem_id="rv-desk"):
        waiting = gr.HTML("", **BARE, elem_id="rv-side")
        with gr.Column(elem_id="rv-work"):
            case, found, trail = (gr.HTML("", **BARE) for _ in range(3))
    asked = gr.Textbox(visible=False)
    trigger = gr.Button("复核", elem_id="rv-trigger")
    parts = [status, waiting, case, found, trail]

    def act(text: str | None, request: gr.Request) -> list[Any]:
        try:
            return _updates(perform(desk, desk.person(request.username), parse_request(text)))
        except RongcuoError as error:
            return _updates(problem(error))

    def begin(request: gr.Request) -> list[Any]:
        try:
            return _updates(perform(desk, desk.person(request.username), {"do": "queue"}))
        except RongcuoError:
            return _updates(Shown(status_html("")))  # the tab is not shown to who may not review

    event = trigger.click(None, None, status, js=_RUNNING, **PRIVATE).then(
        act, asked, parts, js="() => window.rongcuo.review.take()", show_progress="hidden", concurrency_limit=4, **PRIVATE
    )
    event.success(None, None, None, js="() => window.rongcuo.review.done()", **PRIVATE)
    event.failure(None, None, status, js=_FAILED_HERE, **PRIVATE)
    gr.on(None, begin, None, parts, show_progress="hidden", **PRIVATE)


def _updates(shown: Shown) -> list[Any]:
    return [gr.skip() if part is None else part for part in astuple(shown)]
