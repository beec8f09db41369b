import json

import pytest

from data.errors import FileError
from data.store.manifest import Manifest, file_digest, manifest_path, read_manifest, write_manifest
from data.store.records import Head


@pytest.fixture
def kept(tmp_path):
    file = tmp_path / "案件库.jsonl"
    file.write_text("内容", "utf-8")
    made = Manifest("jsonl", "0001", "2026-11-22T07:08:09.000000Z", 6, file_digest(file), {"cases": 1}, Head(3, "a" * 64), "问题")
    write_manifest(file, made)
    return file, made


def test_a_manifest_comes_back(kept):
    file, made = kept
    assert read_manifest(file) == made
    assert manifest_path(file).name == "案件库.jsonl.manifest.json"
    with pytest.raises(FileExistsError):
        write_manifest(file, made)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"format": 3}, "比这个程序新"),
        ({"sha256": "0" * 64}, "校验值不符"),
        ({"kind": "tar"}, "已损坏"),
        ({"head": 1}, "已损坏"),
        ({"counts": 5}, "已损坏"),
        ({"more": 1}, "已损坏"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(kept, change, word):
    file, _ = kept
    path = manifest_path(file)
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **change}), "utf-8")
    with pytest.raises(FileError, match=word):
        read_manifest(file)


def test_a_missing_or_broken_part_is_told(kept):
    file, _ = kept
    for broken in (b"[]", b"{", b"\xff\xfe", b'"x"'):
        manifest_path(file).write_bytes(broken)
        with pytest.raises(FileError, match="已损坏"):
            read_manifest(file)
    manifest_path(file).unlink()
    with pytest.raises(FileError, match="放在一起"):
        read_manifest(file)
