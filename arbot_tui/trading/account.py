"""One account, one engine: its folder, its locks, and its state as the journal tells it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from arbot_tui.domain.errors import AccountLocked, StorageError
from arbot_tui.domain.order_ids import ALPHABET, INSTANCE_CHARS, id_parts, is_ours
from arbot_tui.trading.core.state import CoreState
from arbot_tui.trading.core.step import replay
from arbot_tui.trading.journal import Journal

__all__ = [
    "JOURNAL",
    "WAY_OUT",
    "AccountLocks",
    "lost_journal",
    "make_private_dir",
    "recover",
    "unknown_orders",
]

JOURNAL = "journal.sqlite"
_DATABASE = "arbot.sqlite"
WAY_OUT = (
    "orders may be open that nobody knows of; restore it, or look at every venue"
    " and move the account's folder away"
)
"""What to do about a journal that is lost."""


def make_private_dir(path: Path) -> None:
    """Make a folder and its parents for the owner alone.

    Raises:
        StorageError: It cannot be made, or something else is in its place.
    """
    try:
        missing = [folder for folder in (path, *path.parents) if not folder.is_dir()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)
        path.chmod(0o700)
    except OSError as e:
        raise StorageError(f"folder {path}: {e.strerror or e}") from e


class AccountLocks:
    """Locks on an account's folder and on each (venue, key), held until closed.

    The kernel drops them with the process, however it ends.
    """

    def __init__(self, account_dir: Path, keys: Iterable[tuple[str, str]]) -> None:
        """Name what is to be locked.

        Args:
            account_dir: The account's folder; exists.
            keys: (venue, API key id) of each venue that is traded.
        """
        locks_dir = account_dir.parent.parent / "locks"
        self._locks_dir = locks_dir
        # The key id itself stays out of file names.
        hashed = [(v, hashlib.sha256(f"{v} {key}".encode()).hexdigest()[:24]) for v, key in keys]
        self._wanted = [(account_dir / "lock", f"account {account_dir.name}")]
        self._wanted += [(locks_dir / f"{v}-{h}.lock", f"the key of {v}") for v, h in hashed]
        self._held: list[int] = []

    def __enter__(self) -> AccountLocks:
        """Take all locks, or none.

        Raises:
            AccountLocked: Another engine holds one of them.
            StorageError: A lock file cannot be made.
        """
        make_private_dir(self._locks_dir)
        try:
            for path, what in self._wanted:
                self._take(path, what)
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release all locks."""
        self._release()

    def _take(self, path: Path, what: str) -> None:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            self._held.append(handle)
            os.fchmod(handle, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError:
            owner = os.pread(handle, 32, 0).decode(errors="replace").strip()
            raise AccountLocked(f"{what} is used by another engine (process {owner})") from None
        except OSError as e:
            raise StorageError(f"lock {path}: {e.strerror or e}") from e

    def _release(self) -> None:
        while self._held:
            os.close(self._held.pop())


def lost_journal(account_dir: Path) -> str:
    """Return how the account lost its journal, one sentence; empty where it did not.

    The journal is made before anything else is. What lies beside none was written by a run
    whose orders nobody knows of any more: to begin anew would forget them.
    """
    path = account_dir / JOURNAL
    if _size(path) > 0:
        return ""
    beside = [name for name in (_DATABASE, f"{JOURNAL}-wal") if _size(account_dir / name) > 0]
    if not beside:
        return ""
    state = "empty" if path.exists() else "missing"
    return f"journal {path} is {state}, {beside[0]} beside it is not: {WAY_OUT}"


def unknown_orders(orders: Iterable[str], instance: str, last_pair: int) -> list[str]:
    """Return those client ids of orders at a venue that the journal should know and does not.

    Args:
        orders: Client ids of orders that have left.
        instance: Name of the journal.
        last_pair: Number of the last pair in it.
    """

    def known(client_id: str) -> bool:
        parts = id_parts(client_id)
        return is_ours(client_id, instance) and parts is not None and parts[0] <= last_pair

    return [client_id for client_id in orders if not known(client_id)]


def recover(account_dir: Path) -> tuple[Journal, CoreState]:
    """Open the account's journal and replay it; the same for a first start and after a crash.

    Raises:
        StorageError: The journal cannot be opened, is not to be trusted or is lost.
    """
    if lost := lost_journal(account_dir):
        raise StorageError(lost)
    path = account_dir / JOURNAL
    instance = "".join(secrets.choice(ALPHABET) for _ in range(INSTANCE_CHARS))
    journal = Journal.open(path, instance, begun=_size(account_dir / _DATABASE) > 0)
    state = CoreState()
    try:
        replay(state, journal.records())
        if state.instance not in ("", journal.instance):
            raise ValueError(f"made for orders of {state.instance}, not {journal.instance}")
    except ValueError as e:
        journal.close()
        raise StorageError(f"journal {path}: {e}") from e
    except StorageError:
        journal.close()
        raise
    journal.start()
    return journal, state


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
