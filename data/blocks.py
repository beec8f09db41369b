"""Blocks: what one label or one unlabelled line holds, the units that the tree is built from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from data.furniture import is_annex, is_furniture, is_signature
from data.lexer import BLANKS, HEADING_KINDS, LIST_KINDS, Token

__all__ = ["Block", "lead_of", "make_blocks", "squeeze"]

_SPACE = re.compile(rf"[\s{BLANKS}]+")
_CHINESE_GAP = re.compile(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])")
_SENTENCE = re.compile(r"[^。！？；;]*[。！？；;]?")
_WRAPPED = 25
"""A line of at least this many characters that ends within a sentence goes on in the next line."""


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


def make_blocks(text: str, tokens: Sequence[Token], accepted: Collection[int], body_start: int) -> tuple[Block, ...]:
    """Return the blocks of `text` in order; `accepted` are the offsets of the labels that hold.

    From `body_start` on, lines that a page or a PDF has broken within a sentence are joined.
    """
    blocks: list[Block] = []
    for block in _blocks(text, tokens, accepted):
        before = blocks[-1] if blocks else None
        if before is not None and block.label is None and before.start >= body_start:
            if _fills(before, block) or text.count("\n", before.end, block.start) == 1 and _goes_on(before, block):
                text_start = before.text_start if before.text else block.start
                blocks[-1] = Block(before.label, before.start, text_start, block.end, text[text_start : block.end])
                continue
        blocks.append(block)
    return tuple(blocks)


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


def _fills(before: Block, after: Block) -> bool:
    """Tell whether `after` is the text of a label that stands alone in its line: (一), or 第二章 above its heading."""
    if before.label is None or before.text or is_furniture(after.text):
        return False
    if before.label.kind in HEADING_KINDS:
        return len(after.text) <= 30 and after.text[-1] not in "。；;：:"
    return before.label.kind in LIST_KINDS


def _goes_on(before: Block, after: Block) -> bool:
    """Tell whether `after` is the rest of the sentence that `before` breaks off in."""
    if not before.text or is_furniture(before.text) or is_furniture(after.text):
        return False
    if before.label is not None and before.label.kind in HEADING_KINDS:
        return False
    if before.text[-1] in "，、,":
        return True
    wrapped = len(before.text) >= _WRAPPED and "\u4e00" <= before.text[-1] <= "\u9fff"
    return wrapped and not is_annex(after.text) and not is_signature(after.text)
