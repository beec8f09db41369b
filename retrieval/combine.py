"""Fits the combination of the scores on labelled cases, and says how well it does on cases it was not fitted on.

    python -m retrieval.combine [--cases FILE] [--stories FILE] [--out FILE]

The encoder is the one that the settings name; the guess at the regulation is learnt from the stories. Bands and the limit of
abstention come from five folds (a contrast pair stays in one), each fold scored by weights fitted on the others.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.cases import CASES, read_cases
from data.errors import InputError, RongcuoError
from data.schema import Case
from retrieval.combination import COMBINATION, Band, Combination, expected_clauses
from retrieval.loading import open_matcher
from retrieval.matcher import Matcher
from retrieval.scope_prior import LONGEST, ScopePrior

__all__ = ["fit", "learn_prior", "main"]

_FOLDS = 5
_WRONGLY = 0.04  # share of labelled cases that may get no suggestion
_BANDS = (("强", 0.7), ("中", 0.4), ("弱", 0.15), ("不予匹配", 0.0))
_PARTS = ("attention", "dense", "bm25", "tfidf")
_TERMS = 1000  # n-grams that tell regulations apart best
_RARE = 5  # an n-gram in fewer stories is left out
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Sample:
    """One case: what its candidates score, (candidates, parts), and which of them are labelled."""

    case: Case
    scores: Floats
    relevant: NDArray[np.bool_]


def fit(matcher: Matcher, cases: Sequence[Case], stories: Sequence[Case] = ()) -> Combination:
    """Return the combination for the matcher's encoder, with a guess at the regulation where there are stories to learn it from.

    Raises InputError for fewer than 50 cases.
    """
    parts = [name for name in _PARTS if name in matcher.scorer.parts_of("hybrid")]
    if len(cases) < 50:
        raise InputError(f"只有 {len(cases)} 条案例，校准至少需要 50 条。")
    samples = [_sample(matcher, case, parts) for case in cases]
    held_out = np.empty(len(samples), dtype=object)
    folds = np.array([zlib.crc32((sample.case.pair or sample.case.id).encode()) % _FOLDS for sample in samples])
    for fold in range(_FOLDS):
        weights, intercept = _regression([s for s, f in zip(samples, folds, strict=True) if f != fold])
        for place in np.flatnonzero(folds == fold):
            held_out[place] = _sigmoid(samples[place].scores @ weights + intercept)
    weights, intercept = _regression(samples)
    combination = Combination(
        encoder=matcher.scorer.encoder.digest,
        regulations=tuple(sorted({case.region for case in cases})),
        weights={name: round(float(weight), 5) for name, weight in zip(parts, weights, strict=True)},
        intercept=round(intercept, 5),
        cases=len(samples),
        bands=_bands(np.concatenate(list(held_out)), np.concatenate([s.relevant for s in samples])),
        abstain_below=_limit(
            [expected_clauses(p, len(s.case.narrative)) for p, s in zip(held_out, samples, strict=True) if s.relevant.any()]
        ),
    )
    return replace(combination, scope=_scope(matcher, combination, cases, stories)) if stories else combination


def learn_prior(stories: Sequence[Case]) -> ScopePrior:
    """Return the guess at the regulation, learnt from narratives of several; InputError for those of one only."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.feature_selection import SelectKBest, chi2
    from sklearn.linear_model import LogisticRegression

    regions = [story.region for story in stories]
    if len(set(regions)) < 2:
        raise InputError("训练叙述都属于同一份规定，无法学习怎样区分规定，请补充其他规定的叙述。")
    texts = [story.narrative for story in stories]
    options = {"analyzer": "char", "ngram_range": (1, LONGEST), "sublinear_tf": True}
    every = TfidfVectorizer(min_df=min(_RARE, len(texts)), **options)
    counted = every.fit_transform(texts)
    best = SelectKBest(chi2, k=min(_TERMS, counted.shape[1])).fit(counted, regions)
    terms = every.get_feature_names_out()[best.get_support()]
    chosen = TfidfVectorizer(vocabulary=list(terms), **options)
    model = LogisticRegression(C=10, max_iter=2000).fit(chosen.fit_transform(texts), regions)
    columns = {str(term): column for column, term in enumerate(terms)}
    coefficients = model.coef_ if len(model.classes_) > 2 else np.vstack([0 * model.coef_, model.coef_])
    intercepts = model.intercept_ if len(model.classes_) > 2 else np.array([0.0, model.intercept_[0]])
    idf, coefficients, intercepts = (found.astype(np.float32) for found in (chosen.idf_, coefficients, intercepts))
    return ScopePrior(tuple(map(str, model.classes_)), columns, idf, coefficients, intercepts)


