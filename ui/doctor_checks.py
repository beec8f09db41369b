"""All checks of `rongcuo doctor`, in the order in which they are told."""

from __future__ import annotations

from ui.doctor import Check
from ui.doctor_encoder import check_encoder
from ui.doctor_files import check_database, check_index, check_regulations, check_weights
from ui.doctor_machine import check_clock, check_folders, check_memory, check_packages, check_port, check_python

__all__ = ["CHECKS"]

CHECKS: tuple[tuple[str, Check], ...] = (
    ("Python", check_python),
    ("软件包", check_packages),
    ("内存", check_memory),
    ("时钟", check_clock),
    ("目录", check_folders),
    ("内置规定", check_regulations),
    ("编码模型", check_weights),
    ("编码自检", check_encoder),
    ("索引", check_index),
    ("数据库", check_database),
    ("端口", check_port),
)
