"""Fresh keys for a world, in the shape in which each venue hands them out."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass

__all__ = ["VenueKeys", "mint_keys", "mint_world_id"]

_ALPHANUMERIC = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class VenueKeys:
    """The credentials of the one account of a venue.

    Attributes:
        api_key: Names the key.
        api_secret: Signs.
        passphrase: Sent along; None where the venue has none.
    """

    api_key: str
    api_secret: str
    passphrase: str | None = None


def mint_world_id() -> str:
    """Return a new random name for a world."""
    return secrets.token_hex(8)


def mint_keys() -> dict[str, VenueKeys]:
    """Return new random keys by name of venue."""
    return {
        "binance": VenueKeys(_letters(64), _letters(64)),
        "bybit": VenueKeys(_letters(18), _letters(36)),
        "okx": VenueKeys(_dashed(), secrets.token_hex(16).upper(), f"Sim_{_letters(12)}1"),
        "bitget": VenueKeys(f"bg_{secrets.token_hex(16)}", secrets.token_hex(32), _letters(16)),
    }


def _letters(count: int) -> str:
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(count))


def _dashed() -> str:
    text = secrets.token_hex(16)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
