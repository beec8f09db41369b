import json

import pytest

from data.catalogue import matched_regulations
from data.check_cases import check, echo, main, summary
from tests.conftest import ROOT

FILES = {s: ROOT / "data" / "cases" / f"{s}.jsonl" for s in ("train", "dev", "test")}


def row(identifier, **changes):
    labels = {"shandong-2019/art13.p1.i1": 2}
    base = {
        "id": identifier, "region": "shandong-2019", "text": f"{identifier} 那天我们照着年初排好的名单去了三家厂，签字笔录都在",
        "labels": labels,
        "split": "dev", "source": "自编", "pair": None, "style": "短消息", "hand": "h", "votes": {"A": labels, "B": labels},
    }  # fmt: skip
    return {**base, **changes}


def problems(*rows):
    return [line for line in check({"dev": list(rows)}) if "直接案例" not in line]


def test_a_good_row_has_no_problem():
    assert problems(row("a")) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "test"}, "split"),
        ({"style": ""}, "缺少 style"),
        ({"text": "太短"}, "不足"),
        ({"labels": {"banan-2022/art15.p1": 2}}, "不是该地区"),
        ({"text": "我们这一年已履行监督检查职责，没有别的好说的了，就这样"}, "照抄"),
        ({"votes": {"A": {}, "B": {}}}, "不一致"),
        ({"votes": {"A": {}, "B": {"shandong-2019/art13.p1.i1": 2}}}, "第三遍"),
        ({"pair": "p1"}, "应有同地区的两条"),
    ],
)
def test_each_kind_of_problem_is_named(changes, message):
    assert any(message in line for line in problems(row("a", **changes)))


def test_splits_share_no_hand_and_no_story():
    found = check({"dev": [row("a")], "test": [row("a2", split="test", text=row("a")["text"])]})
    assert any("作者 h" in line for line in found) and any("相同的" in line for line in found)


def test_an_echo_ignores_punctuation_and_institutions():
    assert echo("他们逃避、案件调查", "或者逃避案件调查，致使") == "逃避案件调查"
    assert echo("已报区人民政府批准", "有批准权的人民政府") == ""


# split: cases, contrast pairs, cases that speak directly to each clause, at least
PROMISED = {"train": (1200, 60, 8), "dev": (240, 25, 1), "test": (240, 25, 1)}


def test_the_shipped_cases_hold_what_is_promised():
    rows = {s: [json.loads(line) for line in p.read_text("utf-8").split("\n") if line] for s, p in FILES.items()}
    assert check(rows) == []
    counts = summary(rows)
    regions = {r.id for r in matched_regulations()}
    assert len(regions) == 4
    for split, (cases, pairs, each) in PROMISED.items():
        found = counts[split]
        assert found["cases"] >= cases and found["pairs"] >= pairs and found["fewest_grade_2"] >= each, split
        assert 0.08 <= found["empty"] / found["cases"] <= 0.15, split
        assert set(found["regions"]) == regions, split


def test_the_command_names_missing_files_and_reads_any_line_separator(tmp_path, monkeypatch, capsys):
    text = row("a")["text"] + "\u2028第二段"
    line = json.dumps(row("a", text=text), ensure_ascii=False)
    (tmp_path / "dev.jsonl").write_text(line + "\n\n", "utf-8")
    monkeypatch.setattr("sys.argv", ["check_cases", str(tmp_path)])
    assert main() == 1
    out = capsys.readouterr().out
    assert '"cases": 1' in out and "没有 train.jsonl" in out and "没有 test.jsonl" in out and "没有 dev" not in out
