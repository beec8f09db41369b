import pytest

from data.store.errors import StoreConflict, StoreError
from data.store.records import STATUSES
from tests.store.samples import HARD, STORY, make_report


def test_a_case_comes_back_as_it_was_added(store, clock):
    with store.begin("li") as work:
        made = work.cases.add(region=" shandong-2019 ", narrative=HARD, number=" 鲁环〔2026〕1号 ")
    assert (made.number, made.region, made.narrative) == ("鲁环〔2026〕1号", "shandong-2019", HARD)
    assert (made.status, made.version, made.author, made.changed_by) == ("draft", 1, "li", "li")
    assert made.created == made.changed == clock.now
    with store.read() as work:
        assert work.cases.get(made.id) == made == work.cases.find_number("鲁环〔2026〕1号")
        assert work.cases.find_number("别的") is None
    assert "字字" not in repr(made)


def test_what_no_database_can_hold_becomes_one_replacement_character_each(store):
    with store.begin("li") as work:
        made = work.cases.add(region="r", narrative="a\x00b\ud83dc")
    with store.read() as work:
        assert work.cases.get(made.id).narrative == "a\ufffdb\ufffdc"


def test_numbers_count_up_by_year_and_pass_over_taken_ones(store, clock):
    year = clock.now.astimezone().year
    with store.begin("li") as work:
        work.cases.add(region="r", narrative="一", number=f"{year}-00002")
        numbers = [work.cases.add(region="r", narrative="二").number for _ in range(3)]
    assert numbers == [f"{year}-00003", f"{year}-00004", f"{year}-00005"]
    for number, word in ((f"{year}-00003", "已经有了"), ("长" * 65, "最多 64")):
        with pytest.raises(StoreError, match=word), store.begin("li") as work:
            work.cases.add(region="r", narrative="三", number=number)


def test_a_case_needs_a_narrative_and_a_known_author(store):
    for actor, narrative, word in (("li", " \n", "叙述是空的"), ("陌生人", "经过", "没有用户"), (" ", "经过", "谁在操作")):
        with pytest.raises(StoreError, match=word), store.begin(actor) as work:
            work.cases.add(region="r", narrative=narrative)
    with pytest.raises(StoreError, match="没有这个案件"), store.read() as work:
        work.cases.get("0" * 32)


def test_the_second_of_two_changes_learns_who_was_first_and_when(store, clock):
    with store.begin("li") as work:
        case = work.cases.add(region="r", narrative="原文")
    clock.move(minutes=3)
    with store.begin("zhang") as work:
        changed = work.cases.edit(case.id, version=1, narrative="张改过的")
    assert changed.version == 2 and changed.changed == clock.now and changed.changed_by == "zhang"
    when = clock.now.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    clock.move(minutes=3)
    with pytest.raises(StoreConflict) as caught, store.begin("li") as work:
        work.cases.edit(case.id, version=1, narrative="李改过的")
    said = str(caught.value)
    assert "张复核" in said and when in said and "第 1 版" in said and "第 2 版" in said and said.endswith("。")
    assert "原文" not in said and "张改过的" not in said
    with store.read() as work:
        assert work.cases.get(case.id) == changed


def test_a_conflict_says_the_name_of_a_program_too(store):
    with store.begin("li") as work:
        case = work.cases.add(region="r", narrative="原文")
    with store.begin("夜间任务") as work:
        work.cases.move(case.id, "open", version=1)
    with pytest.raises(StoreConflict, match="已由 夜间任务 于"), store.begin("li") as work:
        work.cases.move(case.id, "open", version=1)


ARROWS = {
    ("draft", "open"), ("open", "draft"), ("open", "in_review"), ("in_review", "open"), ("in_review", "second_review"),
    ("in_review", "closed"), ("second_review", "in_review"), ("second_review", "closed"), ("closed", "in_review"),
}  # fmt: skip
PATHS = {
    "draft": (), "open": ("open",), "in_review": ("open", "in_review"),
    "second_review": ("open", "in_review", "second_review"), "closed": ("open", "in_review", "closed"),
}  # fmt: skip


@pytest.mark.parametrize("start", STATUSES)
def test_a_case_moves_along_the_arrows_only(store, start):
    for end in STATUSES:
        with store.begin("li") as work:
            case = work.cases.add(region="r", narrative="经过")
            for status in PATHS[start]:
                case = work.cases.move(case.id, status, version=case.version)
        if (start, end) in ARROWS:
            with store.begin("li") as work:
                moved = work.cases.move(case.id, end, version=case.version)
            assert moved.status == end and moved.version == case.version + 1
        else:
            with pytest.raises(StoreError, match=STATUSES[start]), store.begin("li") as work:
                work.cases.move(case.id, end, version=case.version)
    with pytest.raises(StoreError, match="没有状态“lost”"), store.begin("li") as work:
        work.cases.move(case.id, "lost", version=case.version)


@pytest.mark.parametrize("status", STATUSES)
def test_what_is_under_review_stands_still(store, status):
    with store.begin("li") as work:
        case = work.cases.add(region="r", narrative="经过")
        for step in PATHS[status]:
            case = work.cases.move(case.id, step, version=case.version)
    for change in (
        lambda work: work.cases.edit(case.id, version=case.version, narrative="改"),
        lambda work: work.reports.add(case.id, make_report(), version=case.version + (status in ("draft", "open"))),
    ):
        if status in ("draft", "open"):
            with store.begin("li") as work:
                change(work)
        else:
            with pytest.raises(StoreError, match="先变更案件状态"), store.begin("li") as work:
                change(work)


def test_listing_by_status_and_author_is_oldest_or_last_changed_first(store, clock):
    made = []
    for author in ("li", "zhang", "li", "li"):
        clock.move(seconds=1)
        with store.begin(author) as work:
            made.append(work.cases.add(region="r", narrative="经过").id)
    clock.move(seconds=1)
    with store.begin("admin") as work:
        work.cases.move(made[2], "open", version=1)
    clock.move(seconds=1)
    with store.begin("li") as work:
        work.cases.edit(made[0], version=1, region="s")
    with store.read() as work:
        ids = lambda **wish: [case.id for case in work.cases.listing(**wish)]  # noqa: E731
        assert ids() == made
        assert ids(statuses=("draft",)) == [made[0], made[1], made[3]]
        assert ids(statuses=("draft", "open"), author="li") == [made[0], made[2], made[3]]
        assert ids(latest=True, limit=2) == [made[0], made[2]] and ids(latest=True, statuses=("open",)) == [made[2]]
        assert ids(limit=2, offset=1) == made[1:3] and ids(offset=4) == []
        assert work.cases.count() == 4 and work.cases.count(statuses=("draft",), author="li") == 2


def test_an_error_inside_a_transaction_undoes_all_of_it(store):
    with pytest.raises(ZeroDivisionError), store.begin("li") as work:
        case = work.cases.add(region="r", narrative=STORY)
        work.reports.add(case.id, make_report(), version=1)
        raise ZeroDivisionError
    with store.read() as work:
        assert work.cases.count() == 0 and work.audit.head().count == 5
    assert store.verify().ok


def test_reading_is_one_state_and_refuses_to_write(store):
    with store.read() as work:
        assert work.cases.count() == 0
        with store.begin("li") as other:
            other.cases.add(region="r", narrative="同时写入的")
        assert work.cases.count() == 0, "a snapshot does not move"
        with pytest.raises(RuntimeError):
            work.cases.add(region="r", narrative="不该写入的")
    with store.read() as work:
        assert work.cases.count() == 1
