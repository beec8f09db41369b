"""What must hold for any input. Each target draws its input from a `random.Random` and raises where something does not hold."""

from __future__ import annotations

import json
import random
import re
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

from data.cases import read_cases, read_elsewhere, read_marks
from data.categories import categorise
from data.citation import citations
from data.entries import entries_of, read_clause_file
from data.errors import RongcuoError
from data.library import parse_regulation_file
from data.metadata import read_metadata
from data.numbering_report import numbering_report
from data.parser import parse_file_text
from data.privacy import find_personal, mask
from data.readers import read_bytes_as_text
from data.schema import Regulation, Span
from models.segment import load_segmenter
from models.sentences import split_sentences, windows
from models.stub import StubEncoder
from retrieval.index import build
from retrieval.loading import shipped_entries
from retrieval.matcher import Matcher
from retrieval.settings import Settings
from tests.fuzz import files, texts
from ui.batch import open_batch, run_batch
from ui.present import report_json, report_text

_HAN = re.compile(r"[\u4e00-\u9fff]")


class Unsaid(AssertionError):
    """An error that a person could not read."""


def said(error: RongcuoError) -> None:
    """An error is one line of Chinese that ends as a sentence does, and can be printed."""
    text = str(error)
    if "\n" in text or not _HAN.search(text) or text[-1] not in "。）":
        raise Unsaid(text)
    text.encode("utf-8")


def check_regulation(regulation: Regulation) -> None:
    """No character is lost, ids are unique, each clause can be found in the text and cited."""
    done = 0
    for piece in regulation.pieces:
        assert piece.span.start == done < piece.span.end, f"gap or overlap at {done}"
        assert piece.span.of(regulation.text) == piece.text
        done = piece.span.end
    assert done == len(regulation.text)
    ids = [piece.id for piece in regulation.pieces]
    assert len(ids) == len(set(ids)), "repeated id"
    for clause in regulation.clauses:
        assert clause.text and clause.span.of(regulation.text) == clause.text
    cited = citations(regulation)
    assert set(cited) == {clause.id for clause in regulation.clauses} and all(cited.values())
    numbering_report(regulation)
    known = categorise(read_metadata(regulation))
    assert [clause.text for clause in known.clauses] == [clause.text for clause in regulation.clauses]
    entries_of([known])


def parser(draw: random.Random) -> None:
    text = texts.any_regulation(draw)
    try:
        found = parse_file_text(text, "x")
    except RongcuoError as error:
        said(error)
        return
    assert "".join(regulation.text for regulation in found) == text
    for regulation in found:
        check_regulation(regulation)


def readers(draw: random.Random) -> None:
    data, suffix = files.any_file(draw)
    try:
        text = read_bytes_as_text(data, suffix, f"文件{suffix}")
    except RongcuoError as error:
        said(error)
        return
    assert text.strip() and "\r" not in text
    text.encode("utf-8")
    parse_file_text(text, "x")


def regulation_files(draw: random.Random) -> None:
    data, suffix = files.any_file(draw)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"规定{suffix}"
        path.write_bytes(data)
        try:
            for regulation in parse_regulation_file(path):
                check_regulation(regulation)
        except RongcuoError as error:
            said(error)


def _line_file(draw: random.Random, names: tuple[str, ...], read: Callable[[Path], object]) -> None:
    data, suffix = files.any_lines(draw, names)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"文件{suffix}"
        path.write_bytes(data)
        try:
            read(path)
        except RongcuoError as error:
            said(error)


def cases(draw: random.Random) -> None:
    def read(path: Path) -> None:
        found = read_cases(path)
        assert len({case.id for case in found}) == len(found)
        for case in found:
            assert case.narrative.strip() and set(case.labels.values()) <= {1, 2}
            json.dumps([case.id, case.narrative, dict(case.labels), case.region], ensure_ascii=False).encode("utf-8")

    _line_file(draw, ("labels", "relevant", "region", "split", "source", "pair", "style"), read)


def elsewhere(draw: random.Random) -> None:
    _line_file(draw, ("votes", "labels"), read_elsewhere)


