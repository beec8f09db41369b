"""Text, Markdown and HTML files, what is refused, and one regulation through every format."""

import codecs
import io
import os
import re
import zipfile
from functools import cache
from html import escape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data import readers
from data.errors import FileError
from data.reader_text import clean, decode, join_cells, shown
from data.readers import SUFFIXES, read_bytes_as_text, read_text
from tests.test_readers_docx import CHINESE, abstract, level, num, p, package, python_docx_file
from tests.test_readers_pdf import drawn, pdf_of, text_page

REGULATION = Path(readers.__file__).parent / "regulations" / "fuzhou-2019.txt"
SAMPLE = "第一条  为了容错，\n(一)依法；\n"


def txt(data):
    return read_bytes_as_text(data, ".txt", "规定.txt")


def md(text):
    return read_bytes_as_text(text.encode(), ".md", "规定.md").split("\n")


def html(markup):
    data = markup if isinstance(markup, bytes) else markup.encode()
    return read_bytes_as_text(data, ".html", "规定.html").split("\n")


def message(data, suffix, name="规定"):
    with pytest.raises(FileError) as caught:
        read_bytes_as_text(data, suffix, name)
    text = str(caught.value)
    assert text.endswith("。") and "\n" not in text and shown(name) in text
    return text


# Plain text


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-32"])
def test_every_character_set_gives_the_same_text(codec):
    assert txt(SAMPLE.encode(codec)) == SAMPLE


@pytest.mark.parametrize(("mark", "codec"), [(codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF16_LE, "utf-16-le")])
def test_utf16_of_both_byte_orders(mark, codec):
    assert txt(mark + SAMPLE.encode(codec)) == SAMPLE


def test_text_is_kept_but_for_line_ends():
    odd = "\u3000\u3000第一条\u00a0 甲\t乙\u200b\f丙  \n\n"
    assert txt(odd.encode()) == odd
    assert txt(b"a\r\nb\rc\n\rd") == "a\nb\nc\n\nd"
    assert txt(REGULATION.read_bytes()) == REGULATION.read_bytes().decode()


def test_four_byte_gb18030_and_rare_characters():
    rare = "㛃𠮷𬺈 第二条"
    assert txt(rare.encode("gb18030")) == txt(rare.encode()) == rare


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "空文件"),
        (b" \r\n\t\n", "没有文字"),
        (codecs.BOM_UTF8, "没有文字"),
        ("\u200b\u3000".encode(), "没有文字"),
        (b"a\0b", "二进制"),
        ("第一条".encode("utf-16-le"), "二进制"),
        (bytes(range(1, 32)) * 20, "二进制"),
        (b"\xff\xfe\x00\xd8", "编码无法识别"),
        (b"\xff\xff\xff", "编码无法识别"),
    ],
)
def test_what_is_no_text_is_refused(data, expected):
    assert expected in message(data, ".txt")


# Markdown


def test_marks_go_and_labels_come_to_the_front():
    text = """---
title: 办法
---
# 第一章 总则 ##
## 第二章
###第三章
**第一条** 为了*容错*，~~见~~[办法](https://a.cn/b_(1).html "题")[甲](#b)和<https://a.cn>。
> - (一)依法；
* （二）`公开`；
1. 第一
2\\. 第二
  + [x] 完成
***
总则
====
![图](a.png)<u>下划线</u><br>换行
<!-- 注
释 -->
| 序号 | 情形 |
|:---:|------|
| 1 | **无意**过失 |
```
# 代码
```
[1]: https://a.cn
"""
    assert md(text) == [
        "第一章 总则", "第二章", "第三章", "第一条 为了容错，~~见~~办法甲和https://a.cn。",
        "(一)依法；", "（二）公开；", "1. 第一", "2. 第二", "完成", "总则", "下划线", "换行", "",
        "序号\t情形", "1\t无意过失", "# 代码", "",
    ]  # fmt: skip


def test_what_only_looks_like_a_mark_stays():
    text = "赣发[2018]21号\n3*4*5=60\n姓名：____年__月\n甲_乙_丙\n5 * 3 * 2\n#1案例\n-5度\n1. 一\n2) 二\n[2018](21号)"
    text += "\n a<b 且 b>c"
    assert md(text) == text.split("\n")


