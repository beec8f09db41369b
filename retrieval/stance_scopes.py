"""How far a claim, a plan or a supposition reaches: one walk over the parts of a narrative.

A cue (据村民说, 如果, 打算, 按规定应) opens a scope that reaches to the end of its sentence, or of the quotation behind it.
What ends it earlier:
    但, 其实 …, after plans also 结果, 最后 …    once what is claimed or planned has been said
    调查组, 监控, 我们当即 …                    a claim
    已, 没, …了, or 我们 behind a rule          what was done after all (按规定应当报，他没报)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from data.schema import Span
from retrieval.stance_cues import Cues, Scope
from retrieval.stance_parts import Part, part_at

__all__ = ["DONE", "Stretch", "Telling", "cues_of", "stretches"]

Telling = Literal["told", "alleged", "hypothetical", "asked"]
"""As fact, as a claim, as something planned or supposed, or as a question that an answer follows."""

DONE = ("了", "过")
"""What ends a part that tells of something done."""

_LONGEST = 8  # parts a scope may reach over in a text without full stops
_NEAR = 2  # characters that may stand between a cue and the quotation that it introduces
_AROUND = 24  # characters around a cue in which its exceptions are looked for
_QUOTED = re.compile(r"“[^“”]*”|「[^「」]*」")
_NONE = ("没", "没有", "未", "不", "无人", "别")  # 没有人说, 不怀疑 report nothing
_SAYS = ("说", "讲", "称", "说是")
_SELF = ("我", "咱", "俺")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive characters of one part told in one way; `cue` are the words that make it so, `why` says in Chinese how."""

    span: Span
    part: int
    how: Telling
    cue: Span | None = None
    why: str = ""
    law: bool = False


@dataclass(frozen=True, slots=True)
class _Open:
    """A scope that is open: the part where its cue is, the one where what it says begins, and where its quotation ends."""

    scope: Scope
    cue: Span
    part: int
    complement: int
    until: int
    named: bool


def stretches(text: str, parts: Sequence[Part], cues: Cues) -> Iterator[Stretch]:
    """Yield what covers the parts, in order; no parts give nothing."""
    return _Walk(text, parts, cues).stretches()


def cues_of(scope: Scope, text: str) -> list[Span]:
    """Return where the words of a scope stand, less those whose end lies in one of its exceptions."""
    found = []
    for match in scope.words.within(text, Span(0, len(text))):
        start, end = match.span()
        near = Span(max(0, start - _AROUND), min(len(text), end + _AROUND))
        excepted = any(one.start() < end <= one.end() for one in scope.excepted.within(text, near))
        if not excepted and not text.endswith(_NONE, 0, start):
            found.append(Span(start, end))
    return found


class _Walk:
    """Goes through the parts once, opening and closing scopes."""

    def __init__(self, text: str, parts: Sequence[Part], cues: Cues) -> None:
        self._text, self._parts, self._outcomes = text, parts, cues.outcomes
        self._quotes = [Span(*match.span()) for match in _QUOTED.finditer(text)]
        self._cues: dict[int, list[tuple[Span, Scope]]] = {}
        for scope in cues.scopes:
            for span in cues_of(scope, text) if scope.reach != "sentence" else ():
                self._cues.setdefault(part_at(parts, span.start), []).append((span, scope))
        self._open: _Open | None = None

    def stretches(self) -> Iterator[Stretch]:
        for index, part in enumerate(self._parts):
            start, end = part.span.start, part.span.end
            if self._open is not None and (self._over(self._open, part, index) or self._ends(self._open, part, index)):
                self._open = None
            for span, scope in sorted(self._cues.get(index, ()), key=lambda one: (one[0].start, -one[0].end)):
                if not self._takes_over(scope) or span.of(self._text) in _SAYS and self._goes_on(index):
                    continue
                whole = scope.law and start == part.span.start  # 单人不得进厂: all of it is the rule
                if span.start > start and not whole:
                    yield self._stretch(Span(start, span.start), index)
                    start = span.start
                self._open = self._opened(scope, span, index)
            ending = self._ending_inside(part, index)
            if ending > start:
                yield self._stretch(Span(start, ending), index)
                self._open, start = None, ending
            if end > start:
                yield self._stretch(Span(start, end), index)

    def _stretch(self, span: Span, part: int) -> Stretch:
        if self._open is None:
            return Stretch(span, part, "told")
        scope = self._open.scope
        return Stretch(span, part, scope.kind, self._open.cue, scope.name, scope.law)

    def _opened(self, scope: Scope, cue: Span, index: int) -> _Open:
        says = cue.of(self._text) in _SAYS
        bare = self._parts[index].span.end == cue.end and not says  # what it says begins in the next part
        until = next((quote.end for quote in self._quotes if cue.end <= quote.start <= cue.end + _NEAR), 0)
        first = index == 0 or self._parts[index - 1].sentence != self._parts[index].sentence
        return _Open(scope, cue, index, index + 1 if bare else index, until, says and first)

    def _goes_on(self, index: int) -> bool:
        """Tell whether a bare 说 goes on from a part in which the narrator speaks of himself (我把笔放下了，说…)."""
        before = self._parts[index - 1] if index else None
        if before is None or before.sentence != self._parts[index].sentence:
            return False
        return before.role == "answer" or before.span.of(self._text).startswith(_SELF)

    def _takes_over(self, scope: Scope) -> bool:
        """Tell whether a new cue replaces what is open: plans within a claim do, and a claim about what a rule says."""
        if self._open is None:
            return True
        old = self._open.scope
        return scope.over if old.kind == "alleged" else scope.kind == "alleged" and old.law

    def _over(self, opened: _Open, part: Part, index: int) -> bool:
        """Tell whether the scope ended with its sentence, its part or its quotation."""
        sentence = part.sentence != self._parts[opened.part].sentence and part.span.start >= opened.until
        quoted = 0 < opened.until <= part.span.start  # 说“知道了”，人没有来
        short = opened.named or opened.scope.reach == "part"  # 说是放权，材料多了: only in name
        return sentence or quoted or index > opened.complement + (0 if short else _LONGEST)

    def _ends(self, opened: _Open, part: Part, index: int) -> bool:
        """Tell whether the part begins anew what is told as fact."""
        words = self._outcomes
        own = words["own"].pattern.match(self._text, part.span.start, part.span.end) is not None
        other = words["actor"].pattern.match(self._text, part.span.start, part.span.end) is not None
        if opened.scope.law and index > opened.part and (own or other):
            return True
        alleged = opened.scope.kind == "alleged"
        if index <= opened.complement or words["doubt" if alleged else "pending"].found(self._text, part.span):
            return False
        if part.span.start >= opened.until:
            if alleged and (own or words["facts"].found(self._text, part.span)):
                return True
            if opened.scope.soft and (part.span.of(self._text).endswith(DONE) or words["soft"].found(self._text, part.span)):
                return True
        claimed = alleged and opened.cue.of(self._text) not in _SAYS
        return any(words[name].found(self._text, part.span) for name in ("contrast", *(() if claimed else ("then",))))

    def _ending_inside(self, part: Part, index: int) -> int:
        """Return where, behind a cue in this part, what was done begins (按规定该报却没报); 0 where nowhere."""
        opened = self._open
        if opened is None or opened.part != index:
            return 0
        rest = Span(min(opened.cue.end + 1, part.span.end), part.span.end)
        names = ("contrast", "then", "soft") if opened.scope.law else ("contrast",)
        return min((match.start() for name in names for match in self._outcomes[name].within(self._text, rest)), default=0)
