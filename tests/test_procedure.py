import re
from datetime import date

import pytest

from data import procedure
from data.catalogue import matched_regulations
from data.errors import FileError, InputError
from data.numerals import parse_number
from data.procedure import Deadline, due, load_deadlines, steps, timetable

IDS = ("shandong-2019", "banan-2022", "fuzhou-2019", "yangjiang-2017")
HEADER = "clause\twho\tdoes\tto_whom\tfrom\tcount\tunit\twords\tquote\n"

NUMBER = r"[0-9０-９〇零一二两三四五六七八九十百千半数几]+"
NUMBERED = re.compile(rf"({NUMBER})\s*个?(工作日|自然日|星期|季度|小时|分钟|日|天|周|月|年)")
SAID = re.compile(
    r"及时|立即|立刻|即时|随即|即刻|当即|尽快|尽早|迅速|当场|当[日天]|[次翌][日天]|限期|期限|时限|期满|到期|逾期|按[时期]|如期|同步"
    r"|事前|延长|规定时间|年底|月底|启动[^，,。；;]{0,6}程序时|受到[^，,。；;]{0,4}[追调][^，,。；;]{0,4}时|[0-9]+(?:[-.:][0-9]+)+"
)

# What looks like a time limit and is none: the clause (or what its id begins with; "" outside the clauses), words around, why.
NO_LIMITS = (
    ("shandong-2019/art10.", "法律规定的步骤、方式、时限", "how to enforce, by the laws: not the procedure of tolerance"),
    ("shandong-2019/art11.", "应当及时移送公安机关", "handing over a case of the polluter: not the procedure of tolerance"),
    ("banan-2022/art9.", "应当及时移送公安机关", "handing over a case of the polluter: not the procedure of tolerance"),
    ("shandong-2019/art4.", "并及时纠正工作失误", "the principle; articles 18 and 19 have the steps"),
    ("", "并及时纠正工作失误", "article 4 once more, in the summary above the text"),
    ("shandong-2019/art13.", "", "situations: what happened in the incident"),
    ("shandong-2019/art17.", "帮助干部及时纠正错误", "the aim of a milder form; articles 18 and 19 have the steps"),
    ("shandong-2019/art19.", "难以在规定时间内完成", "the limit of the row before, named again"),
    ("banan-2022/art10.", "", "situations: what happened in the incident"),
    ("fuzhou-2019/art7.", "", "situations: what happened in the incident"),
    ("fuzhou-2019/art8.", "", "situations: what happened in the incident"),
    ("fuzhou-2019/art14.", "任职试用期满考核", "the name of an assessment"),
    ("fuzhou-2019/art18.", "2017年7月4日", "the date of the repealed text"),
    ("", "2019年1月22日", "the date of issue"),
    ("", "30.01.2019", "the date of the page"),
    ("", "12:30", "the time of the page"),
    ("", "2017-05-17 09:03:34", "the date of the page"),
    ("yangjiang-2017/s2.2.1.", "", "situations: what happened in the incident"),
    ("yangjiang-2017/s2.3.3.3", "确需延长调查时间", "the condition of the extension that the same sentence gives"),
    ("yangjiang-2017/s2.3.3.3", "调查时限。", "the heading of the paragraph"),
    ("yangjiang-2017/s2.5.1", "立足于事前防范", "the aim of the paragraph"),
    ("yangjiang-2017/s2.5.2", "及时掌握动态", "general supervision, no step in a case"),
    ("yangjiang-2017/s3.2.", "", "kinds of inaction"),
    ("yangjiang-2017/s4.1", "", "general duties of all organs, no step in a case"),
)


def the(clause_id, start):
    (row,) = (row for row in load_deadlines() if row.clause_id == clause_id and row.quote.startswith(start))
    return row


def clauses():
    return {clause.id: clause for regulation in matched_regulations() for clause in regulation.clauses}


def expressions(text):
    """Yield start and end of each expression of time, numbered or in words."""
    for pattern in (NUMBERED, SAID):
        yield from (found.span() for found in pattern.finditer(text))


