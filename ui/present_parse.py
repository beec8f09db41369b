"""A parsed regulation as JSON lines and as an indented outline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text
from rich.tree import Tree

from data.categories import CATEGORIES
from data.schema import Regulation
from ui.console import printable

__all__ = ["outline_text", "pieces_json"]


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
