"""What the author of a case may do, and what everybody else may not."""

from dataclasses import replace

import pytest

from data.errors import InputError
from data.store.errors import StoreConflict, StoreError
from tests.services.conftest import either as database_kind  # noqa: F401
from ui.services.access import NotAllowed
from ui.services.case_history import history
from ui.services.case_queue import queue
from ui.services.cases import create, edit, masks_before_storing, mine, read, submit, take_back
from ui.services.reviews import claim

STORY = "企业老板隐瞒了台账，证据是前一晚补的。我们按年度计划和双随机要求做了检查，没有发现。"
PERSONAL = "执法人员王建国，电话13912345678，按双随机要求做了检查，企业隐瞒了证据。"


def test_a_case_keeps_the_narrative_and_a_report_made_on_the_server(desk, people):
    file = create(desk, people["inspector"], STORY, region="alpha")
    assert (file.case.narrative, file.case.region, file.case.status) == (STORY, "alpha", "draft")
    assert file.report.report.narrative == STORY and not file.report.report.abstained
    assert file.suggested[0].startswith("alpha/") and len(file.suggested) == 4
    assert file.report.report.index_digest == desk.matcher().index.manifest.digest
    assert (file.reviews, file.assignments, file.turn, file.kept_back) == ((), (), None, False)
    assert read(desk, people["inspector"], file.case.id) == file
    assert STORY not in repr(file)


def test_a_text_without_suggestions_is_a_case_too(desk, people):
    file = create(desk, people["inspector"], "出事了")
    assert file.report.report.abstained and file.suggested == () and file.case.region == "all"


@pytest.mark.parametrize(
    ("narrative", "region", "word"), [("  ", "", "叙述是空的"), ("字" * 20_001, "", "上限"), (STORY, "火星", "火星")]
)
def test_what_cannot_be_matched_makes_no_case(desk, people, narrative, region, word):
    with pytest.raises(InputError, match=word):
        create(desk, people["inspector"], narrative, region=region)
    assert mine(desk, people["inspector"]) == ()


def test_characters_that_no_database_holds_do_not_shift_the_evidence(desk, people):
    file = create(desk, people["inspector"], "\ud83d双\x00随机😀" + STORY * 2)
    text = file.case.narrative
    assert text.startswith("\ufffd双\ufffd随机😀企业") and file.report.report.narrative == text
    assert all(e.narrative.end <= len(text) for m in file.report.report.matches for e in m.evidence)


def test_the_setting_masks_before_storing(desk, people, database, monkeypatch):
    assert not masks_before_storing()
    open_text = create(desk, people["inspector"], PERSONAL)
    assert open_text.case.narrative == PERSONAL
    monkeypatch.setenv("RONGCUO_MASK_BEFORE_STORING", "true")
    file = create(desk, people["inspector"], PERSONAL)
    for text in (file.case.narrative, file.report.report.narrative):
        assert "13912345678" not in text and "王建国" not in text and "〔电话号码〕" in text and "双随机" in text
    edited = edit(desk, people["inspector"], open_text.case.id, version=open_text.case.version, region="alpha")
    assert "13912345678" not in edited.case.narrative
    with pytest.raises(InputError, match="编号里有姓名、电话等个人信息"):
        create(desk, people["inspector"], STORY, number="当事人王建国")
    assert create(desk, people["inspector"], STORY, number="鲁环〔2026〕7号").case.number == "鲁环〔2026〕7号"
    ((kept,),) = database.sql(f"SELECT narrative FROM cases WHERE id = '{file.case.id}'")
    assert kept == file.case.narrative
    monkeypatch.setenv("RONGCUO_MASK_BEFORE_STORING", "也许")
    with pytest.raises(InputError, match="RONGCUO_MASK_BEFORE_STORING"):
        create(desk, people["inspector"], PERSONAL)


def test_own_cases_are_listed_newest_first_and_in_pages(desk, people):
    author = people["inspector"]
    made = [create(desk, author, f"第{number}次双随机检查，企业隐瞒了证据。").case.id for number in range(5)]
    create(desk, people["inspector2"], STORY)
    assert [case.id for case in mine(desk, author)] == made[::-1]
    assert [case.id for case in mine(desk, author, limit=2, offset=1)] == [made[3], made[2]]
    assert [case.id for case in mine(desk, author, limit=9, offset=4)] == [made[0]]
    assert mine(desk, author, offset=5) == mine(desk, author, limit=0) == ()
    submit(desk, author, made[1], version=2)
    assert [case.id for case in mine(desk, author, statuses=("open",))] == [made[1]]
    with pytest.raises(InputError, match="没有状态"):
        mine(desk, author, statuses=("sideways",))
    with pytest.raises(InputError, match="负数"):
        mine(desk, author, offset=-1)


