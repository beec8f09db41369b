"""PDF files made by reportlab with its CJK fonts, which need no font file."""

import io

import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate

from data.errors import FileError
from data.pdf_layout import Line, paragraphs
from data.reader_pdf import _characters
from data.readers import read_bytes_as_text

FONT = "STSong-Light"
A4 = (595, 842)


def pdf_of(texts, indent=32, header="", footer="— {} —"):
    """Paragraphs of 28 characters a line, 16 points, set as offices do: indented by two, justified."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    style = ParagraphStyle("body", fontName=FONT, fontSize=16, leading=28, wordWrap="CJK", firstLineIndent=indent, alignment=4)

    def furniture(canvas, template):
        canvas.setFont(FONT, 12)
        canvas.drawCentredString(297, 800, header)
        canvas.drawCentredString(297, 40, footer.format(canvas.getPageNumber()))

    buffer = io.BytesIO()
    story = [Paragraph(text.replace("&", "&amp;").replace("<", "&lt;"), style) for text in texts]
    SimpleDocTemplate(buffer, pagesize=A4).build(story, onFirstPage=furniture, onLaterPages=furniture)
    return buffer.getvalue()


def drawn(*pages, encrypt=None):
    """Pages on which each function draws."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, encrypt=encrypt)
    for page in pages:
        canvas.setFont(FONT, 16)
        page(canvas)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def text_page(*texts):
    def draw(canvas):
        for index, text in enumerate(texts):
            canvas.drawString(80, 700 - 28 * index, text)

    return draw


def scan(canvas):
    canvas.drawImage(ImageReader(Image.new("RGB", (60, 80), "white")), 0, 0, *A4)


def read(data):
    return read_bytes_as_text(data, ".pdf", "规定.pdf")


LONG = "为了鼓励创新、宽容失误，根据有关规定，结合本市实际，制定本办法，" * 4 + "并自发布之日起施行。"


@pytest.mark.parametrize("indent", [0, 32])
def test_wrapped_lines_are_joined_and_labels_begin_paragraphs(indent):
    texts = ["某市容错办法", "第一条 " + LONG, "第二条 有下列情形之一的：", "(一)" + LONG, "（二）先行先试的；"]
    texts += ["一、总体要求", "1.免责", LONG]
    assert read(pdf_of(texts, indent)).split("\n") == texts


def test_page_numbers_and_headers_go_and_paragraphs_run_over_pages():
    texts = [f"第{number}条 {LONG}" for number in "一二三四五六七八九"]
    for footer in ("— {} —", "{}", "第{}页 共9页", "- {} / 9 -"):
        assert read(pdf_of(texts, header="某市人民政府文件", footer=footer)).split("\n") == texts


def test_text_that_only_looks_like_furniture_stays():
    data = drawn(text_page("2023", "第一条 甲"), text_page("2023", "第一条 乙"))
    assert read(data).split("\n") == ["2023", "第一条 甲", "2023", "第一条 乙"]


def test_imitated_bold_watermarks_and_single_pages():
    def draw(canvas):
        for shift in (0, 0.3):
            canvas.drawString(80 + shift, 700, "第一条 加粗")
        canvas.saveState()
        canvas.rotate(30)
        canvas.drawString(500, 100, "内部资料")
        canvas.restoreState()
        canvas.drawCentredString(297, 40, "1")

    assert read(drawn(draw)) == "第一条 加粗"


def test_sideways_pages_are_refused():
    def draw(canvas):
        canvas.rotate(90)
        canvas.drawString(100, -300, "第一条 横放")

    with pytest.raises(FileError, match="第 1 页是横放的"):
        read(drawn(draw))


def test_scans_are_refused():
    with pytest.raises(FileError) as caught:
        read(drawn(scan, scan))
    assert str(caught.value) == "这份 PDF（“规定.pdf”）是扫描图片，没有文字层；请先做文字识别（OCR）或改用 .docx/.txt。"
    with pytest.raises(FileError, match="第 2 页是扫描图片"):
        read(drawn(text_page("第一条 甲"), scan))
    with pytest.raises(FileError, match="没有可以读取的文字"):
        read(drawn(lambda canvas: None))


def test_a_scan_with_a_text_layer_is_read():
    def draw(canvas):
        scan(canvas)
        text = canvas.beginText(80, 700)
        text.setFont(FONT, 16)
        text.setTextRenderMode(3)  # invisible, as OCR programs write it
        text.textOut("第一条 识别")
        canvas.drawText(text)

    assert read(drawn(draw)) == "第一条 识别"


