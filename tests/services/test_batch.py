import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest

from data.errors import IndexBuildError, InputError
from data.store.canonical import local
from data.store.errors import StoreError, StoreMissing
from data.store.store import open_store
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.index import build
from retrieval.matcher import Matcher
from tests.conftest import ROOT
from tests.services.conftest import either as database_kind  # noqa: F401
from ui.services import batch
from ui.services.access import NotAllowed
from ui.services.desk import Desk
from ui.services.exports import batch_docx
from ui.services.keeping import delete_old
from ui.services.uploads import save
from ui.services.worker import Worker
from ui.tabs.batch_html import jobs_html, rows_html

STORY = "企业老板隐瞒了台账，证据是假的，我们去检查时没有发现"
PERSONAL = "当事人刘洋，身份证号370102199001011234，电话13812345678，他隐瞒了证据，我们没有发现。"


def jsonl(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def many(count, first=0):
    rows = range(first, first + count)
    return jsonl({"id": str(number), "text": f"第{number}件：{STORY}", "region": "alpha"} for number in rows)


def quick(desk, **options):
    """A worker that looks for work often and soon takes over what another one left."""
    return Worker(desk, **{"stale": timedelta(seconds=3), "idle": 0.05, **options})


@contextmanager
def working(*workers):
    """Workers that are stopped whatever happens."""
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.stop()


def finished(desk, person, job_id, seconds=300):
    """Wait until a job has ended."""
    deadline = time.monotonic() + seconds
    while (job := batch.get(desk, person, job_id)).open:
        assert time.monotonic() < deadline, job
        time.sleep(0.05)
    return job


def test_five_hundred_rows_with_bad_ones_among_them(desk, li):
    rows = [{"id": f"r{n}", "text": f"第{n}件：{STORY}", "region": "alpha"} for n in range(500)]
    rows[7]["text"], rows[8]["region"], rows[9]["text"] = "", "火星", "字" * 20_001
    rows[10]["text"] = "出事了"
    made = batch.submit(desk, li, "名单.jsonl", jsonl(rows), top_k=2)
    assert (made.state, made.done, made.total, made.top_k) == ("queued", 0, 500, 2)
    assert quick(desk).step() and not quick(desk).step()
    job = batch.get(desk, li, made.id)
    assert (job.state, job.done, job.failed, job.abstained, job.error) == ("done", 500, 3, 1, None)
    assert job.outcome() == "已完成：500 行，没有给出建议 1 行，无法处理 3 行"
    name, data = batch.result(desk, li, made.id, "jsonl")
    lines = [json.loads(line) for line in data.decode().splitlines()]
    assert name == "名单-结果.jsonl" and [line["id"] for line in lines] == [row["id"] for row in rows]
    assert set(lines[0]) == {"id", "region", "abstained", "matches", "error"}
    assert [m["clause_id"] for m in lines[0]["matches"]][0] == "alpha/art1.p1.i2" and len(lines[0]["matches"]) == 2
    assert (
        "空" in lines[7]["error"] and "火星" in lines[8]["error"] and "20001 字" in lines[9]["error"] and lines[10]["abstained"]
    )
    assert sum(line["error"] is not None for line in lines) == 3


def test_the_result_is_what_the_command_line_writes(desk, li, matcher, tmp_path):
    from ui.batch import run_batch

    data = jsonl(
        [{"id": "1", "text": STORY, "region": ""}, {"id": "2", "text": " "}, {"text": "解决历史遗留问题时出了错，事情拖了三年"}]
    )
    (tmp_path / "in.jsonl").write_bytes(data)
    run_batch(matcher, tmp_path / "in.jsonl", tmp_path / "out.jsonl", top_k=3)
    made = batch.submit(desk, li, "in.jsonl", data, top_k=3)
    quick(desk).step()
    assert batch.result(desk, li, made.id, "jsonl")[1] == (tmp_path / "out.jsonl").read_bytes()


def test_cells_are_text_and_personal_data_masked(desk, li):
    rows = [
        {"id": "=1+1", "text": f"=SUM(A1) {PERSONAL}", "region": "alpha"},
        {"id": "13812345678", "text": STORY, "region": "刘洋，身份证号370102199001011234"},
    ]
    made = batch.submit(desk, li, "../../刘洋的.csv/a\u202eb.jsonl", jsonl(rows), top_k=1)
    assert made.name == "ab.jsonl"
    quick(desk).step()
    for kind in batch.KINDS:
        name, data = batch.result(desk, li, made.id, kind)
        assert name == f"ab-结果.{kind}"
        if kind == "xlsx":
            book = openpyxl.load_workbook(io.BytesIO(data))
            cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
            assert "f" not in {cell.data_type for cell in cells}
            assert book["结果"]["A2"].value == "=1+1" and book["结果"]["C2"].value.startswith("=SUM(A1) 当事人〔某甲〕")
            text = "\n".join(str(cell.value) for cell in cells)
        else:
            text = data.decode("utf-8-sig")
        assert "〔电话号码〕（第2行）" in text
        for secret in ("刘洋", "370102199001011234", "13812345678"):
            assert secret not in text
    assert "\n'=1+1," in batch.result(desk, li, made.id, "csv")[1].decode("utf-8-sig")
    bare = batch.result(desk, li, made.id, "csv", masked=False)[1].decode("utf-8-sig")
    assert "刘洋" in bare and "13812345678" in bare
    with desk.store.read() as work:
        noted = [entry.action for entry in work.audit.entries(subject=f"job:{made.id}", limit=5)]
    assert noted == ["export.batch.unmasked", *["export.batch"] * 4]
    with pytest.raises(InputError, match="可选：xlsx、csv、jsonl"):
        batch.result(desk, li, made.id, "exe")


def test_rows_for_a_report_carry_the_narrative_only_unmasked(desk, li):
    made = batch.submit(desk, li, "a.jsonl", jsonl([{"id": "1", "text": PERSONAL}, {"id": "2", "text": ""}]))
    waiting = batch.result_rows(desk, li, made.id)
    assert [row.error for row in waiting] == ["这一行还没有轮到，请等任务做完。"] * 2 and "刘洋" not in waiting[0].text
    quick(desk).step()
    plain, empty = batch.result_rows(desk, li, made.id, masked=False)
    assert plain.report.narrative == plain.text == PERSONAL and plain.error is None and empty.report is None
    masked = batch.result_rows(desk, li, made.id, limit=1)
    assert len(masked) == 1 and masked[0].report.narrative == "" and masked[0].report.matches == plain.report.matches
    assert "刘洋" not in repr((plain, masked))


def test_a_setting_masks_before_storing(desk, li, database, monkeypatch):
    monkeypatch.setenv("RONGCUO_MASK_BEFORE_STORING", "true")
    rows = [
        {"id": "刘洋", "text": PERSONAL, "region": "刘洋的辖区"},
        {"id": "r2", "text": STORY, "region": "alpha"},
        {"id": "13812345678", "text": "字" * 20_001},
    ]
    made = batch.submit(desk, li, "13812345678.jsonl", jsonl(rows))
    named, plain, long = batch.result_rows(desk, li, made.id, masked=False)
    assert "刘洋" not in named.text and "〔某甲〕" in named.text
    assert (named.id, named.region) == ("〔某甲〕（第1行）", "〔某甲〕的辖区") and long.id == "〔电话号码〕（第3行）"
    assert (plain.id, plain.text, plain.region, made.name) == ("r2", STORY, "alpha", "〔电话号码〕.jsonl")
    everything = "\n".join(str(row) for table in ("jobs", "job_items") for row in database.sql(f"SELECT input FROM {table}"))
    assert "刘洋" not in everything and "13812345678" not in everything


def test_who_is_named_in_a_narrative_is_masked_in_its_id_too(desk, li):
    made = batch.submit(desk, li, "a.jsonl", jsonl([{"id": "刘洋", "text": PERSONAL, "region": "alpha"}]))
    quick(desk).step()
    assert [row.id for row in batch.result_rows(desk, li, made.id)] == ["〔某甲〕（第1行）"]
    assert [row.id for row in batch.result_rows(desk, li, made.id, masked=False)] == ["刘洋"]


def test_a_worker_deletes_what_need_not_be_kept(desk, li, database, monkeypatch):
    now = datetime.now(UTC)
    old, new = (save(desk, li, "a.txt", io.BytesIO(b"x")).id for _ in range(2))
    for ending in ("bin", "json"):
        os.utime(desk.folder / "uploads" / f"{old}.{ending}", (now.timestamp() - 90_000,) * 2)
    with open_store(database.url, clock=lambda: now - timedelta(days=31)) as past:
        ended, waiting = (batch.submit(replace(desk, store=past), li, name, many(1)) for name in ("a.jsonl", "b.jsonl"))
        batch.cancel(replace(desk, store=past), li, ended.id)
    recent = batch.submit(desk, li, "c.jsonl", many(1))
    batch.cancel(desk, li, recent.id)
    assert batch.get(desk, li, ended.id).kept_until is None
    with working(quick(desk)):
        finished(desk, li, waiting.id)
    assert {path.stem for path in (desk.folder / "uploads").iterdir()} == {new}
    assert not batch.get(desk, li, ended.id).cleared and len(batch.result_rows(desk, li, ended.id)) == 1
    monkeypatch.setenv("RONGCUO_KEEP_BATCHES_DAYS", "30")
    until = batch.get(desk, li, recent.id).kept_until
    assert timedelta(days=30) <= until - now < timedelta(days=30, minutes=10)
    assert f"结果保存到 {local(until)}，请在此之前下载" in jobs_html(batch.listing(desk, li))
    delete_old(desk, "批量处理", batch.KIND)
    delete_old(desk, "批量处理", batch.KIND)
    gone = batch.get(desk, li, ended.id)
    assert gone.cleared and gone.outcome().endswith("保存期已过，叙述和结果已删除") and batch.result_rows(desk, li, gone.id) == ()
    for fetch in (lambda: batch.result(desk, li, gone.id, "csv"), lambda: batch_docx(desk, li, gone.id)):
        with pytest.raises(InputError, match="保存期已过"):
            fetch()
    assert [len(batch.result_rows(desk, li, job.id)) for job in (waiting, recent)] == [1, 1]
    assert "result.csv" not in jobs_html([gone]) and rows_html(gone, ()) == "" and desk.store.verify().ok
    with desk.store.read() as work:
        assert [entry.action for entry in work.audit.entries(subject=f"job:{gone.id}")].count("job.clear") == 1
    monkeypatch.setenv("RONGCUO_KEEP_BATCHES_DAYS", "0")
    with pytest.raises(InputError, match="RONGCUO_KEEP_BATCHES_DAYS 应是"):
        batch.listing(desk, li)


def test_only_the_owner_sees_and_stops_a_job(desk, people, li):
    made = batch.submit(desk, li, "a.jsonl", many(2))
    for other in ("inspector2", "reviewer", "evaluator"):
        assert batch.listing(desk, people[other]) == ()
        for act in (batch.get, batch.cancel, batch.result_rows, lambda *a: batch.result(*a, "csv")):
            with pytest.raises(StoreMissing, match="没有这个任务"):
                act(desk, people[other], made.id)
    admin = people["administrator"]
    for act in (batch.get, batch.cancel, batch.result_rows, lambda *a: batch.result(*a, "csv")):
        with pytest.raises(NotAllowed):
            act(desk, admin, made.id)
    for act in (lambda: batch.listing(desk, admin), lambda: batch.submit(desk, admin, "a.jsonl", many(1))):
        with pytest.raises(NotAllowed):
            act()
    assert batch.get(desk, li, made.id).state == "queued"
    with desk.store.begin("li") as work:
        other = work.jobs.add("publish", {})
    with pytest.raises(StoreMissing):
        batch.get(desk, li, other.id)
    assert [job.id for job in batch.listing(desk, li)] == [made.id]


def test_a_running_job_stops_when_it_is_cancelled_and_keeps_what_is_done(desk, li):
    made = batch.submit(desk, li, "a.jsonl", many(3000))
    with working(quick(desk)):
        while not batch.get(desk, li, made.id).done:
            time.sleep(0.02)
        with pytest.raises(InputError, match="还没有做完"):
            batch.result(desk, li, made.id, "csv")
        job = batch.cancel(desk, li, made.id)
        assert job.state == "cancelled" and 0 < job.done < 3000
        small = batch.submit(desk, li, "b.jsonl", many(2))  # the worker goes on with the next
        assert finished(desk, li, small.id).state == "done"
    after = batch.get(desk, li, made.id)
    assert (after.state, after.done) == ("cancelled", job.done)
    lines = [json.loads(line) for line in batch.result(desk, li, made.id, "jsonl")[1].splitlines()]
    assert len(lines) == 3000 and sum(line["error"] is None for line in lines) == job.done
    assert lines[-1]["error"] == "这一行没有处理（任务已取消）。"
    with pytest.raises(StoreError, match="已经结束"):
        batch.cancel(desk, li, made.id)


class Counting(StubEncoder):
    """An encoder that notes which rows it was given, for several threads."""

    def __init__(self):
        super().__init__()
        self.seen, self.lock = [], threading.Lock()

    def encode_queries(self, texts):
        with self.lock:
            self.seen += re.findall(r"第(\d+)件", texts[0])  # clauses are encoded as well, for their elements
        return super().encode_queries(texts)


def desk_with(desk, encoder, entries, settings):
    segmenter = load_segmenter()
    matcher = Matcher(build(entries, StubEncoder(), segmenter, settings), encoder, segmenter, settings)
    return Desk(desk.store, lambda: matcher, desk.folder)


def test_two_workers_on_one_store_do_every_row_once(desk, li, entries, settings):
    encoder = Counting()
    own = desk_with(desk, encoder, entries, settings)
    jobs = [batch.submit(own, li, f"{n}.jsonl", many(50, first=50 * n)) for n in range(4)]
    workers = [quick(own, stale=timedelta(seconds=60)) for _ in range(2)]
    with working(*workers):
        for job in jobs:
            assert finished(own, li, job.id).done == 50
    assert sorted(encoder.seen, key=int) == [str(n) for n in range(200)]
    for n, job in enumerate(jobs):
        lines = [json.loads(line) for line in batch.result(own, li, job.id, "jsonl")[1].splitlines()]
        assert [line["id"] for line in lines] == [str(50 * n + i) for i in range(50)] and all(line["matches"] for line in lines)
    with desk.store.read() as work:
        claims = [entry for entry in work.audit.entries(limit=1000) if entry.action == "job.claim"]
        assert len(claims) == 4 and {work.jobs.get(job.id).attempts for job in jobs} == {1}


@contextmanager
def child(url, pause):
    command = [sys.executable, "-m", "tests.services.worker_child", url, str(pause)]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def test_kill_9_in_the_middle_and_another_process_goes_on(desk, li, database):
    made = batch.submit(desk, li, "a.jsonl", many(80))
    with child(database.url, 0.02) as process:
        while batch.get(desk, li, made.id).done < 20:
            assert process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    job = batch.get(desk, li, made.id)
    assert job.state == "running" and 20 <= job.done < 80
    with desk.store.read() as work:
        before = {item.position: item.output for item in work.jobs.items(made.id) if item.output is not None}
    with working(quick(desk)):
        job = finished(desk, li, made.id)
    assert (job.state, job.done, job.failed) == ("done", 80, 0)
    with desk.store.read() as work:
        items = work.jobs.items(made.id)
        assert all(items[position].output == output for position, output in before.items())
        assert work.jobs.get(made.id).attempts == 2
    assert [row.id for row in batch.result_rows(desk, li, made.id)] == [str(n) for n in range(80)]
    assert desk.store.verify().ok


def test_a_stopped_worker_keeps_what_it_has_and_the_next_start_goes_on(desk, li):
    made = batch.submit(desk, li, "a.jsonl", many(100))
    with working(quick(desk)):
        while not batch.get(desk, li, made.id).done:
            time.sleep(0.02)
    left = batch.get(desk, li, made.id)
    assert left.state == "queued" and 0 < left.done < 100
    second = quick(desk, stale=timedelta(hours=1))  # it need not wait for a sign of life that does not come
    with working(second):
        assert finished(desk, li, made.id).done == 100
        with pytest.raises(RuntimeError):
            second.start()


def test_an_index_that_is_missing_ends_the_job_with_its_sentence(desk, li):
    made = batch.submit(desk, li, "a.jsonl", many(2))

    def missing():
        raise IndexBuildError("没有找到索引，请先建立。")

    quick(Desk(desk.store, missing, desk.folder)).step()
    job = batch.get(desk, li, made.id)
    assert (job.state, job.error) == ("failed", "没有找到索引，请先建立。") and job.outcome().endswith("没有找到索引，请先建立")


def test_a_worker_outlives_a_database_that_is_away(desk, li, monkeypatch, caplog):
    made = batch.submit(desk, li, "a.jsonl", many(1))
    real, fails = type(desk.store).read, iter([True, True])

    def read(store):
        if threading.current_thread().name == "batch-worker" and next(fails, False):
            raise OSError(PERSONAL)
        return real(store)

    monkeypatch.setattr(type(desk.store), "read", read)
    with working(quick(desk)):
        assert finished(desk, li, made.id).state == "done"
    assert caplog.text.count("OSError") == 2 and "刘洋" not in caplog.text


def test_so_many_jobs_of_one_person_may_be_open(desk, people, li):
    for _ in range(batch.MAX_OPEN):
        batch.submit(desk, li, "a.jsonl", many(1))
    with pytest.raises(InputError, match=f"已有 {batch.MAX_OPEN} 个批量任务没有做完"):
        batch.submit(desk, li, "a.jsonl", many(1))
    assert batch.submit(desk, people["reviewer"], "a.jsonl", many(1)).state == "queued"
