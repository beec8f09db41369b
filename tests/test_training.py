import gzip
import json
import random
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from data.cases import CASES, fold_of, read_cases, read_elsewhere, read_marks
from data.catalogue import matched_regulations
from data.categories import MATCHED
from data.entries import entries_of
from data.errors import ModelError
from data.schema import Case, Span
from models.attention import ClauseAttention
from models.encoder import load_encoder
from models.export import finish_folder
from models.layout import DEFAULT_NAME, TOKENIZER, WEIGHTS
from models.st_encoder import save_model
from models.training.losses import listwise, pointing, pointwise
from models.training.progress import Recipe, train
from models.training.targets import UNKNOWN, Example, examples, passages, weight_of
from models.training.tower import Tower, grouped_by_length, padded
from models.training.watch import mean_ndcg
from tests.conftest import ROOT, make_entry

CLAUSES = [
    make_entry(key, "条款", "condition").clause for key in ("alpha/art1.p1", "alpha/art2.p1", "beta/art1.p1", "beta/art2.p1")
]
IDS = [[0, 7, 8, 9, 2], [0, 5, 2], [0, 11, 12, 13, 14, 15, 2]]


def case(key, region, labels):
    return Case(key, region, "经过", labels, "train", "")


@pytest.fixture
def tiny(tmp_path):
    """Return a folder with a BERT of three layers and random weights."""
    torch.manual_seed(3)
    sizes = {"hidden_size": 12, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 16}
    config = BertConfig(vocab_size=40, max_position_embeddings=16, **sizes)
    BertModel(config).save_pretrained(tmp_path / "tiny")
    return tmp_path / "tiny"


def test_grades_come_from_the_own_labels_and_from_the_passes_elsewhere():
    passes = {"a": ({"beta/art1.p1": 2}, {"beta/art1.p1": 1, "beta/art2.p1": 1})}
    (found,) = examples([case("a", "alpha", {"alpha/art2.p1": 2})], CLAUSES, passes)
    # beta/art2.p1: one pass of two said 1, which is neither a match nor none
    assert found.grades.tolist() == [0, 2, 1.5, UNKNOWN]
    assert weight_of(found.grades).tolist() == [0, 1, 0.75, 0]


def test_without_a_pass_the_other_regulations_are_unknown():
    (found,) = examples([case("a", "beta", {})], CLAUSES, {})
    assert found.grades.tolist() == [UNKNOWN, UNKNOWN, 0, 0]


def test_a_regulation_left_out_leaves_no_trace():
    cases = [case("a", "alpha", {"alpha/art1.p1": 2}), case("b", "beta", {"beta/art1.p1": 2})]
    (found,) = examples(cases, CLAUSES, {"a": ({"beta/art1.p1": 2},), "b": ({"alpha/art1.p1": 2},)}, without="beta")
    assert found.case.id == "a" and found.grades.tolist() == [2, 0, UNKNOWN, UNKNOWN]


def test_every_training_narrative_is_labelled_elsewhere_under_other_regulations_only():
    regions = {c.id: c.region for c in read_cases(CASES / "train.jsonl")}
    passes = read_elsewhere(CASES / "elsewhere.jsonl")
    known = {e.clause.id for e in entries_of(matched_regulations(), categories=frozenset(MATCHED))}
    assert set(passes) == set(regions)
    assert all(clause in known for found in passes.values() for labels in found for clause in labels)
    assert not any(
        clause.startswith(regions[key] + "/") for key, found in passes.items() for labels in found for clause in labels
    )


STORY = "他去查了三次。老板把软管埋在地里！天黑了。后来赔了五万元，没人受伤。"


def marked(grades, marks):
    rows = {row: [Span(STORY.index(words), STORY.index(words) + len(words)) for words in found] for row, found in marks.items()}
    return Example(Case("k", "alpha", STORY, {}, "train", ""), np.array(grades, np.float32), rows)


def test_a_passage_matches_what_is_marked_inside_it_and_nothing_is_known_of_the_rest():
    example = marked([2, 1, 0, UNKNOWN], {0: ["把软管埋在地里"], 1: ["没人受伤", "赔了五万元"]})
    found = {passage.case.narrative: passage.grades.tolist() for passage in passages(example)}
    assert len(found) == 2
    (soft,) = (grades for text, grades in found.items() if "软管" in text)
    (paid,) = (grades for text, grades in found.items() if "没人受伤" in text)
    assert soft == [2, UNKNOWN, 0, UNKNOWN] and paid == [UNKNOWN, 1, 0, UNKNOWN]
    assert passages(marked([2, 0, 0, 0], {})) == []


