"""What reviewers may do, in which order, who sees which decision, and what happens when two are at it at once."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from data.errors import InputError, RongcuoError
from data.schema import Clause, Match, MatchReport, Span
from data.store.errors import StoreConflict, StoreError
from data.store.labelled import reviewed_cases
from data.store.records import Decision
from tests.services.conftest import either as database_kind  # noqa: F401
from ui.services.access import NotAllowed, person_of
from ui.services.case_file import outcome
from ui.services.case_history import history
from ui.services.case_queue import doubt_of, queue
from ui.services.cases import create, edit, find, read, submit
from ui.services.clause_search import find_clauses
from ui.services.reviews import MAX_COMMENT, ask_second, assign, claim, close, reopen, reviewers, save, send_back, withdraw
from ui.tabs.reviewing_actions import perform

STORY = "企业老板隐瞒了台账，证据是前一晚补的。我们按年度计划和双随机要求做了检查，没有发现。"
MISSED = "beta/art2.p1"


@pytest.fixture
def third(desk):
    with desk.store.begin("安装程序") as work:
        return person_of(work.users.add("sun", display_name="孙复核", role="reviewer"))


@pytest.fixture
def opened(desk, people):
    """A submitted case of the first inspector, over all regulations."""
    file = create(desk, people["inspector"], STORY)
    return submit(desk, people["inspector"], file.case.id, version=file.case.version)


@pytest.fixture
def taken(desk, people, opened):
    """The same case, claimed by the first reviewer."""
    return claim(desk, people["reviewer"], opened.case.id, version=opened.case.version)


def all_of(file, verdict="accept", grade=None):
    return [Decision(clause, verdict, grade) for clause in file.suggested]


def reviewed(desk, person, file, verdict="accept", grade=None):
    return save(desk, person, file.case.id, all_of(file, verdict, grade), version=file.case.version)


def in_second(desk, people, file):
    """First review made by the first reviewer (all accepted), second one claimed by the second reviewer."""
    file = reviewed(desk, people["reviewer"], file)
    file = ask_second(desk, people["reviewer"], file.case.id, version=file.case.version)
    return claim(desk, people["reviewer2"], file.case.id, version=file.case.version)


def test_a_case_from_claim_to_close(desk, people, opened):
    first = people["reviewer"]
    file = claim(desk, first, opened.case.id, version=opened.case.version)
    assert (file.case.status, file.turn, file.rounds) == ("in_review", 1, {1})
    with pytest.raises(InputError, match="还有 5 条建议没有"):
        close(desk, first, file.case.id, version=file.case.version)
    one, two, *rest = file.suggested
    decisions = [
        Decision(one, "accept", comment="见第二句。"),
        Decision(two, "grade", 1),
        *(Decision(clause, "reject") for clause in rest),
    ]
    file = save(desk, first, file.case.id, decisions, version=file.case.version)
    file = save(desk, first, file.case.id, [Decision(MISSED, "add", 2, "漏了")], version=file.case.version)
    assert {c: (r.verdict, r.grade, r.comment) for c, r in file.final().items()}[one] == ("accept", None, "见第二句。")
    file = close(desk, first, file.case.id, version=file.case.version)
    assert (file.case.status, file.turn) == ("closed", None)
    with desk.store.read() as work:
        (labelled,) = reviewed_cases(work)
    assert labelled.labels == {one: 2, two: 1, MISSED: 2}
    assert desk.store.verify().ok


def test_decisions_that_stand_are_not_saved_again(desk, people, taken):
    file = reviewed(desk, people["reviewer"], taken)
    again = reviewed(desk, people["reviewer"], file)
    assert again.case.version == file.case.version and again.reviews == file.reviews
    one = file.suggested[0]
    changed = save(desk, people["reviewer"], file.case.id, [Decision(one, "reject")], version=file.case.version)
    assert changed.of_round(1)[one].verdict == "reject"
    gone = withdraw(desk, people["reviewer"], file.case.id, one, version=changed.case.version)
    assert one not in gone.of_round(1)
    with desk.store.read() as work:
        kept = [r.verdict for r in work.reviews.history(file.report.id) if r.clause_id == one]
    assert sorted(kept) == ["accept", "reject"]


def test_two_reviewers_at_once_never_overwrite_each_other(desk, people, taken):
    first, second = people["reviewer"], people["reviewer2"]
    one = taken.suggested[0]
    over = claim(desk, second, taken.case.id, version=taken.case.version)
    mine = save(desk, second, over.case.id, [Decision(one, "reject")], version=over.case.version)
    with pytest.raises(StoreConflict, match="已由 王复核 于"):
        save(desk, first, taken.case.id, [Decision(one, "accept")], version=taken.case.version)
    with pytest.raises(NotAllowed, match="由 王复核 负责"):
        save(desk, first, taken.case.id, [Decision(one, "accept")], version=mine.case.version)
    assert read(desk, second, taken.case.id).of_round(1)[one].verdict == "reject"


def test_of_many_saves_at_the_same_moment_one_wins(desk, people, taken):
    outcomes, one = [], taken.suggested[0]
    ready = threading.Barrier(6)

    def try_it(number):
        ready.wait()
        try:
            save(
                desk,
                people["reviewer"],
                taken.case.id,
                [Decision(one, "accept", comment=str(number))],
                version=taken.case.version,
            )
            outcomes.append(number)
        except StoreConflict:
            outcomes.append(None)

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [number for number in outcomes if number is not None]
    with desk.store.read() as work:
        (kept,) = work.reviews.history(taken.report.id)
    assert kept.comment == str(winner) and len(outcomes) == 6


def test_nobody_reviews_an_own_case(desk, people):
    author = people["reviewer"]
    file = create(desk, author, STORY)
    file = submit(desk, author, file.case.id, version=file.case.version)
    for attempt in (claim, send_back, close, reopen, ask_second):
        with pytest.raises(NotAllowed, match="您自己建立的"):
            attempt(desk, author, file.case.id, version=file.case.version)
    with pytest.raises(NotAllowed, match="您自己建立的"):
        save(desk, author, file.case.id, all_of(file), version=file.case.version)
    with pytest.raises(InputError, match="不是案件的建立人"):
        assign(desk, people["reviewer2"], file.case.id, author.name, version=file.case.version)
    assert queue(desk, author) == ()
    assert [item.case.id for item in queue(desk, people["reviewer2"])] == [file.case.id]


def test_in_single_user_mode_the_one_person_reviews(desk, local):
    file = create(desk, local, STORY)
    file = submit(desk, local, file.case.id, version=file.case.version)
    assert [item.group for item in queue(desk, local)] == ["waiting"]
    file = claim(desk, local, file.case.id, version=file.case.version)
    file = reviewed(desk, local, file)
    assert close(desk, local, file.case.id, version=file.case.version).case.status == "closed"


@pytest.mark.parametrize("role", ["inspector", "inspector2", "evaluator", "administrator"])
def test_other_roles_may_review_nothing(desk, people, taken, role):
    person, identifier, version = people[role], taken.case.id, taken.case.version
    for attempt in (claim, send_back, close, reopen, ask_second):
        with pytest.raises(NotAllowed):
            attempt(desk, person, identifier, version=version)
    for attempt in (
        lambda: save(desk, person, identifier, all_of(taken), version=version),
        lambda: withdraw(desk, person, identifier, taken.suggested[0], version=version),
        lambda: assign(desk, person, identifier, "wang", version=version),
        lambda: find_clauses(desk, person, identifier, "程序"),
        lambda: reviewers(desk, person, identifier),
        lambda: queue(desk, person),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    with pytest.raises(InputError, match="应是复核人员"):
        assign(desk, people["reviewer"], identifier, person.name, version=version)
    assert read(desk, people["reviewer"], identifier) == taken


def test_a_draft_cannot_be_claimed(desk, people):
    file = create(desk, people["inspector"], STORY)
    with pytest.raises(NotAllowed):
        claim(desk, people["reviewer"], file.case.id, version=file.case.version)


def test_the_second_is_another_than_the_first(desk, people, taken, third):
    first, second = people["reviewer"], people["reviewer2"]
    with pytest.raises(InputError, match="交二次复核前"):
        ask_second(desk, first, taken.case.id, version=taken.case.version)
    assert set(reviewers(desk, first, taken.case.id)) == {"wang", "sun"}
    file = reviewed(desk, first, taken)
    with pytest.raises(InputError, match="没有参加另一次复核"):
        ask_second(desk, first, file.case.id, version=file.case.version, reviewer=first.name)
    assert read(desk, first, file.case.id).case.status == "in_review"
    file = ask_second(desk, first, file.case.id, version=file.case.version, reviewer=second.name)
    assert file.case.status == "second_review"
    with pytest.raises(InputError, match="没有参加另一次复核"):
        claim(desk, first, file.case.id, version=file.case.version)
    with pytest.raises(NotAllowed):
        save(desk, first, file.case.id, all_of(file, "reject"), version=file.case.version)
    over = claim(desk, third, file.case.id, version=file.case.version)
    assert over.turn == 2


def test_without_another_reviewer_there_is_no_second_review(desk, people, taken):
    with desk.store.begin("admin") as work:
        work.users.change("wang", disabled=True)
    file = reviewed(desk, people["reviewer"], taken)
    with pytest.raises(InputError, match="没有别的复核人员"):
        ask_second(desk, people["reviewer"], file.case.id, version=file.case.version)


def test_the_second_review_is_blind_until_it_is_whole(desk, people, taken, third):
    first, second = people["reviewer"], people["reviewer2"]
    file = save(desk, first, taken.case.id, [Decision(MISSED, "add", 1, "只有我看到")], version=taken.case.version)
    file = in_second(desk, people, file)
    assert file.reviews == () and file.kept_back and file.turn == 2
    assert "只有我看到" not in repr(file) and file.disagreements() == () and file.final() == {}
    *most, last = file.suggested
    file = save(desk, second, file.case.id, [Decision(c, "reject") for c in most], version=file.case.version)
    assert {review.round for review in file.reviews} == {2} and file.kept_back
    for person in (third, people["inspector"]):
        seen = read(desk, person, file.case.id)
        assert seen.reviews == () and seen.kept_back
    assert {review.round for review in read(desk, first, file.case.id).reviews} == {1}
    told = [event.detail for event in history(desk, second, file.case.id) if event.what == "保存复核意见"]
    assert told.count("第 1 次复核") == 6 and not any("采纳" in detail and "第 1 次" in detail for detail in told)
    file = save(desk, second, file.case.id, [Decision(last, "grade", 2)], version=file.case.version)
    assert not file.kept_back and {review.round for review in file.reviews} == {1, 2}
    assert {review.round for review in read(desk, first, file.case.id).reviews} == {1, 2}
    differing = {pair.clause_id: (outcome(pair.first), outcome(pair.second)) for pair in file.disagreements()}
    # accepting and grade 2 are the same; what only the first added, the second did not find
    assert differing == {**dict.fromkeys(most, (2, 0)), MISSED: (1, 0)}


def test_whoever_once_had_the_first_review_stays_out_of_the_second(desk, people, taken, third):
    """The third takes the case over, reads what the first decided, and gives it on without deciding anything."""
    one = taken.suggested[0]
    file = save(desk, people["reviewer"], taken.case.id, [Decision(one, "accept")], version=taken.case.version)
    over = claim(desk, third, file.case.id, version=file.case.version)
    assert one in over.of_round(1)
    file = assign(desk, third, file.case.id, people["reviewer"].name, version=over.case.version)
    file = reviewed(desk, people["reviewer"], read(desk, people["reviewer"], file.case.id))
    file = ask_second(desk, people["reviewer"], file.case.id, version=file.case.version)
    with pytest.raises(InputError, match="没有参加另一次复核"):
        claim(desk, third, file.case.id, version=file.case.version)
    assert [item.group for item in queue(desk, third)] == ["others"]
    assert claim(desk, people["reviewer2"], file.case.id, version=file.case.version).reviews == ()


def test_a_disagreement_is_closed_by_the_second_or_sent_back(desk, people, taken):
    first, second = people["reviewer"], people["reviewer2"]
    file = in_second(desk, people, taken)
    file = reviewed(desk, second, file, "reject")
    assert len(file.disagreements()) == 5
    back = send_back(desk, second, file.case.id, version=file.case.version)
    assert back.case.status == "in_review" and back.turn is None
    mine = read(desk, first, file.case.id)
    assert mine.turn == 1 and len(mine.disagreements()) == 5
    with pytest.raises(InputError, match="5 条不一致"):
        close(desk, first, mine.case.id, version=mine.case.version)
    mine = save(desk, first, mine.case.id, all_of(mine, "reject")[:4], version=mine.case.version)
    again = ask_second(desk, first, mine.case.id, version=mine.case.version)
    closed = close(desk, second, again.case.id, version=again.case.version)
    assert closed.case.status == "closed" and [r.round for r in closed.final().values()] == [2] * 5
    seen = read(desk, people["inspector"], closed.case.id)
    assert {review.round for review in seen.reviews} == {1, 2} and not seen.kept_back


def test_a_second_review_that_has_not_begun_can_be_taken_back(desk, people, taken):
    first = people["reviewer"]
    file = reviewed(desk, first, taken)
    file = ask_second(desk, first, file.case.id, version=file.case.version)
    back = send_back(desk, first, file.case.id, version=file.case.version)
    assert back.case.status == "in_review" and back.turn == 1
    file = ask_second(desk, first, file.case.id, version=back.case.version)
    file = claim(desk, people["reviewer2"], file.case.id, version=file.case.version)
    file = save(desk, people["reviewer2"], file.case.id, all_of(file)[:1], version=file.case.version)
    with pytest.raises(NotAllowed, match="王复核"):
        send_back(desk, first, file.case.id, version=file.case.version)


def test_sent_back_to_its_author_a_case_can_be_changed(desk, people, taken):
    file = send_back(desk, people["reviewer"], taken.case.id, version=taken.case.version)
    assert file.case.status == "open" and file.assignments == ()
    edited = edit(desk, people["inspector"], file.case.id, version=file.case.version, narrative=STORY + "后来整改了。")
    assert edited.report.number == 2
    with pytest.raises(InputError, match="没有可以退回"):
        send_back(desk, people["reviewer"], file.case.id, version=edited.case.version)


def test_close_and_reopen(desk, people, taken, third):
    first = people["reviewer"]
    file = reviewed(desk, first, taken)
    file = close(desk, first, file.case.id, version=file.case.version)
    for attempt in (claim, send_back):
        with pytest.raises(InputError, match="已办结"):
            attempt(desk, first, file.case.id, version=file.case.version)
    with pytest.raises(NotAllowed, match="已办结"):
        save(desk, first, file.case.id, all_of(file, "reject"), version=file.case.version)
    again = reopen(desk, third, file.case.id, version=file.case.version)
    assert again.case.status == "in_review" and again.reviews == ()
    with pytest.raises(InputError, match="没有办结"):
        reopen(desk, first, file.case.id, version=again.case.version)
    mine = read(desk, first, file.case.id)
    assert mine.turn == 1 and len(mine.reviews) == 5
    moves = [event.detail for event in history(desk, first, file.case.id) if event.what == "变更案件状态"]
    assert moves == ["待复核", "复核中", "已办结", "复核中"]


def test_a_decision_that_does_not_fit_changes_nothing(desk, people, taken):
    first, one = people["reviewer"], taken.suggested[0]
    for decisions, kind, word in (
        ([], InputError, "没有要保存"),
        ([Decision(one, "accept", comment="长" * (MAX_COMMENT + 1))], InputError, "上限"),
        ([Decision("gamma/art1", "add", 2)], InputError, "不在这个案件的范围里"),
        ([Decision(MISSED, "accept")], StoreError, "补充条款"),
        ([Decision(one, "add", 2)], StoreError, "已在建议之中"),
        ([Decision(one, "grade", 3)], StoreError, "等级"),
        ([Decision(one, "accept"), Decision(MISSED, "add", 3)], StoreError, "等级"),
        ([Decision(one, "maybe")], StoreError, "maybe"),
    ):
        with pytest.raises(kind, match=word):
            save(desk, first, taken.case.id, decisions, version=taken.case.version)
    assert read(desk, first, taken.case.id) == taken


def test_comments_are_masked_where_the_setting_says_so(desk, people, taken, monkeypatch):
    monkeypatch.setenv("RONGCUO_MASK_BEFORE_STORING", "1")
    told = Decision(taken.suggested[0], "accept", comment="请打13912345678核实。")
    file = save(desk, people["reviewer"], taken.case.id, [told], version=taken.case.version)
    assert file.reviews[0].comment == "请打〔电话号码〕核实。"


def test_a_missed_clause_is_found_by_number_and_by_words(desk, people, taken):
    reviewer, identifier = people["reviewer"], taken.case.id
    assert [entry.clause.id for entry in find_clauses(desk, reviewer, identifier, "五个工作日内提出")] == [MISSED]
    assert [entry.clause.id for entry in find_clauses(desk, reviewer, identifier, "beta/art2")] == [MISSED]
    assert find_clauses(desk, reviewer, identifier, " ") == find_clauses(desk, reviewer, identifier, "qqq") == ()
    assert not {entry.clause.id for entry in find_clauses(desk, reviewer, identifier, "企业 容错")} & set(taken.suggested)


def test_the_search_stays_in_the_region(desk, people):
    file = create(desk, people["inspector"], STORY, region="alpha")
    file = submit(desk, people["inspector"], file.case.id, version=file.case.version)
    assert find_clauses(desk, people["reviewer"], file.case.id, "五个工作日内提出") == ()
    file = claim(desk, people["reviewer"], file.case.id, version=file.case.version)
    with pytest.raises(InputError, match="不在这个案件的范围里"):
        save(desk, people["reviewer"], file.case.id, [Decision(MISSED, "add", 2)], version=file.case.version)


def report(*stated, abstained=False):
    """A report whose clauses have these categories and probabilities."""
    matches = tuple(
        Match(rank, Clause(f"r/{rank}", "r", "item", "i1", "", "文", Span(0, 1), category=category), 1.0, probability=probability)
        for rank, (category, probability) in enumerate(stated, 1)
    )
    return MatchReport("叙述", "r", matches, abstained, "", "i", "m", 0.1)


@pytest.mark.parametrize(
    ("found", "value", "why"),
    [
        (report(("fault_tolerance", 0.5)), 1.0, "概率接近五成"),
        (report(("fault_tolerance", 1.0), ("duty_fulfilled", 0.0)), 0.0, "疑点不多"),
        (report(("fault_tolerance", 0.9), ("disqualifying", 0.9)), 0.9, "正反条款都可能"),
        (report(("fault_tolerance", 0.9), ("condition", 0.9)), 0.36, "概率接近五成"),  # 4 * 0.9 * 0.1
        (report(*[("fault_tolerance", 1.0)] * 5, ("fault_tolerance", 0.5)), 0.0, "疑点不多"),  # the sixth does not count
        (report(("fault_tolerance", None)), 0.5, "概率未校准"),
        (report(abstained=True), 1.0, "没有给出建议"),
        (report(), 1.0, "没有给出建议"),
    ],
)
def test_doubt(found, value, why):
    doubt = doubt_of(found)
    assert doubt.value == pytest.approx(value) and doubt.why == why


def test_the_queue_is_ordered_by_doubt_and_age(desk, people, monkeypatch):
    author, first, second = people["inspector"], people["reviewer"], people["reviewer2"]

    def opened(narrative):
        file = create(desk, author, narrative)
        return submit(desk, author, file.case.id, version=file.case.version)

    plain, doubtful, later = opened(STORY), opened("出事了"), opened(STORY)
    assert [item.case.id for item in queue(desk, first)] == [file.case.id for file in (doubtful, plain, later)]
    with desk.store.read() as work:
        now = work.cases.get(later.case.id).created
    monkeypatch.setattr("ui.services.case_queue.utc_now", lambda: now + timedelta(days=7))
    aged = {item.case.id: item.priority for item in queue(desk, first)}
    assert aged[plain.case.id] == pytest.approx(1.5, abs=0.01) and aged[doubtful.case.id] == pytest.approx(2.0, abs=0.01)
    mine = claim(desk, first, later.case.id, version=later.case.version)
    save(desk, first, mine.case.id, all_of(mine)[:2], version=mine.case.version)
    top, *rest = queue(desk, first)
    assert (top.case.id, top.group, top.decided, top.total, top.reviewer) == (later.case.id, "mine", 2, 5, "张复核")
    assert [item.group for item in rest] == ["waiting", "waiting"]
    assert [item.group for item in queue(desk, second)] == ["waiting", "waiting", "others"]
    assert len(queue(desk, second, limit=1)) == 2
    file = claim(desk, second, doubtful.case.id, version=doubtful.case.version)
    close(desk, second, file.case.id, version=file.case.version)
    assert [item.group for item in queue(desk, second)] == ["waiting", "others", "closed"]


def test_what_was_closed_last_comes_first_and_older_cases_are_found_by_number(desk, people, monkeypatch):
    author, first, stranger = people["inspector"], people["reviewer"], people["inspector2"]
    monkeypatch.setattr("ui.services.case_queue._CLOSED", 2)
    drafts = [create(desk, author, "出事了").case for _ in range(3)]
    made = [submit(desk, author, draft.id, version=draft.version) for draft in drafts]
    for file in (made[1], made[2], made[0]):
        file = claim(desk, first, file.case.id, version=file.case.version)
        close(desk, first, file.case.id, version=file.case.version)
    assert [item.case.id for item in queue(desk, first)] == [made[0].case.id, made[2].case.id]
    older = made[1].case
    shown = perform(desk, first, {"do": "number", "number": f" {older.number} "})
    assert f"案件 {older.number} 已打开。" in shown.status and f'data-case="{older.id}"' in shown.case
    assert find(desk, author, older.number).case.id == older.id
    with pytest.raises(NotAllowed):
        find(desk, stranger, older.number)
    with pytest.raises(NotAllowed, match="还没有提交复核"):
        find(desk, first, create(desk, author, "出事了").case.number)
    for number, told in (("1999-00001", "没有编号为“1999-00001”的案件"), (" ", "请先填写案件编号")):
        with pytest.raises(RongcuoError, match=told):
            perform(desk, first, {"do": "number", "number": number})


def test_an_old_request_of_somebody_who_lost_the_role_is_refused(desk, people, taken):
    with desk.store.begin("admin") as work:
        work.users.change("zhang", role="inspector")
    with pytest.raises(NotAllowed):
        save(desk, desk.person("zhang"), taken.case.id, all_of(taken), version=taken.case.version)
    with pytest.raises(NotAllowed):
        read(desk, replace(people["reviewer"], roles=frozenset({"inspector"})), taken.case.id)
