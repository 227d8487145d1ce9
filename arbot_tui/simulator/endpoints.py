"""Where the synthetic venues listen.

Nothing here imports a server: the sockets are bound and the addresses printed before the
libraries that serve them are loaded. Whoever connects meanwhile waits in the backlog.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from arbot_tui.simulator.credentials import VenueKeys

__all__ = ["ENDPOINTS", "Description", "Endpoint", "Listeners", "VenueDescription"]

_HOST = "127.0.0.1"
_BACKLOG = 128


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How one venue is served.

    Attributes:
        module: Module of its shell.
        shell: Name of the shell class in it.
        ws_public: Path of the public WebSocket; empty where streams hang under the root.
        ws_private: Path of the private WebSocket.
        ws_trade: Path of the one that takes orders.
    """

    module: str
    shell: str
    ws_public: str
    ws_private: str
    ws_trade: str


_WIRE = "arbot_tui.simulator.wire"

ENDPOINTS: Mapping[str, Endpoint] = {
    "binance": Endpoint(f"{_WIRE}.binance.shell", "BinanceShell", "", "/ws-api/v3", "/ws-api/v3"),
    "bybit": Endpoint(
        f"{_WIRE}.bybit.shell", "BybitShell", "/v5/public/spot", "/v5/private", "/v5/trade"
    ),
    "okx": Endpoint(
        f"{_WIRE}.okx.shell", "OkxShell", "/ws/v5/public", "/ws/v5/private", "/ws/v5/private"
    ),
    "bitget": Endpoint(
        f"{_WIRE}.bitget.shell",
        "BitgetShell",
        "/v2/ws/public",
        "/v2/ws/private",
        "/v2/ws/private",
    ),
}
"""The venues that have a shell, by name."""


class VenueDescription(TypedDict):
    """Addresses and credentials of one venue; null where a part does not exist."""

    rest: str
    ws_public: str
    ws_private: str | None
    ws_trade: str | None
    api_key: str
    api_secret: str
    passphrase: str | None


class Description(TypedDict):
    """The first line of `arbot-tui venues`, and the answer of `GET /venues`."""

    world_id: str
    seed: int
    control: str
    venues: dict[str, VenueDescription]


class Listeners:
    """Bound and listening loopback sockets on ephemeral ports: one per venue and the control.

    Attributes:
        control: Socket of the control server.
        venues: Sockets by name of venue.
    """

    def __init__(self) -> None:
        self.control = socket.create_server((_HOST, 0), backlog=_BACKLOG)
        self.venues = {
            name: socket.create_server((_HOST, 0), backlog=_BACKLOG) for name in ENDPOINTS
        }

    def describe(self, world_id: str, seed: int, keys: Mapping[str, VenueKeys]) -> Description:
        """Return the addresses, with the world's name and keys."""
        return {
            "world_id": world_id,
            "seed": seed,
            "control": f"http://{_address(self.control)}",
            "venues": {
                name: {
                    "rest": f"http://{_address(listener)}",
                    "ws_public": f"ws://{_address(listener)}{ENDPOINTS[name].ws_public}",
                    "ws_private": f"ws://{_address(listener)}{ENDPOINTS[name].ws_private}",
                    "ws_trade": f"ws://{_address(listener)}{ENDPOINTS[name].ws_trade}",
                    "api_key": keys[name].api_key,
                    "api_secret": keys[name].api_secret,
                    "passphrase": keys[name].passphrase,
                }
                for name, listener in self.venues.items()
            },
        }

    def close(self) -> None:
        """Close every socket."""
        for listener in (self.control, *self.venues.values()):
            listener.close()


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()
    return f"{host}:{port}"
