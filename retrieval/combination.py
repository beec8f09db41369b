"""The scores of a clause combined to one probability that it belongs to the narrative, fitted on labelled cases.

A logistic regression over the parts (Platt 1999): its logit ranks, its probability is what people read. It holds for the encoder
that it was fitted with and for no other. `python -m retrieval.combine` fits it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import ModelError
from retrieval.scope_prior import ScopePrior

__all__ = ["COMBINATION", "SHORT", "Band", "Combination", "expected_clauses"]

COMBINATION = Path(__file__).with_name("combination.json")
SHORT = 60
"""Characters below which a narrative counts as short."""
_SHORT_LISTS = re.compile(r"\[[-\d.,\s]+\]")  # lists of numbers, which json would spread over a line each
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Band:
    """A word for probabilities of at least `least`; of `count` such suggestions in held-out cases the share `right` was right."""

    word: str
    least: float
    right: float
    count: int


@dataclass(frozen=True, slots=True)
class Combination:
    """Weights of the parts, and what was seen when they were fitted.

    `encoder` is the digest of the encoder, `regulations` are those of the `cases` cases, `bands` are ordered from the most
    probable down. A narrative of which fewer than `abstain_below` clauses are expected to be right gets no suggestion. `scope`
    orders clauses of several regulations.
    """

    encoder: str
    regulations: tuple[str, ...]
    weights: Mapping[str, float]
    intercept: float
    cases: int
    bands: tuple[Band, ...]
    abstain_below: float
    scope: ScopePrior | None = None

    @classmethod
    def of(cls, encoder: str, path: Path = COMBINATION) -> Combination | None:
        """Return the combination in `path` when it was fitted with the encoder of this digest, else None.

        Raises ModelError where the file is broken; a missing one gives None.
        """
        found = _read(path)
        return found if found is not None and found.encoder == encoder else None

    def logits(self, parts: Mapping[str, Floats]) -> Floats:
        """Return the logit per clause, float32 (clauses,); a part without a weight is left out.

        Raises KeyError where a part with a weight did not run.
        """
        total = sum((weight * parts[name] for name, weight in self.weights.items()), np.float32(self.intercept))
        return np.asarray(total, dtype=np.float32)

    def calibrated_for(self, regulations: Sequence[str]) -> NDArray[np.bool_]:
        """Return for each of these regulations whether the probabilities were checked on its cases, (regulations,)."""
        return np.array([name in self.regulations for name in regulations], dtype=bool)

    def probabilities(self, logits: Floats) -> Floats:
        """Return 1 / (1 + e^-logit)."""
        return (1 / (1 + np.exp(-np.clip(logits, -60, 60)))).astype(np.float32)

    def too_little(self, probabilities: Floats, characters: int) -> bool:
        """Tell whether a narrative of so many characters speaks to too few clauses for suggestions; no clause gives True."""
        return expected_clauses(probabilities, characters) < self.abstain_below

    def band(self, probability: float) -> Band:
        """Return the band that a probability falls in; the last one takes all that is left."""
        return next((band for band in self.bands if probability >= band.least), self.bands[-1])

    def sentence(self) -> str:
        """Return in Chinese on how many cases the probabilities rest, and how often suggestions of each band were right."""
        shown = [f"“{b.word}”（{b.least:.0%} 以上）{b.right:.0%}" for b in self.bands[:-1] if b.count]
        return (
            f"概率在 {self.cases} 条自编的标注案例上校准；在不参与拟合的案例里，各档建议确有标注的比例："
            f"{'，'.join(shown)}。实际案卷可能不同。"
        )

    def save(self, path: Path) -> None:
        """Write the combination as JSON."""
        fields = asdict(replace(self, scope=None)) | {"scope": None if self.scope is None else self.scope.to_json()}
        lines = json.dumps(fields, ensure_ascii=False, indent=1)
        path.write_text(_SHORT_LISTS.sub(_one_line, lines) + "\n", encoding="utf-8", newline="\n")


def expected_clauses(probabilities: NDArray[np.floating[Any]], characters: int) -> float:
    """Return how many of the clauses are expected to be right, the sum of their probabilities; NaN counts as 0.

    A text below `SHORT` characters tells one thing where others tell several, so it counts twice.
    """
    return float(np.nansum(probabilities)) * (2 if characters < SHORT else 1)


def _one_line(found: re.Match[str]) -> str:
    return " ".join(found.group().split())


@cache
def _read(path: Path) -> Combination | None:
    if not path.is_file():
        return None
    try:
        fields = json.loads(path.read_text("utf-8"))
        fields["regulations"] = tuple(fields["regulations"])
        fields["bands"] = tuple(Band(**band) for band in fields["bands"])
        fields["scope"] = None if fields.get("scope") is None else ScopePrior.from_json(fields["scope"])
        return Combination(**fields)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"校准文件 {path} 已损坏，请重新取得，或运行 python -m retrieval.combine 重新生成。") from error
