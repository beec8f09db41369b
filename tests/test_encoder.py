"""Reading in pieces, window pooling, the stub's arithmetic, and the real encoder against sentence-transformers."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from data.errors import ModelError
from data.schema import Span
from models.encoder import load_encoder
from models.protocols import Encoder
from models.reading import ReadingEncoder, cut_pieces, pool_windows, unit_rows
from models.sentences import windows
from models.stub import StubEncoder

CHARACTERS = "甲乙丙丁。？"
NARRATIVE = (
    "2023年5月1日晚上，执法人员按照“双随机、一公开”计划检查了这家电镀厂，未发现异常。"
    "第二天群众举报下游有死鱼🙂，我们赶到时已经排完了；ＣＯＤ超标３.5倍～\r\n"
    "　　企业说是停电了。后来查明，在线监测探头被人套了矿泉水瓶，VOCs和PM2.5的数据一直正常。"
)


def toy_tokenizer():
    """One token per character; id 0 is <s>, 1 </s>, 2 what is unknown; white space is no token."""
    vocabulary = {"<s>": 0, "</s>": 1, "<unk>": 2} | {character: i for i, character in enumerate(CHARACTERS, 3)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("", "isolated")])
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    return tokenizer


class CountingEncoder(ReadingEncoder):
    """The vector of a token is one-hot at its id, so a mean counts tokens; remembers what it was given to read."""

    def __init__(self, max_tokens=12):
        super().__init__(toy_tokenizer(), prompts={"query": "丁 ", "document": ""}, max_tokens=max_tokens, dim=9)
        self.was_read = []

    def _token_vectors(self, texts):
        self.was_read.extend(texts)
        return [np.eye(9, dtype=np.float32)[self._tokenizer.encode(text).ids] for text in texts]

    def _sentence_vectors(self, texts, prompt):
        return unit_rows(np.stack([states.mean(axis=0) for states in self._token_vectors([prompt + text for text in texts])]))


def hot(characters):
    """Return the unit vector that counts these characters."""
    row = np.zeros(9, dtype=np.float32)
    for character in characters:
        row[3 + CHARACTERS.index(character)] += 1
    return row / np.linalg.norm(row)


def test_windows_are_means_over_their_own_tokens():
    rows = CountingEncoder().encode_windows("甲甲乙 丙", [Span(0, 3), Span(2, 5), Span(3, 4), Span(1, 1), Span(0, 5)])
    assert np.allclose(rows, [hot("甲甲乙"), hot("乙丙"), np.zeros(9), np.zeros(9), hot("甲甲乙丙")])


def test_a_long_text_is_read_in_pieces_cut_at_sentence_ends_and_windows_reach_over_them():
    # 12 tokens: <s>, prompt, </s> and slack leave 5 for each piece
    encoder = CountingEncoder()
    text = "甲乙。丙丙？\n乙甲甲。甲甲甲甲甲甲甲乙"
    rows = encoder.encode_windows(text, [Span(0, 6), Span(3, 10), Span(0, len(text))])
    assert encoder.was_read == ["丁 甲乙。", "丁 丙丙？", "丁 \n乙甲甲。", "丁 甲甲甲甲甲", "丁 甲甲乙"]
    assert np.allclose(rows, [hot("甲乙。丙丙？"), hot("丙丙？乙甲甲"), hot("".join(text.split()))])


def test_a_long_query_is_the_mean_of_its_pieces_by_tokens():
    encoder = CountingEncoder()
    (row,) = encoder.encode_queries(["甲甲甲。乙乙。甲丙。"])
    assert encoder.was_read == ["丁 甲甲甲。", "丁 乙乙。", "丁 甲丙。"]
    parts = encoder.encode_queries(["甲甲甲。", "乙乙。", "甲丙。"])
    assert np.allclose(row, unit_rows(np.array([[4, 3, 3]]) @ parts)[0], atol=1e-6)


def test_order_of_texts_does_not_matter():
    texts = ["甲", "乙乙乙乙乙乙。丙丙丙丙丙。", "丁丁"]
    encoder = CountingEncoder()
    assert np.allclose(encoder.encode_documents(texts)[::-1], encoder.encode_documents(texts[::-1]), atol=1e-6)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("甲乙丙。？ \n"), max_size=120), st.integers(8, 40))
def test_pieces_are_consecutive_and_fit(text, max_tokens):
    tokenizer = toy_tokenizer()
    pieces = cut_pieces(tokenizer, text, prompt="丁 ", max_tokens=max_tokens)
    assert "".join(piece.of(text) for piece, _ in pieces) == text
    assert all(len(tokenizer.encode("丁 " + piece.of(text)).ids) <= max_tokens for piece, _ in pieces)


def test_pool_windows_counts_a_token_on_the_border_in_both():
    rows = pool_windows(np.eye(3, dtype=np.float32), [(0, 2), (2, 4), (4, 5)], [Span(0, 3), Span(3, 5), Span(5, 9)])
    assert np.allclose(rows, np.array([[1, 1, 0], [0, 1, 1], [0, 0, 0]]) / np.sqrt([[2], [2], [1]]))


def test_stub_arithmetic():
    encoder = StubEncoder(["检查", "整改", "隐瞒"])
    rows = encoder.encode_queries(["检查后整改", "整改", "无关", ""])
    assert np.allclose(rows, [[0.5**0.5, 0.5**0.5, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1]])
    # one keyword in common, two and one of them in all: 1 / sqrt(2 * 1)
    assert rows[0] @ rows[1] == pytest.approx(2**-0.5)
    assert encoder.encode_documents([]).shape == (0, 4)
    cut = encoder.encode_windows("检查 整改", [Span(0, 2), Span(2, 3), Span(3, 5)])
    assert cut.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0]]
    assert encoder.encode_windows("检查", []).shape == (0, 4)
    assert encoder.digest != StubEncoder(["检查"]).digest


def test_the_stub_is_an_encoder():
    encoder: Encoder = StubEncoder()
    assert (encoder.name, len(encoder.digest), encoder.dim) == ("stub", 64, 25)


def test_missing_default_model_says_what_to_run(tmp_path, monkeypatch):
    for module in ("encoder", "layout"):
        monkeypatch.setattr(f"models.{module}.WEIGHTS", tmp_path)
    with pytest.raises(ModelError, match="python -m models.build_encoder"):
        load_encoder("e5-small-zh")
    with pytest.raises(ModelError, match="请重新安装程序"):
        load_encoder()


@pytest.mark.parametrize(
    ("name", "wanted", "unwanted"),
    [
        ("rongcuo-zh", "重新安装程序", "build_encoder"),
        ("e5-small-zh", "python -m models.build_encoder --force", "安装"),
        ("ours", "重新训练，或改用默认模型 rongcuo-zh", "build_encoder"),  # it would make the untrained one
    ],
)
@pytest.mark.parametrize("manifest", ["{", '{"format": 0}', '{"format": 1}'])
def test_a_damaged_model_is_repaired_the_way_it_was_made(tmp_path, monkeypatch, name, wanted, unwanted, manifest):
    monkeypatch.setattr("models.layout.WEIGHTS", tmp_path)
    (tmp_path / name).mkdir()
    (tmp_path / name / "manifest.json").write_text(manifest, "utf-8")
    with pytest.raises(ModelError, match=wanted) as raised:
        load_encoder(str(tmp_path / name))
    assert unwanted not in str(raised.value)


@pytest.mark.parametrize("wrong", ["/no/such/folder", "./models/weights/none", "~/no such"])
def test_a_wrong_path_is_not_taken_for_a_hub_name(wrong):
    with pytest.raises(ModelError, match="没有找到模型文件夹"):
        load_encoder(wrong)


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(ModelError, match="没有 sentence-transformers 模型"):
        load_encoder(str(tmp_path))


def test_a_hub_model_that_is_not_here_is_not_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(ModelError, match="本机没有可用的模型"):
        load_encoder("nobody/no-such-model")


@pytest.fixture(scope="module")
def onnx():
    return load_encoder("e5-small-zh")


@pytest.fixture(scope="module")
def torch():
    from models.layout import BASE_NAME, WEIGHTS
    from models.st_encoder import SentenceTransformerEncoder

    return SentenceTransformerEncoder(str(WEIGHTS / BASE_NAME))


@pytest.mark.model
def test_real_encoder_keeps_the_protocol(onnx):
    encoder: Encoder = onnx
    rows = encoder.encode_queries([NARRATIVE, "查", ""])
    assert (rows.dtype, rows.shape) == (np.float32, (3, 384))
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert encoder.encode_queries([]).shape == encoder.encode_documents([]).shape == (0, 384)
    assert encoder.encode_windows("", []).shape == (0, 384)
    assert len(encoder.digest) == 64
    assert not np.allclose(encoder.encode_queries(["查"]), encoder.encode_documents(["查"]))


@pytest.mark.model
def test_batches_do_not_change_a_row(onnx):
    texts = [NARRATIVE[:length] for length in range(5, 150, 9)]
    together = onnx.encode_documents(texts)
    assert np.allclose(together[7], onnx.encode_documents(texts[7:8])[0], atol=1e-5)


@pytest.mark.model
def test_onnx_gives_what_torch_gives(onnx, torch):
    texts = [NARRATIVE, "执法人员未履行职责的", "a", NARRATIVE * 6]
    for ours, theirs in (
        (onnx.encode_queries(texts), torch.encode_queries(texts)),
        (onnx.encode_documents(texts), torch.encode_documents(texts)),
        (onnx.encode_windows(NARRATIVE * 6, windows(NARRATIVE * 6)), torch.encode_windows(NARRATIVE * 6, windows(NARRATIVE * 6))),
    ):
        assert np.sum(ours * theirs, axis=1).min() > 0.9999


@pytest.mark.model
def test_one_window_over_a_short_text_is_nearly_its_query(onnx):
    (window,) = onnx.encode_windows(NARRATIVE, [Span(0, len(NARRATIVE))])
    assert window @ onnx.encode_queries([NARRATIVE])[0] > 0.98  # without the prompt's and the special tokens


@pytest.mark.model
def test_windows_without_a_token_are_zero_and_others_are_not(onnx):
    text = "检查了。 \u3000\r\n 没有整改。"
    rows = onnx.encode_windows(text, [Span(4, 9), Span(0, 4), Span(10, 14), Span(2, 2)])
    assert np.linalg.norm(rows, axis=1).round(3).tolist() == [0, 1, 1, 0]
    assert not onnx.encode_windows(" \n", [Span(0, 2)]).any()


@pytest.mark.model
@pytest.mark.parametrize(
    "before",
    ["ＣＯＤ", "🙂🙂", "\U00020000\U0002f800", "企业\r\n", "a   \u3000 ", "①㎡…", "e\u0301é", "㍿ﬁ", "\u200b\ufeff", "～~"],
)
def test_offsets_point_into_the_original(onnx, before):
    text = f"query: {before}偷排"
    found = [(start, end) for start, end in onnx._tokenizer.encode(text).offsets if end > len(text) - 2]
    assert "".join(text[start:end] for start, end in found) == "偷排"


@pytest.mark.model
def test_meaning_is_ranked(onnx):
    clauses = ["行政相对人隐瞒、伪造证据，致使作出错误执法决定的", "因不可抗力未能依法履行职责的", "容错申请应当在五日内提出"]
    query = onnx.encode_queries(["企业把台账藏起来，还造了一份假的检测报告给我们看"])[0]
    scores = onnx.encode_documents(clauses) @ query
    assert int(np.argmax(scores)) == 0


@pytest.mark.model
def test_default_encoder_starts_without_torch():
    code = (
        "import sys; from models.encoder import load_encoder; load_encoder().encode_queries(['检查']);"
        "sys.exit(bool({'torch', 'transformers', 'sentence_transformers', 'jieba'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
