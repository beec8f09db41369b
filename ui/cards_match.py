"""One suggested clause as a card: its text and numbers, the words of the narrative, an alignment, its equivalents elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from data.schema import Evidence, Match, MatchReport, Span
from retrieval.alignment import Alignment
from retrieval.dossier import Parallel
from ui.cards_alignment import alignment_html
from ui.page_marks import mark_words
from ui.present import strength
from ui.present_words import DECIDED, POLARITY, TOLD

__all__ = ["card"]


def card(
    match: Match,
    report: MatchReport,
    shared: Iterable[Span],
    parallels: Sequence[Parallel] = (),
    alignment: Alignment | None = None,
) -> str:
    """Return the card of a match; `shared` are the words of the clause that the narrative has too."""
    citation = escape(match.citation or match.clause.id)
    return (
        f'<article class="rc-card" tabindex="0" data-rank="{match.rank}" aria-label="第 {match.rank} 名，{citation}">'
        f'<h5><span class="rc-rank"><span class="rc-unseen">第 </span>{match.rank}<span class="rc-unseen"> 名</span></span>'
        f"<span>{citation}</span></h5>"
        f'<p class="rc-clause">{mark_words(match.clause.text, shared)}</p>'
        f"{_similarity(match, report.matches)}{_evidence(match, report.narrative)}"
        f"{alignment_html(alignment, report.narrative, match.clause.text)}{_parallels(match, parallels)}</article>"
    )


def _similarity(match: Match, matches: Sequence[Match]) -> str:
    probability = "未校准" if match.probability is None else f"{match.band} · {match.probability:.0%}"
    cosine = "—" if match.similarity is None else f"{match.similarity:.3f}"
    share = strength(match, matches) * 100
    shown = "相近程度" if match.probability is None else "概率"
    return (
        f'<p class="rc-similarity">{shown} '
        f'<span class="rc-bar" aria-hidden="true"><span style="width:{share:.1f}%"></span></span>'
        f'<span>相似度 <strong>{cosine}</strong></span><span class="rc-note">{probability}</span></p>'
    )


def _evidence(match: Match, narrative: str) -> str:
    if not match.evidence:
        return ""
    quotes = "".join(
        f"<blockquote>{escape(one.narrative.of(narrative).strip())}{_told(one)}</blockquote>" for one in match.evidence
    )
    side = "" if match.polarity == "unclear" else f"，{POLARITY[match.polarity]}（{DECIDED[match.decided_by]}）"
    return f'<div class="rc-evidence"><p>叙述中的依据{side}</p>{quotes}</div>'


def _told(one: Evidence) -> str:
    if one.told == "unclear":
        return ""
    return f'<span class="rc-told-as">{TOLD[one.told]}：{escape(one.reason)}</span>'


def _parallels(match: Match, parallels: Sequence[Parallel]) -> str:
    if not parallels:
        return ""
    rows = "".join(_parallel(match, one) for one in parallels)
    return (
        f'<details class="rc-parallels"><summary>其他地区的对应条款 {len(parallels)} 条</summary>'
        f'<p class="rc-hint">下划线是另一条没有的字词。</p>{rows}</details>'
    )


def _parallel(match: Match, one: Parallel) -> str:
    note = f'<p class="rc-difference">区别：{escape(one.note)}</p>' if one.note else ""
    return (
        f'<div class="rc-parallel"><p><strong>{escape(one.relation)}</strong> {escape(one.citation)}</p>{note}'
        f"<dl><dt>本条</dt><dd>{_marked(match.clause.text, one.own)}</dd>"
        f"<dt>对应</dt><dd>{_marked(one.clause.text, one.other)}</dd></dl></div>"
    )


def _marked(text: str, spans: Sequence[Span]) -> str:
    found, at = "", 0
    for span in spans:
        found += f"{escape(text[at : span.start])}<u>{escape(span.of(text))}</u>"
        at = span.end
    return found + escape(text[at:])
