"""Word files made by python-docx, or part by part where python-docx cannot write what Word does."""

import io
import zipfile

import pytest
from docx import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn

from data.errors import FileError
from data.ordinals import ordinal
from data.readers import read_bytes_as_text

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NAMESPACES = (
    f'xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:v="urn:schemas-microsoft-com:vml"'
)
_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATION = '<Relationship Id="r{0}" Type="' + _OFFICE + '/{1}" Target="{2}"/>'


def relations(*pairs):
    inner = "".join(_RELATION.format(index, kind, target) for index, (kind, target) in enumerate(pairs))
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>'


def package(body, numbering="", styles="", extra=None):
    """A .docx from the inner XML of its parts."""
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": relations(("officeDocument", "word/document.xml")),
        "word/_rels/document.xml.rels": relations(("styles", "styles.xml"), ("numbering", "/word/numbering.xml")),
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
    }
    if numbering:
        parts["word/numbering.xml"] = f"<w:numbering {NAMESPACES}>{numbering}</w:numbering>"
    if styles:
        parts["word/styles.xml"] = f"<w:styles {NAMESPACES}>{styles}</w:styles>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in {**parts, **(extra or {})}.items():
            zipped.writestr(name, content)
    return buffer.getvalue()


def p(text="", number=None, level=None, style=None, mark=""):
    """A paragraph; `number` and `level` are its own numId and ilvl."""
    level = "" if level is None else f'<w:ilvl w:val="{level}"/>'
    number = "" if number is None else f'<w:numId w:val="{number}"/>'
    numbered = f"<w:numPr>{level}{number}</w:numPr>" if level or number else ""
    styled = f'<w:pStyle w:val="{style}"/>' if style else ""
    mark = f"<w:rPr>{mark}</w:rPr>" if mark else ""
    run = text if text.startswith("<") else f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'
    return f"<w:p><w:pPr>{styled}{numbered}{mark}</w:pPr>{run}</w:p>"


def level(index, template, fmt="decimal", start=1, suffix="nothing", more=""):
    return (
        f'<w:lvl w:ilvl="{index}"><w:start w:val="{start}"/><w:numFmt w:val="{fmt}"/>{more}'
        f'<w:suff w:val="{suffix}"/><w:lvlText w:val="{template}"/></w:lvl>'
    )


def abstract(number, *levels):
    return f'<w:abstractNum w:abstractNumId="{number}">{"".join(levels)}</w:abstractNum>'


def num(number, of, *overrides):
    return f'<w:num w:numId="{number}"><w:abstractNumId w:val="{of}"/>{"".join(overrides)}</w:num>'


def override(index, start):
    return f'<w:lvlOverride w:ilvl="{index}"><w:startOverride w:val="{start}"/></w:lvlOverride>'


def read(data):
    return read_bytes_as_text(data, ".docx", "规定.docx")


def lines(body, numbering="", styles=""):
    return read(package(body, numbering, styles)).split("\n")


CHINESE = "chineseCountingThousand"
ARTICLES = abstract(0, level(0, "第%1条", CHINESE, suffix="space"), level(1, "(%2)", CHINESE), level(2, "%3.", suffix="tab"))


ONE_LIST = ARTICLES + num(1, 0)


def python_docx_file(paragraphs, numbering=ONE_LIST, prepare=None):
    """A .docx as python-docx writes it; `paragraphs` are (text, level or None) of list 1, or (text, style name)."""
    document = Document()
    root = document.part.numbering_part.element
    for child in list(root):
        root.remove(child)
    for child in parse_xml(f"<w:numbering {NAMESPACES}>{numbering}</w:numbering>"):
        root.append(child)
    if prepare:
        prepare(document)
    for text, how in paragraphs:
        paragraph = document.add_paragraph(text, style=how if isinstance(how, str) else None)
        if isinstance(how, int):
            paragraph._p.get_or_add_pPr().append(num_pr(1, how))
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def num_pr(number, at=None):
    properties = OxmlElement("w:numPr")
    for tag, content in (("w:ilvl", at), ("w:numId", number)):
        if content is not None:
            element = OxmlElement(tag)
            element.set(qn("w:val"), str(content))
            properties.append(element)
    return properties


# Automatic numbers


