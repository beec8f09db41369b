"""The library of regulations in a backup: what goes in, what comes back, and what is refused."""

import json
import stat
import zipfile

import pytest

from data.errors import FileError
from data.store.backup import backup, restore
from data.store.errors import StoreError
from data.store.library_archive import library_path
from data.store.location import FOLDER, database_url, files_folder
from data.store.manifest import file_digest, manifest_path, read_manifest
from data.store.store import open_store

PUBLISHED = {
    "versions/current": "2\n",
    "versions/1/release.json": "{}",
    "versions/1/regulations.jsonl": "甲\n" * 1000,
    "versions/2/release.json": "{}",
    "drafts/0123456789abcdef.json": "草稿",
}
LEFT_OUT = {
    "versions/3/release.json": "written, not in use yet",
    "versions/.draft-4-aa/x": "",
    "versions/.lock": "",
    "drafts/.x.json-1234": "",
    "vectors/a.npz": "computed",
}


def fill(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def content(folder):
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def made(store, tmp_path):
    """A backup with a library."""
    fill(tmp_path / "files" / "library", PUBLISHED | LEFT_OUT)
    (tmp_path / "backups").mkdir()
    path = tmp_path / "backups" / "a.jsonl"
    assert backup(store, path, actor="测试", files=tmp_path / "files") == read_manifest(path)
    return path


def test_what_was_published_and_drafted_comes_back(made, empty, tmp_path):
    part = read_manifest(made).library
    assert (part.files, part.bytes, part.sha256) == (5, library_path(made).stat().st_size, file_digest(library_path(made)))
    assert stat.S_IMODE(library_path(made).stat().st_mode) == 0o600
    assert {path.name for path in made.parent.iterdir()} == {made.name, f"{made.name}.manifest.json", f"{made.name}.library.zip"}
    place = tmp_path / "elsewhere" / "library"
    fill(place, {"versions/.lock": "", "drafts/.old": ""})  # what a program that was started before has left
    restore(made, empty.url, actor="测试", files=place.parent)
    assert content(place) == PUBLISHED and [path.name for path in place.parent.iterdir()] == ["library"]


def test_a_library_in_use_is_never_overwritten(made, empty, tmp_path):
    place = tmp_path / "elsewhere" / "library"
    fill(place, {"versions/current": "1\n"})
    with pytest.raises(StoreError, match="里已有条款库"):
        restore(made, empty.url, actor="测试", files=place.parent)
    assert content(place) == {"versions/current": "1\n"}


def test_what_fails_leaves_neither_database_nor_library(made, database, empty, tmp_path):
    place = tmp_path / "elsewhere"
    with pytest.raises(StoreError, match="已有内容"):  # the database, after the library was unpacked
        restore(made, database.url, actor="测试", files=place)
    whole, manifest = library_path(made).read_bytes(), json.loads(manifest_path(made).read_text("utf-8"))

    def claim(data):
        """Change the archive as somebody who makes the manifest fit."""
        library_path(made).write_bytes(data)
        changed = {**manifest["library"], "sha256": file_digest(library_path(made))}
        manifest_path(made).write_text(json.dumps({**manifest, "library": changed}), "utf-8")

    library_path(made).write_bytes(whole[:-10])
    with pytest.raises(FileError, match="校验值不符"):
        restore(made, empty.url, actor="测试", files=place)
    claim(whole[:-10])
    with pytest.raises(FileError, match="已损坏"):
        restore(made, empty.url, actor="测试", files=place)
    for name in ("../outside", "/outside", "a/../../outside", "..\\outside"):
        with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
            archive.writestr(name, "x")
        claim((tmp_path / "evil.zip").read_bytes())
        with pytest.raises(FileError, match="已损坏"):
            restore(made, empty.url, actor="测试", files=place)
    library_path(made).unlink()
    with pytest.raises(FileError, match="要放在一起"):
        restore(made, empty.url, actor="测试", files=place)
    assert not list(place.rglob("*")) and not list(tmp_path.rglob("outside"))
    claim(whole)
    restore(made, empty.url, actor="测试", files=place)
    with open_store(empty.url) as restored:
        assert restored.verify().ok
    assert content(place / "library") == PUBLISHED


def test_without_a_library_there_is_no_archive(store, empty, tmp_path):
    fill(tmp_path / "files" / "library", LEFT_OUT)  # a first publication that has not come into use
    path = tmp_path / "a.jsonl"
    assert backup(store, path, actor="测试", files=tmp_path / "files").library is None
    assert not library_path(path).exists()
    manifest = json.loads(manifest_path(path).read_text("utf-8"))
    del manifest["library"]
    manifest_path(path).write_text(json.dumps({**manifest, "format": 1}), "utf-8")  # as programs before this one wrote it
    restore(path, empty.url, actor="测试", files=tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_where_files_lie(tmp_path, monkeypatch):
    url = database_url(f"sqlite:///{tmp_path / 'x' / 'store.sqlite3'}")
    assert files_folder(url) == tmp_path / "x" / "files"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert files_folder(database_url("postgresql://h/d")) == tmp_path / "data" / "rongcuo" / "files"
    monkeypatch.setenv(FOLDER, str(tmp_path / "chosen"))
    assert files_folder(url) == tmp_path / "chosen"
