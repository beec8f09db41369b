"""The layout of the Word templates, after GB/T 9704-2012 (党政机关公文格式) as far as a report with tables can follow it.

page      A4, type area 156 mm x 225 mm: margins 37 mm above, 35 mm below, 28 mm left, 26 mm right (5.1, 5.2)
title     二号小标宋, centred (7.3.1); text 三号仿宋, 28 pt a line, 22 lines a page (5.2.2, 5.2.3)
headings  first level 三号黑体, second level 三号楷体 (7.3.3)
number    — 1 — in 四号宋体, right on odd pages and left on even ones, one character in (7.5)
tables    五号, which the standard leaves open
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

__all__ = ["FONTS", "Cell", "blank_document", "table"]

FONTS = {
    "方正小标宋简体": "方正小标宋_GBK,华文中宋,STZhongsong,宋体",
    "仿宋": "仿宋_GB2312,FangSong,华文仿宋,STFangsong",
    "楷体": "楷体_GB2312,KaiTi,华文楷体,STKaiti",
    "黑体": "SimHei,华文黑体,STHeiti",
    "宋体": "SimSun,华文宋体,STSong",
}
"""Fonts by name, and what Word takes where one is missing (17.8.3.1 altName)."""

_LATIN = "Times New Roman"
_STYLES: Sequence[tuple[str, str, float, float, dict[str, Any]]] = (
    # name, font, size, points a line, more
    ("Normal", "仿宋", 16, 28, {}),
    ("Title", "方正小标宋简体", 22, 34, {"align": WD_ALIGN_PARAGRAPH.CENTER, "after": 14}),
    ("Heading 1", "黑体", 16, 28, {"indent": 2, "before": 12, "keep": True}),
    ("Heading 2", "楷体", 16, 28, {"indent": 2, "before": 8, "keep": True}),
    ("正文段落", "仿宋", 16, 28, {"indent": 2}),
    ("附注", "仿宋", 12, 20, {"indent": 2, "before": 2}),
    ("说明文字", "仿宋", 14, 24, {"indent": 2}),
    ("表头", "黑体", 10.5, 16, {"align": WD_ALIGN_PARAGRAPH.CENTER, "keep": True}),
    ("表格文字", "仿宋", 10.5, 16, {}),
    ("表格居中", "仿宋", 10.5, 16, {"align": WD_ALIGN_PARAGRAPH.CENTER}),
    ("表格标目", "黑体", 10.5, 16, {}),
    ("签字", "仿宋", 14, 24, {"align": WD_ALIGN_PARAGRAPH.RIGHT, "before": 24}),
    ("页码", "宋体", 14, 20, {}),
)

Cell = Sequence[tuple[str, str]]
"""The paragraphs of a table cell as (style, text)."""


def blank_document(title: str) -> Any:  # noqa: ANN401  (python-docx is not typed)
    """Return an empty document with page, styles, page numbers and properties; `title` goes into its properties."""
    document = Document()
    _page(document)
    for style in [style for style in document.styles if style.type == WD_STYLE_TYPE.TABLE and style.name != "Table Grid"]:
        if not style.element.get(qn("w:default")):
            style.delete()
    for name, font, size, line, more in _STYLES:
        _style(document, name, font, size, line, **more)
    _language(document)
    _font_table(document)
    _page_numbers(document)
    core = document.core_properties
    core.title, core.author, core.comments, core.language = title, "容错条款匹配助手", "", "zh-CN"
    return document


def table(document: Any, widths: Sequence[float], rows: Sequence[Sequence[Cell] | str], *, header: bool = True) -> None:  # noqa: ANN401
    """Add a table with columns of `widths` mm; a row that is a text is a loop tag, with `header` the first one repeats."""
    grid = document.add_table(rows=len(rows), cols=len(widths), style="Table Grid")
    grid.autofit, grid.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = Mm(width)
    for number, (row, cells) in enumerate(zip(grid.rows, rows, strict=True)):
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if header and number == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)
        if isinstance(cells, str):
            row.cells[0].paragraphs[0].text = cells
            continue
        for cell, content in zip(row.cells, cells, strict=True):
            _fill(cell, content, shaded=header and number == 0)


def _fill(cell: Any, content: Cell, *, shaded: bool) -> None:  # noqa: ANN401
    for number, (style, text) in enumerate(content):
        paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        paragraph.style, paragraph.text = style, text
    if shaded:
        cell._tc.get_or_add_tcPr().append(parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="EDEDED"/>'))


def _page(document: Any) -> None:  # noqa: ANN401
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    section.footer_distance, section.header_distance = Mm(22), Mm(15)


def _style(document: Any, name: str, font: str, size: float, line: float, **more: Any) -> None:  # noqa: ANN401
    known = {style.name for style in document.styles}
    style = document.styles[name] if name in known else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.quick_style = True
    style.font.size, style.font.bold, style.font.italic, style.font.color.rgb = Pt(size), False, False, RGBColor(0, 0, 0)
    _fonts(style.element.get_or_add_rPr(), font)
    for extra in ("w:spacing", "w:kern"):  # the letters of python-docx's Title stand apart
        for found in style.element.rPr.findall(qn(extra)):
            style.element.rPr.remove(found)
    shape = style.paragraph_format
    for border in shape.element.get_or_add_pPr().findall(qn("w:pBdr")):
        shape.element.pPr.remove(border)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(line)
    shape.space_before, shape.space_after = Pt(more.get("before", 0)), Pt(more.get("after", 0))
    shape.alignment, shape.keep_with_next, shape.widow_control = more.get("align"), more.get("keep", False), True
    if more.get("indent"):
        shape.first_line_indent = Pt(size * more["indent"])
        shape.element.pPr.find(qn("w:ind")).set(qn("w:firstLineChars"), str(100 * more["indent"]))


def _fonts(properties: Any, font: str) -> None:  # noqa: ANN401
    for old in properties.findall(qn("w:rFonts")):  # those of python-docx name the theme's fonts, which win over names
        properties.remove(old)
    fonts = f'w:ascii="{_LATIN}" w:hAnsi="{_LATIN}" w:cs="{_LATIN}" w:eastAsia="{font}" w:hint="eastAsia"'
    properties.insert(0, parse_xml(f"<w:rFonts {nsdecls('w')} {fonts}/>"))


def _language(document: Any) -> None:  # noqa: ANN401
    defaults = document.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    for old in defaults.findall(qn("w:lang")):
        defaults.remove(old)
    defaults.append(parse_xml(f'<w:lang {nsdecls("w")} w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/>'))
    _fonts(defaults, "仿宋")


def _font_table(document: Any) -> None:  # noqa: ANN401
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/><w:family w:val="auto"/></w:font>'
        for name, others in FONTS.items()
    )
    part = next(part for part in document.part.package.iter_parts() if part.partname == "/word/fontTable.xml")
    part._blob = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:fonts {nsdecls("w")}>{fonts}</w:fonts>'.encode()


def _page_numbers(document: Any) -> None:  # noqa: ANN401
    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    sides = (("right", WD_ALIGN_PARAGRAPH.RIGHT, section.footer), ("left", WD_ALIGN_PARAGRAPH.LEFT, section.even_page_footer))
    for side, alignment, footer in sides:
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.style, paragraph.alignment = "页码", alignment
        paragraph.paragraph_format.left_indent = Pt(14) if side == "left" else None
        paragraph.paragraph_format.right_indent = Pt(14) if side == "right" else None
        paragraph.add_run("— ")
        field = parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple>')
        paragraph._p.append(field)
        paragraph.add_run(" —")
