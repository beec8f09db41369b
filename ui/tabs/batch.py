"""The 批量 tab: a file becomes a job that goes on without the page; the page looks after it while one runs."""

from __future__ import annotations

from typing import Any

import gradio as gr

from data.errors import InputError, RongcuoError
from ui.cards import status_html
from ui.services import batch
from ui.services.desk import Desk
from ui.tabs.batch_html import file_html, jobs_html, rows_html
from ui.tabs.common import BARE, FAILED, PRIVATE, returns

__all__ = ["build"]

_QUIET: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": 4, **PRIVATE}
_EVERY = 1.5  # seconds between two looks at the jobs while one is open
_SHOWN = 20  # rows of a result
_AMOUNTS = (3, 5, 10)
_OWN = "window.rongcuo.batch"
_SENDING = status_html("正在上传……", "running")


class _View:
    """What the tab shows to a person at the moment, as the values of its parts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def opened(self, request: gr.Request) -> tuple[object, ...]:
        """Status, jobs, rows, shown id, open ids and timer for somebody who opens the page: the newest job is shown."""
        try:
            jobs = batch.listing(self._desk, self._desk.person(request.username))
        except RongcuoError as error:
            return status_html(str(error), "notice"), "", "", "", [], gr.Timer(active=False)
        return status_html(""), *self._parts(jobs, jobs[0].id if jobs else "", request)

    def looked(self, shown: str, before: list[str], request: gr.Request) -> tuple[object, ...]:
        """The same for somebody who watches; the status tells which of the jobs that were open `before` have ended."""
        try:
            jobs = batch.listing(self._desk, self._desk.person(request.username))
            ended = [job for job in jobs if job.id in before and not job.open]
            told = "".join(f"“{job.name}”{job.outcome()}。" for job in ended)
            return status_html(told) if told else gr.skip(), *self._parts(jobs, shown, request)
        except RongcuoError as error:
            return status_html(str(error), "error"), gr.skip(), gr.skip(), shown, [], gr.Timer(active=False)

    def submitted(self, upload: str, problem: str, top_k: float, request: gr.Request) -> tuple[object, ...]:
        """Queue the uploaded file; `problem` is what the browser could not do, in words for the visitor."""
        try:
            person = self._desk.person(request.username)
            if problem:
                raise InputError(problem)
            job = batch.submit_upload(self._desk, person, upload, top_k=int(top_k))
            jobs = batch.listing(self._desk, person)
            told = f"已提交“{job.name}”，{job.total} 行。可以关闭页面，任务会继续，回来后在这里查看。"
            return status_html(told), *self._parts(jobs, job.id, request)
        except RongcuoError as error:
            return status_html(str(error), "error"), *[gr.skip()] * 5

    def cancelled(self, job_id: str, shown: str, request: gr.Request) -> tuple[object, ...]:
        """Stop a job; that it is the visitor's own is for the service to check."""
        try:
            person = self._desk.person(request.username)
            job = batch.cancel(self._desk, person, job_id)
            told = f"已取消“{job.name}”，做完的 {job.done} 行可以下载。" if job.done else f"已取消“{job.name}”。"
            return status_html(told), *self._parts(batch.listing(self._desk, person), shown, request)
        except RongcuoError as error:
            return status_html(str(error), "error"), *[gr.skip()] * 5

    def chosen(self, job_id: str, request: gr.Request) -> tuple[object, ...]:
        """Show the rows of another job."""
        try:
            jobs = batch.listing(self._desk, self._desk.person(request.username))
            return status_html(""), *self._parts(jobs, job_id, request)
        except RongcuoError as error:
            return status_html(str(error), "error"), *[gr.skip()] * 5

    def _parts(self, jobs: tuple[batch.BatchJob, ...], shown: str, request: gr.Request) -> tuple[object, ...]:
        person = self._desk.person(request.username)
        rows = ""
        if shown:
            job = batch.get(self._desk, person, shown)
            rows = rows_html(job, batch.result_rows(self._desk, person, shown, limit=_SHOWN, masked=False))
        running = [job.id for job in jobs if job.open]
        return jobs_html(jobs, shown), rows, shown, running, gr.Timer(active=bool(running))


def build(desk: Desk) -> None:
    """Put the tab's parts and events into the Gradio tab that is open."""
    view = _View(desk)
    with gr.Column(elem_id="rc-batching"):
        amount, start, again = _form()
        status = gr.HTML(status_html(""), **BARE)
        jobs = gr.HTML("", elem_id="rc-batch-list", **BARE)
        rows = gr.HTML("", **BARE)
        shown, upload, problem = (gr.Textbox(visible=False) for _ in range(3))
        cancel = gr.Button(visible="hidden", elem_id="rc-batch-cancel")
        show = gr.Button(visible="hidden", elem_id="rc-batch-show")
    running, timer = gr.State([]), gr.Timer(_EVERY, active=False)
    parts = [status, jobs, rows, shown, running, timer]
    sent = start.click(None, None, status, js=returns(_SENDING), **PRIVATE).then(
        view.submitted,
        [upload, problem, amount],
        parts,
        js=f"async (a, b, amount) => [...(await {_OWN}.send()), amount]",
        **_QUIET,
    )
    sent.success(None, None, None, js=f"() => {_OWN}.sent()", **PRIVATE)
    sent.failure(None, None, status, js=returns(FAILED), **PRIVATE)
    cancel.click(view.cancelled, [upload, shown], parts, js=f"(a, shown) => [{_OWN}.job, shown]", **_QUIET)
    show.click(view.chosen, [shown], parts, js=f"() => [{_OWN}.job]", **_QUIET)
    timer.tick(view.looked, [shown, running], parts, **_QUIET)
    again.click(view.opened, None, parts, **_QUIET)
    gr.on(None, view.opened, None, parts, **_QUIET)


def _form() -> tuple[gr.Dropdown, gr.Button, gr.Button]:
    gr.HTML(file_html(), **BARE)
    with gr.Row(elem_id="rc-batch-run"):
        amounts = [(f"{number} 条", number) for number in _AMOUNTS]
        amount = gr.Dropdown(amounts, value=_AMOUNTS[1], label="每行列出", filterable=False, scale=0, min_width=180)
        start = gr.Button("开始匹配", variant="primary", elem_id="rc-batch-start", scale=0, min_width=180)
        again = gr.Button("刷新列表", elem_id="rc-batch-again", scale=0, min_width=110)
    return amount, start, again
