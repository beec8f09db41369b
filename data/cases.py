"""Labelled cases: one JSON object per line, in the format of data/cases/*.jsonl or with `relevant` ids only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from data.errors import CaseFileError, FileError, repeated
from data.jsonl import identifier_of, numbered_lines, parse_line, read_lines_text, whole
from data.schema import Case, Span

__all__ = ["CASES", "background_narratives", "fold_of", "parse_cases", "read_cases", "read_elsewhere", "read_marks"]

CASES = Path(__file__).with_name("cases")
_SPLITS = ("train", "dev", "test")
_Row = TypeVar("_Row")


def read_cases(path: Path) -> tuple[Case, ...]:
    """Read labelled cases; an empty file gives (). Raises CaseFileError naming file, line and what is wrong.

    A row holds `id`, `text` and either `labels` ({clause id: 2 or 1}) or `relevant` ([clause ids], taken as grade 2);
    `region`, `split`, `source`, `pair`, `style` may be absent.
    """
    try:
        text = read_lines_text(path, "案例文件")
    except FileError as error:
        raise CaseFileError(str(error)) from error
    return parse_cases(text, str(path))


def parse_cases(text: str, name: str) -> tuple[Case, ...]:
    """Return the cases of a file's text; `name` is what messages call the file. Empty text gives (); errors as `read_cases`."""
    return tuple(_cases(name, text))


def background_narratives(count: int) -> tuple[str, ...]:
    """Return `count` narratives of the shipped training cases that speak to some clause, evenly spaced.

    Fewer where there are fewer.
    """
    path = CASES / "train.jsonl"
    if count == 0 or not path.exists():
        return ()
    narratives = [case.narrative for case in read_cases(path) if case.labels]
    return tuple(narratives[:: max(1, len(narratives) // count)][:count])


def read_elsewhere(path: Path) -> dict[str, tuple[dict[str, int], ...]]:
    """Read what narratives would be labelled with under the other regulations: {case id: labels of each pass}.

    A row holds `id` and `votes` ({pass: {clause id: 2 or 1}}). An empty file gives {}. Raises CaseFileError as `read_cases`.
    """
    return _by_case(path, _passes)


def read_marks(path: Path) -> dict[str, dict[str, tuple[Span, ...]]]:
    """Read which words of a narrative speak to a clause: {case id: {clause id: places, the most decisive first}}.

    A row holds `id` and `marks` ({clause id: [[start, end], ...]}, half-open, in characters of the narrative). An empty file
    gives {}. Raises CaseFileError as `read_cases`.
    """
    return _by_case(path, _marks)


def _by_case(path: Path, parse: Callable[[Any], _Row]) -> dict[str, _Row]:
    try:
        text = read_lines_text(path, "案例文件")
    except FileError as error:
        raise CaseFileError(str(error)) from error
    found: dict[str, _Row] = {}
    for number, line in numbered_lines(text):
        try:
            row = parse_line(line)
            if not isinstance(row, dict):
                raise ValueError("应是一个 JSON 对象")
            found[identifier_of(row.get("id"))] = parse(row)
        except ValueError as error:
            raise CaseFileError(f"{path} 第 {number} 行：{error}，请改正后再试。") from error
    return found


def _passes(row: dict[str, Any]) -> tuple[dict[str, int], ...]:
    votes = row.get("votes")
    if not isinstance(votes, dict):
        raise ValueError("缺少 votes（{遍: {条款编号: 2 或 1}}）")
    return tuple(_labels({"labels": labels}) for _, labels in sorted(votes.items()))


def _marks(row: dict[str, Any]) -> dict[str, tuple[Span, ...]]:
    marks = row.get("marks")
    if not isinstance(marks, dict):
        raise ValueError("缺少 marks（{条款编号: [[起, 止], …]}）")
    for key, places in marks.items():
        if not isinstance(places, list):
            raise ValueError(f"marks 里 {key!r} 的位置应是 [[起, 止], …]，现在是 {places!r}")
    return {identifier_of(key): tuple(_span(place) for place in places) for key, places in marks.items()}


def _span(place: object) -> Span:
    if not isinstance(place, list) or [type(end) for end in place] != [int, int] or not 0 <= place[0] < place[1]:
        raise ValueError(f"marks 里的位置应是 [起, 止]，现在是 {place!r}")
    return Span(*place)


def fold_of(ids: Iterable[str], *, folds: int = 5) -> dict[str, int]:
    """Return the fold (from 0) of each id: ordered by their hash and dealt out in turn, so folds are even and never change."""
    ordered = sorted(ids, key=lambda key: hashlib.sha256(key.encode()).hexdigest())
    return {key: place % folds for place, key in enumerate(ordered)}


def _cases(name: str, text: str) -> Iterator[Case]:
    seen: dict[str, int] = {}
    for number, line in numbered_lines(text):
        try:
            case = _case(parse_line(line))
        except ValueError as error:
            raise CaseFileError(f"{name} 第 {number} 行：{error}，请改正后再试。") from error
        if case.id in seen:
            raise CaseFileError(f"{name} 第 {number} 行：编号 {repeated(case.id)} 与第 {seen[case.id]} 行重复，请改正后再试。")
        seen[case.id] = number
        yield case


def _case(row: object) -> Case:
    if not isinstance(row, dict):
        raise ValueError("应是一个 JSON 对象")
    identifier, text = identifier_of(row.get("id")), row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ValueError("缺少 text 或不是文字")
    split = row.get("split", "test")
    if split not in _SPLITS:
        raise ValueError(f"split 应是 {'、'.join(_SPLITS)} 之一，现在是 {split!r}")
    return Case(
        id=identifier,
        region=_word(row, "region"),
        narrative=whole(text),
        labels=_labels(row),
        split=split,
        source=_word(row, "source"),
        pair=_word(row, "pair") or None,
        style=_word(row, "style"),
    )


def _word(row: dict[str, Any], name: str) -> str:
    return whole(str(row.get(name) or ""))


def _labels(row: dict[str, Any]) -> dict[str, int]:
    if "labels" in row:
        labels = row["labels"]
        if not isinstance(labels, dict) or any(type(grade) is not int or grade not in (1, 2) for grade in labels.values()):
            raise ValueError("labels 应是 {条款编号: 2 或 1}")
        return {identifier_of(key): grade for key, grade in labels.items()}
    relevant = row.get("relevant")
    if not isinstance(relevant, list):
        raise ValueError("缺少 labels（或 relevant）")
    return {identifier_of(key): 2 for key in relevant}