def test_articles_and_items_of_a_python_docx_file():
    texts = [("总则", None), ("为了容错，", 0), ("有下列情形之一的：", 0), ("无意过失；", 1), ("先行先试。", 1)]
    data = python_docx_file([*texts, ("本办法自发布之日起施行。", 0)])
    assert read(data).split("\n") == [
        "总则",
        "第一条 为了容错，",
        "第二条 有下列情形之一的：",
        "(一)无意过失；",
        "(二)先行先试。",
        "第三条 本办法自发布之日起施行。",
    ]


def test_items_restart_after_each_article_and_articles_run_on():
    body = "".join(p(text, 1, at) for text, at in zip("abcdefgh", (0, 1, 1, 0, 1, 2, 2, 1), strict=True))
    expected = ["第一条 a", "(一)b", "(二)c", "第二条 d", "(一)e", "1. f", "2. g", "(二)h"]
    assert lines(body, ARTICLES + num(1, 0)) == expected


def test_numbering_through_a_style_and_a_style_based_on_it():
    def prepare(document):
        for name, base, how in (("条", None, num_pr(1)), ("项", None, num_pr(1)), ("条二", "条", None)):
            style = document.styles.add_style(name, 1)
            style.base_style = document.styles[base] if base else None
            if how is not None:
                style.element.get_or_add_pPr().append(how)

    document = Document()
    ids = [document.styles.add_style(name, 1).style_id for name in ("条", "项")]
    article, item = [f'<w:pStyle w:val="{style}"/>' for style in ids]
    numbering = abstract(0, level(0, "第%1条", CHINESE, suffix="tab", more=article), level(1, "（%2）", CHINESE, more=item))
    texts = [("甲", "条"), ("乙", "项"), ("丙", "项"), ("丁", "条二"), ("戊", "项")]
    data = python_docx_file(texts, numbering + num(1, 0), prepare)
    assert read(data).split("\n") == ["第一条 甲", "（一）乙", "（二）丙", "第二条 丁", "（一）戊"]


def style(name, inner="", base="", more=""):
    based = f'<w:basedOn w:val="{base}"/>' if base else ""
    return f'<w:style w:type="paragraph" {more} w:styleId="{name}"><w:name w:val="{name}"/>{based}{inner}</w:style>'


def numbered(number=None, at=None):
    at = "" if at is None else f'<w:ilvl w:val="{at}"/>'
    number = "" if number is None else f'<w:numId w:val="{number}"/>'
    return f"<w:pPr><w:numPr>{at}{number}</w:numPr></w:pPr>"


def test_a_style_may_take_the_list_from_its_base_and_only_change_the_level():
    styles = style("H1", numbered(1)) + style("H2", numbered(at=1), base="H1")
    body = p("a", style="H1") + p("b", style="H2") + p("c", style="H2") + p("d", style="H1")
    assert lines(body, ARTICLES + num(1, 0), styles) == ["第一条 a", "(一)b", "(二)c", "第二条 d"]


def test_number_zero_switches_the_number_of_the_style_off():
    body = p("a", style="H1") + p("b", 0, style="H1") + p("c", style="H1")
    assert lines(body, ARTICLES + num(1, 0), style("H1", numbered(1))) == ["第一条 a", "b", "第二条 c"]


def test_own_numbering_wins_over_the_style():
    body = p("a", 1, 1, style="H1") + p("b", style="H1")
    assert lines(body, ARTICLES + num(1, 0), style("H1", numbered(1))) == ["(一)a", "第一条 b"]


def test_default_paragraph_style_is_applied():
    styles = style("Base", numbered(1), more='w:default="1"')
    assert lines(p("a") + p("b"), ARTICLES + num(1, 0), styles) == ["第一条 a", "第二条 b"]


def test_styles_based_on_each_other_in_a_circle_end():
    styles = style("A", base="B") + style("B", base="A")
    assert lines(p("a", style="A"), ARTICLES + num(1, 0), styles) == ["a"]


def test_lists_of_one_abstract_list_go_on_and_a_start_override_restarts_once():
    numbering = ARTICLES + num(1, 0) + num(2, 0) + num(3, 0, override(0, 1)) + num(4, 0, override(0, 7))
    body = "".join(p(text, number, 0) for text, number in [("a", 1), ("b", 2), ("c", 3), ("d", 3), ("e", 4), ("f", 4)])
    assert lines(body, numbering) == ["第一条 a", "第二条 b", "第一条 c", "第二条 d", "第七条 e", "第八条 f"]


