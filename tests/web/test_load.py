"""A short form of the load script: a few people at once on the real application, and what it saved compared with the store."""

import threading
import time
import warnings

import pytest
import uvicorn

from tests.web import load
from ui.page_http import listen

USERS, SECONDS = 6, 5


@pytest.fixture
def url(app):
    """The application on a free port."""
    with listen("127.0.0.1", 0) as listener:
        config = uvicorn.Config(app, log_level="warning", access_log=False, ws="none", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
            thread.start()
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.05)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(20)


def test_nothing_is_lost_doubled_or_refused(url, store):
    load.make_users(store, USERS)
    for _ in range(10):  # a machine with other work to do gets less done in a few seconds
        tally = load.run(url, USERS, SECONDS, pause=0.05)
        assert tally.errors == {} and load.compare(store, tally, USERS).none
        if tally.closed and len(tally.cases) > 1:
            break
    assert {"login", "match", "create case", "submit case", "queue", "claim", "review", "close"} == tally.times.keys()
    assert tally.decisions
    assert store.verify().ok
    lines = load.table(tally)
    assert len(lines) == 1 + len(tally.times) and all(float(line.split()[-1]) > 0 for line in lines[1:])

    # what the script is for: it must notice
    told = list(tally.decisions)
    tally.decisions = [*told, (*told[0][:2], "grade", told[0][3])]
    assert len(load.compare(store, tally, USERS).lost) == 1
    tally.decisions = told[1:]
    assert len(load.compare(store, tally, USERS).unknown) == 1
    tally.decisions, tally.cases = told, tally.cases[1:]
    assert load.compare(store, tally, USERS).unknown


def test_a_wrong_password_and_a_server_that_is_away_are_errors(url, store, monkeypatch):
    load.make_users(store, 1)
    monkeypatch.setattr(load, "PASSWORD", "not-the-password-1")
    tally = load.run(url, 1, 0.5, pause=0.05)
    assert [what.split()[:2] for what in tally.errors] == [["login:", "401"]]
    with listen("127.0.0.1", 0) as listener:
        closed = f"http://127.0.0.1:{listener.getsockname()[1]}"
    assert "ConnectError" in "".join(load.run(closed, 1, 0.5, pause=0.05).errors)
