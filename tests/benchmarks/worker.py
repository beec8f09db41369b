"""One search system in a process of its own, asked by lines of JSON; of this project it needs only what its own systems use.

    {"build": [[id, text], ...]}            -> {"seconds": s}
    {"query": text, "keep": [id, ...]}      -> {"seconds": s, "ranking": [id, ...]}     keep: the ids that count, best first
    {"memory": true}                        -> {"bytes": n}
    {"version": true}                       -> {"version": "..."}

    python worker.py SYSTEM [MODEL FOLDER]

Each system returns every id that counts, so that rankings can be compared; its time is that of a search among all texts.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import metadata
from typing import Any

Texts = list[tuple[str, str]]


class SentenceTransformers:
    """encode_document, encode_query and util.semantic_search: what its manual shows."""

    package = "sentence-transformers"

    def __init__(self, folder: str) -> None:
        import torch
        from sentence_transformers import SentenceTransformer, util

        torch.set_num_threads(2)
        self._search = util.semantic_search
        self._model = SentenceTransformer(folder, device="cpu", local_files_only=True)

    def build(self, texts: Texts) -> None:
        self._ids = [key for key, _ in texts]
        self._vectors = self._model.encode_document([text for _, text in texts], convert_to_tensor=True, show_progress_bar=False)

    def query(self, text: str) -> list[str]:
        vector = self._model.encode_query(text, convert_to_tensor=True)
        return [self._ids[hit["corpus_id"]] for hit in self._search(vector, self._vectors, top_k=len(self._ids))[0]]


class Txtai:
    """Embeddings with its defaults: dense vectors, here with the same network and its prompts."""

    package = "txtai"

    def __init__(self, folder: str, *, hybrid: bool = False) -> None:
        from txtai import Embeddings

        instructions = {"query": "query: ", "data": "passage: "}
        self._index = Embeddings(path=folder, instructions=instructions, hybrid=hybrid, gpu=False)

    def build(self, texts: Texts) -> None:
        self._count = len(texts)
        self._index.index([(key, text, None) for key, text in texts])

    def query(self, text: str) -> list[str]:
        return [str(hit[0]) for hit in self._index.search(text, self._count)]


class TxtaiHybrid(Txtai):
    """The same with its hybrid of dense vectors and BM25."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder, hybrid=True)


class Bm25s:
    """bm25s over words of jieba."""

    package = "bm25s"

    def __init__(self, folder: str) -> None:
        import bm25s
        import jieba

        jieba.setLogLevel(60)
        jieba.initialize()
        self._cut, self._bm25s = jieba.lcut, bm25s

    def build(self, texts: Texts) -> None:
        self._ids = [key for key, _ in texts]
        self._index = self._bm25s.BM25()
        self._index.index([self._words(text) for _, text in texts], show_progress=False)

    def query(self, text: str) -> list[str]:
        rows, _ = self._index.retrieve([self._words(text)], k=len(self._ids), show_progress=False)
        return [self._ids[int(row)] for row in rows[0]]

    def _words(self, text: str) -> list[str]:
        return [word for word in self._cut(text) if word.strip()]


class SkLearn:
    """scikit-learn's TF-IDF over characters, 1 to 3 together."""

    package = "scikit-learn"

    def __init__(self, folder: str) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)

    def build(self, texts: Texts) -> None:
        self._ids = [key for key, _ in texts]
        self._weights = self._vectorizer.fit_transform([text for _, text in texts])

    def query(self, text: str) -> list[str]:
        scores = (self._weights @ self._vectorizer.transform([text]).T).toarray().ravel()
        return [self._ids[row] for row in (-scores).argsort(kind="stable")]


class Haystack:
    """InMemoryDocumentStore with its embedding retriever and the sentence-transformers embedders."""

    package = "haystack-ai"

    def __init__(self, folder: str) -> None:
        from haystack import Document
        from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack.utils import ComponentDevice
        from haystack_integrations.components.embedders.sentence_transformers import (
            SentenceTransformersDocumentEmbedder,
            SentenceTransformersTextEmbedder,
        )

        cpu = ComponentDevice.from_str("cpu")
        self._document, self._store = Document, InMemoryDocumentStore(embedding_similarity_function="cosine")
        self._many = SentenceTransformersDocumentEmbedder(model=folder, device=cpu, prefix="passage: ", progress_bar=False)
        self._one = SentenceTransformersTextEmbedder(model=folder, device=cpu, prefix="query: ", progress_bar=False)
        for part in (self._many, self._one):
            part.warm_up()
        self._retriever = InMemoryEmbeddingRetriever

    def build(self, texts: Texts) -> None:
        made = self._many.run([self._document(content=text, meta={"key": key}) for key, text in texts])
        self._store.write_documents(made["documents"])
        self._search = self._retriever(self._store, top_k=len(texts))

    def query(self, text: str) -> list[str]:
        found = self._search.run(self._one.run(text)["embedding"])
        return [document.meta["key"] for document in found["documents"]]


