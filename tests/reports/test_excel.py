"""The Excel report: what stands in it, and that every text is text."""

import io
import zipfile
from dataclasses import replace

import openpyxl
import pytest

from tests.reports.samples import STORY, make_batch, make_case, make_match, make_report, sheet_text, sheets
from tests.reports.test_word import HOSTILE
from ui.reports.excel import batch_xlsx, case_xlsx


def test_everything_about_a_case_stands_in_its_sheets():
    found = sheets(case_xlsx(make_case(), masked=False))
    assert list(found) == ["概况", "建议条款", "复核意见", "条件", "待核实", "程序期限", "事情经过"]
    facts = {row[0]: row[1] for row in found["概况"]}
    assert facts["案件编号"] == "2026-00007" and facts["模型"] == "m" * 64 and "d" * 64 in facts["匹配结果"]
    assert "仅供参考；是否适用由审核人认定" in facts["说明"] and facts["个人信息"] == "未遮盖，请妥善保管"
    head, first, second, third, _ = found["建议条款"]
    assert dict(zip(head, first, strict=True)) == {
        "名次": 1, "类别": "履职尽责", "条款": "《试行办法》第1条第一项", "条文": "条文第1号",
        "相似度": 0.25, "概率": 0.92, "程度": "强",
        "叙述中的依据": "“13912345678）按年度计划做了检查”", "第一次复核": "采纳", "第二次复核": None,
    }  # fmt: skip
    assert second[-2:] == ["改等级（1 级，可争议）", "不采纳"] and third[6] == "不予匹配"
    added = found["复核意见"][4]
    assert added[:6] == ["《试行办法》第九条第一款", 1, "补充条款", "2 级，直接成立", "漏了一条", "张复核"]
    assert added[6].startswith("2026年11月2日")
    assert found["程序期限"][1:] == [["提出申请", "2026年11月27日", "5个工作日内"], ["告知", "7日内", None]]
    assert found["条件"][2] == ["主动承担责任", "叙述支持", "“刘洋主动承担责任”"] and found["待核实"][1] == ["检查时谁在场？"]
    assert [row[0] for row in found["事情经过"][1:]] == STORY.split("\n")


def test_evidence_is_bold_and_underlined():
    with zipfile.ZipFile(io.BytesIO(case_xlsx(make_case(), masked=False))) as package:
        shared = package.read("xl/sharedStrings.xml").decode()
    assert '<b/><u/><sz val="10.5"/><color theme="1"/><rFont val="宋体"/><family val="2"/></rPr><t>刘洋主动承担责任</t>' in shared


def test_personal_data_are_masked_by_default():
    for data in (case_xlsx(make_case()), batch_xlsx(make_batch())):
        text = sheet_text(data)
        assert "刘洋" not in text and "13912345678" not in text and "〔某甲〕" in text and "已遮盖" in text
    assert "刘洋" in sheet_text(batch_xlsx(make_batch(), masked=False))


@pytest.mark.parametrize("hostile", [*HOSTILE, "+1", "-1", "@SUM(A1)", "http://a.b/", "12", "<r>裸</b></r>"])
def test_every_text_stays_text(hostile):
    story = f"{hostile}\n按计划检查{hostile}"
    report = make_report(story, (make_match(1, "condition", "强", 0.9, hostile, story),))
    said = tuple(replace(one, comment=hostile) for one in make_case().reviews)
    data = case_xlsx(make_case(story, report=report, reviews=said, questions=(hostile,), region=hostile), masked=False)
    found = sheets(data)
    assert found["待核实"][1] == [hostile] and found["概况"][3][1] == hostile and found["复核意见"][1][4] == hostile
    assert [row[0] for row in found["事情经过"][1:]] == [hostile, f"按计划检查{hostile}"]
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "n"} and not any(
        cell.hyperlink for cell in cells
    )
    assert hostile in sheet_text(batch_xlsx(make_batch(story), masked=False))


def test_what_no_cell_can_hold_is_replaced_cut_or_spread_over_rows():
    story = "坏\x00\ud83d\ufffe字" + "😀" * 20_000 + "完"
    found = sheets(case_xlsx(make_case(story, report=make_report(story, ()), questions=(story,)), masked=False))
    assert "".join(row[0] for row in found["事情经过"][1:]) == "坏\ufffd\ufffd\ufffd字" + "😀" * 20_000 + "完"
    asked = found["待核实"][1][0]
    assert len(asked.encode("utf-16-le")) // 2 <= 32_767 and asked.endswith("从略）") and "\ufffd\ufffd\ufffd字😀" in asked


def test_empty_sheets_say_so():
    case = make_case(reviews=(), conditions=(), questions=(), deadlines=(), report=make_report(STORY, ()))
    found = sheets(case_xlsx(case))
    assert all(found[name][1][0] == "无" for name in ("建议条款", "复核意见", "条件", "待核实", "程序期限"))


def test_a_batch_has_a_row_for_each_narrative_and_each_clause():
    found = sheets(batch_xlsx(make_batch()))
    assert [row[1] for row in found["叙述"]] == ["编号", "〔电话号码〕（第2行）", "b", "c"]
    assert [row[4] for row in found["叙述"][1:]] == ["列出 4 条", "没有给出建议：叙述太短。", "无法处理：没有地区“火星”。"]
    assert [row[2] for row in found["条款"][1:]] == [1, 2, 3, 4]
