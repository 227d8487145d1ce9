"""Binance Spot on the synthetic world."""

from __future__ import annotations

from typing import ClassVar

from aiohttp import web
from aiohttp.typedefs import Handler

from arbot_tui.simulator.core.book import BookChange
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.binance.errors import ApiError
from arbot_tui.simulator.wire.binance.limits import Limits
from arbot_tui.simulator.wire.binance.rest_private import PrivateRest
from arbot_tui.simulator.wire.binance.rest_public import PublicRest
from arbot_tui.simulator.wire.binance.streams import Streams
from arbot_tui.simulator.wire.common.json import JsonObject, respond
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.shell import VenueShell

__all__ = ["BinanceShell"]


class BinanceShell(VenueShell):
    """The Binance dialect: one listener for REST and streams."""

    name: ClassVar[str] = "binance"

    def __init__(self, market: Market, keys: VenueKeys) -> None:
        super().__init__(market, keys)
        self._limits = Limits()
        self._public = PublicRest(market, self._limits)
        self._private = PrivateRest(market, keys, self._limits, self._public)
        self._streams = Streams(market)

    def application(self) -> web.Application:
        """Return the venue's HTTP and WebSocket endpoints."""
        application = web.Application(middlewares=[self._answer])
        application.add_routes(self._public.routes())
        application.add_routes(self._private.routes())
        application.add_routes(self._streams.routes())
        return application

    def publish(self, change: BookChange) -> None:
        """Send one change of a book to its streams."""
        self._streams.publish(change)

    async def run(self) -> None:
        """Serve the timed streams until cancelled."""
        await self._streams.run()

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Turn errors into Binance's bodies and put the weight on every REST answer."""
        try:
            response = await handler(request)
        except ApiError as error:
            body: JsonObject = {"code": error.code, "msg": error.message}
            response = respond(body, error.status, error.headers)
        if not response.prepared:
            response.headers.update(self._limits.headers(self.market.now_ms()))
        return response