def test_lists_of_different_abstract_lists_count_apart():
    numbering = ARTICLES + abstract(1, level(0, "第%1章", "chineseCounting", suffix="space")) + num(1, 0) + num(2, 1)
    body = p("总则", 2, 0) + p("a", 1, 0) + p("附则", 2, 0) + p("b", 1, 0)
    assert lines(body, numbering) == ["第一章 总则", "第一条 a", "第二章 附则", "第二条 b"]


def test_level_override_replaces_the_level():
    replaced = f'<w:lvlOverride w:ilvl="0">{level(0, "%1、", CHINESE, start=3)}</w:lvlOverride>'
    assert lines(p("a", 1, 0) + p("b", 1, 0), ARTICLES + num(1, 0, replaced)) == ["三、a", "四、b"]


def test_restart_never_keeps_articles_running_through_chapters():
    for restart, expected in (('<w:lvlRestart w:val="0"/>', "第三条c"), ("", "第一条c")):
        numbering = abstract(0, level(0, "第%1章", CHINESE), level(1, "第%2条", CHINESE, more=restart)) + num(1, 0)
        body = p("A", 1, 0) + p("a", 1, 1) + p("b", 1, 1) + p("B", 1, 0) + p("c", 1, 1)
        assert lines(body, numbering) == ["第一章A", "第一条a", "第二条b", "第二章B", expected]


def test_restart_after_a_named_level_only():
    third = level(2, "%3)", more='<w:lvlRestart w:val="1"/>')
    numbering = abstract(0, level(0, "%1."), level(1, "%1.%2"), third) + num(1, 0)
    body = "".join(p("", 1, at) for at in (0, 1, 2, 1, 2, 0, 2))
    assert lines(body, numbering) == ["1.", "1.1", "1)", "1.2", "2)", "2.", "1)"]


def test_several_levels_in_one_number_and_legal_numbering():
    plain = abstract(0, level(0, "第%1章", CHINESE), level(1, "%1.%2 "))
    legal = abstract(1, level(0, "第%1章", CHINESE), level(1, "%1.%2 ", more="<w:isLgl/>"))
    for of, expected in ((0, "二.1 c"), (1, "2.1 c")):
        body = p("a", 1, 0) + p("b", 1, 0) + p("c", 1, 1)
        assert lines(body, plain + legal + num(1, of)) == ["第一章a", "第二章b", expected]


def test_a_higher_level_that_never_occurred_shows_its_start():
    numbering = abstract(0, level(0, "%1."), level(1, "%1.%2 ")) + num(1, 0)
    assert lines(p("a", 1, 1) + p("b", 1, 1), numbering) == ["1.1 a", "1.2 b"]


def test_list_that_takes_its_levels_from_a_numbering_style():
    numbering = (
        '<w:abstractNum w:abstractNumId="5"><w:numStyleLink w:val="条款"/></w:abstractNum>' + ARTICLES + num(1, 5) + num(2, 0)
    )
    styles = f'<w:style w:type="numbering" w:styleId="条款"><w:name w:val="条款"/>{numbered(2)}</w:style>'
    assert lines(p("a", 1, 0) + p("b", 2, 0), numbering, styles) == ["第一条 a", "第二条 b"]


def test_a_numbering_style_that_leads_to_itself_ends():
    numbering = '<w:abstractNum w:abstractNumId="5"><w:numStyleLink w:val="S"/></w:abstractNum>' + num(1, 5)
    styles = f'<w:style w:type="numbering" w:styleId="S"><w:name w:val="S"/>{numbered(1)}</w:style>'
    assert lines(p("a", 1, 0), numbering, styles) == ["a"]


def test_bullets_and_missing_definitions_leave_the_text_alone():
    numbering = abstract(0, level(0, "\uf0b7", "bullet"), level(1, "", "none"), level(2, "附：", "none")) + num(1, 0) + num(2, 9)
    body = p("a", 1, 0) + p("b", 1, 1) + p("c", 2, 0) + p("d", 77, 0) + p("e", 1, 8) + p("f", 1, 2)
    assert lines(body, numbering) == ["a", "b", "c", "d", "e", "附：f"]
    assert lines(p("a", 1, 0)) == ["a"]  # no numbering part at all


