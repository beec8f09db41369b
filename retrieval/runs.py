"""Saved evaluations: what was measured, with which settings and digests, so that two can be compared later."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import FileError, InputError, reason
from retrieval.evaluate import Evaluation
from retrieval.measures import compare, holm
from retrieval.settings import Settings

__all__ = ["SavedRun", "compare_runs", "load_run", "save_run"]

_FORMAT = 1
_DEPTH = 100  # clauses kept per case


@dataclass(frozen=True, slots=True)
class SavedRun:
    """One saved evaluation; `systems` maps a system to {measure: {case id: value}}, `rankings` to {case id: [clause ids]}."""

    name: str
    settings: Mapping[str, Any]
    cases_digest: str
    index_digest: str
    model_digest: str
    systems: Mapping[str, Mapping[str, Mapping[str, float]]]
    rankings: Mapping[str, Mapping[str, list[str]]]


def save_run(evaluation: Evaluation, settings: Settings, path: Path) -> None:
    """Write the evaluation as JSON, to a temporary name first. Raises FileError where that is not possible."""
    value = {
        "format": _FORMAT,
        "settings": json.loads(settings.model_dump_json(exclude={"cache_dir"})),  # a path of one machine says nothing elsewhere
        "cases_digest": evaluation.cases_digest,
        "index_digest": evaluation.index_digest,
        "model_digest": evaluation.model_digest,
        "systems": {system.name: system.per_case for system in evaluation.systems},
        "rankings": {s.name: {case: list(found)[:_DEPTH] for case, found in s.run.items()} for s in evaluation.systems},
    }
    draft = path.with_name(f".{path.name}.draft-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(value, ensure_ascii=False) + "\n", "utf-8")
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise FileError(f"评测结果无法写入 {path}（{reason(error)}），请检查路径和写权限。") from error


def load_run(path: Path) -> SavedRun:
    """Read what `save_run` wrote. Raises FileError for a file that is missing, broken or of another format."""
    try:
        value = json.loads(path.read_text("utf-8"))
        if value.pop("format") != _FORMAT:
            raise FileError(f"评测结果 {path} 是另一版格式，请重新运行 rongcuo evaluate 得到新的结果。")
        run = SavedRun(name=path.name, **value)
    except FileNotFoundError as error:
        raise FileError(f"没有找到评测结果 {path}，请检查路径。") from error
    except OSError as error:
        raise FileError(f"评测结果 {path} 读不出来（{reason(error)}），请检查路径和权限。") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FileError(f"{path} 不是 rongcuo evaluate 保存的评测结果，请检查文件。") from error
    if not _is_whole(run):
        raise FileError(f"评测结果 {path} 的内容不完整或被改动过，请重新运行 rongcuo evaluate 得到新的结果。")
    return run


def compare_runs(one: SavedRun, other: SavedRun, *, system: str | None = None) -> list[dict[str, float | str]]:
    """Compare `one` with `other` case by case, per system and measure that both hold, with p-values adjusted over the rows.

    Raises InputError where the two were measured on different cases or share no system or no measure.
    """
    if one.cases_digest != other.cases_digest:
        raise InputError(f"{one.name} 与 {other.name} 用的案例不同（{one.cases_digest} 与 {other.cases_digest}），不能逐案比较。")
    names = [name for name in one.systems if name in other.systems and system in (None, name)]
    if not names:
        raise InputError(f"{one.name} 与 {other.name} 没有共同的系统可比。")
    rows: list[dict[str, float | str]] = []
    for name in names:
        for measure, values in one.systems[name].items():
            theirs = other.systems[name].get(measure)
            if theirs is None:
                continue
            if values.keys() != theirs.keys():
                raise InputError(f"{one.name} 与 {other.name} 中 {name} 的 {measure} 所含案例不同，不能逐案比较，请重新评测。")
            rows.append({"system": name, "measure": measure, **compare(values, theirs)})
    if not rows:
        raise InputError(f"{one.name} 与 {other.name} 没有共同的指标可比。")
    for row, adjusted in zip(rows, holm([float(row["p"]) for row in rows]), strict=True):
        row["p_holm"] = adjusted
    return rows


def _is_whole(run: SavedRun) -> bool:
    """Tell whether the values have the types that `SavedRun` states; JSON may hold anything."""
    digests = (run.cases_digest, run.index_digest, run.model_digest)
    return (
        isinstance(run.settings, dict)
        and all(isinstance(value, str) for value in digests)
        and _is_nested(run.systems, lambda values: isinstance(values, dict) and all(map(_is_number, values.values())))
        and _is_nested(run.rankings, lambda ids: isinstance(ids, list) and all(isinstance(key, str) for key in ids))
    )


def _is_nested(value: object, fits: Callable[[object], bool]) -> bool:
    """Tell whether `value` is {text: {text: what fits}}."""
    return isinstance(value, dict) and all(isinstance(v, dict) and all(map(fits, v.values())) for v in value.values())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
