"""Labelled cases: one JSON object per line, in the format of data/cases/*.jsonl or with `relevant` ids only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from data.errors import CaseFileError
from data.schema import Case

__all__ = ["background_narratives", "parse_cases", "read_cases"]

_SPLITS = ("train", "dev", "test")


def read_cases(path: Path) -> tuple[Case, ...]:
    """Read labelled cases; an empty file gives (). Raises CaseFileError naming file, line and what is wrong.

    A row holds `id`, `text` and either `labels` ({clause id: 2 or 1}) or `relevant` ([clause ids], taken as grade 2);
    `region`, `split`, `source`, `pair`, `style` may be absent.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise CaseFileError(f"没有找到案例文件 {path}，请检查路径。") from error
    except (OSError, UnicodeDecodeError) as error:
        raise CaseFileError(f"案例文件 {path} 读不出来，请确认它是 UTF-8 的 .jsonl 文件。") from error
    return parse_cases(text, str(path))


def parse_cases(text: str, name: str) -> tuple[Case, ...]:
    """Return the cases of a file's text; `name` is what messages call the file. Empty text gives (); errors as `read_cases`."""
    return tuple(_cases(name, text.split("\n")))


def background_narratives(count: int) -> tuple[str, ...]:
    """Return `count` narratives of the shipped training cases, evenly spaced; fewer where there are not so many."""
    path = Path(__file__).with_name("cases") / "train.jsonl"
    if count == 0 or not path.exists():
        return ()
    narratives = [case.narrative for case in read_cases(path)]
    return tuple(narratives[:: max(1, len(narratives) // count)][:count])


def _cases(name: str, lines: Iterable[str]) -> Iterator[Case]:
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = _case(json.loads(line))
        except json.JSONDecodeError as error:
            raise CaseFileError(f"{name} 第 {number} 行不是 JSON 对象（{error.msg}），请改正后再试。") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise CaseFileError(f"{name} 第 {number} 行：{error}，请改正后再试。") from error
        if case.id in seen:
            raise CaseFileError(f"{name} 第 {number} 行：编号 {case.id} 与第 {seen[case.id]} 行重复，请改正后再试。")
        seen[case.id] = number
        yield case


def _case(row: object) -> Case:
    if not isinstance(row, dict):
        raise ValueError("应是一个 JSON 对象")
    for name in ("id", "text"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise ValueError(f"缺少 {name} 或不是文字")
    split = row.get("split", "test")
    if split not in _SPLITS:
        raise ValueError(f"split 应是 {'、'.join(_SPLITS)} 之一，现在是 {split!r}")
    return Case(
        id=row["id"],
        region=str(row.get("region") or ""),
        narrative=row["text"],
        labels=_labels(row),
        split=split,
        source=str(row.get("source") or ""),
        pair=str(row["pair"]) if row.get("pair") else None,
        style=str(row.get("style") or ""),
    )


def _labels(row: dict[str, Any]) -> dict[str, int]:
    if "labels" in row:
        labels = row["labels"]
        if not isinstance(labels, dict) or any(type(grade) is not int or grade not in (1, 2) for grade in labels.values()):
            raise ValueError("labels 应是 {条款编号: 2 或 1}")
        return {str(key): grade for key, grade in labels.items()}
    relevant = row.get("relevant")
    if not isinstance(relevant, list):
        raise ValueError("缺少 labels（或 relevant）")
    return {str(key): 2 for key in relevant}
