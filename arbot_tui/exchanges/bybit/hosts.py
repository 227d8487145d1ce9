"""Where Bybit is reached, per environment (v5 guide, 2026-07-24).

Regional accounts have hosts of their own; they are set through `environment = "custom"`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from arbot_tui.exchanges.base import VenueUrls

__all__ = ["URLS"]

URLS: Mapping[str, VenueUrls] = MappingProxyType(
    {
        "prod": VenueUrls(
            rest="https://api.bybit.com",
            ws_public="wss://stream.bybit.com/v5/public/spot",
            ws_private="wss://stream.bybit.com/v5/private",
            ws_trade="wss://stream.bybit.com/v5/trade",
        ),
        # Demo trades fake money at production prices: it has no public stream of its own, and
        # no WebSocket order entry.
        "demo": VenueUrls(
            rest="https://api-demo.bybit.com",
            ws_public="wss://stream.bybit.com/v5/public/spot",
            ws_private="wss://stream-demo.bybit.com/v5/private",
        ),
        "testnet": VenueUrls(
            rest="https://api-testnet.bybit.com",
            ws_public="wss://stream-testnet.bybit.com/v5/public/spot",
            ws_private="wss://stream-testnet.bybit.com/v5/private",
            ws_trade="wss://stream-testnet.bybit.com/v5/trade",
        ),
    }
)
"""Environment to hosts."""
