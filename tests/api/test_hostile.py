"""What nobody should send: nothing runs, nothing is told, nothing hangs, and each gets a clear answer."""

import json
import logging
import threading

import httpx
import pytest

from tests.api.conftest import STORY, said
from tests.api.test_routes_cases import new_case

JSON = {"content-type": "application/json"}
SCRIPT = "<script>alert(1)</script>"


def test_script_tags_are_text(client_of):
    client = client_of("inspector")
    made = new_case(client, narrative=STORY + SCRIPT, number=SCRIPT)
    answer = client.get(f"/api/v1/cases/{made['id']}")
    assert answer.headers["content-type"] == "application/json" and answer.json()["number"] == SCRIPT
    assert answer.headers["x-content-type-options"] == "nosniff" and "script-src" in answer.headers["content-security-policy"]
    file = client.get(f"/api/v1/cases/{made['id']}/report.docx")
    assert "<" not in file.headers["content-disposition"]


@pytest.mark.parametrize(
    "identifier",
    ["%2e%2e", "%2e%2e%2f%2e%2e", "..%5c..", "a%00b", "%ff%fe%fd", "x" * 64, "'%20OR%201=1--", "%F0%9F%98%80", "null", "-1"],
)
def test_ids_are_keys_and_nothing_else(client_of, identifier):
    client = client_of("reviewer")
    paths = ("cases/{}", "cases/{}/reviews", "cases/{}/history", "cases/{}/report.docx", "batches/{}", "batches/{}/result.csv")
    for path in paths:
        answer = client.get("/api/v1/" + path.format(identifier))
        said(answer, answer.status_code)
        assert answer.status_code in (400, 404), answer.text
    assert "最多 64 个字" in said(client.get(f"/api/v1/cases/{'x' * 65}"), 422)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"\x00", 422),
        (b'{"text": "\xff\xfe"}', 400),
        (b'{"text": NaN}', 422),
        (b"[" * 200_000, 400),
        (b'{"text":' * 50_000, 400),
        (b'{"text": ' + b"9" * 10_000 + b"}", 400),
        (b'{"text": "\\ud83d"}', 422),
        (b'{"\\ud800": 1, "text": "x"}', 422),
        (json.dumps({"text": STORY, "x" * 10_000: 1}).encode(), 422),
        (json.dumps({"text": STORY, "a\nb\u2028": 1}).encode(), 422),
        (b'{"text": "a", "text": 1}', 422),
    ],
)
def test_bodies_that_are_no_json_get_one_sentence(client_of, body, status):
    sentence = said(client_of("inspector").post("/api/v1/match", content=body, headers=JSON), status)
    assert len(sentence) < 200


def test_a_body_of_another_type_is_no_json(client_of):
    client = client_of("inspector")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ";;;"):
        said(client.post("/api/v1/match", content=json.dumps({"text": STORY}), headers={"content-type": kind}), 422)


def test_nul_is_kept_out_of_the_store(client_of):
    client = client_of("inspector")
    made = new_case(client, narrative=STORY + "\x00")
    assert made["narrative"] == STORY + "\ufffd"
    assert client.get("/api/v1/clauses", params={"q": "\x00"}).json() == []


def test_numbers_out_of_all_bounds_are_refused(client_of):
    client, huge = client_of("inspector"), 10**30
    made = new_case(client)
    url = f"/api/v1/cases/{made['id']}"
    for version in (huge, -huge, 0, 2**31, 1.0e308, "1", None, [1], True):
        said(client.patch(url, json={"version": version, "region": "all"}), 422)
    said(client.get("/api/v1/cases", params={"offset": str(huge)}), 422)
    said(client.request("DELETE", f"{url}/reviews/x", params={"version": str(huge)}), 422)
    assert client.get(url).json() == made


@pytest.mark.parametrize("chunked", [False, True])
def test_fifty_megabytes_are_refused_and_the_connection_answers_on(address, bearer, chunked):
    headers = {**bearer("inspector"), **JSON}
    with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        for path in ("/api/v1/match", "/api/v1/batches", "/mcp"):
            body = (b" " * 2**20 for _ in range(50)) if chunked else b" " * (50 * 2**20)
            assert "请拆" in said(client.post(path, content=body), 413)
        five = client.post("/api/v1/match", content=b" " * (5 * 2**20))
        assert "超过 4 MB" in said(five, 413)
        assert client.post("/api/v1/match", json={"text": STORY}).status_code == 200


def test_methods_and_addresses_that_are_none(client_of):
    client = client_of("inspector")
    answer = client.put("/api/v1/match", json={})
    assert "不支持这种请求方法" in said(answer, 405) and answer.headers["allow"] == "POST"
    for path in ("/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v2/match", "/api/v1//match", "/api/v1/cases/"):
        said(client.get(path), 404)


def test_a_foreign_page_cannot_use_a_login(app):
    from tests.api.test_tokens import log_in

    browser, csrf = log_in(app)
    body = {"narrative": STORY, "region": "alpha"}
    assert "校验码" in said(browser.post("/api/v1/cases", json=body), 403)
    assert "校验码" in said(browser.post("/api/v1/cases", json=body, headers={"x-csrf-token": "x"}), 403)
    assert "别的网页" in said(browser.post("/api/v1/cases", json=body, headers={**csrf, "origin": "https://evil.example"}), 403)
    assert browser.get("/api/v1/cases").json() == []
    assert browser.post("/api/v1/cases", json=body, headers=csrf).status_code == 201


def test_no_narrative_reaches_a_log(client_of, caplog):
    caplog.set_level(logging.DEBUG)
    client, secret = client_of("inspector"), "只写在这里的一句话"
    made = new_case(client, narrative=STORY + secret)
    client.patch(f"/api/v1/cases/{made['id']}", json={"version": 999, "narrative": STORY + secret})
    wrong = ({"text": secret, "top_k": 0}, {"text": [secret]}, {secret: 1}, {"text": secret * 9999})
    for sent in ({"text": STORY + secret}, *wrong):
        client.post("/api/v1/match", json=sent)
    assert secret not in caplog.text and caplog.records


def test_forty_matches_at_once_all_get_an_answer(address, bearer):
    """More than may run and wait: each gets its suggestions, or 429 with the wish to come again."""
    headers, statuses = bearer("inspector"), []

    def send():
        answer = httpx.post(f"{address}/api/v1/match", json={"text": STORY}, headers=headers, timeout=60)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=send) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 429} and statuses.count(200) >= 30
