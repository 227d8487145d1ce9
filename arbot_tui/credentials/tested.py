"""What the last test of each key found, for lists that ask nobody. Holds no secret."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

import msgspec

from arbot_tui.credentials.venue_key import VenueKey

__all__ = ["Tested", "note_test", "tested"]

_NAME = "keys-tested.json"
_MAX_BYTES = 65_536


class Tested(msgspec.Struct, frozen=True):
    """The outcome of a test.

    Attributes:
        fingerprint: Tells whether the key is still the one that was tested.
        at_ns: When, UTC nanoseconds.
        rights: What the key may do, in words.
        refusal: Why it is not to be used; empty where it is fit.
        unbound: It works from any address.
    """

    fingerprint: str
    at_ns: int
    rights: str
    refusal: str
    unbound: bool = False


def tested(folder: Path, user: str, key: VenueKey) -> Tested | None:
    """Return the last test of this very key; None where there was none.

    Args:
        folder: The data folder.
        user: ``<venue>/<environment>``.
        key: The key that would be used.
    """
    found = _read(folder).get(user)
    return found if found is not None and found.fingerprint == _fingerprint(user, key) else None


def note_test(
    folder: Path,
    user: str,
    key: VenueKey,
    *,
    at_ns: int,
    rights: str,
    refusal: str,
    unbound: bool = False,
) -> None:
    """Remember a test; where that cannot be written, the next list says "not tested"."""
    found = Tested(_fingerprint(user, key), at_ns, rights, refusal, unbound)
    kept = {**_read(folder), user: found}
    path = folder / _NAME
    fresh = path.with_name(f".{_NAME}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(fresh, flags, 0o600), "wb") as file:
            file.write(msgspec.json.encode(kept))
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)


def _read(folder: Path) -> dict[str, Tested]:
    try:
        with (folder / _NAME).open("rb") as file:
            return msgspec.json.decode(file.read(_MAX_BYTES), type=dict[str, Tested])
    except (OSError, msgspec.DecodeError):
        return {}


def _fingerprint(user: str, key: VenueKey) -> str:
    return hashlib.sha256(f"{user} {key.api_key.reveal()}".encode()).hexdigest()[:16]
