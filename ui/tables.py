"""Rows of narratives in and results out, as .jsonl, .csv or .xlsx by the file's ending. The only module that imports pandas."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from data.categories import CATEGORIES
from data.errors import FileError
from data.reader_text import decode

__all__ = ["InputRow", "SUFFIXES", "check_suffix", "read_rows", "write_rows"]

SUFFIXES = (".jsonl", ".csv", ".xlsx")
_COLUMNS = ("id", "text", "region")


@dataclass(frozen=True, slots=True)
class InputRow:
    """One input row; `error` is a Chinese sentence where the row cannot be used."""

    number: int
    id: str
    text: str
    region: str
    error: str | None = None


def check_suffix(path: Path) -> str:
    """Return the lower-cased ending of `path`; one that is not known raises FileError."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise FileError(f"不支持 {path.name} 的格式，批量文件的扩展名应是 {'、'.join(SUFFIXES)}。")
    return suffix


def read_rows(path: Path) -> list[InputRow]:
    """Return every row of the file, the unusable ones with their `error`; a file that cannot be read raises FileError."""
    suffix = check_suffix(path)
    try:
        if suffix == ".jsonl":
            return _read_jsonl(path)
        frame = _read_csv(path) if suffix == ".csv" else pd.read_excel(path, dtype=str, keep_default_na=False)
    except FileNotFoundError as error:
        raise FileError(f"没有找到文件 {path}，请检查路径。") from error
    except FileError:
        raise
    except Exception as error:  # each engine has its own errors for a broken file
        raise FileError(f"文件 {path} 读不出来，请确认它没有损坏、没有加密，表头是 id、text、region。") from error
    frame.columns = [str(column).strip().lower() for column in frame.columns]
    if "text" not in frame.columns:
        raise FileError(f"文件 {path} 缺少 text 列，表头应是 id、text、region。")
    return [
        _row(number, {name: row.get(name, "") for name in _COLUMNS}) for number, row in enumerate(frame.to_dict("records"), 1)
    ]


def write_rows(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Write batch result lines to a temporary file beside `path`, then rename it; cells are always text, never formulas."""
    suffix = check_suffix(path)
    draft = path.with_name(f".{path.stem}.draft{suffix}")
    if suffix == ".jsonl":
        draft.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    elif suffix == ".csv":
        _wide(lines).to_csv(draft, index=False, encoding="utf-8-sig")  # with a BOM, or Excel takes it for GBK
    else:
        options = {"options": {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}}
        with pd.ExcelWriter(draft, engine="xlsxwriter", engine_kwargs=options) as book:
            _wide(lines).to_excel(book, sheet_name="结果", index=False)
            _long(lines).to_excel(book, sheet_name="明细", index=False)
    draft.replace(path)


def _read_jsonl(path: Path) -> list[InputRow]:
    rows: list[InputRow] = []
    for line in decode(path.read_bytes(), path.name).splitlines():
        if not line.strip():
            continue
        number = len(rows) + 1
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        if isinstance(value, dict):
            rows.append(_row(number, value))
        else:
            rows.append(InputRow(number, f"第{number}行", "", "", "这一行不是 JSON 对象，请改正。"))
    return rows


def _read_csv(path: Path) -> pd.DataFrame:
    from io import StringIO

    text = decode(path.read_bytes(), path.name)
    return pd.read_csv(StringIO(text), dtype=str, keep_default_na=False, skipinitialspace=True)


def _row(number: int, value: dict[str, Any]) -> InputRow:
    identifier, text, region = value.get("id"), value.get("text"), value.get("region")
    name = str(identifier).strip() if identifier not in (None, "") else f"第{number}行"
    if not isinstance(text, str) or not text.strip():
        return InputRow(number, name, "", str(region or ""), "这一行的 text 是空的或不是文字，请补上叙述。")
    return InputRow(number, name, text, str(region or "").strip())


def _wide(lines: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """One row per narrative, with the columns of its matches side by side."""
    rows = []
    for line in lines:
        row = {
            "编号": line["id"],
            "地区": line["region"],
            "未给建议": "是" if line["abstained"] else "",
            "错误": line["error"] or "",
        }
        for match in line["matches"]:
            rank = match["rank"]
            row |= {
                f"条款{rank}": match["citation"],
                f"类别{rank}": CATEGORIES.get(match["category"], match["category"]),
                f"相似度{rank}": match["similarity"],
                f"概率{rank}": match["probability"],
            }
        rows.append(row)
    return pd.DataFrame(rows)


def _long(lines: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """One row per suggested clause."""
    names = ("rank", "clause_id", "citation", "category", "text", "similarity", "score", "probability", "polarity")
    rows = [{"id": line["id"], **{name: match[name] for name in names}} for line in lines for match in line["matches"]]
    return pd.DataFrame(rows, columns=["id", *names])
