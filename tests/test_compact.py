import numpy as np
import pytest

from models.attention import ClauseAttention
from models.compact import compact, main
from models.encoder import load_encoder
from models.layout import BASE_NAME, DEFAULT_NAME, WEIGHTS, file_digests, read_manifest

TEXTS = ["老板把探头插进了矿泉水瓶里，台账是前一晚补的。", "查", "行政相对人隐瞒、伪造证据，致使作出错误执法决定的；" * 9]


@pytest.mark.model
@pytest.mark.slow
def test_eight_bits_give_nearly_the_same_vectors_in_a_quarter_of_the_size(tmp_path):
    manifest = compact(WEIGHTS / BASE_NAME, tmp_path / "small")
    assert (manifest.name, manifest.precision) == ("small", "int8")
    full, small = load_encoder(BASE_NAME), load_encoder(str(tmp_path / "small"))
    assert small.name == "small (onnxruntime int8)" and small.digest != full.digest
    assert np.sum(full.encode_queries(TEXTS) * small.encode_queries(TEXTS), axis=1).min() > 0.97
    assert (tmp_path / "small" / "model.onnx").stat().st_size < 0.3 * (WEIGHTS / BASE_NAME / "model.onnx").stat().st_size
    assert small.attention is None


def test_no_model_folder_is_one_sentence(tmp_path, capsys):
    assert main([str(tmp_path / "none"), str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith(f"错误：没有找到编码模型 {tmp_path / 'none'}，请检查路径")


def test_the_shipped_model_is_whole_small_and_has_attention():
    folder = WEIGHTS / DEFAULT_NAME
    manifest = read_manifest(folder)
    assert dict(manifest.files) == file_digests(folder)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 40e6
    assert isinstance(ClauseAttention.load(folder), ClauseAttention)


def test_company_does_not_change_the_vector_of_a_text():
    encoder = load_encoder()
    together = encoder.encode_documents(TEXTS)
    alone = np.concatenate([encoder.encode_documents([text]) for text in TEXTS])
    assert np.allclose(together, alone, atol=1e-6)
