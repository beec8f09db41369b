"""A case under review as HTML: what may be done with it, narrative and clauses side by side. All text is escaped."""

from __future__ import annotations

from html import escape

from data.store.canonical import local
from data.store.records import STATUSES
from retrieval.evidence import shared_words
from ui.cards import TOP
from ui.page_marks import mark_stretches, stretches
from ui.review_cards import CaseView, button, citation_of, clauses_html, matches_of, said_html
from ui.services.case_file import CaseFile

__all__ = ["case_html"]


def case_html(view: CaseView) -> str:
    """Return the case with its actions; decisions can be changed where it is the person's turn."""
    file = view.file
    case = file.case
    return (
        f'<article class="rv-case" data-case="{escape(case.id)}" data-version="{case.version}" data-turn="{file.turn or ""}" '
        f'aria-labelledby="rv-title">{_head(view)}{_notice(file)}{_disagreements(view)}'
        f'<div class="rv-pair">{_story(view)}{clauses_html(view)}</div>{_bar(view)}</article>'
    )


def _head(view: CaseView) -> str:
    file, case = view.file, view.file.case
    held = "；".join(f"第 {a.round} 次复核：{file.names.get(a.reviewer, a.reviewer)}" for a in file.assignments)
    facts = [
        STATUSES[case.status],
        view.scope,
        f"建立人 {file.names.get(case.author, case.author)}",
        local(case.created)[:16],
        held,
    ]
    links = "".join(
        f'<a href="/api/v1/cases/{escape(case.id)}/report.{ending}" download>{label}</a>'
        for ending, label in (("docx", "下载 Word 报告"), ("xlsx", "下载 Excel 报告"))
    )
    return (
        f'<header><h2 id="rv-title" tabindex="-1">案件 {escape(case.number)}</h2>'
        f'<p class="rv-facts">{escape("　".join(fact for fact in facts if fact))}</p>'
        f'<p class="rv-tools">{_steps(view)}{button("refresh", "刷新案件")}{button("history", "办理经过")}{links}</p></header>'
    )


def _steps(view: CaseView) -> str:
    """Return the buttons for a case that is not in the person's hands, and those that give it away."""
    file = view.file
    status = file.case.status
    parts = []
    if view.may_claim:
        parts.append(button("claim", "领取" if not _held(file) else "接手复核", primary=True))
    if view.may_reopen:
        parts.append(button("reopen", "重新打开"))
    if view.reviewers and file.turn is None and status in ("open", "second_review"):
        parts.append(_people(view, "分派给", blank="") + button("assign", "分派"))
    if file.turn is not None:
        parts.append(button("back", "退回第一次复核" if file.turn == 2 else "退回建立人"))
    elif status == "second_review" and 1 in file.rounds:
        parts.append(button("back", "收回"))
    return "".join(parts)


def _held(file: CaseFile) -> bool:
    round = 2 if file.case.status == "second_review" else 1
    return any(assignment.round == round for assignment in file.assignments)


def _people(view: CaseView, label: str, *, blank: str) -> str:
    options = (f'<option value="">{escape(blank)}</option>' if blank else "") + "".join(
        f'<option value="{escape(name)}">{escape(display)}</option>' for name, display in view.reviewers.items()
    )
    return f'<label class="rv-people">{label} <select data-rv-reviewer>{options}</select></label>'


def _notice(file: CaseFile) -> str:
    if not file.kept_back:
        return ""
    told = (
        "二次复核：第一次复核的意见，在您对每条建议都保存意见之后才显示。"
        if file.turn == 2
        else "已有复核意见，在办结之前只有参加复核的人能看到。"
    )
    return f'<p class="rv-notice">{told}</p>'


def _disagreements(view: CaseView) -> str:
    pairs = view.file.disagreements()
    if not (view.file.of_round(1) and view.file.of_round(2)):
        return ""
    if not pairs:
        return '<p class="rv-notice">两次复核意见一致。</p>'
    rows = "".join(
        f'<tr><th scope="row">{escape(citation_of(view, pair.clause_id))}</th>'
        f"<td>{said_html(view.file, pair.first)}</td><td>{said_html(view.file, pair.second)}</td></tr>"
        for pair in pairs
    )
    return (
        f'<section class="rv-differ" aria-labelledby="rv-differ-title">'
        f'<h3 id="rv-differ-title">两次复核有 {len(pairs)} 条不一致</h3>'
        '<p class="rv-note">办结时以二次复核的意见为准；也可以退回第一次复核再议。</p>'
        '<div class="rv-scroll"><table><thead><tr><th scope="col">条款</th><th scope="col">第一次复核</th>'
        f'<th scope="col">二次复核</th></tr></thead><tbody>{rows}</tbody></table></div></section>'
    )


def _story(view: CaseView) -> str:
    text, matches = view.file.case.narrative, matches_of(view.file)
    words = [(m.rank, span) for m in matches for span in shared_words(text, m.clause.text, view.segmenter)[0]]
    windows = [(m.rank, evidence.narrative) for m in matches for evidence in m.evidence]
    best = [(m.rank, m.evidence[0].narrative) for m in matches if m.evidence]
    marked = mark_stretches(stretches(text, best=best, windows=windows, words=words), top=range(1, TOP + 1))
    return (
        '<section class="rv-story" aria-labelledby="rv-story-title"><h3 id="rv-story-title">事情经过</h3>'
        '<p class="rv-note"><mark class="rc-window">虚线</mark>是所选条款最相近的一段，'
        '<mark class="rc-word">粗体实线</mark>是条款中也有的字词。</p>'
        f'<div class="rv-told" tabindex="0" role="region" aria-label="事情经过，已标出依据">{marked}</div></section>'
    )


def _bar(view: CaseView) -> str:
    if view.file.turn is None:
        return ""
    with_second = view.file.turn == 1
    second = _people(view, "二次复核人", blank="由复核人员领取") + button("second", "交二次复核")
    return (
        f'<div class="rv-bar">{button("save", "保存意见", primary=True)}'
        '<span class="rv-count" role="status"></span>'
        '<button type="button" data-rv-rest>其余不采纳</button>'
        f"{second if with_second else ''}{button('close', '办结')}</div>"
    )
