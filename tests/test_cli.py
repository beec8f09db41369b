import copy
import json
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT
from ui.cli import main

STORY = (
    "去年11月我们三个人按年初排的抽查名单去城东的化工厂，进门前台账摆得整整齐齐，在线数据也都在限值以内，我们看了污泥间、取了"
    "外排口水样就走了。今年2月省里暗访才发现，老板让人把采样头插进了一瓶矿泉水里，台账是前一天晚上补的。下游死了些鱼，没有人"
    "受伤。我们接到通报当晚就封了排口，第二天把情况书面报给了局里，又帮着清了河道。"
)


def run(capsys, *arguments):
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["match", STORY, "--regoin", "shandong"], "是否想用 --region"),
        (["macth", STORY], "是否想用 match"),
        (["match", STORY, "--top-k", "ten"], "1 到 1000 的整数"),
        (["match", STORY, "--top-k", "0"], "1 到 1000 的整数"),
        (["match", STORY, "--top-k"], "需要一个值"),
        (["match", STORY, "多余"], "引号"),
        (["match", STORY, "--file", "x.txt"], "只能给一个"),
        (["match", "--file", "没有.txt"], "没有.txt"),
        (["batch", "in.jsonl"], "缺少 OUT"),
        (["batch", "in.jsonl", "out.doc"], "扩展名"),
        (["parse", "没有.txt"], "没有.txt"),
        (["parse", "."], "文件夹"),
        (["index", "build", "--backend", "oracle"], "可选 faiss"),
        (["index", "build", "--clauses", "a.jsonl"], "--out"),
        (["evaluate", "没有.jsonl"], "没有找到"),
        (["evaluate", __file__], "第 1 行"),
    ],
)
def test_bad_arguments_get_one_chinese_line_and_exit_code_2(capsys, arguments, message):
    code, out, err = run(capsys, *arguments)
    assert code == 2 and out == ""
    assert err.count("\n") == 1 and message in err, err


@pytest.mark.model
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["match", ""], "空的"),
        (["match", "字" * 100_000], "100000 字"),
        (["match", STORY, "--region", "mars"], "mars"),
        (["match", STORY, "--category", "tolerance"], "tolerance"),
        (["match", STORY, "--index", "没有的目录"], "没有找到索引"),
        (["evaluate", "data/cases/dev.jsonl", "--system", "bm52"], "bm52"),
        (["evaluate", "data/cases/dev.jsonl", "--measures", "nDGC@10"], "nDGC"),
    ],
)
def test_bad_values_get_one_chinese_line_and_exit_code_2(capsys, arguments, message):
    test_bad_arguments_get_one_chinese_line_and_exit_code_2(capsys, arguments, message)


def test_only_a_batch_that_is_interrupted_is_said_to_go_on(capsys, tmp_path, matcher, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"id": "1", "text": STORY}, ensure_ascii=False), "utf-8")
    stopped = copy.copy(matcher)
    stopped.match = stop
    monkeypatch.setattr("retrieval.loading.open_matcher", lambda **_: stopped)
    code, _, err = run(capsys, "batch", str(source), str(tmp_path / "out.jsonl"))
    assert code == 2 and err.rstrip().endswith("已中断；再运行一次会接着做完。")
    code, _, err = run(capsys, "match", STORY)
    assert code == 2 and err.rstrip().endswith("已中断。")


def test_binary_input_is_refused():
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", "match", "-"], cwd=ROOT, input=bytes(range(256)) * 20, capture_output=True, check=False
    )
    assert done.returncode == 2 and done.stderr.decode().count("\n") == 1, done.stderr.decode()


def test_parse_shows_the_tree_gaps_and_quotes(capsys, tmp_path):
    code, out, err = run(capsys, "parse", "data/regulations/shandong-reply-2019.txt")
    assert code == 0 and err == ""
    assert out.count("引用了《山东省生态环境系统干部履职尽责容错纠错实施办法(试行)》第十三条") == 5
    assert out.count("字引用了") == 14
    gap = tmp_path / "gap.txt"
    gap.write_text("某办法\n第一条　甲。\n第二条　乙。\n第四条　丁。\n", "utf-8")
    code, out, err = run(capsys, "parse", str(gap))
    assert code == 0 and "缺第三条" in err and "引用" not in out


