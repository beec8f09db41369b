"""The tab 评测: the matching is measured on labelled cases."""

from __future__ import annotations

from collections.abc import AsyncIterator

import gradio as gr

from data.errors import RongcuoError
from retrieval.matcher import Matcher
from ui.cards import status_html
from ui.page_evaluate import AMOUNTS, OWN, Request, Runs, file_html, running_html, sources, system_choices
from ui.services.access import check
from ui.services.desk import Desk
from ui.tabs.common import BARE, FAILED, PRIVATE, returns

__all__ = ["build"]

_STOPPED = "评测已停止，没有得到结果。"


def build(desk: Desk) -> None:
    """Put the tab's components and events into the page."""
    runs = Runs(desk.matcher)

    async def run(
        source: str, amount: str, systems: list[str], name: str, text: str, request: gr.Request
    ) -> AsyncIterator[tuple[str, str]]:
        try:
            check(desk.person(request.username), "evaluate")
        except RongcuoError as error:
            yield status_html(str(error), "error"), ""
            return
        async for step in runs.steps(Request(source, amount, tuple(systems), name, text)):
            yield step

    source, amount, systems, start, stop = _choices(desk.matcher())
    own = [gr.Textbox(visible=False), gr.Textbox(visible=False)]  # name and text of the visitor's file, put in by the script
    status = gr.HTML(status_html(""), **BARE)
    result = gr.HTML("", **BARE)
    waiting = returns(running_html("等待开始……同一时间只运行一个评测。"), "", before="window.rongcuo.began('#rc-evaluating')")
    event = start.click(None, None, [status, result], js=waiting, **PRIVATE).then(
        run,
        [source, amount, systems, *own],
        [status, result],
        js=f"async (source, amount, systems) => [source, amount, systems, ...(await window.rongcuo.own(source === {OWN!r}))]",
        show_progress="hidden",
        concurrency_limit=1,
        **PRIVATE,
    )
    event.success(None, None, None, js="() => window.rongcuo.shown('#rc-evaluating')", **PRIVATE)
    stopped, failed = returns(status_html(_STOPPED), "", before="window.rongcuo.stopped = true"), returns(FAILED, "")
    stop.click(None, None, [status, result], js=stopped, cancels=event, **PRIVATE)
    # Gradio takes what was stopped for failed
    either = f"() => (window.rongcuo.stopped ? {stopped} : {failed})()"
    event.failure(None, None, [status, result], js=either, **PRIVATE)


def _choices(matcher: Matcher) -> tuple[gr.Radio, gr.Radio, gr.CheckboxGroup, gr.Button, gr.Button]:
    with gr.Column(elem_id="rc-choices"):
        known = sources()
        source = gr.Radio(known, value=known[0][1], label="案例", elem_id="rc-source")
        gr.HTML(file_html(), **BARE)
        amount = gr.Radio(AMOUNTS, value=AMOUNTS[0][1], label="数量")
        names = system_choices(matcher.scorer.systems())
        told = "选中的最后一个与其余各个逐案比较。"
        systems = gr.CheckboxGroup(names, value=[key for _, key in names], label="系统", info=told)
        with gr.Row(elem_id="rc-run"):
            start = gr.Button("开始评测", variant="primary", elem_id="rc-start", scale=0, min_width=140)
            stop = gr.Button("停止", elem_id="rc-stop", scale=0, min_width=140)
    return source, amount, systems, start, stop
