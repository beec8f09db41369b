import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.store.canonical import canonical, clean, digest, iso, local
from data.store.columns import UtcTime
from data.store.errors import StoreError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_the_form_does_not_depend_on_the_order_of_keys_or_on_the_kind_of_sequence():
    assert canonical({"b": (1, 2), "a": "中"}) == canonical({"a": "中", "b": [1, 2]}) == '{"a":"中","b":[1,2]}'
    assert digest({}) == hashlib.sha256(b"{}").hexdigest() and digest(None) == hashlib.sha256(b"null").hexdigest()


@given(VALUES)
def test_every_json_value_has_a_form_that_a_database_can_hold(value):
    written = canonical(value)
    written.encode("utf-8")
    assert "\x00" not in written


@given(st.text(st.characters(), max_size=50))
def test_cleaning_keeps_every_offset(text):
    assert len(clean(text)) == len(text) and clean(clean(text)) == clean(text)
    assert all(a == b or b == "\ufffd" for a, b in zip(text, clean(text), strict=True))


def test_what_json_cannot_say_is_refused():
    for value in (float("nan"), float("inf"), {"x": object()}, {1j}):
        with pytest.raises(StoreError, match="不能保存的值"):
            canonical(value)


def test_times_are_written_in_utc_to_the_microsecond():
    moment = datetime(2026, 11, 22, 15, 8, 9, 10, tzinfo=timezone(timedelta(hours=8)))
    assert iso(moment) == canonical(moment).strip('"') == "2026-11-22T07:08:09.000010Z"
    assert datetime.fromisoformat(iso(moment)) == moment
    assert local(moment) == moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def test_a_column_of_times_takes_no_time_without_zone():
    column = UtcTime()
    with pytest.raises(ValueError, match="without zone"):
        column.process_bind_param(datetime(2026, 1, 1), None)
    assert column.process_bind_param(None, None) is None and column.process_result_value(None, None) is None
    assert column.process_result_value(datetime(2026, 1, 1), None) == datetime(2026, 1, 1, tzinfo=UTC)
