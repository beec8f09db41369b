import pytest

from data.store.errors import StoreError


def test_a_user_comes_back_as_it_was_added(store, clock):
    with store.begin("admin") as work:
        made = work.users.add("  Ｑian.Ｗ ", display_name=" 钱😀 ", role="reviewer", password_hash="$argon2id$v=19$x")
    assert (made.name, made.display_name, made.role, made.disabled) == ("qian.w", "钱😀", "reviewer", False)
    assert made.created == clock.now and made.created.utcoffset().total_seconds() == 0
    with store.read() as work:
        assert work.users.get("QIAN.W") == made == work.users.find("qian.w")
        assert work.users.find("nobody") is None
        assert [user.name for user in work.users.listing()] == ["admin", "li", "qian.w", "wang", "zhang", "zhao"]


def test_the_password_hash_is_in_no_repr(store):
    with store.read() as work:
        admin = work.users.get("admin")
    assert admin.password_hash == "$argon2id$…" and "argon2" not in repr(admin)


def test_what_cannot_be_a_user_is_refused_and_nothing_is_kept(store):
    for values, word in (
        ({"name": "li"}, "已经有了"),
        ({"name": "Ｌｉ"}, "已经有了"),
        ({"name": "a b"}, "不能用"),
        ({"name": ""}, "不能用"),
        ({"name": "x" * 65}, "不能用"),
        ({"name": "../x"}, "不能用"),
        ({"display_name": " "}, "姓名"),
        ({"display_name": "名" * 65}, "姓名"),
        ({"role": "root"}, "没有角色“root”"),
    ):
        wanted = {"name": "x", "display_name": "某", "role": "reviewer", **values}
        with pytest.raises(StoreError, match=word), store.begin("admin") as work:
            work.users.add("first", display_name="同一事务中的", role="reviewer")
            work.users.add(**wanted)
    with store.read() as work:
        assert len(work.users.listing()) == 5


def test_change_gives_back_what_is_stored(store):
    with store.begin("admin") as work:
        changed = work.users.change("li", display_name="李四", role="reviewer", password_hash="新")
    with store.read() as work:
        assert work.users.get("li") == changed
        assert (changed.display_name, changed.role, changed.password_hash) == ("李四", "reviewer", "新")
        assert [entry.action for entry in work.audit.entries(subject="user:li")] == ["user.change", "user.add"]
    with pytest.raises(StoreError, match="没有用户“谁”"), store.begin("admin") as work:
        work.users.change("谁", disabled=True)


def test_the_last_administrator_stays(store):
    for change in ({"disabled": True}, {"role": "reviewer"}):
        with store.begin("admin") as work:
            with pytest.raises(StoreError, match="最后一名能登录的管理员"):
                work.users.change("admin", **change)
            work.users.change("li", display_name="李")  # a refusal that is caught leaves nothing half done
        with store.read() as work:
            admin = work.users.get("admin")
            assert admin.role == "administrator" and not admin.disabled
    with store.begin("admin") as work:
        work.users.add("boss", display_name="新管理员", role="administrator")
    for change in ({"disabled": True}, {"role": "reviewer"}, {"password_hash": ""}):  # nobody can log in as the other one yet
        with pytest.raises(StoreError, match="请先另设一名有口令的管理员"), store.begin("admin") as work:
            work.users.change("admin", **change)
    with store.begin("admin") as work:
        assert work.users.change("boss", display_name="管理员二", disabled=True).disabled
        work.users.change("boss", password_hash="$argon2id$…", disabled=False)
        assert work.users.change("admin", disabled=True).disabled
    assert store.verify().ok


def test_disabling_ends_the_sessions_and_enabling_does_not_bring_them_back(store, clock):
    with store.begin("li") as work:
        work.sessions.open("h1", user="li", csrf="c", expires=clock.now.replace(year=2027))
    with store.begin("admin") as work:
        work.users.change("li", disabled=True)
    with store.begin("admin") as work:
        work.users.change("li", disabled=False)
        assert work.sessions.find("h1") is None


def test_a_disabled_user_makes_nothing(store):
    with store.begin("admin") as work:
        work.users.change("li", disabled=True)
    with pytest.raises(StoreError, match="已停用"), store.begin("li") as work:
        work.cases.add(region="r", narrative="事情经过")
