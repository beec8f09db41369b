from datetime import timedelta

import pytest

from data.store.errors import StoreConflict, StoreError
from data.store.jobs import MAX_ATTEMPTS, STALE

ROWS = [{"id": f"行{n}", "text": "经过" * 1000} for n in range(5)]


def add(store, items=ROWS, kind="batch"):
    with store.begin("li") as work:
        return work.jobs.add(kind, {"top_k": 10, "名": "表.xlsx"}, items=items)


def claim(store, worker, kinds=("batch",)):
    with store.begin("后台") as work:
        return work.jobs.claim(worker, kinds)


def test_a_job_comes_back_as_it_was_added(store, clock):
    made = add(store)
    with store.read() as work:
        assert work.jobs.get(made.id) == made == work.jobs.listing()[0]
        assert [item.input for item in work.jobs.items(made.id)] == ROWS
        assert len(work.jobs.items(made.id, pending=True, limit=2)) == 2
    assert (made.state, made.owner, made.done, made.total, made.created) == ("queued", "li", 0, 5, clock.now)
    assert made.input == {"top_k": 10, "名": "表.xlsx"} and made.output is None and "表" not in repr(made)
    with pytest.raises(StoreError, match="没有这个任务"), store.read() as work:
        work.jobs.get("0" * 32)


def test_a_batch_goes_on_where_the_last_worker_stopped(store, clock):
    job = add(store)
    assert claim(store, "甲", kinds=("other",)) is None
    held = claim(store, "甲")
    assert (held.id, held.state, held.worker, held.attempts) == (job.id, "running", "甲", 1)
    with store.begin("后台") as work:
        assert work.jobs.save_items(job.id, "甲", {0: {"matches": []}, 2: {"error": "空"}}).done == 2
    clock.move(seconds=STALE.total_seconds() - 1)
    assert claim(store, "乙") is None, "the worker is alive"
    clock.move(seconds=2)
    again = claim(store, "乙")
    assert (again.worker, again.attempts, again.done) == ("乙", 2, 2)
    with store.begin("后台") as work:
        left = work.jobs.items(job.id, pending=True)
        assert [item.position for item in left] == [1, 3, 4]
        with pytest.raises(StoreError, match="没做完"):
            work.jobs.finish(job.id, "乙", {})
        work.jobs.save_items(job.id, "乙", {item.position: {"n": item.position} for item in left})
        done = work.jobs.finish(job.id, "乙", {"rows": 5})
    assert (done.state, done.done, done.output, done.ended, done.worker) == ("done", 5, {"rows": 5}, clock.now, None)
    with store.read() as work:
        outputs = [item.output for item in work.jobs.items(job.id)]
    assert outputs == [{"matches": []}, {"n": 1}, {"error": "空"}, {"n": 3}, {"n": 4}]


def test_a_worker_that_was_thought_dead_cannot_write(store, clock):
    job = add(store)
    claim(store, "甲")
    clock.move(minutes=5)
    claim(store, "乙")
    for attempt in (
        lambda work: work.jobs.beat(job.id, "甲"),
        lambda work: work.jobs.save_items(job.id, "甲", {0: {}}),
        lambda work: work.jobs.finish(job.id, "甲", {}),
        lambda work: work.jobs.fail(job.id, "甲", "错"),
        lambda work: work.jobs.release(job.id, "甲"),
    ):
        with pytest.raises(StoreConflict, match="接手"), store.begin("后台") as work:
            attempt(work)
    with store.read() as work:
        assert len(work.jobs.items(job.id, pending=True)) == 5


def test_a_job_that_is_given_back_is_taken_at_once_and_was_no_attempt(store, clock):
    job = add(store)
    for number in range(MAX_ATTEMPTS + 1):
        held = claim(store, str(number))
        assert (held.id, held.worker, held.attempts, held.done) == (job.id, str(number), 1, min(number, len(ROWS)))
        with store.begin("后台") as work:
            if number < len(ROWS):
                work.jobs.save_items(job.id, str(number), {number: {"by": number}})
            given = work.jobs.release(job.id, str(number))
        assert (given.state, given.worker, given.heartbeat, given.attempts) == ("queued", None, None, 0)
    with pytest.raises(StoreConflict), store.begin("后台") as work:
        work.jobs.beat(job.id, "0")
    with store.read() as work:
        assert not work.jobs.items(job.id, pending=True)
    assert store.verify().ok


