"""What changed from one set of regulations to another, clause by clause.

Clauses of one regulation belong together, in this order:
    1. equal texts, in their order (longest common subsequence), so that an inserted article does not make all later ones differ
    2. the same id with texts that have something in common
    3. what is left and most alike, from `_ALIKE` on
What then stands alone was removed or added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from data.citation import citations
from data.equivalents import differing
from data.schema import Clause, Regulation, Span

__all__ = ["KINDS", "Change", "difference"]

Kind = Literal["added", "removed", "changed", "category", "renumbered"]
KINDS: Mapping[Kind, str] = {
    "added": "新增",
    "removed": "删去",
    "changed": "文字改动",
    "category": "类别改动",
    "renumbered": "只改编号",
}
"""What people read, for each kind of change."""

_ALIKE = 0.6  # share of common characters from which two clauses are taken for one that was rewritten
_SAME_ID = 0.3  # less is enough where the number is the same
_MOST = 40_000  # pairs of one regulation that are compared by their characters, which takes some seconds


@dataclass(frozen=True, slots=True)
class Change:
    """One clause that differs; what was added has no `before`, what was removed no `after`.

    The spans mark the words within the text of each side that the other lacks; none where only punctuation differs. A clause
    whose words changed may have another category as well.
    """

    kind: Kind
    regulation: str
    before: Clause | None
    after: Clause | None
    citation_before: str = ""
    citation_after: str = ""
    spans_before: tuple[Span, ...] = ()
    spans_after: tuple[Span, ...] = ()


def difference(before: Sequence[Regulation], after: Sequence[Regulation]) -> tuple[Change, ...]:
    """Return the changes, regulation by regulation in the order of `after`, removed regulations last; () where none changed."""
    old, new = ({regulation.id: regulation for regulation in side} for side in (before, after))
    changes: list[Change] = []
    for identifier in dict.fromkeys((*new, *old)):
        changes += _compare(old.get(identifier), new.get(identifier))
    return tuple(changes)


def _compare(before: Regulation | None, after: Regulation | None) -> Iterator[Change]:
    """Yield the changes of one regulation in the order of the new text; what was removed stands where it stood."""
    old, new = (() if side is None else side.clauses for side in (before, after))
    cited = [{} if side is None else citations(side) for side in (before, after)]
    title = (after or before).title  # type: ignore[union-attr]  # one of the two is there
    pairs = _pairs(old, new)
    removed = sorted(set(range(len(old))) - set(pairs.values()))
    for place, clause in enumerate(new):
        partner = pairs.get(place)
        while removed and partner is not None and removed[0] < partner:
            gone = old[removed.pop(0)]
            yield Change("removed", title, gone, None, cited[0][gone.id])
        if partner is None:
            yield Change("added", title, None, clause, "", cited[1][clause.id])
        else:
            yield from _changed(title, (old[partner], clause), cited)
    for at in removed:
        yield Change("removed", title, old[at], None, cited[0][old[at].id])


def _changed(title: str, pair: tuple[Clause, Clause], cited: Sequence[Mapping[str, str]]) -> Iterator[Change]:
    before, after = pair
    names = cited[0][before.id], cited[1][after.id]
    if before.text != after.text:
        yield Change("changed", title, before, after, *names, *differing(before.text, after.text))
    elif before.category != after.category:
        yield Change("category", title, before, after, *names)
    elif before.id != after.id:
        yield Change("renumbered", title, before, after, *names)


def _pairs(old: Sequence[Clause], new: Sequence[Clause]) -> dict[int, int]:
    """Return for places in `new` the place in `old` that belongs to it."""
    found: dict[int, int] = {}
    matcher = SequenceMatcher(None, [clause.text for clause in old], [clause.text for clause in new], autojunk=False)
    for block in matcher.get_matching_blocks():
        found.update({block.b + step: block.a + step for step in range(block.size)})
    taken = set(found.values())
    free_old = [at for at in range(len(old)) if at not in taken]
    free_new = [at for at in range(len(new)) if at not in found]
    likeness = _likeness(old, new, free_old, free_new)
    for _, at_old, at_new in sorted(likeness, key=lambda row: (-row[0], row[1:])):
        if at_new not in found and at_old not in taken:
            found[at_new] = at_old
            taken.add(at_old)
    return found


def _likeness(
    old: Sequence[Clause], new: Sequence[Clause], free_old: list[int], free_new: list[int]
) -> list[tuple[float, int, int]]:
    """Return (likeness, place in `old`, place in `new`) of pairs that may belong together; the same id counts one more."""
    ids = {old[at].id: at for at in free_old}
    same = [(ids[new[at].id], at) for at in free_new if new[at].id in ids]
    rows = [(1 + ratio, a, b) for a, b in same if (ratio := _ratio(old[a], new[b])) >= _SAME_ID]
    if len(free_old) * len(free_new) <= _MOST:
        rows += [(ratio, a, b) for a in free_old for b in free_new if (ratio := _ratio(old[a], new[b])) >= _ALIKE]
    return rows


def _ratio(before: Clause, after: Clause) -> float:
    matcher = SequenceMatcher(None, before.text, after.text, autojunk=False)
    # the two bounds are cheap and mostly enough to tell that a pair does not belong together
    least = min(_SAME_ID, _ALIKE)
    if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
        return 0.0
    return matcher.ratio()
