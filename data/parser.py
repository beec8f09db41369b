"""Parses the text of a Chinese regulation into pieces and clauses that keep their offsets.

    text -> lexer (tokens) -> numbering, layout (which labels hold, where the body is) -> blocks
         -> articles or outline (tree) -> builder (pieces, clauses)

Every character belongs to exactly one piece. The level grammar stands in `articles` and `outline`.
"""

from __future__ import annotations

from collections.abc import Sequence

from data.articles import build_articles
from data.blocks import Block, make_blocks, squeeze
from data.builder import Builder
from data.errors import ParseError
from data.furniture import is_furniture, is_signature
from data.layout import Plan, front_roles, plan_text, tail_start, title_blocks
from data.lexer import HEADING_KINDS, lex
from data.numbering_report import numbering_report
from data.outline import build_outline
from data.schema import Regulation
from data.split import regulation_starts

__all__ = ["numbering_report", "parse", "parse_file_text"]


def parse(text: str, regulation_id: str, *, region: str = "") -> Regulation:
    """Parse one regulation; categories are still ``general``.

    A text without any structure becomes the unnumbered paragraphs p1…pn.

    Raises:
        ParseError: `text` has no characters other than white space.

    """
    tokens = lex(text)
    if all(token.kind == "space" for token in tokens):
        raise ParseError(f"法规“{regulation_id}”没有可以解析的文字，请检查文件内容。")
    plan = plan_text(text, tokens)
    blocks = make_blocks(text, tokens, plan.accepted, plan.body_start)
    out = Builder(text, regulation_id)
    title = _build(out, blocks, plan)
    pieces, clauses = out.finish()
    return Regulation(regulation_id, title or regulation_id, text, clauses, pieces, region=region)


def parse_file_text(text: str, regulation_id: str) -> tuple[Regulation, ...]:
    """Parse a file that may hold several regulations; their texts joined give `text` back.

    The first keeps `regulation_id`, the next get ``<id>-2``, ``<id>-3`` …; `split` says where a further one begins.

    Raises:
        ParseError: `text` has no characters other than white space.

    """
    starts = (0, *regulation_starts(text), len(text))
    texts = [text[start:end] for start, end in zip(starts, starts[1:], strict=False)]
    return tuple(
        parse(part, regulation_id if place == 1 else f"{regulation_id}-{place}") for place, part in enumerate(texts, 1)
    )


def _build(out: Builder, blocks: Sequence[Block], plan: Plan) -> str:
    """Sort the blocks into front matter, body and tail, add them all to `out` and return the title."""
    first = next((at for at, block in enumerate(blocks) if plan.labelled and block.start >= plan.body_start), len(blocks))
    front = blocks[:first]
    place = title_blocks(out.text, front, labelled=plan.labelled)
    roles = front_roles(front, place, labelled=plan.labelled)
    last_label = max((b.label.start for b in blocks[first:] if b.label and b.label.kind in _anchors(plan)), default=0)
    end = tail_start(blocks, last_label) if plan.labelled else len(blocks)
    for block, role in zip(front, roles, strict=True):
        if role == "furniture":
            out.furniture(block)
    body = [block for block, role in zip(front, roles, strict=True) if role == "body"]
    for block in blocks[first:end]:
        tail = block.label is None and block.start > last_label
        if block.label is None and (is_furniture(block.text) or tail and is_signature(block.text)):
            out.furniture(block)
        else:
            body.append(block)
    for block in blocks[end:]:
        out.furniture(block)
    (build_articles if plan.runs else build_outline)(out, body)
    return _title(out, front[place[0] : place[1]])


def _anchors(plan: Plan) -> frozenset[str]:
    return frozenset({"article"} | HEADING_KINDS) if plan.runs else frozenset({"outline", "bracket", "digit"} | HEADING_KINDS)


def _title(out: Builder, blocks: Sequence[Block]) -> str:
    if not blocks:
        return ""
    start, end = blocks[0].start, blocks[-1].end
    title = "".join(squeeze(block.text) for block in blocks)
    out.add(out.unique("title"), "title", start, end, label=title)
    return title
