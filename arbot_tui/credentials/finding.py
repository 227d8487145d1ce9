"""Looks for API keys, once, at start. A simulated world mints its own and never comes here.

Providers in order: systemd credential, OS keyring, encrypted file, files that ``*_FILE`` variables
name, plain environment variables. With ``[credentials] backend`` only the named one is asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from arbot_tui.credentials.os_keyring import KEYRING_LIMIT_S, read_entries, within_limit
from arbot_tui.credentials.passphrase import HOW_TO_GIVE, given_passphrase
from arbot_tui.credentials.providers import from_environment, from_files, from_systemd
from arbot_tui.credentials.vault import Vault
from arbot_tui.credentials.venue_key import (
    Entry,
    Parts,
    Unavailable,
    VenueKey,
    complete,
    part_names,
    parts_of,
)
from arbot_tui.domain.errors import CredentialError
from arbot_tui.domain.secret import Secret

__all__ = ["BACKENDS", "KeySources", "find_keys", "look_for_keys"]

BACKENDS = ("systemd", "keyring", "encrypted-file", "env-file", "env")
"""All providers, in the order in which they are asked."""

ReadEntries = Callable[[Sequence[str]], dict[str, str]]
"""Returns the keyring's password by user name, for those it has."""


class KeySources(msgspec.Struct, frozen=True, kw_only=True):
    """Where this process may look.

    Attributes:
        folder: The data folder, where the encrypted file is; None for no such file.
        environ: Environment variables.
        ask_passphrase: Asks a person for the passphrase of the encrypted file; None where
            nobody can be asked.
        keyring_limit_s: How long the keyring may take.
        read_keyring: Asks the keyring; the operating system's own by default.
    """

    folder: Path | None = None
    environ: Mapping[str, str] = msgspec.field(default_factory=lambda: os.environ)
    ask_passphrase: Callable[[], Secret] | None = None
    keyring_limit_s: float = KEYRING_LIMIT_S
    read_keyring: ReadEntries = read_entries


def find_keys(venues: Mapping[str, str], backend: str, sources: KeySources) -> dict[str, VenueKey]:
    """Return the key of every venue.

    Args:
        venues: Environment by venue, such as ``{"okx": "prod"}``.
        backend: ``auto`` or one of `BACKENDS`.
        sources: Where to look.

    Raises:
        CredentialError: A venue has no complete key; one sentence with the cause and the fix.
    """
    found, causes = look_for_keys(venues, backend, sources)
    lacking = [venue for venue in venues if venue not in found]
    if lacking:
        raise CredentialError(_missing(lacking, _asked(backend), causes))
    return {venue: found[venue] for venue in venues}


def look_for_keys(
    venues: Mapping[str, str], backend: str, sources: KeySources
) -> tuple[dict[str, VenueKey], list[str]]:
    """Return the keys that there are, and why providers could not be asked.

    Raises:
        CredentialError: A key is there in part, or what holds it cannot be read.
    """
    found: dict[str, VenueKey] = {}
    causes: list[str] = []
    for provider in _asked(backend):
        missing = {venue: kind for venue, kind in venues.items() if venue not in found}
        if not missing:
            break
        try:
            parts = _read(provider, missing, sources)
        except Unavailable as e:
            causes.append(str(e))
            continue
        for venue, part in parts.items():
            if key := complete(venue, provider, part):
                found[venue] = key
    return found, causes


def _asked(backend: str) -> tuple[str, ...]:
    return BACKENDS if backend == "auto" else (backend,)


def _read(provider: str, venues: Mapping[str, str], sources: KeySources) -> Parts:
    match provider:
        case "systemd":
            return from_systemd(venues, sources.environ)
        case "keyring":
            return _from_keyring(venues, sources)
        case "encrypted-file":
            return _from_vault(venues, sources)
        case "env-file":
            return from_files(venues, sources.environ)
        case _:
            return from_environment(venues, sources.environ)


def _users(venues: Mapping[str, str]) -> dict[str, str]:
    return {venue: f"{venue}/{environment}" for venue, environment in venues.items()}


def _from_keyring(venues: Mapping[str, str], sources: KeySources) -> Parts:
    users = _users(venues)
    entries = within_limit(
        lambda: sources.read_keyring(list(users.values())), sources.keyring_limit_s
    )
    return {venue: _from_entry(venue, entries.get(user, "")) for venue, user in users.items()}


def _from_entry(venue: str, password: str) -> dict[str, str]:
    if not password:
        return {}
    try:
        return parts_of(venue, msgspec.json.decode(password, type=Entry))
    except msgspec.DecodeError:
        raise CredentialError(
            f"{venue}: the keyring's entry is unreadable; remove it and set the key again"
        ) from None


def _from_vault(venues: Mapping[str, str], sources: KeySources) -> Parts:
    vault = Vault(sources.folder) if sources.folder is not None else None
    if vault is None or not vault.exists:
        raise Unavailable("there is no encrypted file")
    passphrase = given_passphrase(sources.environ)
    if passphrase is None and sources.ask_passphrase is not None:
        passphrase = sources.ask_passphrase()
    if passphrase is None:
        raise Unavailable(f"the encrypted file needs its passphrase: {HOW_TO_GIVE}")
    entries = vault.read(passphrase)
    users = _users(venues)
    return {
        venue: parts_of(venue, entries[user]) for venue, user in users.items() if user in entries
    }


def _missing(venues: Sequence[str], asked: Sequence[str], causes: Iterable[str]) -> str:
    names = part_names(venues[0])
    why = "; ".join(causes)
    because = f" ({why})" if why else ""
    store = f"run arbot-tui keys set {venues[0]}"
    fix = {
        "systemd": f"pass {', '.join(name.lower() for name in names)} with LoadCredential=",
        "keyring": f"unlock or install a keyring, or {store} --backend encrypted-file",
        "encrypted-file": f"{store} --backend encrypted-file",
        "env-file": f"set {' and '.join(f'{name}_FILE' for name in names)}",
        "env": f"set {' and '.join(names)}",
    }
    how = f"{store}, or {fix['env']}" if len(asked) > 1 else fix[asked[0]]
    return (
        f"no API key for {', '.join(venues)} in {', '.join(asked)}{because}; {how}, or switch the"
        f" venue off with [exchanges.{venues[0]}] enabled = false"
    )