def ranges(regulation):
    """Return the ranges of `regulation.text` that the words of time of its rows cover."""
    by_id = {clause.id: clause for clause in regulation.clauses}
    found = []
    for row in steps(regulation.id):
        if row.words:
            start = by_id[row.clause_id].span.start + by_id[row.clause_id].text.index(row.quote) + row.quote.index(row.words)
            found.append((start, start + len(row.words)))
    return found


def excuses(regulation, start, end):
    """Return the indices of NO_LIMITS that account for the expression at start..end."""
    inside = [clause.id for clause in regulation.clauses if clause.span.start <= start and end <= clause.span.end]
    for index, (prefix, around, _) in enumerate(NO_LIMITS):
        placed = any(clause_id.startswith(prefix) for clause_id in inside) if prefix else not inside
        nearby = (found.span() for found in re.finditer(re.escape(around), regulation.text)) if around else [(start, end)]
        if placed and any(a <= start and end <= b for a, b in nearby):
            yield index


def test_every_expression_of_time_in_the_texts_is_a_row_or_on_the_list_of_what_is_no_limit():
    used, seen = set(), 0
    for regulation in matched_regulations():
        covered = ranges(regulation)
        for start, end in expressions(regulation.text):
            seen += 1
            row = any(a < end and start < b for a, b in covered)
            why = set(excuses(regulation, start, end))
            around = regulation.text[max(0, start - 20) : end + 10]
            assert row != bool(why), f"{regulation.id}: {around!r}: {'both' if row else 'neither'}"
            used |= why
    assert seen > 60
    assert used == set(range(len(NO_LIMITS))), "an entry of the list that nothing needs"


def test_the_scan_sees_what_it_should():
    for text in "5个工作日内 三十日内 7日 一年内 二个月 半年 两周 立即 十五天 48小时 限期 ３０日".split():
        assert list(expressions(text)), text
    for text in "六大类共20种情形 “1+1+8” 第十二条 一时解决不了 同时要 当时是被允许 日常检查 年度计划".split():
        assert not list(expressions(text)), text


def test_each_quote_stands_in_its_clause_and_the_numbers_are_those_of_the_quote():
    known = clauses()
    for row in load_deadlines():
        assert known[row.clause_id].text.count(row.quote) == 1, row
        assert row.quote.count(row.words) == 1 or not row.words
        numbers = [(parse_number(number), unit) for number, unit in NUMBERED.findall(row.quote)]
        assert numbers == ([] if row.count is None else [(row.count, row.unit)]), row


def test_who_and_whom_are_in_the_paragraph():
    full = str.maketrans("(),", "（），")
    known = clauses()
    for row in load_deadlines():
        paragraph = known[row.clause_id].text.translate(full)
        names = row.who.strip("（）") if row.who.startswith("（") else row.who
        for name in re.split("[，]并抄送|、|，", f"{names}，{row.to_whom}"):
            assert name in paragraph, (row.clause_id, name)


def test_the_rows_stand_in_the_order_of_the_texts():
    order = {clause_id: at for at, clause_id in enumerate(clauses())}
    known = clauses()
    places = [(order[row.clause_id], known[row.clause_id].text.index(row.quote)) for row in load_deadlines()]
    assert places == sorted(set(places))
    assert tuple(row for name in IDS for row in steps(name)) == load_deadlines()


def test_the_five_limits_with_a_number():
    assert [(row.clause_id, row.counted_from, row.count, row.unit) for row in load_deadlines() if row.count] == [
        ("shandong-2019/art16.p2", "容错决定作出", 7, "日"),
        ("banan-2022/art16.p1", "追责问责机关启动追责问责程序", 5, "工作日"),
        ("yangjiang-2017/s2.3.2.p3", "收到申请", 10, "工作日"),
        ("yangjiang-2017/s2.3.3.3", "受理", 30, "工作日"),
        ("yangjiang-2017/s2.3.4.p1", "作出审查决定", 5, "工作日"),
    ]


