"""Keeps the database in shape while it is in use: checkpoints often, old rows out once a day."""

from __future__ import annotations

import asyncio

import structlog

from arbot_tui.domain.errors import StorageError
from arbot_tui.storage.config import StorageConfig
from arbot_tui.storage.database import Database

__all__ = ["keep_in_shape"]

_log = structlog.get_logger()

_CHECKPOINT_S = 30.0
_CLEANUP_S = 86_400.0


async def keep_in_shape(
    database: Database,
    config: StorageConfig,
    *,
    checkpoint_s: float = _CHECKPOINT_S,
    cleanup_s: float = _CLEANUP_S,
) -> None:
    """Look after `database` until cancelled; a failure is logged and tried again later."""
    loop = asyncio.get_running_loop()
    cleanup_due = loop.time() + checkpoint_s
    while True:
        await asyncio.sleep(checkpoint_s)
        try:
            await database.checkpoint()
            if loop.time() >= cleanup_due:
                cleanup_due = loop.time() + cleanup_s
                deleted = await database.cleanup_old_data(
                    config.max_ticker_days, config.max_history_days
                )
                if deleted:
                    _log.info("storage_cleaned", rows=deleted)
        except StorageError as e:
            _log.error("storage_upkeep_failed", cause=str(e))
