import json
import re

from tests.api.conftest import said


def test_the_page_and_its_files_come_from_this_machine(client_of):
    client = client_of("inspector")
    page = client.get("/api/docs")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)[1:]
    assert 'rel="icon" href="data:,"' in page.text
    assert links == ["docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/start.js"]
    for link in links:
        file = client.get(f"/api/{link}")
        assert file.status_code == 200 and len(file.content) > 300, link
        assert file.headers["content-type"].startswith(("text/css", "text/javascript"))
        assert file.headers["x-content-type-options"] == "nosniff"
    start = client.get("/api/docs/start.js").text
    assert '"/api/v1/openapi.json"' in start and "validatorUrl: null" in start and "http" not in start
    assert not re.search(r"url\(\s*['\"]?(?:https?:)?//", client.get("/api/docs/swagger-ui.css").text)
    said(client.get("/api/docs/swagger-ui.html"), 422)


def test_nothing_of_it_is_shown_to_strangers(client_of):
    stranger = client_of("")
    for path in ("/api/docs", "/api/docs/start.js", "/api/docs/swagger-ui-bundle.js", "/api/v1/openapi.json", "/api/v1/x"):
        assert said(stranger.get(path), 401) == "请先登录。"


def test_the_description_tells_every_operation_in_chinese_and_its_refusals(client_of):
    description = client_of("inspector").get("/api/v1/openapi.json").json()
    assert description["openapi"].startswith("3.1") and description["servers"] == [{"url": "/api/v1"}]
    assert set(description["components"]["securitySchemes"]) == {"HTTPBearer", "APIKeyCookie"}
    operations = {f"{verb} {path}": one for path, verbs in description["paths"].items() for verb, one in verbs.items()}
    wanted = {
        "post /match", "get /regulations", "get /clauses", "get /clauses/{clause_id}", "post /cases", "get /cases",
        "get /cases/{case_id}", "patch /cases/{case_id}", "post /cases/{case_id}/submit", "get /queue",
        "get /cases/{case_id}/reviews", "post /cases/{case_id}/reviews", "post /cases/{case_id}/close",
        "get /cases/{case_id}/report.{kind}", "post /batches", "get /batches", "get /batches/{job_id}",
        "delete /batches/{job_id}", "get /batches/{job_id}/result.{kind}", "get /labelled.jsonl", "get /tokens",
        "post /tokens", "delete /tokens/{token_id}",
    }  # fmt: skip
    assert wanted <= set(operations)
    for name, one in operations.items():
        assert re.search("[\u4e00-\u9fff]", one["summary"]) and one["description"], name
        assert one["security"], name
        for status in ("400", "401", "403", "404", "409", "413", "422", "429"):
            schema = one["responses"][status]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}, name
    assert "HTTPValidationError" not in json.dumps(description)
