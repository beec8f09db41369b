"""What stands around a case under review as HTML: the queue, the search for a missed clause, the history. All text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from itertools import groupby

from data.categories import CATEGORIES
from data.entries import Entry
from data.store.canonical import local
from data.store.records import STATUSES, StoredCase
from data.store.store import utc_now
from ui.services.case_file import CaseFile
from ui.services.case_history import Event
from ui.services.case_queue import GROUPS, QueueItem

__all__ = ["excerpt", "found_html", "history_html", "own_cases_html", "queue_html"]

_EXCERPT = 36
_BY_NUMBER = (
    '<p class="rv-search"><label for="rv-number">案件编号</label>'
    '<input id="rv-number" type="search" maxlength="64" autocomplete="off">'
    '<button type="button" data-rv-do="number">打开</button></p>'
)


def queue_html(items: Sequence[QueueItem], chosen: str = "") -> str:
    """Return the queue by group; `chosen` is the id of the case that is open beside it."""
    groups = "".join(
        f"<section><h3>{GROUPS[group]} <small>{len(found)} 件</small></h3>"
        f"<ul>{''.join(_item(one, chosen) for one in found)}</ul></section>"
        for group, found in ((key, list(several)) for key, several in groupby(items, key=lambda item: item.group))
    )
    empty = '<p class="rv-note">现在没有可以复核的案件。</p>'
    return (
        '<nav class="rv-queue" aria-label="复核队列"><div class="rv-queue-head"><h2>复核队列</h2>'
        f'<button type="button" data-rv-do="queue">刷新队列</button></div>{_BY_NUMBER}{groups or empty}</nav>'
    )


def found_html(file: CaseFile | None, query: str = "", found: Sequence[Entry] | None = None) -> str:
    """Return the search for a clause that was missed and what it found (None: not searched yet); "" where nobody may decide."""
    if file is None or file.turn is None:
        return ""
    results = ""
    if found is not None:
        results = "".join(map(_hit, found)) or '<p class="rv-note">没有找到，请换几个字词或写条号，例如“第十三条”。</p>'
    return (
        '<section class="rv-add" aria-labelledby="rv-add-title"><h3 id="rv-add-title">补充漏掉的条款</h3>'
        '<p class="rv-search"><label for="rv-query">条号或字词</label>'
        f'<input id="rv-query" type="search" maxlength="100" value="{escape(query)}" autocomplete="off">'
        '<button type="button" data-rv-do="find">查找</button></p>'
        f'<div role="status">{results}</div></section>'
    )


def history_html(events: Sequence[Event]) -> str:
    """Return what happened to a case, from the audit trail, oldest first."""
    rows = "".join(
        f"<tr><td>{local(event.at)}</td><td>{escape(event.actor)}</td><td>{escape(event.what)}</td>"
        f"<td>{escape(event.detail)}</td><td>{event.seq}</td></tr>"
        for event in events
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("时间", "操作人", "事项", "内容", "审计序号"))
    return (
        '<section class="rv-history" aria-labelledby="rv-history-title"><h3 id="rv-history-title" tabindex="-1">办理经过</h3>'
        f'<div class="rv-scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></section>'
    )


def own_cases_html(cases: Sequence[StoredCase]) -> str:
    """Return the author's own cases, each with what may be done with it now."""
    if not cases:
        return '<p class="rv-note">还没有案件。查找条款后点“存为案件”，就会列在这里。</p>'
    rows = "".join(
        f'<tr data-case="{escape(case.id)}" data-version="{case.version}"><th scope="row">{escape(case.number)}</th>'
        f"<td>{STATUSES[case.status]}</td><td>{local(case.changed)[:16]}</td><td>{escape(excerpt(case.narrative))}</td>"
        f'<td class="rv-tools">{_own_steps(case)}</td></tr>'
        for case in cases
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("编号", "状态", "最近变动", "事情经过", "办理"))
    return f'<div class="rv-scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def excerpt(narrative: str) -> str:
    """Return the beginning of a narrative on one line."""
    line = " ".join(narrative.split())
    return line if len(line) <= _EXCERPT else line[: _EXCERPT - 1] + "…"


def _own_steps(case: StoredCase) -> str:
    steps = {"draft": (("submit", "提交复核"), ("edit", "修改")), "open": (("take_back", "撤回"), ("edit", "修改"))}
    buttons = "".join(
        f'<button type="button" data-own-do="{action}">{label}</button>' for action, label in steps.get(case.status, ())
    )
    links = "".join(
        f'<a href="/api/v1/cases/{escape(case.id)}/report.{ending}" download>{label}</a>'
        for ending, label in (("docx", "Word"), ("xlsx", "Excel"))
    )
    return buttons + links


def _item(item: QueueItem, chosen: str) -> str:
    case = item.case
    current = ' aria-current="true"' if case.id == chosen else ""
    progress = f"已定 {item.decided}/{item.total}" if item.group in ("mine", "others") else ""
    when = case.changed if item.group == "closed" else item.since
    facts = [STATUSES[case.status], item.reviewer if item.group == "others" else "", progress, _ago(when)]
    doubt = "" if item.group == "closed" else f"疑 {item.doubt.value:.0%}：{item.doubt.why}"
    return (
        f'<li><button type="button" data-rv-open="{escape(case.id)}"{current}><strong>{escape(case.number)}</strong>'
        f"<span>{escape('　'.join(fact for fact in facts if fact))}</span>"
        f"<span>{escape(doubt)}</span><span>{escape(excerpt(case.narrative))}</span></button></li>"
    )


def _ago(since: datetime) -> str:
    days = (utc_now() - since).days
    return f"{days} 天前" if days > 0 else "今天"


def _hit(entry: Entry) -> str:
    category = CATEGORIES.get(entry.clause.category, entry.clause.category)
    buttons = "".join(
        f'<button type="button" data-rv-add="{grade}">{label}</button>'
        for grade, label in ((2, "补充为 2 级"), (1, "补充为 1 级"))
    )
    return (
        f'<div class="rv-hit" data-clause="{escape(entry.clause.id)}"><p><strong>{escape(entry.citation)}</strong>　'
        f'{escape(category)}</p><p class="rc-clause">{escape(entry.clause.text)}</p><p class="rv-tools">{buttons}</p></div>'
    )
