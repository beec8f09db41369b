import hashlib
import json

import pytest

from data.store.audit import ACTIONS
from data.store.chain import ZERO
from data.store.errors import StoreError
from data.store.records import Decision
from tests.store.samples import STORY, under_review


def full_life(store, clock):
    """Every recorded action once."""
    case = under_review(store)
    with store.begin("zhang") as work:
        work.assignments.assign(case.case_id, "zhang", round=1, version=4)
        work.assignments.remove(case.case_id, round=1, version=5)
        work.reviews.save(case.report_id, [Decision("r/art2.p1", "accept", comment="机密批注")], round=1, version=6)
        work.reviews.withdraw(case.report_id, "r/art2.p1", round=1, version=7)
        draft = work.cases.add(region="r", narrative=STORY)
        work.cases.edit(draft.id, version=1, narrative=STORY + "补充")
        for end in ("finish", "fail", "cancel"):
            job = work.jobs.add("batch", {"text": STORY})
            work.jobs.claim("甲", ("batch",))
            work.jobs.release(job.id, "甲")
            work.jobs.claim("甲", ("batch",))
            arguments = {"finish": ("甲", {}), "fail": ("甲", "错"), "cancel": ()}[end]
            getattr(work.jobs, end)(job.id, *arguments)
        work.jobs.clear(job.id)
        work.sessions.open("token-hash", user="zhang", csrf="csrf-token", expires=clock.now.replace(year=2027))
        work.sessions.close("token-hash")
        token = work.tokens.add("token-hash-2", name="统计程序", expires=clock.now.replace(year=2027))
        work.tokens.remove(token.id)
        work.sessions.open("short", user="zhang", csrf="c", expires=clock.now.replace(minute=59))
    clock.move(hours=2)
    with store.begin("admin") as work:
        work.sessions.purge()
        work.users.change("li", display_name="李")


def test_every_change_writes_a_row_that_says_who_when_and_what(store, clock):
    full_life(store, clock)
    with store.read() as work:
        rows = work.audit.entries(limit=1000)[::-1]
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert {row.action for row in rows} == set(ACTIONS) - {"store.backup", "store.restore"}
    assert {row.actor for row in rows} == {"安装程序", "li", "zhang", "admin"}
    assert rows[-1].at == clock.now and store.verify().ok


def test_the_trail_holds_no_content(store, database, clock):
    full_life(store, clock)
    kept = str(database.sql("SELECT * FROM audit"))
    for secret in (STORY[:6], "机密批注", "token-hash", "csrf-token", "$argon2id"):
        assert secret not in kept


def test_the_chain_can_be_checked_with_nothing_but_sha256(store, database, reviewed):
    previous = ZERO
    for seq, at, actor, action, subject, digest, before, hashed in database.sql(
        "SELECT seq, at, actor, action, subject, digest, previous, hash FROM audit ORDER BY seq"
    ):
        row = {"seq": seq, "at": at, "actor": actor, "action": action, "subject": subject, "digest": digest}
        written = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert before == previous and hashed == hashlib.sha256((previous + written).encode()).hexdigest()
        previous = hashed
    assert database.sql("SELECT count, hash FROM audit_head") == [(seq, previous)]


def test_notes_are_for_what_is_no_change_of_a_record(store, clock):
    with store.begin("登录页") as work:
        work.audit.note("login.failed", "user:li", {"address": "10.0.0.7"})
        work.audit.note("login.failed", "user:li")
        for action in ("case.edit", "user.change", "review.save"):
            with pytest.raises(StoreError, match="程序自己记录"):
                work.audit.note(action, "user:li")
    clock.move(minutes=10)
    with store.begin("登录页") as work:
        work.audit.note("login.failed", "user:li")
        assert work.audit.count("login.failed", "user:li", since=clock.now) == 1
        assert work.audit.count("login.failed", "user:li", since=clock.now.replace(minute=0)) == 3
        assert work.audit.count("login.failed", "user:zhang", since=clock.now.replace(minute=0)) == 0
    assert store.verify().ok


def test_entries_are_newest_first_by_actor_subject_and_page(store, reviewed):
    with store.read() as work:
        everything = work.audit.entries()
        assert [row.seq for row in everything] == sorted((row.seq for row in everything), reverse=True)
        assert work.audit.entries(limit=2) == everything[:2]
        assert work.audit.entries(before=everything[1].seq, limit=3) == everything[2:5]
        assert {row.actor for row in work.audit.entries(actor="li")} == {"li"}
        of_case = work.audit.entries(subject=f"case:{reviewed.case_id}")
        assert [row.action for row in of_case] == ["case.move", "case.move", "case.add"]
        assert work.audit.entries(actor="谁") == ()