def test_marks_inside_marks():
    assert md("***甲*** **乙*丙*丁** __戊__ _己_ \\*庚\\*") == ["甲 乙丙丁 戊 己 *庚*"]
    assert "没有文字" in message(b"# \n---\n", ".md")


# HTML


def test_blocks_become_lines_and_the_rest_of_the_page_goes():
    page = """<?xml version="1.0"?><html><head><title>题</title><style>p{}</style></head><body><nav>导航</nav>
    <script>var a = "第九条";</script><h1>办法</h1><p>&nbsp;&nbsp;<b>第一条</b>&emsp;为了<span>容错</span>，
    制定&lt;本办法&gt;&#8203;。</p><div>(一)甲<br/>(二)乙</div><!-- 注 --><p hidden>隐</p><p style="display: none">隐</p>
    <form>表单<input value="x"><button>按钮</button></form><del>删</del><ruby>容<rt>róng</rt></ruby>
    <article><footer>落款</footer></article><footer>版权</footer><div role="navigation">面包屑</div><noscript>无</noscript>"""
    assert html(page) == ["办法", "第一条\u2003为了容错，制定<本办法>。", "(一)甲", "(二)乙", "表单", "容", "落款"]


@pytest.mark.parametrize("meta", ['<meta charset="gb2312">', '<meta http-equiv=Content-Type content="a; charset=GBK">', ""])
@pytest.mark.parametrize("codec", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_character_sets_of_pages(meta, codec):
    page = f"<html><head>{meta}</head><body><p>第一条 容错免责应当坚持实事求是的原则和依法依规的原则，联通。</p></body></html>"
    assert html(page.encode(codec)) == ["第一条 容错免责应当坚持实事求是的原则和依法依规的原则，联通。"]


def test_the_declared_character_set_decides_where_bytes_are_ambiguous():
    ambiguous = "联通".encode("gbk")  # is also valid UTF-8
    assert html(b"<meta charset=gb2312><p>" + ambiguous) == ["联通"]
    assert html('<?xml version="1.0" encoding="big5"?><p>容錯</p>'.encode("big5")) == ["容錯"]
    for nonsense in ("rot13", "none", "utf-7", "\0"):
        assert html(f'<meta charset="{nonsense}"><p>第一条</p>'.replace("\0", "x")) == ["第一条"]
    assert decode("容".encode(), "x", "a\0b") == "容"


def test_numbered_lists_get_their_numbers():
    assert html("<ol><li>甲<li><p>乙</p><p>乙二</p><ol type=a start=3><li>丙</ol><li value=9>丁</ol><ul><li>戊</ul>") == [
        "1. 甲", "2. 乙", "乙二", "c. 丙", "9. 丁", "戊",
    ]  # fmt: skip
    assert html("<ol reversed type=I><li>甲<li>乙</ol>") == ["II. 甲", "I. 乙"]
    assert html('<ol style="list-style-type: cjk-ideographic"><li>甲<li>乙</ol>') == ["一、甲", "二、乙"]
    assert html('<ol style="list-style:none inside"><li>甲</ol><li>乙') == ["甲", "乙"]
    assert html('<ol start="99999999999" type=x><li value=z>甲<li></li></ol>丙') == ["1. 甲", "丙"]


def test_lists_whose_items_have_labels_get_none():
    assert html("<ol><li>（一）甲<li>（二）乙</ol>") == ["（一）甲", "（二）乙"]


def test_tables_row_by_row_and_layout_tables_line_by_line():
    data = "<table><caption>表</caption><tr><th>序号<th>情形<tr><td>1<td>无意过失</table>"
    assert html(data) == ["表", "序号\t情形", "1\t无意过失"]
    page = f"<table><tr><td>左<td><p>第一条 甲</p><p>第二条 乙</p>{data}</table>后"
    assert html(page) == ["左", "第一条 甲", "第二条 乙", "表", "序号\t情形", "1\t无意过失", "后"]
    assert html("<td>甲<tr>乙<table><td>丙</table>")[-1] == "丙"


def test_white_space_of_pages():
    assert html("<p>第一条\n  内容  a\n b</p><pre>甲\n  乙\n</pre>") == ["第一条内容 a b", "甲", "乙"]
    assert html("<span>甲</span>\n<span>乙</span>") == ["甲 乙"]


def test_odd_pages():
    assert html("规定.txt") == ["规定.txt"]
    assert html("https://a.cn/b") == ["https://a.cn/b"]
    assert html("<div>" * 5000 + "第一条") == ["第一条"]
    assert html("<ol>" * 300 + "<li>甲")[0].endswith("甲")
    assert html("<p>&#xD800;&#0;&#1;第一条&bogus;") == ["\ufffd\ufffd第一条&bogus;"]
    for empty in (b"<html></html>", b"<script>a</script>", b"<p>&nbsp;"):
        assert "没有文字" in message(empty, ".html")


# What a file is


def test_first_bytes_decide_before_the_suffix():
    word, pdf = package(p("第一条 甲")), drawn(text_page("第一条 甲"))
    for suffix in SUFFIXES:
        assert read_bytes_as_text(word, suffix, "x") == read_bytes_as_text(pdf, suffix, "x") == "第一条 甲"


def test_suffixes_in_any_spelling():
    for suffix in ("txt", ".TXT", " .Txt "):
        assert read_bytes_as_text(b"a", suffix, "x") == "a"


@pytest.mark.parametrize(
    ("suffix", "expected"),
    [
        (".doc", "旧版 Word"), (".wps", "WPS"), (".rtf", "RTF"), (".ofd", "OFD"), (".xlsx", "Excel"), (".png", "OCR"),
        (".zip", "解压"), (".exe", "不认识"), ("", "没有扩展名"), (".\n坏", "不认识"),
    ],
)  # fmt: skip
def test_other_kinds_are_refused_with_advice(suffix, expected):
    assert expected in message(b"x", suffix.replace("\n", ""))


def test_disguised_files_are_refused():
    assert "RTF" in message(b"{\\rtf1 x}", ".docx")
    assert "不是真正的 .docx" in message("第一条".encode(), ".docx")
    assert "不是真正的 PDF" in message("第一条".encode(), ".pdf")
    assert "超过 50 MB" in message(b"a" * (readers.MAX_BYTES + 1), ".txt")


def test_files_on_disk(tmp_path):
    path = tmp_path / "规定.txt"
    path.write_bytes(SAMPLE.encode("gbk"))
    assert read_text(path) == SAMPLE
    cases = {
        "找不到文件": tmp_path / "没有.txt",
        "是文件夹": tmp_path,
        "无法读取": tmp_path / ("长" * 300 + ".txt"),
    }
    for expected, wrong in cases.items():
        with pytest.raises(FileError, match=expected):
            read_text(wrong)
    with pytest.raises(FileError, match="无法读取"):
        read_text(Path("a\0b.txt"))
    with pytest.raises(FileError, match="不是普通文件"):
        read_text(Path(os.devnull))


def test_no_permission_and_too_large_on_disk(tmp_path, monkeypatch):
    path = tmp_path / "规定.txt"
    path.write_bytes(b"abc")
    monkeypatch.setattr(readers, "MAX_BYTES", 2)
    with pytest.raises(FileError, match="“规定.txt”超过"):
        read_text(path)

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "denied")

    monkeypatch.setattr(Path, "open", refuse)  # the tests may run as a user who may read everything
    with pytest.raises(FileError, match="没有权限读取“规定.txt”"):
        read_text(path)


