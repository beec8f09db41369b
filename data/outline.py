"""Builds the tree of an outline text: 一、 → (一) → 1. → (1), in whatever order a text nests them.

    node        s2.2.1.8         the numbers from the outermost label in; a node with a sentence is a clause of level
                                 outline, one with a short unpunctuated line above further text a heading
    paragraph   s2.3.2.p1, p1    an unlabelled line below a node, or at the root
    group       第一类:一心为公    a heading between nodes, in no id of theirs

In a text with chapters the nodes' ids begin with the chapter: ch1.s2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from data.blocks import Block, heading_of, label_of, lead_of
from data.builder import Builder, Headings, next_labels
from data.lexer import HEADING_KINDS, LIST_KINDS, Kind, Token

__all__ = ["build_outline"]


@dataclass(slots=True)
class _Node:
    """An open node; `heading` is its text where it is a heading, `lead` introduces what is below it."""

    kind: Kind | None
    number: int
    path: str
    heading: str = ""
    lead: str = ""
    group: tuple[str, ...] = ()
    lines: int = 0


@dataclass(slots=True)
class _Walker:
    """Where the walk stands: chapters above, the root of the current chapter, and the open nodes below it."""

    out: Builder
    headings: Headings = field(default_factory=Headings)
    nodes: list[_Node] = field(default_factory=lambda: [_Node(None, 0, "")])

    def texts(self) -> tuple[str, ...]:
        """All headings above the current place."""
        found = list(self.headings.texts)
        for node in self.nodes:
            found += ([node.heading] if node.heading else []) + list(node.group)
        return tuple(found)

    def chapter(self, block: Block, token: Token) -> None:
        """A chapter heading: the numbering below starts anew."""
        path = self.out.unique(self.headings.enter(token.kind, token.number, token.sub, heading_of(self.out.text, block)))
        level = "part" if token.kind == "part" else "chapter" if token.kind == "chapter" else "section"
        label = label_of(self.out.text, token)
        self.out.add(path, level, block.start, max(block.end, token.end), label=label)  # type: ignore[arg-type]
        self.nodes = [_Node(None, 0, path)]

    def group_heading(self, block: Block, token: Token) -> None:
        """A heading between nodes: it holds for the nodes below the nearest heading."""
        while len(self.nodes) > 1 and not self.nodes[-1].heading:
            self.nodes.pop()
        base = self.nodes[-1]
        text = heading_of(self.out.text, block)
        path = self.out.unique(f"{base.path}.g{token.number}" if base.path else f"g{token.number}")
        self.out.add(path, "heading", block.start, max(block.end, token.end), label=text, parent=base.path)
        base.group = (text,)

    def node(self, block: Block, token: Token, below: Block | None) -> None:
        """A labelled block: close the open nodes of its kind and below, then open it; `below` is the next block."""
        depth = next((at for at, open_ in enumerate(self.nodes) if open_.kind == token.kind), len(self.nodes))
        del self.nodes[depth:]
        heading = _is_heading(block, below, {open_.kind for open_ in self.nodes} | {token.kind})
        above = self.nodes[-1]
        path = self.out.unique(_child(above, token.number, root=len(self.nodes) == 1))
        opened = _Node(token.kind, token.number, path)
        if heading:
            label = self.out.enumerator(path, block)
            opened.heading = heading_of(self.out.text, block)
            self.out.add(path, "outline", block.text_start, block.end, label=label, parent=above.path)
        else:
            self.out.clause(path, "outline", block, parent=above.path, headings=self.texts(), lead=above.lead)
            opened.lead = lead_of(block.text)
        self.nodes.append(opened)

    def line(self, block: Block, following: Token | None) -> None:
        """An unlabelled line: below the innermost heading, or below the clause whose list goes on after it."""
        while len(self.nodes) > 1:
            node = self.nodes[-1]
            goes_on = following is not None and following.kind == node.kind and following.number > node.number
            if node.heading or goes_on:
                break
            self.nodes.pop()
        node = self.nodes[-1]
        node.lines += 1
        path = self.out.unique(f"{node.path}.p{node.lines}" if node.path else f"p{node.lines}")
        lead = "" if node.heading or node.kind is None else node.lead
        self.out.clause(path, "paragraph", block, parent=node.path, headings=self.texts(), lead=lead)
        if node.heading or node.kind is None:
            node.lead, node.group = _introduction(block.text), ()


def _introduction(text: str) -> str:
    """Return the last sentence of a paragraph below a heading if it introduces a list, else ""."""
    lead = lead_of(text)
    return lead if lead.endswith(("：", ":")) else ""


def _child(above: _Node, number: int, *, root: bool) -> str:
    if not root:
        return f"{above.path}.{number}"
    return f"{above.path}.s{number}" if above.path else f"s{number}"


def build_outline(out: Builder, blocks: Sequence[Block]) -> None:
    """Walk `blocks` (the body of an outline text, or one without any label) and add their pieces and clauses to `out`."""
    walker = _Walker(out)
    following = next_labels(blocks)
    for place, block in enumerate(blocks):
        token = block.label
        if token is None:
            walker.line(block, following[place])
        elif token.kind in HEADING_KINDS:
            walker.chapter(block, token)
        elif token.kind == "group":
            walker.group_heading(block, token)
        else:
            below = blocks[place + 1] if place + 1 < len(blocks) else None
            walker.node(block, token, below)


def _is_heading(block: Block, below: Block | None, open_kinds: set[Kind | None]) -> bool:
    """A node is a heading if its text is short and unfinished and `below` stands below it, not beside it."""
    text = block.text
    if not text or below is None or len(text) > 60 or text[-1] in "。；;：:！？!?，," or "。" in text:
        return False
    if below.label is None or below.label.kind == "group":
        return True
    return below.label.kind in LIST_KINDS and below.label.kind not in open_kinds
