"""What an index holds of a clause: the clause itself, how it is cited and which regulation it belongs to."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.citation import citations
from data.errors import FileError
from data.schema import Clause, Regulation, Span

__all__ = ["Entry", "entries_of", "read_clause_file"]

_MAX_LINE = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A clause ready to be indexed; `citation` and `title` are what people read."""

    clause: Clause
    citation: str
    title: str

    def document(self, *, lead: bool) -> str:
        """Return the text that is scored; with `lead` the sentence that introduces the list stands before it."""
        return f"{self.clause.lead}{self.clause.text}" if lead else self.clause.text

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

    Raises FileError with file and line where a row cannot be used.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            return tuple(_rows(path, lines))
    except FileNotFoundError as error:
        raise FileError(f"没有找到条款文件 {path}，请检查路径。") from error
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise FileError(f"条款文件 {path} 读不出来，请确认它是 UTF-8 的 .jsonl 或 .jsonl.gz。") from error


def _rows(path: Path, lines: Iterable[str]) -> Iterator[Entry]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _entry(path, number, line)


def _entry(path: Path, number: int, line: str) -> Entry:
    try:
        row = json.loads(line)
        identifier, text = str(row["id"]), row["text"]
        if not isinstance(text, str) or not text.strip():
            raise ValueError("text")
    except (ValueError, KeyError, TypeError) as error:
        raise FileError(f"条款文件 {path} 第 {number} 行不能用，每行应是带 id 和 text 的 JSON 对象。") from error
    title = str(row.get("title") or "")
    clause = Clause(
        id=identifier,
        regulation_id=str(row.get("regulation") or identifier.rpartition("/")[0] or path.name.split(".")[0]),
        level="item",
        number=identifier,
        label="",
        text=text,
        span=Span(0, len(text)),
        category=str(row.get("category") or "general"),
    )
    return Entry(clause, title or identifier, title)
