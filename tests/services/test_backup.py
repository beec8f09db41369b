"""A backup from the page: what people published is back after a restore, and serves."""

import pytest

from data.store.backup import restore
from data.store.store import open_store
from retrieval.shelf import Shelf
from tests.publishing.samples import base_matcher
from tests.services.conftest import either as database_kind  # noqa: F401
from tests.services.test_library import add, publish, ready
from ui.services import backup, library, library_drafts, library_versions
from ui.services.desk import Desk

STORY = "突发事件里临机决断，关阀晚了十分钟"


@pytest.fixture
def base(tmp_path):
    return base_matcher(tmp_path / "base")


@pytest.fixture
def desk(store, base, tmp_path):
    return Desk(store, Shelf(tmp_path / "files" / "library", base), tmp_path / "files")


def test_the_published_regulations_come_back_and_serve(desk, people, base, tmp_path):
    reviewer, admin = people["reviewer"], people["administrator"]
    publish(desk, admin, ready(desk, reviewer))
    add(desk, reviewer, name="naechste-2025.txt")
    made = backup.make(desk, admin)
    (listed,) = backup.listing(desk, admin)
    assert made.library.bytes + made.bytes == listed.size
    taken = [backup.download(desk, admin, name) for name in (listed.name, listed.manifest, listed.library)]
    place, url = tmp_path / "new", f"sqlite:///{tmp_path / 'new.sqlite3'}"
    restore(taken[0], url, actor="测试", files=place)
    with open_store(url) as restored:
        again = Desk(restored, Shelf(place / "library", base), place)
        found = library_versions.versions(again, reviewer)
        assert (found.current, found.serving, found.releases[0].by) == (1, 1, "管理员")
        assert library.edition(again, reviewer) == library.edition(desk, reviewer)
        told = [one.matcher().match(STORY, region="moushi-2024").matches[0].clause for one in (again, desk)]
        assert told[0] == told[1] and told[0].id == "moushi-2024/art2.p1.i1"
        assert [draft.facts.regulation_id for draft in library_drafts.drafts(again, reviewer)] == ["naechste-2025"]
        (draft,) = library_drafts.drafts(again, reviewer)
        draft = library_drafts.correct_facts(again, reviewer, draft.id, draft.version, {"region": "某县"})
        assert publish(again, admin, draft, base=1).number == 2
        assert restored.verify().ok


def test_the_oldest_go_with_their_libraries(desk, people, monkeypatch):
    monkeypatch.setattr(backup, "_KEPT", 2)
    add(desk, people["reviewer"])
    for _ in range(3):
        backup.make(desk, people["administrator"])
    kept = backup.listing(desk, people["administrator"])
    names = {name for one in kept for name in (one.name, one.manifest, one.library)}
    assert len(names) == 6 and {path.name for path in (desk.folder / "backups").iterdir()} == names
