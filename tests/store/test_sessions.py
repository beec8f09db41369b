from datetime import timedelta

import pytest

from data.store.errors import StoreError


def login(store, clock, token, user="li", **life):
    with store.begin(user) as work:
        return work.sessions.open(token, user=user, csrf=f"csrf-{token}", expires=clock.now + timedelta(**life))


def test_a_session_is_found_until_it_expires(store, clock):
    made = login(store, clock, "hash-1", hours=8)
    assert "hash-1" not in repr(made) and "csrf" not in repr(made).replace("csrf=", "")
    with store.read() as work:
        assert work.sessions.find("hash-1") == made and made.csrf == "csrf-hash-1" and made.created == clock.now
        assert work.sessions.find("hash-2") is None and work.sessions.find("") is None
    clock.move(hours=8)
    with store.read() as work:
        assert work.sessions.find("hash-1") is None


def test_a_session_ends_by_logging_out(store, clock):
    for token in ("a", "b", "c"):
        login(store, clock, token, hours=1)
    login(store, clock, "d", user="zhang", hours=1)
    with store.begin("li") as work:
        work.sessions.close("a")
        work.sessions.close("a")
        assert [work.sessions.find(token) is None for token in "abcd"] == [True, False, False, False]
    assert store.verify().ok


def test_a_new_password_or_role_ends_the_sessions(store, clock):
    for change in ({"password_hash": "新"}, {"role": "reviewer"}, {"disabled": True}):
        login(store, clock, "x", hours=1)
        with store.begin("admin") as work:
            work.users.change("li", **change)
            assert work.sessions.find("x") is None
    with pytest.raises(StoreError, match="已停用"):
        login(store, clock, "x", hours=1)


def test_a_token_is_used_once_and_by_a_known_user(store, clock):
    login(store, clock, "x", hours=1)
    with pytest.raises(StoreError, match="重复"):
        login(store, clock, "x", hours=1)
    with pytest.raises(StoreError, match="不存在"), store.begin("程序") as work:
        work.sessions.open("y", user="谁", csrf="c", expires=clock.now + timedelta(hours=1))
    with pytest.raises(StoreError, match="有效期"):
        login(store, clock, "y", hours=0)
    with pytest.raises(TypeError, match="naive"), store.begin("li") as work:
        work.sessions.open("y", user="li", csrf="c", expires=clock.now.replace(tzinfo=None))


def test_expired_sessions_are_purged(store, clock):
    login(store, clock, "old", minutes=1)
    login(store, clock, "new", minutes=3)
    clock.move(minutes=2)
    with store.begin("后台") as work:
        before = work.audit.head().count
        assert work.sessions.purge() == 1 and work.sessions.purge() == 0
        assert work.audit.head().count == before + 1, "purging nothing is not recorded"
        assert work.sessions.find("new") is not None
