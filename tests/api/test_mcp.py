"""With the client of the official SDK, over a real server."""

import logging
from contextlib import asynccontextmanager
from functools import partial

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.testclient import TestClient

from data.catalogue import matched_regulations
from tests.api.conftest import STORY, said
from tests.api.test_tokens import log_in
from ui.api.mcp_tools import REVIEW, TOOLS
from ui.services import tokens
from ui.services.library import MOST

MODES = ("auto", "legacy")
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPT = {"accept": "application/json, text/event-stream"}


@asynccontextmanager
async def connected(address, headers, mode="auto"):
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        transport = streamable_http_client(f"{address}/mcp", http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client


def ask(address, headers, *calls, mode="auto"):
    """The results of calling tools, one after another."""

    async def run():
        async with connected(address, headers, mode) as client:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return anyio.run(run)


def text(result):
    (part,) = result.content
    return part.text


@pytest.mark.parametrize("mode", MODES)
def test_the_tools_are_listed_with_their_words(address, bearer, mode):
    async def run():
        async with connected(address, bearer("inspector"), mode) as client:
            return await client.list_tools(), client.instructions

    listed, instructions = anyio.run(run)
    assert [tool.name for tool in listed.tools] == list(TOOLS)
    assert "供人审核" in instructions
    for tool in listed.tools:
        assert tool.input_schema["type"] == "object" and tool.input_schema["additionalProperties"] is False
        assert tool.annotations.read_only_hint and not tool.annotations.destructive_hint
    assert all(REVIEW in tool.description for tool in listed.tools if "clause" in tool.name)


@pytest.mark.parametrize("mode", MODES)
def test_the_tools_find_what_the_api_finds(address, bearer, matcher, mode):
    matched, clause, searched, many, regulations, deadlines = ask(
        address,
        bearer("evaluator"),
        ("match_clauses", {"text": STORY, "region": "alpha", "top_k": 2}),
        ("get_clause", {"clause_id": "shandong-2019/art13.p1.i6"}),
        ("search_clauses", {"query": "第十三条第（六）项", "region": "山东"}),
        ("search_clauses", {"query": "的", "limit": 3}),
        ("list_regulations", {}),
        ("list_deadlines", {"region": "阳江", "start": "2026-03-02"}),
        mode=mode,
    )
    assert not any(result.is_error for result in (matched, clause, searched, many, regulations, deadlines))
    report = matcher.match(STORY, region="alpha", top_k=2)
    found = matched.structured_content
    assert [one["clause_id"] for one in found["suggestions"]] == [match.clause.id for match in report.matches]
    assert found["note"].startswith(REVIEW) and all(part in STORY for one in found["suggestions"] for part in one["evidence"])
    assert clause.structured_content["clause"]["citation"].endswith("第十三条第（六）项")
    assert [one["id"] for one in searched.structured_content["clauses"]] == ["shandong-2019/art13.p1.i6"]
    shipped = [clause for regulation in matched_regulations() for clause in regulation.clauses]
    assert len(many.structured_content["clauses"]) == 3
    assert many.structured_content["found"] == sum("的" in clause.text for clause in shipped) > MOST
    assert "shandong-2019" in [one["id"] for one in regulations.structured_content["regulations"]]
    assert any(step["due"] for step in deadlines.structured_content["steps"])
    assert "山东省生态环境系统" in text(regulations), "the text is the same in Chinese, not in escapes"


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("match_clauses", {}, "“text”没有填写"),
        ("match_clauses", {"text": "字" * 20_001}, "“text”最多 20000 个字"),
        ("match_clauses", {"text": "  "}, "叙述是空的"),
        ("match_clauses", {"text": STORY, "region": "火星"}, "火星"),
        ("match_clauses", {"text": STORY, "top_k": 10**12}, "“top_k”不能大于 20"),
        ("match_clauses", {"text": STORY, "shell": "rm"}, "“shell”是不认识的字段"),
        ("get_clause", {"clause_id": "../../etc/passwd"}, "没有这一条"),
        ("list_deadlines", {"region": "all"}, "选定一部"),
        ("list_deadlines", {"region": "山东", "start": "昨天"}, "2026-03-02"),
        ("drop_tables", {}, "没有这个工具"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(address, bearer, name, arguments, words):
    (result,) = ask(address, bearer("inspector"), (name, arguments))
    assert result.is_error and words in text(result) and text(result).endswith("。") and "\n" not in text(result)


def test_without_a_token_not_even_the_tools_are_listed(address, app, bearer, desk, people):
    browser, csrf = log_in(app)
    assert "访问令牌" in said(browser.post("/mcp", json=LIST, headers={**csrf, **ACCEPT}), 401), "a cookie is no use here"
    made = tokens.create(desk, people["inspector"], name="撤销")
    tokens.revoke(desk, people["inspector"], made.token.id)
    for headers in ({}, {"authorization": "Bearer rct_" + "A" * 43}, {"authorization": f"Bearer {made.secret}"}):
        for method in ("GET", "POST", "DELETE"):
            answer = httpx2.request(method, f"{address}/mcp", json=LIST, headers={**headers, **ACCEPT})
            assert answer.status_code == 401 and list(answer.json()) == ["error"], (method, answer.text)
        with pytest.raises(BaseException) as caught:
            ask(address, headers, ("list_regulations", {}))
        assert "shandong" not in repr(caught.value)


def test_a_disabled_user_is_out_at_the_next_message(address, bearer, store):
    async def run():
        async with connected(address, bearer("inspector")) as client:
            assert not (await client.call_tool("list_regulations", {})).is_error
            await anyio.to_thread.run_sync(disable)
            with pytest.raises(Exception, match="."):
                await client.call_tool("list_regulations", {})

    def disable():
        with store.begin("admin") as work:
            work.users.change("li", disabled=True)

    anyio.run(run)


def test_messages_that_are_none_are_refused_and_leave_nothing_hanging(address, bearer, caplog):
    caplog.set_level(logging.DEBUG)
    headers = {**bearer("inspector"), **ACCEPT, "content-type": "application/json"}
    post = partial(httpx2.post, f"{address}/mcp", headers=headers, timeout=30)
    secret = "写在请求里的叙述"
    for body in (b"", b"{", b"[]", b"\x00\xff", b"[" * 100_000, b'{"jsonrpc":"2.0","id":1,"method":"' + secret.encode() + b'"}'):
        answer = post(content=body)
        assert 400 <= answer.status_code < 500 or "error" in answer.json(), answer.text
    assert post(content=b"x" * (5 * 2**20)).status_code == 413
    for method in ("GET", "DELETE"):
        assert "只接受 POST" in said(httpx2.request(method, f"{address}/mcp", headers=headers, timeout=30), 405)
    call = {"name": "match_clauses", "arguments": {"text": f"{STORY}{secret}", "top_k": -1}}
    answer = post(json={"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call})
    assert "不能小于 1" in answer.text and secret not in answer.text
    assert secret not in "".join(record.getMessage() for record in caplog.records if record.name.startswith(("ui", "rongcuo")))
    assert post(json=LIST).json()["result"]["tools"], "still alive"


def test_an_application_that_does_not_run_says_so(app, bearer):
    client = TestClient(app, headers=bearer("inspector"))
    assert "正在启动或停止" in said(client.post("/mcp", json=LIST), 503)
    with client:
        assert client.post("/mcp", json=LIST, headers=ACCEPT).status_code == 200
    with client:
        assert client.post("/mcp", json=LIST, headers=ACCEPT).status_code == 200, "an application may be started again"
