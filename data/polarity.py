"""Everyday words that tell what a passage does with a clause, and labelled pairs of a passage and a clause.

The words stand in ``polarity_cues.toml``, whose first lines explain how they are written. A list of words becomes one regular
expression, longer expressions first; each ``…`` becomes a group, so that a negation inside it can be counted.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Literal, get_args

from data.errors import CaseFileError, FileError, reason
from data.jsonl import identifier_of, numbered_lines, parse_line, read_lines_text, whole
from data.schema import Span

__all__ = ["TABLE", "CueTable", "Pair", "Row", "Stated", "Words", "read_pairs"]

TABLE = Path(__file__).with_name("polarity_cues.toml")

Stated = Literal["assert", "deny", "allege", "hypothetical"]

_PAUSE = "，。；：！？、,;:!?\\s“”"
_SYNTAX = re.compile(r"……?|〈([^〈〉]+)〉|\{([^{}]+)\}|[(|)^$]|[^…〈〉(|)^${}]+")
_ANY = ("", "…", "{", "^", "$", "|", ")")  # what does not say which character an expression begins with
_MARKS = {
    "…": f"([^{_PAUSE}]{{0,6}}?)",
    "……": f"([^{_PAUSE}]{{0,16}}?)",
    "(": "(?:",
    "^": f"(?<![^{_PAUSE}])",
    "$": r"(?=[”’」』）)]*(?:[。！？；!?;\n]|$))",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A labelled passage: what the words at `focus` do with the clause. `pair` names the other half of a minimal pair."""

    id: str
    clause: str
    text: str
    focus: Span
    polarity: Stated
    pair: str | None
    note: str


