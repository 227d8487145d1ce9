"""The operating system's keyring.

A keyring may have no D-Bus, wait for ever for somebody to unlock it, or be a plain-text file in
disguise: it is asked on a thread of its own, for a limited time, with stderr silenced, and only
where its backend is known to keep secrets.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar

from arbot_tui.credentials.venue_key import Unavailable
from arbot_tui.domain.text import sanitise

__all__ = [
    "KEYRING_LIMIT_S",
    "KEYRING_SERVICE",
    "keyring_name",
    "read_entries",
    "remove_entry",
    "within_limit",
    "write_entry",
]

KEYRING_SERVICE = "arbot-tui"
"""Service name of our keyring entries; the user name is ``<venue>/<environment>``."""

KEYRING_LIMIT_S = 3.0
"""How long a keyring may take to answer."""

# Backends that encrypt. Everything else is refused: `fail`, `null` and every plain-text file.
_ALLOWED = frozenset(
    {
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
        "keyring_pass.PasswordStoreBackend",
    }
)
_CHAINER = "keyring.backends.chainer.ChainerBackend"

T = TypeVar("T")


class _Backend(Protocol):
    """What is used of a keyring backend."""

    def get_password(self, service: str, username: str, /) -> str | None: ...

    def set_password(self, service: str, username: str, password: str, /) -> None: ...

    def delete_password(self, service: str, username: str, /) -> None: ...


def within_limit(work: Callable[[], T], limit_s: float) -> T:
    """Do `work` on a thread that nobody has to wait for longer than `limit_s`.

    Raises:
        Unavailable: There is no keyring, it is locked, it failed, or it did not answer in time.
    """
    answer: list[T] = []
    failure: list[str] = []

    def run() -> None:
        try:
            answer.append(work())
        except Unavailable as e:
            failure.append(str(e))
        except Exception as e:  # noqa: BLE001 (backends raise what their platform raises)
            failure.append(f"the keyring failed ({type(e).__name__}: {sanitise(str(e), 80)})")

    thread = threading.Thread(target=run, name="keyring", daemon=True)
    with _silenced_stderr():
        thread.start()
        thread.join(limit_s)
    if answer:
        return answer[0]
    raise Unavailable(
        failure[0] if failure else f"the keyring did not answer in {limit_s:g} s (locked?)"
    )


def read_entries(users: Sequence[str]) -> dict[str, str]:
    """Return the password of each user name that has one.

    Raises:
        Unavailable: There is no keyring that encrypts, or it is locked.
    """
    with _unlocked() as backend:
        entries = {user: backend.get_password(KEYRING_SERVICE, user) for user in users}
    return {user: password for user, password in entries.items() if password}


def write_entry(user: str, password: str) -> None:
    """Keep `password`, in place of what was kept for that user name.

    Raises:
        Unavailable: There is no keyring that encrypts, or it is locked.
    """
    with _unlocked() as backend:
        backend.set_password(KEYRING_SERVICE, user, password)


def remove_entry(user: str) -> bool:
    """Forget a user name's password; returns whether there was one.

    Raises:
        Unavailable: There is no keyring that encrypts, or it is locked.
    """
    with _unlocked() as backend:
        if backend.get_password(KEYRING_SERVICE, user) is None:
            return False
        backend.delete_password(KEYRING_SERVICE, user)
    return True


def keyring_name() -> str:
    """Return the class of the keyring that would be used.

    Raises:
        Unavailable: There is none that encrypts.
    """
    return _class_name(_encrypting())


@contextmanager
def _unlocked() -> Iterator[_Backend]:
    import keyring.errors

    try:
        yield _encrypting()
    except keyring.errors.KeyringLocked:
        raise Unavailable("the keyring is locked") from None


def _encrypting() -> _Backend:
    # Imported here: it costs 130 ms, which --help and simulated worlds do not have to pay.
    import keyring

    backend: object = keyring.get_keyring()
    candidates = [backend]
    if _class_name(backend) == _CHAINER:
        candidates = list(getattr(backend, "backends", ()))
    for candidate in candidates:
        if _class_name(candidate) in _ALLOWED:
            found: _Backend = candidate  # type: ignore[assignment] # known by its class's name
            return found
    raise Unavailable(f"no keyring that encrypts ({_class_name(backend)})")


def _class_name(backend: object) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


@contextmanager
def _silenced_stderr() -> Iterator[None]:
    """Keep what a keyring and the prompter it starts have to say off the terminal."""
    try:
        saved = os.dup(2)
    except OSError:
        # Somebody has closed it: there is nothing to keep clean.
        yield
        return
    sys.stderr.flush()
    null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)
