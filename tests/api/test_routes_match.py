from datetime import date

import pytest
from starlette.testclient import TestClient

from retrieval.dossier import open_dossier
from retrieval.loading import open_matcher
from retrieval.publish import publish
from retrieval.shelf import Shelf
from tests.api.conftest import STORY, said
from tests.publishing.samples import base_matcher, order
from tests.test_dossier import shandong
from ui.present import report_json
from ui.services.desk import Desk
from ui.web.application import bare_app
from ui.web.settings import WebSettings

ROLES = ("inspector", "reviewer", "evaluator", "administrator")


@pytest.mark.parametrize("role", ROLES)
def test_everybody_may_match_and_gets_what_the_command_line_prints(client_of, matcher, role):
    answer = client_of(role).post("/api/v1/match", json={"text": STORY, "region": "alpha", "top_k": 2})
    report = matcher.match(STORY, region="alpha", top_k=2)
    wanted = report_json(report, dossier=open_dossier(matcher, report))
    got = answer.json()
    assert answer.status_code == 200 and list(got) == list(wanted) and len(got["matches"]) == 2
    assert [list(one) for one in got["matches"]] == [list(one) for one in wanted["matches"]]
    assert {**got, "elapsed": 0} == {**wanted, "elapsed": 0}


@pytest.mark.model
def test_the_real_encoder_gives_all_that_the_command_line_gives(desk, bearer):
    matcher = open_matcher()
    real = Desk(desk.store, lambda: matcher, desk.folder)
    client = TestClient(bare_app(real, WebSettings()), headers=bearer("inspector"))
    got = client.post("/api/v1/match", json={"text": STORY, "region": "shandong", "from": "2026-03-02"}).json()
    report = matcher.match(STORY, region="shandong", top_k=10)
    wanted = report_json(report, dossier=open_dossier(matcher, report, start=date(2026, 3, 2)))
    assert {**got, "elapsed": 0} == {**wanted, "elapsed": 0} and list(got) == list(wanted)
    assert got["picture"] and got["questions"] and got["procedure"]


def test_a_short_text_is_no_error_and_gets_no_suggestion(client_of):
    body = client_of("inspector").post("/api/v1/match", json={"text": "短"}).json()
    assert body["abstained"] and body["matches"] == [] and "太短" in body["reason"]


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({}, 422, "“text”没有填写，请补上。"),
        ({"text": ""}, 422, "“text”是空的，请填写。"),
        ({"text": "   "}, 400, "叙述是空的"),
        ({"text": 5}, 422, "“text”应是文字。"),
        ({"text": None}, 422, "“text”应是文字。"),
        ({"text": "字" * 20_001}, 422, "“text”最多 20000 个字，请改短。"),
        ({"text": STORY, "top_k": 0}, 422, "“top_k”不能小于 1。"),
        ({"text": STORY, "top_k": 101}, 422, "“top_k”不能大于 100。"),
        ({"text": STORY, "top_k": 10**400}, 422, "“top_k”"),
        ({"text": STORY, "top_k": "5"}, 422, "“top_k”应是整数。"),
        ({"text": STORY, "top_k": 1.5}, 422, "“top_k”应是整数。"),
        ({"text": STORY, "top_k": True}, 422, "“top_k”应是整数。"),
        ({"text": STORY, "topk": 5}, 422, "“topk”是不认识的字段"),
        ({"text": STORY, "region": "火星"}, 400, "火星"),
        ([], 422, "请求内容应是 JSON 对象。"),
        ("文字", 422, "请求内容应是 JSON 对象。"),
        (None, 422, "请求内容没有填写，请补上。"),
    ],
)
def test_what_is_wrong_is_said_of_the_field_in_one_sentence(client_of, sent, status, words):
    assert words in said(client_of("inspector").post("/api/v1/match", json=sent), status)


