"""Keeps and forgets API keys: in the OS keyring or in the encrypted file, never in plain text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from arbot_tui.credentials.os_keyring import (
    KEYRING_LIMIT_S,
    keyring_name,
    remove_entry,
    within_limit,
    write_entry,
)
from arbot_tui.credentials.vault import Vault
from arbot_tui.credentials.venue_key import Entry, Unavailable, VenueKey, complete, parts_of
from arbot_tui.domain.errors import CredentialError
from arbot_tui.domain.secret import Secret

__all__ = ["STORES", "choose_store", "forget_key", "keep_key"]

STORES = ("keyring", "encrypted-file")
"""Where keys can be kept, the better one first."""

T = TypeVar("T")

AskPassphrase = Callable[[], Secret]
"""Returns the passphrase of the encrypted file, from wherever it comes."""


def choose_store(backend: str) -> tuple[str, str]:
    """Return where a key will be kept, and why not in the keyring (empty where it will be).

    Args:
        backend: ``auto``, or the backend that the settings or the command line name.

    Raises:
        CredentialError: That backend is only read.
    """
    if backend in STORES:
        return backend, ""
    if backend != "auto":
        raise CredentialError(
            f"keys cannot be kept in {backend}; allowed: {', '.join(STORES)} (--backend)"
        )
    try:
        within_limit(keyring_name, KEYRING_LIMIT_S)
    except Unavailable as e:
        return "encrypted-file", str(e)
    return "keyring", ""


def keep_key(
    venue: str,
    environment: str,
    entry: Entry,
    *,
    store: str,
    folder: Path,
    ask_passphrase: AskPassphrase,
) -> VenueKey:
    """Keep a venue's key in place of an earlier one.

    Raises:
        CredentialError: The key is incomplete, the keyring cannot be used, or the passphrase of
            the encrypted file is wrong.
    """
    key = complete(venue, "what you typed", parts_of(venue, entry))
    if key is None:
        raise CredentialError(f"{venue}: no key was given; nothing was kept")
    user = f"{venue}/{environment}"
    if store == "keyring":
        _in_keyring(lambda: write_entry(user, msgspec.json.encode(entry).decode()))
    else:
        vault = Vault(folder)
        passphrase = ask_passphrase()
        vault.write({**vault.read(passphrase), user: entry}, passphrase)
    return VenueKey(key.api_key, key.api_secret, key.passphrase, store)


def forget_key(
    venue: str,
    environment: str,
    *,
    store: str,
    folder: Path,
    ask_passphrase: AskPassphrase,
) -> bool:
    """Forget a venue's key; returns whether there was one.

    Raises:
        CredentialError: The keyring cannot be used, or the passphrase is wrong.
    """
    user = f"{venue}/{environment}"
    if store == "keyring":
        return _in_keyring(lambda: remove_entry(user))
    vault = Vault(folder)
    if not vault.exists:
        return False
    passphrase = ask_passphrase()
    entries = vault.read(passphrase)
    if entries.pop(user, None) is None:
        return False
    vault.write(entries, passphrase)
    return True


def _in_keyring(work: Callable[[], T]) -> T:
    try:
        return within_limit(work, KEYRING_LIMIT_S)
    except Unavailable as e:
        raise CredentialError(
            f"{e}; unlock or install a keyring, or use --backend encrypted-file"
        ) from None
