"""Finds where further regulations begin in a file that holds several.

A further regulation begins where the numbering starts anew (第一条, or 一、 at the start of a line) and a line that
reads like a title stands between the last label before and that start. The cut is made at the title line; a first half
of the title on a line of its own goes with it. Where the numbering starts anew without a title, nothing is cut: the
text stays one regulation, and ids that come again get ``~2``.
"""

from __future__ import annotations

from collections.abc import Sequence

from data.blocks import Block, make_blocks
from data.furniture import is_furniture, looks_like_title
from data.layout import plan_text
from data.lexer import HEADING_KINDS, lex
from data.roles import title_blocks

__all__ = ["regulation_starts"]


def regulation_starts(text: str) -> tuple[int, ...]:
    """Return the offsets at which the second, third … regulation in `text` begin; () for one or none."""
    tokens = lex(text)
    plan = plan_text(text, tokens)
    blocks = make_blocks(text, tokens, plan.accepted, plan.body_start)
    starts: list[int] = []
    gap: list[Block] = []
    seen = False
    for block in blocks:
        label = block.label
        if label is None:
            gap.append(block)
        elif label.kind not in HEADING_KINDS:
            begins = label.number == 1 and (label.kind == "article" or label.kind == "outline" and label.where == "line")
            if seen and begins and (cut := _title_start(text, gap)) is not None:
                starts.append(cut)
            # a notice with an outline of its own before the articles is furniture, not a regulation
            seen = seen or not plan.runs or label.kind == "article"
            gap = []
    return tuple(starts)


def _title_start(text: str, gap: Sequence[Block]) -> int | None:
    if not any(looks_like_title(block.text) and not is_furniture(block.text) for block in gap):
        return None
    first, last = title_blocks(text, gap, labelled=True)
    return gap[first].start if last else None
