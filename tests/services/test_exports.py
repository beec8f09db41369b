"""Who may take which file of a case or a batch, and what the audit trail says of it."""

import pytest

from data.catalogue import matched_regulations
from data.errors import InputError
from data.store.errors import StoreError
from data.store.records import Decision
from retrieval.publish import publish
from retrieval.shelf import Shelf
from tests.publishing.samples import base_matcher, order
from tests.reports.samples import sheet_text, word_text
from ui.services import batch
from ui.services.access import NotAllowed
from ui.services.cases import create, submit
from ui.services.desk import Desk
from ui.services.exports import batch_docx, batch_xlsx, case_docx, case_xlsx
from ui.services.worker import Worker

STORY = "执法人员刘洋，电话13912345678，按年度计划和双随机要求做了检查，企业老板隐瞒了台账和证据。"


@pytest.fixture
def case(desk, people):
    return create(desk, people["inspector"], STORY, region="alpha").case


def actions(desk, subject):
    with desk.store.read() as work:
        return [(row.actor, row.action) for row in work.audit.entries(subject=subject) if row.action.startswith("export")]


@pytest.mark.parametrize(("export", "ending", "text"), [(case_docx, "docx", word_text), (case_xlsx, "xlsx", sheet_text)])
def test_the_author_gets_a_masked_file_and_asks_for_an_open_one(desk, people, case, export, ending, text):
    name, data = export(desk, people["inspector"], case.id)
    assert name == f"容错条款匹配情况_{case.number}.{ending}"
    assert "〔某甲〕" in text(data) and "13912345678" not in text(data) and "李检查" in text(data)
    name, data = export(desk, people["inspector"], case.id, masked=False)
    assert "刘洋" in text(data) and "刘洋" not in name
    assert actions(desk, f"case:{case.id}") == [("li", "export.case.unmasked"), ("li", "export.case")]


@pytest.mark.parametrize("export", [case_docx, case_xlsx])
def test_others_get_none(desk, people, case, export):
    for role in ("inspector2", "reviewer", "evaluator", "administrator"):
        with pytest.raises(NotAllowed):
            export(desk, people[role], case.id)
    with pytest.raises(StoreError):
        export(desk, people["inspector"], "no-such-case")
    assert actions(desk, f"case:{case.id}") == []
    submit(desk, people["inspector"], case.id, version=case.version)
    assert export(desk, people["reviewer"], case.id)[1]
    with pytest.raises(NotAllowed):
        export(desk, people["inspector2"], case.id)


def test_decisions_stay_with_the_reviewer_until_the_case_is_closed(desk, people, case):
    file = submit(desk, people["inspector"], case.id, version=case.version)
    with desk.store.begin("zhang") as work:
        work.assignments.assign(case.id, "zhang", round=1, version=file.case.version)
        work.cases.move(case.id, "in_review", version=file.case.version + 1)
        decisions = [Decision(file.suggested[0], "accept", comment="有笔录"), Decision("beta/art1.p1.i1", "add", 2, "也适用")]
        work.reviews.save(file.report.id, decisions, round=1, version=file.case.version + 2)
    text = word_text(case_docx(desk, people["inspector"], case.id)[1])
    assert "有笔录" not in text and "另有复核意见" in text
    assert "有笔录" in word_text(case_docx(desk, people["reviewer"], case.id)[1])
    with desk.store.begin("zhang") as work:
        work.cases.move(case.id, "closed", version=file.case.version + 3)
    text = word_text(case_docx(desk, people["inspector"], case.id)[1])
    assert "有笔录" in text and "张复核" in text and "《beta》beta/art1.p1.i1" in text and "临机决断" in text


@pytest.mark.parametrize(
    ("number", "shown"), [("刘洋13912345678", None), ("鲁环/2026 第7号", "鲁环-2026-第7号"), ("../../etc", "etc")]
)
def test_file_names_hold_no_personal_data_and_no_paths(desk, people, number, shown):
    case = create(desk, people["inspector"], STORY, region="alpha", number=number).case
    name, _ = case_xlsx(desk, people["inspector"], case.id)
    assert name == f"容错条款匹配情况_{shown or case.id[:8]}.xlsx"


def test_a_case_of_a_shipped_regulation_tells_its_region_and_its_time_limits(desk, people, case, tmp_path):
    base = base_matcher(tmp_path / "cache")
    shandong = next(regulation for regulation in matched_regulations() if regulation.id == "shandong-2019")
    publish(tmp_path / "library", [shandong], base, order(0))
    desk = Desk(desk.store, Shelf(tmp_path / "library", base), desk.folder)
    with desk.store.begin("li") as work:
        work.cases.edit(case.id, region="shandong-2019", version=case.version)
    text = word_text(case_docx(desk, people["inspector"], case.id)[1])
    assert "山东省" in text and "告知容错决定" in text and "容错决定作出，7日内" in text


def test_a_case_without_a_report_is_to_be_matched_first(desk, people):
    with desk.store.begin("li") as work:
        bare = work.cases.add(region="all", narrative=STORY)
    with pytest.raises(InputError, match="请先匹配"):
        case_docx(desk, people["inspector"], bare.id)


@pytest.mark.parametrize(("export", "ending", "text"), [(batch_docx, "docx", word_text), (batch_xlsx, "xlsx", sheet_text)])
def test_a_batch_is_for_its_owner_once_it_has_ended(desk, people, export, ending, text):
    job = batch.submit(desk, people["inspector"], "a.csv", f"id,text,region\n1,{STORY},alpha\n2,出事了,all\n".encode())
    with pytest.raises(InputError, match="还没有做完"):
        export(desk, people["inspector"], job.id)
    assert Worker(desk).step()
    name, data = export(desk, people["inspector"], job.id)
    assert name.startswith("容错条款批量匹配情况_20") and name.endswith(f"_{job.id[:8]}.{ending}")
    assert (
        "共 2 条，给出建议 1 条，没有给出建议 1 条" in text(data)
        and "刘洋" not in text(data)
        and "alpha/art1.p1.i1" in text(data)
    )
    assert "刘洋" in text(export(desk, people["inspector"], job.id, masked=False)[1])
    assert actions(desk, f"job:{job.id}") == [("li", "export.batch.unmasked"), ("li", "export.batch")]
    with pytest.raises(StoreError):
        export(desk, people["inspector2"], job.id)
    with pytest.raises(NotAllowed):
        export(desk, people["administrator"], job.id)
