import io

import pytest

from tests.web.conftest import PEOPLE
from ui.services.uploads import MAX_BYTES, take


def send(client, content, name="案卷.txt", **more):
    return client.post("/uploads", files={"file": (name, content)}, **more)


@pytest.mark.parametrize("role", PEOPLE)
def test_everybody_hands_over_files_and_only_they_get_them(client_of, desk, people, role):
    answer = send(client_of(role), b"abc").json()
    assert (answer["name"], answer["size"]) == ("案卷.txt", 3)
    assert take(desk, people[role], answer["id"]).data == b"abc"


def test_a_file_of_exactly_the_limit_and_one_byte_more(client_of):
    client = client_of("inspector")
    assert send(client, b"x" * MAX_BYTES).json()["size"] == MAX_BYTES
    answer = send(client, b"x" * (MAX_BYTES + 1))
    assert answer.status_code == 413 and "20 MB" in answer.json()["error"]


def test_fifty_megabytes_are_refused_whether_announced_or_not(client_of, desk):
    client = client_of("inspector")
    content = b"x" * 50 * 2**20
    assert send(client, content).status_code == 413

    def pieces():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for start in range(0, len(content), 2**20):
            yield content[start : start + 2**20]
        yield b"\r\n--b--\r\n"

    answer = client.post("/uploads", content=pieces(), headers={"content-type": "multipart/form-data; boundary=b"})
    assert answer.status_code == 413 and "error" in answer.json()
    folder = desk.folder / "uploads"
    assert not folder.exists() or list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "request_of",
    [
        {"data": {"file": "text"}},
        {"files": {"other": ("a.txt", b"x")}},
        {"files": [("file", ("a", b"x")), ("file", ("b", b"x"))]},
        {"content": b"no form", "headers": {"content-type": "multipart/form-data; boundary=b"}},
        {"content": b"{}", "headers": {"content-type": "application/json"}},
        {"files": {"file": ("leer.txt", b"")}},
    ],
)
def test_what_is_no_file_is_one_sentence(client_of, request_of):
    answer = client_of("inspector").post("/uploads", **request_of)
    assert answer.status_code == 400 and answer.json()["error"].endswith("。")


def test_the_token_is_needed(client_of):
    client = client_of("inspector")
    for token in ("", "wrong"):
        assert send(client, b"x", headers={"x-csrf-token": token}).status_code == 403


def test_a_name_never_becomes_a_path(client_of, desk):
    answer = send(client_of("inspector"), io.BytesIO(b"x"), name="../../../etc/cron.d/x")
    assert answer.json()["name"] == "x"
    assert not (desk.folder.parent / "etc").exists()


def test_forms_are_small(client_of):
    answer = client_of().post("/login", data={"username": "x" * 20_000, "password": "y"})
    assert answer.status_code == 413