def test_the_library_is_read_by_region_category_words_and_number(client_of):
    client = client_of("inspector")
    regulations = client.get("/api/v1/regulations").json()
    shandong = next(one for one in regulations if one["id"] == "shandong-2019")
    assert (shandong["region"], shandong["issued"], shandong["clauses"] > 50) == ("山东省", "2019-02-09", True)
    everything = client.get("/api/v1/clauses", params={"limit": 200}).json()
    assert len(everything) == 200
    following = client.get("/api/v1/clauses", params={"limit": 200, "offset": 200}).json()
    assert not {one["id"] for one in everything} & {one["id"] for one in following} and following
    found = client.get("/api/v1/clauses", params={"region": "山东", "category": "disqualifying"}).json()
    assert found and {(one["regulation"], one["category"]) for one in found} == {("shandong-2019", "disqualifying")}
    assert len({one["id"] for one in found}) == len(found) < shandong["clauses"]
    hits = client.get("/api/v1/clauses", params={"q": "第十三条第（六）项", "region": "shandong-2019"}).json()
    assert [one["id"] for one in hits] == ["shandong-2019/art13.p1.i6"]
    whole = everything + following
    common = {"q": "的", "limit": 200}
    first, rest = (client.get("/api/v1/clauses", params={**common, "offset": offset}).json() for offset in (0, 200))
    assert [one["id"] for one in first + rest] == [one["id"] for one in whole if "的" in one["text"]] and rest
    inaction = client.get("/api/v1/clauses", params={**common, "category": "inaction"}).json()
    assert [one["id"] for one in inaction] == [one["id"] for one in first + rest if one["category"] == "inaction"] and inaction
    page = client.get("/api/v1/clauses/shandong-2019/art13.p1.i6").json()
    assert page["text"] == hits[0]["text"] and page["citation"].endswith("第十三条第（六）项") and "related" in page


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"region": "火星"}, 400, "火星"),
        ({"category": "无"}, 400, "没有这个类别，可选：duty_fulfilled（履职尽责）"),
        ({"limit": "0"}, 422, "“limit”不能小于 1"),
        ({"limit": "很多"}, 422, "“limit”应是整数"),
        ({"limit": "9" * 5000}, 422, "“limit”"),
        ({"offset": "-1"}, 422, "“offset”不能小于 0"),
        ({"q": "字" * 201}, 422, "“q”最多 200 个字"),
    ],
)
def test_a_search_that_cannot_be_is_refused(client_of, query, status, words):
    assert words in said(client_of("inspector").get("/api/v1/clauses", params=query), status)


@pytest.mark.parametrize(
    "clause",
    ["nothing", "shandong-2019/art999", "../../etc/passwd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "a%00b", "<script>", "%ff%fe"],
)
def test_a_clause_that_is_none_is_not_found(client_of, clause):
    answer = client_of("inspector").get(f"/api/v1/clauses/{clause}")
    assert "script" not in said(answer, 404)


def test_time_limits_are_counted_from_a_day(client_of):
    client = client_of("inspector")
    rows = client.get("/api/v1/deadlines", params={"region": "阳江", "from": "2026-03-02"}).json()
    counted = [row for row in rows if row["due"]]
    assert counted and all(row["quote"] in row["line"] and row["due"] > "2026-03-02" for row in counted)
    for query, words in (
        ({"region": "all"}, "选定一部"),
        ({"region": "山东", "from": "昨天"}, "2026-03-02"),
        ({}, "“region”没有填写"),
    ):
        assert words in said(client.get("/api/v1/deadlines", params=query), 422 if "from" in query or not query else 400)
    assert said(client.get("/api/v1/deadlines", params={"region": "阳江", "from": "9999-12-31"}), 400)


def test_steps_of_words_that_a_published_version_changed_are_not_listed(desk, bearer):
    base = base_matcher(desk.folder / "cache")
    publish(desk.folder / "library", [shandong(("应当于7日内告知", "应当于30日内告知"))], base, order(0))
    served = Desk(desk.store, Shelf(desk.folder / "library", base), desk.folder)
    client = TestClient(bare_app(served, WebSettings()), headers=bearer("inspector"))
    rows = client.get("/api/v1/deadlines", params={"region": "山东", "from": "2026-03-02"}).json()
    listed = {row["clause_id"] for row in rows}
    assert "shandong-2019/art16.p3" in listed and "shandong-2019/art16.p2" not in listed
    assert all("（修订）》" in row["citation"] for row in rows)
