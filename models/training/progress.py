"""Training that can be stopped and taken up again: optimiser, schedule, checkpoints after each epoch."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from data.errors import ModelError
from models.training.tower import Tower

__all__ = ["Recipe", "say", "set_up", "train"]

_WARM_UP = 0.1  # share of the steps over which the rate rises; then it falls linearly
_LEAST = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How long and how fast to train; `rate` is for the layers, `head_rate` for what stands above them."""

    epochs: int
    rate: float
    batch: int
    head_rate: float = 1e-3
    decay: float = 0.01
    seed: int = 0


def set_up(*, threads: int, seed: int) -> None:
    """Seed everything and make sure that memory is kept between steps.

    Without these two settings of the C library the allocator gives every large array back to the system, and a step takes several
    times as long; they are read when a process starts, so the process starts itself anew where they are missing.
    """
    wanted = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**34)}
    if sys.platform == "linux" and any(os.environ.get(name) != value for name, value in wanted.items()):
        os.environ.update(wanted)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    random.seed(seed)


def train(
    tower: Tower,
    recipe: Recipe,
    batches: Callable[[random.Random], Sequence[Sequence[int]]],
    loss: Callable[[Sequence[int]], Tensor],
    *,
    state: Path,
    after: Callable[[int], None] = lambda epoch: None,
) -> None:
    """Run the epochs; `batches` gives those of an epoch, `loss` the loss of one, `after` is told each finished epoch.

    After each epoch everything is written to `state`; a run that finds it goes on from there, and gives what an uninterrupted one
    would have given. Raises ModelError where `state` belongs to another recipe.
    """
    groups = [
        {"params": tower.layers(), "lr": recipe.rate, "weight_decay": recipe.decay},
        {"params": tower.head(), "lr": recipe.head_rate, "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups)
    first = _resume(tower, optimiser, recipe, state)
    for epoch in range(first, recipe.epochs):
        chosen = batches(random.Random(f"{recipe.seed}-{epoch}"))
        began, total = time.monotonic(), 0.0
        for step, batch in enumerate(chosen):
            _set_rates(optimiser, recipe, (epoch + step / len(chosen)) / recipe.epochs)
            value = loss(batch)
            optimiser.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(tower.layers(), 1.0)
            optimiser.step()
            total += value.item()
            say(f"\r第 {epoch + 1} 轮 {step + 1}/{len(chosen)}，损失 {total / (step + 1):.4f}", end="")
        say(f"，{time.monotonic() - began:.0f} 秒")
        _keep(tower, optimiser, recipe, state, epoch + 1)
        after(epoch + 1)


def say(text: str, end: str = "\n") -> None:
    """Write progress for people to standard error."""
    sys.stderr.write(text + end)
    sys.stderr.flush()


def _set_rates(optimiser: torch.optim.Optimizer, recipe: Recipe, done: float) -> None:
    share = min(1.0, (done + 1e-3) / _WARM_UP) * max(_LEAST, 1 - done)
    for group, rate in zip(optimiser.param_groups, (recipe.rate, recipe.head_rate), strict=True):
        group["lr"] = rate * share


def _trained(tower: Tower) -> Iterator[tuple[str, Tensor]]:
    return ((name, value) for name, value in tower.named_parameters() if value.requires_grad)


def _keep(tower: Tower, optimiser: torch.optim.Optimizer, recipe: Recipe, state: Path, epoch: int) -> None:
    saved: dict[str, Any] = {
        "recipe": repr(recipe), "epoch": epoch, "weights": dict(_trained(tower)), "optimiser": optimiser.state_dict(),
    }  # fmt: skip
    scratch = state.with_name(state.name + ".part")
    torch.save(saved, scratch)
    os.replace(scratch, state)


def _resume(tower: Tower, optimiser: torch.optim.Optimizer, recipe: Recipe, state: Path) -> int:
    """Load what `_keep` wrote, if anything, and return the number of finished epochs."""
    if not state.exists():
        return 0
    saved = torch.load(state, weights_only=True)
    if saved["recipe"] != repr(recipe):
        raise ModelError(f"{state} 是另一组训练设置留下的进度，请换一个 --out，或删除它再开始。")
    with torch.no_grad():
        for name, value in _trained(tower):
            value.copy_(saved["weights"][name])
    optimiser.load_state_dict(saved["optimiser"])
    say(f"接着第 {saved['epoch']} 轮之后继续")
    return int(saved["epoch"])
