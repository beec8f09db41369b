"""A report as plain text and as JSON, for copying and for saving from the page."""

from __future__ import annotations

import json
from collections.abc import Iterator

from data.schema import Match, MatchReport
from retrieval.dossier import Dossier
from ui.present import disclaimer, report_json
from ui.present_dossier import dossier_lines
from ui.present_words import TOLD, sides

__all__ = ["export_json", "export_text"]


def export_json(report: MatchReport, dossier: Dossier | None = None) -> str:
    """Return the report as indented JSON, with the narrative that its spans point into."""
    return json.dumps({"narrative": report.narrative, **report_json(report, dossier=dossier)}, ensure_ascii=False, indent=1)


def export_text(report: MatchReport, scope: str, dossier: Dossier | None = None) -> str:
    """Return the report as readable text; `scope` names the regulations that were searched."""
    return "\n".join(_lines(report, scope, dossier)) + "\n"


def _lines(report: MatchReport, scope: str, dossier: Dossier | None) -> Iterator[str]:
    yield from ("容错条款匹配结果", "", f"范围：{scope}", "", "事情经过：", report.narrative.strip(), "")
    if report.abstained:
        yield from (f"没有给出建议：{report.reason}", "")
    else:
        for side, groups in zip(("可能有利", "可能不利"), sides(report.matches), strict=True):
            yield from (f"━━ {side} ━━", "")
            for label, matches in groups:
                yield f"【{label}】"
                for match in matches:
                    yield from _match(match, report.narrative)
                yield from () if matches else ("（没有可列出的条款）", "")
        if dossier is not None:
            yield from dossier_lines(dossier, report, full=True)
    yield f"{disclaimer(report)}（{'；'.join(report.stages)}；索引 {report.index_digest}）"


def _match(match: Match, narrative: str) -> Iterator[str]:
    similarity = "" if match.similarity is None else f"　相似度 {match.similarity:.3f}"
    probability = "未校准" if match.probability is None else f"{match.band}，概率 {match.probability:.0%}"
    yield f"第 {match.rank} 名　{match.citation}{similarity}（{probability}）"
    yield f"  条文：{match.clause.text}"
    for evidence in match.evidence:
        told = "" if evidence.told == "unclear" else f"（{TOLD[evidence.told]}：{evidence.reason}）"
        yield f"  叙述中的依据：“{' '.join(evidence.narrative.of(narrative).split())}”{told}"
    yield ""
