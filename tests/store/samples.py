"""What the tests put into a store."""

from __future__ import annotations

from dataclasses import dataclass

from data.schema import Clause, Evidence, Match, MatchReport, Span
from data.store.store import Store

STORY = "去年11月我们三个人按年初排的抽查名单去城东的化工厂，进门前台账摆得整整齐齐，我们看了污泥间、取了外排口水样就走了。"
# what is hard to keep and to move: characters outside the first plane, line ends of all kinds, signs of every language
HARD = "𠮷田😀\u2028\u0085\t\r\n'; DROP TABLE cases;-- %s :x {0} \\ \u200f العربية é e\u0301 " + "字" * 20_000


def make_report(narrative: str = STORY, clauses: tuple[str, ...] = ("r/art1.p1.i1", "r/art1.p1.i2", "r/art2.p1")) -> MatchReport:
    """A report as the matcher makes it, with every kind of value: spans, None, float, nested tuples."""
    matches = tuple(
        Match(
            rank=rank,
            clause=Clause(
                identifier, "r", "item", "i1", "（一）", f"已履行检查职责的“{rank}”；", Span(10 * rank, 10 * rank + 9),
                "r/art1.p1", ("第一章　总则", "第一条"), "有下列情形之一的：", "duty_fulfilled", "引导句",
            ),
            score=2.75 / rank,
            citation=f"《某办法》第{rank}条",
            similarity=0.1 + 0.2 * rank,
            probability=None if rank > 1 else 0.1,
            polarity="supports" if rank == 1 else "unclear",
            evidence=(Evidence(Span(0, 9), Span(0, 4), 1 / 3, "contradicts"), Evidence(Span(9, 12), Span(4, 6), 0.0)),
        )
        for rank, identifier in enumerate(clauses, 1)
    )  # fmt: skip
    return MatchReport(narrative, "r", matches, False, "", "c021c10c4978fffe", "9dda5f01", 0.30251, ("hybrid：e5-small-zh",))


@dataclass(frozen=True)
class UnderReview:
    """A case that is under review, with the version it then has."""

    case_id: str
    report_id: str
    version: int


def under_review(store: Store, narrative: str = STORY) -> UnderReview:
    with store.begin("li") as work:
        case = work.cases.add(region="r", narrative=narrative)
        report = work.reports.add(case.id, make_report(narrative), version=1)
        work.cases.move(case.id, "open", version=2)
        moved = work.cases.move(case.id, "in_review", version=3)
    return UnderReview(case.id, report.id, moved.version)