def test_shown_names_and_small_helpers():
    assert shown("C:\\a\\规\n定.txt") == "“规定.txt”" and shown("") == "“未命名文件”"
    assert len(shown("长" * 200)) == 82
    assert clean("a\u200b\u00a0b\x01\r\nc\x0bd") == "a b\nc\nd" and clean("") == ""
    assert join_cells([]) == join_cells([[], [" "]]) == []


# Any bytes

SUFFIX = st.sampled_from(sorted(SUFFIXES))
BOUNDED = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def reads_or_refuses(data, suffix):
    try:
        text = read_bytes_as_text(data, suffix, "规定" + suffix)
    except FileError as error:
        assert str(error).endswith("。")
    else:
        assert text.strip() and "\r" not in text
        text.encode("utf-8")


@BOUNDED
@given(data=st.binary(max_size=400), suffix=SUFFIX, magic=st.sampled_from([b"", b"", b"PK\x03\x04", b"%PDF-1.4\n", b"<html>"]))
def test_any_bytes_are_read_or_refused(data, suffix, magic):
    reads_or_refuses(magic + data, suffix)


TAGS = st.sampled_from("<table> <tr> <td> </td> </table> <ol> <li> </ol> <p> <pre> </pre> 第一条 <!-- > \n".split(" "))