def test_newer_formats_fall_back_and_empty_numbered_paragraphs_count():
    custom = (
        '<mc:AlternateContent><mc:Choice Requires="w14"><w:numFmt w:val="custom" w:format="001, 002"/></mc:Choice>'
        '<mc:Fallback><w:numFmt w:val="decimalZero"/></mc:Fallback></mc:AlternateContent>'
    )
    numbering = (
        f'<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/>{custom}<w:lvlText w:val="%1."/></w:lvl>'
        f"</w:abstractNum>{num(1, 0)}"
    )
    assert lines(p("a", 1, 0) + p("", 1, 0) + p("c", 1, 0), numbering) == ["01. a", "02. ", "03. c"]


def test_nonsense_in_numbering_is_survived():
    numbering = abstract(0, level("x", "%1"), level(0, "%1%9", start="many")) + num(1, 0, override("?", 2), override(0, "?"))
    assert lines(p("a", 1, 0), numbering) == ["0a"]
    with pytest.raises(FileError, match="结构异常"):  # Python writes no number of more than 4300 digits
        lines(p("a", 1, 0) + p("b", 1, 0), abstract(0, level(0, "%1", start="9" * 4300)) + num(1, 0))


@pytest.mark.parametrize(
    ("style_name", "expected"),
    [
        ("decimal", "1 10 11 20 101 110 1001"),
        ("decimalZero", "01 10 11 20 101 110 1001"),
        ("chineseCountingThousand", "一 十 十一 二十 一百零一 一百一十 一千零一"),
        ("chineseCounting", "一 十 十一 二十 一〇一 一一〇 一〇〇一"),
        ("taiwaneseCounting", "一 十 十一 二十 一〇一 一一〇 一〇〇一"),
        ("taiwaneseCountingThousand", "一 十 十一 二十 一百零一 一百一十 一千零一"),
        ("ideographDigital", "一 一〇 一一 二〇 一〇一 一一〇 一〇〇一"),
        ("japaneseCounting", "一 十 十一 二十 百一 百十 千一"),
        ("chineseLegalSimplified", "壹 壹拾 壹拾壹 贰拾 壹佰零壹 壹佰壹拾 壹仟零壹"),
        ("upperRoman", "I X XI XX CI CX MI"),
        ("lowerRoman", "i x xi xx ci cx mi"),
        ("lowerLetter", "a j k t wwww fffff mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm"),
        ("decimalEnclosedCircle", "① ⑩ ⑪ ⑳ 101 110 1001"),
        ("ideographTraditional", "甲 癸 11 20 101 110 1001"),
        ("decimalFullWidth", "１ １０ １１ ２０ １０１ １１０ １００１"),
        ("none", "      "),
        ("unknownFormat", "1 10 11 20 101 110 1001"),
    ],
)
def test_number_formats(style_name, expected):
    values = [1, 10, 11, 20, 101, 110, 1001]
    written = [ordinal(value, style_name) for value in values]
    if style_name == "lowerLetter":  # item 1001 would be 39 letters; past 30 the plain number is shown
        expected = expected.rsplit(" ", 1)[0] + " 1001"
    assert " ".join(written) == expected


def test_number_formats_out_of_range():
    assert ordinal(0, CHINESE) == "0" and ordinal(-3, "upperRoman") == "-3"
    assert ordinal(4000, "upperRoman") == "4000" and ordinal(10**9, CHINESE) == "1000000000"
    assert ordinal(20_005, CHINESE) == "二万零五"


# Text


def test_tables_come_where_they_stand_row_by_row():
    document = Document()
    document.add_paragraph("前")
    table = document.add_table(2, 2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ("序号", "情形", "1", "无意过失"), strict=True):
        cell.text = text
    document.add_paragraph("后")
    buffer = io.BytesIO()
    document.save(buffer)
    assert read(buffer.getvalue()).split("\n") == ["前", "序号\t情形", "1\t无意过失", "后"]


def cell(*paragraphs, properties=""):
    return f"<w:tc>{properties}{''.join(paragraphs)}</w:tc>"


def table(*rows):
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"


