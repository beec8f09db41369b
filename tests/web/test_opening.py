"""Who must log in, by the address and by the users that there are; and the commands that make users."""

import io
import sys

import pytest

from data.errors import InputError
from data.store.location import VARIABLE
from data.store.store import open_store
from tests.web.conftest import PASSWORD
from ui.cli import main
from ui.page_http import greeting
from ui.services.passwords import is_password
from ui.web.application import ensure_local
from ui.web.opening import way_in


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """The address of a store that is not there yet, set for commands."""
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    monkeypatch.setenv(VARIABLE, url)
    return url


def test_with_users_everybody_logs_in_unless_one_person_is_wanted(store):
    for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "192.168.1.5"):
        assert way_in(store, host, wanted=False) is False
    assert way_in(store, "127.0.0.1", wanted=True) is True
    for host in ("0.0.0.0", "::", "192.168.1.5", "rongcuo.office"):
        with pytest.raises(InputError, match="只能在本机地址上打开"):
            way_in(store, host, wanted=True)


def test_without_users_one_person_works_on_this_machine_only(empty):
    with open_store(empty) as store:
        assert way_in(store, "127.0.0.1", wanted=False) is True
        ensure_local(store)
        assert way_in(store, "127.0.0.1", wanted=False) is True
        with pytest.raises(InputError, match="还没有能登录的用户"):
            way_in(store, "0.0.0.0", wanted=False)


def test_users_without_password_let_nobody_in(empty, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main(["store", "user", "add", "admin", "--role", "administrator"]) == 0
    assert "还没有口令，不能登录" in capsys.readouterr().err
    with open_store(empty) as store, pytest.raises(InputError, match="user password"):
        way_in(store, "127.0.0.1", wanted=False)


def test_the_first_administrator_gets_a_password_on_the_command_line(empty, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    assert main(["store", "user", "add", "Admin", "--role", "administrator", "--password-stdin"]) == 0
    assert "不能登录" not in capsys.readouterr().err
    with open_store(empty) as store, store.read() as work:
        assert is_password(work.users.get("admin").password_hash, PASSWORD)
    monkeypatch.setattr(sys, "stdin", io.StringIO("ein anderes Kennwort\r\n"))
    assert main(["store", "user", "password", "admin", "--password-stdin"]) == 0
    with open_store(empty) as store, store.read() as work:
        assert is_password(work.users.get("admin").password_hash, "ein anderes Kennwort")


def test_a_password_is_typed_twice_where_there_is_a_terminal(empty, monkeypatch):
    asked = []

    def prompt(text, **options):
        asked.append((text, options["hide_input"], options["confirmation_prompt"]))
        return PASSWORD

    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr("click.prompt", prompt)
    assert main(["store", "user", "add", "admin", "--role", "administrator"]) == 0
    assert asked == [("口令", True, "再输一次口令")]
    with open_store(empty) as store, store.read() as work:
        assert is_password(work.users.get("admin").password_hash, PASSWORD)


@pytest.mark.parametrize(
    ("arguments", "typed", "message"),
    [
        (["add", "admin", "--role", "administrator", "--password-stdin"], "short\n", "10 到 128"),
        (["add", "Local", "--role", "inspector", "--password-stdin"], PASSWORD, "单人模式"),
        (["password", "nobody", "--password-stdin"], PASSWORD, "没有用户"),
        (["password", "li"], "", "没有读到口令"),
    ],
)
def test_what_cannot_be_is_one_sentence(store, monkeypatch, capsys, arguments, typed, message):
    monkeypatch.setenv(VARIABLE, f"sqlite:///{store.place}")
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert main(["store", "user", *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1


def test_serving_without_users_for_others_is_refused_in_one_line(empty, capsys, monkeypatch):
    monkeypatch.setattr("retrieval.loading.open_matcher", lambda: None)  # the model is not asked for before people are
    monkeypatch.setattr("ui.web.opening.Shelf", lambda folder, base: lambda: base)
    assert main(["serve", "--host", "0.0.0.0", "--port", "17861"]) == 2
    assert "还没有能登录的用户" in capsys.readouterr().err


def test_the_greeting_says_whether_to_log_in():
    assert greeting("127.0.0.1", 7860, single=True) == ("已启动：http://127.0.0.1:7860 （按 Ctrl+C 停止）",)
    assert len(greeting("0.0.0.0", 80, single=False)) == 2 and "需要登录" in greeting("::1", 80, single=False)[1]
