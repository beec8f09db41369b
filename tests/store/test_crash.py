import signal
import time
from datetime import timedelta

from data.store.jobs import STALE
from data.store.store import open_store, utc_now
from tests.store.processes import child


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    assert process.returncode == -signal.SIGKILL


def test_a_process_that_is_killed_in_the_middle_of_a_transaction_leaves_nothing_of_it(store, database):
    with store.read() as work:
        before = work.audit.head()
    with child("hold", database.url) as process:
        assert process.stdout.readline() == "held\n"
        kill(process)
    with store.begin("zhang") as work:  # its lock is gone
        assert work.cases.count() == 0 and work.jobs.listing() == () and not work.users.get("wang").disabled
        assert work.audit.head() == before
        work.cases.add(region="r", narrative="照常工作")
    with open_store(database.url) as again:
        assert again.verify().ok


def test_what_was_said_to_be_saved_is_there_after_kill_9_whenever_it_comes(store, database):
    said = []
    for _ in range(2):
        with child("write", database.url) as process:
            said.append(process.stdout.readline().strip())
            time.sleep(0.12)
            kill(process)
            said += process.stdout.read().split()
    with open_store(database.url) as again:
        assert again.verify().ok
        with again.read() as work:
            for case_id in said:
                report = work.reports.latest(case_id)
                assert len(work.reviews.current(report.id)) == 1
            assert work.cases.count() - len(said) in range(3), "at most one more in each run: done, not yet said"


def test_a_batch_survives_the_death_of_its_worker(store, database, clock):
    with store.begin("li") as work:
        job = work.jobs.add("batch", {}, items=[{"id": n} for n in range(500)])
    with child("work_batch", database.url, "甲") as process:
        for _ in range(3):
            assert process.stdout.readline() == "row\n"
        kill(process)
        rows = 3 + process.stdout.read().count("row\n")
    clock.now = utc_now() + STALE + timedelta(seconds=1)  # the child had the real clock
    with store.begin("乙") as work:
        taken = work.jobs.claim("乙", ("batch",))
        assert (taken.id, taken.attempts) == (job.id, 2) and taken.done in (rows, rows + 1)
        left = work.jobs.items(job.id, pending=True)
        assert len(left) == 500 - taken.done and all(item.output is None for item in left)
        work.jobs.save_items(job.id, "乙", {item.position: {"by": "乙"} for item in left})
        assert work.jobs.finish(job.id, "乙", {}).done == 500
    with store.read() as work:
        by = [item.output["by"] for item in work.jobs.items(job.id)]
    assert by == ["甲"] * taken.done + ["乙"] * (500 - taken.done) and store.verify().ok
