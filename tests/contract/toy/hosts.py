"""Where the toy venue is reached."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from arbot_tui.exchanges.base import VenueUrls

__all__ = ["URLS"]

URLS: Mapping[str, VenueUrls] = MappingProxyType(
    {"prod": VenueUrls(rest="https://toy.example", ws_public="wss://toy.example/stream")}
)
