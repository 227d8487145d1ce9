"""Where OKX is reached, per environment (API guide, production and demo, 2026-07-03).

Accounts registered on my.okx.com, app.okx.com or tr.okx.com have hosts of their own; they are
set through `environment = "custom"`. There is no testnet.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from arbot_tui.exchanges.base import VenueUrls

__all__ = ["DEMO_HEADERS", "URLS"]

URLS: Mapping[str, VenueUrls] = MappingProxyType(
    {
        "prod": VenueUrls(
            rest="https://openapi.okx.com",
            ws_public="wss://ws.okx.com:8443/ws/v5/public",
            # Orders are placed on the private socket: there is no third one.
            ws_private="wss://ws.okx.com:8443/ws/v5/private",
            ws_trade="wss://ws.okx.com:8443/ws/v5/private",
        ),
        "demo": VenueUrls(
            rest="https://openapi.okx.com",
            ws_public="wss://wspap.okx.com:8443/ws/v5/public",
            ws_private="wss://wspap.okx.com:8443/ws/v5/private",
            ws_trade="wss://wspap.okx.com:8443/ws/v5/private",
        ),
    }
)
"""Environment to hosts."""

DEMO_HEADERS: Mapping[str, str] = MappingProxyType({"x-simulated-trading": "1"})
"""Goes with every REST request in demo, public ones too: the host is production's."""
