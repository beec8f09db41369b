"""A clock that is put back: nothing is lost, nobody waits until it has caught up."""

import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from data.store.store import open_store
from retrieval.index import load, save
from tests.store.samples import under_review


class Clock:
    def __init__(self):
        self.now = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    with open_store(f"sqlite:///{tmp_path}/store.sqlite3", clock=clock) as opened:
        with opened.begin("安装程序") as work:
            for name, role in (("li", "inspector"), ("zhang", "reviewer"), ("wang", "reviewer")):
                work.users.add(name, display_name=name, role=role)
        yield opened


def back(clock, **by):
    clock.now -= timedelta(**by)


def test_the_trail_stays_whole_and_in_the_order_of_its_writing(store, clock):
    before = under_review(store)
    back(clock, days=1)
    after = under_review(store)
    assert store.verify().ok
    with store.read() as work:
        rows = work.audit.entries(limit=1000)
        assert [row.seq for row in rows] == sorted((row.seq for row in rows), reverse=True)
        assert {before.case_id, after.case_id} <= {case.id for case in work.cases.listing()}
        assert rows[0].at < max(row.at for row in rows), "times are kept as the clock gave them"


def test_a_job_whose_worker_died_before_the_clock_went_back_is_taken_over(store, clock):
    with store.begin("li") as work:
        job = work.jobs.add("batch", {}, items=[{"id": 1}])
    with store.begin("甲") as work:
        work.jobs.claim("甲", ("batch",))
    back(clock, days=1)
    with store.begin("乙") as work:
        taken = work.jobs.claim("乙", ("batch",))
    assert taken is not None and taken.id == job.id and taken.worker == "乙"


def test_a_living_worker_keeps_its_job_once_it_has_given_a_sign(store, clock):
    with store.begin("li") as work:
        job = work.jobs.add("batch", {}, items=[{"id": 1}])
    with store.begin("甲") as work:
        work.jobs.claim("甲", ("batch",))
    back(clock, hours=2)
    with store.begin("甲") as work:
        work.jobs.save_items(job.id, "甲", {})
    with store.begin("乙") as work:
        assert work.jobs.claim("乙", ("batch",)) is None


def test_failures_that_lie_in_the_future_are_not_counted(store, clock):
    with store.begin("登录") as work:
        work.audit.note("login.failed", "user:li")
    back(clock, hours=3)
    with store.read() as work:
        assert work.audit.count("login.failed", "user:li", since=clock.now - timedelta(minutes=15)) == 0
    clock.now += timedelta(hours=3)
    with store.read() as work:
        assert work.audit.count("login.failed", "user:li", since=clock.now - timedelta(minutes=15)) == 1


def test_a_session_still_ends(store, clock):
    expires = clock.now + timedelta(hours=12)
    with store.begin("登录") as work:
        work.sessions.open("hash", user="li", csrf="x", expires=expires)
    back(clock, hours=1)
    with store.read() as work:
        assert work.sessions.find("hash") is not None
    clock.now = expires
    with store.read() as work:
        assert work.sessions.find("hash") is None


def test_an_index_is_saved_whatever_the_files_before_say(small, large, tmp_path, monkeypatch):
    save(small, tmp_path)
    ahead = time.time() + 86_400
    for path in [*tmp_path.rglob("*"), tmp_path]:
        os.utime(path, (ahead, ahead))
    save(large, tmp_path)
    assert load(tmp_path).manifest == large.manifest
