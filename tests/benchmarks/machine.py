"""The machine that figures were measured on: its processor, its packages, and the peak that it reaches with matrices alone."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import numpy as np

from ui.doctor_encoder import instructions

PACKAGES = (
    "rongcuo", "numpy", "scipy", "onnxruntime", "tokenizers", "faiss-cpu", "torch", "sentence-transformers", "scikit-learn",
    "bm25s", "jieba", "pymilvus", "milvus-lite", "openvino",
)  # fmt: skip
_SIDE = 1536


def machine() -> dict[str, object]:
    """Return processor, cores, memory, system, versions and how busy the machine was."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "processor": _line("/proc/cpuinfo", "model name") or platform.processor(),
        "instructions": list(instructions()),
        "cores": os.cpu_count(),
        "memory_gb": round(int(_line("/proc/meminfo", "MemTotal").split()[0] or 0) / 2**20, 1),
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "load": [round(value, 1) for value in os.getloadavg()],
        "versions": versions,
    }


def _line(path: str, name: str) -> str:
    try:
        lines = Path(path).read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return "0"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "0")


def seconds(run: Callable[[], object], *, rounds: int = 5) -> float:
    """Return the least of several times: the one that other programs disturbed least."""
    run()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def milliseconds(run: Callable[[], object], *, rounds: int) -> float:
    """Return the median time in milliseconds, the first two runs left out."""
    times = []
    for _ in range(rounds + 2):
        start = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[2:])


def peak(*, side: int = _SIDE) -> dict[str, float]:
    """Return 10^9 multiply-adds per second in fp32 (numpy) and in 8 bits (onnxruntime's MatMulInteger), two threads."""
    draw = np.random.default_rng(0)
    a, b = (draw.standard_normal((side, side)).astype(np.float32) for _ in range(2))
    products = side**3 / 1e9
    session, feed = _integer_product(side)
    return {
        "fp32_gmacs": round(products / seconds(lambda: a @ b), 1),
        "int8_gmacs": round(products / seconds(lambda: session.run(None, feed)), 1),
    }


def _integer_product(side: int) -> tuple[object, dict[str, np.ndarray]]:
    import onnxruntime
    from onnx import TensorProto, helper

    draw = np.random.default_rng(0)
    fixed = draw.integers(-127, 128, (side, side), dtype=np.int8)
    weights = helper.make_tensor("b", TensorProto.INT8, fixed.shape, fixed.tobytes(), raw=True)
    given = helper.make_tensor_value_info("a", TensorProto.UINT8, ["n", side])
    made = helper.make_tensor_value_info("c", TensorProto.INT32, ["n", side])
    graph = helper.make_graph([helper.make_node("MatMulInteger", ["a", "b"], ["c"])], "product", [given], [made], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session, {"a": draw.integers(0, 256, (side, side), dtype=np.uint8)}
