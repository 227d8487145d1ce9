"""OKX Spot on the synthetic world."""

from __future__ import annotations

from typing import ClassVar

from aiohttp import web
from aiohttp.typedefs import Handler

from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.common.fields import BadField
from arbot_tui.simulator.wire.common.guard import ConnectLimit
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.shell import VenueShell
from arbot_tui.simulator.wire.okx.calls import AccountCalls
from arbot_tui.simulator.wire.okx.envelope import refusal
from arbot_tui.simulator.wire.okx.errors import ApiError, bad_field
from arbot_tui.simulator.wire.okx.private import USER_CHANNELS, PrivateSocket
from arbot_tui.simulator.wire.okx.rest_private import PrivateRest
from arbot_tui.simulator.wire.okx.rest_public import PublicRest
from arbot_tui.simulator.wire.okx.streams import CHANNELS, Streams

__all__ = ["OkxShell"]


class OkxShell(VenueShell):
    """The OKX dialect: one listener for REST and both sockets."""

    name: ClassVar[str] = "okx"
    channels = CHANNELS | USER_CHANNELS
    # Three new connections per second and address.
    connects = ConnectLimit(3, 1_000)

    def __init__(self, market: Market, keys: VenueKeys, network: Network) -> None:
        super().__init__(market, keys, network)
        self._public = PublicRest(market)
        calls = AccountCalls(market, keys, self._public)
        self._private = PrivateRest(market, keys, calls, self.entry)
        self._socket = PrivateSocket(market, keys, network, calls, self.entry)
        self.private = (self._socket,)
        self.streams: Streams = Streams(market, network)

    def application(self) -> web.Application:
        """Return the venue's HTTP and WebSocket endpoints."""
        application = web.Application(middlewares=[self.guard.handle, _answer])
        application.add_routes(self.streams.routes())
        application.add_routes(self._socket.routes())
        application.add_routes(self._public.routes())
        application.add_routes(self._private.routes())
        return application

    def banned(self, status: int) -> web.Response:
        """Return the answer to an address that sent too much."""
        return refusal(ApiError("50011", "Rate limit reached.", status))


@web.middleware
async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into OKX's bodies."""
    try:
        return await handler(request)
    except BadField as bad:
        return refusal(bad_field(bad))
    except ApiError as error:
        return refusal(error)
