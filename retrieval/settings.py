"""All settings in one table; each can be set by an environment variable ``RONGCUO_<NAME>``."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings", "get_settings"]

# Only these change what an index holds; the others may differ between a build and a query.
_INDEX_FIELDS = ("bm25_k1", "bm25_b", "tfidf_min_n", "tfidf_max_n", "document_lead", "background")


class Settings(BaseSettings):
    """Settings of matching; defaults are what the shipped evaluation was run with."""

    model_config = SettingsConfigDict(env_prefix="RONGCUO_", frozen=True)

    encoder: str = Field("e5-small-zh", description="内置编码器名，或任一 sentence-transformers 模型的本地路径或名称")
    threads: int = Field(2, ge=1, le=256, description="编码时使用的线程数")
    cache_dir: Path = Field(default_factory=lambda: user_cache_path("rongcuo"), description="索引与分词缓存所在目录")
    top_k: int = Field(10, ge=1, le=1000, description="默认返回的条款数")

    bm25_k1: float = Field(1.2, ge=0, description="BM25 词频饱和系数")
    bm25_b: float = Field(0.75, ge=0, le=1, description="BM25 长度归一系数")
    tfidf_min_n: int = Field(1, ge=1, description="TF-IDF 字符片段最短长度")
    tfidf_max_n: int = Field(3, ge=1, description="TF-IDF 字符片段最长长度")
    document_lead: bool = Field(False, description="编入索引的条款文本是否带上引导句")

    background: int = Field(64, ge=0, le=10_000, description="用来估计“任何叙述都有的得分”的训练叙述条数，0 为不用")
    window_sentences: int = Field(2, ge=1, description="叙述窗口包含的句数")
    window_chars: int = Field(160, ge=20, description="叙述窗口最多字数")
    window_encoding: str = Field(
        "late", pattern="^(late|separate)$", description="窗口向量：late 一次编码后池化，separate 逐窗编码"
    )
    weight_dense: float = Field(1.0, ge=0, description="融合时稠密检索的权重")
    weight_bm25: float = Field(0.25, ge=0, description="融合时 BM25 的权重")
    weight_tfidf: float = Field(0.5, ge=0, description="融合时 TF-IDF 的权重")
    depth: int = Field(1000, ge=10, description="大语料中每路最多取回的条款数")

    min_chars: int = Field(8, ge=1, description="少于这么多汉字的叙述不给建议")
    max_chars: int = Field(20_000, ge=100, description="一段叙述最多字数")

    def index_digest(self) -> str:
        """Return the hex digest of the settings that shape an index."""
        values = {name: getattr(self, name) for name in _INDEX_FIELDS}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


@cache
def get_settings() -> Settings:
    """Return the settings of this process, read once from the environment."""
    return Settings()