@BOUNDED
@given(markup=st.lists(TAGS))
def test_any_tag_soup_is_read_or_refused(markup):
    reads_or_refuses("".join(markup).encode(), ".html")


@cache
def sound_files():
    numbering = abstract(0, level(0, "第%1条", CHINESE)) + num(1, 0)
    return package(p("甲", 1, 0) + p("乙", 1, 0), numbering), drawn(text_page("第一条 甲", "第二条 乙"))


@BOUNDED
@given(which=st.integers(0, 1), at=st.floats(0, 0.999), new=st.binary(max_size=4), cut=st.booleans())
def test_damaged_files_are_read_or_refused(which, at, new, cut):
    sound = sound_files()[which]
    place = int(at * len(sound))
    reads_or_refuses(sound[:place] + new + (b"" if cut else sound[place + len(new) :]), (".docx", ".pdf")[which])


@BOUNDED
@given(at=st.floats(0, 0.999), length=st.integers(0, 40), new=st.sampled_from([b"", b"9", b"<", b"w:p", b'"/>']))
def test_damaged_word_xml_is_read_or_refused(at, length, new):
    with zipfile.ZipFile(io.BytesIO(sound_files()[0])) as zipped:
        parts = {name: zipped.read(name) for name in zipped.namelist()}
    for name in ("word/document.xml", "word/numbering.xml", "word/_rels/document.xml.rels"):
        place = int(at * len(parts[name]))
        damaged = parts[name][:place] + new + parts[name][place + length :]
        reads_or_refuses(package("", extra={**parts, name: damaged}), ".docx")


# One regulation through every format

LABELLED = re.compile(r"(第[一二三四五六七八九十]+章|第[一二三四五六七八九十]+条|\([一二三四五六七八九十]+\))\s*(.*)")


def regulation_lines():
    return [line.strip() for line in REGULATION.read_text(encoding="utf-8").split("\n") if line.strip()]


def squeezed(lines):
    return ["".join(line.split()) for line in lines if line.strip()]


def labels(lines):
    return [found[1] for line in lines if (found := LABELLED.match(line.strip()))]


def as_word():
    """The regulation with no label typed: Word counts chapters, articles (running on) and items."""
    article = level(1, "第%2条", CHINESE, suffix="tab", more='<w:lvlRestart w:val="0"/>')
    numbering = abstract(0, level(0, "第%1章", CHINESE, suffix="space"), article, level(2, "(%3)", CHINESE)) + num(1, 0)
    paragraphs = []
    for line in regulation_lines():
        found = LABELLED.fullmatch(line)
        depth = ("章条".find(found[1][-1]) if found[1][0] == "第" else 2) if found else None
        paragraphs.append((found[2], depth) if found else (line, None))
    assert sum(depth is not None for _, depth in paragraphs) == len(labels(regulation_lines()))
    return python_docx_file(paragraphs, numbering)


def as_page():
    body = "".join(f"<p>&nbsp;&nbsp;{escape(line)}</p>\n" for line in regulation_lines())
    return f"<html><head><meta charset=gb2312></head><body><nav>首页</nav>{body}</body></html>".encode("gb18030")


def as_markdown():
    return "\n\n".join(LABELLED.sub(r"**\1** \2", line) for line in regulation_lines()).encode()


@pytest.mark.parametrize(
    ("suffix", "make"),
    [
        (".docx", as_word), (".html", as_page), (".md", as_markdown),
        (".pdf", lambda: pdf_of(regulation_lines(), header="抚州市容错免责办法")),
    ],
)  # fmt: skip
def test_a_regulation_comes_through_every_format(suffix, make):
    expected = regulation_lines()
    found = read_bytes_as_text(make(), suffix, "办法" + suffix).split("\n")
    assert labels(found) == labels(expected) and len(labels(found)) > 60
    assert squeezed(found) == squeezed(expected)
