"""Bitget Spot on the synthetic world."""

from __future__ import annotations

from typing import ClassVar

from aiohttp import web
from aiohttp.typedefs import Handler

from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bitget.calls import ClassicCalls
from arbot_tui.simulator.wire.bitget.envelope import refusal
from arbot_tui.simulator.wire.bitget.errors import ApiError, bad_field, too_many
from arbot_tui.simulator.wire.bitget.private import USER_CHANNELS, ClassicSocket
from arbot_tui.simulator.wire.bitget.rest_private import PrivateRest
from arbot_tui.simulator.wire.bitget.rest_public import PublicRest
from arbot_tui.simulator.wire.bitget.streams import CHANNELS, Streams
from arbot_tui.simulator.wire.bitget.unified_calls import UnifiedCalls
from arbot_tui.simulator.wire.bitget.unified_private import UnifiedSocket
from arbot_tui.simulator.wire.common.fields import BadField
from arbot_tui.simulator.wire.common.guard import ConnectLimit
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.rates import AddressLimit, Rates
from arbot_tui.simulator.wire.common.shell import VenueShell

__all__ = ["BitgetShell"]

# 6,000 requests a minute per address over all of REST, then five minutes of nothing.
_IP_REQUESTS, _IP_WINDOW_MS, _IP_BAN_MS = 6_000, 60_000, 300_000


class BitgetShell(VenueShell):
    """The Bitget dialects: one listener for REST and the sockets.

    The account is a Classic one (v2) until an operator of the world makes it a unified one (v3).
    """

    name: ClassVar[str] = "bitget"
    channels = CHANNELS | USER_CHANNELS
    # 300 new connections per five minutes and 100 open ones per address.
    connects = ConnectLimit(300, 300_000, open=100)

    def __init__(self, market: Market, keys: VenueKeys, network: Network) -> None:
        super().__init__(market, keys, network)
        self._public = PublicRest(market)
        rates = Rates()
        calls = ClassicCalls(market, keys, self._public, rates)
        unified = UnifiedCalls(market, keys, self._public, rates)
        self._private = PrivateRest(market, keys, calls, unified, rates, self.entry)
        v2 = ClassicSocket(market, keys, network, rates, self.entry, calls)
        v3 = UnifiedSocket(market, keys, network, rates, self.entry, unified)
        self.private = (v2, v3)
        self._sockets = (*v2.routes(), *v3.routes())
        self.streams: Streams = Streams(market, network)
        self._address = AddressLimit(_IP_REQUESTS, _IP_WINDOW_MS, _IP_BAN_MS)

    def application(self) -> web.Application:
        """Return the venue's HTTP and WebSocket endpoints."""
        application = web.Application(middlewares=[self.guard.handle, self._answer])
        application.add_routes(self.streams.routes())
        application.add_routes(self._sockets)
        application.add_routes(self._public.routes())
        application.add_routes(self._private.routes())
        return application

    def banned(self, status: int) -> web.Response:
        """Return the answer to an address that sent too much."""
        error = ApiError(str(status), "Too Many Requests", status)
        return refusal(error, self.market.now_ms())

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count a REST request and turn errors into Bitget's bodies."""
        now_ms = self.market.now_ms()
        try:
            if "Upgrade" not in request.headers and not self._address.allow(
                self.market.elapsed_ms()
            ):
                raise too_many()
            return await handler(request)
        except BadField as bad:
            return refusal(bad_field(bad), now_ms)
        except ApiError as error:
            return refusal(error, now_ms)