def test_submit_and_take_back(desk, people):
    author = people["inspector"]
    file = create(desk, author, STORY)
    opened = submit(desk, author, file.case.id, version=file.case.version)
    assert opened.case.status == "open"
    with pytest.raises(StoreError, match="待复核"):
        submit(desk, author, file.case.id, version=opened.case.version)
    back = take_back(desk, author, file.case.id, version=opened.case.version)
    assert back.case.status == "draft"
    with pytest.raises(StoreConflict):
        submit(desk, author, file.case.id, version=opened.case.version)
    again = submit(desk, author, file.case.id, version=back.case.version)
    taken = claim(desk, people["reviewer"], file.case.id, version=again.case.version)
    with pytest.raises(StoreError, match="复核中"):
        take_back(desk, author, file.case.id, version=taken.case.version)
    assert read(desk, author, file.case.id).case.status == "in_review"


def test_an_edit_is_matched_anew_and_the_old_report_stays(desk, people):
    author = people["inspector"]
    file = create(desk, author, STORY, region="alpha")
    new = "突发事件处置中我们临机决断，出现失误，损失不大。"
    edited = edit(desk, author, file.case.id, version=file.case.version, narrative=new, region="beta")
    assert (edited.case.narrative, edited.case.region, edited.report.number) == (new, "beta", 2)
    assert edited.report.report.narrative == new and edited.suggested == ("beta/art1.p1.i1",)
    with desk.store.read() as work:
        assert [stored.report.narrative for stored in work.reports.of_case(file.case.id)] == [STORY, new]
    with pytest.raises(StoreConflict, match="李检查"):
        edit(desk, author, file.case.id, version=file.case.version, narrative=STORY)
    with pytest.raises(InputError, match="没有给出"):
        edit(desk, author, file.case.id, version=edited.case.version)
    with pytest.raises(InputError, match="叙述是空的"):
        edit(desk, author, file.case.id, version=edited.case.version, narrative=" ")
    assert read(desk, author, file.case.id) == edited


def test_what_is_under_review_stands_still(desk, people):
    author = people["inspector"]
    file = create(desk, author, STORY)
    opened = submit(desk, author, file.case.id, version=file.case.version)
    taken = claim(desk, people["reviewer"], file.case.id, version=opened.case.version)
    with pytest.raises(StoreError, match="复核中，不能修改"):
        edit(desk, author, file.case.id, version=taken.case.version, narrative="改过的经过，双随机检查。")
    assert read(desk, author, file.case.id).case.narrative == STORY


def test_a_draft_is_its_author_s_alone(desk, people):
    file = create(desk, people["inspector"], STORY)
    identifier, version = file.case.id, file.case.version
    for role in ("inspector2", "reviewer", "evaluator", "administrator"):
        with pytest.raises(NotAllowed):
            read(desk, people[role], identifier)
        with pytest.raises(NotAllowed):
            history(desk, people[role], identifier)
        for change in (submit, take_back):
            with pytest.raises(NotAllowed):
                change(desk, people[role], identifier, version=version)
        with pytest.raises(NotAllowed):
            edit(desk, people[role], identifier, version=version, narrative=STORY)
    submit(desk, people["inspector"], identifier, version=version)
    assert read(desk, people["reviewer"], identifier).case.id == identifier
    for role in ("inspector2", "evaluator", "administrator"):
        with pytest.raises(NotAllowed):
            read(desk, people[role], identifier)
    with pytest.raises(NotAllowed, match="只有建立案件的人"):
        edit(desk, people["reviewer"], identifier, version=version + 1, narrative=STORY)


def test_roles_without_cases_get_none(desk, people):
    for role in ("evaluator", "administrator"):
        with pytest.raises(NotAllowed, match="执法人员、复核人员"):
            create(desk, people[role], STORY)
        with pytest.raises(NotAllowed):
            mine(desk, people[role])
    with pytest.raises(NotAllowed):
        create(desk, replace(people["inspector"], roles=frozenset()), STORY)
    with pytest.raises(NotAllowed, match="复核人员"):
        queue(desk, people["inspector"])


def test_an_unknown_case_is_said(desk, people):
    with pytest.raises(StoreError, match="没有这个案件"):
        read(desk, people["reviewer"], "../../etc/passwd\x00")


def test_the_history_tells_each_status(desk, people):
    author = people["inspector"]
    file = create(desk, author, STORY)
    file = edit(desk, author, file.case.id, version=file.case.version, narrative=STORY + "后来整改了。")
    file = submit(desk, author, file.case.id, version=file.case.version)
    file = take_back(desk, author, file.case.id, version=file.case.version)
    file = edit(desk, author, file.case.id, version=file.case.version, region="alpha")
    file = submit(desk, author, file.case.id, version=file.case.version)
    claim(desk, people["reviewer"], file.case.id, version=file.case.version)
    events = history(desk, author, file.case.id)
    moves = [event.detail for event in events if event.what == "变更案件状态"]
    assert moves == ["待复核", "草稿", "待复核", "复核中"]
    assert [event.detail for event in events if event.what == "保存匹配结果"] == [
        "第 1 份，5 条建议", "第 2 份，5 条建议", "第 3 份，4 条建议",
    ]  # fmt: skip
    assert (events[0].actor, events[0].what, events[0].detail) == ("李检查", "新建案件", "草稿")
    assert (events[-1].actor, events[-1].what, events[-1].detail) == ("张复核", "分派复核", "第 1 次复核：张复核")
    assert [event.seq for event in events] == sorted(event.seq for event in events)
    assert desk.store.verify().ok
