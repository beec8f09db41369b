"""The clauses of a case under review as HTML, each with its decisions. All text is escaped."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from data.categories import CATEGORIES
from data.entries import Entry
from data.schema import Match
from data.store.canonical import local
from data.store.records import Review
from models.segment import Segmenter
from retrieval.evidence import shared_words
from ui.page_marks import mark_words
from ui.present import disclaimer
from ui.present_words import grade_words, verdict_words
from ui.services.case_file import CaseFile

__all__ = ["CaseView", "button", "citation_of", "clauses_html", "matches_of", "said_html", "verdict_text"]

_CHOICES = (
    ("accept", "采纳", "a"),
    ("reject", "不采纳", "r"),
    ("grade2", grade_words(2), "2"),
    ("grade1", grade_words(1), "1"),
)
_ADDED = (("add2", grade_words(2), "2"), ("add1", grade_words(1), "1"))
_KEYS = (
    ("j k", "下一条、上一条"), ("a", "采纳"), ("r", "不采纳"), ("2 1", "改等级"), ("c", "写说明"), ("Esc", "离开输入框"),
    ("/", "补充条款"), ("s", "保存"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with what its page needs beside it.

    `clauses` are those of the published index by id, `reviewers` who may be given the next round, `scope` names the region;
    `may_claim` and `may_reopen` tell what the person may do with a case that is not in their hands.
    """

    file: CaseFile
    clauses: Mapping[str, Entry]
    segmenter: Segmenter
    reviewers: Mapping[str, str]
    scope: str
    may_claim: bool
    may_reopen: bool


def clauses_html(view: CaseView) -> str:
    """Return the suggested clauses in order of rank, then those that were added."""
    file = view.file
    cards = []
    for match in matches_of(file):
        shared = shared_words(file.case.narrative, match.clause.text, view.segmenter)[1]
        cards.append(_card(view, match.clause.id, _suggested(match, mark_words(match.clause.text, shared)), str(match.rank)))
    suggested = set(file.suggested)
    added = dict.fromkeys(review.clause_id for review in file.reviews if review.clause_id not in suggested)
    cards += [_card(view, clause, _added(view, clause), "补") for clause in added]
    report = None if file.report is None else file.report.report
    empty = "" if cards else f'<p class="rv-note">{escape("没有给出建议。" if report is None else report.reason)}</p>'
    told = "" if report is None else f'<p class="rc-footer">{escape(disclaimer(report))}</p>'
    return (
        '<section class="rv-clauses" aria-labelledby="rv-clauses-title"><h3 id="rv-clauses-title">建议的条款与复核意见</h3>'
        f"{_help(file)}{''.join(cards)}{empty}{told}</section>"
    )


def _help(file: CaseFile) -> str:
    if file.turn is None:
        return ""
    keys = "　".join(f"<kbd>{key.replace(' ', '</kbd> <kbd>')}</kbd> {what}" for key, what in _KEYS)
    return f'<p class="rv-keys">键盘：{keys}</p>'


def matches_of(file: CaseFile) -> Sequence[Match]:
    """Return the suggestions of the newest report, best first."""
    return () if file.report is None else file.report.report.matches


def _suggested(match: Match, marked: str) -> str:
    stated = "概率未校准" if match.probability is None else f"概率 {match.probability:.0%}（{match.band}）"
    category = CATEGORIES.get(match.clause.category, match.clause.category)
    return f'<p class="rv-note">{escape(category)}　{escape(stated)}</p><p class="rc-clause">{marked}</p>'


def _added(view: CaseView, clause: str) -> str:
    entry = view.clauses.get(clause)
    text = "现在的条款库里没有这一条，条文请查当时的版本。" if entry is None else entry.clause.text
    return f'<p class="rv-note">复核人员补充的条款</p><p class="rc-clause">{escape(text)}</p>'


def _card(view: CaseView, clause: str, inside: str, mark: str) -> str:
    file = view.file
    mine = None if file.turn is None else file.of_round(file.turn).get(clause)
    others = "".join(
        f'<p class="rv-said">第 {review.round} 次复核：{said_html(file, review)}</p>'
        for review in file.reviews
        if review.clause_id == clause and review is not mine
    )
    kind = "" if mine is None else mine.verdict + str(mine.grade or "")
    citation = citation_of(view, clause)
    rank = mark if mark.isdigit() else ""
    return (
        f'<article class="rv-clause" tabindex="-1" data-clause="{escape(clause)}" data-rank="{rank}" data-stored="{kind}" '
        f'aria-label="{escape(citation)}"><h4><span class="rc-rank">{mark}</span><span>{escape(citation)}</span></h4>'
        f"{inside}{others}{_decision(file, clause, mine, citation) if file.turn else ''}</article>"
    )


def _decision(file: CaseFile, clause: str, mine: Review | None, citation: str) -> str:
    choices: Collection[tuple[str, str, str]] = _CHOICES if clause in file.suggested else _ADDED
    buttons = "".join(
        f'<button type="button" data-rv-choice="{kind}" aria-pressed="false">{label} <kbd aria-hidden="true">{key}</kbd></button>'
        for kind, label, key in choices
    )
    comment = "" if mine is None else mine.comment
    saved = "" if mine is None else f"已保存：{verdict_text(mine)}　{local(mine.at)[:16]}"
    off = "" if mine is None else button("withdraw", "撤下意见")
    return (
        f'<div class="rv-choices" role="group" aria-label="对{escape(citation)}的意见">{buttons}</div>'
        f'<label class="rv-comment">说明<textarea rows="2" maxlength="2000">{escape(comment)}</textarea></label>'
        f'<p class="rv-state"><span class="rv-saved">{escape(saved)}</span><span class="rv-unsaved"></span>{off}</p>'
    )


def citation_of(view: CaseView, clause: str) -> str:
    """Return how a clause is cited; its id where neither report nor index know it."""
    cited = {match.clause.id: match.citation for match in matches_of(view.file)}
    entry = view.clauses.get(clause)
    return cited.get(clause) or (clause if entry is None else entry.citation)


def verdict_text(review: Review | None) -> str:
    """Return a decision in words; None is one that was not made."""
    return "没有意见" if review is None else verdict_words(review)


def said_html(file: CaseFile, review: Review | None) -> str:
    """Return a decision with who made it and why."""
    comment = f"：{review.comment}" if review is not None and review.comment else ""
    name = "" if review is None else f"（{file.names.get(review.reviewer, review.reviewer)}）"
    return f"<strong>{escape(verdict_text(review))}</strong>{escape(name + comment)}"


def button(action: str, label: str, *, primary: bool = False) -> str:
    """Return a button for the script; `action` is what it asks for."""
    return f'<button type="button" data-rv-do="{action}"{" class=rv-primary" if primary else ""}>{label}</button>'
