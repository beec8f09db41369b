import logging

import numpy as np
import pytest

from models.stub import StubEncoder
from retrieval.vector_cache import CachedEncoder

TEXTS = ["检查职责", "隐瞒证据", "检查职责", "整改"]


class Counting(StubEncoder):
    """Says which texts it was asked for."""

    def __init__(self, *args):
        super().__init__(*args)
        self.asked = []

    def encode_documents(self, texts):
        self.asked += texts
        return super().encode_queries(texts)


def test_each_text_is_encoded_once_and_never_again(tmp_path):
    encoder = Counting()
    cached = CachedEncoder(encoder, tmp_path)
    assert np.array_equal(cached.encode_documents(TEXTS), StubEncoder().encode_documents(TEXTS))
    assert encoder.asked == ["检查职责", "隐瞒证据", "整改"] and cached.encoded == 3
    cached.save()
    cached.save()
    assert len(list(tmp_path.iterdir())) == 1
    later = CachedEncoder(encoder, tmp_path)
    assert np.array_equal(later.encode_documents([*TEXTS, "信访"]), StubEncoder().encode_documents([*TEXTS, "信访"]))
    assert encoder.asked[3:] == ["信访"] and later.encoded == 1
    later.save()
    assert len(list(tmp_path.iterdir())) == 2


def test_documents_and_queries_are_kept_apart(tmp_path):
    cached = CachedEncoder(StubEncoder(), tmp_path)
    cached.encode_documents(["检查"])
    cached.encode_queries(["检查"])
    assert cached.encoded == 2


def test_vectors_from_elsewhere_are_taken_over_and_kept(tmp_path):
    cached = CachedEncoder(Counting(), tmp_path)
    cached.learn(TEXTS, StubEncoder().encode_documents(TEXTS))
    assert np.array_equal(cached.encode_documents(TEXTS), StubEncoder().encode_documents(TEXTS)) and cached.encoded == 0
    cached.save()
    again = CachedEncoder(Counting(), tmp_path)
    again.encode_documents(TEXTS)
    assert again.encoded == 0


def test_no_texts(tmp_path):
    cached = CachedEncoder(StubEncoder(), tmp_path)
    assert cached.encode_documents([]).shape == (0, cached.dim)
    cached.save()
    assert list(tmp_path.iterdir()) == []


def test_another_encoder_does_not_see_these_vectors(tmp_path):
    cached = CachedEncoder(StubEncoder(), tmp_path)
    cached.encode_documents(TEXTS)
    cached.save()
    other = CachedEncoder(StubEncoder(["检查"]), tmp_path)
    assert other.encode_documents(TEXTS).shape == (4, 2) and other.encoded == 3


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", None])
def test_a_broken_file_only_costs_time(tmp_path, damage, caplog):
    cached = CachedEncoder(StubEncoder(), tmp_path)
    cached.encode_documents(TEXTS)
    cached.save()
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-40] if damage is None else damage)
    with caplog.at_level(logging.WARNING):
        again = CachedEncoder(StubEncoder(), tmp_path)
    assert again.encode_documents(TEXTS).shape == (4, again.dim) and again.encoded == 3
    assert path.name in caplog.text


def test_a_disk_that_refuses_is_logged(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    cached = CachedEncoder(StubEncoder(), tmp_path / "file")
    cached.encode_documents(TEXTS)
    with caplog.at_level(logging.WARNING):
        cached.save()
    assert "缓存写不了" in caplog.text


def test_what_is_not_a_whole_text_goes_to_the_encoder(tmp_path):
    encoder = StubEncoder()
    cached = CachedEncoder(encoder, tmp_path)
    assert cached.attention is None and (cached.name, cached.digest) == (encoder.name, encoder.digest)
    assert np.array_equal(cached.read("隐瞒").states, encoder.read("隐瞒").states)
    assert cached.encode_windows("隐瞒", []).shape == (0, encoder.dim)
