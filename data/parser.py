"""Parses the text of a Chinese regulation into pieces and clauses that keep their offsets.

    text -> lexer (tokens) -> numbering, layout (which labels hold, where the body starts) -> blocks
         -> roles (title, furniture, body) -> articles or outline (tree) -> builder (pieces, clauses)

Every character belongs to exactly one piece. The level grammar stands in `articles` and `outline`.
"""

from __future__ import annotations

from collections.abc import Sequence

from data.articles import build_articles
from data.blocks import Block, make_blocks, squeeze
from data.builder import Builder
from data.errors import ParseError
from data.layout import Plan, plan_text
from data.lexer import lex
from data.numbering_report import numbering_report
from data.outline import build_outline
from data.roles import Role, assign_roles
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
    """Add all blocks to `out`, each by its role, and return the title."""
    roles = assign_roles(out.text, blocks, plan)
    by_role: dict[Role, list[Block]] = {"title": [], "furniture": [], "body": []}
    for block, role in zip(blocks, roles, strict=True):
        by_role[role].append(block)
    for block in by_role["furniture"]:
        out.furniture(block)
    (build_articles if plan.runs else build_outline)(out, by_role["body"])
    if not by_role["title"]:
        return ""
    start, end = by_role["title"][0].start, by_role["title"][-1].end
    title = "".join(squeeze(block.text) for block in by_role["title"])
    out.add(out.unique("title"), "title", start, end, label=title)
    return title
