"""Builds the tree of a text in articles: 编 章 节 条 款 项 目.

    part, chapter, section    pt1.ch2.sec3     headings; their numbers do not enter the ids below them
    article                   art13, art13-1   第十三条, 第十三条之一; the label is a piece, the text is in the paragraphs
    paragraph                 art13.p1         an unlabelled line, the one that leads a list included
    item                      art13.p1.i2      the first kind of list label in a paragraph
    subitem                   art13.p1.i2.s1   a further kind of label within an item; below that .s1.s1

An unlabelled line within a list whose numbering goes on after it belongs to the item: art13.p1.i2.p1; one after the
list is the next paragraph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from data.blocks import Block, heading_of, label_of, lead_of
from data.builder import Builder, Headings, next_labels
from data.lexer import HEADING_KINDS, Kind, Token
from data.schema import Level

__all__ = ["build_articles"]


@dataclass(slots=True)
class _Item:
    """An open list item: its kind of label, number, path, own text as lead for what is below, and lines below it."""

    kind: Kind
    number: int
    path: str
    lead: str
    lines: int = 0


@dataclass(slots=True)
class _Walker:
    """Where the walk stands: the current container (article, chapter or root), paragraph and open items."""

    out: Builder
    headings: Headings = field(default_factory=Headings)
    container: str = ""
    paragraphs: int = 0
    paragraph: str = ""
    lead: str = ""
    group: tuple[str, ...] = ()
    items: list[_Item] = field(default_factory=list)
    plain_headings: int = 0

    def enter(self, container: str) -> None:
        """Go to a new article or chapter."""
        self.container, self.paragraphs = container, 0
        self._leave_paragraph()

    def _leave_paragraph(self) -> None:
        self.paragraph, self.lead, self.group = "", "", ()
        self.items.clear()

    def heading(self, block: Block, kind: str, level: Level, number: int, sub: int = 0) -> None:
        """A heading: a chapter, or an outline label or unlabelled line that stands above articles."""
        path = self.headings.enter(kind, number, sub, heading_of(self.out.text, block))
        path = self.out.unique(path)
        label = label_of(self.out.text, block.label) if block.label else ""
        end = max(block.end, block.label.end if block.label else 0)
        self.out.add(path, level, block.start, end, label=label)
        self.enter(path)

    def plain_heading(self, block: Block) -> None:
        """An unlabelled heading above articles."""
        self.plain_headings += 1
        self.heading(block, "plain", "heading", self.plain_headings)

    def article(self, block: Block, token: Token) -> None:
        """An article's label; text behind it is the first paragraph."""
        path = self.out.unique(f"art{token.number}" + (f"-{token.sub}" if token.sub else ""))
        label = label_of(self.out.text, token)
        self.out.add(path, "article", token.start, token.end, label=label, parent=self.headings.path)
        self.enter(path)
        if block.text:
            self.new_paragraph(block)

    def new_paragraph(self, block: Block) -> None:
        """The next paragraph of the container."""
        self._leave_paragraph()
        self.paragraphs += 1
        path = f"{self.container}.p{self.paragraphs}" if self.container else f"p{self.paragraphs}"
        self.paragraph, self.lead = self.out.unique(path), lead_of(block.text)
        self.out.clause(self.paragraph, "paragraph", block, parent=self.container, headings=self.headings.texts)

    def group_heading(self, block: Block) -> None:
        """A heading between items (第一类:…); the numbering of the items goes on below it."""
        text = heading_of(self.out.text, block)
        base = self.paragraph or self.container
        number = block.label.number if block.label else 0
        path = self.out.unique(f"{base}.g{number}" if base else f"g{number}")
        self.out.add(path, "heading", block.start, block.end, label=text, parent=base)
        self.group = (text,)

    def item(self, block: Block, token: Token) -> None:
        """A list label: an item, or a subitem below an item with another kind of label."""
        if not self.paragraph:  # 第五条 （一）…: the paragraph has no text of its own
            self.paragraphs += 1
            self.paragraph = f"{self.container}.p{self.paragraphs}" if self.container else "p1"
        depth = next((at for at, open_ in enumerate(self.items) if open_.kind == token.kind), len(self.items))
        del self.items[depth:]
        above = self.items[-1] if self.items else None
        parent = above.path if above else self.paragraph
        path = self.out.unique(f"{parent}.{'s' if above else 'i'}{token.number}")
        lead = above.lead if above else self.lead
        level: Level = "subitem" if above else "item"
        headings = self.headings.texts + self.group
        self.out.clause(path, level, block, parent=parent, headings=headings, lead=lead)
        self.items.append(_Item(token.kind, token.number, path, lead_of(block.text)))

    def line(self, block: Block, following: Token | None) -> None:
        """An unlabelled line: part of the item whose list goes on with `following`, or the next paragraph."""
        for depth in range(len(self.items) - 1, -1, -1):
            item = self.items[depth]
            if following is not None and following.kind == item.kind and following.number > item.number:
                del self.items[depth + 1 :]
                item.lines += 1
                path = self.out.unique(f"{item.path}.p{item.lines}")
                headings = self.headings.texts + self.group
                self.out.clause(path, "paragraph", block, parent=item.path, headings=headings, lead=item.lead)
                return
        self.new_paragraph(block)


def build_articles(out: Builder, blocks: Sequence[Block]) -> None:
    """Walk `blocks` (the body of a text in articles) and add their pieces and clauses to `out`."""
    walker = _Walker(out)
    following = next_labels(blocks)
    for place, block in enumerate(blocks):
        token = block.label
        nearest = blocks[place + 1].label if place + 1 < len(blocks) else None
        if token is None:
            if _is_plain_heading(block, nearest, blocks[place - 1] if place else None):
                walker.plain_heading(block)
            else:
                walker.line(block, following[place])
        elif token.kind == "article":
            walker.article(block, token)
        elif token.kind in HEADING_KINDS:
            walker.heading(block, token.kind, _level(token.kind), token.number, token.sub)
        elif token.kind == "group":
            walker.group_heading(block)
        elif _is_outline_heading(block, token, nearest, walker):
            walker.heading(block, token.kind, "outline", token.number)
        else:
            walker.item(block, token)


def _level(kind: Kind) -> Level:
    return "part" if kind == "part" else "chapter" if kind == "chapter" else "section"


def _is_heading_text(text: str) -> bool:
    return 0 < len(text) <= 40 and not any(char in "。；;：:，,！？!?" for char in text)


def _is_outline_heading(block: Block, token: Token, nearest: Token | None, walker: _Walker) -> bool:
    """一、受案范围 above 第一条: short, unpunctuated, followed by an article, not the next item of an open list."""
    if token.kind not in ("outline", "bracket") or nearest is None or not _is_heading_text(block.text):
        return False
    if any(item.kind == token.kind and item.number + 1 == token.number for item in walker.items):
        return False
    return nearest.kind == "article" or token.kind == "outline" and nearest.kind == "bracket" and nearest.number == 1


def _is_plain_heading(block: Block, nearest: Token | None, before: Block | None) -> bool:
    """附则 above 第二十条: very short, unpunctuated, after a finished sentence and right above an article or section."""
    if nearest is None or nearest.kind not in ("article", "section") or len(block.text) > 12 or not _is_heading_text(block.text):
        return False
    return before is None or before.text[-1:] in "。；;”）)"