def test_the_shipped_marks_lie_in_their_narratives_and_belong_to_labelled_clauses():
    cases = {case.id: case for case in read_cases(CASES / "train.jsonl")}
    marks = read_marks(CASES / "marks.jsonl")
    assert len(marks) > 1500
    for key, found in marks.items():
        assert set(found) <= set(cases[key].labels)
        assert all(span.end <= len(cases[key].narrative) for spans in found.values() for span in spans)


def test_pointing_by_hand():
    weights = torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8], [1.0, 0.0, 0.0]])
    at = torch.tensor([[True, True, False], [False, False, True], [False, False, False]])
    assert pointing(weights, at).item() == pytest.approx(-(np.log(0.75) + np.log(0.8)) / 2)
    assert pointing(weights, torch.zeros(3, 3, dtype=torch.bool)).item() == 0


def test_training_goes_on_from_the_head_of_a_trained_folder(tiny):
    before = ClauseAttention(np.full((12, 12), 0.5, np.float32), 7.0, 0.25)
    before.save(tiny)
    after = Tower(tiny, frozen=1).attention()
    assert after.sharpness == 7.0 and after.whole == pytest.approx(0.25) and np.array_equal(after.view, before.view)


def test_listwise_by_hand():
    scores = torch.tensor([[1.0, 0.0, 2.0, 0.0]])
    weights = torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    known = torch.tensor([[True, True, False, True]])
    # e^1 against e^1 + e^0 + e^0; the unknown third one does not count
    expected = -np.log(np.e / (np.e + 2))
    assert listwise(scores, weights, known, temperature=1.0).item() == pytest.approx(expected, abs=1e-6)
    # a second match does not compete with the first
    both = torch.tensor([[1.0, 0.0, 0.0, 0.5]])
    first, second = -np.log(np.e / (np.e + 1)), -np.log(1 / 2)
    expected = (first + 0.5 * second) / 1.5
    assert listwise(scores, both, known, temperature=1.0).item() == pytest.approx(expected, abs=1e-6)
    assert listwise(scores, torch.zeros(1, 4), known, temperature=1.0).item() == 0


def test_pointwise_sees_narratives_without_a_match():
    logits = torch.tensor([[0.0, 2.0]])
    assert pointwise(logits, torch.zeros(1, 2), torch.tensor([[True, False]])).item() == pytest.approx(np.log(2))


def test_frozen_and_trained_layers_together_are_the_whole_network(tiny):
    tower = Tower(tiny, frozen=2)
    ids, mask = padded(IDS)
    with torch.no_grad():
        whole = tower.bert(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        means = torch.nn.functional.normalize((whole * mask[..., None]).sum(1) / mask.sum(1, keepdim=True), dim=-1)
        assert torch.allclose(tower.documents(tower.lower(IDS)), means, atol=1e-5)
        assert torch.allclose(tower.whole_pass(ids, mask), means, atol=1e-5)


def test_torch_and_numpy_score_alike(tiny):
    tower = Tower(tiny, frozen=1)
    with torch.no_grad():
        tower.view += 0.1 * torch.randn(12, 12)
        tower.whole.fill_(-0.5)
        states, clauses = tower.upper(tower.lower(IDS)), tower.documents(tower.lower(IDS[::-1]))
        expected = tower.score(states, clauses).numpy()
    attention = tower.attention()
    for line, ids in enumerate(IDS):
        own = states.values[line, : len(ids)].numpy()
        assert np.allclose(attention.score(own, clauses.numpy()), expected[line], atol=1e-5)


def run(tiny, state, after=lambda epoch: None):
    torch.manual_seed(0)
    tower = Tower(tiny, frozen=1)
    lower = tower.lower(IDS)
    target = torch.tensor([0, 1, 2])

    def loss(batch):
        documents = tower.documents(lower)
        scores = tower.score(tower.upper([lower[i] for i in batch]), documents)
        return torch.nn.functional.cross_entropy(scores / 0.05, target[list(batch)])

    def batches(chance):
        order = chance.sample(range(3), 3)
        return [order[:2], order[2:]]

    train(tower, Recipe(epochs=4, rate=1e-3, batch=2), batches, loss, state=state, after=after)
    return {name: value.clone() for name, value in tower.named_parameters()}


def test_a_run_that_was_stopped_ends_as_an_unstopped_one(tiny, tmp_path):
    whole = run(tiny, tmp_path / "whole.pt")

    def stop(epoch):
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tiny, tmp_path / "cut.pt", after=stop)
    resumed = run(tiny, tmp_path / "cut.pt")
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    start = dict(Tower(tiny, frozen=1).named_parameters())
    changed = {name for name in start if not torch.equal(start[name], whole[name])}
    assert any(name.startswith("bert.encoder.layer.2") for name in changed)
    assert not any(name.startswith(("bert.embeddings", "bert.encoder.layer.0")) for name in changed)


