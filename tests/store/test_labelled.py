from data.cases import parse_cases
from data.schema import Case
from data.store.labelled import case_lines, reviewed_cases
from data.store.records import Decision
from tests.store.samples import STORY, under_review

ONE, TWO, THREE = "r/art1.p1.i1", "r/art1.p1.i2", "r/art2.p1"


def close(store, case):
    with store.begin("zhang") as work:
        work.cases.move(case.case_id, "closed", version=work.cases.get(case.case_id).version)
        return work.cases.get(case.case_id).number


def decide(store, reviewer, case, *decisions, round=1):
    with store.begin(reviewer) as work:
        version = work.cases.get(case.case_id).version
        if round == 2:
            version = work.cases.move(case.case_id, "second_review", version=version).version
        work.reviews.save(case.report_id, decisions, round=round, version=version)


def test_closed_cases_become_labelled_cases(store, clock):
    full = under_review(store, STORY + "\u2028😀")
    decide(store, "zhang", full, Decision(ONE, "accept"), Decision(TWO, "grade", 1), Decision(THREE, "reject"))
    decide(store, "wang", full, Decision(THREE, "accept"), Decision(ONE, "reject"), Decision("r/art9", "add", 1), round=2)
    clock.move(seconds=1)
    nothing = under_review(store, "全都不适用的经过")
    decide(store, "zhang", nothing, Decision(ONE, "reject"))
    clock.move(seconds=1)
    undecided, still_open = under_review(store, "没有人看过的"), under_review(store, "还没办结的")
    decide(store, "zhang", still_open, Decision(ONE, "accept"))
    numbers = [close(store, case) for case in (full, nothing, undecided)]
    with store.read() as work:
        found = reviewed_cases(work, split="dev")
    assert found == (
        Case(numbers[0], "r", STORY + "\u2028😀", {TWO: 1, THREE: 2, "r/art9": 1}, "dev", "reviewed"),
        Case(numbers[1], "r", "全都不适用的经过", {}, "dev", "reviewed"),
    )
    assert parse_cases(case_lines(found), "导出") == found


def test_a_withdrawn_decision_does_not_count(store):
    case = under_review(store)
    decide(store, "zhang", case, Decision(ONE, "accept"), Decision(TWO, "accept"))
    with store.begin("zhang") as work:
        work.reviews.withdraw(case.report_id, ONE, round=1, version=5)
    close(store, case)
    with store.read() as work:
        (found,) = reviewed_cases(work)
    assert found.labels == {TWO: 2} and found.split == "train"


def test_an_empty_store_gives_nothing(store):
    with store.read() as work:
        assert reviewed_cases(work) == ()
    assert case_lines(()) == ""


def test_more_cases_than_a_page(store, monkeypatch):
    monkeypatch.setattr("data.store.labelled._PAGE", 2)
    for _ in range(5):
        case = under_review(store)
        decide(store, "zhang", case, Decision(ONE, "accept"))
        close(store, case)
    with store.read() as work:
        assert len({case.id for case in reviewed_cases(work)}) == 5
