import gzip
import json

import pytest

from data.entries import Entry, read_clause_file
from data.errors import FileError


def test_an_entry_survives_json(entries):
    assert [Entry.from_json(entry.to_json()) for entry in entries] == list(entries)


def test_the_lead_stands_before_the_text_only_where_asked(entries):
    entry = entries[0]
    clause = type(entry.clause)(
        **{**{n: getattr(entry.clause, n) for n in entry.clause.__dataclass_fields__}, "lead": "有下列情形的："}
    )
    with_lead = Entry(clause, entry.citation, entry.title)
    assert with_lead.document(lead=True) == "有下列情形的：" + clause.text
    assert with_lead.document(lead=False) == clause.text


def test_clause_files_are_read_plain_and_gzipped(tmp_path):
    rows = [
        {"id": "705", "title": "民法典第五十四条", "text": "自然人从事工商业经营"},
        {"id": "r/art1", "text": "条文", "category": "duty"},
    ]
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (tmp_path / "c.jsonl").write_text(lines, "utf-8")
    with gzip.open(tmp_path / "c.jsonl.gz", "wt", encoding="utf-8") as out:
        out.write(lines)
    plain = read_clause_file(tmp_path / "c.jsonl")
    assert read_clause_file(tmp_path / "c.jsonl.gz") == plain
    assert [(e.clause.id, e.citation, e.clause.category, e.clause.regulation_id) for e in plain] == [
        ("705", "民法典第五十四条", "general", "c"),
        ("r/art1", "r/art1", "duty", "r"),
    ]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_character_sets_numbers_as_ids_and_odd_characters(tmp_path, codec, pack):
    text = '{"id": 12, "text": "第一段\u2028第二段\\ud83d", "title": "民法典"}\r\n\r\n{"id": " b ", "text": "条文"}'
    path = tmp_path / ("c.jsonl.gz" if pack is gzip.compress else "c.jsonl")
    path.write_bytes(pack(text.encode(codec)))
    first, second = read_clause_file(path)
    assert (first.clause.id, first.clause.text, first.citation) == ("12", "第一段\u2028第二段\ufffd", "民法典")
    assert (second.clause.id, len(first.clause.text)) == ("b", first.clause.span.end)


@pytest.mark.parametrize(
    "line",
    [
        "{", '{"id": "1"}', '{"id": "1", "text": ""}', "[]", '{"id": "1", "text": 3}', '{"text": "条文"}',
        '{"id": null, "text": "条文"}', '{"id": " ", "text": "条文"}', '{"id": true, "text": "条文"}',
        '{"id": NaN, "text": "条文"}', '{"id": [1], "text": "条文"}', "[" * 100_000,
    ],
)  # fmt: skip
def test_broken_rows_are_refused_with_file_and_line(tmp_path, line):
    path = tmp_path / "c.jsonl"
    path.write_text('{"id": "0", "text": "条文"}\n' + line, "utf-8")
    with pytest.raises(FileError, match=r"c\.jsonl 第 2 行"):
        read_clause_file(path)


def test_missing_and_broken_files_are_refused(tmp_path):
    with pytest.raises(FileError, match="没有找到"):
        read_clause_file(tmp_path / "none.jsonl")
    for raw in (b"not gzip", gzip.compress(b'{"id": "1", "text": "x"}' * 99)[:-20]):
        (tmp_path / "c.jsonl.gz").write_bytes(raw)
        with pytest.raises(FileError, match="读不出来"):
            read_clause_file(tmp_path / "c.jsonl.gz")
    with pytest.raises(FileError, match="读不出来（"):
        read_clause_file(tmp_path)
