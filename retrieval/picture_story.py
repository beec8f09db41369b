"""What a condition's kind and the vector of the whole narrative add to what its status is judged by.

A condition may be met or broken in words that are near to none of its own and in no list of words. A logistic regression over the
narrative's vector hears such stories, and how much the other features say differs from kind to kind. Conditions of several
regulations that state the same rule, or share its core, are of one kind and share their weights.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from data.equivalents import equivalents
from data.errors import ModelError
from models.protocols import Vectors

__all__ = ["STORIES", "Leaning", "kinds_of", "read_leaning"]

STORIES = Path(__file__).with_name("picture_stories.npz")


@dataclass(frozen=True, slots=True)
class Leaning:
    """Weights (kinds, statuses, dim) of a narrative's vector, and (kinds, statuses, features + 1) of the features, offset last.

    `kinds` gives each condition the number of its kind. `encoder` is the digest of the encoder whose vectors they weigh: those of
    another one say nothing.
    """

    kinds: Mapping[str, int]
    stories: Vectors
    features: Vectors
    encoder: str

    def of(self, clause_id: str, story: Vectors, encoder: str) -> Vectors | None:
        """Return what is added to the weights of the features, offset last, (statuses, features + 1); None where unknown.

        `story` (dim,) is the narrative's vector, which only moves the offset.
        """
        kind = self.kinds.get(clause_id)
        if kind is None or encoder != self.encoder:
            return None
        added: Vectors = self.features[kind].copy()
        added[:, -1] += self.stories[kind] @ story
        return added

    def save(self, path: Path = STORIES) -> None:
        """Write them as plain arrays."""
        names = sorted(self.kinds)
        numbers = np.array([self.kinds[name] for name in names], np.int64)
        np.savez(
            path, clauses=np.array(names), kinds=numbers, stories=self.stories, features=self.features, encoder=self.encoder
        )


def kinds_of(clauses: Sequence[str]) -> dict[str, int]:
    """Return the number of each condition's kind: one for all that the table of equivalents joins, however indirectly."""
    kinds: dict[str, int] = {}
    for number, first in enumerate(clauses):
        waiting = [] if first in kinds else [first]
        while waiting:
            clause = waiting.pop()
            kinds[clause] = number
            near = (other.clause_id for other in equivalents(clause) if other.relation != "related")
            waiting += [other for other in near if other in clauses and other not in kinds]
    order = {number: place for place, number in enumerate(sorted(set(kinds.values())))}
    return {clause: order[number] for clause, number in kinds.items()}


@cache
def read_leaning(path: Path = STORIES) -> Leaning:
    """Return the weights in `path`. Raises ModelError: the file is missing or broken."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:  # numpy leaves a broken one open
            kinds = dict(zip(file["clauses"].tolist(), file["kinds"].tolist(), strict=True))
            stories, features = file["stories"].astype(np.float32), file["features"].astype(np.float32)
            encoder = str(file["encoder"])
        count = 1 + max(kinds.values(), default=-1)
        if stories.ndim != 3 or features.ndim != 3 or not count == len(stories) == len(features):
            raise ValueError(f"{count} kinds, weights {stories.shape} and {features.shape}")
        return Leaning(kinds, stories, features, encoder)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        message = f"“逐条对照”的权重文件 {path} 读不出来，请重新取得，或运行 python -m retrieval.picture_limits。"
        raise ModelError(message) from error
