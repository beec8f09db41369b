"""Many people at once: python -m tests.web.load --users 30 --seconds 120 --url http://127.0.0.1:7860 --store sqlite:///FILE.

Each user logs in with an account of their own (made beforehand in the store), two inspectors to one reviewer. Inspectors match
narratives, save every third as a case and submit it; reviewers take cases from the queue, decide on every suggestion and
close. Between two actions they pause as people do, on average `--pause` seconds. In the end what the server said it had
saved is compared with the store, through a connection of its own.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from data.store.store import Store, open_store, utc_now
from ui.services.passwords import hash_password

PASSWORD = "many-people-at-once-2026"
STORIES = (
    "去年{n}月我们按年初的双随机抽查计划到厂里检查，老板把台账换成假的，隐瞒了真实的排放记录，我们没有发现，后来群众举报。",
    "第{n}批历史遗留问题处理时，我们先行办了手续，后来发现材料不齐，当事人提出异议，我们补做了调查。",
    "突发事件里第{n}号阀门没有及时关，值班人员临机决断先疏散群众，晚了十分钟报告，造成了一些损失。",
)


@dataclass
class Tally:
    """What happened: seconds per action, errors, conflicts, and what the server said it had saved."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    conflicts: int = 0
    cases: list[tuple[str, str]] = field(default_factory=list)  # id, author
    decisions: list[tuple[str, str, str, str]] = field(default_factory=list)  # case, clause, verdict, reviewer
    closed: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    began: datetime = field(default_factory=utc_now)


@dataclass(frozen=True)
class Differences:
    """Where the store does not agree: decisions and cases that are missing, there twice, or that nobody was told of."""

    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def none(self) -> bool:
        return not (self.lost or self.doubled or self.unknown)


class User:
    """One person with one connection, who logs in and then works."""

    def __init__(self, url: str, name: str, tally: Tally, pause: float) -> None:
        self.name, self.tally, self.pause = name, tally, pause
        self.random = random.Random(name)
        self.client = httpx.Client(base_url=url, timeout=120, trust_env=False)
        self.count, self.known = 0, False

    def work(self, end: float) -> None:
        """Act and pause until the end; nothing where the login failed."""
        with closing(self.client), self.told():
            while self.known and time.monotonic() < end:
                time.sleep(self.random.uniform(0.5, 1.5) * self.pause)
                self.act()

    @contextmanager
    def told(self):
        """Note a connection that breaks, with whatever was under way."""
        try:
            yield
        except httpx.HTTPError as error:
            self.wrong(f"{self.name}: {type(error).__name__}")

    def act(self) -> None:
        raise NotImplementedError

    def log_in(self) -> None:
        with self.told():
            form = {"username": self.name, "password": PASSWORD}
            if self.timed("login", "POST", "/login", data=form, expected=(303,)) is not None:
                self.client.headers["X-CSRF-Token"] = self.client.get("/session").json()["csrf"]
                self.known = True

    def timed(self, action: str, method: str, path: str, *, expected: Sequence[int] = (200, 201), **options):
        """Send a request and note how long it took; None where the answer was none of the expected."""
        began = time.perf_counter()
        answer = self.client.request(method, path, **options)
        took = time.perf_counter() - began
        with self.tally.lock:
            self.tally.times[action].append(took)
            if answer.status_code == 409:
                self.tally.conflicts += 1
                return None
        if answer.status_code not in expected:
            self.wrong(f"{action}: {answer.status_code} {answer.text[:120]}")
            return None
        return answer

    def wrong(self, what: str) -> None:
        with self.tally.lock:
            self.tally.errors[what] += 1


class Inspector(User):
    """Matches, and makes every third narrative a case that is submitted."""

    def act(self) -> None:
        self.count += 1
        story = self.random.choice(STORIES).format(n=self.random.randrange(1, 10_000))
        if self.timed("match", "POST", "/api/v1/match", json={"text": story}) is None or self.count % 3:
            return
        made = self.timed("create case", "POST", "/api/v1/cases", json={"narrative": story})
        if made is None:
            return
        case = made.json()
        with self.tally.lock:
            self.tally.cases.append((case["id"], self.name))
        self.timed("submit case", "POST", f"/api/v1/cases/{case['id']}/submit", json={"version": case["version"]})


class Reviewer(User):
    """Takes one of the first cases that wait, decides on every suggestion, and closes it."""

    def act(self) -> None:
        answer = self.timed("queue", "GET", "/api/v1/queue")
        waiting = [item["case"] for item in answer.json() if item["group"] == "waiting"] if answer else []
        if not waiting:
            return
        case = self.random.choice(waiting[:3])  # few, so that reviewers meet
        path = f"/api/v1/cases/{case['id']}"
        taken = self.timed("claim", "POST", f"{path}/claim", json={"version": case["version"]})
        if taken is None:
            return
        whole = taken.json()
        wanted = {m["clause_id"]: self.random.choice(("accept", "reject")) for m in whole["report"]["result"]["matches"]}
        version = whole["version"]
        if wanted:
            decisions = [{"clause_id": clause, "verdict": verdict} for clause, verdict in wanted.items()]
            saved = self.timed("review", "POST", f"{path}/reviews", json={"version": version, "decisions": decisions})
            if saved is None:
                return
            version = saved.json()["version"]
            with self.tally.lock:
                self.tally.decisions += [(case["id"], clause, verdict, self.name) for clause, verdict in wanted.items()]
        if self.timed("close", "POST", f"{path}/close", json={"version": version}) is not None:
            with self.tally.lock:
                self.tally.closed.append(case["id"])


