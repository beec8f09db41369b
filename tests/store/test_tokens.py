from datetime import UTC, datetime, timedelta

import pytest

from data.store.errors import StoreError
from data.store.tokens import MAX_TOKENS, TOUCH

LATER = datetime(2027, 11, 22, tzinfo=UTC)


def make(store, token_hash, user="li", name="台账系统", expires=LATER):
    with store.begin(user) as work:
        return work.tokens.add(token_hash, name=name, expires=expires)


def find(store, token_hash):
    with store.read() as work:
        return work.tokens.find(token_hash)


def test_a_token_is_found_by_its_hash_until_it_expires(store, clock):
    made = make(store, "hash-1", expires=clock.now + timedelta(days=30))
    assert find(store, "hash-1") == made and (made.user, made.name, made.created) == ("li", "台账系统", clock.now)
    assert made.last_used is None and "hash-1" not in repr(made)
    assert find(store, "hash-2") is None and find(store, "") is None and find(store, "\x00") is None
    clock.move(days=30)
    assert find(store, "hash-1") is None
    with store.read() as work:
        assert work.tokens.of_user("li") == (made,), "an expired one is still shown to its owner"


def test_a_disabled_user_has_no_working_token(store):
    make(store, "hash-1")
    for disabled in (True, False):
        with store.begin("admin") as work:
            work.users.change("li", disabled=disabled)
        assert (find(store, "hash-1") is None) == disabled


def test_only_the_owner_takes_a_token_back(store):
    made, other = make(store, "hash-1"), make(store, "hash-2", user="zhang")
    for user, token_id in (("zhang", made.id), ("admin", made.id), ("li", "nothing"), ("li", "\x00'"), ("li", other.id)):
        with pytest.raises(StoreError, match="没有这个令牌"), store.begin(user) as work:
            work.tokens.remove(token_id)
    with store.begin("li") as work:
        work.tokens.remove(made.id)
        assert work.tokens.of_user("li") == () and work.tokens.of_user("zhang") == (other,)
    assert find(store, "hash-1") is None


def test_what_cannot_be_a_token_is_refused(store, clock):
    make(store, "hash-1")
    for name, expires, said in (
        ("", LATER, "1 到 64 个字"),
        ("长" * 65, LATER, "1 到 64 个字"),
        (" 台账系统 ", LATER, "换一个名称"),
        ("新", clock.now, "今后"),
    ):
        with pytest.raises(StoreError, match=said):
            make(store, "hash-2", name=name, expires=expires)
    with pytest.raises(StoreError, match="没有用户"):
        make(store, "hash-2", user="程序", name="新")
    with pytest.raises(StoreError, match="不相容"):
        make(store, "hash-1", name="同一个值")
    for number in range(MAX_TOKENS - 1):
        make(store, f"more-{number}", name=f"程序{number}")
    with pytest.raises(StoreError, match=f"最多 {MAX_TOKENS} 个"):
        make(store, "hash-2", name="新")
    assert find(store, "hash-2") is None


def test_last_use_is_kept_without_a_word_in_the_trail(store, clock):
    made = make(store, "hash-1")
    with store.begin("li") as work:
        head = work.audit.head()
        assert work.tokens.stale(made)
        work.tokens.touch(made.id)
        work.tokens.touch("taken back meanwhile")
        assert work.audit.head() == head
    used = find(store, "hash-1")
    assert used.last_used == clock.now
    for seconds, stale in ((TOUCH.total_seconds() - 1, False), (1, True)):
        clock.move(seconds=seconds)
        with store.read() as work:
            assert work.tokens.stale(used) == stale


def test_the_trail_says_who_made_and_took_back_and_no_secret(store, database):
    made = make(store, "hash-1")
    with store.begin("li") as work:
        work.tokens.remove(made.id)
        said = [(entry.actor, entry.action, entry.subject) for entry in work.audit.entries(limit=2)]
    assert said == [("li", "token.remove", "user:li"), ("li", "token.add", "user:li")]
    assert store.verify().ok
    assert "hash-1" not in str(database.sql("SELECT * FROM audit"))


def test_a_new_password_takes_back_all_tokens_of_that_user(store):
    for number in range(2):
        make(store, f"hash-{number}", name=f"程序{number}")
    make(store, "other", user="zhang")
    with store.begin("admin") as work:
        work.users.change("li", password_hash="$argon2id$新")
    with store.read() as work:
        assert work.tokens.of_user("li") == () and len(work.tokens.of_user("zhang")) == 1
        said = [(entry.actor, entry.action) for entry in work.audit.entries(subject="user:li", limit=2)]
    assert said == [("admin", "token.remove")] * 2 and find(store, "hash-0") is None and find(store, "other")
    with store.begin("admin") as work:
        work.users.change("zhang", role="evaluator", display_name="张")
    assert find(store, "other"), "another role is looked up when the token is used"
    assert store.verify().ok
