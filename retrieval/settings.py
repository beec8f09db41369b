"""The settings of matching in one table; each can be set by an environment variable ``RONGCUO_<NAME>``. README lists all."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Self

from platformdirs import user_cache_path
from pydantic import Field, FiniteFloat, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from data.errors import InputError
from models.layout import DEFAULT_NAME
from retrieval.combination import COMBINATION

__all__ = ["Settings", "get_settings"]

_PREFIX = "RONGCUO_"
_CHOICES = {"window_encoding": " late 或 separate", "backend": " faiss 或 milvus"}
# Only these change what an index holds; the others may differ between a build and a query.
_INDEX_FIELDS = ("bm25_k1", "bm25_b", "tfidf_min_n", "tfidf_max_n", "document_lead", "document_title", "background")


class Settings(BaseSettings):
    """Settings of matching; defaults are what the shipped evaluation was run with."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True)

    encoder: str = Field(DEFAULT_NAME, description="内置编码器名，或任一 sentence-transformers 模型的本地路径或名称")
    threads: int = Field(2, ge=1, le=256, description="编码时使用的线程数")
    cache_dir: Path = Field(default_factory=lambda: user_cache_path("rongcuo"), description="索引缓存所在目录")
    top_k: int = Field(10, ge=1, le=1000, description="默认返回的条款数")

    bm25_k1: FiniteFloat = Field(1.2, ge=0, description="BM25 词频饱和系数")
    bm25_b: FiniteFloat = Field(0.75, ge=0, le=1, description="BM25 长度归一系数")
    tfidf_min_n: int = Field(1, ge=1, description="TF-IDF 字符片段最短长度")
    tfidf_max_n: int = Field(3, ge=1, description="TF-IDF 字符片段最长长度")
    document_lead: bool = Field(False, description="编入索引的条款文本是否带上引导句")
    document_title: bool = Field(False, description="编入索引的条款文本是否带上标题，法条汇编宜带")

    background: int = Field(64, ge=0, le=10_000, description="用来估计“任何叙述都有的得分”的训练叙述条数，0 为不用")
    window_sentences: int = Field(2, ge=1, description="叙述窗口包含的句数")
    window_chars: int = Field(160, ge=20, description="叙述窗口最多字数")
    window_encoding: str = Field(
        "late", pattern="^(late|separate)$", description="窗口向量：late 一次编码后池化，separate 逐窗编码"
    )
    weight_dense: FiniteFloat = Field(1.0, ge=0, description="融合时稠密检索的权重")
    weight_bm25: FiniteFloat = Field(0.25, ge=0, description="融合时 BM25 的权重")
    weight_tfidf: FiniteFloat = Field(0.5, ge=0, description="融合时 TF-IDF 的权重")
    weight_attention: FiniteFloat = Field(2.0, ge=0, description="未校准的编码器，融合时条款注意力的权重")
    combination: Path = Field(COMBINATION, description="各路得分的组合与校准文件，只对拟合它的编码器生效")
    backend: str = Field("faiss", pattern="^(faiss|milvus)$", description="新建的索引放在哪里：faiss 本机文件，milvus 向量库")
    milvus_uri: str = Field("", description="Milvus 的地址（协议、主机和端口），或一个以 .db 结尾的文件")
    depth: int = Field(150, ge=10, description="大语料中每路最多取回的条款数")

    abstain_deviations: FiniteFloat = Field(
        2.0, ge=0, description="叙述比训练叙述的平均水平不像多少个标准差就不给建议，短文放宽一倍；0 为总是给"
    )
    min_chars: int = Field(8, ge=1, description="少于这么多汉字的叙述不给建议")
    max_chars: int = Field(20_000, ge=100, description="一段叙述最多字数")

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.tfidf_min_n > self.tfidf_max_n:
            raise ValueError(
                f"RONGCUO_TFIDF_MIN_N（{self.tfidf_min_n}）不能大于 RONGCUO_TFIDF_MAX_N（{self.tfidf_max_n}），请改正。"
            )
        if self.weight_dense + self.weight_bm25 + self.weight_tfidf <= 0:
            raise ValueError(
                "RONGCUO_WEIGHT_DENSE、RONGCUO_WEIGHT_BM25、RONGCUO_WEIGHT_TFIDF 不能都是 0，请至少给其中一个大于 0 的权重。"
            )
        return self

    def index_digest(self) -> str:
        """Return the hex digest of the settings that shape an index."""
        values = {name: getattr(self, name) for name in _INDEX_FIELDS}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


@cache
def get_settings() -> Settings:
    """Return the settings of this process, read once from the environment.

    Raises InputError naming the variable and what it may be where one cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise InputError(_sentence(error.errors()[0])) from error


def _sentence(problem: ErrorDetails) -> str:
    if not problem["loc"]:  # of several variables together, said by the validator
        return f"环境变量 {problem['ctx']['error']}"
    name = str(problem["loc"][0]).lower().removeprefix(_PREFIX.lower())
    return f"环境变量 {_PREFIX}{name.upper()} 不能是「{problem['input']}」，应为{_allowed(name)}，请改正或取消设置。"


def _allowed(name: str) -> str:
    """Say what the setting may be, from its field."""
    if name in _CHOICES:
        return _CHOICES[name]
    field = Settings.model_fields[name]
    if field.annotation is bool:
        return " true 或 false"
    kind = "路径" if field.annotation is Path else "整数" if field.annotation is int else "数字"
    least = next((rule.ge for rule in field.metadata if hasattr(rule, "ge")), None)
    most = next((rule.le for rule in field.metadata if hasattr(rule, "le")), None)
    if most is not None:
        return f" {least} 到 {most} 之间的{kind}"
    return kind if least is None else f"不小于 {least} 的{kind}"
