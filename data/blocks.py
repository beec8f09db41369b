"""Blocks: what one label or one unlabelled line holds, the units that the tree is built from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from data.furniture import is_annex, is_furniture, is_signature
from data.lexer import BLANKS, HEADING_KINDS, LIST_KINDS, Token

__all__ = ["Block", "heading_of", "label_of", "lead_of", "make_blocks", "squeeze"]

_SPACE = re.compile(rf"[\s{BLANKS}]+")
_CHINESE_GAP = re.compile(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])")
_SENTENCE = re.compile(r"[^。！？；;]*[。！？；;]?")
_PAGE_WIDTHS = range(15, 61)
"""A text whose longest line has one of these lengths is taken to be broken into lines by a page's width."""


@dataclass(frozen=True, slots=True)
class Block:
    """A label with the text up to the next label or line end, or a line without label; `text` has no white space around.

    `start` is where the label (or, without one, the text) begins; `text_start` == `end` where a label stands alone.
    """

    label: Token | None
    start: int
    text_start: int
    end: int
    text: str


def squeeze(text: str) -> str:
    """Return `text` on one line with single spaces, and none between Chinese characters: 总  则 → 总则."""
    return _CHINESE_GAP.sub("", _SPACE.sub(" ", text).strip())


def lead_of(text: str) -> str:
    """Return the last sentence of `text`, the one that introduces the list below it; "" for the empty string."""
    sentences = [part for part in _SENTENCE.findall(text) if part.strip()]
    return squeeze(sentences[-1]) if sentences else ""


def heading_of(text: str, block: Block) -> str:
    """Return the heading that `block` of `text` is on one line: 第二章 履职尽责, 一、总体要求, 第一类:一心为公."""
    if block.label is None:
        return squeeze(block.text)
    label = label_of(text, block.label)
    return f"{label} {squeeze(block.text)}".strip() if label[-1] in "编章节" else label + squeeze(block.text)


def label_of(text: str, label: Token) -> str:
    """Return `label` as it stands in `text`, without white space: 第 一 条 gives 第一条."""
    return squeeze(text[label.start : label.end]).replace(" ", "")


def make_blocks(text: str, tokens: Sequence[Token], accepted: Collection[int], body_start: int) -> tuple[Block, ...]:
    """Return the blocks of `text` in order; `accepted` are the offsets of the labels that hold.

    From `body_start` on, lines that a page or a PDF has broken within a sentence are joined.
    """
    blocks: list[Block] = []
    width = _page_width(tokens)
    for block in _blocks(text, tokens, accepted):
        before = blocks[-1] if blocks else None
        if before is not None and block.label is None and before.start >= body_start and _joins(text, before, block, width):
            text_start = before.text_start if before.text else block.start
            blocks[-1] = Block(before.label, before.start, text_start, block.end, text[text_start : block.end])
        else:
            blocks.append(block)
    return tuple(blocks)


def _page_width(tokens: Sequence[Token]) -> int:
    """Return the length of the longest line where it is a page's width; 0 where lines are paragraphs of any length."""
    longest = length = 0
    for token in tokens:
        length = 0 if token.kind == "space" else length + token.end - token.start
        longest = max(longest, length)
    return longest if longest in _PAGE_WIDTHS else 0


def _blocks(text: str, tokens: Sequence[Token], accepted: Collection[int]) -> Iterator[Block]:
    label: Token | None = None
    start = end = -1
    for token in tokens:
        is_label = token.kind not in ("text", "space") and token.start in accepted
        if start >= 0 and (is_label or token.kind == "space"):
            yield _block(text, label, start, end)
            start, label = -1, None
        if token.kind == "space":
            continue
        if start < 0:
            start, label = token.start, token if is_label else None
        end = token.end
    if start >= 0:
        yield _block(text, label, start, end)


def _block(text: str, label: Token | None, start: int, end: int) -> Block:
    text_start = start if label is None else label.end
    content = text[text_start:end]
    blank = len(content) - len(content.lstrip(_BLANK_CHARS))
    content = content.strip(_BLANK_CHARS)
    text_start += blank
    return Block(label, start, text_start, text_start + len(content), content)


_BLANK_CHARS = " \t\xa0\u1680\u202f\u205f\u3000\u2060\ufeff" + "".join(map(chr, range(0x2000, 0x200E)))


def _joins(text: str, before: Block, after: Block, width: int) -> bool:
    """Tell whether the unlabelled line `after` belongs to the block `before` it."""
    if is_furniture(after.text):
        return False
    if before.label is not None and before.label.kind in HEADING_KINDS:
        # 第二章 above its heading, or a long heading on two lines
        return len(after.text) <= 30 and after.text[-1] not in "。；;：:）)" and not 0 < len(before.text) < 8
    if not before.text:
        return before.label is not None and before.label.kind in LIST_KINDS
    if before.text[-1] in "，、,":
        return True
    if text.count("\n", before.end, after.start) > 1 or is_annex(after.text) or is_signature(after.text):
        return False
    # in a text that a page has broken into lines, a full line without an end goes on in the next
    last_line = before.end - max(before.start, text.rfind("\n", 0, before.end) + 1)
    return 0 < width <= last_line + 3 and before.text[-1] not in "。；;：:！？!?”）)"
