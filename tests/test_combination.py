import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from data.cases import CASES, read_cases
from data.errors import InputError, ModelError
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.combination import Band, Combination
from retrieval.combine import fit, learn_prior
from retrieval.index import build
from retrieval.loading import shipped_entries
from retrieval.matcher import Matcher
from retrieval.measures import expected_calibration_error
from retrieval.mine import mine
from retrieval.scope_prior import ScopePrior
from retrieval.settings import Settings

BANDS = (Band("强", 0.7, 0.8, 10), Band("弱", 0.2, 0.3, 20), Band("不予匹配", 0.0, 0.01, 100))


def combination(encoder, **changes):
    fields = {"regulations": ("alpha",)}
    fields |= {"weights": {"dense": 2.0, "bm25": 0.5}, "intercept": -1.0, "cases": 60, "bands": BANDS, "abstain_below": 0.3}
    return Combination(encoder=encoder, **(fields | changes))


def test_logits_and_probabilities_by_hand():
    found = combination("x")
    logits = found.logits({"dense": np.float32([0.5, 1.0]), "bm25": np.float32([0.0, 2.0]), "tfidf": np.float32([9, 9])})
    assert logits.tolist() == [0.0, 2.0]
    assert found.probabilities(logits) == pytest.approx([0.5, 1 / (1 + np.exp(-2))])
    with pytest.raises(KeyError):
        found.logits({"dense": logits})


def test_bands_take_every_probability():
    found = combination("x")
    assert [found.band(p).word for p in (1.0, 0.7, 0.69, 0.2, 0.1, 0.0)] == ["强", "强", "弱", "弱", "不予匹配", "不予匹配"]


def test_it_holds_for_its_own_encoder_only(tmp_path):
    path = tmp_path / "combination.json"
    combination("x").save(path)
    assert Combination.of("x", path) == combination("x") and Combination.of("y", path) is None
    assert Combination.of("x", tmp_path / "none.json") is None
    broken = tmp_path / "broken.json"
    broken.write_text("{", "utf-8")
    with pytest.raises(ModelError, match="已损坏"):
        Combination.of("x", broken)
    broken2 = tmp_path / "broken2.json"
    broken2.write_text(json.dumps({"encoder": "x"}), "utf-8")
    with pytest.raises(ModelError, match="已损坏"):
        Combination.of("x", broken2)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """Return a function that makes a matcher over the shipped clauses with the stub, and with this combination file."""
    encoder, segmenter = StubEncoder(), load_segmenter()
    folder = tmp_path_factory.mktemp("fit")
    index = build(shipped_entries(), encoder, segmenter, Settings(cache_dir=folder))
    return lambda path: Matcher(index, encoder, segmenter, Settings(cache_dir=folder, combination=path))


def test_a_fitted_combination_ranks_states_probabilities_and_abstains(shipped, tmp_path):
    cases = read_cases(CASES / "dev.jsonl")
    plain = shipped(tmp_path / "none.json")
    assert plain.rank(cases[0].narrative, region=cases[0].region, top_k=5).probabilities is None
    fitted = fit(plain, cases[:200])
    assert set(fitted.regulations) == {case.region for case in cases[:200]}
    assert fitted.cases == 200 and set(fitted.weights) == {"dense", "bm25", "tfidf"}
    assert [band.word for band in fitted.bands] == ["强", "中", "弱", "不予匹配"]
    assert sum(band.count for band in fitted.bands) == sum(len(plain.scope(case.region).rows) for case in cases[:200])
    fitted.save(tmp_path / "fitted.json")
    matcher = shipped(tmp_path / "fitted.json")
    stated, right = [], []
    for case in cases[200:]:
        ranked = matcher.rank(case.narrative, region=case.region, top_k=100)
        assert list(ranked.probabilities) == sorted(ranked.probabilities, reverse=True)
        expected = sum(ranked.probabilities) * (2 if len(case.narrative) < 60 else 1)
        assert ranked.abstained == (expected < fitted.abstain_below)
        stated += ranked.probabilities
        right += [clause in case.labels for clause in ranked.clauses]
    # cases that it was not fitted on: stated and found shares agree, and the stated ones tell good from bad
    assert expected_calibration_error(np.array(stated), np.array(right)) < 0.05
    high = np.argsort(stated)[-50:]
    assert np.mean(np.array(right)[high]) > 3 * np.mean(right)


