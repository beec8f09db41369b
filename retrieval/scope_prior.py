"""Which regulation a narrative is likely told under, for searches over several regulations at once.

Equivalent clauses of several regions score alike; what a reader wants first are those of the region that the story comes from.
Words give that away: who acts (分局, 镇里), where (台风, 蚝), how people speak (晓得, 啥). A multinomial logistic regression over
character n-grams, fitted on the training narratives, guesses it. It only orders; it excludes nothing, and it plays no part
within one regulation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.lexical import tfidf_vector

__all__ = ["LONGEST", "ScopePrior"]

LONGEST = 3
"""Characters of the longest n-gram."""
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ScopePrior:
    """Weights of n-grams per regulation, (regulations, n-grams), and how the guess enters a logit over several regulations.

    The logit of a clause becomes ``slope * logit + share * log P(regulation | narrative) + offset``. `terms` gives each n-gram
    its column of the weights, `idf` (n-grams,) its inverse document frequency among the narratives.
    """

    regulations: tuple[str, ...]
    terms: Mapping[str, int]
    idf: Floats
    weights: Floats
    intercepts: Floats
    slope: float = 1.0
    share: float = 1.0
    offset: float = 0.0

    def covers(self, regulations: Sequence[str]) -> bool:
        """Tell whether several of these regulations are known here."""
        return len(set(regulations) & set(self.regulations)) > 1

    def log_probabilities(self, narrative: str) -> dict[str, float]:
        """Return the natural logarithm of P(regulation | narrative) for each regulation."""
        columns, values = tfidf_vector(narrative, self.terms, self.idf, range(1, LONGEST + 1))
        logits = self.weights[:, columns] @ values + self.intercepts
        logs = logits - logits.max()
        logs = logs - np.log(np.exp(logs).sum())
        return dict(zip(self.regulations, map(float, logs), strict=True))

    def shift(self, logits: Floats, narrative: str, regulations: Sequence[str]) -> Floats:
        """Return the logits of clauses of several regulations, float32 (clauses,); `regulations` names that of each.

        One that is not known here, because a user added it, counts as likely as by chance.
        """
        logs = self.log_probabilities(narrative)
        given = np.array([logs.get(name, -math.log(len(logs))) for name in regulations])
        return (self.slope * logits + self.share * given + self.offset).astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        """Return plain values that `from_json` reads back."""
        columns = [[round(float(value), 3) for value in column] for column in self.weights.T]
        return {
            "regulations": list(self.regulations),
            "intercepts": [round(float(value), 4) for value in self.intercepts],
            "slope": round(self.slope, 5),
            "share": round(self.share, 5),
            "offset": round(self.offset, 5),
            "terms": {term: [round(float(self.idf[at]), 3), *columns[at]] for term, at in self.terms.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ScopePrior:
        """Read `to_json`; KeyError, TypeError or ValueError where a part is missing or broken."""
        terms = value["terms"]
        return cls(
            regulations=tuple(value["regulations"]),
            terms={term: column for column, term in enumerate(terms)},
            idf=np.array([numbers[0] for numbers in terms.values()], np.float32),
            weights=np.array([numbers[1:] for numbers in terms.values()], np.float32).T,
            intercepts=np.array(value["intercepts"], np.float32),
            slope=float(value["slope"]),
            share=float(value["share"]),
            offset=float(value["offset"]),
        )
