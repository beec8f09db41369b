"""From a narrative to a `MatchReport`: suggestions for a person to review, never a decision."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from data.catalogue import load_sources, matched_regulations, resolve_region
from data.categories import CATEGORIES, HEADLINES, MATCHED
from data.errors import InputError, repeated
from data.schema import Evidence, Match, MatchReport
from models.protocols import Encoder
from models.segment import Segmenter
from retrieval.alignment import Alignment
from retrieval.combination import SHORT
from retrieval.evidence import best_sentences
from retrieval.index import Index, check_model
from retrieval.scoring import Scorer, Scores
from retrieval.settings import Settings
from retrieval.told import denied_exclusion, judged, polarity_of

__all__ = ["Matcher", "Ranked"]

_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_IMPROBABLE = (
    "这段文字与已知的事件叙述都不像，可能与履职无关或写得太笼统，不给出建议；请写明时间、做了什么、出了什么问题、怎么处理的。"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Ranked:
    """A bare ranking for measuring: clause ids best first, with their scores and probabilities (None: not calibrated)."""

    clauses: tuple[str, ...]
    scores: tuple[float, ...]
    probabilities: tuple[float, ...] | None
    abstained: bool


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where to look: rows of the index, and the region's name for the report."""

    region: str
    rows: NDArray[np.int64]