def test_parse_gives_every_character_of_the_file_once(capsys, tmp_path):
    both = tmp_path / "both.txt"
    text = "".join((ROOT / "data/regulations" / f"{name}.txt").read_text("utf-8") for name in ("banan-2022", "fuzhou-2019"))
    both.write_text(text, "utf-8")
    code, out, _ = run(capsys, "parse", str(both), "--json")
    pieces = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and "".join(piece["text"] for piece in pieces) == text
    assert all(text[p["span"][0] : p["span"][1]] == p["text"] for p in pieces)
    assert {"id", "level", "label", "text", "span", "parent_id", "category"} <= set(pieces[0])


@pytest.mark.model
def test_match_answers_in_json(capsys):
    code, out, _ = run(capsys, "match", STORY, "--region", "shandong-2019", "--top-k", "5", "--json")
    report = json.loads(out)
    assert code == 0 and report["region"] == "shandong-2019" and not report["abstained"]
    assert [m["rank"] for m in report["matches"]] == [1, 2, 3, 4, 5]
    assert all(m["clause_id"].startswith("shandong-2019/") for m in report["matches"])
    for match in report["matches"]:
        for evidence in match["evidence"]:
            assert 0 <= evidence["narrative"][0] < evidence["narrative"][1] <= len(STORY)
            assert 0 <= evidence["clause"][0] < evidence["clause"][1] <= len(match["text"])


@pytest.mark.model
def test_match_answers_in_a_table(capsys):
    code, out, _ = run(capsys, "match", STORY, "--region", "山东")
    assert code == 0
    for word in ("容错情形", "履职尽责", "不予容错", "相似度", "仅供参考"):
        assert word in out
    assert max(map(len, out.splitlines())) <= 120


@pytest.mark.model
def test_a_users_own_regulation_becomes_an_index(capsys, tmp_path):
    folder = tmp_path / "index"
    own = tmp_path / "ours-2024.txt"
    own.write_text(
        "某县容错办法\n第一条　为鼓励担当，制定本办法。\n第二条　有下列情形之一的，予以容错：\n（一）抢险中临机处置出现失误的；\n"
        "（二）解决历史遗留问题出现偏差的。\n第三条　谋取私利的，不予容错。\n",
        "utf-8",
    )
    assert run(capsys, "index", "build", "--regulations", str(own), "--out", str(folder))[0] == 0
    code, out, _ = run(
        capsys, "match", "溃坝那晚我没等批示就让人炸了副堤", "--index", str(folder), "--region", "ours-2024", "--json"
    )
    assert code == 0
    assert {m["clause_id"] for m in json.loads(out)["matches"]} == {
        f"ours-2024/{p}" for p in ("art2.p1.i1", "art2.p1.i2", "art3.p1")
    }


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timed
def test_first_answer_within_four_seconds_and_later_ones_in_150_milliseconds():
    """Measured on a warm disk; the first answer is the median of three fresh processes."""
    command = [sys.executable, "-m", "ui.cli", "match", STORY, "--json"]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # builds the index once
    starts = []
    for _ in range(3):
        begin = time.perf_counter()
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        starts.append(time.perf_counter() - begin)
    assert sorted(starts)[1] <= 4.0, starts
    from retrieval.loading import open_matcher

    matcher = open_matcher()
    matcher.match(STORY)
    later = sorted(matcher.match(STORY).elapsed for _ in range(9))
    assert later[4] <= 0.150, later


@pytest.mark.model
def test_evaluate_prints_every_system_with_n_and_interval(capsys, tmp_path):
    lines = (ROOT / "data/cases/dev.jsonl").read_text("utf-8").splitlines()[:12]
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(lines), "utf-8")
    code, out, _ = run(capsys, "evaluate", str(few), "--json", "--measures", "R@5,nDCG@10")
    result = json.loads(out)
    assert code == 0 and set(result["systems"]) == {"bm25", "tfidf", "dense", "centred", "attention", "hybrid"}
    for system in result["systems"].values():
        measure = system["measures"]["nDCG@10"]
        assert measure["n"] == result["labelled"] and measure["low"] <= measure["mean"] <= measure["high"]
