"""The key of one venue and the parts that it consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from arbot_tui.domain.errors import CredentialError
from arbot_tui.domain.secret import Secret

__all__ = ["Entry", "Parts", "Unavailable", "VenueKey", "complete", "part_names", "parts_of"]

_WITH_PASSPHRASE = frozenset({"okx", "bitget"})

Parts = dict[str, dict[str, str]]
"""By venue: what a provider has, by the name of its variable."""


class Unavailable(Exception):
    """A provider cannot be asked at all; the next one may still have the key."""


class VenueKey(msgspec.Struct, frozen=True):
    """An API key and where it was found.

    Attributes:
        api_key: The key's public half.
        api_secret: The secret it signs with.
        passphrase: None for venues without one.
        provider: One of `finding.BACKENDS`.
    """

    api_key: Secret
    api_secret: Secret
    passphrase: Secret | None
    provider: str

    @property
    def last_four(self) -> str:
        """The end of the public half, which tells keys apart; empty where it is too short."""
        text = self.api_key.reveal()
        return text[-4:] if len(text) > 8 else ""


class Entry(msgspec.Struct, omit_defaults=True):
    """What a keyring entry or the encrypted file holds of one key."""

    api_key: str
    api_secret: str
    passphrase: str = ""


def part_names(venue: str) -> tuple[str, ...]:
    """Return the variables that a venue's key consists of, such as ``OKX_API_KEY``."""
    names = [f"{venue.upper()}_API_KEY", f"{venue.upper()}_API_SECRET"]
    if venue in _WITH_PASSPHRASE:
        names.append(f"{venue.upper()}_PASSPHRASE")
    return tuple(names)


def parts_of(venue: str, entry: Entry) -> dict[str, str]:
    """Return an entry's values by the names of `part_names`."""
    values = (entry.api_key, entry.api_secret, entry.passphrase)
    return dict(zip(part_names(venue), values, strict=False))


def complete(venue: str, provider: str, part: Mapping[str, str]) -> VenueKey | None:
    """Return the key where all of it is there, None where nothing is.

    Raises:
        CredentialError: Some of it is missing, or is no text that a key could be.
    """
    names = part_names(venue)
    if not any(part.get(name) for name in names):
        return None
    for name in names:
        value = part.get(name, "")
        if not value:
            raise CredentialError(
                f"{venue}: {provider} has {_present(names, part)} but no {name}; set it as well"
            )
        # A header or a signature made from anything else would be refused by the venue later.
        if not value.isascii() or not value.isprintable() or value != value.strip():
            raise CredentialError(
                f"{venue}: {name} from {provider} holds spaces or unprintable characters;"
                " set it again"
            )
    key, secret, *rest = (Secret(part[name]) for name in names)
    return VenueKey(key, secret, rest[0] if rest else None, provider)


def _present(names: Sequence[str], part: Mapping[str, str]) -> str:
    return " and ".join(name for name in names if part.get(name))
