"""Collects pieces and clauses while a text is walked, keeps ids unique and fills what is left between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from data.blocks import Block, label_of
from data.lexer import LIST_KINDS, Token
from data.schema import Clause, Level, Piece, Span

__all__ = ["Builder", "Headings", "next_labels"]


@dataclass(slots=True)
class Builder:
    """Pieces and clauses of one regulation; paths are ids without the regulation's own."""

    text: str
    regulation_id: str
    pieces: list[Piece] = field(default_factory=list)
    clauses: list[Clause] = field(default_factory=list)
    _used: Counter[str] = field(default_factory=Counter)
    _furniture: int = 0

    def unique(self, path: str) -> str:
        """Return `path`, or ``path~2``, ``path~3`` … where the source repeats a number."""
        self._used[path] += 1
        return path if self._used[path] == 1 else f"{path}~{self._used[path]}"

    def full(self, path: str | None) -> str | None:
        """Return the id that `path` stands for; None for None and for the root."""
        return f"{self.regulation_id}/{path}" if path else None

    def add(self, path: str, level: Level, start: int, end: int, *, label: str = "", parent: str | None = None) -> None:
        """Add a piece; nothing where it would be empty."""
        if end > start:
            piece_id = f"{self.regulation_id}/{path}"
            self.pieces.append(Piece(piece_id, level, label, self.text[start:end], Span(start, end), self.full(parent)))

    def furniture(self, block: Block) -> None:
        """Add a whole block as page furniture."""
        self._furniture += 1
        self.add(f"f{self._furniture}", "furniture", block.start, max(block.end, block.label.end if block.label else 0))

    def enumerator(self, path: str, block: Block, level: Level = "label") -> str:
        """Add the label of `block` with the white space behind it and return it squeezed; "" where it has none."""
        if block.label is None:
            return ""
        label = label_of(self.text, block.label)
        end = block.text_start if block.text else block.label.end
        self.add(f"{path}#label", level, block.start, end, label=label, parent=path)
        return label

    def clause(self, path: str, level: Level, block: Block, *, parent: str, headings: tuple[str, ...], lead: str = "") -> None:
        """Add the text of `block` as the clause `path`, its label before it; only the label where there is no text."""
        label = "" if level == "paragraph" else self.enumerator(path, block)
        if not block.text:
            return
        span = Span(block.text_start, block.end)
        self.add(path, level, span.start, span.end, label=label, parent=parent)
        clause_id, parent_id = f"{self.regulation_id}/{path}", self.full(parent)
        number = path.rpartition(".")[2].partition("~")[0]
        self.clauses.append(
            Clause(clause_id, self.regulation_id, level, number, label, block.text, span, parent_id, headings, lead)
        )

    def finish(self) -> tuple[tuple[Piece, ...], tuple[Clause, ...]]:
        """Return all pieces, what lies between them added, and all clauses, both in document order."""
        done, spaces = 0, 0
        out: list[Piece] = []
        for piece in sorted(self.pieces, key=lambda p: p.span.start):
            if piece.span.start > done:
                spaces += 1
                out.append(self._rest(done, piece.span.start, spaces))
            out.append(piece)
            done = piece.span.end
        if done < len(self.text):
            out.append(self._rest(done, len(self.text), spaces + 1))
        return tuple(out), tuple(sorted(self.clauses, key=lambda c: c.span.start))

    def _rest(self, start: int, end: int, count: int) -> Piece:
        return Piece(f"{self.regulation_id}/sp{count}", "space", "", self.text[start:end], Span(start, end))


_RANKS: dict[str, int] = {"part": 0, "chapter": 1, "section": 2, "outline": 3, "bracket": 4, "plain": 8}
_PREFIXES: dict[str, str] = {"part": "pt", "chapter": "ch", "section": "sec", "outline": "s", "bracket": "s", "plain": "h"}


@dataclass(slots=True)
class Headings:
    """The headings that stand above the current place, outermost first."""

    entries: list[tuple[int, str, str]] = field(default_factory=list)

    def enter(self, kind: str, number: int, sub: int, text: str) -> str:
        """Replace the headings of this rank and below by this one and return its path (``ch2``, ``pt1.ch2.sec3``)."""
        rank = _RANKS[kind]
        self.entries = [entry for entry in self.entries if entry[0] < rank]
        above = self.path
        path = f"{above}." if above else ""
        path += f"{_PREFIXES[kind]}{number}" + (f"-{sub}" if sub else "")
        self.entries.append((rank, path, text))
        return path

    @property
    def path(self) -> str:
        """The path of the innermost heading; "" at the root."""
        return self.entries[-1][1] if self.entries else ""

    @property
    def texts(self) -> tuple[str, ...]:
        """The headings' texts with their labels, such as 第二章 履职尽责."""
        return tuple(entry[2] for entry in self.entries)


def next_labels(blocks: Sequence[Block]) -> list[Token | None]:
    """Return for each block the label behind it if that is a list label; headings and articles end a list, groups do not."""
    out: list[Token | None] = [None] * len(blocks)
    coming: Token | None = None
    for place in range(len(blocks) - 1, -1, -1):
        out[place] = coming
        label = blocks[place].label
        if label is not None and label.kind != "group":
            coming = label if label.kind in LIST_KINDS else None
    return out
