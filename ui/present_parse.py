"""A parsed regulation as JSON lines and as an indented outline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text
from rich.tree import Tree

from data.catalogue import matched_regulations
from data.categories import CATEGORIES, MATCHED
from data.citation import citations
from data.quotes import Quote, find_quotes
from data.schema import Regulation
from ui.console import printable

__all__ = ["outline_text", "pieces_json", "quotes_text"]


def pieces_json(regulation: Regulation, *, start: int = 0) -> Iterator[dict[str, Any]]:
    """Yield one JSON object per piece in document order; the pieces cover the text, `category` is null outside clauses.

    `start` is where the regulation begins in its file.
    """
    clauses = {clause.id: clause for clause in regulation.clauses}
    for piece in regulation.pieces:
        clause = clauses.get(piece.id)
        yield {
            "id": piece.id,
            "level": piece.level,
            "label": piece.label,
            "text": piece.text,
            "span": [start + piece.span.start, start + piece.span.end],
            "parent_id": piece.parent_id,
            "category": clause.category if clause else None,
            "lead": clause.lead if clause else None,
            "reason": clause.reason if clause else None,
        }


def outline_text(regulation: Regulation) -> Tree:
    """Return the clauses as a tree below their headings, each with its category."""
    facts = "　".join(
        part
        for part in (regulation.issuer, regulation.doc_number, f"{regulation.issued or ''}", f"共 {len(regulation.clauses)} 条目")
        if part
    )
    tree = Tree(Text.assemble((regulation.title or regulation.id, "bold"), "\n", (facts, "dim")))
    branches: dict[tuple[str, ...], Tree] = {(): tree}
    for clause in regulation.clauses:
        branch = tree
        for depth in range(1, len(clause.headings) + 1):
            key = clause.headings[:depth]
            if key not in branches:
                branches[key] = branch.add(Text(key[-1], style="bold"))
            branch = branches[key]
        place = clause.id.rpartition("/")[2]
        branch.add(
            Text.assemble(
                (f"{place} ", "dim"), clause.label, printable(clause.text), (f"  [{CATEGORIES[clause.category]}]", "cyan")
            )
        )
    return tree


def quotes_text(document: Regulation) -> list[str]:
    """Return one line for each clause of the shipped regulations that `document` quotes, in its order.

    Only for a document without clauses of its own to match, such as a letter: regulations resemble each other without quoting.
    """
    if any(clause.category in MATCHED for clause in document.clauses):
        return []
    found: list[tuple[Quote, str]] = []
    for regulation in matched_regulations():
        cited = citations(regulation)
        found += [(quote, cited[quote.clause_id]) for quote in find_quotes(document, regulation)]
    kept: list[tuple[Quote, str]] = []
    for quote, citation in sorted(found, key=lambda row: (-row[0].similarity, row[0].span)):
        if not any(quote.span.overlaps(other.span) for other, _ in kept):  # two regions may have nearly the same clause
            kept.append((quote, citation))
    return [
        f"第 {quote.span.start}–{quote.span.end} 字引用了{citation}（相同程度 {quote.similarity:.3f}）"
        for quote, citation in sorted(kept, key=lambda row: row[0].span)
    ]