class Matcher:
    """Suggests clauses for narratives with one index; safe to call from several threads.

    `version` is the number of the published version of the library that the index is of, 0 for any other index. `shipped` are the
    rows of the regulations that come with the program, by the ids of their clauses.
    """

    def __init__(self, index: Index, encoder: Encoder, segmenter: Segmenter, settings: Settings, *, version: int = 0) -> None:
        self.version = version
        self.scorer = Scorer(check_model(index, encoder), encoder, segmenter, settings)
        self.settings = settings
        # what goes with a report is drawn from the same scores
        self.scores = lru_cache(maxsize=4)(self._scores)
        self._aligned = lru_cache(maxsize=4)(self._align)  # for the evidence, and for who asks for the tables afterwards
        self._rows = lru_cache(maxsize=64)(index.rows)  # going through all clauses takes longer than searching them
        present = dict.fromkeys(entry.clause.category for entry in index.entries)
        self._categories = {**dict.fromkeys(present, "自定"), **CATEGORIES}
        # an index over someone's own clauses may know no categories at all; then every clause is a candidate
        self._default_categories = tuple(c for c in MATCHED if c in present) or None
        self._regulations = {entry.clause.regulation_id: entry.title for entry in index.entries}
        ours = {regulation.id for regulation in matched_regulations()}
        self.shipped = {e.clause.id: row for row, e in enumerate(index.entries) if e.clause.regulation_id in ours}

    @property
    def index(self) -> Index:
        """The index that is searched."""
        return self.scorer.index

    def match(
        self,
        narrative: str,
        *,
        region: str = "",
        categories: Sequence[str] = (),
        top_k: int | None = None,
        per_headline: int = 0,
        system: str = "hybrid",
    ) -> MatchReport:
        """Return the `top_k` most similar clauses, best first, and at least `per_headline` of each headline category.

        Ranks are those among all candidates, so what `per_headline` adds may leave gaps; excluding clauses that the narrative
        denies come last, for a denial is no reason to suggest them. `region` is a regulation id or a region's name; "" and "all"
        admit every regulation. Raises InputError for an empty, binary or over-long narrative, an unknown region or category.
        """
        start = time.perf_counter()
        narrative = self.check_narrative(narrative)
        scope = self.scope(region, categories)
        scores = self.scores(narrative, scope.region, tuple(categories), system)
        combination = self.scorer.combination
        # of some categories alone few clauses can be expected, whatever is told
        reason = self._too_short(narrative) or ("" if categories else self._unlike(narrative, scores))
        if not len(scope.rows):
            reason = "所选范围里没有这类条款，请换一个地区或类别。"
        wish = (self.settings.top_k if top_k is None else top_k, per_headline)
        matches = () if reason else self._matches(narrative, scores, wish)
        manifest = self.index.manifest
        return MatchReport(
            narrative=narrative,
            region=scope.region,
            matches=matches,
            abstained=bool(reason),
            reason=reason,
            index_digest=manifest.digest,
            model_digest=manifest.model,
            elapsed=time.perf_counter() - start,
            stages=(f"{system}：{self.scorer.encoder.name}",),
            calibration="" if scores.probabilities is None or combination is None else combination.sentence(),
        )

    def alignments(self, report: MatchReport) -> Mapping[str, Alignment]:
        """Return, by clause id, which sentence of a report of this matcher speaks to which element of each suggested clause.

        A narrative that the matcher has just read is not read again. No suggestion gives {}.
        """
        if not report.matches:
            return {}
        aligned = self._aligned(report.narrative, frozenset(match.clause.text for match in report.matches))
        return {match.clause.id: aligned[match.clause.text] for match in report.matches}

    def _scores(self, narrative: str, region: str = "", categories: tuple[str, ...] = (), system: str = "hybrid") -> Scores:
        """Return the scores of a checked narrative; those of the last few are kept as `scores`."""
        return self.scorer.score(narrative, self.scope(region, categories).rows, system=system)

    def rank(self, narrative: str, *, region: str = "", top_k: int, system: str = "hybrid") -> Ranked:
        """Return the bare ranking, without evidence, also where `match` would abstain (`abstained` says so). Errors as there."""
        narrative = self.check_narrative(narrative)
        scores = self.scorer.score(narrative, self.scope(region).rows, system=system)
        top = scores.ranking()[:top_k]
        clauses = tuple(self.index.entries[int(scores.rows[position])].clause.id for position in top)
        ranked = tuple(float(scores.fused[position]) for position in top)
        likely = scores.probabilities
        stated = None if likely is None or np.isnan(likely).any() else tuple(float(likely[position]) for position in top)
        abstained = bool(self._too_short(narrative) or self._unlike(narrative, scores))
        return Ranked(clauses, ranked, stated, abstained=abstained)

    def scope(self, region: str, categories: Sequence[str] = ()) -> _Scope:
        """Return the candidate rows for a region and categories (none given: those that narratives are matched to)."""
        unknown = [c for c in categories if c not in self._categories]
        if unknown:
            known = "、".join(f"{key}（{label}）" for key, label in self._categories.items())
            raise InputError(f"没有「{repeated(unknown[0])}」这个类别，可选：{known}。")
        regulation = self._regulation(region)
        rows = self._rows(None if regulation is None else (regulation,), tuple(categories) or self._default_categories)
        return _Scope(regulation or "all", rows)

    def check_narrative(self, narrative: str) -> str:
        """Return the narrative as it will be matched; raise InputError for one that cannot be."""
        if not narrative.strip():
            raise InputError("叙述是空的，请写下或粘贴一段事情经过。")
        if len(narrative) > self.settings.max_chars:
            raise InputError(f"叙述有 {len(narrative)} 字，超过一次 {self.settings.max_chars} 字的上限，请分段或只保留事情经过。")
        narrative = _SURROGATE.sub("\ufffd", narrative)  # half an emoji, as chat exports leave it; the length stays
        if len(_BINARY.findall(narrative)) > len(narrative) * 0.02:
            raise InputError("输入像是二进制内容而不是文字，请粘贴文字，或用 rongcuo parse 读取文件。")
        return narrative

    def _regulation(self, region: str) -> str | None:
        """Return the regulation that `region` names: an id of this index, part of one title, or a name of a shipped region."""
        region = region.strip()
        if region in self._regulations or region.lower() in ("", "all", "全部"):
            return region if region in self._regulations else None
        titled = [key for key, title in self._regulations.items() if region in title]
        if len(titled) == 1:
            return titled[0]
        if set(self._regulations) <= {source.id for source in load_sources()}:
            regulation = resolve_region(region)
            if regulation is None or regulation in self._regulations:
                return regulation
        choices = "、".join(f"{key}（{title}）" if title else key for key, title in list(self._regulations.items())[:12])
        raise InputError(f"当前索引里没有「{repeated(region)}」，可选：{choices}，或 all（全部）。")

    def _too_short(self, narrative: str) -> str:
        count = len(_HAN.findall(narrative))
        if count >= self.settings.min_chars:
            return ""
        return f"叙述只有 {count} 个汉字，太短，无法给出建议；请补充时间、做了什么、出了什么问题。"

    def _unlike(self, narrative: str, scores: Scores) -> str:
        """Return why a text is too unlike the known narratives to be matched, "" where it is not."""
        combination = self.scorer.combination
        if combination is not None and scores.probabilities is not None and len(scores.rows):
            little = combination.too_little(scores.probabilities, len(narrative))
            if not little or not np.isnan(scores.probabilities).any():
                return _IMPROBABLE if little else ""
        far = self.index.background.deviations(scores.encoded.vectors[0]) if len(scores.encoded.vectors) else None
        # the vectors of short texts scatter more, whatever they tell
        limit = self.settings.abstain_deviations * (2 if len(narrative) < SHORT else 1)
        if far is None or not 0 < limit < far:
            return ""
        return _IMPROBABLE

    def _matches(self, narrative: str, scores: Scores, wish: tuple[int, int]) -> tuple[Match, ...]:
        ranking = scores.ranking()
        ranks = self._chosen(scores, ranking, *wish)
        top = ranking[ranks]
        evidence = self._evidence(narrative, scores, top)
        found = [self._match(scores, int(at), rank + 1, told) for at, rank, told in zip(top, ranks, evidence, strict=True)]
        found.sort(key=denied_exclusion)
        return tuple(replace(match, rank=rank + 1) for match, rank in zip(found, ranks, strict=True))

    def _chosen(self, scores: Scores, ranking: NDArray[np.int64], top_k: int, per_headline: int) -> list[int]:
        """Return the ranks from 0 that are shown."""
        chosen = list(range(min(top_k, len(ranking))))
        missing = dict.fromkeys(HEADLINES, per_headline) if per_headline else {}
        for rank, position in enumerate(ranking):
            category = self.index.entries[int(scores.rows[position])].clause.category
            if missing.get(category, 0):
                missing[category] -= 1
                if rank >= top_k:
                    chosen.append(rank)
        return chosen

    def _evidence(self, narrative: str, scores: Scores, top: NDArray[np.int64]) -> list[tuple[Evidence, ...]]:
        """Return the evidence of each of the candidates at `top`, () where nothing was encoded."""
        clauses = [self.index.entries[int(row)].clause for row in scores.rows[top]]
        if not scores.encoded.sentences or not clauses:
            return [()] * len(clauses)
        close = self.scorer.sentence_scores(scores, scores.rows[top])
        aligned = self._aligned(narrative, frozenset(clause.text for clause in clauses))
        return [
            judged(narrative, clause, best_sentences(aligned[clause.text], own, clause=clause.text))
            for clause, own in zip(clauses, close.T, strict=True)
        ]

    def _align(self, narrative: str, clauses: frozenset[str]) -> Mapping[str, Alignment]:
        """Return the alignment by the text of the clause; `_aligned` keeps those of the last narratives."""
        encoded, texts = self.scorer.encoded(narrative), sorted(clauses)
        away = encoded.sentence_vectors - self.index.background.center  # which elements are near to any narrative, is known
        return dict(zip(texts, self.scorer.aligner.align(texts, encoded.sentences, away, encoded.reading), strict=True))

    def _match(self, scores: Scores, position: int, rank: int, evidence: tuple[Evidence, ...]) -> Match:
        entry = self.index.entries[int(scores.rows[position])]
        clause = entry.clause
        combination = self.scorer.combination
        likely = None if scores.probabilities is None else float(scores.probabilities[position])
        probability = None if likely is None or math.isnan(likely) else likely
        polarity, decided_by = polarity_of(clause, evidence, probability)
        dense, attention, bm25 = (scores.parts.get(name) for name in ("dense", "attention", "bm25"))
        return Match(
            rank=rank,
            clause=clause,
            score=float(scores.fused[position]),
            citation=entry.citation,
            similarity=None if dense is None else float(dense[position]),
            lexical=None if bm25 is None else float(bm25[position]),
            rerank=None if attention is None else float(attention[position]),
            probability=probability,
            band="" if probability is None or combination is None else combination.band(probability).word,
            polarity=polarity,
            evidence=evidence,
            decided_by=decided_by,
        )
