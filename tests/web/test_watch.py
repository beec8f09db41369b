"""Health, figures and logs."""

import json
import logging

import pytest

from data.store.errors import StoreUnavailable
from ui.web.auth import COOKIE
from ui.web.logs import JsonLines
from ui.web.telemetry import area_of, shown_path

SECRET = "老板隐瞒了台账，证据是前一晚补的"


def test_health_needs_no_login_and_tells_no_secrets(client_of):
    answer = client_of().get("/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "store": True, "index": True, "model": True}


@pytest.mark.parametrize("part", ["store", "index", "model"])
def test_a_part_that_does_not_answer_is_named(client_of, app, monkeypatch, part):
    def broken(_):
        raise StoreUnavailable("x")

    monkeypatch.setattr(f"ui.web.health.Health._{part}", broken)
    answer = client_of().get("/health")
    assert answer.status_code == 503
    assert answer.json() == {"status": "fault", "store": True, "index": True, "model": True} | {part: False}


def test_figures_are_for_administrators(client_of):
    assert client_of().get("/metrics").status_code == 403
    assert client_of("reviewer").get("/metrics").status_code == 403
    client = client_of("administrator")
    client.post("/api/v1/match", json={"text": SECRET + "，我们按计划做了检查"})
    client.get("/gradio_api/nothing/at/all")
    text = client.get("/metrics").text
    assert 'rongcuo_requests_total{area="login",method="POST",status="303"} 2.0' in text
    assert 'rongcuo_match_seconds_count{outcome="suggested"} 1.0' in text
    assert 'rongcuo_jobs{state="queued"} 0.0' in text and "rongcuo_request_seconds_bucket" in text
    assert SECRET[:4] not in text and "admin" not in text


def test_the_same_matcher_is_counted_once(app, desk):
    served = app.state.desk.matcher()
    assert served is app.state.desk.matcher() and served.index is desk.matcher().index


def test_one_line_per_request_without_what_was_said(client_of, caplog):
    caplog.set_level(logging.INFO, "rongcuo.web")
    client = client_of("inspector")
    caplog.clear()
    answer = client.post(f"/api/v1/match?q={SECRET}", json={"text": SECRET})
    client.get(f"/{SECRET}?x={SECRET}")
    client.post("/login", data={"username": SECRET, "password": SECRET})
    lines = [JsonLines().format(record) for record in caplog.records if record.name == "rongcuo.web"]
    assert len(lines) == 3 and SECRET not in "".join(lines) and client.cookies[COOKIE] not in "".join(lines)
    first = json.loads(lines[0])
    assert (first["event"], first["user"], first["method"], first["path"]) == ("request", "li", "POST", "/api/v1/match")
    assert first["id"] == answer.headers["x-request-id"] and first["status"] == 200 and first["ms"] > 0
    assert json.loads(lines[1])["path"] == "/…"


def test_a_fault_is_told_without_its_message(client_of, caplog, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError(SECRET)

    monkeypatch.setattr("ui.services.uploads.save", broken)
    answer = client_of("inspector").post("/uploads", files={"file": ("a", b"x")})
    assert answer.status_code == 500 and answer.json()["error"].startswith("程序出错")
    assert "content-security-policy" in answer.headers
    lines = [JsonLines().format(record) for record in caplog.records]
    told = next(json.loads(line) for line in lines if "request failed" in line)
    assert told["error"] == "RuntimeError" and "broken" in told["where"][-1] and SECRET not in "".join(lines)


@pytest.mark.parametrize(
    ("path", "area", "shown"),
    [
        ("/", "page", "/"),
        ("/gradio_api/heartbeat/secretkey", "stream", "/gradio_api/heartbeat"),
        ("/gradio_api/queue/join", "page", "/gradio_api/queue"),
        ("/api/v1/cases/0123/report.docx", "api", "/api/v1/cases/0123/report.docx"),
        ("/tokens", "tokens", "/tokens"),
        ("/企业/a b", "other", "/…/…"),
        ("/" + "a" * 100, "other", "/…"),
    ],
)
def test_paths(path, area, shown):
    assert (area_of(path), shown_path(path)) == (area, shown)
