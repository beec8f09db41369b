"""What other processes do in the tests: python -m tests.store.child ACTION URL [ARGUMENT]."""

from __future__ import annotations

import sys
import time

from data.store.errors import StoreConflict
from data.store.records import Decision
from data.store.store import open_store
from tests.store.samples import make_report, under_review


def say(word: object) -> None:
    print(word, flush=True)


def hold(url: str, _: str) -> None:
    """Write everything there is within one transaction and never end it."""
    with open_store(url) as store, store.begin("li") as work:
        case = work.cases.add(region="r", narrative="不该留下的")
        work.reports.add(case.id, make_report(), version=1)
        work.jobs.add("batch", {}, items=[{"id": 1}])
        work.users.change("wang", disabled=True)
        say("held")
        time.sleep(600)


def write(url: str, _: str) -> None:
    """Bring cases under review and review them, one after the other, and say each as soon as it is safe."""
    with open_store(url) as store:
        while True:
            case = under_review(store)
            with store.begin("zhang") as work:
                work.reviews.save(case.report_id, [Decision("r/art2.p1", "accept")], round=1, version=case.version)
            say(case.case_id)


def work_batch(url: str, worker: str) -> None:
    """Do the rows of a batch one by one, slowly."""
    with open_store(url) as store:
        with store.begin(worker) as work:
            job = work.jobs.claim(worker, ("batch",))
        while True:
            with store.begin(worker) as work:
                pending = work.jobs.items(job.id, pending=True, limit=1)
                work.jobs.save_items(job.id, worker, {item.position: {"by": worker} for item in pending})
            say("row")
            time.sleep(0.05)


def append(url: str, argument: str) -> None:
    """Add ten times to the narrative of a case, each time on what is there, again after a conflict; say how many there were."""
    case_id, actor = argument.split(":")
    conflicts = 0
    with open_store(url, wait=60) as store:
        say("ready")
        sys.stdin.readline()
        for n in range(10):
            while True:
                with store.read() as work:
                    case = work.cases.get(case_id)
                try:
                    with store.begin(actor) as work:
                        work.cases.edit(case_id, version=case.version, narrative=f"{case.narrative}{actor}{n};")
                    break
                except StoreConflict:
                    conflicts += 1
    say(conflicts)


def open_only(url: str, _: str) -> None:
    """Open the store at the same moment as others."""
    say("ready")
    sys.stdin.readline()
    with open_store(url, wait=60) as store, store.read() as work:
        say(work.audit.head().count)


if __name__ == "__main__":
    actions = {action.__name__: action for action in (hold, write, work_batch, append, open_only)}
    actions[sys.argv[1]](sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "")