@pytest.mark.parametrize(
    ("clause_id", "quote", "start", "last"),
    [
        # Fri 2025-01-24: Sun 26 (make-up) = 1, Mon 27 = 2, Spring Festival 28 to 2-4, Wed 5 = 3, Thu 6 = 4, Fri 7 = 5
        ("banan-2022/art16.p1", "由执法人员本人", "2025-01-24", "2025-02-07"),
        # Fri 2026-02-13: Sat 14 (make-up) = 1, 15 to 23 rest, 24 to 27 = 5, Sat 28 (make-up) = 6, 3-2 to 5 = 10
        ("yangjiang-2017/s2.3.2.p3", "容错调查工作小组应当", "2026-02-13", "2026-03-05"),
        # Wed 2025-08-27: 28, 29 = 2, 9-1 to 5 = 7, 8 to 12 = 12, 15 to 19 = 17, 22 to 26 = 22, Sun 28 (make-up) = 23,
        # 29, 30 = 25, National Day 10-1 to 8, 9, 10 = 27, Sat 11 (make-up) = 28, 13, 14 = 30
        ("yangjiang-2017/s2.3.3.3", "调查工作一般", "2025-08-27", "2025-10-14"),
        # Thu 2026-04-30: rest 5-1 to 5, Wed 6 = 1, 7 = 2, 8 = 3, Sat 9 (make-up) = 4, Sun 10 rest, Mon 11 = 5
        ("yangjiang-2017/s2.3.4.p1", "各县", "2026-04-30", "2026-05-11"),
        # Wed 2026-09-30 + 7 = Wed 10-7, the last day of the National Day: Thu 8
        ("shandong-2019/art16.p2", "容错决定作出后", "2026-09-30", "2026-10-08"),
    ],
)
def test_dates_of_the_real_limits(clause_id, quote, start, last):
    found = due(the(clause_id, quote), date.fromisoformat(start))
    assert (found.day, found.provisional) == (date.fromisoformat(last), False)
    assert found.note.startswith("当日不计入，从次日起数")


def test_months_and_years_are_counted_by_the_calendar():
    clause = "fuzhou-2019/art18.p1"
    month = Deadline(clause, "某单位", "报告", "", "作出决定", 3, "月", "3个月内", "")
    year = Deadline(clause, "某单位", "报告", "", "作出决定", 1, "年", "一年内", "")
    assert due(month, date(2025, 3, 12)).day == date(2025, 6, 12)  # a Thursday
    assert due(year, date(2025, 3, 12)).day == date(2026, 3, 12)  # a Thursday
    assert due(month, date(2025, 3, 12)).note == "当日不计入，从次日起数3个月。"


def test_without_a_number_there_is_no_date_and_the_note_quotes_the_words():
    at_once = due(the("shandong-2019/art18.p1", "相关问责机构"), date(2025, 1, 24))
    assert (at_once.day, at_once.provisional, at_once.note) == (None, False, "条文只写“及时”，没有写明天数，不推算日期。")
    silent = due(the("shandong-2019/art16.p3", "经所在单位"), date(2025, 1, 24))
    assert (silent.day, silent.note) == (None, "条文没有写明期限，不推算日期。")


def test_an_unknown_year_makes_the_date_provisional_and_a_table_of_the_site_settles_it(tmp_path):
    row = the("banan-2022/art16.p1", "由执法人员本人")
    # Mon 2090-01-23: 24 = 1 … Fri 27 = 4, Mon 30 = 5
    found = due(row, date(2090, 1, 23))
    assert (found.day, found.provisional) == (date(2090, 1, 30), True)
    assert found.note.startswith("当日不计入，从次日起数5个工作日。2090年的放假调休安排没有收录")
    names = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
    days = ("01-01", "01-30", "04-04", "05-01", "06-01", "09-08", "10-01")
    table = tmp_path / "site.tsv"
    table.write_text("日期\t休班\t名称\n" + "".join(f"2090-{d}\t休\t{n}\n" for d, n in zip(days, names, strict=True)), "utf-8")
    # Mon 30 is now rest: Tue 31 = 5
    settled = due(row, date(2090, 1, 23), table=table)
    assert (settled.day, settled.provisional) == (date(2090, 1, 31), False)
    printed = next(step for step in timetable("banan", date(2090, 1, 23), table=table) if step.due.day)
    assert printed.due == settled


