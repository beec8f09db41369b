"""Reads title, issuer, document number, dates and region of a regulation from its text.

Only what the text itself says is read: a number such as 鲁纪发〔2018〕15号 within a sentence is a citation, not the
regulation's own. What stays unknown is "" or None; `data/regulations/SOURCES.tsv` can add it for shipped texts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from data.numerals import parse_number
from data.schema import Regulation

__all__ = ["read_metadata", "region_of"]

_DAY = r"[0-9一二三四五六七八九十]{1,3}"
_DATE = re.compile(
    r"(?P<y>[12][0-9]{3}|[一二][〇○零一二三四五六七八九]{3})\s*[年./-]\s*"
    rf"(?P<m>{_DAY})\s*[月./-]\s*(?P<d>{_DAY})日?"
)
_NUMBER = re.compile(
    r"(?:文号|发文字号|文件编号)?\s*[:：]?\s*([\u4e00-\u9fff]{1,10}\s*[〔\[（(【][12][0-9]{3}[〕\]）)】]\s*第?\s*[0-9]{1,5}\s*号)"
)
_DECREE = re.compile(r"([\u4e00-\u9fff]{2,20}令\s*第?\s*[0-9一二三四五六七八九十百〇零]+\s*号)")
_ORGAN = r"(?:委员会|人民政府|代表大会|党组|委|府|厅|局|院|部|署|办公室|办公厅|党工委|管委会)"
_ISSUED_BY = re.compile(rf"(?:^|[，,。：:])([\u4e00-\u9fff]{{2,25}}{_ORGAN})(?:日前|近日)?(?:联合)?印发(?:了)?(?:通知|《)")
_ADOPTED_BY = re.compile(
    r"([\u4e00-\u9fff]{2,40}?(?:常务委员会|代表大会|审判委员会|检察委员会|国务院|人民政府))(?:第|令|公告|常务会议)"
)
_EFFECTIVE = re.compile(r"自([^，。；]{1,30})起(?:正式)?(?:施行|实施|实行|执行|生效)")
_SUPERSEDED = re.compile(
    r"(?:自?本[^，。；]{0,16}(?:施行|实施|发布|公布|印发)[^，。；]{0,6}[，,])?([^。；;]{4,200}?)(?:同时|即行|相应)废止"
)
_REGION = re.compile(
    r"(?:[\u4e00-\u9fff]{2,7}?(?:省|自治区|特别行政区))?(?:[\u4e00-\u9fff]{2,8}?(?<![城上都])(?:市(?!场|民|容)|自治州|盟))?"
    r"(?:[\u4e00-\u9fff]{1,6}?(?<![社郊园貌养景护])(?:区(?!域|划|块)|自治县|县|自治旗))?"
)


def read_metadata(regulation: Regulation) -> Regulation:
    """Return `regulation` with issuer, number, dates, what it replaces and region filled in where the text says so.

    Fields that are set already stay.
    """
    front, tail = _edges(regulation)
    effective_clause = _first(_EFFECTIVE, [clause.text for clause in reversed(regulation.clauses)])
    issued = regulation.issued or _issued(front, tail)
    effective = regulation.effective or _effective(effective_clause, front, issued)
    issuer = regulation.issuer or _issuer(front, tail)
    return replace(
        regulation,
        issuer=issuer,
        region=regulation.region or region_of(regulation.title) or region_of(issuer),
        doc_number=regulation.doc_number or _doc_number(front),
        issued=issued,
        effective=effective,
        supersedes=regulation.supersedes or _supersedes(regulation),
    )


def region_of(name: str) -> str:
    """Return the region that a title or organ's name begins with (重庆市巴南区), or ""."""
    if name.startswith("关于"):
        return ""
    return _REGION.match(name.removeprefix("中共").removeprefix("中国共产党"))[0]  # type: ignore[index]


def _edges(regulation: Regulation) -> tuple[list[str], list[str]]:
    """Return the furniture lines before and after the clauses."""
    first = min((clause.span.start for clause in regulation.clauses), default=len(regulation.text))
    last = max((clause.span.end for clause in regulation.clauses), default=0)
    lines = [piece for piece in regulation.pieces if piece.level == "furniture"]
    front = [" ".join(piece.text.split()) for piece in lines if piece.span.start < first]
    return front, [" ".join(piece.text.split()) for piece in lines if piece.span.start >= last]


def _read_date(match: re.Match[str] | None) -> date | None:
    if match is None:
        return None
    parts = [parse_number(match[name]) for name in ("y", "m", "d")]
    try:
        return date(*(part or 0 for part in parts))
    except ValueError:
        return None


def _first(pattern: re.Pattern[str], lines: Sequence[str]) -> re.Match[str] | None:
    return next((found for line in lines if (found := pattern.search(line))), None)


def _issued(front: Sequence[str], tail: Sequence[str]) -> date | None:
    """Return the date under a notice or signature; else that of promulgation, of publication on a page, of adoption."""
    for line in [*front, *tail]:
        found = _DATE.match(line)
        if found and found.end() == len(line):
            return _read_date(found)
    for word in ("公布", "印发", "发布", "通过"):
        for line in front:
            if word in line and (found := _DATE.search(line)):
                return _read_date(found)
    return None


def _effective(clause: re.Match[str] | None, front: Sequence[str], issued: date | None) -> date | None:
    if clause is not None:
        if (found := _DATE.search(clause[1])) is not None:
            return _read_date(found)
        if re.fullmatch(r"(?:印发|发布|公布|下发|颁布|发文)之日", clause[1]):
            return issued
    line = next((line for line in front if line.endswith(("施行", "实施", "生效"))), "")
    return _read_date(_DATE.search(line))


def _issuer(front: Sequence[str], tail: Sequence[str]) -> str:
    """Return the organ that signs, that a report says has issued it, that adopted it, or that a page names as source."""
    for lines in (front, tail):
        if signed := _signed(lines):
            return signed
    if (found := _first(_ISSUED_BY, front)) is not None:
        return found[1]
    adopted = next((line for line in front if "通过" in line or "令" in line), "")
    if (found := _ADOPTED_BY.search(_DATE.sub("", adopted))) is not None:
        return found[1]
    source = next((line for line in front if re.match(r"(?:信息|文章)?来源\s*[:：]", line)), "")
    named = re.match(rf"[^:：]*[:：]\s*([\u4e00-\u9fff]{{2,25}}{_ORGAN})(?:\s|$)", source)
    return named[1] if named else ""


def _signed(lines: Sequence[str]) -> str:
    """Return the organs on the lines right above a line that is a date."""
    for place, line in enumerate(lines):
        found = _DATE.match(line)
        if found is None or found.end() != len(line):
            continue
        organs: list[str] = []
        for above in reversed(lines[:place]):
            if re.fullmatch(rf"[\u4e00-\u9fff ]{{2,40}}{_ORGAN}", above) is None:
                break
            organs.insert(0, above)
        if organs:
            return " ".join(organs)
    return ""


def _doc_number(front: Sequence[str]) -> str:
    for line in front:
        if (found := _NUMBER.fullmatch(line) or _DECREE.search(_DATE.sub(" ", line))) is not None:
            return found[1].replace(" ", "")
    return ""


def _supersedes(regulation: Regulation) -> str:
    found = _first(_SUPERSEDED, [clause.text for clause in reversed(regulation.clauses[-6:]) if "废止" in clause.text])
    return found[1].strip("，, ") if found else ""
