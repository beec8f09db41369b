"""The whole program, killed with signal 9 while people work with it, and started again on the same files."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import httpx
import pytest

from data.store.store import open_store, utc_now
from tests.conftest import ROOT
from tests.publishing.samples import FIRST
from tests.services.conftest import PASSWORD, PEOPLE, store_template  # noqa: F401
from ui.page_http import listen
from ui.services import library_drafts, tokens
from ui.services.desk import Desk

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="needs signal 9")]

STORY = "我们按年初的计划去查，老板把采样探头插进矿泉水瓶里，台账是前一晚补的，我们没看出来，就按达标结了案。"
REGION = "shandong-2019"


class Program:
    """`rongcuo serve` over one folder, which can be killed and started again, and ways past it to its store."""

    def __init__(self, folder):
        self.folder, self.process = folder, None
        with listen("127.0.0.1", 0) as listener:
            self.port = listener.getsockname()[1]
        self.url = f"sqlite:///{folder / 'store.sqlite3'}"
        self.library = folder / "files" / "library"
        with open_store(self.url) as store:
            desk = Desk(store, None, folder / "files")  # nothing is matched here
            self.secrets = {
                role: tokens.create(desk, desk.person(name), name="测试").secret for role, (name, _, _) in PEOPLE.items()
            }

    def start(self):
        environment = {**os.environ, "RONGCUO_DATABASE_URL": self.url, "PYTHONWARNINGS": "ignore"}
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ui.cli", "serve", "--port", str(self.port)],
                cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, env=environment,
            )  # fmt: skip
        line = self.process.stdout.readline()
        assert line.startswith("已启动"), line + (self.folder / "log").read_text()

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait(30)
        self.process.stdout.close()
        return self.process.returncode

    def kill(self):
        assert self.end(signal.SIGKILL) == -signal.SIGKILL

    def client(self, role):
        headers = {"authorization": f"Bearer {self.secrets[role]}"}
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1/", headers=headers, timeout=180)

    def trail_is_right(self):
        with open_store(self.url) as store:
            found = store.verify()
        assert found.ok, found.problem


@pytest.fixture(scope="module")
def program(store_template, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("killed")
    shutil.copyfile(store_template, folder / "store.sqlite3")
    made = Program(folder)
    made.start()
    yield made
    if made.process.poll() is None:
        made.kill()


def said(answer):
    assert answer.is_success, answer.text
    return answer.json()


def case_under_review(program, reviewer):
    with program.client("inspector") as author, program.client(reviewer) as client:
        made = said(author.post("cases", json={"narrative": STORY, "region": REGION}))
        opened = said(author.post(f"cases/{made['id']}/submit", json={"version": made["version"]}))
        return said(client.post(f"cases/{made['id']}/claim", json={"version": opened["version"]}))


def test_every_review_that_was_answered_is_there_once(program):
    cases = {reviewer: case_under_review(program, reviewer) for reviewer in ("reviewer", "reviewer2")}
    answered, enough = {reviewer: [] for reviewer in cases}, threading.Event()

    def review(reviewer):
        """Decide again and again, each time with another comment; note what was answered, until the program is gone."""
        case = cases[reviewer]
        clauses, version = [match["clause_id"] for match in case["report"]["result"]["matches"]], case["version"]
        with program.client(reviewer) as client:
            for number in range(10_000):
                comment = f"{reviewer} 第 {number} 次"
                decision = {"clause_id": clauses[number % len(clauses)], "verdict": "accept", "comment": comment}
                try:
                    answer = client.post(f"cases/{case['id']}/reviews", json={"version": version, "decisions": [decision]})
                except httpx.HTTPError:
                    return
                version = said(answer)["version"]
                answered[reviewer].append(comment)
                if all(len(noted) >= 15 for noted in answered.values()):
                    enough.set()

    threads = [threading.Thread(target=review, args=(reviewer,)) for reviewer in cases]
    for thread in threads:
        thread.start()
    assert enough.wait(300)
    program.kill()
    for thread in threads:
        thread.join(200)
    program.trail_is_right()
    program.start()
    with open_store(program.url) as store, store.read() as work:
        for reviewer, case in cases.items():
            kept = [review.comment for review in work.reviews.history(work.reports.latest(case["id"]).id)]
            assert len(kept) == len(set(kept)) and set(answered[reviewer]) <= set(kept)
            assert len(kept) - len(answered[reviewer]) in (0, 1), "at most one more: saved, not yet answered"
    for reviewer, case in cases.items():
        with program.client(reviewer) as client:
            shown = said(client.get(f"cases/{case['id']}/reviews"))
            assert len({review["clause_id"] for review in shown["reviews"]}) == len(shown["reviews"])
            last = {"clause_id": shown["reviews"][0]["clause_id"], "verdict": "reject"}
            said(client.post(f"cases/{case['id']}/reviews", json={"version": shown["version"], "decisions": [last]}))
    program.trail_is_right()


def until(program, job_id, condition):
    """Watch a batch until `condition` holds for it."""
    end = time.monotonic() + 400
    with program.client("inspector") as client:
        while not condition(job := said(client.get(f"batches/{job_id}"))):
            assert time.monotonic() < end and job["state"] in ("queued", "running"), job
            time.sleep(0.2)
    return job


def silent_for_a_minute(program, job_id):
    """Leave the store as it is a minute after the last sign of life of the job's worker."""
    with open_store(program.url, clock=lambda: utc_now() - timedelta(minutes=1)) as store, store.begin("测试") as work:
        work.jobs.save_items(job_id, work.jobs.get(job_id).worker, {})


