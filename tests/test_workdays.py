from datetime import date, datetime, timedelta

import chinese_calendar
import pytest
from chinese_calendar.constants import holidays as library_holidays

from data import workdays
from data.errors import FileError, InputError
from data.workdays import add_days, add_months, add_workdays, chinese_date, is_known, is_workday, load_holidays

HEADER = "日期\t休班\t名称\n"
WHOLE_2090 = "".join(
    f"2090-{day}\t休\t{name}\n"
    for day, name in (
        ("01-01", "元旦"),
        ("01-30", "春节"),
        ("04-04", "清明节"),
        ("05-01", "劳动节"),
        ("06-01", "端午节"),
        ("10-01", "国庆节、中秋节"),
    )
)


def d(text):
    return date.fromisoformat(text)


@pytest.fixture
def table(tmp_path):
    def write(rows):
        path = tmp_path / "holidays.tsv"
        path.write_text(HEADER + rows, "utf-8")
        load_holidays.cache_clear()
        return path

    return write


@pytest.mark.parametrize(
    ("start", "n", "last"),
    [
        # Spring Festival 2025: rest 1-28 to 2-4, make-up work Sun 1-26 and Sat 2-8
        # Fri 1-24: Sat 25 rest, Sun 26 = 1, Mon 27 = 2, 28 to 2-4 rest, Wed 5 = 3, Thu 6 = 4, Fri 7 = 5
        ("2025-01-24", 5, "2025-02-07"),
        # … Sat 8 = 6, Sun 9 rest, Mon 10 = 7, Tue 11 = 8, Wed 12 = 9, Thu 13 = 10
        ("2025-01-24", 10, "2025-02-13"),
        # the day before the eve, Mon 1-27: eight days of rest, Wed 2-5 = 1
        ("2025-01-27", 1, "2025-02-05"),
        # Fri 2-7: the Saturday of make-up work = 1
        ("2025-02-07", 1, "2025-02-08"),
        # Spring Festival 2026: rest 2-15 to 2-23, make-up work Sat 2-14 and Sat 2-28
        # Fri 2-13: Sat 14 = 1, 15 to 23 rest, Tue 24 = 2, Wed 25 = 3, Thu 26 = 4, Fri 27 = 5
        ("2026-02-13", 5, "2026-02-27"),
        # … Sat 28 = 6
        ("2026-02-13", 6, "2026-02-28"),
        # … Sun 3-1 rest, Mon 2 = 7, Tue 3 = 8, Wed 4 = 9, Thu 5 = 10
        ("2026-02-13", 10, "2026-03-05"),
        # Tue 1-20: 21 to 23 = 3, 26 to 30 = 8, 2-2 to 6 = 13, 9 to 13 = 18, Sat 14 = 19, 24 to 27 = 23, Sat 28 = 24,
        # 3-2 to 6 = 29, Mon 9 = 30
        ("2026-01-20", 30, "2026-03-09"),
        # National Day 2025: rest 10-1 to 8, make-up work Sun 9-28 and Sat 10-11
        # Fri 9-26: Sat 27 rest, Sun 28 = 1, Mon 29 = 2, Tue 30 = 3, 10-1 to 8 rest, Thu 9 = 4, Fri 10 = 5
        ("2025-09-26", 5, "2025-10-10"),
        # across the year, New Year 2026: rest 1-1 to 3, make-up work Sun 1-4
        # Mon 12-29: Tue 30 = 1, Wed 31 = 2, 1-1 to 3 rest, Sun 4 = 3, Mon 5 = 4, Tue 6 = 5
        ("2025-12-29", 5, "2026-01-06"),
        # the event on a day of rest, Thu 1-1: 2 and 3 rest, Sun 4 = 1
        ("2026-01-01", 1, "2026-01-04"),
        # a plain week, Mon 3-10: 11 = 1, 12 = 2, 13 = 3, 14 = 4, weekend, Mon 17 = 5
        ("2025-03-10", 5, "2025-03-17"),
    ],
)
def test_working_days_counted_by_hand(start, n, last):
    counted = add_workdays(d(start), n)
    assert (counted.day, counted.provisional, counted.note) == (d(last), False, "")


