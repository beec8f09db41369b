"""What kind of clause each clause is: from its chapter, the sentence that introduces its list, and its own words.

The rules are rows of ``category_rules.tsv``; ``category_overrides.tsv`` is for the exceptions a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from data.blocks import lead_of
from data.errors import FileError
from data.schema import Clause, Regulation

__all__ = [
    "AGAINST",
    "CATEGORIES",
    "FOR",
    "HEADLINES",
    "MATCHED",
    "Override",
    "Rule",
    "categorise",
    "load_overrides",
    "load_rules",
]

CATEGORIES: Mapping[str, str] = {
    "duty_fulfilled": "履职尽责",
    "fault_tolerance": "容错情形",
    "condition": "免责条件",
    "mitigation": "从轻减轻",
    "disqualifying": "不予容错",
    "inaction": "为官不为",
    "principle": "原则与考量",
    "duty": "法定职责",
    "procedure": "程序",
    "outcome": "结果运用",
    "correction": "纠错整改",
    "clarification": "澄清保护",
    "general": "总则附则",
}
"""Every category and its Chinese label."""

MATCHED: tuple[str, ...] = ("duty_fulfilled", "fault_tolerance", "condition", "mitigation", "disqualifying", "inaction")
"""The categories that narratives are matched to by default."""

HEADLINES: tuple[str, ...] = ("fault_tolerance", "duty_fulfilled", "disqualifying")
"""The categories that a report shows first, in this order."""

FOR: tuple[str, ...] = ("fault_tolerance", "duty_fulfilled", "condition", "mitigation")
"""The categories that speak for the officer, in the order to show them."""

AGAINST: tuple[str, ...] = ("disqualifying", "inaction")
"""The categories that speak against the officer, in the order to show them."""

RULES_FILE = Path(__file__).with_name("category_rules.tsv")
OVERRIDES_FILE = Path(__file__).with_name("category_overrides.tsv")

Place = Literal["text", "lead", "near", "heading"]
_PLACES: Mapping[str, str] = {"text": "条文", "lead": "引导句", "near": "标题", "heading": "标题"}
_FULLWIDTH = str.maketrans(",;:()!?", "，；：（）！？", " \t\n\r\xa0\u3000")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the rules: `category` where `pattern` is found in `where` and `under` in a heading above."""

    category: str
    where: Place
    pattern: re.Pattern[str]
    under: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Override:
    """A category that a person has decided for one clause, and why; `line` is its line in the file."""

    clause_id: str
    category: str
    why: str
    file: str
    line: int