class LlamaIndex:
    """VectorStoreIndex in memory with the HuggingFace embedding."""

    package = "llama-index-core"

    def __init__(self, folder: str) -> None:
        from llama_index.core import VectorStoreIndex
        from llama_index.core.schema import TextNode
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        self._embed = HuggingFaceEmbedding(folder, device="cpu", query_instruction="query: ", text_instruction="passage: ")
        self._index, self._node = VectorStoreIndex, TextNode

    def build(self, texts: Texts) -> None:
        nodes = [self._node(text=text, id_=key) for key, text in texts]
        self._search = self._index(nodes, embed_model=self._embed).as_retriever(similarity_top_k=len(texts))

    def query(self, text: str) -> list[str]:
        return [hit.node.node_id for hit in self._search.retrieve(text)]


class Rongcuo:
    """This project: the shipped encoder, everything that `match` does but for the text of the report."""

    package = "rongcuo"
    system = "hybrid"

    def __init__(self, folder: str) -> None:
        from models.encoder import load_encoder
        from models.segment import load_segmenter
        from retrieval.settings import get_settings

        self._settings, self._segmenter = get_settings(), load_segmenter()
        self._encoder = load_encoder(self._settings.encoder, threads=2)

    def build(self, texts: Texts) -> None:
        from data.cases import background_narratives
        from data.entries import Entry
        from data.schema import Clause, Span
        from retrieval.index import build
        from retrieval.matcher import Matcher

        entries = [
            Entry(Clause(key, key.partition("/")[0], "item", "", "", text, Span(0, len(text))), "", "") for key, text in texts
        ]
        background = background_narratives(self._settings.background)
        index = build(entries, self._encoder, self._segmenter, self._settings, background=background)
        self._matcher = Matcher(index, self._encoder, self._segmenter, self._settings)

    def query(self, text: str) -> list[str]:
        return list(self._matcher.rank(text, top_k=len(self._matcher.index.entries), system=self.system).clauses)


class RongcuoDense(Rongcuo):
    """The same network and windows alone, without the other parts."""

    system = "dense"


SYSTEMS: dict[str, Any] = {
    "rongcuo": Rongcuo,
    "rongcuo dense": RongcuoDense,
    "sentence-transformers": SentenceTransformers,
    "txtai": Txtai,
    "txtai hybrid": TxtaiHybrid,
    "bm25s": Bm25s,
    "scikit-learn TF-IDF": SkLearn,
    "Haystack": Haystack,
    "LlamaIndex": LlamaIndex,
}


def peak_memory() -> int:
    """Return the most bytes that this process has held."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Answer line by line until the input ends."""
    out, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints goes elsewhere
    started = time.perf_counter()
    system = SYSTEMS[sys.argv[1]](sys.argv[2] if len(sys.argv) > 2 else "")
    ready = {"seconds": time.perf_counter() - started}
    out.write(json.dumps(ready) + "\n")
    out.flush()
    for line in sys.stdin:
        out.write(json.dumps(answer(system, json.loads(line))) + "\n")
        out.flush()


def answer(system: Any, wish: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    """Return the answer to one line."""
    if "memory" in wish:
        return {"bytes": peak_memory()}
    if "version" in wish:
        return {"version": metadata.version(system.package)}
    start = time.perf_counter()
    if "build" in wish:
        system.build([tuple(pair) for pair in wish["build"]])
        return {"seconds": time.perf_counter() - start}
    ranking = system.query(wish["query"])
    seconds = time.perf_counter() - start
    keep = set(wish["keep"])
    return {"seconds": seconds, "ranking": [key for key in ranking if key in keep]}


if __name__ == "__main__":
    main()
