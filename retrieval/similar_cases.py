"""Labelled cases whose story is like a narrative: the nearest by the cosine of their vectors, with their labels as the outcome.

    python -m retrieval.similar_cases [--out FILE] [--most N]

writes the vectors of the training narratives in 8 bits, for the encoder that the settings name. They are too many to be encoded
at start, and shared words alone find stories of the same industry rather than of the same fault.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.cases import CASES, read_cases
from data.errors import FileError, ModelError, RongcuoError
from data.schema import Case, LikeCase, Span
from models.protocols import Encoder, Vectors

__all__ = ["SOURCE", "VECTORS", "SimilarCases", "load_similar_cases", "main", "nearest_cases"]

VECTORS = Path(__file__).with_name("similar_cases.npz")
SOURCE = "项目自编标注案例"
"""What the shipped cases are called: nobody has decided them."""
_LEAST = 0.35  # a case that is less like the narrative is like it by chance only
_WHOLE = 127  # 8-bit numbers per unit of a coordinate that is as large as the largest


@dataclass(frozen=True, slots=True)
class SimilarCases:
    """The ids of the cases and their unit vectors in 8 bits, int8 (cases, dim); they hold for the encoder of that digest."""

    encoder: str
    ids: tuple[str, ...]
    vectors: NDArray[np.int8]

    @classmethod
    def build(cls, cases: Sequence[Case], encoder: Encoder, *, done: Callable[[int], None] = lambda at: None) -> SimilarCases:
        """Encode the cases one by one, as narratives are when they are matched; no case gives (0, dim)."""
        rows = np.zeros((len(cases), encoder.dim), np.float32)
        for at, case in enumerate(cases):
            rows[at] = encoder.encode_windows(case.narrative, (Span(0, len(case.narrative)),))[0]
            done(at + 1)
        top = max(float(np.abs(rows).max(initial=0)), 1e-9)
        return cls(encoder.digest, tuple(case.id for case in cases), np.round(rows / top * _WHOLE).astype(np.int8))

    def likeness(self, vector: Vectors, center: Vectors) -> NDArray[np.float32]:
        """Return the cosines with a narrative's vector (dim,), float32 (cases,), less `center`, the mean of narratives (dim,)."""
        rows = _unit(self.vectors.astype(np.float32)) - center
        own = vector - center
        found: NDArray[np.float32] = (_unit(rows) @ (own / max(float(np.linalg.norm(own)), 1e-9))).astype(np.float32)
        return found

    def save(self, path: Path) -> None:
        """Write ids, vectors and the encoder's digest into one file."""
        np.savez_compressed(path, encoder=np.array(self.encoder), ids=np.array(self.ids), vectors=self.vectors)


@lru_cache(maxsize=2)
def load_similar_cases(path: Path = VECTORS) -> SimilarCases:
    """Return what `save` wrote. Raises ModelError: the file is missing or broken."""
    try:
        with np.load(path, allow_pickle=False) as saved:
            return SimilarCases(str(saved["encoder"]), tuple(map(str, saved["ids"])), saved["vectors"])
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"相近案例的向量 {path} 读不出来，请运行 python -m retrieval.similar_cases 重新生成。") from error


def nearest_cases(
    vector: Vectors,
    center: Vectors,
    region: str,
    *,
    known: SimilarCases,
    most: int = 3,
    clauses: Container[str],
) -> tuple[LikeCase, ...]:
    """Return up to `most` labelled cases of the region that are like the narrative, the likest first; () where none is.

    Of the labels those of `clauses` are shown, and a case with none of them is not. Raises FileError where a case of the vectors
    is not among the shipped ones.
    """
    cases = _shipped()
    scores = known.likeness(vector, center)
    found: list[LikeCase] = []
    for at in np.argsort(-scores, kind="stable"):
        case = cases.get(known.ids[int(at)])
        if case is None:
            raise FileError(f"相近案例 {known.ids[int(at)]} 不在随附的案例里，请运行 python -m retrieval.similar_cases。")
        if scores[at] < _LEAST or len(found) == most:
            break
        labels = {clause: grade for clause, grade in case.labels.items() if clause in clauses}
        if case.region == region and labels:
            found.append(LikeCase(case.id, case.region, case.narrative, labels, SOURCE, float(scores[at])))
    return tuple(found)


def main() -> int:
    """Write the vectors of the training cases; 2 after one Chinese line on stderr where that fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=VECTORS)
    parser.add_argument("--most", type=int, default=None, help="only so many cases, evenly spaced")
    arguments = parser.parse_args()
    from models.encoder import load_encoder
    from retrieval.settings import get_settings

    try:
        cases = read_cases(CASES / "train.jsonl")
        if arguments.most:
            cases = cases[:: max(1, len(cases) // arguments.most)]
        settings = get_settings()
        encoder = load_encoder(settings.encoder, threads=settings.threads)
        SimilarCases.build(cases, encoder, done=_tell(len(cases))).save(arguments.out)
    except RongcuoError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _tell(total: int) -> Callable[[int], None]:
    def tell(at: int) -> None:
        if at % 100 == 0 or at == total:
            sys.stderr.write(f"{at}/{total}\n")

    return tell


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Case]:
    return {case.id: case for case in read_cases(CASES / "train.jsonl")}


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)


if __name__ == "__main__":
    sys.exit(main())
