import dataclasses

import pytest

from data.schema import MatchReport
from data.store.canonical import digest
from data.store.errors import StoreConflict, StoreError
from data.store.report_json import report_from, report_value
from tests.store.samples import make_report


def test_a_report_comes_back_with_every_field(store, clock):
    report = make_report("经过😀\u2028" + "字" * 20_000)
    with store.begin("li") as work:
        case = work.cases.add(region="r", narrative=report.narrative)
        made = work.reports.add(case.id, report, version=1)
        assert work.cases.get(case.id).version == 2
    with store.read() as work:
        kept = work.reports.latest(case.id)
    assert kept == made and kept.report == report and kept.created == clock.now
    assert (kept.number, kept.author, kept.digest) == (1, "li", digest(report_value(report)))
    assert "字字" not in repr(kept)


def test_a_report_without_matches_comes_back(store):
    empty = MatchReport("短", "", (), True, "叙述太短", "i", "m", 0.0)
    assert report_from(report_value(empty)) == empty
    with store.begin("li") as work:
        case = work.cases.add(region="", narrative="短")
        assert work.reports.latest(case.id) is None and work.reports.of_case(case.id) == ()
        made = work.reports.add(case.id, empty, version=1)
        assert work.reports.latest(case.id) == made


def test_reports_of_a_case_are_counted_and_the_newest_is_the_latest(store):
    with store.begin("li") as work:
        case = work.cases.add(region="r", narrative="经过")
        made = [work.reports.add(case.id, make_report(f"第{n}次"), version=n) for n in (1, 2, 3)]
    with store.read() as work:
        assert list(work.reports.of_case(case.id)) == made and [one.number for one in made] == [1, 2, 3]
        assert work.reports.latest(case.id) == made[2]


def test_what_cannot_be_kept_is_refused(store):
    with store.begin("li") as work:
        case = work.cases.add(region="r", narrative="经过")
    with pytest.raises(StoreConflict), store.begin("li") as work:
        work.reports.add(case.id, make_report(), version=7)
    with store.begin("li") as work:
        bad = dataclasses.replace(make_report(), elapsed=float("nan"))
        with pytest.raises(StoreError, match="非数字"):
            work.reports.add(case.id, bad, version=1)
        assert work.cases.get(case.id).version == 1
    for broken in ({}, {**report_value(make_report()), "matches": [{}]}, {**report_value(make_report()), "extra": 1}):
        with pytest.raises(StoreError, match="读不出来"):
            report_from(broken)


@pytest.mark.parametrize("table", ["reports", "audit"])
def test_the_database_itself_refuses_to_change_what_is_immutable(store, database, reviewed, table):
    column = {"reports": "model_digest", "audit": "actor"}[table]
    before = database.sql(f"SELECT * FROM {table} ORDER BY 1")
    attacks = [f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"]
    if database.kind == "sqlite":
        attacks.append(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    else:
        attacks.append(f"TRUNCATE {table} CASCADE")
    for attack in attacks:
        with pytest.raises(Exception, match="append-only"):
            database.sql(attack)
    assert database.sql(f"SELECT * FROM {table} ORDER BY 1") == before and len(before) >= 1


def test_the_head_of_the_trail_goes_forward_only(store, database):
    for attack in (
        "UPDATE audit_head SET count = count - 1",
        "UPDATE audit_head SET count = count + 2",
        "DELETE FROM audit_head",
    ):
        with pytest.raises(Exception, match="append-only"):
            database.sql(attack)
    assert store.verify().ok
