"""Whether a passage tells something as fact, reports a claim, or only plans, supposes or asks it; and whether it is negated.

The words are in data/polarity_cues.toml, how far they reach in `retrieval.stance_scopes`. Then, backwards: …只是个想法 speaks of
its whole sentence, a question is one unless it is a retort (难道没去？), a doubt makes a claim of the sentence before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from data.schema import Span
from retrieval.stance_cues import Cues, load_cues
from retrieval.stance_negation import Word, retorts, turned
from retrieval.stance_parts import Part, cut, part_at
from retrieval.stance_scopes import DONE, Stretch, Telling, cues_of, stretches

__all__ = ["UNANSWERED", "Reading", "Stance", "Stretch", "Telling", "read", "stance"]

UNANSWERED = "只是问，没有答案"
UNSURE = "真假没有查清"
SHARE = 0.4
"""The share of a passage that is claimed or supposed, from which on it is one as a whole."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A narrative cut into parts, and the stretches that cover these parts in order."""

    text: str
    parts: tuple[Part, ...]
    stretches: tuple[Stretch, ...]

    def at(self, place: int) -> Stretch:
        """Return the stretch of the character at `place`; between stretches the one before it."""
        found = Stretch(Span(0, 0), 0, "told")
        for stretch in self.stretches:
            if stretch.span.start > place:
                break
            found = stretch
        return found

    def within(self, span: Span) -> tuple[Part, ...]:
        """Return the parts that the span touches."""
        return tuple(part for part in self.parts if part.span.overlaps(span))


@dataclass(frozen=True, slots=True)
class Stance:
    """How a passage is told; `cue` are the words that make it so, None where it is plainly asserted; `reason` is Chinese."""

    kind: Literal["asserted", "negated", "alleged", "hypothetical"]
    cue: Span | None
    reason: str


@lru_cache(maxsize=16)
def read(narrative: str) -> Reading:
    """Return how each part of the narrative is told; empty text has no parts. Takes time linear in its length."""
    cues, parts = load_cues(), cut(narrative)
    if not parts:
        return Reading(narrative, (), ())
    found = _backwards(narrative, parts, list(stretches(narrative, parts, cues)), cues)
    found = [_as_question(narrative, parts, stretch, cues) for stretch in found]
    return Reading(narrative, parts, tuple(_doubted(narrative, parts, found, cues)))


def stance(reading: Reading, span: Span) -> Stance:
    """Return how the passage at `span` is told as a whole; one without words is asserted.

    It is a claim or a supposition where at least `SHARE` of it is, and negated where one of its parts is and the others are
    not negated twice.
    """
    other = {
        stretch: min(stretch.span.end, span.end) - max(stretch.span.start, span.start)
        for stretch in reading.stretches
        if stretch.how in ("alleged", "hypothetical") and stretch.span.overlaps(span)
    }
    if other and sum(other.values()) >= SHARE * len(span):
        return of_stretch(reading, max(other, key=lambda stretch: other[stretch]))
    for part in reversed(reading.within(span)):
        end = Word(Span(part.span.end, part.span.end))
        how = turned(reading.text, part.span, end, load_cues().negation, asked=part.asked)
        if how.odd and how.by is not None:
            return Stance("negated", how.by, f"“{how.by.of(reading.text)}”否定了这句话")
    return Stance("asserted", None, "直接陈述，没有否定")


def of_stretch(reading: Reading, stretch: Stretch) -> Stance:
    """Return the stance of a stretch that is not told as fact."""
    words = f"“{stretch.cue.of(reading.text)}”" if stretch.cue is not None else ""
    return Stance("alleged" if stretch.how == "alleged" else "hypothetical", stretch.cue, words + stretch.why)


def _backwards(text: str, parts: tuple[Part, ...], found: list[Stretch], cues: Cues) -> list[Stretch]:
    """Return the stretches with those before a cue that speaks of its whole sentence told as it says."""
    for scope in cues.scopes:
        for cue in cues_of(scope, text) if scope.reach == "sentence" else ():
            sentence = parts[part_at(parts, cue.start)].sentence
            for index, stretch in enumerate(found):
                before = stretch.span.start <= cue.start and parts[stretch.part].sentence == sentence
                if before and stretch.how == "told" and not (scope.soft and _done(text, stretch.span, cue, cues)):
                    found[index] = replace(stretch, how=scope.kind, cue=cue, why=scope.name, law=scope.law)
    return found


def _done(text: str, span: Span, cue: Span, cues: Cues) -> bool:
    """Tell whether the stretch says that something has been done, the cue itself apart."""
    return not span.overlaps(cue) and (span.of(text).endswith(DONE) or cues.outcomes["soft"].found(text, span))


def _as_question(text: str, parts: tuple[Part, ...], stretch: Stretch, cues: Cues) -> Stretch:
    """Return the stretch, told as a question where it stands in one that is no retort."""
    part = parts[stretch.part]
    if not part.asked or part.role == "answer" or stretch.how != "told":
        return stretch
    whole = [other.span for other in parts if other.sentence == part.sentence]
    if retorts(text, Span(whole[0].start, min(whole[-1].end + 1, len(text))), cues.negation):
        return stretch
    follows = next((other for other in parts[stretch.part :] if other.sentence > part.sentence), None)
    if follows is not None and follows.role == "answer":
        return replace(stretch, how="asked")
    return replace(stretch, how="hypothetical", why=UNANSWERED)


def _doubted(text: str, parts: tuple[Part, ...], found: Iterable[Stretch], cues: Cues) -> Iterable[Stretch]:
    """Yield the stretches with those before a doubt (是不是真的，没人知道) told as claims."""
    everything = Span(0, len(text))
    doubts = {parts[part_at(parts, one.start())].sentence: one for one in cues.outcomes["unsure"].within(text, everything)}
    for stretch in found:
        sentence = parts[stretch.part].sentence
        for doubt in (doubts.get(sentence), doubts.get(sentence + 1)):
            if doubt is not None and stretch.how == "told" and stretch.span.end <= doubt.start():
                stretch = replace(stretch, how="alleged", cue=Span(*doubt.span()), why=UNSURE)
        yield stretch
