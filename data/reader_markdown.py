"""Markdown: the text without the marks, so that 第X条, (一) and 1. stand at the start of their lines.

Only marks that cannot be text are removed. Outline labels ("1.", "2)") stay; so do "3*4*5", "赣发[2018]21号" and the
underscores of a blank to be filled in. Line breaks stay where they are: office texts end a paragraph at every line.
"""

from __future__ import annotations

import re

from data.reader_text import clean, decode, join_cells, require_text

__all__ = ["read_markdown"]

_FENCE = re.compile(r" {0,3}(?:`{3,}|~{3,})")
_RULE = re.compile(r" {0,3}(?:=+|-{2,}|(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})[ \t]*$")  # also the underline of a heading
_REFERENCE = re.compile(r" {0,3}\[[^\]\n]{1,200}\]:[ \t]*\S+")
_FRONT_MATTER = re.compile(r"\A---\n(?:[\w-]+[ \t]*:.*\n|[ \t]*-? .*\n){1,50}---\n")
_BREAK = re.compile(r"<br[ \t]*/?>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:a|b|center|div|em|font|i|p|span|strong|sub|sup|u)(?:[ \t][^<>\n]{0,500}=[^<>\n]{0,500})?[ \t]*/?>", re.IGNORECASE
)
_LINE_MARK = re.compile(
    r"[ \t]*(?:>[ \t]?|#{1,6}(?:[ \t\u3000]+|(?=第))|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?)"  # quote, heading, bullet
)
_CLOSING = re.compile(r"[ \t]+#+[ \t]*$")
_IMAGE = re.compile(r"!\[[^\]\n]{0,200}\]\([^)\n]{0,2000}\)")
# The target must look like an address: "赣发[2018](21号)" is no link.
_ADDRESS = r"<?(?=[^)\s]{0,500}[./#:])(?:[!-'*-~]|\([!-'*-~]*\))+>?"
_LINK = re.compile(rf"\[([^\]\n]{{1,200}})\]\({_ADDRESS}(?:[ \t]+[\"'][^\"'\n]{{0,200}}[\"'])?\)")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,2000})>")
_STRONG = re.compile(r"(?<![\\*])(\*{2,3})(?=[^\s*])([^*\n]{1,2000})(?<=[^\s*])\1(?!\*)")
_STAR = re.compile(r"(?<![\\*0-9A-Za-z])\*(?=[^\s*])([^*\n]{1,2000})(?<=[^\s*])\*(?![*0-9A-Za-z])")
_UNDERLINE = re.compile(r"(?<![\\_\w])(_{1,3})(?=[^\s_])([^_\n]{1,2000})(?<=[^\s_])\1(?![_\w])")
_CODE = re.compile(r"(`+)(?!`)([^`\n]{1,2000})(?<!`)\1(?!`)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_TABLE_RULE = re.compile(r"[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*(?::?-+:?[ \t]*)?$")


def read_markdown(data: bytes, name: str) -> str:
    """Return the text of a Markdown file, one line per line of the file, without its marks.

    Raises FileError: the bytes are not text, or there is no visible character in them.
    """
    text = _without_comments(_FRONT_MATTER.sub("", clean(decode(data, name)), count=1))
    text = _BREAK.sub("\n", text)
    lines: list[str] = []
    fenced = False
    for line in text.split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced:
            lines.append(line)
        elif not (_RULE.match(line) or _REFERENCE.match(line) or _TABLE_RULE.match(line)):
            lines.append(_line(line))
    return require_text("\n".join(lines), name)


def _without_comments(text: str) -> str:
    """Drop ``<!-- … -->``; by hand, since a pattern takes quadratic time where comments are not closed."""
    pieces, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        pieces.append(text[at:start])
        at = end + 3
    return "".join(pieces) + text[at:]


def _line(line: str) -> str:
    while (mark := _LINE_MARK.match(line)) is not None and mark.end():
        line = line[mark.end() :]
    line = _inline(_CLOSING.sub("", line.rstrip(" \t")))
    if line.startswith("|") and line.endswith("|") and len(line) > 1:
        return "".join(join_cells([[cell] for cell in line.strip("|").split("|")]))
    return line.removesuffix("\\")


def _inline(line: str) -> str:
    line = _AUTOLINK.sub(r"\1", _TAG.sub("", _LINK.sub(r"\1", _IMAGE.sub("", line))))
    for _ in range(3):  # marks inside marks: **_x_**
        line = _UNDERLINE.sub(r"\2", _STAR.sub(r"\1", _STRONG.sub(r"\2", line)))
    return _ESCAPE.sub(r"\1", _CODE.sub(r"\2", line))
