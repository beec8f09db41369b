"""A narrative in parts: what stands between two pauses, with its sentence, and who speaks in a transcript of 问 and 答.

A part ends at a comma, colon, stop or white space; an enumeration (上会、评估、请示) stays together, so that one negation
covers it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from data.schema import Span

__all__ = ["Part", "Role", "answer_of", "cut", "part_at", "proposition"]

Role = Literal["question", "answer", "story"]

_PAUSE = re.compile(r"(?:[，；：。！？!?;…—\s]|[,:](?![0-9])|\.(?![0-9A-Za-z]))+[”’」』）)]*\s*")
_STOP = re.compile(r"[。！？!?；;\n]")
_SPEAKERS: dict[str, Role] = {"问": "question", "答": "answer"}
_ASKS = re.compile(r"吗$|(?<![什怎这那多要])么$")
_AROUND = "“‘「『（(”’」』）) \u3000"
# what makes a question of a statement: the statement itself is what its answer speaks of
_TAG = re.compile(r"(?:没有|没|吗|么|嘛|不|呢|吧|过没有|了没)[？?]*$|有没有|是不是|是否|到底|究竟|难道")
_DOUBLED = re.compile(r"(.)[没不](?=\1)")
_FIRMLY = "(?:真|倒|也|都|还|从来|从|一次|根本|压根)?"
_NO = re.compile(rf"(?:那|这)?{_FIRMLY}(?:没有|没|不是|否|不|哪有|没这回事|没那回事)(?:的事|过|啊|呀|嘛|的)?$")
_NO_VERB = re.compile(rf"{_FIRMLY}(?:没|不|未)[^不没]{{1,3}}$")
_YES = re.compile(r"(?:是|对|嗯|有|当然|确实|肯定|没错)(?:的|啊|呀|过|了)?$")
_EVADED = re.compile(
    r"不清楚|记不(?:太|大|怎么)?清|记不起|想不起|没(?:什么)?印象|说不上来|时间(?:太)?久|无法确认|不记得|忘了|不好说|说不清|说不好|"
    r"不知道|不晓得|无可奉告|不想说|沉默|不语|不吭声|不说话|不吱声|答不上|避而不答|岔开|"
    r"没(?:有)?(?:回答|吭声|言语|说话|表态|作声|出声|应声|接话)|半天没|低着?头|这个嘛|再说吧|还要?查|没想好"
)
_SILENT = re.compile(r"吭声|说话|表态|作声|出声|吱声|开口")  # 我没吭声 tells what was done then
_SHORT = 5  # characters of a part that is nothing but no and a verb


@dataclass(frozen=True, slots=True)
class Part:
    """What stands between two pauses; `sentence` counts sentences from 0, `asked` tells that its sentence is a question."""

    span: Span
    sentence: int
    asked: bool
    role: Role


def cut(text: str) -> tuple[Part, ...]:
    """Return the parts of `text` in order; a speaker's mark (问：, 答：) is none. Text without a character gives ()."""
    found: list[tuple[Span, int, Role]] = []
    asked: set[int] = set()
    start, sentence = 0, 0
    role: Role = "story"
    for pause in [*_PAUSE.finditer(text), None]:
        end, after, mark = (pause.start(), pause.end(), pause[0]) if pause else (len(text), len(text), "")
        words = text[start:end].strip(_AROUND)
        if words in _SPEAKERS and mark.lstrip().startswith(("：", ":")):
            sentence, role = sentence + 1, _SPEAKERS[words]
        elif words:
            found.append((Span(start, end), sentence, role))
            if mark.startswith(("？", "?")) or role == "question" or _ASKS.search(words):
                asked.add(sentence)
        sentence += bool(_STOP.search(mark))
        start = after
    return tuple(Part(span, at, at in asked, who) for span, at, who in found)


def part_at(parts: Sequence[Part], place: int) -> int:
    """Return the index of the part that holds the character at `place`, else of the one before it, 0 before the first."""
    return max(0, bisect_right(parts, place, key=lambda part: part.span.start) - 1)


def answer_of(words: str) -> Literal["yes", "no", "evaded", ""]:
    """Tell what a part of an answer says by itself; "" where it has to be read (查过，四月八号)."""
    words = words.strip("“”。 ")
    if _EVADED.search(words) and not (words.startswith("我") and _SILENT.search(words)):
        return "evaded"
    if _NO.match(words) or len(words) <= _SHORT and _NO_VERB.match(words):
        return "no"
    return "yes" if _YES.match(words) else ""


def proposition(question: str) -> str:
    """Return what a question asks about as a statement: 到过现场没有 gives 到过现场, 有没有上会 gives 上会."""
    return _DOUBLED.sub("", _TAG.sub("", question))
