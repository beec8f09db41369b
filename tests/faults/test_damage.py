"""Weights that were cut off or changed: refused by name, never used."""

import shutil

import pytest

from data.errors import ModelError
from models.encoder import load_encoder
from models.layout import DEFAULT_NAME, WEIGHTS
from tests.fuzz.targets import said

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights") / "copy"
    shutil.copytree(WEIGHTS / DEFAULT_NAME, folder)
    return folder


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "attention.npz", "manifest.json"])
@pytest.mark.parametrize("damage", ["flipped", "truncated", "empty", "missing"])
def test_damaged_weights_are_refused_by_name(copied, name, damage):
    path = copied / name
    whole = path.read_bytes()
    place = len(whole) * 2 // 3
    changed = whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :]
    try:
        if damage == "missing":
            path.unlink()
        else:
            path.write_bytes({"flipped": changed, "truncated": whole[:place], "empty": b""}[damage])
        if (name, damage) == ("manifest.json", "flipped"):
            _flip_a_digest(path, whole)
        with pytest.raises(ModelError) as error:
            load_encoder(str(copied))
        said(error.value)
        assert str(copied) in str(error.value)
    finally:
        path.write_bytes(whole)


def _flip_a_digest(path, whole):
    text = whole.decode("utf-8")
    at = text.index('"model.onnx": "') + len('"model.onnx": "')
    path.write_text(text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :], "utf-8")


def test_whole_weights_are_read(copied):
    assert load_encoder(str(copied)).digest == load_encoder(DEFAULT_NAME).digest
