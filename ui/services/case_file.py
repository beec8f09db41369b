"""A case as one person may see it: the case, its newest report, and those decisions that are not kept from that person.

Who sees the decisions of a round:
    everybody who may read the case, once it is closed
    those who took part in the round, always
    those who took part in the other one: round 1 once the own second review is whole, so that it is made blind;
    round 2 once that one is whole, or was sent back
The author and other reviewers see none before the end: another reviewer may still be asked for the second review.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from data.store.records import Assignment, Review, Round, Status, StoredCase, StoredReport
from data.store.reviews import final_decisions
from data.store.store import Work
from ui.services.access import LOCAL, NotAllowed, Person, check
from ui.services.case_parts import ROUNDS, Parts, participants

__all__ = ["CaseFile", "Disagreement", "load_file", "outcome", "own_case", "require_reviewer", "undecided"]

_NO_STRANGER = "这个案件不是您建立的，也还没有提交复核，您不能查看。"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A clause of which the two rounds say different things; None: that round says nothing of it, so it does not apply."""

    clause_id: str
    first: Review | None
    second: Review | None


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case for one person; `reviews` are the decisions that stand and that the person may see, by round and time.

    `parts` are the user names that take or took part in each round, `rounds` those of the person, `turn` the one in which
    the person may decide now (None: in none).
    `seen` are the rounds whose decisions the person may see, `kept_back` tells that there are others. `names` gives display
    names by user name.
    """

    case: StoredCase
    report: StoredReport | None
    reviews: tuple[Review, ...]
    assignments: tuple[Assignment, ...]
    parts: Parts
    rounds: frozenset[Round]
    turn: Round | None
    seen: frozenset[Round]
    kept_back: bool
    names: Mapping[str, str]

    @property
    def suggested(self) -> tuple[str, ...]:
        """The ids of the suggested clauses, best first."""
        return () if self.report is None else tuple(match.clause.id for match in self.report.report.matches)

    def of_round(self, round: Round) -> dict[str, Review]:
        """Return the decisions of a round that the person may see, by clause id."""
        return {review.clause_id: review for review in self.reviews if review.round == round}

    def final(self) -> dict[str, Review]:
        """Return the decision that counts for each clause, of those that the person may see: round 2 before round 1."""
        return final_decisions(self.reviews)

    def disagreements(self) -> tuple[Disagreement, ...]:
        """Return where the two rounds differ in outcome, suggestions first; () where not both can be seen or made."""
        first, second = self.of_round(1), self.of_round(2)
        return _differing(first, second, self.suggested) if first and second else ()


def load_file(work: Work, person: Person, case_id: str) -> CaseFile:
    """Return a case as `person` may see it.

    Raises NotAllowed: it is neither theirs nor submitted, or their role sees no cases. StoreError: there is none.
    """
    if not (person.may("case.write") or person.may("case.review")):
        check(person, "case.write")
    case = work.cases.get(case_id)
    if not (_authored(case, person) or (person.may("case.review") and case.status != "draft")):
        raise NotAllowed(_NO_STRANGER)
    report = work.reports.latest(case.id)
    history = () if report is None else work.reviews.history(report.id)
    assignments = work.assignments.of_case(case.id)
    standing = tuple(review for review in history if review.ended is None)
    names = {user.name: user.display_name for user in work.users.listing()}
    parts = participants(work, case.id, history, names)
    rounds = frozenset(round for round in ROUNDS if person.name in parts[round])
    suggested = () if report is None else tuple(match.clause.id for match in report.report.matches)
    seen = _seen(person, case, rounds, whole=_whole(standing, 2, suggested))
    visible = tuple(review for review in standing if review.round in seen)
    return CaseFile(
        case=case,
        report=report,
        reviews=visible,
        assignments=assignments,
        parts=parts,
        rounds=rounds,
        turn=_turn(person, case, assignments),
        seen=seen,
        kept_back=len(visible) < len(standing),
        names=names,
    )


def own_case(work: Work, person: Person, case_id: str) -> StoredCase:
    """Return a case that the person wrote. Raises NotAllowed: somebody else did. StoreError: there is none."""
    check(person, "case.write")
    case = work.cases.get(case_id)
    if not _authored(case, person):
        raise NotAllowed("只有建立案件的人可以修改、提交或撤回它，请与建立人联系。")
    return case


def require_reviewer(person: Person, case: StoredCase) -> None:
    """Raise NotAllowed where the person may not review the case: no reviewer, or its author.

    In single-user mode there is nobody else, so the one user may review what they wrote.
    """
    check(person, "case.review")
    if _authored(case, person) and person.name != LOCAL:
        raise NotAllowed("这个案件是您自己建立的，应由别人复核。")


def undecided(suggested: Sequence[str], reviews: Sequence[Review], round: Round) -> tuple[str, ...]:
    """Return the suggested clauses that the round has not decided on, in order."""
    decided = {review.clause_id for review in reviews if review.round == round and review.ended is None}
    return tuple(clause for clause in suggested if clause not in decided)


def outcome(review: Review | None) -> int:
    """Return what a decision stands for: grade 2 or 1, or 0 where the clause does not apply (also without decision)."""
    if review is None or review.verdict == "reject":
        return 0
    return 2 if review.grade is None else review.grade


_TURNS: Mapping[Status, Round] = {"in_review": 1, "second_review": 2}


def _authored(case: StoredCase, person: Person) -> bool:
    return case.author == person.name


def _turn(person: Person, case: StoredCase, assignments: Sequence[Assignment]) -> Round | None:
    now = _TURNS.get(case.status)
    mine = person.may("case.review") and any(a.round == now and a.reviewer == person.name for a in assignments)
    return now if mine else None


def _whole(standing: Sequence[Review], round: Round, suggested: Sequence[str]) -> bool:
    return any(review.round == round for review in standing) and not undecided(suggested, standing, round)


def _seen(person: Person, case: StoredCase, rounds: Collection[Round], *, whole: bool) -> frozenset[Round]:
    """Return the rounds whose decisions the person may see, by the rules at the top; `whole` is said of round 2."""
    if case.status == "closed":
        return frozenset(ROUNDS)
    if not person.may("case.review") or (_authored(case, person) and person.name != LOCAL):
        return frozenset()
    first = 1 in rounds or (2 in rounds and whole)
    second = 2 in rounds or (1 in rounds and (whole or case.status == "in_review"))
    return frozenset(number for number, shown in zip(ROUNDS, (first, second), strict=True) if shown)


def _differing(first: Mapping[str, Review], second: Mapping[str, Review], suggested: Sequence[str]) -> tuple[Disagreement, ...]:
    clauses = dict.fromkeys([*suggested, *sorted({*first, *second})])
    pairs = (Disagreement(clause, first.get(clause), second.get(clause)) for clause in clauses)
    return tuple(pair for pair in pairs if outcome(pair.first) != outcome(pair.second))