def test_the_guess_at_the_regulation_is_that_of_the_reference(shipped, tmp_path):
    stories = read_cases(CASES / "train.jsonl")[::4]
    prior = learn_prior(stories)
    options = {"analyzer": "char", "ngram_range": (1, 3), "sublinear_tf": True}
    texts = [story.narrative for story in stories]
    reference = TfidfVectorizer(vocabulary=list(prior.terms), **options).fit(texts)
    held = [case for case in read_cases(CASES / "dev.jsonl") if case.labels]
    logits = reference.transform([case.narrative for case in held]) @ prior.weights.T + prior.intercepts
    for row, case in zip(logits, held, strict=True):
        logs = prior.log_probabilities(case.narrative)
        assert sum(np.exp(list(logs.values()))) == pytest.approx(1)
        assert list(logs.values()) == pytest.approx(row - np.log(np.exp(row).sum()), abs=1e-3)
    right = [max(logs, key=logs.get) == c.region for c in held for logs in [prior.log_probabilities(c.narrative)]]
    assert np.mean(right) > 0.6  # a guess by chance is right for one in four
    again = ScopePrior.from_json(json.loads(json.dumps(prior.to_json())))
    assert again.log_probabilities(texts[0]) == pytest.approx(prior.log_probabilities(texts[0]), abs=0.05)


def test_over_several_regulations_the_likely_one_comes_first_and_within_one_nothing_changes(shipped, tmp_path):
    cases = read_cases(CASES / "dev.jsonl")
    stories = read_cases(CASES / "train.jsonl")[::4]
    fitted = fit(shipped(tmp_path / "none.json"), cases[::3], stories)
    assert fitted.scope.share > 0
    fitted.save(tmp_path / "scoped.json")
    replace(fitted, scope=None).save(tmp_path / "plain.json")
    scoped, plain = shipped(tmp_path / "scoped.json"), shipped(tmp_path / "plain.json")
    own = {True: 0, False: 0}
    for case in cases[1::3]:
        for matcher in (scoped, plain):
            first = matcher.rank(case.narrative, top_k=5).clauses
            own[matcher is scoped] += sum(clause.startswith(case.region) for clause in first)
        within = [m.rank(case.narrative, region=case.region, top_k=99) for m in (scoped, plain)]
        assert within[0] == within[1]
    assert own[True] > 1.3 * own[False]


def test_a_regulation_without_cases_gets_a_ranking_and_no_probabilities(shipped, tmp_path):
    cases = [case for case in read_cases(CASES / "dev.jsonl") if case.region != "banan-2022"]
    fit(shipped(tmp_path / "none.json"), cases[:100]).save(tmp_path / "three.json")
    matcher = shipped(tmp_path / "three.json")
    story = cases[0].narrative
    assert matcher.rank(story, region=cases[0].region, top_k=5).probabilities is not None
    for region in ("banan-2022", "all"):
        assert matcher.rank(story, region=region, top_k=5).probabilities is None
    report = matcher.match(story, region="banan-2022")
    assert report.calibration == "" and {m.band for m in report.matches} <= {""}


def test_beside_a_regulation_without_cases_the_others_keep_their_probabilities(shipped, tmp_path):
    cases = [case for case in read_cases(CASES / "dev.jsonl") if case.region != "banan-2022"]
    stories = [case for case in read_cases(CASES / "train.jsonl")[::4] if case.region != "banan-2022"]
    fitted = replace(fit(shipped(tmp_path / "none.json"), cases[:100], stories), abstain_below=0.0)
    fitted.save(tmp_path / "three.json")
    replace(fitted, abstain_below=1000.0).save(tmp_path / "strict.json")
    matcher, strict = shipped(tmp_path / "three.json"), shipped(tmp_path / "strict.json")
    story = next(case.narrative for case in cases if case.labels)
    report = matcher.match(story, top_k=60)
    stated = {m.clause.regulation_id != "banan-2022": m.probability is not None for m in report.matches}
    assert stated == {True: True, False: False} and report.calibration
    assert all((m.band == "") == (m.probability is None) for m in report.matches)
    # nobody knows what to expect of the new clauses, so few likely ones among the others are no reason to refuse
    assert not strict.match(story).abstained and strict.match(story, region=cases[0].region).abstained
    logs = fitted.scope.log_probabilities(story)
    moved = fitted.scope.shift(np.zeros(2, np.float32), story, ["banan-2022", min(logs, key=logs.get)])
    assert moved[0] > moved[1]


def test_stories_of_one_regulation_teach_nothing():
    with pytest.raises(InputError, match="同一份规定"):
        learn_prior([case for case in read_cases(CASES / "dev.jsonl") if case.region == "banan-2022"])


def test_too_few_cases_are_refused(shipped, tmp_path):
    with pytest.raises(InputError, match="至少需要 50 条"):
        fit(shipped(tmp_path / "none.json"), read_cases(CASES / "dev.jsonl")[:49])


def test_hard_negatives_are_what_a_lexical_search_ranks_first(entries):
    (case,) = read_cases(CASES / "dev.jsonl")[:1]
    question = type(case)(
        id="q", region="", narrative="企业老板隐瞒证据", labels={"alpha/art1.p1.i2": 2}, split="test", source=""
    )
    ((key, found),) = mine(entries, [question], depth=3)
    assert key == "q" and found[0] == "alpha/art1.p1.i2" and len(found) == 3
