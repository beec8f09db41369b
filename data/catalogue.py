"""The regulations that come with the program, and how a person may name a region.

`regulations/SOURCES.tsv` lists the files with what is known about each; what it says wins over what is read from the
text. A row without a region is a document that quotes regulations, not one to match narratives to.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from data.categories import categorise, load_overrides
from data.errors import FileError, InputError, repeated
from data.metadata import read_metadata
from data.parser import parse
from data.schema import Clause, Regulation

__all__ = [
    "Source",
    "as_shipped",
    "load_catalogue",
    "load_sources",
    "matched_regulations",
    "region_names",
    "resolve_region",
    "shipped_clauses",
]

FOLDER = Path(__file__).with_name("regulations")
_COLUMNS = ("id", "file", "title", "region", "issuer", "doc_number", "issued", "effective", "supersedes", "source", "note")
_EVERYWHERE = frozenset({"", "all", "全部", "所有", "不限"})


@dataclass(frozen=True, slots=True)
class Source:
    """One row of SOURCES.tsv; unknown values are "" or None."""

    id: str
    file: str
    title: str
    region: str
    issuer: str
    doc_number: str
    issued: date | None
    effective: date | None
    supersedes: str
    source: str
    note: str


@lru_cache(maxsize=4)
def load_sources(folder: Path = FOLDER) -> tuple[Source, ...]:
    """Return the rows of ``SOURCES.tsv`` in `folder`, in order.

    Raises:
        FileError: the table is missing or a row is wrong; the message names file and line.

    """
    path = folder / "SOURCES.tsv"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"读不到法规目录 {path}：{error}") from error
    rows = csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    sources: list[Source] = []
    for line, cells in enumerate(rows, 1):
        if line == 1 and tuple(cells) != _COLUMNS:
            raise FileError(f"{path} 第1行应为表头：{'、'.join(_COLUMNS)}。")
        if line > 1 and cells:
            sources.append(_source(path, line, cells))
    return tuple(sources)


def _source(path: Path, line: int, cells: list[str]) -> Source:
    if len(cells) != len(_COLUMNS):
        raise FileError(f"{path} 第{line}行有{len(cells)}列，应为{len(_COLUMNS)}列。")
    row = dict(zip(_COLUMNS, cells, strict=True))
    try:
        issued, effective = (date.fromisoformat(row[key]) if row[key] else None for key in ("issued", "effective"))
    except ValueError as error:
        raise FileError(f"{path} 第{line}行的日期应写成2019-02-09的样子：{error}") from error
    texts = {key: row[key] for key in _COLUMNS if key not in ("issued", "effective")}
    return Source(**texts, issued=issued, effective=effective)


@lru_cache(maxsize=1)
def load_catalogue() -> tuple[Regulation, ...]:
    """Return the shipped documents, parsed, categorised and with their metadata, in the order of SOURCES.tsv.

    Raises:
        FileError: a file is missing, or an override names a clause that no shipped document has.

    """
    regulations = tuple(_load(source) for source in load_sources())
    known = {regulation.id for regulation in regulations}
    for override in load_overrides():
        if override.clause_id.partition("/")[0] not in known:
            raise FileError(f"{override.file} 第{override.line}行的条款“{override.clause_id}”不属于任何随附的法规。")
    return regulations


def _load(source: Source) -> Regulation:
    path = FOLDER / source.file
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"读不到法规文件 {path}：{error}") from error
    parsed = parse(text, source.id, region=source.region)
    known = replace(
        parsed,
        title=source.title or parsed.title,
        issuer=source.issuer,
        doc_number=source.doc_number,
        issued=source.issued,
        effective=source.effective,
        supersedes=source.supersedes,
    )
    # a letter's issuer has a region, but narratives are not matched to letters
    return categorise(replace(read_metadata(known), region=source.region))


def matched_regulations() -> tuple[Regulation, ...]:
    """Return the shipped regulations that narratives are matched to: those with a region."""
    with_region = {source.id for source in load_sources() if source.region}
    return tuple(regulation for regulation in load_catalogue() if regulation.id in with_region)


@lru_cache(maxsize=1)
def shipped_clauses() -> Mapping[str, Clause]:
    """Return every clause of the shipped regulations that narratives are matched to, by id."""
    return {clause.id: clause for regulation in matched_regulations() for clause in regulation.clauses}


def as_shipped(clause: Clause) -> bool:
    """Tell whether a clause has the words that the tables about clauses were made for: those of its id among the shipped ones."""
    shipped = shipped_clauses().get(clause.id)
    return shipped is not None and shipped.text == clause.text


@lru_cache(maxsize=1)
def region_names() -> Mapping[str, str]:
    """Return every accepted name (shandong-2019, shandong, 山东省, 山东 …) and the regulation id it stands for."""
    names: dict[str, str] = {}
    for source in load_sources():
        if not source.region:
            continue
        last = re.split(r"(?<=[省市])(?=.{2,})", source.region)[-1]  # 重庆市巴南区 → 巴南区
        short = {name[:-1] for name in (source.region, last) if name[-1] in "省市区县"}
        for name in {source.id, source.id.rsplit("-", 1)[0], source.region, last} | short:
            names[name] = source.id
    return names


def resolve_region(name: str) -> str | None:
    """Return the regulation id that `name` stands for, or None for every region ("", all, 全部).

    Raises:
        InputError: no shipped regulation has that name; the message lists the choices and the nearest one.

    """
    wanted = name.strip().lower()
    if wanted in _EVERYWHERE:
        return None
    names = region_names()
    if wanted in names:
        return names[wanted]
    near = difflib.get_close_matches(wanted, names, n=1, cutoff=0.4)
    hint = f"您是否想用“{near[0]}”？" if near else ""
    choices = "、".join(f"{source.id}（{source.region}）" for source in load_sources() if source.region)
    raise InputError(f"没有地区“{repeated(name)}”。{hint}可选：{choices}，或 all（全部）。")
