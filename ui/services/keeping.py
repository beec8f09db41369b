"""How long what people handed in is kept: unused uploads a day, batches as long as the administrator says.

A batch that has ended loses its rows, narratives and results alike, RONGCUO_KEEP_BATCHES_DAYS later; its owner is told the day
from the start. Without the setting nothing is deleted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from data.errors import InputError
from ui.services import uploads
from ui.services.desk import Desk

__all__ = ["delete_old", "kept_for"]


class _KeepSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="RONGCUO_", frozen=True)

    keep_batches_days: int | None = Field(None, ge=1, le=36_500, description="批量任务结束多少天后删除其叙述和结果")


def kept_for() -> timedelta | None:
    """Return how long the rows of a batch are kept after its end (RONGCUO_KEEP_BATCHES_DAYS), None for always.

    Raises InputError: the setting is no number of days from 1 to 36500.
    """
    try:
        days = _KeepSettings().keep_batches_days
    except ValidationError as error:
        raise InputError("环境变量 RONGCUO_KEEP_BATCHES_DAYS 应是 1 到 36500 的天数，请改正后重新启动。") from error
    return None if days is None else timedelta(days=days)


def delete_old(desk: Desk, actor: str, kind: str) -> None:
    """Delete uploads that nobody used, and the rows of jobs of this kind whose time is over; the trail says `actor` did.

    Raises InputError as `kept_for`, OSError, StoreUnavailable.
    """
    uploads.tidy(desk)
    time = kept_for()
    if time is None:
        return
    with desk.store.read() as work:
        ended = work.jobs.listing(states=("done", "failed", "cancelled"), ended_before=datetime.now(UTC) - time, limit=None)
    for job in ended:
        if job.kind == kind and not job.cleared:
            with desk.store.begin(actor) as work:
                work.jobs.clear(job.id)
