import io
import os
import time

import pytest

from data.errors import InputError
from ui.services import uploads
from ui.services.uploads import save, take, used


def test_only_the_owner_takes_a_file_and_may_take_it_again(desk, people):
    made = save(desk, people["inspector"], "案卷.docx", io.BytesIO(b"PK content"))
    assert (made.name, made.size) == ("案卷.docx", 10)
    for _ in range(2):
        taken = take(desk, people["inspector"], made.id)
        assert (taken.name, taken.data) == ("案卷.docx", b"PK content")
    for other in ("inspector2", "administrator"):
        with pytest.raises(InputError, match="没有这个上传的文件"):
            take(desk, people[other], made.id)
    assert "PK" not in repr(taken)


def test_a_file_is_deleted_once_it_is_used_and_stays_after_an_error(desk, li):
    made = save(desk, li, "a.txt", io.BytesIO(b"x"))
    with pytest.raises(KeyError), used(desk, li, made.id):
        raise KeyError
    with used(desk, li, made.id) as file:
        assert file.data == b"x"
    assert list((desk.folder / "uploads").iterdir()) == []
    with pytest.raises(InputError, match="可能已经用过"), used(desk, li, made.id):
        pass


@pytest.mark.parametrize("wrong", ["", "../store", "../../etc/passwd", "0" * 32, "0" * 31 + "G", "/etc/passwd", "a.json"])
def test_an_id_is_never_a_path(desk, people, wrong):
    save(desk, people["inspector"], "a.txt", io.BytesIO(b"x"))
    with pytest.raises(InputError, match="没有这个上传的文件"):
        take(desk, people["inspector"], wrong)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("../../x.txt", "x.txt"), ("C:\\案卷\\一.docx", "一.docx"), ("a\x00b\n.txt", "ab.txt"), ("", "未命名"), ("../", "未命名")],
)
def test_a_name_is_only_shown(desk, people, name, shown):
    made = save(desk, people["inspector"], name, io.BytesIO(b"x"))
    assert take(desk, people["inspector"], made.id).name == shown
    assert sorted(p.name for p in (desk.folder / "uploads").iterdir()) == [f"{made.id}.bin", f"{made.id}.json"]


def test_too_large_and_empty_files_leave_nothing(desk, people, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_BYTES", 2**20)
    with pytest.raises(uploads.TooLarge, match="超过 1 MB"):
        save(desk, people["inspector"], "大.txt", io.BytesIO(b"x" * (2**20 + 1)))
    with pytest.raises(InputError, match="是空的"):
        save(desk, people["inspector"], "空.txt", io.BytesIO(b""))
    assert list((desk.folder / "uploads").iterdir()) == []
    assert save(desk, people["inspector"], "a.txt", io.BytesIO(b"x" * 2**20)).size == 2**20


def test_files_end_after_a_day(desk, people):
    old = save(desk, people["inspector"], "a.txt", io.BytesIO(b"x"))
    yesterday = time.time() - 25 * 3600
    for path in (desk.folder / "uploads").iterdir():
        os.utime(path, (yesterday, yesterday))
    with pytest.raises(InputError, match="没有这个上传的文件"):
        take(desk, people["inspector"], old.id)
    new = save(desk, people["inspector"], "b.txt", io.BytesIO(b"y"))
    assert {p.stem for p in (desk.folder / "uploads").iterdir()} == {new.id}


def test_so_many_files_may_wait(desk, people):
    for number in range(uploads.MAX_FILES):
        save(desk, people["inspector"], f"{number}.txt", io.BytesIO(b"x"))
    with pytest.raises(InputError, match="还没有用到"):
        save(desk, people["inspector"], "x.txt", io.BytesIO(b"x"))
    assert save(desk, people["inspector2"], "x.txt", io.BytesIO(b"x")).size == 1
