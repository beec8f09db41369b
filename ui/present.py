"""How a report is written for programs (JSON) and for people (text)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from data.categories import CATEGORIES, HEADLINES
from data.schema import Evidence, Match, MatchReport
from retrieval.dossier import Dossier
from ui.console import printable
from ui.present_dossier import dossier_json, dossier_lines, match_more
from ui.present_words import DECIDED, POLARITY, TOLD, sides

__all__ = ["disclaimer", "grouped", "match_json", "report_json", "report_text", "rest_text", "strength"]

_REFERENCE = "以上为文本相似度建议，仅供参考；是否适用由审核人认定。"
_UNCALIBRATED = "相近程度以本段叙述的最高者为满格；相似度不是概率。"
_BAR = 10


def disclaimer(report: MatchReport) -> str:
    """Return what must stand below every result: it is for reference, and what its numbers mean."""
    return _REFERENCE + (report.calibration or _UNCALIBRATED)


def grouped(matches: Sequence[Match], *, headlines: bool = True) -> list[tuple[str, list[Match]]]:
    """Return matches under their Chinese category labels; a category of someone's own clause file stands under its own name.

    With `headlines` the three headline groups come first, also when empty, else only what has matches.
    """
    keys = dict.fromkeys([*HEADLINES, *CATEGORIES, *(m.clause.category for m in matches)])
    groups = {key: [m for m in matches if m.clause.category == key] for key in keys}
    return [(CATEGORIES.get(key, key), found) for key, found in groups.items() if found or (headlines and key in HEADLINES)]


def strength(match: Match, matches: Sequence[Match]) -> float:
    """Return what bars show, 0..1: the probability, or without one how close the match comes to the best of the narrative.

    Cosines of an untrained encoder all lie close together (0.84 to 0.91), so a bar of them would say nothing.
    """
    if match.probability is not None:
        return match.probability
    best = max((m.score for m in matches), default=0.0)
    return max(0.0, min(1.0, match.score / best)) if best > 0 else 0.0


def report_json(report: MatchReport, *, identifier: str | None = None, dossier: Dossier | None = None) -> dict[str, Any]:
    """Return the report as the JSON object of ``match --json``, with its dossier if given; with `identifier` as a batch line."""
    line: dict[str, Any] = {
        "region": report.region,
        "abstained": report.abstained,
        "matches": [match_json(match) for match in report.matches],
        "error": None,
    }
    if identifier is not None:
        return {"id": identifier, **line}
    rows = [{**row, "band": match.band} for row, match in zip(line["matches"], report.matches, strict=True)]
    if dossier is not None:
        rows = [{**row, **match_more(match, dossier)} for row, match in zip(rows, report.matches, strict=True)]
    return {
        **line,
        "matches": rows,
        "reason": report.reason,
        "index_digest": report.index_digest,
        "model_digest": report.model_digest,
        "stages": list(report.stages),
        "calibration": report.calibration,
        "elapsed": round(report.elapsed, 4),
        **({} if dossier is None else dossier_json(dossier)),
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


def report_text(report: MatchReport, *, headlines: bool = True, rest: Sequence[RenderableType] = ()) -> Group:
    """Return the report as tables for a terminal, one per group, with the words of the narrative that point to each clause.

    With `headlines` what speaks for the officer stands before what speaks against; `rest` stands above the footer.
    """
    if report.abstained:
        return Group(Panel(Text(report.reason), title="没有给出建议"), _footer(report))
    one = report.region != "all" and bool(report.matches)
    head: list[RenderableType] = [Text(_title(report.matches[0]), style="bold"), Text()] if one else []
    if not headlines:
        groups = [_group(*group, report, titled=not one) for group in grouped(report.matches, headlines=False)]
        return Group(*head, *groups, *rest, _footer(report))
    for side, found in zip(("可能有利", "可能不利"), sides(report.matches), strict=True):
        head += [Text(f"━━ {side} ━━\n", style="bold"), *(_group(*group, report, titled=not one) for group in found)]
    return Group(*head, *rest, _footer(report))


def _group(label: str, matches: Sequence[Match], report: MatchReport, *, titled: bool) -> Table | Text:
    if not matches:
        return Text.assemble((label, "bold"), "：没有相近的条款\n")
    table = Table(title=label, title_justify="left", title_style="bold", expand=True, show_lines=True)
    table.add_column("名次", justify="right", width=4)
    table.add_column("条款", ratio=5, overflow="fold")  # Chinese has no spaces to wrap at
    stated = any(match.probability is not None for match in matches)
    table.add_column("概率" if stated else "相近程度", width=_BAR + 6)
    table.add_column("叙述中的依据", ratio=4, overflow="fold")
    for match in matches:
        evidence = Text("\n").join(Text(_quoted(e, report.narrative)) for e in match.evidence)
        if match.polarity != "unclear":
            evidence.append(f"\n{POLARITY[match.polarity]}（{DECIDED[match.decided_by]}）", style="italic")
        citation = match.citation if titled else match.citation.removeprefix(_title(match))
        clause = Text.assemble((citation, "bold"), "\n", printable(match.clause.text))
        table.add_row(str(match.rank), clause, _strength(match, report.matches), evidence)
    return table


def _title(match: Match) -> str:
    """Return 《the regulation's title》 that a citation begins with."""
    return match.citation[: match.citation.find("》") + 1]


def _strength(match: Match, matches: Sequence[Match]) -> Text:
    filled = round(strength(match, matches) * _BAR)
    stated = "" if match.probability is None else f"\n{match.band} {match.probability:.0%}"
    cosine = "" if match.similarity is None else f"\n相似度 {match.similarity:.3f}"
    return Text("█" * filled + "░" * (_BAR - filled) + stated + cosine)


def _footer(report: MatchReport) -> Text:
    return Text(
        f"{disclaimer(report)}（{'；'.join(report.stages)}；索引 {report.index_digest}；用时 {report.elapsed * 1000:.0f} 毫秒）",
        style="dim",
    )


def rest_text(dossier: Dossier, report: MatchReport, *, full: bool) -> list[Text]:
    """Return the dossier for a terminal: picture and questions, with `full` all of it; nothing for an empty one."""
    return [Text(printable(line)) for line in dossier_lines(dossier, report, full=full)] if dossier.regulation else []


def _quoted(one: Evidence, narrative: str) -> str:
    told = "" if one.told == "unclear" else f"（{TOLD[one.told]}）"
    return f"“{_short(one.narrative.of(narrative))}”{told}"


def _short(text: str, limit: int = 80) -> str:
    text = printable(" ".join(text.split()))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
