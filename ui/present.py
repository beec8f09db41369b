"""How a report is written for programs (JSON) and for people (text)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from data.categories import CATEGORIES, HEADLINES
from data.schema import Match, MatchReport

__all__ = ["DISCLAIMER", "grouped", "match_json", "report_json", "report_text"]

DISCLAIMER = "以上为文本相似度建议，仅供参考；是否适用由审核人认定。相似度不是概率。"
_BAR = 20


def grouped(matches: Sequence[Match]) -> list[tuple[str, list[Match]]]:
    """Return matches under their Chinese category labels: the three headline groups first (also when empty), then the others."""
    order = [*HEADLINES, *(key for key in CATEGORIES if key not in HEADLINES)]
    groups = [(CATEGORIES[key], [m for m in matches if m.clause.category == key]) for key in order]
    return [group for place, group in enumerate(groups) if group[1] or place < len(HEADLINES)]


def report_json(report: MatchReport, *, identifier: str | None = None) -> dict[str, Any]:
    """Return the report as the JSON object of ``match --json``; with `identifier` as a batch line."""
    line = {
        "region": report.region,
        "abstained": report.abstained,
        "matches": [match_json(match) for match in report.matches],
        "error": None,
    }
    if identifier is not None:
        return {"id": identifier, **line}
    return {
        **line,
        "reason": report.reason,
        "index_digest": report.index_digest,
        "model_digest": report.model_digest,
        "stages": list(report.stages),
        "elapsed": round(report.elapsed, 4),
    }


def match_json(match: Match) -> dict[str, Any]:
    """Return one match as a JSON object; a part that did not run is null."""
    clause = match.clause
    return {
        "rank": match.rank,
        "clause_id": clause.id,
        "regulation": clause.regulation_id,
        "citation": match.citation,
        "category": clause.category,
        "text": clause.text,
        "similarity": _rounded(match.similarity),
        "score": _rounded(match.score),
        "probability": _rounded(match.probability),
        "polarity": match.polarity,
        "evidence": [
            {
                "narrative": [e.narrative.start, e.narrative.end],
                "clause": [e.clause.start, e.clause.end],
                "weight": round(e.weight, 4),
            }
            for e in match.evidence
        ],
    }


def report_text(report: MatchReport) -> Group:
    """Return the report as tables for a terminal, one per group, with the words of the narrative that point to each clause."""
    if report.abstained:
        return Group(Panel(Text(report.reason), title="没有给出建议"), _footer(report))
    one = report.region != "all" and bool(report.matches)
    head = [Text(_title(report.matches[0]), style="bold"), Text()] if one else []
    groups = (_group(label, matches, report.narrative, titled=not one) for label, matches in grouped(report.matches))
    return Group(*head, *groups, _footer(report))


def _group(label: str, matches: Sequence[Match], narrative: str, *, titled: bool) -> Table | Text:
    if not matches:
        return Text.assemble((label, "bold"), "：没有相近的条款\n")
    table = Table(title=label, title_justify="left", title_style="bold", expand=True, show_lines=True)
    table.add_column("名次", justify="right", width=4)
    table.add_column("条款", ratio=5, overflow="fold")  # Chinese has no spaces to wrap at
    table.add_column("相似度", width=_BAR // 2 + 6)
    table.add_column("叙述中的依据", ratio=4, overflow="fold")
    for match in matches:
        evidence = Text("\n").join(Text("“" + _short(e.narrative.of(narrative)) + "”") for e in match.evidence)
        citation = match.citation if titled else match.citation.removeprefix(_title(match))
        clause = Text.assemble((citation, "bold"), "\n", match.clause.text)
        table.add_row(str(match.rank), clause, _similarity(match), evidence)
    return table


def _title(match: Match) -> str:
    """Return 《the regulation's title》 that a citation begins with."""
    return match.citation[: match.citation.find("》") + 1]


def _similarity(match: Match) -> Text:
    if match.similarity is None:
        return Text("—")
    filled = round(max(0.0, min(1.0, match.similarity)) * _BAR / 2)
    return Text(f"{match.similarity:.3f} " + "█" * filled + "░" * (_BAR // 2 - filled))


def _footer(report: MatchReport) -> Text:
    return Text(
        f"{DISCLAIMER}（{'；'.join(report.stages)}；索引 {report.index_digest}；用时 {report.elapsed * 1000:.0f} 毫秒）",
        style="dim",
    )


def _short(text: str, limit: int = 80) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
