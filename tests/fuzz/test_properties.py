"""The properties of `tests.fuzz.targets` on inputs that hypothesis draws and, where one fails, makes small."""

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.numerals import number_to_chinese
from data.parser import parse, parse_file_text
from data.readers import SUFFIXES
from tests.conftest import ROOT
from tests.fuzz import targets
from tests.fuzz.targets import TARGETS, Unsaid, attempt, check_regulation, said

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)


@pytest.mark.parametrize("name", TARGETS)
@QUICK
@given(draw=st.randoms(use_true_random=False))
def test_what_must_hold_for_any_input(name, draw):
    TARGETS[name](draw)


LEVELS = {
    "编": "第{}编 总体",
    "章": "第{}章 总则",
    "节": "第{}节 一般",
    "条": "第{}条 内容甲。",
    "项": "（{}）事项；",
    "目": "{}.细目；",
}


def ordered(levels):
    """A text with these levels nested in their order, three of each."""
    if not levels:
        return ["正文一句。"]
    inner = ordered(levels[1:])
    lines = []
    for number in range(1, 4):
        word = str(number) if levels[0] == "目" else number_to_chinese(number)
        lines += [LEVELS[levels[0]].format(word), *inner]
    return lines


@pytest.mark.parametrize("missing", LEVELS)
def test_any_one_level_may_be_missing(missing):
    levels = [level for level in LEVELS if level != missing]
    regulation = parse("试行办法\n" + "\n".join(ordered(levels)), "x")
    check_regulation(regulation)
    articles = [piece for piece in regulation.pieces if piece.level == "article"]
    assert bool(articles) == (missing != "条")
    assert any("正文一句。" in clause.text for clause in regulation.clauses)


@pytest.mark.parametrize("kept", LEVELS)
def test_any_one_level_may_be_the_only_one(kept):
    check_regulation(parse("\n".join(ordered([kept])), "x"))


@QUICK
@given(st.lists(st.sampled_from(targets.texts.regulations()), min_size=2, max_size=3), st.data())
def test_texts_merged_and_cut_keep_every_character(texts, data):
    joined = "".join(texts)
    text = joined[data.draw(st.integers(0, 3000)) : len(joined) - data.draw(st.integers(0, 3000))]
    found = parse_file_text(text, "x")
    assert "".join(regulation.text for regulation in found) == text
    for regulation in found:
        check_regulation(regulation)


@QUICK
@given(st.binary(max_size=3000), st.sampled_from(sorted(SUFFIXES)))
def test_random_bytes_are_read_or_refused_in_a_sentence(data, suffix):
    from data.errors import RongcuoError
    from data.readers import read_bytes_as_text

    try:
        assert read_bytes_as_text(data, suffix, "文件").strip()
    except RongcuoError as error:
        said(error)


@pytest.mark.parametrize("text", ["no Chinese.", "两行\n的。", "没有句号", "半个\ud83d。"])
def test_what_a_person_could_not_read_is_a_failure(text):
    with pytest.raises((Unsaid, UnicodeEncodeError)):
        said(InputError(text))


def test_the_same_seed_gives_the_same_input():
    import random

    from tests.fuzz.files import any_file

    assert any_file(random.Random(5)) == any_file(random.Random(5))


def test_the_run_prints_how_to_repeat_a_failure(monkeypatch, capsys):
    from tests.fuzz import run

    def fails(draw):
        if draw.random() < 0.5:
            raise ZeroDivisionError("by nought")

    monkeypatch.setitem(TARGETS, "sentences", fails)
    assert run._run(["sentences"], 1, 0.01) == 1
    out = capsys.readouterr().out
    assert "ZeroDivisionError" in out and "1 failures" in out
    seed = int(out.partition("--only ")[2].split()[0])
    with pytest.raises(ZeroDivisionError):
        attempt("sentences", seed)


@pytest.mark.slow
def test_a_short_run_of_every_target_finds_nothing():
    command = [sys.executable, "-m", "tests.fuzz.run", "--minutes", "0.2", "--seed", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
