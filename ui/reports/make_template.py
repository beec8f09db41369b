"""Make the Word templates that come with the program: ``python -m ui.reports.make_template``.

An office opens ``ui/reports/templates/case.docx`` in Word or WPS, changes what it likes and saves it elsewhere;
RONGCUO_REPORT_TEMPLATE names that file. Names in {{ }} are filled in, {%p … %} repeats or leaves out paragraphs, {%tr … %} rows.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from ui.reports.template_layout import Cell, blank_document, table
from ui.reports.word import BATCH_TEMPLATE, CASE_TEMPLATE

__all__ = ["make_batch_template", "make_case_template"]

_MADE = datetime(2026, 11, 22)  # the same file each time


def make_case_template(path: Path) -> None:
    """Write the template of a case to `path`."""
    document = blank_document("容错条款匹配情况")
    document.add_paragraph("容错条款匹配情况（供参考）", style="Title")
    _facts(document, (("案件编号", "编号", "案件状态", "状态"), ("适用范围", "范围", "经办人", "经办人"),
                      ("建档日期", "建档日期", "匹配时间", "匹配时间")))  # fmt: skip
    document.add_paragraph("一、事情经过", style="Heading 1")
    _narrative(document)
    document.add_paragraph("二、建议条款", style="Heading 1")
    document.add_paragraph("{{ 建议概况 }}", style="正文段落")
    _source(document)
    _suggestions(document)
    document.add_paragraph("三、复核意见", style="Heading 1")
    document.add_paragraph("{{ 复核概况 }}", style="正文段落")
    _reviews(document)
    document.add_paragraph("四、条件与待核实事项", style="Heading 1")
    _picture(document)
    document.add_paragraph("五、程序期限", style="Heading 1")
    _deadlines(document)
    document.add_paragraph("六、说明", style="Heading 1")
    _closing(document, "复核人（签字）：　　　　　　　　　　　　年　　月　　日")
    _save(document, path)


def make_batch_template(path: Path) -> None:
    """Write the template of a batch to `path`."""
    document = blank_document("容错条款批量匹配情况")
    document.add_paragraph("容错条款批量匹配情况（供参考）", style="Title")
    _facts(document, (("任务编号", "任务", "提交人", "提交人"), ("提交时间", "提交时间", "导出时间", "导出时间")))
    document.add_paragraph("一、匹配结果", style="Heading 1")
    document.add_paragraph("{{ 概况 }}", style="正文段落")
    _source(document)
    document.add_paragraph("{{ 附注 }}", style="附注")
    head = [_head("序号"), _head("编号和范围"), _head("事情经过"), _head("最相近的条款")]
    row: list[Cell] = [
        [("表格居中", "{{ 行.序号 }}")],
        [("表格标目", "{{ 行.编号 }}"), ("表格文字", "{{ 行.范围 }}")],
        [("表格文字", "{{ 行.经过 }}")],
        [
            ("表格文字", "{%p for 条 in 行.条款 %}"),
            ("表格文字", "{{ 条.引用 }}（{{ 条.类别 }}；{{ 条.程度 }}）"),
            ("表格文字", "{%p endfor %}"),
            ("表格文字", "{%p if 行.结果 %}"),
            ("表格文字", "{{ 行.结果 }}"),
            ("表格文字", "{%p endif %}"),
        ],
    ]
    table(document, (12, 30, 56, 58), [head, "{%tr for 行 in 各行 %}", row, "{%tr endfor %}"])
    document.add_paragraph("二、说明", style="Heading 1")
    _closing(document, "")
    _save(document, path)


def _head(text: str) -> Cell:
    return [("表头", text)]


def _facts(document: Any, rows: tuple[tuple[str, str, str, str], ...]) -> None:  # noqa: ANN401
    """Add the table below the title: two names with their values in each row."""
    cells = [
        [[("表格标目", left)], [("表格文字", f"{{{{ {first} }}}}")], [("表格标目", right)], [("表格文字", f"{{{{ {second} }}}}")]]
        for left, first, right, second in rows
    ]
    table(document, (20, 58, 20, 58), cells, header=False)


def _source(document: Any) -> None:  # noqa: ANN401
    document.add_paragraph("{%p if 出处 %}", style="附注")
    document.add_paragraph("{{ 出处 }}", style="附注")
    document.add_paragraph("{%p endif %}", style="附注")


def _narrative(document: Any) -> None:  # noqa: ANN401
    document.add_paragraph("{%p for 段 in 经过 %}", style="正文段落")
    paragraph = document.add_paragraph(style="正文段落")
    paragraph.add_run("{%r for 块 in 段 %}")
    paragraph.add_run("{%r if 块.依据 %}")
    found = paragraph.add_run("{{ 块.文字 }}")
    found.bold = found.underline = True
    paragraph.add_run("{%r else %}")
    paragraph.add_run("{{ 块.文字 }}")
    paragraph.add_run("{%r endif %}")
    paragraph.add_run("{%r endfor %}")
    document.add_paragraph("{%p endfor %}", style="正文段落")
    document.add_paragraph("{{ 经过说明 }}", style="附注")


def _suggestions(document: Any) -> None:  # noqa: ANN401
    document.add_paragraph("{%p for 组 in 建议 %}", style="正文段落")
    document.add_paragraph("（{{ 组.序号 }}）{{ 组.名称 }}", style="Heading 2")
    document.add_paragraph("{%p if 组.条款 %}", style="正文段落")
    row: list[Cell] = [
        [("表格居中", "{{ 条.名次 }}")],
        [("表格标目", "{{ 条.引用 }}"), ("表格文字", "{{ 条.条文 }}")],
        [("表格居中", "{{ 条.概率 }}"), ("表格居中", "相似度 {{ 条.相似度 }}")],
        [
            ("表格文字", "{%p for 句 in 条.依据 %}"),
            ("表格文字", "{{ 句 }}"),
            ("表格文字", "{%p endfor %}"),
            ("表格文字", "{%p if not 条.依据 %}"),
            ("表格文字", "—"),
            ("表格文字", "{%p endif %}"),
        ],
    ]
    head = [_head("名次"), _head("条款"), _head("概率"), _head("叙述中的依据")]
    table(document, (12, 72, 24, 48), [head, "{%tr for 条 in 组.条款 %}", row, "{%tr endfor %}"])
    document.add_paragraph("{%p else %}", style="正文段落")
    document.add_paragraph("{{ 组.空缺 }}", style="正文段落")
    document.add_paragraph("{%p endif %}", style="正文段落")
    document.add_paragraph("{%p endfor %}", style="正文段落")
    document.add_paragraph("{%p if 其余 %}", style="正文段落")
    document.add_paragraph("另有 {{ 其余|length }} 条相近程度低，不列条文：{{ 其余|join('；') }}。", style="附注")
    document.add_paragraph("{%p endif %}", style="正文段落")


def _reviews(document: Any) -> None:  # noqa: ANN401
    document.add_paragraph("{%p if 复核 %}", style="正文段落")
    row: list[Cell] = [
        [
            ("表格标目", "{{ 项.条款 }}"),
            ("表格文字", "{%p if 项.条文 %}"),
            ("表格文字", "{{ 项.条文 }}"),
            ("表格文字", "{%p endif %}"),
        ],
        [("表格居中", "{{ 项.轮次 }}")],
        [("表格居中", "{{ 项.意见 }}")],
        [("表格文字", "{{ 项.理由 }}")],
        [("表格文字", "{{ 项.复核人 }}"), ("表格文字", "{{ 项.日期 }}")],
    ]
    head = [_head("条款"), _head("复核"), _head("意见"), _head("理由"), _head("复核人和日期")]
    table(document, (34, 16, 26, 48, 32), [head, "{%tr for 项 in 复核 %}", row, "{%tr endfor %}"])
    document.add_paragraph("{%p endif %}", style="正文段落")


def _picture(document: Any) -> None:  # noqa: ANN401
    document.add_paragraph("{%p if 条件 %}", style="正文段落")
    head = [_head("条件"), _head("叙述"), _head("依据")]
    row: list[Cell] = [[("表格文字", "{{ 项.内容 }}")], [("表格居中", "{{ 项.状态 }}")], [("表格文字", "{{ 项.依据 or '—' }}")]]
    table(document, (72, 24, 60), [head, "{%tr for 项 in 条件 %}", row, "{%tr endfor %}"])
    document.add_paragraph("{%p endif %}", style="正文段落")
    document.add_paragraph("{%p for 项 in 待核实 %}", style="正文段落")
    document.add_paragraph("{{ 项.序号 }}．{{ 项.内容 }}", style="说明文字")
    document.add_paragraph("{%p endfor %}", style="正文段落")
    document.add_paragraph("{%p if not 条件 and not 待核实 %}", style="正文段落")
    document.add_paragraph("未列出。", style="正文段落")
    document.add_paragraph("{%p endif %}", style="正文段落")


def _deadlines(document: Any) -> None:  # noqa: ANN401
    document.add_paragraph("{%p if 期限 %}", style="正文段落")
    head = [_head("事项"), _head("期限"), _head("规定")]
    row: list[Cell] = [[("表格文字", "{{ 项.事项 }}")], [("表格居中", "{{ 项.日期 }}")], [("表格文字", "{{ 项.依据 or '—' }}")]]
    table(document, (50, 40, 66), [head, "{%tr for 项 in 期限 %}", row, "{%tr endfor %}"])
    document.add_paragraph("{%p else %}", style="正文段落")
    document.add_paragraph("未列出。", style="正文段落")
    document.add_paragraph("{%p endif %}", style="正文段落")


def _closing(document: Any, signature: str) -> None:  # noqa: ANN401
    document.add_paragraph("{{ 说明 }}", style="说明文字")
    document.add_paragraph("{%p for 项 in 版本 %}", style="附注")
    document.add_paragraph("{{ 项.名称 }}：{{ 项.内容 }}", style="附注")
    document.add_paragraph("{%p endfor %}", style="附注")
    if signature:
        document.add_paragraph("导出时间：{{ 导出时间 }}", style="附注")
        document.add_paragraph(signature, style="签字")


def _save(document: Any, path: Path) -> None:  # noqa: ANN401
    document.core_properties.created = document.core_properties.modified = _MADE
    document.save(str(path))


if __name__ == "__main__":
    make_case_template(CASE_TEMPLATE)
    make_batch_template(BATCH_TEMPLATE)
