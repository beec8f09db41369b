"""The checks of an installation: each says what is wrong where something is, and nothing else."""

import json
import shutil
import socket
import sys
from datetime import timedelta
from importlib import metadata

import numpy as np
import pytest

from data.errors import FileError, InputError, ModelError
from data.store.store import open_store, utc_now
from models.attention import ATTENTION
from models.layout import DEFAULT_NAME, WEIGHTS, read_manifest
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.index import build, save
from retrieval.loading import default_folder
from retrieval.settings import get_settings
from ui import doctor_files, doctor_machine, doctor_reference
from ui.cli import main
from ui.doctor import BAD, GOOD, NOTE, Finding, Place, examine
from ui.doctor_checks import CHECKS
from ui.doctor_encoder import (
    REFERENCE,
    SENTENCES,
    Comparison,
    Reference,
    check_encoder,
    compare,
    instructions,
    read_reference,
)


@pytest.fixture(autouse=True)
def own_place(monkeypatch, tmp_path):
    monkeypatch.setenv("RONGCUO_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("RONGCUO_DATABASE_URL", f"sqlite:///{tmp_path}/data/store.sqlite3")
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.fixture
def place(tmp_path):
    return Place(f"sqlite:///{tmp_path}/data/store.sqlite3", free_port())


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def states(found):
    return [(finding.about, finding.state) for finding in found]


def test_one_check_that_fails_does_not_stop_the_others(place):
    def told(_):
        raise InputError("配置写错了，请改正。")

    def broken(_):
        raise ZeroDivisionError

    found = examine([("甲", told), ("乙", broken), ("丙", lambda _: [Finding("丙", GOOD, "好。")])], place)
    assert states(found) == [("甲", BAD), ("乙", BAD), ("丙", GOOD)]
    assert found[0].text == "配置写错了，请改正。" and "ZeroDivisionError" in found[1].text and found[1].remedy


def test_this_python_and_its_packages_are_fit(place, monkeypatch):
    assert states([*doctor_machine.check_python(place), *doctor_machine.check_packages(place)]) == [
        ("Python", GOOD),
        ("软件包", GOOD),
    ]
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    assert states(doctor_machine.check_python(place)) == [("Python", BAD)]


def test_missing_and_old_packages_are_named(place, monkeypatch):
    asked = ["numpy>=1.26", "no-such-package>=1", "jieba>=99", "click>=8.1,<9", 'psycopg[binary]>=999; extra == "postgresql"']
    monkeypatch.setattr(metadata, "requires", lambda _: asked)
    (found,) = doctor_machine.check_packages(place)
    assert found.state == BAD and "no-such-package 没有安装" in found.text and "jieba 是" in found.text
    assert "numpy" not in found.text and "click" not in found.text and "psycopg" not in found.text


@pytest.mark.parametrize(
    ("version", "requirement", "fits"),
    [
        ("6.31.0", "gradio>=6.25,<7", True),
        ("7.0", "gradio>=6.25,<7", False),
        ("6.24.9", "gradio>=6.25,<7", False),
        ("2.13.0+cpu", "torch==2.13.0", True),
        ("2.2", "python-stdnum>=2.2", True),
        ("2.2", "x>2.2", False),
        ("2.2.1", "x!=2.2", False),
        ("1.0", "x", True),
    ],
)
def test_versions_are_compared_by_number(version, requirement, fits):
    assert doctor_machine._fits(version, requirement) is fits


def test_a_clock_before_the_program_was_written_is_an_error(place, monkeypatch):
    assert next(doctor_machine.check_clock(place)).state == GOOD
    real = doctor_machine.datetime

    class Early(real):
        @classmethod
        def now(cls, tz=None):
            return real(2001, 1, 1, tzinfo=tz)

    monkeypatch.setattr(doctor_machine, "datetime", Early)
    assert next(doctor_machine.check_clock(place)).state == BAD


def test_little_room_and_folders_that_refuse(place, monkeypatch, tmp_path):
    assert {state for _, state in states(doctor_machine.check_folders(place))} <= {GOOD, NOTE}
    usage = shutil.disk_usage(tmp_path)
    for free, state in ((100 << 20, BAD), (1 << 30, NOTE), (9 << 30, GOOD)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        assert doctor_machine._folder("目录", tmp_path).state == state
    (tmp_path / "file").touch()
    found = doctor_machine._folder("目录", tmp_path / "file")
    assert (found.state, "不是文件夹" in found.text) == (BAD, True)


def test_a_port_in_use_is_noted(place):
    assert states(doctor_machine.check_port(place)) == [("端口", GOOD)]
    with socket.create_server(("127.0.0.1", place.port)):
        assert states(doctor_machine.check_port(place)) == [("端口", NOTE)]


def test_regulations_are_counted(place):
    (found,) = doctor_files.check_regulations(place)
    assert found.state == GOOD and "4 部参与匹配" in found.text


@pytest.mark.model
def test_changed_weights_are_named(place, monkeypatch, tmp_path):
    good = list(doctor_files.check_weights(place))
    assert good[0].state == GOOD and read_manifest(WEIGHTS / DEFAULT_NAME).digest[:12] in good[0].text
    copy = tmp_path / "weights"
    shutil.copytree(WEIGHTS / DEFAULT_NAME, copy)
    with (copy / "model.onnx").open("r+b") as file:
        file.seek(1_000_000)
        byte = file.read(1)
        file.seek(1_000_000)
        file.write(bytes([byte[0] ^ 1]))
    monkeypatch.setenv("RONGCUO_ENCODER", str(copy))
    get_settings.cache_clear()
    (found,) = doctor_files.check_weights(place)
    assert found.state == BAD and "model.onnx" in found.text and "重新训练" in found.remedy
    (copy / "tokenizer.json").unlink()
    (found,) = examine([("编码模型", doctor_files.check_weights)], place)
    assert found.state == BAD and "缺少文件 tokenizer.json" in found.text


def test_an_index_that_is_missing_whole_or_changed(place, entries):
    assert states(doctor_files.check_index(place)) == [("索引", NOTE)]
    settings = get_settings()
    version = save(build(entries, StubEncoder(), load_segmenter(), settings), default_folder(settings))
    (found,) = doctor_files.check_index(place)
    assert found.state == GOOD and "6 条" in found.text
    whole = (version / "dense.faiss").read_bytes()
    (version / "dense.faiss").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    (found,) = doctor_files.check_index(place)
    assert found.state == NOTE and "损坏" in found.text and "重建" in found.remedy


def test_a_database_that_is_missing_good_old_foreign_or_away(place, tmp_path):
    assert states(doctor_files.check_database(place)) == [("数据库", NOTE)]
    assert not (tmp_path / "data").exists(), "looking makes nothing"
    with open_store(place.database) as store, store.begin("安装程序") as work:
        work.users.add("li", display_name="李", role="inspector")
    assert states(doctor_files.check_database(place)) == [("数据库", GOOD)]
    path = tmp_path / "data" / "store.sqlite3"
    _sql(path, "UPDATE alembic_version SET version_num = '0000'")
    (found,) = doctor_files.check_database(place)
    assert found.state == NOTE and "自动升级" in found.remedy
    path.write_bytes(b"x" * 5000)
    (found,) = examine([("数据库", doctor_files.check_database)], place)
    assert found.state == BAD and "不是数据库" in found.text
    away = Place("postgresql://somebody:secret@127.0.0.1:1/store", 7860)
    (found,) = examine([("数据库", doctor_files.check_database)], away)
    assert found.state == BAD and "连不上" in found.text and "secret" not in found.text


def test_a_trail_younger_than_the_clock_is_an_error(place):
    with open_store(place.database, clock=lambda: utc_now() + timedelta(days=2)) as store, store.begin("安装程序") as work:
        work.users.add("li", display_name="李", role="inspector")
    assert states(doctor_files.check_database(place)) == [("数据库", GOOD), ("时钟", BAD)]


def _sql(path, statement):
    import sqlite3

    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


@pytest.fixture
def exact():
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((len(SENTENCES), 24)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_comparison_by_hand():
    exact = np.eye(2, dtype=np.float32)
    turned = np.array([[1, 0], [0.6, 0.8]], np.float32)
    found = Comparison.of(turned, exact)
    assert (found.nearest, found.between) == (pytest.approx(0.8), pytest.approx(0.6))


def test_a_reference_is_written_read_and_refused(tmp_path, exact):
    path = tmp_path / "reference.json"
    path.write_text(Reference("abc", exact, 0.97, 0.03).to_json(), "utf-8")
    found = read_reference(path)
    assert (found.digest, found.nearest, found.between) == ("abc", 0.97, 0.03) and np.allclose(found.vectors, exact, atol=1e-3)
    path.write_text(path.read_text("utf-8")[:200], "utf-8")
    with pytest.raises(FileError, match="请重新安装"):
        read_reference(path)


@pytest.mark.model
def test_the_shipped_encoder_is_the_one_of_the_reference_and_right_on_this_machine(place):
    (found,) = check_encoder(place)
    assert found.state == GOOD and "与全精度的相似度最低" in found.text, "weights changed? python -m ui.doctor_reference FOLDER"


@pytest.mark.model
def test_sums_that_overflow_are_noticed(place, monkeypatch):
    """What a processor without 32-bit sums does: large values are cut off."""
    from models.encoder import OnnxEncoder

    real = OnnxEncoder._sentence_vectors

    def cut(self, texts, prompt):
        rows = np.clip(real(self, texts, prompt), -0.05, 0.05)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    monkeypatch.setattr(OnnxEncoder, "_sentence_vectors", cut)
    (found,) = check_encoder(place)
    assert found.state == BAD and "VNNI" in found.remedy


@pytest.mark.model
def test_another_encoder_has_no_reference(place, monkeypatch):
    monkeypatch.setattr("ui.doctor_encoder.read_reference", lambda: Reference("other", np.zeros((6, 4), np.float32), 1, 0))
    assert states(check_encoder(place)) == [("编码自检", NOTE)]


def test_the_reference_is_made_from_kin_only(tmp_path, capsys, exact):
    class Fixed(StubEncoder):
        def encode_documents(self, texts):
            return exact[: len(texts)]

    found = doctor_reference.make_reference(Fixed(), Fixed())
    assert found.nearest == pytest.approx(1, abs=1e-4) and compare(Fixed(), found).between < 1e-4
    if (WEIGHTS / DEFAULT_NAME / ATTENTION).is_file() and (WEIGHTS / "e5-small-zh" / "manifest.json").is_file():
        assert doctor_reference.main([str(WEIGHTS / "e5-small-zh"), "--out", str(tmp_path / "x.json")]) == 2
        assert "不是由" in capsys.readouterr().err and not (tmp_path / "x.json").exists()
    with pytest.raises(ModelError):
        doctor_reference._check_kin(tmp_path)
    assert REFERENCE.is_file()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("processor : 0\nflags\t\t: fpu avx2 avx512f avx512_vnni\nflags\t: sse", ("AVX2", "AVX512", "AVX512-VNNI")),
        ("Features\t: fp asimd asimddp", ("SDOT",)),
        ("nothing", ()),
        (None, ()),
    ],
)
def test_instructions_of_the_processor(tmp_path, text, names):
    path = tmp_path / "cpuinfo"
    if text is not None:
        path.write_text(text)
    assert instructions(path) == names


@pytest.mark.model
def test_the_command_prints_lines_and_json_and_tells_by_its_exit_code(capsys, monkeypatch):
    port = str(free_port())
    assert main(["doctor", "--port", port]) == 0
    out, err = capsys.readouterr()
    assert "正常  编码自检" in out and "没有错误" in err and "错误  " not in out
    monkeypatch.setenv("RONGCUO_DATABASE_URL", "mysql://x/y")
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--port", port, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert ended.value.code == 1 and {tuple(one) for one in found} == {("about", "state", "text", "remedy")}
    assert [one["about"] for one in found if one["state"] == "错误"] == ["目录", "数据库"]


def test_every_check_has_a_name_of_its_own():
    assert len({name for name, _ in CHECKS}) == len(CHECKS) and all(callable(check) for _, check in CHECKS)
