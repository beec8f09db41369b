"""How things are said in a report: dates, shares, verdicts, and texts without what no file can hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

from data.jsonl import whole
from data.schema import Match, Span
from ui.present_words import POLARITY

__all__ = [
    "chinese_date",
    "chinese_time",
    "excerpt",
    "paragraphs",
    "plain",
    "probability",
    "quotes",
    "similarity",
]

_BREAK = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
# what XML 1.0 cannot hold (2.2 Char), and DEL with the C1 controls, which Word shows as boxes
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_QUOTE = 160  # characters


def plain(text: str) -> str:
    """Return the text with LF for every kind of line end and U+FFFD for what an XML file cannot hold; tabs stay."""
    return _FORBIDDEN.sub("\ufffd", whole(_BREAK.sub("\n", text)))


def paragraphs(text: str, marked: Iterable[Span]) -> list[list[tuple[str, bool]]]:
    """Return the lines of `text` that are not blank, each as pieces (text, lies in one of `marked`); spans may overlap."""
    flags = bytearray(len(text))
    for span in marked:
        flags[span.start : span.end] = b"\x01" * (min(span.end, len(text)) - span.start)
    ends = [(found.start(), found.end()) for found in _BREAK.finditer(text)] + [(len(text), len(text))]
    lines, start = [], 0
    for stop, following in ends:
        if text[start:stop].strip():
            lines.append(_pieces(text, flags, start, stop))
        start = following
    return lines


def _pieces(text: str, flags: bytearray, start: int, stop: int) -> list[tuple[str, bool]]:
    while text[start].isspace():  # the layout indents by itself
        start += 1
    while text[stop - 1].isspace():
        stop -= 1
    cuts = [start, *(at for at in range(start + 1, stop) if flags[at] != flags[at - 1]), stop]
    return [(text[a:b], bool(flags[a])) for a, b in zip(cuts, cuts[1:], strict=False)]


def excerpt(text: str, limit: int = _QUOTE) -> str:
    """Return the text on one line, cut to `limit` characters with … at the end."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def quotes(match: Match, narrative: str) -> list[str]:
    """Return the words of the narrative that speak to a clause in quotes, each on one line and told once; none gives [].

    Words that were judged to support or contradict the clause say so, in the words of the reason where there is one.
    """
    found: dict[str, str] = {}
    for evidence in match.evidence:
        words = excerpt(evidence.narrative.of(narrative))
        judged = "" if evidence.polarity == "unclear" else evidence.reason or POLARITY[evidence.polarity]
        if words and not found.get(words):
            found[words] = f"（{judged}）" if judged else ""
    return [f"“{words}”{judged}" for words, judged in found.items()]


def similarity(match: Match) -> str:
    """Return the cosine similarity for people, — where it was not computed."""
    return "—" if match.similarity is None else f"{match.similarity:.3f}"


def probability(match: Match) -> str:
    """Return the calibrated probability with its word, such as 强，72%; 未校准 without one."""
    if match.probability is None:
        return "未校准"
    return "，".join(filter(None, (match.band, f"{match.probability:.0%}")))


def chinese_date(day: date) -> str:
    """Return a day as official documents write it: 2026年1月9日; a time is taken on this machine's clock."""
    day = day.astimezone() if isinstance(day, datetime) else day
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_time(moment: datetime) -> str:
    """Return a time on this machine's clock: 2026年1月9日15时08分."""
    here = moment.astimezone()
    return f"{chinese_date(here)}{here:%H}时{here:%M}分"