class Words:
    """A list of expressions as one regular expression, compiled when first used: compiling all takes half a second."""

    def __init__(self, source: str = "(?!)") -> None:
        self._source = source

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The regular expression; by default one that never matches. Its numbered groups are the gaps."""
        return re.compile(self._source)

    def within(self, text: str, span: Span) -> Iterator[re.Match[str]]:
        """Yield the expressions that stand in the span, from left to right, none overlapping another."""
        return self.pattern.finditer(text, span.start, span.end)

    def found(self, text: str, span: Span) -> bool:
        """Tell whether one of the expressions stands in the span."""
        return self.pattern.search(text, span.start, span.end) is not None


def read_pairs(path: Path) -> tuple[Pair, ...]:
    """Return the labelled pairs of a JSONL file with id, clause, text, focus, polarity, pair and note; an empty file gives ().

    Raises CaseFileError naming file, line and what is wrong: a focus that is not in the text exactly once, an unknown polarity.
    """
    try:
        text = read_lines_text(path, "对照句文件")
    except FileError as error:
        raise CaseFileError(str(error)) from error
    pairs: dict[str, Pair] = {}
    for number, line in numbered_lines(text):
        try:
            pair = _pair(parse_line(line))
            if pair.id in pairs:
                raise ValueError(f"编号 {pair.id} 重复")
        except ValueError as error:
            raise CaseFileError(f"{path} 第 {number} 行：{error}，请改正后再试。") from error
        pairs[pair.id] = pair
    return tuple(pairs.values())


def _pair(row: object) -> Pair:
    if not isinstance(row, dict):
        raise ValueError("应是一个 JSON 对象")
    text, focus, clause, polarity = (row.get(key) for key in ("text", "focus", "clause", "polarity"))
    if not isinstance(text, str) or not isinstance(focus, str) or not focus.strip() or text.count(focus) != 1:
        raise ValueError("focus 应在 text 里正好出现一次")
    if not isinstance(clause, str) or not clause.strip():
        raise ValueError("缺少 clause 或不是文字")
    choices: tuple[Stated, ...] = get_args(Stated)
    if polarity not in choices:
        raise ValueError(f"polarity 应是 {'、'.join(choices)} 之一，现在是 {polarity!r}")
    start, other = text.index(focus), row.get("pair")
    known = choices[choices.index(polarity)]
    span, note = Span(start, start + len(focus)), str(row.get("note") or "")
    return Pair(identifier_of(row.get("id")), clause, whole(text), span, known, str(other) if other else None, note)


class CueTable:
    """The table of cues as it is written: rows whose lists of words are read on demand."""

    def __init__(self, path: Path = TABLE) -> None:
        """Read the file; raises FileError where it is missing or is no TOML, with the line."""
        self.path = path
        self._table = self._read()
        self._classes: dict[str, str] = {}
        self._first: dict[str, frozenset[str]] = {}
        words = self.section("words")
        for name in words.keys:
            self._classes[name] = words.source(name)
            firsts = [self.first(word) for word in words.text(name).split()]
            self._first[name] = frozenset().union(*firsts) if all(firsts) else frozenset()

    def section(self, name: str) -> Row:
        """Return the table ``[name]``; raises FileError where it is missing."""
        found = self._table.get(name)
        if not isinstance(found, dict):
            raise self.error(f"[{name}]", "缺少或者不是一张表")
        return Row(self, f"[{name}]", found)

    def rows(self, name: str) -> list[Row]:
        """Return the tables ``[[name]]`` in order; raises FileError where there is none."""
        found = self._table.get(name)
        if not isinstance(found, list) or not found or not all(isinstance(row, dict) for row in found):
            raise self.error(f"[[{name}]]", "缺少或者写法不对")
        return [Row(self, f"[[{name}]] 第{at}组", row) for at, row in enumerate(found, 1)]

    def error(self, place: str, wrong: str) -> FileError:
        """Return the error to raise for something wrong at `place`."""
        return FileError(f"{self.path} 的 {place} {wrong}，请改正该处。")

    def expand(self, place: str, expression: str) -> str:
        """Return the regular expression that an expression stands for; raises FileError where it is written wrongly."""
        if expression.isalnum():
            return expression
        source, end, depth = "", 0, 0
        for match in _SYNTAX.finditer(expression):
            if match.start() != end:
                break
            end, token = match.end(), match[0]
            depth += (token == "(") - (token == ")")
            if match[1] and match[1] not in self._classes:
                raise self.error(place, f"里“{expression}”用了 [words] 中没有的〈{match[1]}〉")
            if depth < 0:
                break
            source += self._token(match)
        if end != len(expression) or depth:
            raise self.error(place, f"里“{expression}”的括号没有配对")
        return source

    def first(self, expression: str) -> frozenset[str]:
        """Return the characters that an expression can begin with; empty where it can begin with any."""
        if expression.startswith("("):
            depths = list(accumulate((char == "(") - (char == ")") for char in expression))
            close = depths.index(0) if 0 in depths else len(expression)
            inner = expression[1:close]
            if "(" in inner:
                return frozenset()
            firsts = [self.first(choice) for choice in inner.split("|")]
            return frozenset().union(*firsts) if all(firsts) else frozenset()
        if expression.startswith("〈"):
            return self._first.get(expression[1:].partition("〉")[0], frozenset())
        return frozenset() if expression[:1] in _ANY else frozenset(expression[:1])

    def _token(self, match: re.Match[str]) -> str:
        if match[1]:
            return f"(?:{self._classes[match[1]]})"
        if match[2]:
            return f"(?![{re.escape(match[2])}])"
        return _MARKS.get(match[0]) or (match[0] if match[0] in "|)" else re.escape(match[0]))

    def _read(self) -> dict[str, object]:
        try:
            return tomllib.loads(self.path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            why = reason(error) if isinstance(error, OSError) else "不是 UTF-8 编码"
            raise FileError(f"读不到用语表 {self.path}：{why}，请检查该文件。") from error
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"at line (\d+)", str(error))
            raise FileError(f"{self.path} {f'第{line[1]}行' if line else '末尾'}不合 TOML 格式，请改正该处。") from error


@dataclass(frozen=True, slots=True)
class Row:
    """One table of the file; every method raises FileError with the place where the value is not of the kind asked for."""

    table: CueTable
    place: str
    values: Mapping[str, object]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys in the order of the file."""
        return tuple(self.values)

    def check(self, known: str) -> None:
        """Refuse a key that is not among `known`, which are separated by blanks."""
        unknown = [key for key in self.values if key not in known.split()]
        if unknown:
            raise self.table.error(self.place, f"有不认识的键“{unknown[0]}”，可用：{'、'.join(known.split())}")

    def source(self, key: str) -> str:
        """Return the expressions at `key` as one regular expression, longer ones first.

        Those of which it is known how they begin are tried only where such a character stands: several times faster.
        """
        known: list[str] = []
        others: list[str] = []
        begin: set[str] = set()
        for word in sorted(self.text(key).split(), key=lambda word: (-len(word), word)):
            first = self.table.first(word)
            (known if first else others).append(self.table.expand(f"{self.place}的 {key}", word))
            begin |= first
        ahead = f"(?=[{re.escape(''.join(sorted(begin)))}])(?:{'|'.join(known)})" if known else ""
        return "|".join(filter(None, (ahead, *others)))

    def words(self, key: str, *, optional: bool = False) -> Words:
        """Return the expressions at `key`; where they may be missing and are, words that are never found."""
        return Words() if optional and key not in self.values else Words(self.source(key))

    def text(self, key: str) -> str:
        """Return the text at `key`."""
        value = self.values.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, "一段文字，或者用空格隔开的用语")
        return value

    def error(self, key: str, wanted: str) -> FileError:
        """Return the error to raise where the value at `key` is not what is wanted."""
        return self.table.error(self.place, f"的 {key} 应为{wanted}")
