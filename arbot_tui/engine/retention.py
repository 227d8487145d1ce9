"""Which accounts of synthetic worlds are kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import structlog

from arbot_tui.domain.errors import AccountLocked
from arbot_tui.trading.account import AccountLocks

__all__ = ["WORLDS_KEPT", "forget_old_worlds"]

_log = structlog.get_logger("engine")

WORLDS_KEPT = 10
"""How many accounts of other worlds stay, of each kind."""


def forget_old_worlds(account_dir: Path) -> None:
    """Keep the newest accounts of ended worlds only: a world never comes back.

    Args:
        account_dir: The account in use, ``sim-<world_id>`` or ``paper-<world_id>``; those of its
            kind are looked at. One that another engine holds stays.
    """
    kind = account_dir.name.partition("-")[0]
    others = sorted(
        (p for p in account_dir.parent.glob(f"{kind}-*") if p != account_dir and p.is_dir()),
        key=lambda path: path.stat().st_mtime_ns,
    )
    for old in others[: max(0, len(others) - WORLDS_KEPT)]:
        try:
            with AccountLocks(old, []):
                shutil.rmtree(old)
        except (OSError, AccountLocked) as e:
            _log.warning("old_world_kept", account=old.name, message=str(e))
