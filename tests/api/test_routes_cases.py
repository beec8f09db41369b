import io
import json
import zipfile

import pytest

from tests.api.conftest import PERSONAL, STORY, said


def new_case(client, **fields):
    answer = client.post("/api/v1/cases", json={"narrative": STORY, "region": "alpha", **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def step(client, case, name, **fields):
    answer = client.post(f"/api/v1/cases/{case['id']}/{name}", json={"version": case["version"], **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


def decisions(case, **verdicts):
    """Accept every suggestion, but for those with another verdict by the last part of their id."""
    rows = []
    for match in case["report"]["result"]["matches"]:
        verdict = verdicts.get(match["clause_id"].rpartition("/")[2].replace(".", "_"), "accept")
        rows.append({"clause_id": match["clause_id"], "verdict": verdict})
    return rows


@pytest.fixture
def inspector(client_of):
    return client_of("inspector")


@pytest.fixture
def reviewer(client_of):
    return client_of("reviewer")


@pytest.fixture
def submitted(inspector):
    return step(inspector, new_case(inspector), "submit")


def test_a_case_is_made_read_changed_and_submitted(inspector):
    made = new_case(inspector, number="环执〔2026〕3号")
    assert (made["status"], made["number"], made["author"], made["narrative"]) == ("draft", "环执〔2026〕3号", "li", STORY)
    assert made["report"]["result"]["matches"][0]["clause_id"].startswith("alpha/")
    url = f"/api/v1/cases/{made['id']}"
    assert inspector.get(url).json() == made
    changed = inspector.patch(url, json={"version": made["version"], "narrative": STORY + "后来补正了。"}).json()
    assert changed["narrative"].endswith("后来补正了。") and changed["region"] == "alpha"
    assert (changed["version"] > made["version"], changed["report"]["number"]) == (True, 2)
    sent = step(inspector, changed, "submit")
    assert sent["status"] == "open"
    back = step(inspector, sent, "take-back")
    assert back["status"] == "draft"
    listed = inspector.get("/api/v1/cases", params={"status": "draft"}).json()
    assert [one["id"] for one in listed] == [made["id"]] and "narrative" not in listed[0]
    assert inspector.get("/api/v1/cases", params={"status": ["open", "closed"]}).json() == []
    told = inspector.get(f"{url}/history").json()
    assert [event["what"] for event in told][:2] == ["新建案件", "保存匹配结果"]
    assert STORY not in json.dumps(told, ensure_ascii=False)


def test_a_stale_version_is_refused_with_who_and_when(inspector, reviewer, submitted):
    url = f"/api/v1/cases/{submitted['id']}"
    step(reviewer, submitted, "claim")
    for answer in (
        inspector.patch(url, json={"version": submitted["version"], "region": "beta"}),
        reviewer.post(f"{url}/reviews", json={"version": submitted["version"], "decisions": decisions(submitted)}),
        reviewer.post(f"{url}/close", json={"version": submitted["version"]}),
    ):
        sentence = said(answer, 409)
        assert "张复核" in sentence and "于 20" in sentence and "刷新" in sentence


def test_a_case_is_reviewed_twice_and_closed(client_of, inspector, reviewer, submitted):
    url = f"/api/v1/cases/{submitted['id']}"
    assert [item["case"]["id"] for item in reviewer.get("/api/v1/queue").json()] == [submitted["id"]]
    claimed = step(reviewer, submitted, "claim")
    assert (claimed["status"], claimed["turn"], claimed["assignments"][0]["reviewer"]) == ("in_review", 1, "zhang")
    saved = reviewer.post(f"{url}/reviews", json={"version": claimed["version"], "decisions": decisions(claimed)})
    assert saved.status_code == 200 and len(saved.json()["reviews"]) == len(decisions(claimed))
    assert inspector.get(f"{url}/reviews").json()["reviews"] == [], "the author sees no decision before the end"
    second = step(reviewer, {**claimed, "version": saved.json()["version"]}, "second", reviewer="wang")
    other = client_of("reviewer2")
    assert other.get(f"{url}/reviews").json() == {
        "version": second["version"], "status": "second_review", "reviews": [], "turn": 2, "kept_back": True,
    }  # fmt: skip
    rows = [{**row, "verdict": "reject", "comment": "没有这样的事实"} for row in decisions(claimed)]
    mine = other.post(f"{url}/reviews", json={"version": second["version"], "decisions": rows}).json()
    clause = rows[0]["clause_id"]
    less = other.delete(f"{url}/reviews/{clause}", params={"version": mine["version"]}).json()
    assert len([r for r in less["reviews"] if r["round"] == 2]) == len(rows) - 1
    again = other.post(f"{url}/reviews", json={"version": less["version"], "decisions": rows[:1]}).json()
    closed = step(other, {**claimed, "version": again["version"]}, "close")
    assert closed["status"] == "closed"
    seen = inspector.get(f"{url}/reviews").json()
    assert {(r["round"], r["verdict"]) for r in seen["reviews"]} == {(1, "accept"), (2, "reject")}
    assert step(reviewer, closed, "reopen")["status"] == "in_review"


def test_a_review_is_sent_back_to_the_author(inspector, reviewer, submitted):
    back = step(reviewer, step(reviewer, submitted, "claim"), "send-back")
    assert back["status"] == "open"
    changed = inspector.patch(f"/api/v1/cases/{back['id']}", json={"version": back["version"], "region": "all"}).json()
    assert changed["region"] == "all" and changed["report"]["number"] == 2


def test_nobody_gets_where_they_do_not_belong(client_of, inspector, reviewer, submitted):
    """By direct request: what the page does not offer is refused here as well."""
    draft, url = new_case(inspector), f"/api/v1/cases/{submitted['id']}"
    body = {"version": submitted["version"]}
    stranger, evaluator, administrator = (client_of(role) for role in ("inspector2", "evaluator", "administrator"))
    for client in (stranger, evaluator, administrator):
        for answer in (
            client.get(url),
            client.get(f"{url}/reviews"),
            client.get(f"{url}/history"),
            client.get(f"{url}/report.docx"),
            client.patch(url, json={**body, "narrative": "改掉"}),
            client.post(f"{url}/submit", json=body),
            client.post(f"{url}/take-back", json=body),
            client.post(f"{url}/claim", json=body),
            client.post(f"{url}/reviews", json={**body, "decisions": decisions(submitted)}),
            client.post(f"{url}/close", json=body),
        ):
            said(answer, 403)
    assert "没有提交复核" in said(reviewer.get(f"/api/v1/cases/{draft['id']}"), 403)
    said(reviewer.patch(url, json={**body, "narrative": "改掉"}), 403)
    said(reviewer.post(f"{url}/reviews", json={**body, "decisions": decisions(submitted)}), 403)
    for client in (inspector, evaluator, administrator):
        said(client.get("/api/v1/queue"), 403)
    for client in (evaluator, administrator):
        said(client.get("/api/v1/cases"), 403)
        said(client.post("/api/v1/cases", json={"narrative": STORY}), 403)
    for client in (inspector, reviewer, administrator):
        said(client.get("/api/v1/labelled.jsonl"), 403)
    own = step(reviewer, new_case(reviewer), "submit")
    assert "由别人复核" in said(reviewer.post(f"/api/v1/cases/{own['id']}/claim", json={"version": own["version"]}), 403)
    assert inspector.get(url).json() == submitted, "nothing of it changed anything"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"clause_id": "alpha/art1.p1.i1", "verdict": "maybe"}, "verdict”的值不对，可选：accept、reject、grade、add。"),
        ({"clause_id": "alpha/art1.p1.i1", "verdict": "grade", "grade": 3}, "“decisions.0.grade”不能大于 2"),
        ({"clause_id": "alpha/art1.p1.i1", "verdict": "accept", "comment": "字" * 2001}, "“decisions.0.comment”最多 2000 个字"),
        ({"clause_id": "alpha/art1.p1.i1", "verdict": "accept", "round": 2}, "“decisions.0.round”是不认识的字段"),
        ({"verdict": "accept"}, "“decisions.0.clause_id”没有填写"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(reviewer, submitted, row, words):
    sent = {"version": submitted["version"], "decisions": [row]}
    assert words in said(reviewer.post(f"/api/v1/cases/{submitted['id']}/reviews", json=sent), 422)


def test_the_reports_are_real_files_with_names_and_masks(inspector, reviewer):
    made = new_case(inspector, narrative=f"{STORY}联系人电话{PERSONAL}。", number="环执〔2026〕3号")
    for kind in ("docx", "xlsx"):
        answer = inspector.get(f"/api/v1/cases/{made['id']}/report.{kind}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
        assert answer.headers["cache-control"] == "no-store"
        parts = zipfile.ZipFile(io.BytesIO(answer.content))
        text = "".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist() if name.endswith(".xml"))
        assert "双随机" in text and PERSONAL not in text
    assert "“kind”的值不对，可选：docx、xlsx" in said(inspector.get(f"/api/v1/cases/{made['id']}/report.pdf"), 422)


def test_reviewed_cases_go_to_the_evaluator_masked(client_of, inspector, reviewer):
    made = new_case(inspector, narrative=f"{STORY}联系人电话{PERSONAL}。", number=f"来电{PERSONAL}")
    claimed = step(reviewer, step(inspector, made, "submit"), "claim")
    url = f"/api/v1/cases/{made['id']}"
    saved = reviewer.post(f"{url}/reviews", json={"version": claimed["version"], "decisions": decisions(claimed)}).json()
    step(reviewer, {**claimed, "version": saved["version"]}, "close")
    answer = client_of("evaluator").get("/api/v1/labelled.jsonl")
    (line,) = answer.text.splitlines()
    row = json.loads(line)
    assert row["labels"] == {match["clause_id"]: 2 for match in made["report"]["result"]["matches"]}
    assert PERSONAL not in answer.text and row["text"].startswith(STORY) and row["source"] == "reviewed"