def test_signs_of_life_keep_a_job(store, clock):
    add(store, items=())
    job = claim(store, "甲")
    for step in range(1, 4):
        clock.move(seconds=50)
        with store.begin("后台") as work:
            beaten = work.jobs.beat(job.id, "甲", done=step, total=3)
        assert (beaten.heartbeat, beaten.done, beaten.total) == (clock.now, step, 3)
        assert claim(store, "乙") is None
    with store.begin("后台") as work:
        assert work.jobs.fail(job.id, "甲", "索引不在").error == "索引不在"
    with store.read() as work:
        assert work.jobs.get(job.id).state == "failed"


def test_a_cancelled_job_stops_its_worker(store):
    running, waiting = add(store), add(store)
    claim(store, "甲")
    with store.begin("li") as work:
        assert work.jobs.cancel(running.id).state == work.jobs.cancel(waiting.id).state == "cancelled"
        with pytest.raises(StoreError, match="已经结束"):
            work.jobs.cancel(running.id)
    with pytest.raises(StoreConflict), store.begin("后台") as work:
        work.jobs.beat(running.id, "甲")
    assert claim(store, "乙") is None


def test_a_job_that_has_ended_is_cleared_of_its_rows(store, clock):
    job, other = add(store), add(store)
    with store.begin("li") as work:
        with pytest.raises(StoreError, match="还没有结束"):
            work.jobs.clear(job.id)
        ended = work.jobs.cancel(job.id)
    clock.move(seconds=60)
    with store.begin("li") as work:
        work.jobs.cancel(other.id)
    with store.begin("后台") as work:
        assert not ended.cleared and work.jobs.listing(ended_before=clock.now, limit=None) == (ended,)
        assert work.jobs.clear(job.id).cleared
        assert work.jobs.items(job.id) == () and len(work.jobs.items(other.id)) == len(ROWS)
    with store.read() as work:
        assert work.jobs.get(job.id).cleared and not work.jobs.get(other.id).cleared


def test_a_job_that_takes_its_worker_down_is_given_up(store, clock):
    job = add(store)
    for _ in range(MAX_ATTEMPTS):
        assert claim(store, "甲").id == job.id
        clock.move(seconds=STALE.total_seconds() + 1)
    following = add(store)
    assert claim(store, "甲").id == following.id
    with store.read() as work:
        given_up = work.jobs.get(job.id)
    assert given_up.state == "failed" and "已放弃" in given_up.error


def test_the_oldest_job_comes_first_and_lists_show_the_newest(store, clock):
    made = []
    for _ in range(3):
        clock.move(seconds=1)
        made.append(add(store).id)
    assert [claim(store, str(n)).id for n in range(3)] == made
    with store.begin("zhang") as work:
        own = work.jobs.add("batch", {})
    with store.read() as work:
        assert [job.id for job in work.jobs.listing(owner="li")] == made[::-1]
        assert work.jobs.listing(states=("queued",)) == (own,) and len(work.jobs.listing(limit=2)) == 2


def test_wrong_rows_and_stale_times_of_zero(store, clock):
    job = add(store)
    claim(store, "甲")
    with pytest.raises(StoreError, match="没有第 5 行"), store.begin("后台") as work:
        work.jobs.save_items(job.id, "甲", {4: {}, 5: {}})
    with store.read() as work:
        assert len(work.jobs.items(job.id, pending=True)) == 5
    clock.move(seconds=1)
    with store.begin("后台") as work:
        assert work.jobs.claim("乙", ("batch",), stale=timedelta(0)).worker == "乙"
    assert store.verify().ok
