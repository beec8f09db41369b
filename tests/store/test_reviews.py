import pytest

from data.store.errors import StoreConflict, StoreError
from data.store.records import Decision
from data.store.reviews import final_decisions
from tests.store.samples import make_report

ONE, TWO, THREE = "r/art1.p1.i1", "r/art1.p1.i2", "r/art2.p1"


def test_decisions_come_back_as_they_were_made(store, clock, reviewed):
    decisions = (
        Decision(ONE, "accept", comment="见第三段😀\x00" + "注" * 5000),
        Decision(TWO, "reject"),
        Decision(THREE, "grade", 1),
        Decision("r/art9.p1", "add", 2, "漏了"),
    )
    with store.begin("zhang") as work:
        made = work.reviews.save(reviewed.report_id, decisions, round=1, version=reviewed.version)
        assert work.cases.get(reviewed.case_id).version == reviewed.version + 1
    assert [(r.clause_id, r.verdict, r.grade) for r in made] == [(d.clause_id, d.verdict, d.grade) for d in decisions]
    assert made[0].comment == "见第三段😀\ufffd" + "注" * 5000 and "注注" not in repr(made[0])
    assert all(r.reviewer == "zhang" and r.at == clock.now and r.round == 1 and r.ended is None for r in made)
    with store.read() as work:
        assert sorted(work.reviews.current(reviewed.report_id), key=lambda r: made.index(r)) == list(made)


def test_no_decisions_change_nothing(store, reviewed):
    with store.begin("zhang") as work:
        assert work.reviews.save(reviewed.report_id, (), round=1, version=reviewed.version) == ()
        assert work.cases.get(reviewed.case_id).version == reviewed.version


def test_a_later_decision_ends_the_earlier_one_and_both_stay_readable(store, clock, reviewed):
    with store.begin("zhang") as work:
        (first,) = work.reviews.save(reviewed.report_id, [Decision(ONE, "accept")], round=1, version=reviewed.version)
    clock.move(minutes=1)
    with store.begin("wang") as work:
        (second,) = work.reviews.save(reviewed.report_id, [Decision(ONE, "reject")], round=1, version=reviewed.version + 1)
    clock.move(minutes=1)
    with store.begin("wang") as work:
        work.reviews.withdraw(reviewed.report_id, ONE, round=1, version=reviewed.version + 2)
    with store.read() as work:
        assert work.reviews.current(reviewed.report_id) == ()
        old, new = work.reviews.history(reviewed.report_id)
    assert (old.id, old.ended, old.ended_by) == (first.id, second.at, "wang")
    assert (new.id, new.ended, new.ended_by) == (second.id, clock.now, "wang")
    with pytest.raises(StoreError, match="没有复核意见可撤下"), store.begin("wang") as work:
        work.reviews.withdraw(reviewed.report_id, ONE, round=1, version=reviewed.version + 3)
    assert store.verify().ok


def test_two_reviewers_never_overwrite_each_other(store, reviewed):
    with store.begin("zhang") as work:
        work.reviews.save(reviewed.report_id, [Decision(ONE, "accept")], round=1, version=reviewed.version)
    for decision in (Decision(ONE, "reject"), Decision(TWO, "reject")):
        with pytest.raises(StoreConflict, match="已由 张复核 于"), store.begin("wang") as work:
            work.reviews.save(reviewed.report_id, [decision], round=1, version=reviewed.version)
    with store.read() as work:
        (kept,) = work.reviews.history(reviewed.report_id)
    assert kept.verdict == "accept"


def test_the_second_round_is_for_somebody_else(store, reviewed):
    with store.begin("zhang") as work:
        work.reviews.save(reviewed.report_id, [Decision(ONE, "accept"), Decision(TWO, "accept")], round=1, version=4)
    with pytest.raises(StoreError, match="复核中"), store.begin("wang") as work:
        work.reviews.save(reviewed.report_id, [Decision(ONE, "accept")], round=2, version=5)
    with store.begin("zhang") as work:
        work.cases.move(reviewed.case_id, "second_review", version=5)
        with pytest.raises(StoreError, match="没有参加第一次"):
            work.reviews.save(reviewed.report_id, [Decision(ONE, "reject")], round=2, version=6)
    with store.begin("wang") as work:
        with pytest.raises(StoreError, match="二次复核中"):
            work.reviews.save(reviewed.report_id, [Decision(ONE, "reject")], round=1, version=6)
        work.reviews.save(reviewed.report_id, [Decision(ONE, "grade", 1)], round=2, version=6)
        current = work.reviews.current(reviewed.report_id)
    assert [(r.round, r.clause_id, r.verdict) for r in current] == [(1, ONE, "accept"), (1, TWO, "accept"), (2, ONE, "grade")]
    final = final_decisions(current)
    assert {clause: (r.round, r.verdict) for clause, r in final.items()} == {ONE: (2, "grade"), TWO: (1, "accept")}


def test_only_the_newest_report_is_reviewed(store, reviewed):
    with store.begin("li") as work:
        work.cases.move(reviewed.case_id, "open", version=4)
        newer = work.reports.add(reviewed.case_id, make_report(), version=5)
        work.cases.move(reviewed.case_id, "in_review", version=6)
    with pytest.raises(StoreError, match="更新的匹配结果"), store.begin("zhang") as work:
        work.reviews.save(reviewed.report_id, [Decision(ONE, "accept")], round=1, version=7)
    with store.begin("zhang") as work:
        work.reviews.save(newer.id, [Decision(ONE, "accept")], round=1, version=7)


def test_a_decision_that_makes_no_sense_is_refused_and_nothing_changes(store, reviewed):
    for decisions, word in (
        ([Decision(ONE, "accept", 2)], "等级"),
        ([Decision(ONE, "reject", 0)], "等级"),
        ([Decision(ONE, "grade")], "等级"),
        ([Decision(ONE, "grade", 3)], "等级"),
        ([Decision(ONE, "grade", True)], "等级"),
        ([Decision("r/art9.p1", "add")], "等级"),
        ([Decision("r/art9.p1", "accept")], "补充条款"),
        ([Decision(ONE, "add", 2)], "已在建议之中"),
        ([Decision(ONE, "maybe")], "maybe"),
        ([Decision("", "add", 2)], "缺少条款编号"),
        ([Decision(ONE, "accept"), Decision(ONE, "reject")], "只留一个"),
    ):
        with store.begin("zhang") as work:
            with pytest.raises(StoreError, match=word):
                work.reviews.save(reviewed.report_id, decisions, round=1, version=reviewed.version)
            assert work.cases.get(reviewed.case_id).version == reviewed.version
    with pytest.raises(StoreError, match="轮次"), store.begin("zhang") as work:
        work.reviews.save(reviewed.report_id, [Decision(ONE, "accept")], round=3, version=reviewed.version)


def test_the_database_refuses_what_the_program_would_not_write(store, database, reviewed):
    with store.begin("zhang") as work:
        work.reviews.save(reviewed.report_id, [Decision(ONE, "accept")], round=1, version=reviewed.version)
    for change in ("grade = 2", "verdict = 'grade'", "round = 3", "reviewer = 'nobody'", "report_id = 'none'"):
        with pytest.raises(Exception, match="(?i)constraint"):
            database.sql("PRAGMA foreign_keys=ON" if database.kind == "sqlite" else "SELECT 1", f"UPDATE reviews SET {change}")
    with pytest.raises(Exception, match="(?i)unique"):
        database.sql(
            "INSERT INTO reviews SELECT 'other', case_id, report_id, clause_id, 'reject', grade, comment, reviewer, round, at, "
            "ended, ended_by FROM reviews"
        )