@pytest.mark.parametrize(
    ("start", "n", "nominal", "last"),
    [
        # 1-24 + 7 = Fri 1-31, in the Spring Festival that ends on 2-4
        ("2025-01-24", 7, "2025-01-31", "2025-02-05"),
        # 10-1 + 7 = Wed 10-8, the last day of rest
        ("2025-10-01", 7, "2025-10-08", "2025-10-09"),
        # 2-7 + 7 = Sat 2-14, make-up work: it ends there
        ("2026-02-07", 7, "2026-02-14", "2026-02-14"),
        # 3-7 + 7 = Sat 3-14, an ordinary weekend
        ("2026-03-07", 7, "2026-03-14", "2026-03-16"),
        # 3-2 + 7 = Mon 3-9; the weekend between counts
        ("2026-03-02", 7, "2026-03-09", "2026-03-09"),
    ],
)
def test_days_of_the_calendar_move_from_a_day_of_rest_and_say_so(start, n, nominal, last):
    counted = add_days(d(start), n)
    assert (counted.day, counted.provisional) == (d(last), False)
    moved = f"期满之日{chinese_date(d(nominal))}是休息日，顺延到其后第一个工作日。"
    assert counted.note == ("" if nominal == last else moved)


@pytest.mark.parametrize(
    ("start", "n", "last"),
    [
        ("2025-01-31", 1, "2025-02-28"),  # February has no 31: its last day, a Friday
        ("2024-01-31", 1, "2024-02-29"),  # … in a leap year, a Thursday
        ("2025-12-31", 2, "2026-02-28"),  # the last of February 2026, a Saturday of make-up work
        ("2025-08-01", 2, "2025-10-09"),  # 10-01, moved over the National Day
        ("2024-02-29", 12, "2025-02-28"),  # a year from a leap day, a Friday
        ("2025-11-12", 1, "2025-12-12"),  # December itself, a Friday
    ],
)
def test_months_end_on_the_day_of_the_same_number(start, n, last):
    assert add_months(d(start), n).day == d(last)


def test_a_year_that_nobody_knows_has_its_weekends_only_and_is_provisional(table):
    # the library begins with 2004; 2003-05-01 was a Thursday, 2003-05-02 a Friday
    assert not is_known(2003)
    counted = add_workdays(d("2003-04-30"), 3)
    assert (counted.day, counted.provisional) == (d("2003-05-05"), True)
    assert counted.note == "2003年的放假调休安排没有收录，暂按周六、周日休息推算，请对照国务院办公厅的放假通知复核。"
    # only the days that are looked at matter: the last of 2003 as the day of the event is not one of them
    assert not add_workdays(d("2003-12-31"), 1).provisional
    after = max(library_holidays).year
    assert "没有收录" in add_workdays(date(after, 12, 31), 1, table=table("")).note
    assert add_days(date(after, 12, 30), 7, table=table("")).provisional
    assert add_months(date(after, 6, 1), 24, table=table("")).provisional


def test_a_move_into_an_unknown_year_is_provisional(table):
    year = max(library_holidays).year
    rest = "".join(f"{year}-12-{day}\t休\t元旦\n" for day in (30, 31))
    counted = add_days(date(year, 12, 23), 7, table=table(rest))
    assert counted.day.year == year + 1 and counted.provisional and "顺延" in counted.note and "没有收录" in counted.note


def test_the_table_adds_a_year_and_wins_over_the_library(table):
    path = table(WHOLE_2090 + "2090-01-28\t班\t春节\n2025-03-04\t休\t本地放假\n")
    assert is_known(2090, table=path) and not is_known(2091, table=path)
    # Fri 1-27: Sat 28 make-up work = 1, Sun 29 rest, Mon 30 rest, Tue 31 = 2
    counted = add_workdays(d("2090-01-27"), 2, table=path)
    assert (counted.day, counted.provisional, counted.note) == (d("2090-01-31"), False, "")
    # Mon 2025-03-03: Tue 4 rest by the table, Wed 5 = 1
    assert add_workdays(d("2025-03-03"), 1, table=path).day == d("2025-03-05")
    assert is_workday(d("2025-03-04")) and not is_workday(d("2025-03-04"), table=path)


