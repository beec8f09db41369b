"""The store: users, cases, match reports, reviews, jobs, sessions and the audit trail, in SQLite or PostgreSQL.

store       open_store() -> Store; `with store.begin(actor) as work:` is one transaction, `with store.read() as work:` a view
records     what goes in and comes out: frozen dataclasses
users, cases, reports, reviews, assignments, jobs, sessions, tokens, audit    what `work` offers, one class each
credentials ending all logins and tokens of a user
chain, contents, verify     the audit trail, what its digests are of, and the walk that checks both
backup, manifest, rows, library_archive    backup and restore · status    size and counts
labelled    reviewed cases as labelled cases
models, columns, migrate, migrations/    the tables · engine, location, failures, unit    how they are reached
canonical, report_json      one form for every value · errors    what can go wrong, in Chinese
"""
