"""Files of every kind that the readers know, made from a text, to be damaged."""

from __future__ import annotations

import gzip
import html
import io
import json
import random
import zipfile
from functools import cache

from docx import Document
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas

from tests.fuzz.texts import any_regulation, case_lines, damaged, encoded, label, mutated, narratives, rubbish, sentence

SUFFIXES = (".txt", ".md", ".html", ".docx", ".pdf")


def xml_text(text: str) -> str:
    return "".join(c for c in text if c in "\t\n" or " " <= c < "\ud800" or "\ue000" <= c < "\ufffe" or c > "\uffff")


def html_file(draw: random.Random, text: str) -> str:
    tags = ("p", "div", "li", "td", "h2", "span", "br", "table", "script", "!--", "p class='a'", "x")
    lines = []
    for line in text.split("\n"):
        tag = draw.choice(tags)
        body = line if draw.random() < 0.1 else html.escape(line)
        end = "" if draw.random() < 0.15 else f"</{tag.split()[0]}>"
        lines.append(f"<{tag}>{body}{end}")
    return "<html><body>" + "\n".join(lines) + ("</body></html>" if draw.random() < 0.8 else "")


def docx_file(draw: random.Random, text: str) -> bytes:
    document = Document()
    for line in xml_text(text).split("\n")[:60]:
        kind = draw.randrange(8)
        if kind == 0:
            document.add_table(1, 2).rows[0].cells[0].text = line
        elif kind == 1:
            document.add_paragraph(line, style="List Number")
        elif kind == 2:
            document.add_heading(line[:80], draw.randrange(1, 4))
        else:
            document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def damaged_docx(draw: random.Random, data: bytes) -> bytes:
    """Damage one part inside the archive, which stays a good archive."""
    source, out = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    names = source.namelist()
    victim = draw.choice([name for name in names if name.endswith((".xml", ".rels"))])
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in names:
            part = source.read(name)
            if name == victim:
                if draw.random() < 0.2:
                    continue
                part = damaged(draw, part) if draw.random() < 0.6 else _odd_xml(draw, part)
            target.writestr(name, part)
    return out.getvalue()


def _odd_xml(draw: random.Random, part: bytes) -> bytes:
    """Change numbers and names within the XML, which mostly stays well-formed."""
    text = part.decode("utf-8", "replace")
    for old, new in (
        ('w:val="', f'w:val="{draw.choice(("", "-1", "x", "99999999999", "一"))}'),
        ("w:numId", "w:numld"),
        ("w:lvl ", "w:lv1 "),
    ):
        if draw.random() < 0.5:
            at = text.find(old, draw.randrange(len(text)))
            if at >= 0:
                text = text[:at] + new + text[at + len(old) :]
    return text.encode("utf-8")


@cache
def font() -> str:
    registerFont(UnicodeCIDFont("STSong-Light"))
    return "STSong-Light"


def pdf_file(draw: random.Random, text: str) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    lines = xml_text(text).split("\n")[:80]
    for start in range(0, max(1, len(lines)), 30):
        canvas.setFont(font(), draw.choice((8, 12, 16)))
        for place, line in enumerate(lines[start : start + 30]):
            canvas.drawString(draw.choice((50, 72, 300)), 800 - place * draw.choice((14, 24)), line[:60])
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def any_file(draw: random.Random) -> tuple[bytes, str]:
    """Return the bytes of a file and its suffix, whole or damaged, sometimes under a wrong name."""
    text = any_regulation(draw)[: draw.choice((200, 3000))]
    suffix = draw.choice(SUFFIXES)
    if suffix == ".docx":
        data = docx_file(draw, text)
        data = damaged_docx(draw, data) if draw.random() < 0.6 else damaged(draw, data)
    elif suffix == ".pdf":
        data = damaged(draw, pdf_file(draw, text))
    elif suffix == ".html":
        data = damaged(draw, encoded(draw, html_file(draw, text)))
    else:
        data = damaged(draw, encoded(draw, text))
    if draw.random() < 0.05:
        suffix = draw.choice((*SUFFIXES, ".doc", "", ".TXT", ".htm"))
    return (draw.randbytes(draw.randrange(300)) if draw.random() < 0.05 else data), suffix


def any_value(draw: random.Random, depth: int = 0) -> object:
    """Return a JSON value of any shape."""
    kind = draw.randrange(9 if depth < 3 else 6)
    if kind == 0:
        return draw.choice((None, True, False, 0, 1, 2, -1, 2.5, 1e400, 10**30, float("nan")))
    if kind < 4:
        return draw.choice((rubbish(draw, 10), sentence(draw), "", label(draw), "\ud83d", "shandong-2019/art13.p1.i1"))
    if kind < 6:
        return draw.randrange(-3, 4)
    if kind == 6:
        return [any_value(draw, depth + 1) for _ in range(draw.randrange(4))]
    return {str(any_value(draw, 3)): any_value(draw, depth + 1) for _ in range(draw.randrange(4))}


def any_lines(draw: random.Random, names: tuple[str, ...]) -> tuple[bytes, str]:
    """Return a .jsonl or .jsonl.gz whose rows have some of the fields `names`, with values of any shape, and its suffix."""
    rows = []
    for number in range(draw.randrange(6)):
        if draw.random() < 0.4:
            rows.append(draw.choice(case_lines()))
            continue
        row = {name: any_value(draw) for name in names if draw.random() < 0.7}
        if draw.random() < 0.8:
            row["id"] = number if draw.random() < 0.8 else any_value(draw)
        if draw.random() < 0.8:
            row["text"] = mutated(draw, narratives())[:200]
        rows.append(json.dumps(row, ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass"))
    data = draw.choice((b"\n", b"\r\n", b"\n\n")).join(rows)
    if draw.random() < 0.3:
        data = damaged(draw, data)
    if draw.random() < 0.15:
        return damaged(draw, gzip.compress(data, mtime=0)), ".jsonl.gz"
    return data, ".jsonl"
