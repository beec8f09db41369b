import errno
import json

import pytest

from data.errors import FileError, InputError
from data.schema import Case
from retrieval.evaluate import evaluate
from retrieval.runs import compare_runs, load_run, save_run

CASES = [
    Case("a", "alpha", "企业老板隐瞒了台账，证据是假的", {"alpha/art1.p1.i2": 2}, "dev", "自编"),
    Case("b", "beta", "突发事件里临机决断，关阀晚了十分钟", {"beta/art1.p1.i1": 2}, "dev", "自编"),
]


@pytest.fixture
def saved(matcher, settings, tmp_path):
    path = tmp_path / "deep" / "run.json"
    save_run(evaluate(matcher, CASES, systems=["bm25", "hybrid"], measures=["R@1", "nDCG@10"]), settings, path)
    return path


def test_a_saved_run_says_what_was_measured(saved, matcher):
    run = load_run(saved)
    assert (run.name, run.index_digest, run.model_digest) == (
        "run.json",
        matcher.index.manifest.digest,
        matcher.index.manifest.model,
    )
    assert run.systems["hybrid"]["R@1"] == {"a": 1.0, "b": 1.0}
    assert run.rankings["hybrid"]["a"][0] == "alpha/art1.p1.i2"
    assert run.settings["bm25_k1"] == 1.2 and "cache_dir" not in run.settings


def test_a_run_compared_with_itself_ties_everywhere(saved):
    rows = compare_runs(load_run(saved), load_run(saved))
    assert len(rows) == 4
    assert all((row["win"], row["tie"], row["loss"], row["p_holm"]) == (0, 2, 0, 1.0) for row in rows)
    assert {row["system"] for row in compare_runs(load_run(saved), load_run(saved), system="bm25")} == {"bm25"}


def test_runs_on_other_cases_or_systems_are_not_compared(saved, matcher, settings, tmp_path):
    other = tmp_path / "other.json"
    save_run(evaluate(matcher, CASES[:1], systems=["dense"], measures=["R@1"]), settings, other)
    with pytest.raises(InputError, match="案例不同"):
        compare_runs(load_run(saved), load_run(other))
    with pytest.raises(InputError, match="共同的系统"):
        compare_runs(load_run(saved), load_run(saved), system="dense")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1}', '{"format": 9}'])
def test_broken_files_are_refused(tmp_path, content):
    path = tmp_path / "run.json"
    path.write_text(content, "utf-8")
    with pytest.raises(FileError, match=r"run\.json"):
        load_run(path)


def test_missing_and_unwritable_files_are_refused(saved, matcher, settings, tmp_path):
    with pytest.raises(FileError, match="没有找到"):
        load_run(tmp_path / "none.json")
    evaluation = evaluate(matcher, CASES, systems=["bm25"], measures=["R@1"])
    with pytest.raises(FileError, match="无法写入"):
        save_run(evaluation, settings, saved / "below-a-file.json")
    assert json.loads(saved.read_text("utf-8"))["format"] == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("systems", {"bm25": None}),
        ("systems", None),
        ("systems", {"bm25": {"R@1": [1.0]}}),
        ("systems", {"bm25": {"R@1": {"a": "1"}}}),
        ("systems", {"bm25": {"R@1": {"a": True}}}),
        ("systems", {"bm25": {"R@1": {"a": float("nan")}}}),
        ("rankings", {"bm25": None}),
        ("rankings", {"bm25": {"a": "alpha"}}),
        ("rankings", {"bm25": {"a": [1]}}),
        ("settings", []),
        ("cases_digest", 7),
    ],
)
def test_a_changed_file_is_refused(saved, key, value):
    content = json.loads(saved.read_text("utf-8"))
    saved.write_text(json.dumps({**content, key: value}), "utf-8")
    with pytest.raises(FileError, match=r"run\.json.*重新运行"):
        load_run(saved)


def test_runs_whose_cases_differ_by_id_are_not_compared(saved, tmp_path):
    content = json.loads(saved.read_text("utf-8"))
    for change in ({"a": 1.0}, {"a": 1.0, "c": 1.0}, {"a": 1.0, "b": 1.0, "c": 1.0}):
        content["systems"]["bm25"]["R@1"] = change
        other = tmp_path / "other.json"
        other.write_text(json.dumps(content), "utf-8")
        for one, two in ((saved, other), (other, saved)):
            with pytest.raises(InputError, match=r"bm25 的 R@1 所含案例不同"):
                compare_runs(load_run(one), load_run(two))


def test_runs_without_a_common_measure_are_not_compared(saved, matcher, settings, tmp_path):
    other = tmp_path / "other.json"
    save_run(evaluate(matcher, CASES, systems=["bm25"], measures=["R@3"]), settings, other)
    with pytest.raises(InputError, match="共同的指标"):
        compare_runs(load_run(saved), load_run(other))


def test_why_a_disk_refuses_is_said_in_chinese(saved, matcher, settings, tmp_path, monkeypatch):
    with pytest.raises(FileError, match="是文件夹而不是文件"):
        load_run(tmp_path)
    evaluation = evaluate(matcher, CASES, systems=["bm25"], measures=["R@1"])

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(type(saved), "replace", full)
    with pytest.raises(FileError, match="磁盘已满"):
        save_run(evaluation, settings, saved)
    assert [path.name for path in saved.parent.iterdir()] == ["run.json"]
