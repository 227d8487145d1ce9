"""Bybit Spot on the synthetic world."""

from __future__ import annotations

from typing import ClassVar

from aiohttp import web
from aiohttp.typedefs import Handler

from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bybit.calls import AccountCalls
from arbot_tui.simulator.wire.bybit.envelope import refusal
from arbot_tui.simulator.wire.bybit.errors import ApiError, bad_field
from arbot_tui.simulator.wire.bybit.private import USER_CHANNELS, PrivateSocket
from arbot_tui.simulator.wire.bybit.quota import Quota
from arbot_tui.simulator.wire.bybit.rest_private import PrivateRest
from arbot_tui.simulator.wire.bybit.rest_public import PublicRest
from arbot_tui.simulator.wire.bybit.streams import CHANNELS, Streams
from arbot_tui.simulator.wire.bybit.trade import TradeSocket
from arbot_tui.simulator.wire.common.fields import BadField
from arbot_tui.simulator.wire.common.guard import ConnectLimit
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.rates import AddressLimit
from arbot_tui.simulator.wire.common.shell import VenueShell

__all__ = ["BybitShell"]

# 600 requests in five seconds per address, then nothing for ten minutes (`v5/rate-limit`).
_IP_REQUESTS, _IP_WINDOW_MS, _IP_BAN_MS = 600, 5_000, 600_000


class BybitShell(VenueShell):
    """The Bybit dialect: one listener for REST and all sockets."""

    name: ClassVar[str] = "bybit"
    channels = CHANNELS | USER_CHANNELS
    # 500 new connections per five minutes and 1,000 open ones per address (`v5/ws/connect`).
    connects = ConnectLimit(500, 300_000, open=1000, status=403)

    def __init__(self, market: Market, keys: VenueKeys, network: Network) -> None:
        super().__init__(market, keys, network)
        self._public = PublicRest(market)
        calls, quota = AccountCalls(market, keys, self._public), Quota(market)
        self._private = PrivateRest(market, keys, calls, quota, self.entry)
        private = PrivateSocket(market, keys, network, calls)
        trade = TradeSocket(market, keys, network, calls, quota, self.entry)
        self.private = (private, trade)
        self._sockets = (*private.routes(), *trade.routes())
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
        """Return the answer to an address that sent too much: the gateway's text, or JSON."""
        if status == 429:
            error = ApiError(10429, "System level frequency protection.")
            response = refusal(error, self.market.now_ms())
            response.set_status(429)
            return response
        return web.Response(text="access too frequent", status=status)

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count a REST request and turn errors into Bybit's bodies."""
        now_ms = self.market.now_ms()
        try:
            rest = "Upgrade" not in request.headers
            if rest and not self._address.allow(self.market.elapsed_ms()):
                raise ApiError(0, "access too frequent", 403)
            return await handler(request)
        except BadField as bad:
            return refusal(bad_field(bad), now_ms)
        except ApiError as error:
            return refusal(error, now_ms)
