"""The words of a narrative that take a side on what one clause speaks of, told as fact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.schema import Clause, Span
from retrieval.stance import Reading, read
from retrieval.stance_direction import Hit, hits, topics

__all__ = ["Words", "words_about"]


@dataclass(frozen=True, slots=True)
class Words:
    """Parts of sentences that say what the clause says and those that say the opposite, in order.

    `count` and `against` are how many words did.
    """

    agreeing: tuple[Span, ...]
    opposing: tuple[Span, ...]
    count: int = 0
    against: int = 0

    @property
    def net(self) -> int:
        """How many more words agree than oppose."""
        return self.count - self.against


def words_about(narrative: str, clause: Clause, within: Sequence[Span] | None = None) -> Words:
    """Return the words about the clause, in the whole narrative or in the sentences `within`.

    Only things that the clause itself names count, not those that any clause of its category is about; without such things, or
    without words about them, all is empty.
    """
    named = tuple(topic for topic in topics(clause.text, clause.category) if topic.named and not topic.group.weak)
    if not named:
        return Words((), ())
    reading = read(narrative)
    parts = reading.parts if within is None else tuple(p for p in reading.parts if any(p.span.overlaps(s) for s in within))
    told = [hit for hit in hits(narrative, parts, named) if reading.at(hit.span.start).how == "told"]
    agreeing, opposing = [h for h in told if h.sign > 0], [h for h in told if h.sign < 0]
    return Words(_parts(reading, agreeing), _parts(reading, opposing), len(agreeing), len(opposing))


def _parts(reading: Reading, found: Sequence[Hit]) -> tuple[Span, ...]:
    """Return the parts of sentences in which the words stand."""
    return tuple(part.span for part in reading.parts if any(part.span.overlaps(hit.span) for hit in found))
