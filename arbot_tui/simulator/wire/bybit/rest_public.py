"""Bybit's public REST endpoints."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.core.listing import ListingStatus
from arbot_tui.simulator.wire.bybit.envelope import success
from arbot_tui.simulator.wire.bybit.errors import ApiError
from arbot_tui.simulator.wire.bybit.formats import (
    book_body,
    instrument_body,
    ticker_body,
    wire_symbol,
)
from arbot_tui.simulator.wire.common.fields import Fields, raw_query
from arbot_tui.simulator.wire.common.market import Market

__all__ = ["PublicRest", "check_category"]

# The documented default depth for spot is one level.
_DEFAULT_DEPTH, _DEEPEST = 1, 1000


def check_category(fields: Fields) -> None:
    """Refuse every product but spot.

    Raises:
        ApiError: 10001.
    """
    if fields.need("category") != "spot":
        raise ApiError(10001, "params error: Category is invalid")


class PublicRest:
    """Endpoints that need no key.

    Args:
        market: The venue's window on the world.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._instruments = {wire_symbol(i): i for i in market.instruments}

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints."""
        return [
            web.get("/v5/market/time", self._time),
            web.get("/v5/market/instruments-info", self._instruments_info),
            web.get("/v5/market/tickers", self._tickers),
            web.get("/v5/market/orderbook", self._order_book),
        ]

    def find(self, symbol: str) -> Instrument | None:
        """Return an instrument by Bybit's name, or None."""
        return self._instruments.get(symbol)

    def instrument(self, symbol: str) -> Instrument:
        """Return an instrument by Bybit's name.

        Raises:
            ApiError: 10001.
        """
        found = self.find(symbol)
        if found is None:
            raise ApiError(10001, f"params error: symbol invalid {symbol}")
        return found

    def chosen(self, fields: Fields) -> Sequence[Instrument]:
        """Return the instrument a request names, or all.

        Raises:
            ApiError: 10001.
        """
        symbol = fields.get("symbol")
        return self._market.instruments if symbol is None else [self.instrument(symbol)]

    async def _time(self, request: web.Request) -> web.Response:
        now_ns = self._market.now_ns()
        result = {"timeSecond": str(now_ns // 10**9), "timeNano": str(now_ns)}
        return success(result, now_ns // 10**6)

    async def _instruments_info(self, request: web.Request) -> web.Response:
        fields = Fields.of_query(raw_query(request))
        check_category(fields)
        status = fields.get("status") or "Trading"
        # Only what can be traded is in the list; spot takes no pages.
        listings = [(i, self._market.listing(i)) for i in self.chosen(fields)]
        rows = [
            instrument_body(i, listing.rules)
            for i, listing in listings
            if status == "Trading" and listing.status is ListingStatus.TRADING
        ]
        return success({"category": "spot", "list": rows}, self._market.now_ms())

    async def _tickers(self, request: web.Request) -> web.Response:
        fields = Fields.of_query(raw_query(request))
        check_category(fields)
        market = self._market
        rows = [
            ticker_body(i, market.book_of(i), market.day(i))
            for i in self.chosen(fields)
            if market.is_listed(i)
        ]
        return success({"category": "spot", "list": rows}, market.now_ms())

    async def _order_book(self, request: web.Request) -> web.Response:
        fields = Fields.of_query(raw_query(request))
        check_category(fields)
        instrument = self.instrument(fields.need("symbol"))
        depth = fields.limit(_DEFAULT_DEPTH, _DEEPEST)
        now_ms = self._market.now_ms()
        book = self._market.cached_book_of(instrument)
        update_id = self._market.wire_id(instrument.index, book.update_id)
        return success(book_body(instrument, book, depth, update_id, now_ms), now_ms)
