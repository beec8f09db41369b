"""A Milvus of the tests' own, as a file and as a server; and clauses with random vectors, which cost nothing to encode."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.index import Index, build
from retrieval.loading import shipped_entries
from retrieval.settings import Settings
from tests.backends.servers import free_port, milvus_server

pytest.importorskip("pymilvus", reason='pip install "pymilvus>=3.0" "milvus-lite>=3.2"')


class RandomEncoder(StubEncoder):
    """A unit vector drawn by lot for each text, always the same one for the same text."""

    name = "random"

    def __init__(self, dim: int = 64) -> None:
        super().__init__()
        self.dim = dim
        self.digest = hashlib.sha256(f"random {dim}".encode()).hexdigest()

    def encode_queries(self, texts):
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:] = np.random.default_rng(list(hashlib.sha256(text.encode()).digest())).standard_normal(self.dim)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True) if len(texts) else rows

    encode_documents = encode_queries


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("milvus")
    with milvus_server(folder / "server", free_port()) as url:
        yield {"file": str(folder / "lite.db"), "tcp": url}


@pytest.fixture(params=["file", "tcp"])
def uri(request: pytest.FixtureRequest, address: dict[str, str]) -> str:
    return address[request.param]


@pytest.fixture(scope="session")
def encoder() -> RandomEncoder:
    return RandomEncoder()


@pytest.fixture(scope="session")
def plain(encoder: RandomEncoder, settings: Settings) -> Index:
    """The shipped clauses, in files."""
    return build(shipped_entries(), encoder, load_segmenter(), settings)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


def in_milvus(settings: Settings, uri: str) -> Settings:
    return settings.model_copy(update={"backend": "milvus", "milvus_uri": uri})