def test_a_part_of_a_year_is_used_but_stays_provisional(table):
    path = table(WHOLE_2090.replace("2090-06-01\t休\t端午节\n", ""))
    counted = add_workdays(d("2090-01-27"), 1, table=path)  # Fri; weekend, Mon 30 rest by the table, Tue 31 = 1
    assert (counted.day, counted.provisional) == (d("2090-01-31"), True)
    work = table(WHOLE_2090.replace("2090-06-01\t休", "2090-06-01\t班"))
    assert not is_known(2090, table=work)  # the festival needs a day of rest


def test_the_shipped_table_copies_its_notice_as_the_library_does(table):
    empty = table("")
    years = {day.year for day in load_holidays()}
    assert years == {2026}
    named = load_holidays()
    assert (len(named), sum(row.rest for row in named.values())) == (39, 33)  # the notice: 33 days of rest, 6 of work
    for offset in range(365):
        day = date(2026, 1, 1) + timedelta(offset)
        assert is_workday(day) == chinese_calendar.is_workday(day) == is_workday(day, table=empty)


def test_a_moment_counts_as_its_day(table):
    noon = datetime(2025, 3, 4, 12, 30)
    assert not is_workday(noon, table=table("2025-03-04\t休\t本地放假\n"))
    assert type(add_days(noon, 1).day) is date
    assert add_workdays(noon, 1).day == d("2025-03-05") == add_days(noon, 1).day


@pytest.mark.parametrize("count", [add_workdays, add_days, add_months])
def test_what_cannot_be_counted_is_refused(count):
    for n in (0, -3):
        with pytest.raises(InputError, match=f"期限应至少为1，现为{n}"):
            count(d("2025-01-24"), n)
    with pytest.raises(InputError, match="期限过长"):
        count(date.max, 1)
    with pytest.raises(InputError, match="期限过长"):
        count(date(9999, 12, 1), 40)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("2027-02-30\t休\t春节\n", "第2行的日期“2027-02-30”不存在"),
        ("2027/2/6\t休\t春节\n", "第2行的日期“2027/2/6”不存在，应写成2026-02-14的样子"),
        ("2027-02-06\t放假\t春节\n", "第2行的第二列应为“休”或“班”，现为“放假”"),
        ("2027-02-06\t休\t\n", "第2行缺少节日名称"),
        ("2027-02-06\t休\n", "第2行有2列，应为3列"),
        ("# 注\n\n2027-02-06\t休\t春节\n2027-02-06\t班\t春节\n", "第5行的日期2027-02-06重复"),
    ],
)
def test_a_broken_table_is_refused_with_its_line(table, rows, said):
    with pytest.raises(FileError, match=said):
        add_days(d("2025-01-24"), 7, table=table(rows))


def test_a_table_without_header_or_without_file_is_refused(tmp_path):
    bare = tmp_path / "bare.tsv"
    bare.write_text("2027-02-06\t休\t春节\n", "utf-8")
    with pytest.raises(FileError, match="第一行应为表头：日期、休班、名称"):
        load_holidays(bare)
    with pytest.raises(FileError, match="没有找到节假日表"):
        load_holidays(tmp_path / "none.tsv")


def test_a_table_saved_by_a_spreadsheet_is_read(tmp_path):
    saved = tmp_path / "saved.tsv"
    saved.write_bytes((HEADER + "2027-02-06\t休\t春节\n").replace("\n", "\r\n").encode("gb18030"))
    assert load_holidays(saved)[d("2027-02-06")].name == "春节"


def test_dates_for_people():
    assert chinese_date(d("2026-02-24")) == "2026年2月24日（星期二）"
    assert chinese_date(d("2025-09-28")) == "2025年9月28日（星期日）"


def test_everything_exported_exists():
    assert all(hasattr(workdays, name) for name in workdays.__all__)
