"""The web page. The only module that imports Gradio; nothing that is typed in leaves the machine that serves it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

# Gradio looks up hosts at import and at launch unless it is told not to before it is imported.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"

import click
import gradio as gr
import uvicorn
from fastapi import FastAPI

from data.errors import RongcuoError
from retrieval.matcher import Matcher
from ui.cards import result_html, status_html, summary
from ui.page_evaluate import AMOUNTS, OWN, Request, Runs, file_html, running_html, sources, system_choices
from ui.page_examples import EXAMPLES
from ui.page_http import PageMiddleware, end_quietly, greeting, listen, page_head

__all__ = ["build_blocks", "create_app", "serve"]

_TITLE = "容错条款匹配助手"
_INTRO = (
    f'<h1>{_TITLE}</h1><p class="rc-lead">把一段事情经过与容错纠错规定的条款相匹配。只提示可能相关的条款，是否适用由审核人认定。'
    "输入的文字只在运行本程序的机器上处理，不保存。</p>"
)
_ALL = "all"
_TOP_K, _PER_HEADLINE = 10, 3
_AT_ONCE, _WAITING = 2, 32  # matches that run at the same time, and that may wait for their turn
_FAILED = status_html("程序出错，没有得到结果；请再试一次，仍不行时请查看运行程序的窗口。", "error")
_STOPPED = "评测已停止，没有得到结果。"
_FONT = ["system-ui", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
_PRIVATE = {"api_visibility": "private"}
_BARE = {"js_on_load": None, "apply_default_css": False, "elem_classes": "rc-page"}  # HTML components as plain containers


def build_blocks(matcher: Matcher) -> gr.Blocks:
    """Return the page over `matcher`: a tab in which a narrative gets cards, and one in which the matching is measured."""
    with gr.Blocks(title=_TITLE, analytics_enabled=False, fill_width=True) as blocks, gr.Column(elem_id="rc"):
        gr.HTML(_INTRO, **_BARE)
        with gr.Tabs(elem_id="rc-tabs"):
            with gr.Tab("匹配", elem_id="rc-matching"):
                _matching(matcher)
            with gr.Tab("评测", elem_id="rc-evaluating"):
                _evaluating(matcher)
    blocks.queue(max_size=_WAITING, api_open=False)
    return blocks


def create_app(matcher: Matcher) -> FastAPI:
    """Return the web application: the page at ``/``, without links or interface descriptions beside it."""
    app = FastAPI(title=_TITLE, docs_url=None, redoc_url=None, openapi_url=None)
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        build_blocks(matcher),
        path="/",
        theme=_theme(),
        favicon_path=str(Path(__file__).with_name("assets") / "favicon.svg"),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        pwa=False,
    )
    mounted.add_middleware(PageMiddleware, head=page_head())
    return mounted


def serve(host: str, port: int) -> None:
    """Open the shipped index and serve the page until Ctrl+C; raises InputError where `host` and `port` cannot be used."""
    from retrieval.loading import open_matcher

    with contextlib.closing(listen(host, port)) as listener:
        matcher = open_matcher()
        matcher.match(EXAMPLES[0][1])  # dictionaries and model load at first use: let that be before the first visitor
        config = uvicorn.Config(create_app(matcher), ws="none", log_level="warning", access_log=False, server_header=False)
        config.timeout_graceful_shutdown = 2  # an open page holds a connection that never ends by itself
        end_quietly()
        for line in greeting(host, port):
            click.echo(line)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
        click.echo("已停止。")


def answer(matcher: Matcher, scopes: Mapping[str, str], text: str | None, region: str | None) -> tuple[str, str]:
    """Return status line and result for one narrative as HTML; what is wrong with the input stands in the status line."""
    region = region or _ALL
    try:
        report = matcher.match(text or "", region=region, top_k=_TOP_K, per_headline=_PER_HEADLINE)
    except RongcuoError as error:
        return status_html(str(error), "error"), ""
    status = status_html(summary(report), "notice" if report.abstained else "plain")
    return status, result_html(report, matcher.scorer.segmenter, scope=scopes.get(region, region))


def _matching(matcher: Matcher) -> None:
    scopes = _scopes(matcher)
    with gr.Column(elem_id="rc-form"):
        story, region, button, clear = _form(scopes)
    status = gr.HTML(status_html(""), **_BARE)
    result = gr.HTML("", **_BARE)
    running = _returns(status_html("正在查找……", "running"), before="window.rongcuo.watch('#rc-matching')")
    event = button.click(None, None, status, js=running, **_PRIVATE).then(
        lambda text, chosen: answer(matcher, scopes, text, chosen),
        [story, region],
        [status, result],
        show_progress="hidden",
        concurrency_limit=_AT_ONCE,
        **_PRIVATE,
    )
    event.success(None, None, None, js="() => window.rongcuo.shown('#rc-matching')", **_PRIVATE)
    event.failure(None, None, [status, result], js=_returns(_FAILED, ""), **_PRIVATE)
    clear.click(None, None, [story, status, result], js=_returns("", status_html(""), ""), **_PRIVATE)


def _evaluating(matcher: Matcher) -> None:
    runs = Runs(matcher)

    async def run(source: str, amount: str, systems: list[str], name: str, text: str) -> AsyncIterator[tuple[str, str]]:
        async for step in runs.steps(Request(source, amount, tuple(systems), name, text)):
            yield step

    source, amount, systems, start, stop = _choices(matcher)
    own = [gr.Textbox(visible=False), gr.Textbox(visible=False)]  # name and text of the visitor's file, put in by the script
    status = gr.HTML(status_html(""), **_BARE)
    result = gr.HTML("", **_BARE)
    waiting = _returns(running_html("等待开始……同一时间只运行一个评测。"), "", before="window.rongcuo.began('#rc-evaluating')")
    event = start.click(None, None, [status, result], js=waiting, **_PRIVATE).then(
        run,
        [source, amount, systems, *own],
        [status, result],
        js=f"async (source, amount, systems) => [source, amount, systems, ...(await window.rongcuo.own(source === {OWN!r}))]",
        show_progress="hidden",
        concurrency_limit=1,
        **_PRIVATE,
    )
    event.success(None, None, None, js="() => window.rongcuo.shown('#rc-evaluating')", **_PRIVATE)
    stopped, failed = _returns(status_html(_STOPPED), "", before="window.rongcuo.stopped = true"), _returns(_FAILED, "")
    stop.click(None, None, [status, result], js=stopped, cancels=event, **_PRIVATE)
    # Gradio takes what was stopped for failed
    either = f"() => (window.rongcuo.stopped ? {stopped} : {failed})()"
    event.failure(None, None, [status, result], js=either, **_PRIVATE)


def _choices(matcher: Matcher) -> tuple[gr.Radio, gr.Radio, gr.CheckboxGroup, gr.Button, gr.Button]:
    with gr.Column(elem_id="rc-choices"):
        known = sources()
        source = gr.Radio(known, value=known[0][1], label="案例", elem_id="rc-source")
        gr.HTML(file_html(), **_BARE)
        amount = gr.Radio(AMOUNTS, value=AMOUNTS[0][1], label="数量")
        names = system_choices(matcher.scorer.systems())
        told = "选中的最后一个与其余各个逐案比较。"
        systems = gr.CheckboxGroup(names, value=[key for _, key in names], label="系统", info=told)
        with gr.Row(elem_id="rc-run"):
            start = gr.Button("开始评测", variant="primary", elem_id="rc-start", scale=0, min_width=140)
            stop = gr.Button("停止", elem_id="rc-stop", scale=0, min_width=140)
    return source, amount, systems, start, stop


def _form(scopes: Mapping[str, str]) -> tuple[gr.Textbox, gr.Dropdown, gr.Button, gr.Button]:
    story = gr.Textbox(
        label="事情经过",
        info="写下或粘贴：什么时候、做了什么、出了什么问题。按 Ctrl+Enter 查找。",
        lines=5,
        max_lines=14,
        autofocus=True,
        elem_id="rc-story",
    )
    with gr.Row(elem_id="rc-examples"):
        gr.HTML("试用示例：", **_BARE, min_width=80)
        for label, text in EXAMPLES:
            gr.Button(label, size="sm").click(None, None, story, js=_returns(text), **_PRIVATE)
    with gr.Row(elem_id="rc-actions"):
        choices = [(name, key) for key, name in scopes.items()]
        many = len(choices) > 20
        region = gr.Dropdown(choices, value=_ALL, label="范围", filterable=many, scale=3, min_width=300)
        button = gr.Button("查找相近条款", variant="primary", elem_id="rc-match", scale=2, min_width=140)
        clear = gr.Button("清空", elem_id="rc-clear", scale=1, min_width=90)
    return story, region, button, clear


def _theme() -> gr.themes.Base:
    """Return Gradio's plainest theme with system fonts, and with greys and blues of enough contrast."""
    theme = gr.themes.Base(primary_hue="blue", neutral_hue="slate", radius_size="sm", font=_FONT, font_mono=["monospace"])
    return theme.set(
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        block_info_text_size="14px",
        block_title_text_color="*neutral_800",
        block_title_text_color_dark="*neutral_100",
        block_title_text_weight="600",
        input_background_fill="white",
        input_background_fill_dark="*neutral_900",
        input_border_width="1px",
        input_border_color="*neutral_400",
        input_border_color_dark="*neutral_500",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
    )


def _scopes(matcher: Matcher) -> dict[str, str]:
    """Return what can be searched, from key to Chinese name: everything, then each regulation of the index."""
    return {_ALL: "全部规定"} | {e.clause.regulation_id: e.title or e.clause.regulation_id for e in matcher.index.entries}


def _returns(*values: str, before: str = "") -> str:
    """Return a function for the browser that runs the statement `before` and gives `values` to the outputs of an event."""
    constant = json.dumps(values if len(values) > 1 else values[0], ensure_ascii=False)
    return f"() => {{ {before}; return {constant}; }}"