@pytest.mark.parametrize("name", IDS)
def test_the_list_to_print_cites_and_quotes_every_step(name):
    printed = timetable(name, date(2025, 1, 24))
    assert [step.deadline for step in printed] == list(steps(name)) and printed
    for step in printed:
        line = step.line()
        assert step.deadline.quote in step.paragraph == clauses()[step.deadline.clause_id].text
        assert line.endswith(f"依据{step.citation}：「{step.deadline.quote}」")
        assert ("最迟" in line) == (step.deadline.count is not None) == (step.due.day is not None)
        assert step.deadline.does in line and step.deadline.to_whom in line and step.due.note in line


def test_a_printed_line_word_by_word():
    first = timetable("巴南", date(2025, 1, 24))[0]
    assert first.line() == (
        "执法人员本人或所在单位党组织：提出书面申请，并附相关证据材料（对象：追责问责机关）。"
        "如“追责问责机关启动追责问责程序”是在2025年1月24日（星期五），最迟2025年2月7日（星期五）。当日不计入，从次日起数5个工作日。"
        "依据《重庆市巴南区生态环境保护综合行政执法人员履职尽责容错纠错实施办法（试行）》第十六条："
        "「由执法人员本人或所在单位党组织，在追责问责机关启动追责问责程序5个工作日内向追责问责机关提出书面申请，并附相关证据材料」"
    )
    nobody = next(step for step in timetable("巴南", date(2025, 1, 24)) if not step.deadline.who)
    assert nobody.line().startswith("（条文未写明由谁办理）：启动纠错程序。起点：接到有关部门作出的容错免责决定。条文只写“及时”")


def test_an_unknown_regulation_and_all_of_them_are_refused():
    for wrong in ("shenzhen-2020", "shandong-reply-2019", "x"):
        with pytest.raises(InputError, match=f"没有地区“{wrong}”"):
            steps(wrong)
        with pytest.raises(InputError, match="没有地区"):
            timetable(wrong, date(2025, 1, 24))
    with pytest.raises(InputError, match="请先选定一部法规"):
        steps("all")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("banan-2022/art99.p1\t\t报告\t\t\t\t\t\t报告", "第2行的条款“banan-2022/art99.p1”在随附的法规中不存在"),
        ("banan-2022/art22.p1\t\t\t\t\t\t\t\t本办法", "第2行没有写明办理什么"),
        ("banan-2022/art22.p1\t\t施行\t\t\t\t\t\t本办法自公布之日", "第2行的引文在条款banan-2022/art22.p1中应出现恰好一次"),
        ("banan-2022/art22.p1\t\t施行\t\t\t\t\t及时\t本办法", "第2行的时间用语“及时”不在引文中"),
        ("banan-2022/art22.p1\t\t施行\t\t印发\t5\t周\t印发\t本办法自印发之日起", "第2行的单位“周”不存在"),
        ("banan-2022/art22.p1\t\t施行\t\t印发\t\t日\t印发\t本办法自印发之日起", "第2行的数目“”应为正整数"),
        ("banan-2022/art22.p1\t\t施行\t\t印发\t0\t日\t印发\t本办法自印发之日起", "第2行的数目“0”应为正整数"),
        ("banan-2022/art22.p1\t\t施行\t\t\t5\t日\t印发\t本办法自印发之日起", "第2行有天数，却没有写明从何时起算"),
        ("banan-2022/art22.p1\t施行", "第2行有2列，应为9列"),
    ],
)
def test_a_broken_row_is_refused_with_its_line(tmp_path, cells, said):
    path = tmp_path / "deadlines.tsv"
    path.write_text(f"{HEADER}{cells}\n", "utf-8")
    with pytest.raises(FileError, match=said):
        load_deadlines(path)


def test_everything_exported_exists():
    assert all(hasattr(procedure, name) for name in procedure.__all__)
