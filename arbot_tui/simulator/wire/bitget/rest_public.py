"""Bitget's public REST endpoints, v2."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.wire.bitget.envelope import success
from arbot_tui.simulator.wire.bitget.errors import ApiError, too_many
from arbot_tui.simulator.wire.bitget.formats import (
    book_body,
    coin_body,
    symbol_body,
    ticker_body,
    wire_symbol,
)
from arbot_tui.simulator.wire.common.fields import BadField, Fields, raw_query
from arbot_tui.simulator.wire.common.json import Json
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.rates import Rates

__all__ = ["PublicRest"]

_PER_S, _SECOND_MS = 20, 1000
_DEEPEST = 150


class PublicRest:
    """Endpoints that need no key; twenty requests per second each.

    Args:
        market: The venue's window on the world.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._rates = Rates()
        self._instruments = {wire_symbol(i): i for i in market.instruments}

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints."""
        return [
            web.get("/api/v2/public/time", self._limited(self._time)),
            web.get("/api/v2/spot/public/symbols", self._limited(self._symbols)),
            web.get("/api/v2/spot/public/coins", self._limited(self._coins)),
            web.get("/api/v2/spot/market/tickers", self._limited(self._tickers)),
            web.get("/api/v2/spot/market/orderbook", self._limited(self._order_book)),
        ]

    def find(self, symbol: str) -> Instrument | None:
        """Return an instrument by Bitget's name, or None."""
        return self._instruments.get(symbol)

    def instrument(self, symbol: str) -> Instrument:
        """Return an instrument by Bitget's name.

        Raises:
            ApiError: 40034.
        """
        found = self._instruments.get(symbol)
        if found is None:
            raise ApiError("40034", f"Parameter {symbol} does not exist")
        return found

    def chosen(self, fields: Fields) -> Sequence[Instrument]:
        """Return the instrument a request names, or all.

        Raises:
            ApiError: 40034.
        """
        symbol = fields.get("symbol")
        return self._market.instruments if symbol is None else [self.instrument(symbol)]

    def _limited(
        self, endpoint: Callable[[Fields], Json]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            elapsed_ms = self._market.elapsed_ms()
            left = self._rates.take(request.path, _PER_S, _SECOND_MS, elapsed_ms)
            if left < 0:
                raise too_many()
            data = endpoint(Fields.of_query(raw_query(request)))
            return success(data, self._market.now_ms(), left=left)

        return handle

    def _time(self, fields: Fields) -> Json:
        return {"serverTime": str(self._market.now_ms())}

    def _symbols(self, fields: Fields) -> Json:
        return [
            symbol_body(i, self._market.listing(i), self._market.profile)
            for i in self.chosen(fields)
            if self._market.is_listed(i)
        ]

    def _coins(self, fields: Fields) -> Json:
        """Tell of every asset on which chains it moves; by the vendor's clients."""
        wanted = fields.get("coin")
        return [
            coin_body(number, coin)
            for number, coin in enumerate(self._market.coins(), 1)
            if wanted in (None, coin.asset)
        ]

    def _tickers(self, fields: Fields) -> Json:
        market = self._market
        return [
            ticker_body(i, market.book_of(i), market.day(i), market.now_ms())
            for i in self.chosen(fields)
            if market.is_listed(i)
        ]

    def _order_book(self, fields: Fields) -> Json:
        instrument = self.instrument(fields.need("symbol"))
        if fields.get("type") not in (None, "step0"):
            # Merged books: the world quotes single levels only.
            raise BadField("type")
        depth = fields.limit(_DEEPEST, _DEEPEST)
        return book_body(instrument, self._market.cached_book_of(instrument), depth)
