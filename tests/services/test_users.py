import pytest

from data.errors import InputError, RongcuoError
from tests.services.conftest import either as database_kind  # noqa: F401
from ui.services import users
from ui.services.access import LOCAL, NotAllowed
from ui.services.passwords import generated, hash_password, is_password

GOOD = "ein gutes Kennwort"

ACTIONS = {
    "listing": lambda desk, me: users.listing(desk, me),
    "add": lambda desk, me: users.add(desk, me, "neu", display_name="新人", role="administrator", password=GOOD),
    "reset": lambda desk, me: users.reset_password(desk, me, "admin", GOOD),
    "role": lambda desk, me: users.set_role(desk, me, me.name, "administrator"),
    "disable": lambda desk, me: users.set_disabled(desk, me, "zhang", disabled=True),
}


@pytest.mark.parametrize("role", ["inspector", "reviewer", "evaluator"])
@pytest.mark.parametrize("action", ACTIONS)
def test_only_administrators_manage_users(desk, people, role, action):
    with desk.store.read() as work:
        before = work.audit.head()
    with pytest.raises(NotAllowed):
        ACTIONS[action](desk, people[role])
    with desk.store.read() as work:
        assert work.audit.head() == before


def test_an_account_with_a_password_that_is_made_up(desk, people):
    made = users.add(desk, people["administrator"], " Sun ", display_name="孙检查", role="inspector")
    assert made.user.name == "sun" and len(made.password) == 19 and made.password not in repr(made)
    with desk.store.read() as work:
        stored = work.users.get("sun").password_hash
    assert stored.startswith("$argon2id$") and is_password(stored, made.password) and not is_password(stored, made.password[:-1])
    given = users.add(desk, people["administrator"], "wu", display_name="", role="reviewer", password=GOOD)
    assert given.password == "" and given.user.display_name == "wu"
    shown = {user.name: user for user in users.listing(desk, people["administrator"])}
    assert shown["sun"].password_hash == "set" and LOCAL not in shown


@pytest.mark.parametrize(
    ("password", "message"),
    [("short", "10 到 128"), ("x" * 129, "10 到 128"), ("aaaaaaaaaaaa", "容易猜到"), ("wang2026wang", "容易猜到")],
)
def test_weak_passwords_change_nothing(desk, people, password, message):
    with pytest.raises(InputError, match=message):
        users.reset_password(desk, people["administrator"], "wang", password)
    with pytest.raises(InputError):
        users.change_own_password(desk, people["reviewer2"], password)


def test_a_new_password_ends_the_sessions(desk, people):
    from datetime import timedelta

    from data.store.store import utc_now

    with desk.store.begin("li") as work:
        work.sessions.open("hash", user="li", csrf="c", expires=utc_now() + timedelta(hours=1))
    made = users.reset_password(desk, people["administrator"], "li")
    with desk.store.read() as work:
        assert work.sessions.find("hash") is None
    assert made.password
    users.change_own_password(desk, people["inspector"], GOOD)
    with desk.store.read() as work:
        assert is_password(work.users.get("li").password_hash, GOOD)
        assert work.audit.entries(limit=1)[0].actor == "li"


def test_roles_and_disabling(desk, people):
    admin = people["administrator"]
    assert users.set_role(desk, admin, "li", "reviewer").user.role == "reviewer"
    assert users.set_disabled(desk, admin, "li", disabled=True).user.disabled
    assert not users.set_disabled(desk, admin, "li", disabled=False).user.disabled
    for wrong, message in (
        (lambda: users.set_role(desk, admin, "li", "reviewer"), "已经是这个角色"),
        (lambda: users.set_disabled(desk, admin, "admin", disabled=True), "不能停用自己"),
        (lambda: users.set_role(desk, admin, "admin", "inspector"), "最后一名能登录的管理员"),
        (lambda: users.set_role(desk, admin, "nobody", "inspector"), "没有用户"),
        (lambda: users.set_role(desk, admin, "", "inspector"), "没有用户"),
        (lambda: users.add(desk, admin, "li", display_name="x", role="inspector", password=GOOD), "已经有了"),
        (lambda: users.add(desk, admin, "a b", display_name="x", role="inspector", password=GOOD), "不能用"),
        (lambda: users.add(desk, admin, "neu", display_name="x", role="boss", password=GOOD), "没有角色"),
    ):
        with pytest.raises(RongcuoError, match=message):
            wrong()


def test_the_account_of_single_user_mode_is_nobodys(desk, people, local):
    admin = people["administrator"]
    for wrong in (
        lambda: users.add(desk, admin, "Local", display_name="x", role="inspector", password=GOOD),
        lambda: users.reset_password(desk, admin, LOCAL, GOOD),
        lambda: users.set_role(desk, admin, LOCAL, "administrator"),
        lambda: users.change_own_password(desk, local, GOOD),
    ):
        with pytest.raises(RongcuoError, match="单人模式"):
            wrong()


def test_passwords():
    stored = hash_password(GOOD, name="li")
    assert stored != hash_password(GOOD, name="li"), "each has its own salt"
    assert is_password(stored, GOOD) and not is_password(stored, GOOD + "x")
    assert not is_password("", "") and not is_password("", GOOD) and not is_password("nonsense", GOOD)
    assert len({generated() for _ in range(50)}) == 50
