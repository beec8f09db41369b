"""A report as HTML: the narrative with its evidence marked, and one card per suggested clause. All text is escaped here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Literal

from data.schema import Match, MatchReport, Span
from models.segment import Segmenter
from retrieval.dossier import Dossier
from retrieval.evidence import shared_words
from ui.cards_match import card
from ui.cards_picture import picture_html
from ui.page_marks import mark_stretches, stretches
from ui.page_text import export_json, export_text
from ui.present import disclaimer, grouped
from ui.present_words import Groups, sides

__all__ = ["TOP", "result_html", "status_html", "summary"]

TOP = 3
"""The narrative is marked for this many of the best clauses; for the others when their card is pointed at."""

_BUTTONS = (("copy", "复制结果"), ("text", "下载文字版"), ("json", "下载 JSON"))


def status_html(message: str, kind: Literal["plain", "running", "notice", "error"] = "plain") -> str:
    """Return the line above the result; it is read out by screen readers when it changes, "" shows nothing."""
    return f'<p class="rc-status rc-{kind}" role="status">{escape(message)}</p>'


def summary(report: MatchReport) -> str:
    """Return one sentence that says how many clauses were found in which groups, or why none are suggested."""
    if report.abstained:
        return f"没有给出建议：{report.reason}"
    if not report.matches:
        return "所选规定中没有可以匹配的条款。"
    counts = "、".join(f"{label} {len(matches)} 条" for label, matches in grouped(report.matches) if matches)
    return f"列出 {len(report.matches)} 条相近条款：{counts}。"


def result_html(report: MatchReport, segmenter: Segmenter, *, scope: str, dossier: Dossier | None = None) -> str:
    """Return narrative, cards for and against, what goes with them, and exports; "" for an abstention.

    `scope` names the regulations that were searched.
    """
    if report.abstained:
        return ""
    shared = {m.rank: shared_words(report.narrative, m.clause.text, segmenter) for m in report.matches}

    def one(match: Match) -> str:
        words, clause_id = shared[match.rank][1], match.clause.id
        if dossier is None:
            return card(match, report, words)
        return card(match, report, words, dossier.parallels.get(clause_id, ()), dossier.alignments.get(clause_id))

    good, bad = sides(report.matches)
    return (
        _narrative(report, {rank: told for rank, (told, _) in shared.items()})
        + '<section class="rc-clauses" aria-labelledby="rc-clauses-title">'
        + f'<h2 id="rc-clauses-title">相近条款 <small>{escape(scope)}</small></h2>'
        + _tools()
        + f'<div class="rc-headlines">{_side("for", "可能有利", good, one)}{_side("against", "可能不利", bad, one)}</div>'
        + "</section>"
        + (picture_html(dossier, report.narrative) if dossier else "")
        + _footer(report)
        + _export("text", export_text(report, scope, dossier))
        + _export("json", export_json(report, dossier))
    )


def _narrative(report: MatchReport, shared: dict[int, Sequence[Span]]) -> str:
    windows = [(m.rank, evidence.narrative) for m in report.matches for evidence in m.evidence]
    best = [(m.rank, m.evidence[0].narrative) for m in report.matches if m.evidence]  # all would cover a short narrative
    words = [(rank, span) for rank, spans in shared.items() for span in spans]
    top = range(1, TOP + 1)
    marked = mark_stretches(stretches(report.narrative, best=best, windows=windows, words=words), top=top)
    return (
        '<section class="rc-narrative" aria-labelledby="rc-narrative-title">'
        '<h2 id="rc-narrative-title">事情经过中的依据</h2>'
        f'<p class="rc-legend"><mark class="rc-window">虚线</mark>是前 {TOP} 名条款各自最相近的一段，'
        '<mark class="rc-word">粗体实线</mark>是条款中也有的字词。指向或选中一张条款卡，只标它自己的各段依据。</p>'
        f'<div class="rc-told" tabindex="0" role="region" aria-label="事情经过，已标出依据">{marked}</div>'
        "</section>"
    )


def _tools() -> str:
    buttons = "".join(f'<button type="button" data-export="{key}">{label}</button>' for key, label in _BUTTONS)
    return f'<div class="rc-tools">{buttons}<span class="rc-done" role="status"></span></div>'


def _side(name: str, title: str, groups: Groups, one: Callable[[Match], str]) -> str:
    ordered = sorted(groups, key=lambda group: not group[1])  # what is empty is one line below the others
    inside = "".join(_group(f"{name}-{at}", label, list(map(one, found))) for at, (label, found) in enumerate(ordered))
    return (
        f'<section class="rc-side rc-side-{name}" aria-labelledby="rc-side-{name}">'
        f'<h3 id="rc-side-{name}">{title}</h3><div class="rc-groups">{inside}</div></section>'
    )


def _group(name: str, label: str, cards: Sequence[str]) -> str:
    title = f"rc-group-{name}"
    inside = "".join(cards) or '<p class="rc-empty">所选规定中没有可列出的这类条款。</p>'
    kind = "rc-group" if cards else "rc-group rc-group-empty"
    return (
        f'<section class="{kind}" aria-labelledby="{title}">'
        f'<h4 class="rc-kind" id="{title}">{escape(label)} <small>{len(cards)} 条</small></h4>{inside}</section>'
    )


def _footer(report: MatchReport) -> str:
    facts = f"{'；'.join(report.stages)}；索引 {report.index_digest}；用时 {report.elapsed * 1000:.0f} 毫秒"
    return f'<p class="rc-footer">{escape(disclaimer(report))}<br>{escape(facts)}</p>'


def _export(key: str, text: str) -> str:
    # the script saves this text in the browser, so that no file with a narrative is left on the server
    return f'<pre hidden data-content="{key}">{escape(text)}</pre>'