def _rows(path: Path, header: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of each row of a table; lines that begin with # and empty ones are left out."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"读不到归类表 {path}：{error}") from error
    rows = [(at, line.split("\t")) for at, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    if not rows or [cell.strip() for cell in rows[0][1]] != list(header):
        raise FileError(f"{path} 第一行应为表头：{'、'.join(header)}（以制表符分隔）。")
    for at, cells in rows[1:]:
        if len(cells) > len(header):
            raise FileError(f"{path} 第{at}行有{len(cells)}列，应为{len(header)}列。")
        yield at, [cell.strip() for cell in cells] + [""] * (len(header) - len(cells))


def _known_category(category: str, path: Path, line: int) -> str:
    if category not in CATEGORIES:
        raise FileError(f"{path} 第{line}行的类别“{category}”不存在，可用的类别：{'、'.join(CATEGORIES)}。")
    return category


@lru_cache(maxsize=8)
def load_rules(path: Path = RULES_FILE) -> tuple[Rule, ...]:
    """Return the rules of `path` in order.

    Raises:
        FileError: the file is missing or a row is wrong; the message names file and line.

    """
    rules = []
    for line, (category, where, pattern, under) in _rows(path, ("category", "where", "pattern", "under")):
        if where not in _PLACES:
            raise FileError(f"{path} 第{line}行的位置“{where}”不存在，可用的位置：{'、'.join(_PLACES)}。")
        try:
            found, above = re.compile(pattern), re.compile(under) if under else None
        except re.error as error:
            raise FileError(f"{path} 第{line}行的正则表达式有误：{error}") from error
        rules.append(Rule(_known_category(category, path, line), where, found, above))  # type: ignore[arg-type]
    return tuple(rules)


@lru_cache(maxsize=8)
def load_overrides(path: Path = OVERRIDES_FILE) -> tuple[Override, ...]:
    """Return the overrides of `path` in order.

    Raises:
        FileError: the file is missing, a category is unknown or a clause is named twice; the message names file and line.

    """
    seen: dict[str, int] = {}
    overrides = []
    for line, (clause_id, category, why) in _rows(path, ("clause_id", "category", "why")):
        if clause_id in seen:
            raise FileError(f"{path} 第{line}行的条款“{clause_id}”已在第{seen[clause_id]}行出现。")
        seen[clause_id] = line
        overrides.append(Override(clause_id, _known_category(category, path, line), why, str(path), line))
    return tuple(overrides)


def categorise(regulation: Regulation, *, overrides: Sequence[Override] | None = None) -> Regulation:
    """Return `regulation` with category and reason filled in for each clause.

    Raises:
        FileError: an override names a clause that the regulation does not have.

    """
    decided = _overrides_for(regulation, load_overrides() if overrides is None else overrides)
    rules = load_rules()
    parents = {clause.parent_id for clause in regulation.clauses}
    done: dict[str, Clause] = {}
    for clause in regulation.clauses:
        override = decided.get(clause.id)
        if override is not None:
            category, reason = override.category, f"人工指定：{override.why}"
        else:
            introduces = clause.level == "paragraph" and (clause.id in parents or clause.text.endswith(("：", ":")))
            parent = done.get(clause.parent_id or "")
            category, reason = _decide(clause, rules, introduces=introduces, parent=parent)
        done[clause.id] = replace(clause, category=category, reason=reason)
    return replace(regulation, clauses=tuple(done.values()))


def _overrides_for(regulation: Regulation, overrides: Sequence[Override]) -> dict[str, Override]:
    ids = {clause.id for clause in regulation.clauses}
    mine = {o.clause_id: o for o in overrides if o.clause_id.startswith(f"{regulation.id}/")}
    for override in mine.values():
        if override.clause_id not in ids:
            raise FileError(f"{override.file} 第{override.line}行的条款“{override.clause_id}”在该法规中不存在。")
    return mine


def _decide(clause: Clause, rules: Sequence[Rule], *, introduces: bool, parent: Clause | None) -> tuple[str, str]:
    """Return category and reason: the first rule that matches, or the parent's category, or general."""
    places = _places(clause, introduces=introduces)
    left_to_items = False
    for rule in rules:
        matched = rule.category in MATCHED
        heading_only = rule.where in ("near", "heading")
        if left_to_items and rule.where != "text" or heading_only and matched and clause.level == "paragraph":
            continue
        found = _search(rule, places)
        if found is None:
            continue
        if not (introduces and matched):
            return rule.category, _reason(rule, found)
        left_to_items = True  # only what the paragraph says before its lead sentence can still give it a category
    if left_to_items:
        return "general", "本款只引出下列各项，由各项分别归类"
    if parent is not None:
        return parent.category, f"随上级条款归为{CATEGORIES[parent.category]}"
    return "general", "没有规则命中，归入总则附则"


def _search(rule: Rule, places: Mapping[str, Sequence[str]]) -> re.Match[str] | None:
    if rule.under is not None and not any(rule.under.search(heading) for heading in places["heading"]):
        return None
    return next((found for text in places[rule.where] if (found := rule.pattern.search(text))), None)


def _places(clause: Clause, *, introduces: bool) -> dict[str, list[str]]:
    """Return the texts that a rule may look into, innermost heading first.

    A paragraph that introduces a list is read as the lead of that list; what it says before that is its own text.
    """
    headings = [_normal(heading) for heading in reversed(clause.headings)]
    text, lead = _normal(clause.text), _normal(clause.lead)
    if introduces:
        lead = _normal(lead_of(clause.text))
        text = text.removesuffix(lead)
    return {
        "text": [text] if text else [],
        "lead": [lead] if lead else [],
        "near": headings[:1],
        "heading": headings,
    }


def _reason(rule: Rule, found: re.Match[str]) -> str:
    words = found["words"] if "words" in rule.pattern.groupindex else found[0]
    return f"{_PLACES[rule.where]}含「{words.strip('，。；：')}」"


def _normal(text: str) -> str:
    return text.translate(_FULLWIDTH)
