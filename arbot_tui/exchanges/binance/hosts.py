"""Where Binance is reached, per environment (spot API documentation, 2026-07-21).

Keys of the three environments are separate; testnet is wiped about once a month.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from arbot_tui.exchanges.base import VenueUrls

__all__ = ["URLS"]

URLS: Mapping[str, VenueUrls] = MappingProxyType(
    {
        "prod": VenueUrls(
            rest="https://api.binance.com",
            ws_public="wss://stream.binance.com:9443",
            # User data and order entry share the WebSocket API; listen keys ended 2026-02-20.
            ws_private="wss://ws-api.binance.com:443/ws-api/v3",
            ws_trade="wss://ws-api.binance.com:443/ws-api/v3",
        ),
        # Live-like prices, fake money (since 2026-01-29).
        "demo": VenueUrls(
            rest="https://demo-api.binance.com",
            ws_public="wss://demo-stream.binance.com",
            ws_private="wss://demo-ws-api.binance.com/ws-api/v3",
            ws_trade="wss://demo-ws-api.binance.com/ws-api/v3",
        ),
        # A thin book of its own; never take its filters for those of production.
        "testnet": VenueUrls(
            rest="https://testnet.binance.vision",
            ws_public="wss://stream.testnet.binance.vision",
            ws_private="wss://ws-api.testnet.binance.vision/ws-api/v3",
            ws_trade="wss://ws-api.testnet.binance.vision/ws-api/v3",
        ),
    }
)
"""Environment to hosts."""
