"""How the clauses of a regulation stand together: which are alternatives, which are all needed, which bar, what comes first.

The table is ``logic.toml``, its first lines explain the columns. Nothing here says whether a regulation applies: `summarise`
counts what a narrative says of each clause by the rule of its group, and lists what is still to be established.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeVar, get_args

from data.catalogue import matched_regulations, shipped_clauses
from data.errors import FileError, InputError, reason
from data.schema import Regulation, State, Status

__all__ = ["STATE_LABELS", "Group", "GroupSummary", "Logic", "Status", "load_logic", "place_of", "summarise"]

TABLE = Path(__file__).with_name("logic.toml")

Part = Literal["duty", "tolerance", "mitigation", "against", "inaction", "looks"]
Rule = Literal["any", "all", "none", "questions"]
Side = Literal["for", "against", "both"]
_Choice = TypeVar("_Choice", bound=str)

STATE_LABELS: Mapping[State, str] = MappingProxyType(
    {"met": "有支持", "raised": "有支持", "not met": "有相反情形", "clear": "有相反情形", "open": "待查明"}
)
"""What people read: it tells what the narrative says of the group's own clauses, whichever side they are on."""

_NEEDED = ("id", "title", "part", "rule", "side", "clauses")
_OPTIONAL = ("requires", "questions", "contrary")


@dataclass(frozen=True, slots=True)
class Group:
    """Clauses that stand together under one rule; `requires` are groups that have to hold first.

    A group holds where it is "met", or "clear" under the rule "none". `questions` are by clause id, in clause order; `contrary`
    names by clause id the clauses of any regulation whose story speaks against it.
    """

    id: str
    title: str
    part: Part
    rule: Rule
    side: Side
    clauses: tuple[str, ...]
    requires: tuple[str, ...]
    questions: Mapping[str, str]
    contrary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Logic:
    """The groups of a regulation, in the order to show them; no clause is in two of them."""

    regulation_id: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """How a group stands: the clauses that gave it its state (none while open), and what is left to establish.

    `questions` are by clause id. `waiting` are the ids of the groups before it, directly or through others, that do not hold.
    """

    group: Group
    state: State
    clauses: tuple[str, ...]
    questions: Mapping[str, str]
    waiting: tuple[str, ...]


def load_logic(regulation_id: str, path: Path = TABLE) -> Logic:
    """Return the logic of a shipped regulation.

    Raises:
        InputError: the table has no such regulation; the message lists those it has.
        FileError: the table is missing or broken; the message names the line, or regulation, group and key.

    """
    table = _load(path)
    if regulation_id not in table:
        raise InputError(f"逻辑表里没有法规“{regulation_id}”，可选：{'、'.join(table)}。")
    return table[regulation_id]


def place_of(clause_id: str) -> Group | None:
    """Return the group that the clause belongs to, or None for a clause that is in none. Raises FileError as `load_logic`."""
    logic = _load(TABLE).get(clause_id.partition("/")[0])
    return next((group for group in logic.groups if clause_id in group.clauses), None) if logic else None


def summarise(logic: Logic, statuses: Mapping[str, Status]) -> tuple[GroupSummary, ...]:
    """Return how each group stands, in order; a clause without status is not stated, clauses of no group are passed over.

    any   "met" by one supported clause; one that is denied leaves the other grounds
    all   "met" by all supported, "not met" by one contradicted
    none  "raised" by one supported, "clear" by all contradicted
    Everything else is "open", and questions always are: a person weighs them. No statuses give "open" everywhere.

    Raises:
        InputError: a status is none of supported, contradicted, not_stated.

    """
    for clause_id, status in statuses.items():
        if status not in get_args(Status):
            raise InputError(f"条款“{clause_id}”的状态“{status}”不存在，可用：{'、'.join(get_args(Status))}。")
    stand = {group.id: _stand(group, statuses) for group in logic.groups}
    holding = {name for name, (state, _) in stand.items() if state in ("met", "clear")}
    summaries = []
    for group in logic.groups:
        waiting = tuple(name for name in _before(group.id, logic.groups) if name not in holding)
        summaries.append(GroupSummary(group, *stand[group.id], _open_questions(group, statuses), waiting))
    return tuple(summaries)


def _stand(group: Group, statuses: Mapping[str, Status]) -> tuple[State, tuple[str, ...]]:
    supported = tuple(clause for clause in group.clauses if statuses.get(clause) == "supported")
    contradicted = tuple(clause for clause in group.clauses if statuses.get(clause) == "contradicted")
    if supported and (group.rule == "any" or group.rule == "all" and supported == group.clauses):
        return "met", supported
    if supported and group.rule == "none":
        return "raised", supported
    if contradicted and group.rule == "all":
        return "not met", contradicted
    if contradicted == group.clauses and group.rule == "none":
        return "clear", contradicted
    return "open", ()


def _open_questions(group: Group, statuses: Mapping[str, Status]) -> Mapping[str, str]:
    """Return what is left to ask: of clauses not stated; what the supported ones of an "any" group demand besides; every look."""
    asking = {"any": ("supported",), "questions": get_args(Status)}.get(group.rule, ("not_stated",))
    left = {clause: asked for clause, asked in group.questions.items() if statuses.get(clause, "not_stated") in asking}
    return MappingProxyType(left)


def _before(name: str, groups: Sequence[Group]) -> tuple[str, ...]:
    """Return the ids of all groups that have to hold before the group `name`, directly or through others, in order."""
    requires = {group.id: group.requires for group in groups}
    found: set[str] = set()
    ahead = set(requires[name])
    while ahead:
        found |= ahead
        ahead = {further for step in ahead for further in requires.get(step, ())} - found
    return tuple(group.id for group in groups if group.id in found)


