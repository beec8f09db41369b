"""Word's automatic numbers: 第%1条 and (%1), which stand in no text run and have to be counted.

    paragraph --numPr--> num --abstractNumId--> abstractNum --> 9 levels (lvl): start, numFmt, lvlText, suff, …
        |                 `- lvlOverride: another start, or another level
        `--pStyle--> style --basedOn--> style …: numPr of the style, where the paragraph has none

Source: ECMA-376 part 1, 17.9 (numbering) and 17.7 (styles). Where the standard is silent, as Word does: lists (num) of
the same abstractNum go on counting together; a startOverride takes effect where its num first uses that level; a higher
level that has not occurred yet is shown with its start value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from data.ordinals import ordinal
from data.word_package import Element, W, attribute, is_on, value

__all__ = ["Numbering", "Styles"]

_PLACE = re.compile(r"%([1-9])")
_MAX_CHAIN = 50  # styles that are based on each other in a circle must end somewhere


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    style: str  # ST_NumberFormat
    template: str  # such as 第%1条
    suffix: str  # what separates number and text
    legal: bool  # isLgl: show all numbers as decimals
    restart: int  # restarts when a level with a smaller index is used; 0 never
    linked: str  # id of the paragraph style that stands for this level


@dataclass(frozen=True, slots=True)
class _List:
    """A num: the levels it shows, the starts it overrides, and the abstractNum whose counters it shares."""

    abstract: str
    levels: Mapping[int, _Level]
    starts: Mapping[int, int] = field(default_factory=dict)

    def start(self, level: int) -> int:
        known = self.levels.get(level)
        return self.starts.get(level, known.start if known else 1)


class Styles:
    """The paragraph styles of a document; a missing styles part gives styles without properties."""

    def __init__(self, root: Element | None) -> None:
        found = [] if root is None else root.findall(W + "style")
        self._styles = {attribute(style, "styleId") or "": style for style in found}
        self._default = next(
            (attribute(s, "styleId") or "" for s in found if attribute(s, "default") in ("1", "true") and _is_paragraph(s)), ""
        )

    def of(self, paragraph: Element) -> str:
        """Return the id of the paragraph's style, the default style's where it names none."""
        return value(paragraph, "pPr", "pStyle") or self._default

    def chain(self, style: str | None) -> Iterator[tuple[str, Element]]:
        """Yield the style and those it is based on, nearest first; nothing for an unknown id."""
        for _ in range(_MAX_CHAIN):
            if not style or style not in self._styles:
                return
            yield style, self._styles[style]
            style = value(self._styles[style], "basedOn")

    def is_contents(self, style: str) -> bool:
        """Tell whether the style is that of a table of contents."""
        return any((value(element, "name") or "").lower().startswith("toc ") for _, element in self.chain(style))

    def numbering(self, style: str | None) -> tuple[str | None, int | None]:
        """Return numId and ilvl that the style gives, each from the nearest style of the chain that has it."""
        number: str | None = None
        level: int | None = None
        for _, element in self.chain(style):
            number = number if number is not None else value(element, "pPr", "numPr", "numId")
            level = level if level is not None else _int(value(element, "pPr", "numPr", "ilvl"))
        return number, level


class Numbering:
    """Counts through the numbered paragraphs of one document, in document order."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        self._styles = styles
        nums = [] if root is None else root.findall(W + "num")
        abstracts = [] if root is None else root.findall(W + "abstractNum")
        self._nums = {attribute(num, "numId") or "": num for num in nums}
        self._abstracts = {attribute(abstract, "abstractNumId") or "": abstract for abstract in abstracts}
        self._lists: dict[str, _List | None] = {}
        self._counters: dict[str, dict[int, int]] = {}
        self._overridden: set[tuple[str, int]] = set()

    def label(self, paragraph: Element) -> str:
        """Count the paragraph and return its number with the separator behind it; "" where it has no visible number."""
        number, level = self._place(paragraph)
        shown = self._list(number)
        if shown is None or level not in shown.levels:
            return ""
        self._count(number, shown, level)
        rule = shown.levels[level]
        text = "" if rule.style == "bullet" else self._written(shown, rule)
        return text + rule.suffix if text.strip() else ""

    def _place(self, paragraph: Element) -> tuple[str, int]:
        """Return numId ("" for none) and ilvl of the paragraph: its own, else those of its style."""
        own_number = value(paragraph, "pPr", "numPr", "numId")
        own_level = _int(value(paragraph, "pPr", "numPr", "ilvl"))
        style = self._styles.of(paragraph)
        style_number, style_level = self._styles.numbering(style)
        number = own_number if own_number is not None else style_number
        if number is None or number == "0":  # 0 switches the style's numbering off
            return "", 0
        if own_level is None and own_number is None:
            own_level = self._linked_level(number, style)
            own_level = style_level if own_level is None else own_level
        return number, own_level or 0

    def _linked_level(self, number: str, style: str) -> int | None:
        shown = self._list(number)
        if shown is None:
            return None
        linked = {level.linked: index for index, level in shown.levels.items() if level.linked}
        return next((linked[name] for name, _ in self._styles.chain(style) if name in linked), None)

    def _list(self, number: str) -> _List | None:
        if number not in self._lists:
            self._lists[number] = self._read_list(number)
        return self._lists[number]

    def _read_list(self, number: str) -> _List | None:
        num = self._nums.get(number)
        abstract = self._resolve(num)
        if num is None or abstract is None:
            return None
        levels = {index: _level(level, index) for index, level in _indexed(abstract, "lvl")}
        starts = {}
        for index, override in _indexed(num, "lvlOverride"):
            replaced = override.find(W + "lvl")
            if replaced is not None:
                levels[index] = _level(replaced, index)
            start = _int(value(override, "startOverride"))
            if start is not None:
                starts[index] = start
        return _List(abstract=attribute(abstract, "abstractNumId") or "", levels=levels, starts=starts)

    def _resolve(self, num: Element | None) -> Element | None:
        """Follow num -> abstractNum, and on through numbering styles (numStyleLink) to the one with the levels."""
        for _ in range(_MAX_CHAIN):
            abstract = self._abstracts.get(value(num, "abstractNumId") or "")
            link = value(abstract, "numStyleLink")
            linked, _level_ = self._styles.numbering(link)
            if link is None or linked is None:
                return abstract
            num = self._nums.get(linked)
        return None

    def _count(self, number: str, shown: _List, level: int) -> None:
        counters = self._counters.setdefault(shown.abstract, {})
        if level in shown.starts and (number, level) not in self._overridden:
            self._overridden.add((number, level))
            counters[level] = shown.starts[level]
        else:
            counters[level] = counters[level] + 1 if level in counters else shown.start(level)
        for deeper in [index for index in counters if index > level]:
            rule = shown.levels.get(deeper)
            if rule is None or level < rule.restart:
                del counters[deeper]

    def _written(self, shown: _List, rule: _Level) -> str:
        counters = self._counters[shown.abstract]

        def number(place: re.Match[str]) -> str:
            index = int(place[1]) - 1
            if index not in shown.levels:
                return ""
            style = "decimal" if rule.legal else shown.levels[index].style
            return ordinal(counters.get(index, shown.start(index)), style)

        return _PLACE.sub(number, rule.template)


def _level(element: Element, index: int) -> _Level:
    suffix = value(element, "suff") or "tab"
    restart = _int(value(element, "lvlRestart"))
    return _Level(
        start=_int(value(element, "start")) or 0,
        style=_style(element),
        template=value(element, "lvlText") or "",
        suffix="" if suffix == "nothing" else " ",
        legal=is_on(element.find(W + "isLgl")),
        restart=index if restart is None or restart > index else restart,
        linked=value(element, "pStyle") or "",
    )


def _style(level: Element) -> str:
    """Return the number format; newer ones come as "custom" with a plain one to fall back on."""
    formats = [attribute(element) or "decimal" for element in level.iter(W + "numFmt")]
    return next((style for style in formats if style != "custom"), "decimal")


def _indexed(parent: Element, tag: str) -> Iterator[tuple[int, Element]]:
    for element in parent.findall(W + tag):
        index = _int(attribute(element, "ilvl"))
        if index is not None and 0 <= index <= 8:
            yield index, element


def _is_paragraph(style: Element) -> bool:
    return attribute(style, "type") in (None, "paragraph")


def _int(text: str | None) -> int | None:
    """Return the number, None for what is none; damaged files hold anything here."""
    try:
        return None if text is None else int(text)
    except ValueError:
        return None