def _scope(matcher: Matcher, combination: Combination, cases: Sequence[Case], stories: Sequence[Case]) -> ScopePrior:
    """Return the prior with the weights that it has beside the logits when every clause of its regulations is a candidate."""
    prior = learn_prior(stories)
    entries = matcher.index.entries
    rows = np.array([row for row in matcher.scope("").rows if entries[int(row)].clause.regulation_id in prior.regulations])
    clauses = [entries[int(row)].clause for row in rows]
    samples = []
    for case in cases:
        logs = prior.log_probabilities(case.narrative)
        logits = combination.logits(matcher.scorer.centred_parts(case.narrative, rows))
        given = np.array([logs[clause.regulation_id] for clause in clauses])
        relevant = np.array([clause.id in case.labels for clause in clauses])
        samples.append(_Sample(case, np.stack([logits, given], axis=1), relevant))
    (slope, share), offset = _regression(samples)
    return replace(prior, slope=float(slope), share=float(share), offset=offset)


def _sample(matcher: Matcher, case: Case, parts: Sequence[str]) -> _Sample:
    rows = matcher.scope(case.region).rows
    found = matcher.scorer.centred_parts(case.narrative, rows)
    ids = [matcher.index.entries[int(row)].clause.id for row in rows]
    return _Sample(case, np.stack([found[name] for name in parts], axis=1), np.array([key in case.labels for key in ids]))


def _regression(samples: Sequence[_Sample]) -> tuple[Floats, float]:
    """Return weights per part and the intercept, for scores as they are; parts are scaled while fitting."""
    from sklearn.linear_model import LogisticRegression

    scores = np.concatenate([sample.scores for sample in samples])
    mean, spread = scores.mean(axis=0), scores.std(axis=0) + 1e-9
    model = LogisticRegression(C=1.0, max_iter=2000)
    model.fit((scores - mean) / spread, np.concatenate([sample.relevant for sample in samples]))
    weights: Floats = model.coef_[0] / spread
    return weights, float(model.intercept_[0] - weights @ mean)


def _bands(probability: Floats, relevant: NDArray[np.bool_]) -> tuple[Band, ...]:
    found = []
    above = np.inf
    for word, least in _BANDS:
        inside = (probability >= least) & (probability < above)
        right = float(relevant[inside].mean()) if inside.any() else 0.0
        found.append(Band(word, least, round(right, 3), int(inside.sum())))
        above = least
    return tuple(found)


def _limit(expected: Sequence[float]) -> float:
    """Return how many clauses are expected for all but a few labelled cases."""
    return round(float(np.quantile(expected, _WRONGLY)), 4)


def _sigmoid(logits: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-logits))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code, 2 for an error that is told in one line."""
    parser = argparse.ArgumentParser(prog="python -m retrieval.combine", description="在标注案例上拟合各路得分的组合与校准")
    parser.add_argument("--cases", type=Path, default=CASES / "dev.jsonl", help="标注案例，默认开发集")
    parser.add_argument("--stories", type=Path, default=CASES / "train.jsonl", help="学习怎样区分规定的叙述，默认训练集")
    parser.add_argument("--out", type=Path, default=COMBINATION, help="写到哪个 .json")
    options = parser.parse_args(arguments)
    try:
        found = fit(open_matcher(), read_cases(options.cases), read_cases(options.stories))
    except RongcuoError as error:
        sys.stderr.write(f"错误：{error}\n")
        return 2
    found.save(options.out)
    sys.stdout.write(options.out.read_text("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