@lru_cache(maxsize=4)
def _load(path: Path) -> Mapping[str, Logic]:
    known = {regulation.id: regulation for regulation in matched_regulations()}
    logics = {}
    for regulation_id, rows in _read(path).items():
        place = f"{path} 中 {regulation_id}"
        if regulation_id not in known or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise FileError(f"{place} 应为 [[法规编号]] 开头的组，可用的法规编号：{'、'.join(known)}。")
        groups = tuple(_group(f"{place} 第{at}组", row, known[regulation_id]) for at, row in enumerate(rows, 1))
        _check_together(place, groups)
        logics[regulation_id] = Logic(regulation_id, groups)
    return MappingProxyType(logics)


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else "不是 UTF-8 编码"
        raise FileError(f"读不到逻辑表 {path}：{why}，请检查该文件。") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise FileError(f"{path} {f'第{line[1]}行' if line else '末尾'}不合 TOML 格式，请改正该处。") from error


def _group(place: str, row: Mapping[str, object], regulation: Regulation) -> Group:
    wrong = set(_NEEDED) ^ (set(row) - set(_OPTIONAL))
    if wrong:
        raise FileError(f"{place}的键“{min(wrong)}”多余或者缺少，必有：{'、'.join(_NEEDED)}，可有：{'、'.join(_OPTIONAL)}。")
    name, title = _text(place, "id", row["id"]), _text(place, "title", row["title"])
    part: Part = _one_of(place, row, "part", get_args(Part))
    rule: Rule = _one_of(place, row, "rule", get_args(Rule))
    side: Side = _one_of(place, row, "side", get_args(Side))
    clauses = _expanded(place, _texts(place, row, "clauses"), regulation)
    questions = _questions(place, row.get("questions", {}), clauses, needed=rule != "any")
    contrary = _contrary(place, row.get("contrary", {}), clauses)
    return Group(name, title, part, rule, side, clauses, _texts(place, row, "requires"), questions, contrary)


def _text(place: str, key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise FileError(f"{place}的 {key} 应为一段文字。")
    return value


def _texts(place: str, row: Mapping[str, object], key: str) -> tuple[str, ...]:
    values = row.get(key, [])
    if not isinstance(values, list) or key == "clauses" and not values:
        raise FileError(f"{place}的 {key} 应为方括号括起的一列文字，clauses 不能是空的。")
    return tuple(_text(place, key, value) for value in values)


def _one_of(place: str, row: Mapping[str, object], key: str, choices: tuple[_Choice, ...]) -> _Choice:
    value = _text(place, key, row[key])
    if value not in choices:
        raise FileError(f"{place}的 {key} “{value}”不存在，可用：{'、'.join(choices)}。")
    return choices[choices.index(value)]


def _expanded(place: str, names: Sequence[str], regulation: Regulation) -> tuple[str, ...]:
    """Return the clauses that `names` stand for: each itself, or the innermost clauses below it."""
    parents = {clause.parent_id for clause in regulation.clauses}
    innermost = [clause.id for clause in regulation.clauses if clause.id not in parents]
    clauses: list[str] = []
    for name in names:
        found = [clause for clause in innermost if clause == name or clause.startswith(f"{name}.")]
        if not found:
            raise FileError(f"{place}的 clauses 里的“{name}”不在该法规中，请核对条款编号。")
        clauses += found
    return tuple(clauses)


def _questions(place: str, table: object, clauses: Sequence[str], *, needed: bool) -> Mapping[str, str]:
    if not isinstance(table, dict):
        raise FileError(f"{place}的 questions 应为“条款编号 = 问题”的表。")
    stray = [name for name in table if name not in clauses]
    missing = [clause for clause in clauses if needed and clause not in table]
    if stray or missing:
        raise FileError(f"{place}的 questions 里“{(stray + missing)[0]}”{'不是本组的条款' if stray else '还没有问题，请补上'}。")
    asked = {clause: _text(place, f"questions 里“{clause}”", table[clause]) for clause in clauses if clause in table}
    return MappingProxyType(asked)


def _contrary(place: str, table: object, clauses: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Return what speaks against the clauses of a group; FileError for a clause that no regulation, or not this group, has."""
    if not isinstance(table, dict):
        raise FileError(f"{place}的 contrary 应为“条款编号 = 一列条款编号”的表。")
    known = shipped_clauses().keys()
    found = {name: _texts(f"{place}的 contrary", table, name) for name in table}
    for name, against in found.items():
        stray = ({name} - set(clauses)) | (set(against) - known)
        if stray:
            raise FileError(f"{place}的 contrary 里“{min(stray)}”不是本组的或者随附法规的条款，请核对编号。")
    return MappingProxyType(found)


def _check_together(place: str, groups: Sequence[Group]) -> None:
    """Refuse what stands twice, and a group that requires one that is not there, that never holds or that waits for it."""
    can_hold = {group.id for group in groups if group.rule != "questions"}
    seen: dict[str, str] = {}
    for group in groups:
        for name in (group.id, *group.clauses):
            if name in seen:
                raise FileError(f"{place} 的“{name}”在 {seen[name]}、{group.id} 两处重复，只能写在一组。")
            seen[name] = group.id
    for group in groups:
        if group.id in _before(group.id, groups) or not can_hold.issuperset(group.requires):
            raise FileError(f"{place} 的 {group.id} 组的 requires 应为同一法规中 any、all 或 none 的组，也不能绕回自身。")