def outputs(program, job_id):
    with open_store(program.url) as store, store.read() as work:
        return {item.position: item.output for item in work.jobs.items(job_id) if item.output is not None}


def test_a_batch_goes_on_after_a_kill_and_at_once_after_a_stop(program):
    rows = [{"id": str(number), "text": f"第{number}件：{STORY}", "region": REGION} for number in range(24)]
    with program.client("inspector") as client:
        job_id = said(client.post("batches", json={"rows": rows, "top_k": 3}))["id"]
    until(program, job_id, lambda job: job["done"] >= 3)
    program.kill()
    before = outputs(program, job_id)
    assert 3 <= len(before) < 24
    silent_for_a_minute(program, job_id)
    program.start()
    until(program, job_id, lambda job: job["done"] > len(before))
    assert program.end(signal.SIGINT) == 0
    with open_store(program.url) as store, store.read() as work:
        job = work.jobs.get(job_id)
        assert (job.state, job.worker, job.attempts) == ("queued", None, 1), "given back, not left to wait for a sign of life"
    stopped = outputs(program, job_id)
    program.start()
    done = until(program, job_id, lambda job: job["state"] == "done")
    assert (done["done"], done["failed"]) == (24, 0)
    with program.client("inspector") as client:
        result = client.get(f"batches/{job_id}/result.jsonl")
    lines = [json.loads(line) for line in result.text.splitlines()]
    assert [line["id"] for line in lines] == [str(number) for number in range(24)] and all(line["matches"] for line in lines)
    after = outputs(program, job_id)
    assert before.items() <= stopped.items() <= after.items(), "what was done is not done again"
    program.trail_is_right()


class Librarian:
    """The administrator at the tab 条款库, by the requests that the page sends."""

    def __init__(self, program):
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{program.port}/", timeout=180)
        answer = self.client.post("login", data={"username": PEOPLE["administrator"][0], "password": PASSWORD})
        assert answer.status_code == 303
        events = self.client.get("config").json()["dependencies"]
        self.event = next(event["id"] for event in events if "library.payload()" in (event["js"] or ""))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def publish(self, draft, base):
        """Send the order and return without waiting for what comes of it; gives the session to ask with."""
        order = {"action": "publish", "base": str(base), "drafts": [f"{draft.id}:{draft.version}"], "note": "第一次发布"}
        session = secrets.token_hex(5)
        body = {"data": [json.dumps(order)], "fn_index": self.event, "session_hash": session}
        assert self.client.post("gradio_api/queue/join", json=body).status_code == 200
        return session

    def outcome(self, session):
        with self.client.stream("GET", "gradio_api/queue/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data:") or "{}") if line.startswith("data:") else {}
                if message.get("msg") == "process_completed":
                    return json.dumps(message["output"], ensure_ascii=False)
        raise AssertionError("no answer")


def drafted(program):
    with open_store(program.url) as store:
        desk = Desk(store, None, program.folder / "files")
        person = desk.person(PEOPLE["administrator"][0])
        (draft,) = library_drafts.add_file(desk, person, "moushi-2024.txt", FIRST.encode())
        return library_drafts.correct_facts(desk, person, draft.id, draft.version, {"region": "某市"})


def begun(program):
    """The publication has the library's lock."""
    return (program.library / "versions" / ".lock").exists()


def named(program):
    """The new version has its number; it may serve already or not."""
    return (program.library / "versions" / "1").exists()


def regulations(program):
    with program.client("reviewer") as client:
        found = [one["id"] for one in said(client.get("regulations"))]
        assert said(client.post("match", json={"text": STORY, "region": REGION}))["matches"]
    return found


def test_a_publication_is_there_or_not(program):
    shipped = regulations(program)
    both, draft = [*shipped, "moushi-2024"], drafted(program)
    for moment in (begun, named):
        with Librarian(program) as librarian:
            librarian.publish(draft, 0)
            end = time.monotonic() + 300
            while not moment(program):
                assert time.monotonic() < end
                time.sleep(0.001)
            program.kill()
        program.trail_is_right()
        program.start()
        found = regulations(program)
        assert found in (shipped, both)
        if found == both:
            break
    else:  # what was killed left nothing in the way
        with Librarian(program) as librarian:
            assert "已发布第 1 版" in librarian.outcome(librarian.publish(draft, 0))
    assert regulations(program) == both
    program.trail_is_right()
