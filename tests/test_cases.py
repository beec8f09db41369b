import gzip
import json

import pytest

from data.cases import read_cases, read_marks
from data.errors import CaseFileError
from data.schema import Span

GOOD = {
    "id": "a-1",
    "region": "alpha",
    "text": "叙述",
    "labels": {"alpha/art1": 2},
    "split": "dev",
    "source": "自编",
    "pair": "p1",
}


def write(tmp_path, *rows):
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return path


def test_both_forms_are_read(tmp_path):
    path = write(tmp_path, GOOD, "", {"id": "7", "text": "问题", "relevant": ["25469", "30"]})
    first, second = read_cases(path)
    assert (first.pair, dict(first.labels), first.split) == ("p1", {"alpha/art1": 2}, "dev")
    assert dict(second.labels) == {"25469": 2, "30": 2} and second.region == ""


def test_an_empty_file_has_no_cases(tmp_path):
    assert read_cases(write(tmp_path)) == ()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{broken", "JSON"),
        ("[1]", "JSON 对象"),
        ({**GOOD, "text": " "}, "缺少 text"),
        ({**GOOD, "id": None}, "缺少 id"),
        ({**GOOD, "id": ""}, "缺少 id"),
        ({**GOOD, "id": True}, "缺少 id"),
        ({"id": "x", "text": "叙述"}, "缺少 labels"),
        ({**GOOD, "labels": {"c": 3}}, "2 或 1"),
        ({**GOOD, "labels": {"c": True}}, "2 或 1"),
        ({**GOOD, "split": "validation"}, "validation"),
        (GOOD, "重复"),
    ],
)
def test_broken_rows_are_refused_with_file_and_line(tmp_path, row, message):
    path = write(tmp_path, GOOD, row)
    with pytest.raises(CaseFileError, match=message) as caught:
        read_cases(path)
    assert "cases.jsonl 第 2 行" in str(caught.value)


def test_missing_and_undecodable_files_are_refused(tmp_path):
    with pytest.raises(CaseFileError, match="没有找到"):
        read_cases(tmp_path / "none.jsonl")
    with pytest.raises(CaseFileError, match="读不出来"):
        read_cases(tmp_path)
    path = tmp_path / "odd.jsonl"
    path.write_bytes(b'{"id": "\xff\xff"}')
    with pytest.raises(CaseFileError, match="编码无法识别"):
        read_cases(path)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_character_sets_numbers_as_ids_and_odd_characters(tmp_path, codec, pack):
    path = tmp_path / ("cases.jsonl.gz" if pack is gzip.compress else "cases.jsonl")
    text = '{"id": 7, "text": "第一段\u2028第二段\\ud83d", "relevant": [25469], "region": "\\udc00"}\r\n'
    path.write_bytes(pack(text.encode(codec)))
    (case,) = read_cases(path)
    assert (case.id, case.narrative, dict(case.labels)) == ("7", "第一段\u2028第二段\ufffd", {"25469": 2})
    assert case.region == "\ufffd"


def test_marks_are_read_and_broken_ones_are_refused_with_file_and_line(tmp_path):
    path = write(tmp_path, {"id": "a", "marks": {"c/1": [[3, 9], [0, 2]]}}, "")
    assert read_marks(path) == {"a": {"c/1": (Span(3, 9), Span(0, 2))}}
    for row in ("[1]", {"id": "a"}, {"marks": {}}, {"id": "a", "marks": {"c": [[2, 2]]}}, {"id": "a", "marks": {"c": ["x"]}}):
        with pytest.raises(CaseFileError, match="第 2 行"):
            read_marks(write(tmp_path, {"id": "b", "marks": {}}, row))