def test_layout_tables_keep_their_lines_and_numbers_count_in_cells():
    body = table(cell(p("a", 1, 0), p("b", 1, 0)) + cell(p("c"))) + table(cell(p("", 1, 0)) + cell(p("d"))) + p("e", 1, 0)
    assert lines(body, ARTICLES + num(1, 0)) == ["第一条 a", "第二条 b", "c", "第三条\td", "第四条 e"]


def test_nested_tables_merged_cells_deleted_rows_and_controls():
    merged = "<w:tcPr><w:vMerge/></w:tcPr>"
    inner = table(cell(p("x")) + cell(p("y")))
    rows = [
        cell(p("a")) + cell(inner, p()),
        cell(p("看不见"), properties=merged) + f"<w:sdt><w:sdtContent>{cell(p('b'))}</w:sdtContent></w:sdt>",
        "<w:trPr><w:del/></w:trPr>" + cell(p("删去的行")),
    ]
    assert lines(table(*rows)) == ["a\tx\ty", "b"]


def test_breaks_tabs_hyphens_and_symbols():
    run = (
        '<w:r><w:t>甲</w:t><w:br/><w:t>乙</w:t><w:tab/><w:t>丙</w:t><w:noBreakHyphen/><w:sym w:font="Wingdings" w:char="F0A8"/>'
        '<w:sym w:font="Arial" w:char="221A"/><w:softHyphen/><w:cr/><w:t>丁\u00a0\u200b戊</w:t></w:r>'
    )
    assert lines(p(run)) == ["甲", "乙\t丙-√", "丁 戊"]


def test_deleted_text_goes_inserted_stays_and_moves_count_once():
    run = "<w:r><w:t>{}</w:t></w:r>"
    body = (
        f"<w:del><w:r><w:delText>删</w:delText></w:r></w:del><w:ins>{run.format('增')}</w:ins>"
        f"<w:moveFrom>{run.format('移')}</w:moveFrom><w:moveTo>{run.format('到')}</w:moveTo>"
        f'<w:hyperlink w:anchor="x">{run.format("链")}</w:hyperlink><w:smartTag>{run.format("签")}</w:smartTag>'
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>隐</w:t></w:r>"
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>显</w:t></w:r>'
    )
    assert lines(p(body)) == ["增到链签显"]


def test_a_deleted_paragraph_takes_no_number_and_a_deleted_end_joins():
    gone = p("<w:del><w:r><w:delText>旧</w:delText></w:r></w:del>", 1, 0, mark="<w:del/>")
    body = p("a", 1, 0) + gone + p("b", 1, 0) + p("前半", mark="<w:del/>") + p("后半", 1, 0) + p("末", mark="<w:del/>")
    assert lines(body, ARTICLES + num(1, 0)) == ["第一条 a", "第二条 b", "第三条 前半后半", "末"]


def test_field_codes_go_and_field_results_stay():
    def mark(kind):
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    code, result = "<w:r><w:instrText>REF x</w:instrText></w:r>", "<w:r><w:t>第三条</w:t></w:r>"
    nested = mark("begin") + code + "<w:r><w:t>码</w:t></w:r>" + mark("separate") + result + mark("end")
    unclosed = mark("begin") + code + "<w:r><w:t>码</w:t></w:r>"
    simple = '<w:fldSimple w:instr="REF y"><w:r><w:t>第四条</w:t></w:r></w:fldSimple>'
    assert lines(p("<w:r><w:t>见</w:t></w:r>" + nested) + p(unclosed + mark("end")) + p(simple)) == ["见第三条", "", "第四条"]
    assert lines(p(unclosed) + p("下一段") + p(mark("end") + mark("end"))) == ["", "下一段", ""]


def test_text_boxes_come_once_after_their_paragraph():
    box = "<w:txbxContent>" + p("框内", 1, 0) + "</w:txbxContent>"
    shape = (
        f'<mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent>"
    )
    old = f"<w:pict><v:textbox>{box}</v:textbox></w:pict>"
    body = p(f"<w:r><w:t>甲</w:t>{shape}</w:r>") + p(f"<w:r>{old}<w:t>乙</w:t></w:r>")
    assert lines(body, ARTICLES + num(1, 0)) == ["甲", "第一条 框内", "乙", "第二条 框内"]


