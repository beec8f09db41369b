"""Reading a narrative with a clause in mind: each clause weighs the narrative's words by itself before it is compared.

A mean over all words drowns what is told in passing, and conditions and mitigations are told in passing. Here the clause's
vector asks each token, the answers are weighed by a softmax, and the clause is compared with that weighted mean.
Sources: label-wise attention of Mullenbach et al. 2018 (CAML); the scoring is that of a poly-encoder (Humeau et al. 2020)
whose codes are the candidates themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.errors import ModelError
from models.protocols import Vectors

__all__ = ["ATTENTION", "ClauseAttention"]

ATTENTION = "attention.npz"


@dataclass(frozen=True, slots=True)
class ClauseAttention:
    """How strongly, and with which view of the clause, tokens are weighed.

    `view` is float32 (dim, dim), `sharpness` multiplies the cosine before the softmax, `whole` in 0..1 is the share of the plain
    mean over all tokens in the score.
    """

    view: Vectors
    sharpness: float
    whole: float

    def weights(self, states: Vectors, clauses: Vectors) -> Vectors:
        """Return how much each clause looks at each token, float32 (clauses, tokens), rows adding up to 1.

        `states` is float32 (tokens, dim), at least one token; `clauses` is float32 (clauses, dim), unit rows.
        """
        units = states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-12)
        # the same product, begun at the side where it is smaller
        seen = clauses @ (self.view @ units.T) if len(units) < len(clauses) else (clauses @ self.view) @ units.T
        logits = self.sharpness * seen
        logits -= logits.max(axis=1, keepdims=True)
        raised = np.exp(logits)
        found: Vectors = raised / raised.sum(axis=1, keepdims=True)
        return found

    def score(self, states: Vectors, clauses: Vectors) -> Vectors:
        """Return a similarity per clause, float32 (clauses,), in -1..1; no clause gives shape (0,)."""
        if not len(clauses):
            return np.zeros(0, dtype=np.float32)
        seen = self.weights(states, clauses) @ states
        seen /= np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), 1e-12)
        mean = states.mean(axis=0)
        plain = clauses @ (mean / np.linalg.norm(mean))
        scores: Vectors = self.whole * plain + (1 - self.whole) * np.einsum("cd,cd->c", seen, clauses)
        return scores.astype(np.float32)

    def save(self, folder: Path) -> None:
        """Write ``attention.npz`` into `folder`."""
        numbers = np.array([self.sharpness, self.whole], dtype=np.float32)
        np.savez(folder / ATTENTION, view=self.view.astype(np.float16), numbers=numbers)

    @classmethod
    def load(cls, folder: Path) -> ClauseAttention | None:
        """Read what `save` wrote, None where the model in `folder` has none; ModelError where the file is broken."""
        if not (folder / ATTENTION).is_file():
            return None
        try:
            with np.load(folder / ATTENTION, allow_pickle=False) as saved:
                sharpness, whole = (float(value) for value in saved["numbers"])
                return cls(saved["view"].astype(np.float32), sharpness, whole)
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"模型文件 {folder / ATTENTION} 已损坏，请重新取得或重新训练。") from error
