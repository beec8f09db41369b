"""The web page: puts the tabs together and serves them. Nothing that is typed in leaves the machine that serves it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

# Gradio looks up hosts at import and at launch unless it is told not to before it is imported.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"

import click
import gradio as gr
import uvicorn
from fastapi import FastAPI, Request

from data.errors import RongcuoError
from ui.page_examples import EXAMPLES
from ui.page_http import end_quietly, greeting, listen
from ui.services.desk import Desk
from ui.tabs import admin, batch, evaluating, library, matching, reviewing
from ui.tabs.common import BARE, PRIVATE
from ui.web.application import bare_app
from ui.web.auth import visitor_of
from ui.web.opening import open_desk, way_in
from ui.web.serving import server_config, trusted_proxies
from ui.web.settings import THIS_MACHINE, WebSettings

__all__ = ["TABS", "build_blocks", "create_app", "serve"]

_TITLE = "容错条款匹配助手"
_INTRO = (
    '<div id="rc-account" class="rc-account"></div>'
    f'<h1>{_TITLE}</h1><p class="rc-lead">把一段事情经过与容错纠错规定的条款相匹配。只提示可能相关的条款，是否适用由审核人认定。'
    "输入的文字只在运行本程序的机器上处理。</p>"
)
_WAITING = 64  # events that may wait for their turn
_AT_ONCE = 8  # people for whom it is looked up at the same time which tabs they see
_FONT = ["system-ui", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]

TABS: tuple[tuple[str, str, Callable[[Desk], None], tuple[str, ...]], ...] = (
    ("匹配", "rc-matching", matching.build, ("match",)),
    ("复核", "rc-reviewing", reviewing.build, ("case.review",)),
    ("批量", "rc-batch", batch.build, ("batch.run",)),
    ("条款库", "rc-library", library.build, ("library.read",)),
    ("评测", "rc-evaluating", evaluating.build, ("evaluate",)),
    ("管理", "rc-admin", admin.build, ("user.manage", "audit.read", "backup")),
)
"""Name, id and builder of each tab, and the actions of which one must be allowed for it to be shown."""


def build_blocks(desk: Desk) -> gr.Blocks:
    """Return the page over `desk`; a tab that a person has no use for is not shown, and its handlers refuse as well."""
    with gr.Blocks(title=_TITLE, analytics_enabled=False, fill_width=True) as blocks, gr.Column(elem_id="rc"):
        gr.HTML(_INTRO, **BARE)
        tabs: list[gr.Tab] = []
        with gr.Tabs(elem_id="rc-tabs", overflow_behavior="wrap"):
            for name, identifier, build, _ in TABS:
                with gr.Tab(name, elem_id=identifier, visible=not tabs) as tab:  # the first one is everybody's
                    build(desk)
                tabs.append(tab)

        def shown(request: gr.Request) -> list[gr.Tab]:
            try:
                person = desk.person(request.username)
            except RongcuoError:
                return [gr.Tab(visible=False) for _ in tabs]
            return [gr.Tab(visible=any(person.may(action) for action in actions)) for _, _, _, actions in TABS]

        blocks.load(shown, None, tabs, show_progress="hidden", concurrency_limit=_AT_ONCE, **PRIVATE)
    blocks.queue(max_size=_WAITING, api_open=False)
    return blocks


def create_app(desk: Desk, settings: WebSettings) -> FastAPI:
    """Return the web application: routes and interfaces, and the page at ``/`` behind the same gate."""
    app = bare_app(desk, settings)
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        build_blocks(app.state.desk),
        path="/",
        auth_dependency=_signed_in,
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
    return mounted


def serve(
    host: str, port: int, *, single: bool = False, folder: Path | None = None, proxies: str = THIS_MACHINE
) -> None:
    """Open store and index and serve the page until Ctrl+C.

    `single` asks for single-user mode where there are users; `folder` holds uploads, backups and published versions;
    `proxies` are believed about where requests come from (see `ui.web.serving`).
    Raises InputError where `host` and `port` cannot be used, a proxy is no address, or nobody could log in.
    """
    from ui.web.logs import log_to_stderr

    trusted_proxies(proxies)  # a wrong one is told before the model is loaded
    with contextlib.closing(listen(host, port)) as listener, open_desk(folder) as desk:
        settings = WebSettings(single=way_in(desk.store, host, wanted=single))
        desk.matcher().match(EXAMPLES[0][1])  # dictionaries and model load at first use: let that be before the first visitor
        log_to_stderr()
        config = server_config(create_app(desk, settings), proxies)
        end_quietly()
        for line in greeting(host, port, single=settings.single):
            click.echo(line)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
        click.echo("已停止。")


def _signed_in(request: Request) -> str | None:
    """Return the user name that events see as `request.username`; a program's token does not open the page."""
    visitor = visitor_of(request)
    return visitor.person.name if visitor.person is not None and visitor.way in ("session", "single") else None


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
