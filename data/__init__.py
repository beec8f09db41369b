"""What is known: regulations, clauses, cases. Parsing and storage, no ranking."""
