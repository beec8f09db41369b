import pytest

from data.store.records import ROLES
from ui.services.access import ACTIONS, LOCAL, NotAllowed, Person, check, person_of

MAY = {
    "inspector": {"match", "case.write", "batch.run", "library.read"},
    "reviewer": {"match", "case.write", "case.review", "batch.run", "library.read", "library.draft"},
    "evaluator": {"match", "batch.run", "library.read", "evaluate", "labelled.export"},
    "administrator": {
        "match", "library.read", "library.draft", "library.publish", "evaluate", "user.manage", "audit.read", "backup",
    },
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_what_each_role_may(people, role):
    assert {action for action in ACTIONS if people[role].may(action)} == MAY[role]
    for action in ACTIONS:
        if action in MAY[role]:
            check(people[role], action)
        else:
            with pytest.raises(NotAllowed, match="没有这项操作的权限（需要角色：.+）"):
                check(people[role], action)


def test_an_unknown_action_is_a_mistake_of_the_program(people):
    with pytest.raises(KeyError):
        check(people["administrator"], "everything")


def test_a_disabled_account_may_nothing(desk, people):
    with desk.store.begin("admin") as work:
        gone = person_of(work.users.change("li", disabled=True))
    assert gone == Person("li", "李检查", frozenset()) and not any(gone.may(action) for action in ACTIONS)
    with pytest.raises(NotAllowed, match="重新登录"):
        desk.person("li")


def test_people_are_looked_up_anew(desk, people):
    assert desk.person("li") == people["inspector"]
    with desk.store.begin("admin") as work:
        work.users.change("li", role="evaluator")
    assert desk.person("li").roles == {"evaluator"}
    for nobody in (None, "", "nobody"):
        with pytest.raises(NotAllowed):
            desk.person(nobody)


def test_the_person_of_single_user_mode_may_everything(local):
    assert local.name == LOCAL and all(local.may(action) for action in ACTIONS)
