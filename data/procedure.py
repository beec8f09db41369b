"""Who must do what by when, under one regulation: its time limits and steps, with dates where the text gives a number.

The rows are in ``deadlines.tsv``, each with its words from the clause; how dates are counted stands in ``data/workdays.py``.
A step without a number (及时, 限期, or no time at all) never gets a date.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from data.catalogue import as_shipped, matched_regulations, resolve_region, shipped_clauses
from data.entries import Entry, entries_of
from data.errors import FileError, InputError
from data.schema import Clause
from data.workdays import HOLIDAYS_FILE, LastDay, add_days, add_months, add_workdays, chinese_date, read_table

__all__ = ["DEADLINES_FILE", "Deadline", "DueDate", "Step", "due", "load_deadlines", "steps", "timetable"]

DEADLINES_FILE = Path(__file__).with_name("deadlines.tsv")
_COLUMNS = ("clause", "who", "does", "to_whom", "from", "count", "unit", "words", "quote")
_UNITS: Mapping[str, str] = {"工作日": "个工作日", "日": "日（休息日计算在内）", "月": "个月", "年": "年"}
"""Each unit and how it is said after a number."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """One time limit or step. `count` is None, and `unit` "", where the text gives no number.

    `who` stands in full-width brackets where its sentence leaves it to the neighbours; "" in `who`, `to_whom`, `counted_from`
    or `words` (the words of time) means that the text does not say. `quote` is from the clause, character by character.
    """

    clause_id: str
    who: str
    does: str
    to_whom: str
    counted_from: str
    count: int | None
    unit: str
    words: str
    quote: str


@dataclass(frozen=True, slots=True)
class DueDate:
    """The last day of a time limit, or None where the text gives no number; `note` says in Chinese how it came about."""

    day: date | None
    provisional: bool
    note: str


@dataclass(frozen=True, slots=True)
class Step:
    """A time limit with its date counted from `start`, how its clause is cited, and the whole text of the clause."""

    deadline: Deadline
    start: date
    due: DueDate
    citation: str
    paragraph: str

    def line(self) -> str:
        """Return the step for people, in Chinese: who does what, by when if …, and the words of the clause."""
        asked = self.deadline
        to_whom = f"（对象：{asked.to_whom}）" if asked.to_whom else ""
        if self.due.day is not None:
            when = f"如“{asked.counted_from}”是在{chinese_date(self.start)}，最迟{chinese_date(self.due.day)}。"
        else:
            when = f"起点：{asked.counted_from}。" if asked.counted_from else ""
        who = asked.who or "（条文未写明由谁办理）"
        return f"{who}：{asked.does}{to_whom}。{when}{self.due.note}依据{self.citation}：「{asked.quote}」"


@lru_cache(maxsize=4)
def load_deadlines(path: Path = DEADLINES_FILE) -> tuple[Deadline, ...]:
    """Return the rows of `path` in order; a table without rows gives an empty tuple.

    Raises:
        FileError: the table cannot be read, or a row is wrong or quotes what its clause does not say; the message names the line.

    """
    clauses = shipped_clauses()
    rows = []
    for line, cells in read_table(path, "期限表", _COLUMNS):
        try:
            rows.append(_deadline(dict(zip(_COLUMNS, cells, strict=True)), clauses))
        except ValueError as error:
            raise FileError(f"期限表 {path} 第{line}行{error}。") from error
    return tuple(rows)


def steps(regulation_id: str, *, serving: Mapping[str, Entry] | None = None) -> tuple[Deadline, ...]:
    """Return the time limits and steps of one regulation (an id, or a name such as 山东) in the order of its text.

    `serving` are the clauses in use by id, by default the shipped ones. A step whose clause has other words there, or is there
    no more, is left out: nobody has read the new words for it.

    Raises:
        InputError: no shipped regulation has that name, or the name stands for all of them.
        FileError: the table is broken.

    """
    wanted = resolve_region(regulation_id)
    if wanted is None:
        raise InputError("各地的办理程序和期限不同，请先选定一部法规。")
    entries = _shipped() if serving is None else serving
    rows = (row for row in load_deadlines() if row.clause_id.startswith(f"{wanted}/") and row.clause_id in entries)
    return tuple(row for row in rows if as_shipped(entries[row.clause_id].clause))


def due(deadline: Deadline, start: date, *, table: Path = HOLIDAYS_FILE) -> DueDate:
    """Return the last day of `deadline` if its event was on `start`; `table` is the site's table of holidays.

    Raises:
        InputError: the calendar ends before.
        FileError: the table of holidays is broken.

    """
    if deadline.count is None:
        said = f"条文只写“{deadline.words}”，没有写明天数" if deadline.words else "条文没有写明期限"
        return DueDate(None, False, f"{said}，不推算日期。")
    last = _COUNTERS[deadline.unit](start, deadline.count, table)
    how = f"当日不计入，从次日起数{deadline.count}{_UNITS[deadline.unit]}。"
    return DueDate(last.day, last.provisional, how + last.note)


def timetable(
    regulation_id: str, start: date, *, table: Path = HOLIDAYS_FILE, serving: Mapping[str, Entry] | None = None
) -> tuple[Step, ...]:
    """Return what to print for one regulation, in the order of its text: each step as if its own event was on `start`.

    `serving` as in `steps`; citations and texts are taken from there.
    The events of the steps differ (收到申请, 受理, 作出决定 …); where their days are known, `due` takes each its own.

    Raises:
        InputError: the regulation is unknown, or the calendar ends before.
        FileError: one of the tables is broken.

    """
    entries = _shipped() if serving is None else serving
    rows = ((row, entries[row.clause_id]) for row in steps(regulation_id, serving=entries))
    return tuple(Step(row, start, due(row, start, table=table), entry.citation, entry.clause.text) for row, entry in rows)


_COUNTERS: Mapping[str, Callable[[date, int, Path], LastDay]] = {
    "工作日": lambda start, count, table: add_workdays(start, count, table=table),
    "日": lambda start, count, table: add_days(start, count, table=table),
    "月": lambda start, count, table: add_months(start, count, table=table),
    "年": lambda start, count, table: add_months(start, 12 * count, table=table),
}


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, Entry]:
    return {entry.clause.id: entry for entry in entries_of(matched_regulations())}


def _deadline(row: Mapping[str, str], clauses: Mapping[str, Clause]) -> Deadline:
    """Return the row as a time limit; ValueError says in Chinese what is wrong with it."""
    clause = clauses.get(row["clause"])
    if clause is None:
        raise ValueError(f"的条款“{row['clause']}”在随附的法规中不存在，请改正编号")
    if not row["does"] or not row["quote"]:
        raise ValueError("没有写明办理什么（does）或没有引文（quote），请补上")
    if clause.text.count(row["quote"]) != 1:
        raise ValueError(f"的引文在条款{clause.id}中应出现恰好一次，请逐字核对：{row['quote']}")
    if row["words"] not in row["quote"]:
        raise ValueError(f"的时间用语“{row['words']}”不在引文中，请逐字核对")
    return Deadline(
        clause.id, row["who"], row["does"], row["to_whom"], row["from"], _count(row), row["unit"], row["words"], row["quote"]
    )


def _count(row: Mapping[str, str]) -> int | None:
    if not row["count"] and not row["unit"]:
        return None
    if row["unit"] not in _UNITS:
        raise ValueError(f"的单位“{row['unit']}”不存在，可用的单位：{'、'.join(_UNITS)}")
    if not row["count"].isdecimal() or int(row["count"]) < 1:
        raise ValueError(f"的数目“{row['count']}”应为正整数")
    if not row["from"] or not row["words"]:
        raise ValueError("有天数，却没有写明从何时起算（from）或时间用语（words），请补上")
    return int(row["count"])
