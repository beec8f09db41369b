import json
import time

import pytest

from tests.api.conftest import STORY, said
from ui.services.worker import Worker

ROWS = [{"id": f"第{number}件", "text": STORY, "region": "alpha"} for number in range(1, 4)]


def run_all(desk, seen):
    """Work until the jobs of `seen()` have ended."""
    worker = Worker(desk, idle=0.01)
    worker.start()
    try:
        for _ in range(2000):
            if all(job["state"] not in ("queued", "running") for job in seen()):
                return
            time.sleep(0.02)
        raise AssertionError("the worker does not end")
    finally:
        worker.stop()


def test_rows_become_a_job_with_results(client_of, desk):
    client = client_of("inspector")
    made = client.post("/api/v1/batches", json={"rows": ROWS, "name": "三月", "top_k": 2})
    assert made.status_code == 201, made.text
    job = made.json()
    assert (job["name"], job["state"], job["total"], job["top_k"]) == ("三月.jsonl", "queued", 3, 2)
    assert "还没有做完" in said(client.get(f"/api/v1/batches/{job['id']}/result.csv"), 400)
    run_all(desk, lambda: client.get("/api/v1/batches").json())
    assert client.get(f"/api/v1/batches/{job['id']}").json()["state"] == "done"
    lines = [json.loads(line) for line in client.get(f"/api/v1/batches/{job['id']}/result.jsonl").text.splitlines()]
    assert [line["id"] for line in lines] == [row["id"] for row in ROWS]
    assert all(len(line["matches"]) == 2 and line["error"] is None for line in lines)
    for kind, start in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("docx", b"PK")):
        file = client.get(f"/api/v1/batches/{job['id']}/result.{kind}")
        assert file.status_code == 200 and file.content.startswith(start), file.text[:200]
    assert client.get(f"/api/v1/batches/{job['id']}/report.xlsx").content.startswith(b"PK")


def test_an_upload_becomes_a_job_of_its_owner_only(client_of, desk):
    client, stranger = client_of("inspector"), client_of("reviewer")
    table = "id,text,region\n1," + STORY + ",alpha\n"
    sent = client.post("/uploads", files={"file": ("四月.csv", table.encode())}).json()
    assert "没有这个上传的文件" in said(stranger.post("/api/v1/batches", json={"upload": sent["id"]}), 400)
    job = client.post("/api/v1/batches", json={"upload": sent["id"]}).json()
    assert (job["name"], job["total"], job["kept_until"], job["cleared"]) == ("四月.csv", 1, None, False)
    assert list((desk.folder / "uploads").iterdir()) == []
    for answer in (
        stranger.get(f"/api/v1/batches/{job['id']}"),
        stranger.delete(f"/api/v1/batches/{job['id']}"),
        stranger.get(f"/api/v1/batches/{job['id']}/result.csv"),
    ):
        assert "没有这个任务" in said(answer, 404)
    assert stranger.get("/api/v1/batches").json() == []
    assert client.delete(f"/api/v1/batches/{job['id']}").json()["state"] == "cancelled"
    said(client.delete(f"/api/v1/batches/{job['id']}"), 400)


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({}, 422, "“upload”没有填写"),
        ({"rows": []}, 422, "“rows”至少要有 1 项"),
        ({"rows": [{"id": "1"}]}, 422, "“rows.0.text”没有填写"),
        ({"rows": [{"id": 1, "text": STORY}]}, 422, "“rows.0.id”应是文字"),
        ({"rows": [{"id": "1", "text": "字" * 20_001}]}, 422, "“rows.0.text”最多 20000 个字"),
        ({"rows": ROWS, "upload": "x"}, 422, "“upload”是不认识的字段"),
        ({"rows": ROWS, "top_k": 21}, 422, "“top_k”不能大于 20"),
        ({"upload": "../../etc/passwd"}, 400, "没有这个上传的文件"),
        ({"upload": "a" * 32}, 400, "没有这个上传的文件"),
        ("rows", 422, "请求内容应是 JSON 对象"),
    ],
)
def test_a_batch_that_cannot_be_is_refused(client_of, sent, status, words):
    assert words in said(client_of("inspector").post("/api/v1/batches", json=sent), status)


def test_who_runs_no_batches_is_refused(client_of):
    client = client_of("administrator")
    said(client.post("/api/v1/batches", json={"rows": ROWS}), 403)
    said(client.get("/api/v1/batches"), 403)
