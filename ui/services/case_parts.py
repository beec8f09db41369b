"""Who took part in which review of a case: whoever decided in it, and whoever ever had it and so could read it.

Assignments are overwritten when somebody takes a case over; the audit trail still tells who had it, since it holds the
digest of each assignment as it then was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from data.store.canonical import digest
from data.store.records import Review, Round
from data.store.store import Work

__all__ = ["ROUNDS", "Parts", "holders", "participants"]

ROUNDS: tuple[Round, ...] = (1, 2)
Parts = Mapping[Round, frozenset[str]]
_ALL = 10_000


def participants(work: Work, case_id: str, history: Collection[Review], names: Collection[str]) -> Parts:
    """Return the user names that took part in each round; `names` are all users, `history` all decisions."""
    return {
        round: frozenset(holders(work, case_id, round, names).values()) | {r.reviewer for r in history if r.round == round}
        for round in ROUNDS
    }


def holders(work: Work, case_id: str, round: Round, names: Collection[str]) -> dict[int, str]:
    """Return who was given the round, by the number of the row in the trail that tells so."""
    return dict(_holders(work, case_id, round, names))


def _holders(work: Work, case_id: str, round: Round, names: Collection[str]) -> Iterator[tuple[int, str]]:
    for row in work.audit.entries(subject=f"assignment:{case_id}:{round}", limit=_ALL):
        if row.action != "assignment.set":
            continue
        for name in names:
            if row.digest == digest({"case_id": case_id, "round": round, "reviewer": name, "at": row.at}):
                yield row.seq, name
