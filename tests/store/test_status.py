from data.store.migrate import head_revision
from data.store.status import status_of


def test_the_status_says_where_how_big_and_how_much(store, database, reviewed):
    found = status_of(store)
    assert (found.kind, found.revision, found.place) == (database.kind, head_revision(), store.place)
    assert found.counts["cases"] == found.counts["reports"] == 1 and found.counts["users"] == 5
    assert found.counts["audit"] == found.head.count and "sessions" not in found.counts
    assert found.bytes > 50_000 and ":" in found.place or "/" in found.place
    if database.kind == "postgresql":
        assert "postgres:" not in found.place
