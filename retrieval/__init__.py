"""From a narrative to ranked, explained clauses, and how good that is."""
