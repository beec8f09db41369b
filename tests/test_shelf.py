import json
import logging
import shutil
import threading

import pytest

from models.stub import STUB_KEYWORDS, StubEncoder
from retrieval import shelf as module
from retrieval.publish import publish
from retrieval.releases import open_index
from retrieval.shelf import Shelf
from tests.publishing.samples import base_matcher, first, order, second

STORY = "突发事件里临机决断，关阀晚了十分钟"
ANOTHER = "因不可抗力，整改没有按时完成"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return base_matcher(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def two_versions(base, tmp_path_factory):
    """A library with `first` as version 1 and `first` and `second` as version 2; tests copy it."""
    library = tmp_path_factory.mktemp("library")
    publish(library, [first()], base, order(0))
    publish(library, [first(), second()], base, order(1))
    return library


@pytest.fixture
def library(two_versions, tmp_path):
    """The same library before version 2 came."""
    shutil.copytree(two_versions, tmp_path / "library", ignore=shutil.ignore_patterns("2"))
    point(tmp_path / "library", 1)
    return tmp_path / "library"


@pytest.fixture
def publish_second(two_versions, library):
    """Return a function that does to the disk what the second publication did."""

    def arrive():
        shutil.copytree(two_versions / "versions" / "2", library / "versions" / "2")
        point(library, 2)

    return arrive


def point(library, number):
    draft = library / "versions" / ".pointer"
    draft.write_text(f"{number}\n")
    draft.replace(library / "versions" / "current")


def best(shelf, story=STORY):
    return shelf().match(story).matches[0].clause.id


def test_before_the_first_publication_the_shipped_index_serves(base, tmp_path):
    shelf = Shelf(tmp_path, base)
    assert shelf() is base and base.version == 0


def test_a_newer_version_is_found_and_the_same_one_stays_open(base, library, publish_second):
    shelf = Shelf(library, base)
    old = shelf()
    assert shelf().version == 1 and shelf() is old and best(shelf) == "first-2024/art2.p1.i1"
    publish_second()
    new = shelf()
    assert new is not old and shelf() is new and shelf().version == 2
    assert best(shelf, ANOTHER) == "second-2024/art1.p1.i1"
    # only similarity: nobody has checked probabilities on these clauses
    assert {match.probability for match in new.match(ANOTHER).matches} == {None}
    assert old.match(STORY).matches  # a query that still holds the old one goes on


def break_file(library, number, name="dense.faiss"):
    path = library / "versions" / str(number) / name
    path.write_bytes(path.read_bytes()[:-1] + b"\0\0")


def test_a_corrupt_new_version_is_logged_once_and_the_old_one_stays(base, library, publish_second, caplog, monkeypatch):
    shelf = Shelf(library, base)
    old = shelf()
    publish_second()
    break_file(library, 2)
    tries = []
    monkeypatch.setattr(module, "open_index", lambda *args: tries.append(args) or open_index(*args))
    with caplog.at_level(logging.ERROR):
        assert all(shelf() is old for _ in range(5))
    assert len(tries) == 1  # not with every call
    (line,) = (record.getMessage() for record in caplog.records)
    assert line.startswith("条款库：第 2 版条款库的文件已损坏") and line.endswith("目前使用第 1 版。")
    assert old.version == 1


def test_a_version_that_comes_back_is_opened_without_a_restart(base, library, publish_second, monkeypatch):
    monkeypatch.setattr(module, "_AGAIN", 0.0)
    shelf = Shelf(library, base)
    publish_second()
    (library / "versions" / "2").rename(library / "away")
    assert shelf().version == 1
    (library / "away").rename(library / "versions" / "2")
    assert shelf().version == 2


def test_a_start_with_a_corrupt_version_serves_the_newest_good_one(base, library, publish_second, caplog):
    publish_second()
    break_file(library, 2)
    shelf = Shelf(library, base)
    line = caplog.records[-1].getMessage()  # the last word is on what serves in the end
    assert line.startswith("条款库：第 2 版") and line.endswith("目前使用第 1 版。")
    assert shelf().version == 1 and best(shelf) == "first-2024/art2.p1.i1"
    break_file(library, 1, "regulations.jsonl")
    shelf = Shelf(library, base)
    assert shelf() is base and caplog.records[-1].getMessage().endswith("目前使用随程序附带的法规。")


@pytest.mark.parametrize("damage", ["gone", "broken"])
def test_a_lost_pointer_changes_nothing_that_serves(base, library, publish_second, damage, caplog):
    publish_second()
    shelf = Shelf(library, base)
    pointer = library / "versions" / "current"
    pointer.unlink() if damage == "gone" else pointer.write_text("?")
    assert shelf().version == 2 and "current" in caplog.text


def test_the_others_go_on_with_the_old_one_while_one_opens_the_new(base, library, publish_second, monkeypatch):
    shelf = Shelf(library, base)
    old = shelf()
    opening, go_on = threading.Event(), threading.Event()

    def slowly(*args):
        opening.set()
        assert go_on.wait(30)
        return open_index(*args)

    monkeypatch.setattr(module, "open_index", slowly)
    publish_second()
    thread = threading.Thread(target=shelf)
    thread.start()
    assert opening.wait(30)
    assert shelf() is old and shelf().match(STORY).matches
    go_on.set()
    thread.join(30)
    assert shelf() is not old and shelf().version == 2


def test_no_query_fails_during_switches(base, library, publish_second):
    publish_second()
    shelf = Shelf(library, base)
    stop, failures, served = threading.Event(), [], set()

    def ask():
        while not stop.is_set():
            try:
                report = shelf().match(STORY)
                assert report.matches[0].clause.id == "first-2024/art2.p1.i1"
                served.add(report.index_digest)
            except Exception as error:  # noqa: BLE001
                failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    publish(library, [first()], shelf(), order(2))
    shelf()
    publish(library, [second(), first()], shelf(), order(3))
    shelf()
    stop.set()
    for thread in threads:
        thread.join(30)
    assert failures == [] and len(served) >= 2 and shelf().version == 4


def test_another_encoder_gets_its_own_vectors_in_memory(library, publish_second, tmp_path, caplog):
    publish_second()
    other = base_matcher(tmp_path, encoder=StubEncoder([*STUB_KEYWORDS, "临机"]))
    with caplog.at_level(logging.WARNING):
        shelf = Shelf(library, other)
    assert shelf().version == 2 and shelf().index.manifest.model == other.scorer.encoder.digest
    assert "重建" in caplog.text and best(shelf) == "first-2024/art2.p1.i1"
    manifest = json.loads((library / "versions" / "2" / "manifest.json").read_text("utf-8"))
    assert manifest["model"] == StubEncoder().digest  # what was published stays as it was


def test_a_start_cleans_up_what_a_crash_left(base, library, publish_second):
    publish_second()
    versions = library / "versions"
    (versions / ".draft-3-abcd").mkdir()
    (versions / ".current-abcd").write_text("3")
    shutil.copytree(versions / "2", versions / "3")
    (versions / "README").write_text("keep")
    Shelf(library, base)
    assert sorted(path.name for path in versions.iterdir()) == [".lock", "1", "2", "README", "current"]
