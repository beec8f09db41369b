import pytest
from pydantic import ValidationError

from data.errors import InputError
from retrieval.settings import Settings, get_settings


@pytest.fixture(autouse=True)
def fresh():
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("RONGCUO_TOP_K", "abc", "应为 1 到 1000 之间的整数"),
        ("RONGCUO_TOP_K", "0", "应为 1 到 1000 之间的整数"),
        ("RONGCUO_TOP_K", "", "应为 1 到 1000 之间的整数"),
        ("RONGCUO_DEPTH", "5", "应为不小于 10 的整数"),
        ("RONGCUO_BM25_B", "1.5", "应为 0 到 1 之间的数字"),
        ("RONGCUO_BM25_K1", "inf", "应为不小于 0 的数字"),
        ("RONGCUO_WEIGHT_DENSE", "nan", "应为不小于 0 的数字"),
        ("RONGCUO_DOCUMENT_LEAD", "也许", "应为 true 或 false"),
        ("RONGCUO_WINDOW_ENCODING", "early", "应为 late 或 separate"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named_with_what_is_allowed(monkeypatch, name, value, allowed):
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError) as told:
        get_settings()
    assert str(told.value) == f"环境变量 {name} 不能是「{value}」，{allowed}，请改正或取消设置。"


def test_settings_that_do_not_fit_together_are_refused(monkeypatch):
    monkeypatch.setenv("RONGCUO_TFIDF_MIN_N", "5")
    with pytest.raises(InputError, match="RONGCUO_TFIDF_MIN_N（5）不能大于 RONGCUO_TFIDF_MAX_N（3）"):
        get_settings()
    with pytest.raises(ValidationError, match="不能都是 0"):
        Settings(tfidf_min_n=1, weight_dense=0, weight_bm25=0, weight_tfidf=0)


def test_weights_that_are_all_zero_are_refused(monkeypatch):
    for part in ("DENSE", "BM25", "TFIDF"):
        monkeypatch.setenv(f"RONGCUO_WEIGHT_{part}", "0")
    with pytest.raises(InputError, match="^环境变量 RONGCUO_WEIGHT_DENSE、.*不能都是 0"):
        get_settings()
    monkeypatch.setenv("RONGCUO_WEIGHT_BM25", "1")
    assert get_settings().weight_bm25 == 1


def test_every_setting_can_be_explained(monkeypatch):
    for name, field in Settings.model_fields.items():
        if field.annotation in (int, float, bool):
            with monkeypatch.context() as patch:
                patch.setenv(f"RONGCUO_{name.upper()}", "不是数")
                get_settings.cache_clear()
                with pytest.raises(InputError, match=f"RONGCUO_{name.upper()} 不能是"):
                    get_settings()


def test_what_does_not_shape_an_index_leaves_its_digest():
    plain = Settings()
    assert Settings(top_k=3).index_digest() == plain.index_digest() != Settings(bm25_k1=2.0).index_digest()
