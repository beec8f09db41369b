"""The Word report: what stands in it, what stays text, and an office's own template."""

import io
import zipfile
from dataclasses import replace

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm

from data.errors import FileError
from data.schema import Span
from retrieval.polarity import judge
from tests.reports.samples import STORY, make_batch, make_case, make_match, make_report, sheet_text, word_runs, word_text
from ui.reports.excel import batch_xlsx, case_xlsx
from ui.reports.make_template import make_batch_template, make_case_template
from ui.reports.word import BATCH_TEMPLATE, CASE_TEMPLATE, VARIABLE, batch_docx, case_docx

HOSTILE = (
    "=1+1", "{{ 7*7 }}", "{% for x in y %}", "{# no #}", "{_{ 编号 }_}{_% %_}", "<w:p>&amp;</w:t>&#65;", "]]>", "{%p endif %}",
    "😀𠮷", "<r><t>粗</t></r>", "_x0041_", "'单引号\"双引号“”",
)  # fmt: skip


def test_everything_about_a_case_stands_in_its_report():
    text = word_text(case_docx(make_case(), masked=False))
    assert text.startswith("容错条款匹配情况（供参考）")
    for words in (
        "2026-00007", "山东省", "已办结", "李检查", "2026年11月2日", "条款均出自《试行办法》",
        "（二）履职尽责", "第1条第一项", "条文第1号", "强，92%", "相似度 0.250", "“刘洋主动承担责任”",
        "相近的 1 条程度都低，不列条文，见本节末尾。", "另有 2 条相近程度低",
        "第3条第一项（不予匹配，3%）；第4条第一项（不予匹配，2%）",
        "采纳 1 条、不采纳 1 条、补充 1 条；建议条款中尚未复核 2 条", "两次复核意见不一致 1 条，以第二次为准",
        "改等级（1 级，可争议）", "第二次", "没有主动", "（未写理由）", "第九条第一款", "补充的条文", "张复核",
        "王复核",         "未说明", "“刘洋主动承担责任”", "1．检查时谁在场？", "2026年11月27日", "7日内", "5个工作日内",
        "仅供参考；是否适用由审核人认定", "概率已校准。", "index0123",
        "第 2 份，摘要 dddddddddddddddd", "hybrid：测试", "rongcuo 测试",
    ):  # fmt: skip
        assert words in text, words
    assert "条文第3号" not in text and "{" not in text and "个人信息已经遮盖" not in text


def test_the_evidence_is_bold_and_underlined_and_nothing_else_of_the_narrative():
    runs = [run for paragraph in word_runs(case_docx(make_case(), masked=False)) for run in paragraph]
    assert [told for told, marked in runs if marked] == ["13912345678）按年度计划做了检查", "台账", "刘洋主动承担责任"]
    assert "，配合调查。" in [told for told, marked in runs if not marked]


def test_personal_data_are_masked_by_default_the_same_way_throughout_and_marks_move_along():
    case = make_case(number="13912345678", questions=("刘洋当时在哪里？",))
    text = word_text(case_docx(case))
    assert "刘洋" not in text and "13912345678" not in text and "个人信息已经遮盖" in text
    assert "有笔录为证，〔某甲〕已检查。" in text and "1．〔某甲〕当时在哪里？" in text and "张复核" in text
    marked = [told for paragraph in word_runs(case_docx(case)) for told, found in paragraph if found]
    assert marked == ["〔电话号码〕）按年度计划做了检查", "台账", "〔某甲〕主动承担责任"]
    assert "“〔某甲〕主动承担责任”" in text and text.count("“〔某甲〕主动承担责任”") == 2


def test_a_reason_quotes_the_masked_narrative():
    story = "当事人张建国来信反映情况。我没有把张建国举报的材料隐瞒。"
    second = Span(story.index("我没有"), len(story))
    denied = judge(story, second, "隐瞒、阻挠或者干预调查的", category="disqualifying")
    assert "张建国" in denied.reason
    match = make_match(1, "disqualifying", "强", 0.9, second.of(story), story)
    spoken = tuple(
        replace(match.evidence[0], narrative=span, polarity="contradicts", reason=reason)
        for span, reason in [(second, denied.reason), (Span(0, 6), "后来查明“别处的张建国”"), (Span(3, 12), "“建国”来信")]
    )
    report = make_report(story, (replace(match, evidence=spoken),))
    case, batch = make_case(story, report=report), make_batch(story)
    batch = replace(batch, rows=(replace(batch.rows[0], report=report),))
    for text in (word_text(case_docx(case)), sheet_text(case_xlsx(case)), sheet_text(batch_xlsx(batch))):
        assert "建国" not in text and "“没有把〔某甲〕举报的材料隐瞒”与条款所说" in text
        assert "后来查明“…”" in text and "“〔某甲〕”来信" in text
    assert denied.reason in word_text(case_docx(case, masked=False))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_looks_like_a_template_xml_or_a_formula_is_text(hostile):
    story = f"{hostile}，按计划检查。\n第二段{hostile}"
    report = make_report(story, (make_match(1, "condition", "强", 0.9, hostile, story),))
    said = tuple(replace(one, comment=hostile) for one in make_case().reviews)
    case = make_case(story, report=report, reviews=said, questions=(hostile,), region=hostile, names={"zhang": hostile})
    lines = word_text(case_docx(case, masked=False)).split("\n")
    assert f"{hostile}，按计划检查。" in lines and f"第二段{hostile}" in lines and f"“{hostile}”" in lines
    assert lines.count(hostile) >= 6 and f"1．{hostile}" in lines
    assert hostile in word_text(batch_docx(make_batch(story), masked=False))


