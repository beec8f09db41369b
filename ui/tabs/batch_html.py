"""What the 批量 tab shows, as HTML: the file to choose, the jobs with their progress, the first rows of a result."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from data.schema import Match
from data.store.canonical import local
from ui.services.batch import KINDS, LIMITS, MAX_BYTES, BatchJob, ResultRow, template

__all__ = ["LEADING", "file_html", "jobs_html", "rows_html"]

LEADING = 3
"""So many clauses of a row are shown."""

_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_DOWNLOADS = {"xlsx": "Excel", "csv": "CSV", "jsonl": "JSONL", "docx": "Word"}
_STORY = 80  # characters of a narrative


def file_html() -> str:
    """Return what a file must be like, examples to download, and the button that chooses one."""
    links = "、".join(_template_link(kind) for kind in ("xlsx", "csv"))
    megabytes = MAX_BYTES // 2**20
    return (
        '<div class="rc-batch-file"><p>一行一段叙述的表格：列名为 id、text、region，region 空着或写 all 表示全部规定。'
        f".xlsx、.csv 或 .jsonl，不超过 {megabytes} MB、{LIMITS.rows} 行。模板：{links}。</p>"
        f'<input type="file" id="rc-batch-file" class="rc-unseen" accept=".xlsx,.csv,.jsonl" data-limit-mb="{megabytes}">'
        '<label for="rc-batch-file" class="rc-button">选择文件</label> '
        '<span class="rc-batch-chosen" role="status">还没有选择文件。</span></div>'
    )


def jobs_html(jobs: Sequence[BatchJob], shown: str = "") -> str:
    """Return the list of jobs; `shown` is the id of the one whose rows are shown below."""
    if not jobs:
        return '<p class="rc-empty">还没有批量任务。</p>'
    items = "".join(_job(job, job.id == shown) for job in jobs)
    return f'<h2 id="rc-batch-title">我的批量任务</h2><ul class="rc-batch-jobs" aria-labelledby="rc-batch-title">{items}</ul>'


def rows_html(job: BatchJob, rows: Sequence[ResultRow]) -> str:
    """Return the first rows of a job as a table that becomes a list on a narrow screen; "" where they were deleted."""
    if job.cleared:
        return ""
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("编号", "范围", "事情经过", f"相近条款（前 {LEADING} 条）"))
    more = f"前 {len(rows)} 行，共 {job.total} 行" if len(rows) < job.total else f"共 {job.total} 行"
    note = f'<p class="rc-batch-note">{escape(job.note)}。</p>' if job.note else ""
    return (
        f'<section class="rc-batch-result" aria-labelledby="rc-batch-result-title"><h2 id="rc-batch-result-title">'
        f"{escape(job.name)} <small>{more}</small></h2>{note}"
        f'<table class="rc-batch-table"><thead><tr>{heads}</tr></thead><tbody>{"".join(map(_row, rows))}</tbody></table>'
        '<p class="rc-footer">以上为文本相似度建议，仅供参考；是否适用由审核人认定。下载的文件里个人信息已经遮盖。</p></section>'
    )


def _template_link(kind: str) -> str:
    name, data = template(kind)
    content = base64.b64encode(data).decode()
    return f'<a href="data:{_TYPES[kind]};base64,{content}" download="{escape(name)}">{_DOWNLOADS[kind]} 模板</a>'


def _job(job: BatchJob, shown: bool) -> str:
    title = f"rc-batch-{escape(job.id)}"
    return (
        f'<li class="rc-batch-job rc-batch-{job.state}" aria-labelledby="{title}">'
        f'<p class="rc-batch-name"><strong id="{title}">{escape(job.name)}</strong> '
        f"<span>{local(job.created)} 提交，每行 {job.top_k} 条</span></p>"
        f'<div class="rc-batch-state">{_state(job)}</div><div class="rc-tools">{_buttons(job, shown)}</div></li>'
    )


def _state(job: BatchJob) -> str:
    if not job.open:
        kept = f"。结果保存到 {local(job.kept_until)}，请在此之前下载" if job.kept_until and not job.cleared else ""
        return escape(job.outcome() + kept)
    share = 100 * job.done / job.total if job.total else 0
    # no live region: a screen reader would not stop talking
    return (
        f'{job.outcome()}<div class="rc-progress" role="progressbar" aria-label="{escape(job.name)} 的进度" aria-valuemin="0" '
        f'aria-valuemax="{job.total}" aria-valuenow="{job.done}"><span style="width:{share:.1f}%"></span></div>'
    )


def _buttons(job: BatchJob, shown: bool) -> str:
    name, key = escape(job.name), escape(job.id)
    look = (
        f'<button type="button" data-batch-show="{key}" aria-pressed="{str(shown).lower()}">查看<i class="rc-unseen"> {name}</i>'
    )
    if job.open:
        return f'{look}</button><button type="button" data-batch-cancel="{key}">取消<i class="rc-unseen"> {name}</i></button>'
    if job.cleared:
        return ""
    links = (
        f'<a class="rc-button" href="api/v1/batches/{key}/result.{kind}" download>{_DOWNLOADS[kind]}'
        f'<i class="rc-unseen"> 下载 {name} 的结果</i></a>'
        for kind in (*KINDS, "docx")
    )
    return f"{look}</button>{''.join(links) if job.done else ''}"


def _row(row: ResultRow) -> str:
    story = " ".join(row.text.split())
    story = story if len(story) <= _STORY else story[: _STORY - 1] + "…"
    cells = (
        ("编号", escape(row.id)),
        ("范围", escape(row.region or "all")),
        ("事情经过", escape(story) or "（空）"),
        ("相近条款", _found(row)),
    )
    filled = "".join(f'<td data-label="{label}">{cell}</td>' for label, cell in cells)
    return f"<tr>{filled}</tr>"


def _found(row: ResultRow) -> str:
    if row.report is None:
        return f'<span class="rc-batch-wrong">{escape(row.error or "")}</span>'
    if row.report.abstained:
        return f"没有给出建议：{escape(row.report.reason)}"
    if not row.report.matches:
        return "没有可以匹配的条款。"
    clauses = "".join(f"<li>{_clause(match)}</li>" for match in row.report.matches[:LEADING])
    return f"<ol>{clauses}</ol>"


def _clause(match: Match) -> str:
    name = escape(match.citation or match.clause.id)
    if match.probability is not None:
        return f"{name}（{escape(match.band)} {match.probability:.0%}）"
    return name if match.similarity is None else f"{name}（相似度 {match.similarity:.3f}）"
