"""Sentences and overlapping sentence windows of a narrative, as spans; needs no dictionary.

What ends a sentence:
    。！？；… and their ASCII forms, a whole run of them, with the closing quotes and brackets that follow;
        not ? ! ; between ASCII letters (an address), not what stands inside a title 《…》
    a full stop "." after a Han character ("他走了.我回去了"), never one in 3.5 or 2023.5.1
    the end of a line
What begins one:
    an enumerator after white space or punctuation: 1. 2、 (3) （一） 二、 ① 一是
    a speaker of a transcript, 问：or 答：, unless it is the end of a word such as 询问：
A sentence of more than `LONG` characters is cut further, at commas and spaces: that is how chat messages are written.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from data.schema import Span

__all__ = ["LONG", "split_sentences", "windows"]

LONG = 60
"""Characters a sentence may have before it is cut at commas and spaces."""
_SHORTEST = 12  # a cut leaves at least this many characters on its left
_TELLING = 25  # a single sentence longer than this is a window of its own

_HAN = "\u3400-\u9fff"
_CLOSING = r"”’」』）)】〕》〉］\]"
_TITLE = re.compile(r"《[^《》\n]{1,80}》")
_END = re.compile(
    rf"""(?: [。！？；…]                      # Chinese marks
           | (?<![A-Za-z0-9])[!?;] | [!?;](?![A-Za-z0-9])  # ASCII ones, not inside an address
           | \.{{2,}}                         # typed dots
           | (?<=[{_HAN}”’」』）】》])\.(?![0-9A-Za-z.])  # full stop of someone who types ASCII
         )(?:[。！？；…!?;]|\.(?![0-9]))*      # a run of marks is one end
         [{_CLOSING}]*
         | [\r\n\v\f\x85\u2028\u2029]+""",
    re.VERBOSE,
)
_NUMERAL = "一二三四五六七八九十"
_BEGIN = re.compile(
    rf"""(?<=[\s，,。；;：:、！？!?])(?:
             [0-9]{{1,2}}[.．、)）](?![0-9])
           | [{_NUMERAL}]{{1,3}}[、.．](?![{_NUMERAL}])
           | [{_NUMERAL}]是
           | [（(](?:[0-9]{{1,2}}|[{_NUMERAL}]{{1,3}})[)）]
           | [①-⑳] )
         | (?<![询回追反提请发盘讯质疑设访作应解学顾慰拷责抢])[问答][ \u3000]?[：:]""",
    re.VERBOSE,
)
_COMMA = re.compile(r"[，,](?![0-9])|(?<![0-9])[，,]|[ \t\u3000]+")
_LIGHT = re.compile(r"[、：:—～~]+(?![0-9])")


def split_sentences(text: str) -> list[Span]:
    """Return the sentences of `text`: ordered, disjoint, trimmed of white space, covering every other character.

    Text without a character other than white space gives []. Takes time linear in the length of `text`.
    """
    pieces = [part for piece in _pieces(text) for part in _cut_long(text, piece)]
    return _join_marks(text, pieces)


def windows(text: str, *, sentences: int = 2, stride: int = 1, max_chars: int = 160) -> list[Span]:
    """Return overlapping windows of up to `sentences` sentences, ordered by start and end; empty text gives [].

    A window starts at every `stride`-th sentence and takes fewer sentences where it would exceed `max_chars` (a single
    sentence beyond that is cut into parts). Sentences of more than 25 characters are windows of their own as well.
    Every sentence is in some window. Raises ValueError unless ``1 <= stride <= sentences`` and ``max_chars >= 1``.
    """
    if not 1 <= stride <= sentences or max_chars < 1:
        raise ValueError(f"1 <= stride <= sentences and max_chars >= 1, not {stride=}, {sentences=}, {max_chars=}")
    units = [unit for span in split_sentences(text) for unit in _chunks(text, span, max_chars)]
    found = {unit for unit in units if len(unit) > _TELLING}
    first = 0
    while first < len(units):
        last = first
        while last + 1 < min(first + sentences, len(units)) and units[last + 1].end - units[first].start <= max_chars:
            last += 1
        found.add(Span(units[first].start, units[last].end))
        if last + 1 == len(units):
            break
        first = min(first + stride, last + 1)
    return sorted(found)


def _pieces(text: str) -> Iterator[Span]:
    """Yield the spans between the cuts, trimmed; empty ones are left out."""
    titles = [match.span() for match in _TITLE.finditer(text)]
    cuts = {match.end() for match in _END.finditer(text) if not _inside(titles, match.start())}
    cuts |= {match.start() for match in _BEGIN.finditer(text) if not _inside(titles, match.start())}
    start = 0
    for cut in (*sorted(cuts), len(text)):
        cut = _past_closing_quote(text, start, cut)
        span = _trimmed(text, start, cut)
        start = max(start, cut)
        if span is not None:
            yield span


def _inside(titles: Sequence[tuple[int, int]], place: int) -> bool:
    """Tell whether `place` lies strictly between the first and the last character of one of the titles."""
    i = bisect_left(titles, (place, 0)) - 1
    return i >= 0 and place < titles[i][1]


def _past_closing_quote(text: str, start: int, cut: int) -> int:
    """Return `cut`, moved past a straight quote there that closes one opened since `start`."""
    return cut + 1 if text[cut : cut + 1] == '"' and text.count('"', start, cut) % 2 else cut


def _trimmed(text: str, start: int, end: int) -> Span | None:
    """Return the span without white space at its ends, None where nothing else is in it."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if start < end else None