def test_tables_of_contents_headers_and_notes_are_left_out():
    contents = (
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
        f"<w:sdtContent>{p('目录')}</w:sdtContent></w:sdt>"
    )
    styles = '<w:style w:type="paragraph" w:styleId="10"><w:name w:val="toc 1"/></w:style>'
    note = '<w:r><w:t>正文</w:t><w:footnoteReference w:id="2"/></w:r>'
    data = package(
        contents + p("第一章 总则\t1", style="10") + p(note) + "<w:sectPr/>",
        styles=styles,
        extra={"word/header1.xml": f"<w:hdr {NAMESPACES}>{p('页眉')}</w:hdr>"},
    )
    assert read(data) == "正文"


def test_strict_files_and_dangling_relations_are_read():
    data = package(p("第一条 严格", 1, 0), ARTICLES + num(1, 0))
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        parts = {name: old.read(name).decode() for name in old.namelist()}
    strict = {
        name: text.replace(W, "http://purl.oclc.org/ooxml/wordprocessingml/main").replace(
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships"
        )
        for name, text in parts.items()
    }
    strict["word/_rels/document.xml.rels"] = relations(("image", "NULL"), ("numbering", "numbering.xml"), ("styles", "no.xml"))
    assert read(package("", extra=strict)) == "第一条 第一条 严格"


# Refusals


def refused(data, suffix=".docx"):
    with pytest.raises(FileError) as caught:
        read_bytes_as_text(data, suffix, "规定.docx")
    message = str(caught.value)
    assert "规定.docx" in message and message.endswith("。") and "\n" not in message
    return message


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def test_zip_bombs_are_refused():
    many = {f"word/media/{index}.bin": b"" for index in range(10_001)}
    assert "异常庞大" in refused(package(p("x"), extra={"word/media/a.bin": b"\0" * (30 * 2**20)}))
    assert "异常庞大" in refused(package(p("x"), extra=many))


def test_broken_encrypted_and_foreign_zips_are_refused():
    good = package(p("x"))
    assert "已损坏" in refused(good[: len(good) // 2])
    assert "没有 Word 正文" in refused(good.replace(b"word/document.xml", b"word/other_xml.xml"[:17]))
    assert "Excel" in refused(zipped(**{"xl/workbook.xml": "", "[Content_Types].xml": ""}))
    assert "OFD" in refused(zipped(**{"OFD.xml": ""}))
    assert "压缩包" in refused(zipped(**{"a.txt": "第一条"}))
    assert "压缩包" in refused(zipped())
    assert "没有 Word 正文" in refused(package("", extra={"word/document.xml": "<a/>"}))
    assert "没有文字" in refused(package(p("")))
    assert "已损坏" in refused(package("<w:p>", extra={}))
    protected = bytearray(good)
    for at in range(len(good) - 8):  # the flag bit of every member, as archivers with a password set it
        if good[at : at + 4] == b"PK\x03\x04":
            protected[at + 6] |= 1
        elif good[at : at + 4] == b"PK\x01\x02":
            protected[at + 8] |= 1
    assert "密码" in refused(bytes(protected))


def test_entities_and_deep_nesting_do_no_harm():
    laughs = '<!DOCTYPE w:document [<!ENTITY a "哈哈哈哈哈哈哈哈"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
    document = f"{laughs}<w:document {NAMESPACES}><w:body>{p('<w:r><w:t>x&b;&f;</w:t></w:r>')}</w:body></w:document>"
    assert read(package("", extra={"word/document.xml": document})) == "x"
    deep = "<w:sdt><w:sdtContent>" * 400 + p("x") + "</w:sdtContent></w:sdt>" * 400
    assert "规定.docx" in refused(package(deep))


def test_old_word_and_protected_files_are_refused():
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    for suffix in (".docx", ".doc", ".txt", ".pdf"):
        old = refused(ole + "WordDocument".encode("utf-16-le"), suffix)
        assert old == "“规定.docx”是旧版 Word（.doc）文件，请另存为 .docx 后再试。"
        assert "密码" in refused(ole + "EncryptedPackage".encode("utf-16-le"), suffix)
        assert "旧版 Office" in refused(ole + "Workbook".encode("utf-16-le"), suffix)
