"""Where Bitget is reached, per environment (domain and demo pages, 2025-12-05).

Classic (v2) addresses; a unified account (v3) has the same hosts and other paths. There is no
testnet.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from arbot_tui.exchanges.base import VenueUrls

__all__ = ["DEMO_HEADERS", "URLS"]

URLS: Mapping[str, VenueUrls] = MappingProxyType(
    {
        # WebSocket order entry of v2 needs an approval that nobody can count on.
        "prod": VenueUrls(
            rest="https://api.bitget.com",
            ws_public="wss://ws.bitget.com/v2/ws/public",
            ws_private="wss://ws.bitget.com/v2/ws/private",
        ),
        "demo": VenueUrls(
            rest="https://api.bitget.com",
            ws_public="wss://wspap.bitget.com/v2/ws/public",
            ws_private="wss://wspap.bitget.com/v2/ws/private",
        ),
    }
)
"""Environment to hosts."""

DEMO_HEADERS: Mapping[str, str] = MappingProxyType({"paptrading": "1"})
"""Goes with every REST request in demo: the host is production's, and orders would be real."""
