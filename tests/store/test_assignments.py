import pytest

from data.store.errors import StoreConflict, StoreError


def test_a_round_has_one_reviewer_and_the_two_rounds_different_ones(store, clock, reviewed):
    with store.begin("admin") as work:
        first = work.assignments.assign(reviewed.case_id, "zhang", round=1, version=4)
        with pytest.raises(StoreError, match="不同的人"):
            work.assignments.assign(reviewed.case_id, "zhang", round=2, version=5)
        second = work.assignments.assign(reviewed.case_id, "wang", round=2, version=5)
        clock.move(hours=1)
        with pytest.raises(StoreError, match="不同的人"):
            work.assignments.assign(reviewed.case_id, "wang", round=1, version=6)
    assert (first.reviewer, first.round, first.at) == ("zhang", 1, second.at)
    with store.begin("admin") as work:
        third = work.assignments.assign(reviewed.case_id, "zhao", round=1, version=6)
    with store.read() as work:
        assert work.assignments.of_case(reviewed.case_id) == (third, second)
        assert work.cases.get(reviewed.case_id).version == 7
    assert store.verify().ok


def test_an_assignment_can_be_taken_back(store, reviewed):
    with store.begin("admin") as work:
        work.assignments.assign(reviewed.case_id, "zhang", round=1, version=4)
        work.assignments.remove(reviewed.case_id, round=1, version=5)
        with pytest.raises(StoreError, match="还没有分派"):
            work.assignments.remove(reviewed.case_id, round=1, version=6)
        assert work.assignments.of_case(reviewed.case_id) == ()
    assert store.verify().ok


def test_what_cannot_be_assigned_is_refused(store, reviewed):
    with store.begin("admin") as work:
        work.users.change("wang", disabled=True)
        for reviewer, round, version, error, word in (
            ("wang", 1, 4, StoreError, "已停用"),
            ("谁", 1, 4, StoreError, "没有用户"),
            ("zhang", 3, 4, StoreError, "轮次"),
            ("zhang", 1, 3, StoreConflict, "修改"),
        ):
            with pytest.raises(error, match=word):
                work.assignments.assign(reviewed.case_id, reviewer, round=round, version=version)
        work.cases.move(reviewed.case_id, "closed", version=4)
        with pytest.raises(StoreError, match="已办结"):
            work.assignments.assign(reviewed.case_id, "zhang", round=1, version=5)
