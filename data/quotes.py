"""Finds which clauses a document quotes, word for word or nearly so.

A quotation may drop or change a few words (the leading 在, 其工作人员 for 工作人员) and punctuation. Shared runs of
characters say where in the source a clause could stand; the longest-matching-blocks alignment of the clause with that
place gives the exact span and the similarity

    similarity = 2 M / (length of the clause + length of the span)

with M the characters that align (Ratcliff and Obershelp, 1988), all lengths without punctuation and white space.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from data.schema import Clause, Regulation, Span

__all__ = ["Quote", "find_quotes"]

_SEED = 5
"""Length of the shared runs of characters."""
_SHORTEST = 10
"""Clauses with fewer characters are too common to be called quotations."""
_MOST_PLACES = 50
"""A run of characters that stands in more places than this tells nothing about where a quotation is."""


@dataclass(frozen=True, slots=True)
class Quote:
    """`span` of the text of the document `source_id` quotes the clause `clause_id`; `similarity` is in 0..1."""

    source_id: str
    span: Span
    clause_id: str
    similarity: float


@dataclass(frozen=True, slots=True)
class _Plain:
    """A text without punctuation and white space, and where in the original each character stands."""

    text: str
    offsets: Sequence[int]


def find_quotes(source: Regulation, target: Regulation, *, minimum: float = 0.85) -> tuple[Quote, ...]:
    """Return the places in `source` that quote clauses of `target` with at least `minimum` similarity, in text order.

    A place counts for the one clause that it resembles most. () where nothing is quoted.
    """
    plain = _plain(source.text)
    seeds = _seeds(plain.text)
    found = []
    for clause in target.clauses:
        quote = _best_quote(source, plain, seeds, clause)
        if quote is not None and quote.similarity >= minimum:
            found.append(quote)
    kept: list[Quote] = []
    for quote in sorted(found, key=lambda q: (-q.similarity, q.span.start)):
        if not any(quote.span.overlaps(other.span) for other in kept):
            kept.append(quote)
    return tuple(sorted(kept, key=lambda q: q.span.start))


def _plain(text: str) -> _Plain:
    offsets = [at for at, char in enumerate(text) if char.isalnum()]
    return _Plain("".join(text[at] for at in offsets), offsets)


def _seeds(text: str) -> Mapping[str, Sequence[int]]:
    places: dict[str, list[int]] = {}
    for at in range(len(text) - _SEED + 1):
        places.setdefault(text[at : at + _SEED], []).append(at)
    return places


def _best_quote(source: Regulation, plain: _Plain, seeds: Mapping[str, Sequence[int]], clause: Clause) -> Quote | None:
    wanted = _plain(clause.text).text
    if len(wanted) < _SHORTEST:
        return None
    # shared runs on (nearly) the same diagonal belong to one quotation; a dropped word shifts it by its length
    diagonals: Counter[int] = Counter()
    for at in range(len(wanted) - _SEED + 1):
        places = seeds.get(wanted[at : at + _SEED], ())
        if len(places) <= _MOST_PLACES:
            diagonals.update((place - at) // _SEED for place in places)
    if not diagonals:
        return None
    start = min(diagonals, key=lambda diagonal: (-diagonals[diagonal] - diagonals[diagonal + 1], diagonal)) * _SEED
    low, high = max(0, start - 2 * _SEED), min(len(plain.text), start + len(wanted) + 3 * _SEED)
    matcher = SequenceMatcher(None, wanted, plain.text[low:high], autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size > 1]
    if not blocks:
        return None
    first, last = low + blocks[0].b, low + blocks[-1].b + blocks[-1].size
    similarity = 2 * sum(block.size for block in blocks) / (len(wanted) + last - first)
    return Quote(source.id, Span(plain.offsets[first], plain.offsets[last - 1] + 1), clause.id, similarity)