def names(users: int) -> list[tuple[str, type[User]]]:
    """Return the accounts of the users: every third is a reviewer."""
    kinds = [Reviewer if number % 3 == 2 else Inspector for number in range(users)]
    return [(f"load-{kind.__name__.lower()}-{number:02}", kind) for number, kind in enumerate(kinds)]


def make_users(store: Store, users: int) -> None:
    """Make the accounts that are not there yet."""
    hashed = hash_password(PASSWORD, name="load")
    with store.begin("负载试验") as work:
        for name, kind in names(users):
            if work.users.find(name) is None:
                role = "reviewer" if kind is Reviewer else "inspector"
                work.users.add(name, display_name=f"负载 {name[-2:]}", role=role, password_hash=hashed)


def run(url: str, users: int, seconds: float, pause: float) -> Tally:
    """Let the users log in at once, then work at once for so many seconds, and return what happened."""
    tally = Tally()
    people = [kind(url, name, tally, pause) for name, kind in names(users)]
    together([threading.Thread(target=one.log_in, daemon=True) for one in people], 300, tally)
    end = time.monotonic() + seconds
    together([threading.Thread(target=one.work, args=(end,), daemon=True) for one in people], seconds + 120, tally)
    return tally


def together(threads: Sequence[threading.Thread], seconds: float, tally: Tally) -> None:
    """Start all and wait for all; one that does not end is an error."""
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.1, end - time.monotonic()))
        if thread.is_alive():
            tally.errors["a user was left hanging"] += 1


def compare(store: Store, tally: Tally, users: int) -> Differences:
    """Compare what the users were told with what is in the store."""
    told, own = Counter(tally.decisions), {case_id for case_id, _ in tally.cases}
    kept: Counter[tuple[str, str, str, str]] = Counter()
    with store.read() as work:
        found = {case.id: case for name, _ in names(users) for case in work.cases.listing(author=name, limit=100_000)}
        made = {case_id: case for case_id, case in found.items() if case_id in own or case.created >= tally.began}
        for case_id in {*made, *(one[0] for one in told)}:  # reviewers may take cases that were there before
            for report in work.reports.of_case(case_id):
                history = [review for review in work.reviews.history(report.id) if review.at >= tally.began]
                kept += Counter((case_id, r.clause_id, r.verdict, r.reviewer) for r in history)
    lost = [f"decision {one}" for one in told - kept] + [f"case {one}" for one, _ in tally.cases if one not in made]
    lost += [f"closing {one}" for one in tally.closed if one in made and made[one].status != "closed"]
    doubled = [f"decision {one}" for one, times in kept.items() if times > 1]
    unknown = [f"decision {one}" for one in kept if one not in told]
    unknown += [f"case {one}" for one in made if one not in own]
    return Differences(tuple(lost), tuple(doubled), tuple(unknown))


def table(tally: Tally) -> list[str]:
    """Return one line per action: how often, and the median and 95th percentile of its time in seconds."""
    lines = [f"{'action':<14}{'n':>7}{'p50':>9}{'p95':>9}{'max':>9}"]
    for action, times in sorted(tally.times.items()):
        ordered = sorted(times)
        p50, p95 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95))
        lines.append(f"{action:<14}{len(ordered):>7}{p50:>9.3f}{p95:>9.3f}{ordered[-1]:>9.3f}")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; 1 where there was an error or a difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--store", help="database URL of the server; else RONGCUO_DATABASE_URL or the default file")
    parser.add_argument("--users", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--pause", type=float, default=2.0)
    chosen = parser.parse_args(arguments)
    with open_store(chosen.store, create=False) as store:
        make_users(store, chosen.users)
        tally = run(chosen.url, chosen.users, chosen.seconds, chosen.pause)
        found = compare(store, tally, chosen.users)
    print("\n".join(table(tally)))
    print(f"conflicts (expected, 409): {tally.conflicts}; cases {len(tally.cases)}; decisions {len(tally.decisions)}")
    print(f"errors: {json.dumps(tally.errors, ensure_ascii=False)}")
    print(f"lost {len(found.lost)}, doubled {len(found.doubled)}, unknown {len(found.unknown)}")
    for one in (*found.lost, *found.doubled, *found.unknown)[:20]:
        print(" ", one)
    return 0 if found.none and not tally.errors else 1


if __name__ == "__main__":
    sys.exit(main())
