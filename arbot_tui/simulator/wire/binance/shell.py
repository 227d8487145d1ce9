"""Binance Spot on the synthetic world."""

from __future__ import annotations

from typing import ClassVar

from aiohttp import web
from aiohttp.typedefs import Handler

from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.binance.calls import AccountCalls
from arbot_tui.simulator.wire.binance.errors import ApiError
from arbot_tui.simulator.wire.binance.limits import Limits
from arbot_tui.simulator.wire.binance.rest_private import PrivateRest
from arbot_tui.simulator.wire.binance.rest_public import PublicRest
from arbot_tui.simulator.wire.binance.streams import CHANNELS, Streams
from arbot_tui.simulator.wire.binance.ws_api import USER_CHANNELS, WsApi
from arbot_tui.simulator.wire.common.guard import ConnectLimit
from arbot_tui.simulator.wire.common.json import JsonObject, respond
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.shell import VenueShell

__all__ = ["BinanceShell"]


class BinanceShell(VenueShell):
    """The Binance dialect: one listener for REST, streams and the WebSocket API."""

    name: ClassVar[str] = "binance"
    channels = CHANNELS | USER_CHANNELS
    # 300 connections per five minutes and address.
    connects = ConnectLimit(300, 300_000)

    def __init__(self, market: Market, keys: VenueKeys, network: Network) -> None:
        super().__init__(market, keys, network)
        self._limits = Limits()
        self._public = PublicRest(market, self._limits)
        calls = AccountCalls(market, keys, self._limits, self._public)
        self._private = PrivateRest(market, keys, self._limits, calls, self.entry)
        self.streams: Streams = Streams(market, network)
        self._ws_api = WsApi(market, keys, network, self._limits, calls, self._public, self.entry)
        self.private = (self._ws_api,)

    def application(self) -> web.Application:
        """Return the venue's HTTP and WebSocket endpoints."""
        application = web.Application(middlewares=[self.guard.handle, self._answer])
        application.add_routes(self._public.routes())
        application.add_routes(self._private.routes())
        application.add_routes(self.streams.routes())
        application.add_routes(self._ws_api.routes())
        return application

    def banned(self, status: int) -> web.Response:
        """Return the answer to an address that sent too much: JSON, or the firewall's page."""
        if status == 403:
            return web.Response(
                status=403, text="<html><body>403 Forbidden</body></html>", content_type="text/html"
            )
        words = (
            "Way too much request weight used; IP banned."
            if status == 418
            else ("Too much request weight used; please use WebSocket Streams for live updates.")
        )
        return respond({"code": -1003, "msg": words}, status)

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Turn errors into Binance's bodies and put the weight on every REST answer."""
        try:
            response = await handler(request)
        except ApiError as error:
            body: JsonObject = {"code": error.code, "msg": error.message}
            response = respond(body, error.status, error.headers)
        if not response.prepared:
            response.headers.update(self._limits.headers(self.market.elapsed_ms()))
        return response
