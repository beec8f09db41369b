"""What each block of a file is: its title, page furniture, or the body that the tree is built from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from data.blocks import Block, squeeze
from data.furniture import is_addressee, is_adoption, is_annex, is_contents, is_furniture, is_signature, looks_like_title
from data.layout import Plan

__all__ = ["Role", "assign_roles", "title_blocks"]

Role = Literal["title", "furniture", "body"]


def assign_roles(text: str, blocks: Sequence[Block], plan: Plan) -> tuple[Role, ...]:
    """Return the role of each block: front matter above the body's start, the body, and annexes and signatures below it.

    A text without labels is all body but for plain furniture and a title above further lines.
    """
    if not plan.labelled:
        body: Role = "body"
        roles = _roles_without_labels(blocks, title_blocks(text, blocks, labelled=False))
        return roles if body in roles else (body,) * len(blocks)
    first = next((at for at, block in enumerate(blocks) if block.start >= plan.body_start), len(blocks))
    front = blocks[:first]
    return _front_roles(front, title_blocks(text, front, labelled=True)) + _body_roles(blocks[first:], plan)


def title_blocks(text: str, front: Sequence[Block], *, labelled: bool) -> tuple[int, int]:
    """Return the places [from, to) of the title among the blocks before the body; (0, 0) where there is none.

    The last line that reads like a title counts, since a notice or an abstract may name it before; a first half of it
    on a line of its own is found by the full title's standing in 《》 somewhere.
    """
    for place in range(len(front) - 1, -1, -1):
        line = front[place].text
        if front[place].label is None and looks_like_title(line) and not is_furniture(line):
            return (place - 1, place + 1) if place and _is_first_half(text, front[place - 1], line) else (place, place + 1)
    for place, block in enumerate(front):
        if labelled and block.label is None and _is_plain_line(block.text):
            return place, place + 1
    return 0, 0


def _is_first_half(text: str, before: Block, line: str) -> bool:
    if before.label is not None or not _is_plain_line(before.text):
        return False
    whole = _name(before.text) + _name(line)
    return f"《{whole}》" in _name(text)


def _name(text: str) -> str:
    return squeeze(text).replace(" ", "").translate(str.maketrans("（）", "()"))


def _is_plain_line(line: str) -> bool:
    known = is_furniture(line) or is_adoption(line) or is_addressee(line) or is_contents(line)
    return not known and 4 <= len(line) <= 80 and not any(char in "。；;：:！？>|" for char in line)


def _front_roles(front: Sequence[Block], title: tuple[int, int]) -> tuple[Role, ...]:
    """Lines above and around the title are furniture; prose below it is a preamble."""
    roles: list[Role] = []
    for place, block in enumerate(front):
        if title[0] <= place < title[1]:
            roles.append("title")
        else:
            preamble = place >= title[1] and block.label is None and _is_preamble(block.text)
            roles.append("body" if preamble else "furniture")
    return tuple(roles)


def _roles_without_labels(blocks: Sequence[Block], title: tuple[int, int]) -> tuple[Role, ...]:
    roles: list[Role] = []
    for place, block in enumerate(blocks):
        if title[0] <= place < title[1]:
            roles.append("title")
        else:
            below_title = 0 < title[1] <= place and is_adoption(block.text)
            roles.append("furniture" if is_furniture(block.text) or below_title else "body")
    return tuple(roles)


def _body_roles(blocks: Sequence[Block], plan: Plan) -> tuple[Role, ...]:
    last_label = _last_label(blocks, plan)
    roles: list[Role] = []
    in_annex = False
    for block in blocks:
        below = block.label is None and block.start > last_label
        in_annex = in_annex or below and is_annex(block.text)
        furniture = block.label is None and is_furniture(block.text) or below and is_signature(block.text)
        roles.append("furniture" if in_annex or furniture else "body")
    return tuple(roles)


def _last_label(blocks: Sequence[Block], plan: Plan) -> int:
    """Return where the last article, or in an outline the last label of the outermost kind, begins.

    An annex may number anew: what follows a second 一、 does not count.
    """
    labels = [block.label for block in blocks if block.label is not None and block.label.kind != "group"]
    kind = "article" if plan.runs or not labels else labels[0].kind
    last = None
    for label in labels:
        if label.kind == kind:
            if last is not None and label.number == 1 < last.number:
                break
            last = label
    return last.start if last is not None else plan.body_start


def _is_preamble(line: str) -> bool:
    known = is_furniture(line) or is_adoption(line) or is_addressee(line) or is_contents(line) or is_signature(line)
    return not known and (len(line) > 40 or line[-1] in "。：:；;！？”）)" and len(line) >= 8)
