"""What README promises: its command gives its result, its commands and options exist, both make targets are there."""

import json
import re
import shlex

import pytest

from retrieval.settings import Settings
from tests.conftest import ROOT
from ui.cli import cli, main

README = (ROOT / "README.md").read_text("utf-8")
README_ZH = (ROOT / "README.zh.md").read_text("utf-8")
ROOMS = ("data", "models", "retrieval", "ui", "notebooks", "tests")
DOCUMENTS = [*ROOT.glob("*.md"), *(path for room in ROOMS for path in (ROOT / room).rglob("*.md"))]
CHANGING = ("elapsed", "index_digest", "model_digest")  # differ with the machine or with every change of a text


def commands(text):
    found = re.findall(r"\.venv/bin/rongcuo ([^\n#]+)", text)
    return [shlex.split(line, posix=True) for line in found]


@pytest.mark.model
def test_the_readmes_command_gives_the_readmes_result(capsys):
    arguments = commands(README)[0]
    expected = json.loads(re.search(r"```json\n(.*?)```", README, re.DOTALL).group(1))
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert alike({k: v for k, v in found.items() if k not in CHANGING}, {k: v for k, v in expected.items() if k not in CHANGING})


def alike(found, expected):
    """Tell whether two JSON values are the same but for the last digits of numbers, which processors round differently.

    Where the README says "…" anything may stand, but not nothing.
    """
    if expected == "…":
        return bool(found)
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(alike(found[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(alike, found, expected))
    return found == pytest.approx(expected, abs=0.05) if isinstance(expected, float) else found == expected


@pytest.mark.parametrize("arguments", commands(README) + commands(README_ZH), ids=" ".join)
def test_every_command_and_option_exists(arguments):
    command = cli
    while hasattr(command, "commands") and arguments:
        command, arguments = command.commands[arguments[0]], arguments[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in arguments if word.startswith("--")} <= known


def test_both_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_the_documents_name_exist(path):
    text = path.read_text("utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)\s#]+)", text)
    named = re.findall(rf"`((?:{'|'.join(ROOMS)})/[\w./-]+\.\w+)`", text)
    assert [name for name in links if not (path.parent / name).exists()] == []
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_lists_every_environment_variable_with_the_defaults_of_matching():
    rows = [line.strip("| ").split(" | ") for line in README.splitlines() if line.startswith("| `RONGCUO_")]
    listed = [name for row in rows for name in re.findall(r"RONGCUO_[A-Z0-9_]+", row[0])]
    sources = [path.read_text("utf-8") for room in ROOMS[:-1] for path in (ROOT / room).rglob("*.py")]
    fields = {f"RONGCUO_{name.upper()}": field.default for name, field in Settings.model_fields.items()}
    assert sorted(listed) == sorted({*fields, *re.findall(r"RONGCUO_[A-Z0-9_]*[A-Z0-9]", "\n".join(sources))})
    for names, _, default in rows:
        numbers = [float(word) for word in re.findall(r"(?<![\w.-])\d[\d.]*", default)]
        assert numbers == [value for name in re.findall(r"\w+", names) if type(value := fields.get(name)) in (int, float)], names
