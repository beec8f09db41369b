"""Which conditions a narrative supports or contradicts: two passes for cases of dev, one for cases of train."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from data.cases import CASES
from data.errors import CaseFileError, FileError
from data.jsonl import identifier_of, numbered_lines, parse_line, read_lines_text
from data.schema import Status

__all__ = ["CHECKED", "TRAIN", "Conditions", "read_conditions"]

CHECKED = CASES / "conditions_dev.jsonl"
TRAIN = CASES / "conditions_train.jsonl"


@dataclass(frozen=True, slots=True)
class Conditions:
    """A case with the status of each condition by each pass, {clause id: statuses in the order of the passes}."""

    case_id: str
    region: str
    votes: Mapping[str, tuple[Status, ...]]


def read_conditions(path: Path = CHECKED) -> tuple[Conditions, ...]:
    """Return the labelled conditions of a JSONL file with id, region and votes {pass: {clause id: status}}; empty gives ().

    Raises CaseFileError naming file, line and what is wrong.
    """
    try:
        text = read_lines_text(path, "条件标注文件")
    except FileError as error:
        raise CaseFileError(str(error)) from error
    found = []
    for number, line in numbered_lines(text):
        try:
            found.append(_conditions(parse_line(line)))
        except ValueError as error:
            raise CaseFileError(f"{path} 第 {number} 行：{error}，请改正后再试。") from error
    return tuple(found)


def _conditions(row: object) -> Conditions:
    if not isinstance(row, dict):
        raise ValueError("应是一个 JSON 对象")
    region, votes = row.get("region"), row.get("votes")
    if not isinstance(region, str) or not isinstance(votes, dict) or not votes:
        raise ValueError("缺少 region 或 votes")
    passes = list(votes.values())
    if not all(isinstance(one, dict) and one.keys() == passes[0].keys() for one in passes):
        raise ValueError("各遍标注的条款应相同")
    clauses = {clause: tuple(_status(one[clause]) for one in passes) for clause in passes[0]}
    return Conditions(identifier_of(row.get("id")), region, clauses)


def _status(value: object) -> Status:
    choices: tuple[Status, ...] = get_args(Status)
    for choice in choices:
        if value == choice:
            return choice
    raise ValueError(f"状态应是 {'、'.join(choices)} 之一，现在是 {value!r}")
