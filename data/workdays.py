"""The last day of a period, by Chinese working days and by the calendar.

None of the shipped regulations says how its periods are counted, so the general rules are followed:

start     the day of the event does not count, the next day is the first (民法典 第二百零一条第一款;
          最高人民法院关于适用《行政诉讼法》的解释 (2018) 第四十八条第二款)
工作日    days that are neither weekend nor holiday, days of make-up work included (compare 行政许可法 第八十二条)
日        days of the calendar, days of rest included
月, 年    end on the day of the same number, or on the last of a month that has none (民法典 第二百零二条)
last day  a last day of 日, 月 or 年 that is a day of rest moves to the next working day (民法典 第二百零三条第一款; the same
          解释 第四十八条第三款). What counts is the rest that is taken: a Saturday of make-up work ends a period, a Friday
          given off does not.

Holidays come from a table of the site (``holidays.tsv``) and then from the library chinesecalendar. A year that neither
knows has its weekends only, and what was counted through it is called provisional.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import chinese_calendar  # type: ignore[import-untyped]

from data.errors import FileError, InputError
from data.jsonl import numbered_lines, read_lines_text

__all__ = [
    "HOLIDAYS_FILE",
    "Holiday",
    "LastDay",
    "add_days",
    "add_months",
    "add_workdays",
    "chinese_date",
    "is_known",
    "is_workday",
    "load_holidays",
    "read_table",
]

HOLIDAYS_FILE = Path(__file__).with_name("holidays.tsv")
_COLUMNS = ("日期", "休班", "名称")
_FESTIVALS = ("元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Holiday:
    """One day of the table: a day of rest (休), or else of make-up work (班), and the holiday it belongs to."""

    rest: bool
    name: str


@dataclass(frozen=True, slots=True)
class LastDay:
    """The last day of a period; `note` says in Chinese whether it was moved and why it is provisional ("" if neither)."""

    day: date
    provisional: bool
    note: str


def read_table(path: Path, kind: str, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells (without blanks around them) of each row of a table separated by tabs.

    `kind` is what messages call it. Empty lines and those that begin with # are left out; a table without rows yields nothing.

    Raises:
        FileError: the file cannot be read, the first row is not `columns`, or a row has another number of cells.

    """
    rows = [
        (line, [cell.strip() for cell in text.split("\t")])
        for line, text in numbered_lines(read_lines_text(path, kind))
        if not text.startswith("#")
    ]
    if not rows or rows[0][1] != list(columns):
        raise FileError(f"{kind} {path} 的第一行应为表头：{'、'.join(columns)}（以制表符分隔）。")
    for line, cells in rows[1:]:
        if len(cells) != len(columns):
            raise FileError(f"{kind} {path} 第{line}行有{len(cells)}列，应为{len(columns)}列（以制表符分隔）。")
        yield line, cells


@lru_cache(maxsize=8)
def load_holidays(path: Path = HOLIDAYS_FILE) -> Mapping[date, Holiday]:
    """Return the days of the table `path`; one without rows gives an empty mapping.

    Raises:
        FileError: the table cannot be read or a row is wrong; the message names file and line.

    """
    days: dict[date, Holiday] = {}
    for line, (day, kind, name) in read_table(path, "节假日表", _COLUMNS):
        try:
            key = date.fromisoformat(day)
        except ValueError as error:
            raise FileError(f"节假日表 {path} 第{line}行的日期“{day}”不存在，应写成2026-02-14的样子。") from error
        if kind not in ("休", "班"):
            raise FileError(f"节假日表 {path} 第{line}行的第二列应为“休”或“班”，现为“{kind}”。")
        if not name:
            raise FileError(f"节假日表 {path} 第{line}行缺少节日名称，请在第三列写明，如“春节”。")
        if key in days:
            raise FileError(f"节假日表 {path} 第{line}行的日期{day}重复，请只留一行。")
        days[key] = Holiday(kind == "休", name)
    return days


