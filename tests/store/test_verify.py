import hashlib
import json

import pytest

from data.store.records import Decision, Head
from data.store.store import open_store
from tests.store.conftest import make_database
from tests.store.samples import under_review


@pytest.fixture(scope="module")
def lived(template, request, tmp_path_factory):
    """A store with some life in it, without the triggers that would refuse what follows; to be copied."""
    database = make_database(template.kind, tmp_path_factory.mktemp("lived"), request, template)
    with open_store(database.url) as store:
        case = under_review(store)
        with store.begin("zhang") as work:
            work.reviews.save(case.report_id, [Decision("r/art2.p1", "accept")], round=1, version=4)
            work.assignments.assign(case.case_id, "zhang", round=1, version=5)
        database.drop_guards()
        assert store.verify().ok
    return database, case


@pytest.fixture
def tampering(lived, request, tmp_path):
    database, _ = lived
    return make_database(database.kind, tmp_path, request, database)


@pytest.fixture
def store(tampering):
    with open_store(tampering.url) as opened:
        yield opened


# rows 1 to 5 make the users, 6 the case, 7 the report, 8 and 9 move the case, 10 reviews it, 11 assigns it
@pytest.mark.parametrize(
    ("attack", "seq", "word"),
    [
        (["UPDATE audit SET actor = 'zhao' WHERE seq = 7"], 7, "第 7 行（"),
        (["UPDATE audit SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 3"], 3, "第 3 行（2020"),
        (["UPDATE audit SET at = 'gestern' WHERE seq = 3"], 3, "时间读不出来"),
        (["UPDATE audit SET digest = hash WHERE seq = 9"], 9, "变更案件状态"),
        (["UPDATE audit SET hash = digest WHERE seq = 11"], 11, "第 11 行"),
        (["UPDATE audit SET subject = 'case:x', action = 'login' WHERE seq = 1"], 1, "安装程序，login"),
        (["UPDATE audit SET previous = hash WHERE seq = 4"], 4, "第 4 行"),
        (["DELETE FROM audit WHERE seq = 1"], 1, "第 1 行不见了"),
        (["DELETE FROM audit WHERE seq = 8"], 8, "其后是第 9 行"),
        (["DELETE FROM audit WHERE seq >= 10"], 10, "应有 11 行，只有 9 行，末尾被截去"),
        (["DELETE FROM audit"], 1, "应有 11 行，只有 0 行"),
        # two rows change places
        (["UPDATE audit SET seq = -seq WHERE seq IN (6, 7)", "UPDATE audit SET seq = 13 + seq WHERE seq < 0"], 6, "调换"),
        # a deleted row, the later ones moved up
        (["DELETE FROM audit WHERE seq = 8", *(f"UPDATE audit SET seq = {n} WHERE seq = {n + 1}" for n in (8, 9, 10))], 8, "8"),
        (["DELETE FROM audit WHERE seq = 11", "UPDATE audit_head SET count = 10"], 11, "链尾记录"),
        (["UPDATE audit_head SET count = 9"], 12, "末尾被添加"),
        (["DELETE FROM audit_head"], 12, "链尾记录不见了"),
    ],
)  # fmt: skip
def test_the_first_bad_row_is_named(store, tampering, attack, seq, word):
    tampering.sql(*attack)
    found = store.verify()
    assert not found.ok and found.seq == seq and word in found.problem and found.problem.endswith("。")
    assert found.head.count == seq - 1


def test_an_added_row_that_chains_rightly_is_found_by_the_head(store, tampering):
    (count, last) = tampering.sql("SELECT count, hash FROM audit_head")[0]
    row = {"seq": count + 1, "at": "2026-11-22T08:00:00.000000Z", "actor": "li", "action": "note", "subject": "x", "digest": last}
    written = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    hashed = hashlib.sha256((last + written).encode()).hexdigest()
    values = ", ".join(f"'{value}'" if isinstance(value, str) else str(value) for value in (*row.values(), last, hashed))
    tampering.sql(f"INSERT INTO audit (seq, at, actor, action, subject, digest, previous, hash) VALUES ({values})")
    found = store.verify()
    assert found.seq == count + 2 and "末尾被添加" in found.problem
    tampering.sql(f"UPDATE audit_head SET count = {count + 1}, hash = '{hashed}'")
    assert store.verify().ok, "by itself the trail is right again: a noted head is needed"
    assert store.verify(Head(count, last)).ok


def test_a_noted_head_finds_a_trail_that_was_cut_and_sealed_again(store, tampering):
    with store.read() as work:
        noted = work.audit.head()
    assert store.verify(noted).ok
    (kept,) = tampering.sql("SELECT hash FROM audit WHERE seq = 9")
    tampering.sql(
        "DELETE FROM reviews", "DELETE FROM assignments", "DELETE FROM audit WHERE seq > 9",
        f"UPDATE audit_head SET count = 9, hash = '{kept[0]}'",
    )  # fmt: skip
    assert store.verify().ok
    found = store.verify(noted)
    assert found.seq == 10 and "先前记下时有 11 行" in found.problem
    under_review(store)
    found = store.verify(noted)
    assert found.seq == 11 and "整体改写" in found.problem


@pytest.mark.parametrize(
    ("attack", "word"),
    [
        ("UPDATE cases SET narrative = '另一个经过'", "案件 {case} 与审计记录不符"),
        ("UPDATE cases SET status = 'closed'", "案件 {case} 与审计记录不符"),
        ("UPDATE reviews SET verdict = 'reject'", "复核意见 "),
        ("UPDATE reviews SET reviewer = 'wang'", "与审计记录不符"),
        ("UPDATE reports SET content = replace(content, '0.1', '0.9')", "匹配结果 {report} 与审计记录不符"),
        ("UPDATE users SET role = 'administrator' WHERE name = 'li'", "用户 li 与审计记录不符"),
        ("UPDATE users SET password_hash = 'x' WHERE name = 'admin'", "用户 admin 与审计记录不符"),
        ("DELETE FROM reviews", "不见了，被绕过程序删除过"),
        ("DELETE FROM assignments", "分派 {case}:1 不见了"),
        ("INSERT INTO users SELECT 'ghost', display_name, role, password_hash, disabled, created FROM users WHERE name = 'admin'",
         "用户 ghost 没有审计记录"),
    ],
)  # fmt: skip
def test_a_record_that_was_changed_past_the_program_is_named(store, lived, tampering, attack, word):
    _, reviewed = lived
    tampering.sql(attack)
    found = store.verify()
    assert word.format(case=reviewed.case_id, report=reviewed.report_id) in found.problem and found.seq is None


def test_a_time_that_is_no_time_is_told_and_does_not_break_the_check(store, tampering):
    if tampering.kind == "postgresql":
        with pytest.raises(Exception, match="invalid input syntax"):
            tampering.sql("UPDATE cases SET created = 'gestern'")
    else:
        tampering.sql("UPDATE cases SET created = 'gestern'")
        assert "时间读不出来" in store.verify().problem


def test_the_version_of_a_case_is_no_part_of_its_digest(store, tampering):
    """It also counts what belongs to the case; the reviews are held by their own rows."""
    tampering.sql("UPDATE cases SET version = version + 1")
    assert store.verify().ok
