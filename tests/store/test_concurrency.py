from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from data.store.errors import StoreConflict, StoreUnavailable
from data.store.records import Decision
from data.store.store import open_store
from tests.store.processes import together
from tests.store.samples import under_review


def test_of_two_threads_exactly_one_saves_and_the_other_learns_of_it(store):
    for _ in range(5):
        case = under_review(store)
        barrier = Barrier(2)

        def review(reviewer, verdict, case=case, barrier=barrier):
            barrier.wait()
            with store.begin(reviewer) as work:
                work.reviews.save(case.report_id, [Decision("r/art2.p1", verdict)], round=1, version=case.version)

        with ThreadPoolExecutor(2) as pool:
            results = [pool.submit(review, *one) for one in (("zhang", "accept"), ("wang", "reject"))]
            errors = [result.exception() for result in results]
        assert sorted(type(error) for error in errors if error) == [StoreConflict] and errors.count(None) == 1
        with store.read() as work:
            (kept,) = work.reviews.history(case.report_id)
        winner, loser = ("zhang", errors[1]) if errors[0] is None else ("wang", errors[0])
        assert kept.reviewer == winner and {"zhang": "张复核", "wang": "王复核"}[winner] in str(loser)
    assert store.verify().ok


def test_many_threads_lose_nothing(store):
    case = under_review(store)

    def comment(thread):
        done = 0
        while done < 5:
            with store.read() as work:
                seen = work.cases.get(case.case_id).version
            try:
                with store.begin("zhang") as work:
                    decision = Decision(f"r/art{thread}.x{done}", "add", 1)
                    work.reviews.save(case.report_id, [decision], round=1, version=seen)
                done += 1
            except StoreConflict:
                pass

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(comment, range(6)))
    with store.read() as work:
        assert len({review.clause_id for review in work.reviews.current(case.report_id)}) == 30
        assert work.cases.get(case.case_id).version == case.version + 30
    assert store.verify().ok


def test_two_processes_never_overwrite_each_other(store, database):
    with store.begin("li") as work:
        case = work.cases.add(region="r", narrative="：")
    with together(*(("append", database.url, f"{case.id}:{actor}") for actor in ("li", "zhang"))) as processes:
        conflicts = [int(process.communicate(timeout=120)[0]) for process in processes]
    assert all(process.returncode == 0 for process in processes)
    with store.read() as work:
        found = work.cases.get(case.id)
    parts = found.narrative.removeprefix("：").split(";")[:-1]
    assert sorted(parts) == sorted(f"{actor}{n}" for actor in ("li", "zhang") for n in range(10)), conflicts
    assert found.version == 21 and store.verify().ok


def test_two_workers_never_get_the_same_job(store):
    with store.begin("li") as work:
        jobs = {work.jobs.add("batch", {"n": n}).id for n in range(12)}

    def claim(worker):
        taken = []
        while True:
            with store.begin(worker) as work:
                job = work.jobs.claim(worker, ("batch",))
            if job is None:
                return taken
            taken.append(job.id)

    with ThreadPoolExecutor(3) as pool:
        taken = [job for jobs_of_one in pool.map(claim, ("甲", "乙", "丙")) for job in jobs_of_one]
    assert len(taken) == 12 and set(taken) == jobs


def test_whoever_waits_too_long_is_told_and_readers_do_not_wait(store, database):
    with store.begin("li") as work, open_store(database.url, wait=0.2) as impatient:
        work.cases.add(region="r", narrative="还没写完的")
        with pytest.raises(StoreUnavailable, match="数据库正被占用，请稍后再试"), impatient.begin("zhang"):
            pass
        with impatient.read() as other:
            assert other.cases.count() == 0
    with open_store(database.url, wait=0.2) as patient, patient.begin("zhang") as work:
        assert work.cases.count() == 1