def test_progress_of_another_recipe_is_refused(tiny, tmp_path):
    run(tiny, tmp_path / "state.pt")
    tower = Tower(tiny, frozen=1)
    with pytest.raises(ModelError, match="另一组训练设置"):
        train(tower, Recipe(epochs=4, rate=2e-3, batch=2), lambda _: [], lambda _: torch.zeros(()), state=tmp_path / "state.pt")


def test_mean_ndcg_by_hand():
    found = [
        Example(case("a", "alpha", {}), np.array([2, 0, UNKNOWN, UNKNOWN], np.float32)),
        Example(case("b", "beta", {}), np.array([0, 0, 0, 0], np.float32)),
    ]
    # the match of gain 3 stands second among two: 3 / log2(3) over 3 / log2(2); the second narrative has none
    scores = np.array([[0.1, 0.2, 0.9, 0.9], [0, 0, 0, 0]], np.float32)
    assert mean_ndcg(scores, found, CLAUSES) == pytest.approx(1 / np.log2(3))


def test_groups_hold_texts_of_like_length():
    assert grouped_by_length(IDS, 2) == [[1, 0], [2]]
    assert grouped_by_length([], 2) == []


def test_folds_are_even_and_do_not_depend_on_order():
    ids = [str(number) for number in range(23)]
    folds = fold_of(ids)
    shuffled = random.Random(1).sample(ids, len(ids))
    assert fold_of(shuffled) == folds
    assert sorted(list(folds.values()).count(fold) for fold in range(5)) == [4, 4, 5, 5, 5]


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Return a model folder to train from: the real tokenizer, and a network of two narrow layers with random weights."""
    folder = tmp_path_factory.mktemp("start")
    shutil.copyfile(WEIGHTS / DEFAULT_NAME / TOKENIZER, folder / TOKENIZER)
    torch.manual_seed(3)
    words = Tokenizer.from_file(str(folder / TOKENIZER)).get_vocab_size()
    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    network = BertModel(BertConfig(vocab_size=words, max_position_embeddings=512, **sizes), add_pooling_layer=False)
    save_model(network, folder, prompts={"query": "query: ", "document": "passage: "}, max_tokens=512)
    finish_folder(folder, name="start", source="random", licence="MIT")
    return folder


def command(name, *arguments):
    line = [sys.executable, "-m", f"models.training.{name}", *map(str, arguments)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_statutes_are_learnt_and_leave_no_head_that_was_never_trained(start, tmp_path):
    texts = {"1": "未取得许可不得排放污水。", "2": "试用期最长不得超过六个月。", "3": "监护人承担侵权责任。"}
    asked = {"a": ("没办证能往河里放水吗？", "1"), "b": ("试用期能签一年吗？", "2")}
    rows = {
        "corpus.jsonl.gz": [{"id": key, "title": f"某法第{key}条", "text": text} for key, text in texts.items()],
        "queries.train.jsonl": [{"id": key, "text": text, "relevant": [right]} for key, (text, right) in asked.items()],
        "negatives.jsonl": [{"id": key, "documents": list("123")} for key in asked],
    }
    for name, found in rows.items():
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found).encode()
        (tmp_path / name).write_bytes(gzip.compress(lines) if name.endswith(".gz") else lines)
    places = ("--corpus", tmp_path, "--negatives", tmp_path / "negatives.jsonl", "--out", tmp_path / "first")
    done = command("statutes", *places, "--start", start, "--frozen", "1", "--epochs", "1")
    assert done.returncode == 0, done.stderr
    encoder = load_encoder(str(tmp_path / "first"))
    assert encoder.attention is None and encoder.encode_queries(["试用期"]).shape == (1, 24)


@pytest.mark.slow
def test_the_command_writes_a_folder_that_matches_use(start, tmp_path):
    out, dev = tmp_path / "trained", tmp_path / "dev.jsonl"
    dev.write_text("".join((CASES / "dev.jsonl").read_text("utf-8").splitlines(keepends=True)[:12]), "utf-8")
    done = command("encoder", "--start", start, "--out", out, "--share", "0.01", "--epochs", "1", "--frozen", "1", "--dev", dev)
    dev.unlink()
    assert done.returncode == 0, done.stderr
    assert "31 条训练叙述" in done.stderr and "开发集 nDCG@10 0." in done.stderr
    encoder = load_encoder(str(out))
    assert encoder.attention is not None
    assert [path.name for path in tmp_path.iterdir()] == ["trained"]
    reading = encoder.read("他把采样头插进了矿泉水瓶。")
    assert encoder.attention.score(reading.states, encoder.encode_documents(["隐瞒证据的"])).shape == (1,)


def test_a_missing_file_is_one_sentence(tmp_path):
    done = command("encoder", "--out", tmp_path / "o", "--cases", tmp_path / "none")
    assert done.returncode == 2 and "错误：" in done.stderr and "Traceback" not in done.stderr
