"""Which sentence of the narrative speaks to which part of a clause, for programs (JSON) and for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from data.elements import Element
from data.schema import MatchReport, Span
from retrieval.alignment import Alignment
from retrieval.dossier import Dossier
from ui.console import printable

__all__ = ["MEANING", "alignment_json", "alignment_tables", "element_text", "quoted", "weight"]

MEANING = (
    "数值只表示用语相近的程度，不是概率；每张表以最相近的一对为 1.00，不同条款之间不能比较。没有列出的话和部分，不等于没有写到。"
)
"""What the numbers mean; it stands with every table."""

_SHADES = " ░▒▓█"
_NOTHING: dict[str, list[Any]] = {"elements": [], "sentences": [], "weights": []}


def alignment_json(alignment: Alignment | None, clause: str) -> dict[str, list[Any]]:
    """Return elements with their places in the clause, sentences with theirs in the narrative, and a weight for each pair.

    `weights` has a list per sentence, with a number per element. Where nothing is worth showing all three are empty.
    """
    if alignment is None:
        return _NOTHING
    elements = [{"kind": e.kind, "text": e.span.of(clause), "start": e.span.start, "end": e.span.end} for e in alignment.elements]
    return {
        "elements": elements,
        "sentences": [{"start": sentence.start, "end": sentence.end} for sentence in alignment.sentences],
        "weights": [[round(float(value), 3) for value in values] for values in alignment.strength],
    }


def alignment_tables(dossier: Dossier, report: MatchReport) -> Iterator[RenderableType]:
    """Yield the alignments of a report as tables for a terminal, best suggestion first; nothing where none is worth showing."""
    shown = [(match, dossier.alignments[match.clause.id]) for match in report.matches if match.clause.id in dossier.alignments]
    shown = [(match, alignment) for match, alignment in shown if alignment.sentences]
    if not shown:
        return
    yield Text("━━ 逐句对照 ━━", style="bold")
    yield Text(f"（{MEANING}）")
    for match, alignment in shown:
        title = f"第 {match.rank} 名　{match.citation or match.clause.id}"
        table = Table(title=Text(title, style="bold"), title_justify="left", expand=True, show_lines=True)
        table.add_column("叙述中的话", ratio=3, overflow="fold")
        for element in alignment.elements:
            text = printable(element_text(element, match.clause.text))
            table.add_column(Text.assemble((element.label, "bold"), "\n", text), ratio=2, overflow="fold")
        for sentence, values in zip(alignment.sentences, alignment.strength, strict=True):
            table.add_row(Text(printable(quoted(sentence, report.narrative))), *(_shaded(float(value)) for value in values))
        yield table
    yield Text()


def element_text(element: Element, clause: str) -> str:
    """Return the words of an element without the mark that ends it."""
    return " ".join(element.span.of(clause).split()).rstrip("，,；;。：:")


def quoted(sentence: Span, narrative: str) -> str:
    """Return a sentence on one line."""
    return " ".join(sentence.of(narrative).split())


def weight(value: float) -> str:
    """Return a weight for people: two places, 0 for nothing."""
    return f"{value:.2f}" if value >= 0.005 else "0"


def _shaded(value: float) -> Text:
    shade = _SHADES[min(len(_SHADES) - 1, round(value * (len(_SHADES) - 1)))]
    return Text(f"{weight(value)} {shade * 3}".rstrip())
