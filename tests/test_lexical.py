import math

import bm25s
import numpy as np
import pytest
from scipy import sparse

from models.segment import load_segmenter
from retrieval.lexical import Bm25, TfIdf, bm25_idf, bm25_weights

TEXTS = ["隐瞒 证据 隐瞒", "证据 检查", "整改 期间 发生 事件 检查"]


def split(text: str) -> list[str]:
    return text.split()


def test_idf_by_hand():
    # N = 3, df = 1 and 2: ln(1 + 2.5 / 1.5) and ln(1 + 1.5 / 2.5)
    assert bm25_idf(3, np.array([1, 2])) == pytest.approx([math.log(1 + 2.5 / 1.5), math.log(1 + 1.5 / 2.5)])


def test_weight_by_hand():
    counts = sparse.csr_matrix(np.array([[2, 1], [0, 1]]))
    weights = bm25_weights(counts, k1=1.2, b=0.75).toarray()
    # first document: length 3, average 2; first term: df 1 of 2, tf 2
    norm = 1.2 * (1 - 0.75 + 0.75 * 3 / 2)
    assert weights[0, 0] == pytest.approx(math.log(1 + 1.5 / 1.5) * 2 * 2.2 / (2 + norm), rel=1e-6)
    assert weights[1, 0] == 0


def test_scores_agree_with_bm25s():
    ours = Bm25.build(TEXTS, split, k1=1.5, b=0.75)
    theirs = bm25s.BM25(k1=1.5, b=0.75, method="lucene")
    theirs.index([split(t) for t in TEXTS], show_progress=False)
    # bm25s leaves out the constant factor k1 + 1 in its Lucene variant
    expected = theirs.get_scores(["证据", "检查"]) * 2.5
    assert ours.scores(["证据", "检查", "证据", "没有的词"]) == pytest.approx(expected, rel=1e-5)


def test_unknown_terms_and_empty_corpus_score_zero():
    assert Bm25.build(TEXTS, split, k1=1.2, b=0.75).scores(["没有"]).tolist() == [0, 0, 0]
    assert Bm25.build(["", ""], split, k1=1.2, b=0.75).scores(["证据"]).tolist() == [0, 0]
    assert TfIdf.build(["", ""], min_n=1, max_n=2).scores("证据").tolist() == [0, 0]


def test_tfidf_is_a_cosine():
    tfidf = TfIdf.build(["伪造证据", "按时检查"], min_n=1, max_n=2)
    assert tfidf.scores("伪造证据") == pytest.approx([1, 0])
    assert tfidf.scores("").tolist() == [0, 0]


def test_a_query_is_weighed_as_scikit_learn_does():
    from sklearn.feature_extraction.text import TfidfVectorizer

    queries = ["检查时隐瞒证据，证据  证据\n\n没有", "ABC abc 证", "", "完全没有的字"]
    ours = TfIdf.build(TEXTS, min_n=1, max_n=3)
    theirs = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, dtype=np.float32)
    weights = theirs.fit_transform(TEXTS)
    for query in queries:
        expected = np.asarray((weights @ theirs.transform([query]).T).todense()).ravel()
        assert ours.scores(query) == pytest.approx(expected, abs=1e-6), query


def test_saved_and_loaded_scores_are_equal(tmp_path):
    terms = load_segmenter().terms
    bm25, tfidf = Bm25.build(TEXTS, terms, k1=1.2, b=0.75), TfIdf.build(TEXTS, min_n=1, max_n=3)
    bm25.save(tmp_path)
    tfidf.save(tmp_path)
    query = "检查时隐瞒证据"
    assert np.array_equal(Bm25.load(tmp_path).scores(terms(query)), bm25.scores(terms(query)))
    assert np.array_equal(TfIdf.load(tmp_path).scores(query), tfidf.scores(query))
