"""The picture of a case by the logic of one regulation: for each clause supported, contradicted or not stated, with the words.

The groups stand in data/logic.toml. Three things speak for a status, and which one decided is told: the calibrated probability of
the clause (or of a clause that says the opposite), words of the narrative (`retrieval.stance_direction`), and for conditions the
narrative as a whole (`retrieval.picture_story`). What nothing speaks for is not stated and becomes a question. Nothing here is a
verdict.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from data.catalogue import as_shipped
from data.errors import InputError
from data.logic import Group, GroupSummary, load_logic, summarise
from data.schema import CasePicture, Clause, ClauseStanding, GroupPicture, Span, Status
from models.protocols import Vectors
from retrieval.matcher import Matcher
from retrieval.picture_limits import Limits, read_limits
from retrieval.picture_story import Leaning, read_leaning
from retrieval.picture_words import Words, words_about
from retrieval.scoring import Floats, Ints, Scores

__all__ = ["STATUSES", "Clues", "Painter", "features", "standing"]

Basis = Literal["words", "likeness", "story"]
STATUSES: tuple[Status, ...] = ("supported", "not_stated", "contradicted")
_QUOTED = 2  # parts of sentences that are shown for a status
_NO_ODDS = -3.0  # what stands for the logit of a clause that has no probability
_NO_OPPOSITE = -3.3  # what stands for the logit of an opposite clause where there is none: the median of those there are


@dataclass(frozen=True, slots=True)
class Clues:
    """What is known of one clause in a narrative, before a status is chosen.

    `odds` is the logit of its probability, `contrary` that of the likeliest clause that says the opposite, whose citation is
    `opposite`; both are None where there is no such number. `places` and `opposite_places` are the sentences nearest to the two.
    `leaning` is what a condition's kind and the narrative as a whole add to the weights of its `features`, offset last,
    (statuses, features + 1); None where that was not learnt.
    """

    odds: float | None
    contrary: float | None
    opposite: str
    words: Words
    places: tuple[Span, ...]
    opposite_places: tuple[Span, ...]
    leaning: Vectors | None = None


class Painter:
    """Draws pictures with the scores of one matcher; safe to call from several threads.

    Groups and questions were written for the shipped texts: a clause with other words in the index is left out of them, and
    counts as not stated where all of a group are needed.
    """

    def __init__(self, matcher: Matcher, limits: Limits | None = None, leaning: Leaning | None = None) -> None:
        self._scorer = matcher.scorer
        self.limits = limits or read_limits()
        self._leaning = leaning or read_leaning()
        entries = matcher.index.entries
        self._rows = {name: row for name, row in matcher.shipped.items() if as_shipped(entries[row].clause)}

    def can_draw(self, regulation_id: str, scores: Scores) -> bool:
        """Tell whether the table has this regulation, clauses of it serve as shipped, and they have probabilities."""
        try:
            groups = load_logic(regulation_id).groups
        except InputError:
            return False
        if not any(clause in self._rows for group in groups if group.rule != "questions" for clause in group.clauses):
            return False
        return scores.probabilities is not None and len(scores.encoded.sentences) > 0

    def draw(self, narrative: str, regulation_id: str, scores: Scores) -> CasePicture:
        """Return the picture by that regulation; `scores` are those of the narrative for the rows of the regulation.

        Raises InputError where the table has no such regulation; see `can_draw`.
        """
        clues = self.clues(narrative, regulation_id, scores)
        logic = load_logic(regulation_id)
        standings = {c: standing(c, clues[c], g, self.limits) for g in logic.groups for c in g.clauses if c in clues}
        summaries = summarise(logic, {clause_id: found.status for clause_id, found in standings.items()})
        titles = {group.id: group.title for group in logic.groups}
        groups = (_group(summary, standings, titles, self._rows) for summary in summaries)
        return CasePicture(regulation_id, tuple(group for group in groups if group.clauses))

    def clues(self, narrative: str, regulation_id: str, scores: Scores) -> Mapping[str, Clues]:
        """Return what is known of each clause of the groups that are not only questions, by clause id."""
        groups = [group for group in load_logic(regulation_id).groups if group.rule != "questions"]
        wanted = [clause for group in groups for clause in group.clauses if clause in self._rows]
        against = sorted({c for group in groups for row in group.contrary.values() for c in row if c in self._rows})
        rows = np.array([self._rows[clause] for clause in dict.fromkeys([*wanted, *against])], dtype=np.int64)
        nearest = self._nearest(scores, rows)
        contrary = dict(zip(against, self._odds(scores, np.array([self._rows[c] for c in against], np.int64)), strict=True))
        odds = {self._clause(int(row)).id: _logit(float(p)) for row, p in zip(scores.rows, _known(scores), strict=True)}
        found = {}
        for group in groups:
            for name in (clause for clause in group.clauses if clause in self._rows):
                worst = max(((contrary[c], c) for c in group.contrary.get(name, ()) if c in contrary), default=(None, ""))
                clause = self._clause(self._rows[name])
                # words about a ground are weighed only where it is likely: there are many, and each costs time
                asked = group.rule != "any" or odds.get(name, -math.inf) >= _logit(self.limits.ground)
                said = words_about(narrative, clause, nearest[name] if group.rule != "all" else None) if asked else Words((), ())
                other = self._scorer.index.entries[self._rows[worst[1]]].citation if worst[1] else ""
                lean = self._leaning.of(name, scores.encoded.vectors[0], self._scorer.encoder.digest)
                found[name] = Clues(odds.get(name), worst[0], other, said, nearest[name], nearest.get(worst[1], ()), lean)
        return found

    def _clause(self, row: int) -> Clause:
        return self._scorer.index.entries[row].clause

    def _nearest(self, scores: Scores, rows: Ints) -> dict[str, tuple[Span, ...]]:
        """Return the two sentences nearest to each clause, nearest first."""
        close = self._scorer.sentence_scores(scores, rows)
        order = np.argsort(-close, axis=0, kind="stable")[:2]
        sentences = scores.encoded.sentences
        return {self._clause(int(row)).id: tuple(sentences[int(i)] for i in order[:, at]) for at, row in enumerate(rows)}

    def _odds(self, scores: Scores, rows: Ints) -> Sequence[float]:
        """Return the logits of clauses of any regulation, with as many shared words as usual: to count them again costs time."""
        combination, encoded = self._scorer.combination, scores.encoded
        if combination is None or not len(rows):
            return [0.0] * len(rows)
        nothing = np.zeros(len(rows), np.float32)
        parts: dict[str, Floats] = dict.fromkeys(combination.weights, nothing)
        center = self._scorer.index.background.center
        parts["dense"] = self._scorer.similarities(encoded.vectors - center, rows).max(axis=0)
        attention = self._scorer.encoder.attention
        if attention is not None and encoded.reading is not None:
            parts["attention"] = attention.score(encoded.reading.states, self._scorer.index.store.vectors(rows))
        return [float(value) for value in combination.logits(parts)]


def standing(clause_id: str, clues: Clues, group: Group, limits: Limits) -> ClauseStanding:
    """Return the status of a clause by the limits, with the words that it rests on and a Chinese phrase that says why."""
    probability = None if clues.odds is None else 1 / (1 + math.exp(-max(-60.0, min(60.0, clues.odds))))
    status, basis = _status(clues, group, limits)
    if status == "not_stated":
        return ClauseStanding(clause_id, status, probability=probability)
    side = clues.words.agreeing if status == "supported" else clues.words.opposing
    places = clues.places if status == "supported" else clues.opposite_places or clues.places
    near = tuple(part for part in side if any(part.overlaps(place) for place in places))
    spans = (near or (side if basis == "words" else places[:1]))[:_QUOTED]
    if basis != "likeness":
        told = "叙述的用语" if basis == "words" else "整段叙述的情形"
        said = f"{told}与本条{'一致' if status == 'supported' else '相反'}"
    elif status == "supported":
        said = "与本条相近" if probability is None else f"与本条相近，概率 {probability:.0%}"
    else:
        said = f"叙述更接近{clues.opposite}所说的情形" if clues.opposite else "叙述的说法与本条相反"
    return ClauseStanding(clause_id, status, spans, "rule" if basis == "words" else "model", said, probability)


def _status(clues: Clues, group: Group, limits: Limits) -> tuple[Status, Basis]:
    """Return the status and what it rests on: that without which it would be another."""
    if group.rule == "all" and (clues.odds is not None or clues.leaning is not None):
        nothing = Words((), ())
        status = _likeliest(features(clues.odds, clues.contrary, clues.words), clues.leaning, limits)
        silent = features(clues.odds, clues.contrary, nothing)
        if _likeliest(silent, clues.leaning, limits) != status:
            return status, "words"
        return status, "likeness" if _likeliest(silent, None, limits) == status else "story"
    odds, net = -math.inf if clues.odds is None else clues.odds, clues.words.net  # without a probability only words count
    if odds >= _logit(limits.ground):
        return ("not_stated", "words") if net < 0 else ("supported", "likeness")
    return ("contradicted", "words") if group.rule != "any" and net <= -limits.against else ("not_stated", "likeness")


def features(odds: float | None, contrary: float | None, words: Words) -> Floats:
    """Return what the status of a condition is judged by, float32 (7,): logits, words for and against, and how they meet."""
    odds = _NO_ODDS if odds is None else odds
    opposite = _NO_OPPOSITE if contrary is None else contrary
    agreeing, opposing = float(words.net > 0), float(words.net < 0)
    return np.array([odds, opposite, words.net, words.count, words.against, odds * agreeing, opposing], np.float32)


def _likeliest(values: Floats, leaning: Vectors | None, limits: Limits) -> Status:
    logits = np.array(limits.weights) @ values + np.array(limits.offsets)
    if leaning is not None:
        logits += leaning[:, :-1] @ values + leaning[:, -1]
    return STATUSES[int(np.argmax(logits))]


def _group(
    summary: GroupSummary, standings: Mapping[str, ClauseStanding], titles: Mapping[str, str], kept: Container[str]
) -> GroupPicture:
    group = summary.group
    clauses = tuple(standings.get(clause, ClauseStanding(clause, "not_stated")) for clause in group.clauses if clause in kept)
    questions = tuple((clause, question) for clause, question in summary.questions.items() if clause in kept)
    waiting = tuple(titles[name] for name in summary.waiting)
    kind = (group.id, group.title, group.part, group.rule, group.side)
    return GroupPicture(*kind, summary.state, clauses, questions, waiting)


def _known(scores: Scores) -> Iterable[float]:
    return () if scores.probabilities is None else scores.probabilities


def _logit(probability: float) -> float:
    bounded = min(max(probability, 1e-9), 1 - 1e-9)
    return math.log(bounded / (1 - bounded))