def test_characters_that_no_file_can_hold_are_replaced_and_a_long_narrative_is_whole():
    story = "坏\x00\x08\x0b\x1b\ud83d\ufffe字\u2028第二行\r\n第三行\t制表" + "长" * 20_000 + "完"
    text = word_text(case_docx(make_case(story, report=make_report(story, ())), masked=False))
    assert "坏\ufffd\ufffd\n" in text and "\ufffd\ufffd\ufffd字\n第二行\n第三行\t制表长" in text and "长" * 20_000 + "完" in text


def test_a_case_without_suggestions_says_why_and_nothing_is_left_open():
    report = replace(make_report(STORY, ()), abstained=True, reason="叙述太短，不给出建议。")
    case = make_case(report=report, reviews=(), conditions=(), questions=(), deadlines=(), edited=True, kept_back=True)
    text = word_text(case_docx(case))
    assert "没有给出建议：叙述太短，不给出建议。" in text and "另有复核意见，复核结束前不列出。" in text
    assert text.count("未列出。") == 2 and "叙述在匹配之后又有修改" in text and "（一）" not in text
    assert "尚无复核意见。" in word_text(case_docx(replace(case, kept_back=False)))


def test_a_batch_lists_every_row_with_its_first_clauses_or_why_there_are_none():
    text = word_text(batch_docx(make_batch()))
    for words in (
        "共 3 条，给出建议 1 条，没有给出建议 1 条，无法处理 1 条。", "〔电话号码〕（第2行）", "第1条第一项（履职尽责；强，92%）",
        "没有给出建议：叙述太短。", "无法处理：没有地区“火星”。", "仅供参考；是否适用由审核人认定", "index0123",
    ):  # fmt: skip
        assert words in text, words
    assert "13912345678" not in text and "刘洋" not in text and "第3条" not in text
    assert "刘洋" in word_text(batch_docx(make_batch(), masked=False))


def test_a_batch_row_whose_clauses_are_all_improbable_says_so():
    batch = make_batch()
    report = make_report(STORY, (make_match(1, "condition", "不予匹配", 0.05, "台账"),))
    text = word_text(batch_docx(replace(batch, rows=(replace(batch.rows[0], report=report),))))
    assert "没有达到“弱”的条款（不予匹配）。" in text and "第1条" not in text


def test_an_office_may_use_its_own_template(tmp_path, monkeypatch):
    own = Document(str(CASE_TEMPLATE))
    own.paragraphs[0].text = "某某局容错条款匹配情况"
    own.save(str(tmp_path / "own.docx"))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "own.docx"))
    text = word_text(case_docx(make_case()))
    assert text.startswith("某某局容错条款匹配情况") and "2026-00007" in text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (("{{ 说明 }}", "{{ 没有这个 }}"), "没有提供的名称"),
        (("{{ 说明 }}", "{% for x in 建议 %}"), "写法有误"),
        (("{{ 说明 }}", "{{ 编号 + }}"), "写法有误"),
        (("{{ 说明 }}", "{{ 编号.__class__.__mro__ }}"), "不能执行"),
        (("{{ 编号 }}",), "缺少“{{ 说明 }}”"),
        (b"PK\x03\x04 cut off", "不是完好的 .docx"),
        (b"", "不是完好的 .docx"),
        (None, "路径不存在"),
    ],
)
def test_a_broken_template_gives_one_sentence(tmp_path, monkeypatch, content, why):
    path = tmp_path / "own.docx"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        document = Document()
        for line in content:
            document.add_paragraph(line)
        document.save(str(path))
    monkeypatch.setenv(VARIABLE, str(path))
    with pytest.raises(FileError) as caught:
        case_docx(make_case())
    message = str(caught.value)
    assert why in message and str(path) in message and VARIABLE in message and "\n" not in message and message.endswith("。")


def test_a_zip_that_is_no_word_file_is_no_template(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.docx", "w") as package:
        package.writestr("a.txt", "a")
    with pytest.raises(FileError, match="不是完好的 .docx"):
        case_docx(make_case(), template=tmp_path / "x.docx")


@pytest.mark.parametrize(("make", "shipped"), [(make_case_template, CASE_TEMPLATE), (make_batch_template, BATCH_TEMPLATE)])
def test_the_templates_in_the_repository_are_those_of_the_script(tmp_path, make, shipped):
    make(tmp_path / "made.docx")
    made, kept = (_parts(path) for path in (tmp_path / "made.docx", shipped))
    assert made == kept


def _parts(path):
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def _far_eastern(style):
    return style.element.rPr.rFonts.get(qn("w:eastAsia"))


def test_the_page_is_that_of_official_documents():
    document = Document(io.BytesIO(case_docx(make_case())))
    section = document.sections[0]
    sizes = (section.page_width, section.page_height, section.top_margin, section.bottom_margin, section.left_margin)
    assert [round(size / Mm(1)) for size in sizes] == [210, 297, 37, 35, 28]
    fonts = {name: _far_eastern(document.styles[name]) for name in ("Title", "Normal", "Heading 1", "页码")}
    assert (fonts["Title"], fonts["Normal"], fonts["Heading 1"], fonts["页码"]) == ("方正小标宋简体", "仿宋", "黑体", "宋体")
    footers = [footer._element.xml for footer in (section.footer, section.even_page_footer)]
    assert all("— " in footer and 'w:instr="PAGE"' in footer for footer in footers)
    tables = [table for table in document.tables if table.rows[0].cells[0].text == "名次"]
    assert tables and all("w:tblHeader" in table.rows[0]._tr.xml and "w:cantSplit" in table.rows[1]._tr.xml for table in tables)
