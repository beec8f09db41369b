"""Whether this processor computes what the encoder was measured with.

An 8-bit product is summed in 16 bits on processors without VNNI; where weights use the full 8 bits, sums can overflow without any
error. So a few sentences are encoded here and compared with what the same network gave in full precision, which
`ui.doctor_reference` stored.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.errors import FileError
from models.encoder import load_encoder
from models.protocols import Encoder, Vectors
from retrieval.settings import get_settings
from ui.doctor import BAD, GOOD, NOTE, Finding, Place

__all__ = ["REFERENCE", "SENTENCES", "Comparison", "Reference", "check_encoder", "compare", "instructions", "read_reference"]

REFERENCE = Path(__file__).with_name("assets") / "doctor_reference.json"
SENTENCES = (
    "按照年度监督检查计划和“双随机”抽查要求，已履行监督检查职责的；",
    "老板把采样探头插进矿泉水瓶里，台账是前一晚补的，我们没有看出来。",
    "谋取私利、明令禁止仍我行我素的，不予容错。",
    "山洪冲毁了监测站，设备泡了水，数据断了三天，当天就报告了局里。",
    "在解决历史遗留问题中出现失误，主动挽回损失、消除影响的；",
    "今天食堂的红烧肉很好吃。",
)
_SLACK = 0.02  # rounding differs between processors; an overflow is far larger
_KNOWN = {"avx2": "AVX2", "avx512f": "AVX512", "avx512_vnni": "AVX512-VNNI", "avx_vnni": "AVX-VNNI", "amx_int8": "AMX",
          "asimddp": "SDOT", "i8mm": "I8MM"}  # fmt: skip
_SAFE = {"AVX512-VNNI", "AVX-VNNI", "AMX", "SDOT", "I8MM"}  # sum 8-bit products in 32 bits


@dataclass(frozen=True, slots=True)
class Reference:
    """What the encoder of `digest` gave in full precision for SENTENCES, (sentences, dim), and how near the shipped one came.

    `nearest` is the least cosine of a sentence's two vectors, `between` the largest difference of a cosine between two sentences,
    as measured on the machine where the weights were made.
    """

    digest: str
    vectors: Vectors
    nearest: float
    between: float

    def to_json(self) -> str:
        """Return what `read_reference` reads."""
        packed = base64.b64encode(self.vectors.astype(np.float16).tobytes()).decode("ascii")
        value = {"digest": self.digest, "nearest": self.nearest, "between": self.between, "vectors": packed}
        return json.dumps(value, indent=1) + "\n"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How near vectors came to those of full precision; see Reference."""

    nearest: float
    between: float

    @classmethod
    def of(cls, vectors: Vectors, exact: Vectors) -> Comparison:
        """Compare unit rows (n, dim) with those of the reference."""
        own = (vectors * exact).sum(axis=1) / np.linalg.norm(exact, axis=1)
        units = exact / np.linalg.norm(exact, axis=1, keepdims=True)
        return cls(float(own.min()), float(np.abs(vectors @ vectors.T - units @ units.T).max()))


def read_reference(path: Path = REFERENCE) -> Reference:
    """Read what `python -m ui.doctor_reference` wrote. Raises FileError where it is missing or broken."""
    try:
        value = json.loads(path.read_text("utf-8"))
        vectors = np.frombuffer(base64.b64decode(value["vectors"]), np.float16).reshape(len(SENTENCES), -1).astype(np.float32)
        return Reference(value["digest"], vectors, float(value["nearest"]), float(value["between"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"自检的参考值 {path} 缺失或已损坏，请重新安装程序。") from error


def compare(encoder: Encoder, reference: Reference) -> Comparison:
    """Encode SENTENCES and compare them with the reference."""
    return Comparison.of(encoder.encode_documents(SENTENCES), reference.vectors)


def instructions(path: Path = Path("/proc/cpuinfo")) -> tuple[str, ...]:
    """Return which instructions for 8-bit products the processor has, as people call them; () where the system does not say."""
    try:
        lines = path.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    flags = next((set(line.partition(":")[2].split()) for line in lines if line.startswith(("flags", "Features"))), set())
    return tuple(name for flag, name in _KNOWN.items() if flag in flags)


def check_encoder(place: Place) -> Iterator[Finding]:
    """Encode known sentences; tell how long it took, what the processor offers and whether the result is right."""
    settings = get_settings()
    start = time.perf_counter()
    encoder = load_encoder(settings.encoder, threads=settings.threads)
    loaded = time.perf_counter()
    reference = read_reference()
    if reference.digest != encoder.digest:
        encoder.encode_documents(SENTENCES)
        yield Finding("编码自检", NOTE, f"能够运行，但没有 {encoder.name} 的参考值，无法核对结果。", "使用内置编码器时可以核对。")
        return
    found = compare(encoder, reference)
    speed = (time.perf_counter() - loaded) / len(SENTENCES) * 1000
    has = instructions()
    processor = "、".join(has) if has else "未知"
    text = (
        f"处理器指令：{processor}；与全精度的相似度最低 {found.nearest:.3f}（建立时 {reference.nearest:.3f}），"
        f"句间相差最多 {found.between:.3f}；载入 {loaded - start:.1f} 秒，每句 {speed:.0f} 毫秒。"
    )
    if found.nearest < reference.nearest - _SLACK or found.between > reference.between + _SLACK:
        remedy = "这台机器的 8 位运算结果不对，请换一台处理器支持 VNNI 的机器，或用 RONGCUO_ENCODER 指定全精度的编码器。"
        yield Finding("编码自检", BAD, text, remedy)
    elif has and not _SAFE & set(has):
        yield Finding("编码自检", GOOD, text + "处理器没有 VNNI，会慢一些，结果已核对。")
    else:
        yield Finding("编码自检", GOOD, text)