def marks(draw: random.Random) -> None:
    _line_file(draw, ("marks",), read_marks)


def clauses(draw: random.Random) -> None:
    def read(path: Path) -> None:
        for entry in read_clause_file(path):
            assert entry.clause.text.strip()
            assert type(entry).from_json(entry.to_json()) == entry
            entry.to_json().encode("utf-8")

    _line_file(draw, ("title", "category", "regulation", "text"), read)


@cache
def matcher() -> Matcher:
    settings = Settings(cache_dir=Path(tempfile.gettempdir()), background=8)
    encoder, segmenter = StubEncoder(), load_segmenter()
    return Matcher(build(shipped_entries(), encoder, segmenter, settings), encoder, segmenter, settings)


def match(draw: random.Random) -> None:
    text = texts.any_narrative(draw)
    region = draw.choice(("", "", "shandong-2019", "抚州", "all", text[:3]))
    categories = draw.choice(((), (), ("disqualifying",), (text[:2],)))
    top = draw.choice((1, 3, 10, 1000))
    try:
        report = matcher().match(text, region=region, categories=categories, top_k=top, per_headline=draw.choice((0, 1)))
    except RongcuoError as error:
        said(error)
        return
    assert len(report.narrative) == len(text) and report.abstained == (not report.matches) == bool(report.reason)
    assert [m.rank for m in report.matches] == sorted({m.rank for m in report.matches})
    for found in report.matches:
        for evidence in found.evidence:
            assert 0 <= evidence.weight <= 1 + 1e-6
            assert evidence.narrative.end <= len(text) and evidence.clause.end <= len(found.clause.text)
            assert len(evidence.narrative) and len(evidence.clause)
    json.dumps(report_json(report), ensure_ascii=False, allow_nan=False).encode("utf-8")
    report_text(report, headlines=True)


def sentences(draw: random.Random) -> None:
    text = texts.any_narrative(draw) + texts.rubbish(draw, 30)
    _ordered(split_sentences(text), text)
    for span in windows(text):
        assert 0 <= span.start < span.end <= len(text) and span.of(text).strip()
    load_segmenter().terms(text)


def _ordered(spans: list[Span], text: str) -> None:
    assert all(span.of(text).strip() for span in spans)
    assert all(a.end <= b.start for a, b in zip(spans, spans[1:], strict=False)) and all(s.end <= len(text) for s in spans)
    covered = "".join(span.of(text) for span in spans)
    assert re.sub(r"\s", "", covered) == re.sub(r"\s", "", text), "a sentence is lost"


def privacy(draw: random.Random) -> None:
    text = texts.any_narrative(draw) + draw.choice(("", "张三的手机是13812345678", "身份证11010119900307451X", "住城东路5号"))
    spans = [found.span for found in find_personal(text)]
    assert all(a.end <= b.start for a, b in zip(spans, spans[1:], strict=False)) and all(
        0 <= s.start < s.end <= len(text) for s in spans
    )
    hidden, moved = mask(text)
    for span in spans:
        assert span in moved and moved[span].end <= len(hidden)


def batches(draw: random.Random) -> None:
    data, suffix = files.any_lines(draw, ("region", "text"))
    target = draw.choice((".jsonl", ".csv", ".xlsx"))
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / f"in{suffix}", Path(folder) / f"out{target}"
        source.write_bytes(data)
        try:
            table = open_batch(source, out)
            result = run_batch(matcher(), source, out, top_k=3, table=table)
        except RongcuoError as error:
            said(error)
            return
        assert out.exists() and result.rows == len(table.rows)


TARGETS: dict[str, Callable[[random.Random], None]] = {
    target.__name__: target
    for target in (parser, readers, regulation_files, cases, elsewhere, marks, clauses, match, sentences, privacy, batches)
}
"""Name of each target and the function."""


def attempt(name: str, seed: int) -> None:
    """Run one target with one seed; a warning is an error as in the tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="jieba.*")
        warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
        TARGETS[name](random.Random(seed))
