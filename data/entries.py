"""What an index holds of a clause: the clause itself, how it is cited and which regulation it belongs to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.citation import citations
from data.errors import FileError
from data.jsonl import identifier_of, numbered_lines, parse_line, read_lines_text, whole
from data.schema import Clause, Regulation, Span

__all__ = ["Entry", "entries_of", "read_clause_file"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A clause ready to be indexed; `citation` and `title` are what people read."""

    clause: Clause
    citation: str
    title: str

    def document(self, *, lead: bool, title: bool = False) -> str:
        """Return the text that is scored.

        With `lead` the sentence that introduces the list stands before it, with `title` the title (an article that only says
        "these measures" means nothing without it).
        """
        text = f"{self.clause.lead}{self.clause.text}" if lead else self.clause.text
        return f"{self.title} {text}" if title and self.title else text

    def to_json(self) -> str:
        """Return one line of JSON that `from_json` reads back."""
        c = self.clause
        return json.dumps(
            {
                "id": c.id,
                "regulation_id": c.regulation_id,
                "level": c.level,
                "number": c.number,
                "label": c.label,
                "text": c.text,
                "span": [c.span.start, c.span.end],
                "parent_id": c.parent_id,
                "headings": list(c.headings),
                "lead": c.lead,
                "category": c.category,
                "reason": c.reason,
                "citation": self.citation,
                "title": self.title,
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, line: str) -> Entry:
        """Read a line of `to_json`; a missing field raises KeyError."""
        value: dict[str, Any] = json.loads(line)
        citation, title = value.pop("citation"), value.pop("title")
        value["span"] = Span(*value["span"])
        value["headings"] = tuple(value["headings"])
        return cls(Clause(**value), citation, title)


def entries_of(regulations: Iterable[Regulation], *, categories: frozenset[str] | None = None) -> tuple[Entry, ...]:
    """Return the clauses of `regulations` in order; `categories` keeps only those."""
    found: list[Entry] = []
    for regulation in regulations:
        cited = citations(regulation)
        found += [
            Entry(clause, cited[clause.id], regulation.title)
            for clause in regulation.clauses
            if categories is None or clause.category in categories
        ]
    return tuple(found)


def read_clause_file(path: Path) -> tuple[Entry, ...]:
    """Read clauses from .jsonl or .jsonl.gz: `id` and `text`, optional `title`, `category`, `regulation`.

    A numeric `id` becomes text. Raises FileError for a file that cannot be read, with the line where a row cannot be used.
    """
    text = read_lines_text(path, "条款文件")
    return tuple(_entry(path, number, line) for number, line in numbered_lines(text))


def _entry(path: Path, number: int, line: str) -> Entry:
    try:
        row = parse_line(line)
        if not isinstance(row, dict):
            raise ValueError("应是一个 JSON 对象")
        identifier, text = identifier_of(row.get("id")), row.get("text")
        if not isinstance(text, str) or not text.strip():
            raise ValueError("缺少 text 或不是文字")
    except ValueError as error:
        raise FileError(f"条款文件 {path} 第 {number} 行不能用，每行应是带 id 和 text 的 JSON 对象。") from error
    text, title = whole(text), whole(str(row.get("title") or ""))
    regulation = row.get("regulation") or identifier.rpartition("/")[0] or path.name.split(".")[0]
    clause = Clause(
        id=identifier,
        regulation_id=whole(str(regulation)),
        level="item",
        number=identifier,
        label="",
        text=text,
        span=Span(0, len(text)),
        category=whole(str(row.get("category") or "general")),
    )
    return Entry(clause, title or identifier, title)