def is_workday(day: date, *, table: Path = HOLIDAYS_FILE) -> bool:
    """Tell whether people work on `day`: by the row of the table, else by the library, else whether it is no weekend.

    Raises FileError: the table is broken.
    """
    plain = _plain(day)
    row = load_holidays(table).get(plain)
    if row is not None:
        return not row.rest
    try:
        return bool(chinese_calendar.is_workday(plain))
    except NotImplementedError:
        return plain.weekday() < 5


def is_known(year: int, *, table: Path = HOLIDAYS_FILE) -> bool:
    """Tell whether the holidays of `year` are known: to the library, or to the table with all seven of them.

    The notice for the year after may still move a day at the very end of a known year. Raises FileError: the table is broken.
    """
    names = "".join(row.name for day, row in load_holidays(table).items() if day.year == year and row.rest)
    if all(festival in names for festival in _FESTIVALS):
        return True
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def add_workdays(start: date, n: int, *, table: Path = HOLIDAYS_FILE) -> LastDay:
    """Return the `n`-th working day after `start` (n at least 1); `start` itself does not count.

    Raises:
        InputError: `n` is below 1 or the calendar ends before.
        FileError: the table is broken.

    """
    left, day = _positive(n), _plain(start)
    first = _shift(day, 1)
    while left:
        day = _shift(day, 1)
        left -= is_workday(day, table=table)
    return _last(first, day, "", table)


def add_days(start: date, n: int, *, table: Path = HOLIDAYS_FILE) -> LastDay:
    """Return the last day of a period of `n` days (at least 1) after `start`, moved to a working day.

    Raises:
        InputError: `n` is below 1 or the calendar ends before.
        FileError: the table is broken.

    """
    return _moved(_shift(_plain(start), _positive(n)), table)


def add_months(start: date, n: int, *, table: Path = HOLIDAYS_FILE) -> LastDay:
    """Return the last day of a period of `n` months (at least 1; a year is 12) after `start`, moved to a working day.

    Raises:
        InputError: `n` is below 1 or the calendar ends before.
        FileError: the table is broken.

    """
    plain = _plain(start)
    year, month = divmod(plain.year * 12 + plain.month - 1 + _positive(n), 12)
    if year > date.max.year:
        raise InputError(_TOO_LATE)
    last = calendar.monthrange(year, month + 1)[1]
    return _moved(date(year, month + 1, min(plain.day, last)), table)


def chinese_date(day: date) -> str:
    """Return `day` for people: 2026年2月24日（星期二）."""
    return f"{day.year}年{day.month}月{day.day}日（星期{'一二三四五六日'[day.weekday()]}）"


_TOO_LATE = "期限过长，超出了日历能推算的范围，请核对起算日期和天数。"


def _plain(day: date) -> date:
    """Return the day of a moment: a datetime is a date, yet equals none."""
    return day.date() if isinstance(day, datetime) else day


def _positive(n: int) -> int:
    if n < 1:
        raise InputError(f"期限应至少为1，现为{n}，请核对后再推算。")
    return n


def _shift(day: date, n: int) -> date:
    try:
        return day + n * _DAY
    except OverflowError as error:
        raise InputError(_TOO_LATE) from error


def _moved(nominal: date, table: Path) -> LastDay:
    """Return the first working day from `nominal` on."""
    day = nominal
    while not is_workday(day, table=table):
        day = _shift(day, 1)
    note = "" if day == nominal else f"期满之日{chinese_date(nominal)}是休息日，顺延到其后第一个工作日。"
    return _last(nominal, day, note, table)


def _last(first: date, day: date, note: str, table: Path) -> LastDay:
    """Return `day`, provisional if one of the years from `first`, the earliest day looked at, to it is unknown."""
    unknown = [str(year) for year in range(first.year, day.year + 1) if not is_known(year, table=table)]
    if unknown:
        note += f"{'、'.join(unknown)}年的放假调休安排没有收录，暂按周六、周日休息推算，请对照国务院办公厅的放假通知复核。"
    return LastDay(day, bool(unknown), note)