def _cut_long(text: str, span: Span) -> Iterator[Span]:
    """Yield the span, or parts of it of at most `LONG` characters where commas or spaces allow, else up to twice that."""
    if len(span) <= LONG:
        yield span
        return
    commas = [match.end() for match in _COMMA.finditer(text, span.start, span.end)]
    lights = [match.end() for match in _LIGHT.finditer(text, span.start, span.end)]
    start = span.start
    while span.end - start > LONG:
        cut = _choose(text, start, span.end, (commas, lights))
        part = _trimmed(text, start, cut)
        if part is not None:
            yield part
        start = cut
    rest = _trimmed(text, start, span.end)
    if rest is not None:
        yield rest


def _choose(text: str, start: int, end: int, marks: Sequence[Sequence[int]]) -> int:
    """Return where to cut: the mark nearest to an even share, else the next mark before twice `LONG`, else a bare cut."""
    share = (end - start) / -(-(end - start) // LONG)
    for ends in marks:
        near = ends[bisect_left(ends, start + _SHORTEST) : bisect_right(ends, min(start + LONG, end - 1))]
        if near:
            return min(near, key=lambda place: abs(place - start - share))
    farther = [ends[i] for ends in marks if (i := bisect_right(ends, start + LONG)) < len(ends)]
    limit = min([start + 2 * LONG, end, *farther])
    while limit < end and limit > start + LONG and text[limit - 1].isascii() and text[limit].isascii():
        limit -= 1  # never inside a number or a Latin word
    return limit


def _join_marks(text: str, pieces: list[Span]) -> list[Span]:
    """Return the pieces with those that hold marks only joined to the one before them on the same line."""
    joined: list[Span] = []
    for piece in pieces:
        bare = not any(map(str.isalnum, piece.of(text)))
        if bare and joined and not _END_OF_LINE.search(text, joined[-1].end, piece.start):
            joined[-1] = Span(joined[-1].start, piece.end)
        else:
            joined.append(piece)
    return joined


_END_OF_LINE = re.compile(r"[\r\n\v\f\x85\u2028\u2029]")


def _chunks(text: str, span: Span, size: int) -> Iterator[Span]:
    """Yield the span, or consecutive parts of at most `size` characters."""
    for start in range(span.start, span.end, size):
        part = _trimmed(text, start, min(start + size, span.end))
        if part is not None:
            yield part