def test_protected_files_are_refused_unless_they_open_without_a_password():
    def draw(canvas):
        canvas.setFont("Helvetica", 16)
        canvas.drawString(80, 700, "Article 1")

    with pytest.raises(FileError, match="密码"):
        read(drawn(draw, encrypt=StandardEncryption("secret", "owner")))
    assert read(drawn(draw, encrypt=StandardEncryption("", "owner", canPrint=0, canCopy=0))) == "Article 1"


def test_broken_files_are_refused():
    good = drawn(text_page("第一条 甲"))
    for bad in (b"%PDF-1.4\n", good[:200], b"%PDF-1.7" + bytes(range(256)) * 9):
        with pytest.raises(FileError) as caught:
            read(bad)
        assert "规定.pdf" in str(caught.value)
    with pytest.raises(FileError, match="不是真正的 PDF"):
        read("第一条 甲".encode())


def test_too_many_pages_are_refused(monkeypatch):
    monkeypatch.setattr("data.reader_pdf._MAX_PAGES", 1)
    with pytest.raises(FileError, match="超过 1 页"):
        read(drawn(text_page("甲"), text_page("乙")))


def test_letters_without_characters_are_refused():
    # reportlab encrypts the page but not the name of the font's character set, which then reads as nonsense
    with pytest.raises(FileError, match="乱码"):
        read(drawn(text_page("第一条 甲"), encrypt=StandardEncryption("", "owner")))


def test_radicals_become_characters():
    assert _characters("第⼀条 ⻓期⻅习，⼈⺠\ufa0c\u00a0") == "第一条 长期见习，人民兀"


# Layout, on lines placed by hand: 20 characters of 10 points from x = 100 to 300


def line(text, x0=100.0, row=0, page=1, size=10.0, width=None):
    x1 = x0 + (len(text) * size if width is None else width)
    top = 200.0 + 16 * row
    return Line(text, page, x0, x1, top, top + size, size, page_width=400, page_height=800)


FULL = "甲" * 20


def test_a_reference_at_the_start_of_a_wrapped_line_begins_no_article():
    assert paragraphs([line(FULL), line("第五条第一款的规定处理。", row=1)]) == [FULL + "第五条第一款的规定处理。"]
    assert paragraphs([line(FULL), line("第五条 下列情形", row=1)]) == [FULL, "第五条 下列情形"]
    indented = [line("第一条 " + "甲" * 14, x0=120), line("第五条 规定的处理，", row=1), line("第二条 乙", x0=120, row=2)]
    assert paragraphs(indented) == ["第一条 " + "甲" * 14 + "第五条 规定的处理，", "第二条 乙"]


def test_indented_and_hanging_paragraphs():
    first_indented = [line("甲" * 18, 120), line("乙" * 20, row=1), line("丙。", row=2), line("丁" * 18, 120, 3)]
    assert paragraphs(first_indented) == ["甲" * 18 + "乙" * 20 + "丙。", "丁" * 18]
    hanging = [line("(一)" + "甲" * 17), line("乙" * 18, 120, 1), line("丙。", 120, 2), line("(二)丁", row=3)]
    assert paragraphs(hanging) == ["(一)" + "甲" * 17 + "乙" * 18 + "丙。", "(二)丁"]


def test_what_is_not_joined():
    assert paragraphs([line("甲" * 15), line(FULL, row=1)]) == ["甲" * 15, FULL]  # not full
    assert paragraphs([line("甲" * 19 + "。"), line(FULL, row=1)]) == ["甲" * 19 + "。", FULL]  # ends a sentence
    assert paragraphs([line(FULL), line("乙", row=1, size=14)]) == [FULL, "乙"]  # other size
    assert paragraphs([line(FULL), line("乙", row=1), line("丙" * 20, row=2), line("丁", row=9)])[-1] == "丁"  # a gap
    assert paragraphs([line(FULL), line("落款", 220, 1)]) == [FULL, "落款"]  # far to the right
    assert paragraphs([line(FULL, page=1), line("乙", page=3)]) == [FULL, "乙"]  # a page between
    assert paragraphs([]) == []


def test_latin_words_keep_their_space_and_may_leave_a_gap():
    rows = [line("甲" * 14 + "in", width=160), line("charge of", row=1), line("第一条" + "乙" * 17, row=2)]
    assert paragraphs(rows)[0] == "甲" * 14 + "in charge of"
    assert paragraphs([line(FULL), line("2019年", row=1)]) == [FULL + "2019年"]


def test_one_stray_line_does_not_move_the_column():
    rows = [line("甲" * 20, row=index) for index in range(40)]
    stray = line("表" * 29, x0=100, row=40)
    assert len(paragraphs([*rows, stray])) < 5
