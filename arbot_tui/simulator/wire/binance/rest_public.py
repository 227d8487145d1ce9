"""Binance's public REST endpoints."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from arbot_tui.simulator.core.book import Level
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.wire.binance.errors import ApiError
from arbot_tui.simulator.wire.binance.formats import (
    DIGITS,
    amount,
    symbol_body,
    ticker_24h,
    wire_symbol,
)
from arbot_tui.simulator.wire.binance.limits import (
    ORDERS_PER_10S,
    ORDERS_PER_DAY,
    RAW_REQUESTS_PER_5M,
    WEIGHT_PER_MINUTE,
    Limits,
)
from arbot_tui.simulator.wire.binance.params import Params
from arbot_tui.simulator.wire.common.json import Json, JsonObject, decode, respond
from arbot_tui.simulator.wire.common.market import Market

__all__ = ["PublicRest", "raw_query"]

_DEFAULT_DEPTH = 100
_DEEPEST = 5000


def raw_query(request: web.Request) -> str:
    """Return the query string exactly as it was sent."""
    return request.raw_path.partition("?")[2]


class PublicRest:
    """Endpoints that need no key.

    Args:
        market: The venue's window on the world.
        limits: Its weight counters.
    """

    def __init__(self, market: Market, limits: Limits) -> None:
        self._market = market
        self._limits = limits
        self.instruments = {wire_symbol(i): i for i in market.instruments}

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints."""
        calls: dict[str, Callable[[Params], Json]] = {
            "ping": self.ping,
            "time": self.time,
            "exchangeInfo": self.exchange_info,
            "depth": self.depth,
            "ticker/bookTicker": self.book_ticker,
            "ticker/price": self.price,
            "ticker/24hr": self.day,
        }
        return [web.get(f"/api/v3/{name}", _unsigned(call)) for name, call in calls.items()]

    def instrument(self, symbol: str) -> Instrument:
        """Return an instrument by Binance's name.

        Raises:
            ApiError: -1121.
        """
        found = self.instruments.get(symbol)
        if found is None:
            raise ApiError(-1121, "Invalid symbol.")
        return found

    def _charge(self, weight: int) -> None:
        self._limits.charge(weight, self._market.elapsed_ms())

    def _chosen(self, params: Params) -> tuple[Sequence[Instrument], bool]:
        """Return the instruments a request names, and whether it named a single one."""
        one, several = params.get("symbol"), params.get("symbols")
        if one is not None and several is not None:
            raise ApiError(-1128, "Combination of optional parameters invalid.")
        if one is not None:
            return [self.instrument(one)], True
        if several is None:
            return self._market.instruments, False
        try:
            names = decode(several)
        except ValueError:
            names = None
        if not isinstance(names, list) or not names:
            raise ApiError(-1100, "Illegal characters found in parameter 'symbols'.")
        return [self.instrument(str(name)) for name in names], False

    def ping(self, params: Params) -> Json:
        """Answer that somebody is there."""
        self._charge(1)
        return {}

    def time(self, params: Params) -> Json:
        """Return the venue's time."""
        self._charge(1)
        return {"serverTime": self._market.now_ms()}

    def exchange_info(self, params: Params) -> Json:
        """Return what trades, by which rules."""
        self._charge(20)
        chosen, _ = self._chosen(params)
        return {
            "timezone": "UTC",
            "serverTime": self._market.now_ms(),
            "rateLimits": [
                _rate_limit("REQUEST_WEIGHT", "MINUTE", 1, WEIGHT_PER_MINUTE),
                _rate_limit("ORDERS", "SECOND", 10, ORDERS_PER_10S),
                _rate_limit("ORDERS", "DAY", 1, ORDERS_PER_DAY),
                _rate_limit("RAW_REQUESTS", "MINUTE", 5, RAW_REQUESTS_PER_5M),
            ],
            "exchangeFilters": [],
            "symbols": [symbol_body(i, self._market.listing(i)) for i in chosen],
        }

    def depth(self, params: Params) -> Json:
        """Return an order book."""
        limit = params.integer("limit")
        if limit is None:
            limit = _DEFAULT_DEPTH
        limit = min(max(limit, 1), _DEEPEST)
        weights = ((100, 5), (500, 25), (1000, 50), (_DEEPEST, 250))
        self._charge(next(weight for most, weight in weights if limit <= most))
        instrument = self.instrument(params.need("symbol"))
        book = self._market.cached_book_of(instrument)
        return {
            "lastUpdateId": self._market.wire_id(instrument.index, book.update_id),
            "bids": _levels(instrument, book.bids[:limit]),
            "asks": _levels(instrument, book.asks[:limit]),
        }

    def book_ticker(self, params: Params) -> Json:
        """Return best prices."""
        chosen, single = self._chosen(params)
        self._charge(2 if single else 4)
        return _one_or_all([self._best(instrument) for instrument in chosen], single)

    def price(self, params: Params) -> Json:
        """Return last prices."""
        chosen, single = self._chosen(params)
        self._charge(2 if single else 4)
        rows = [
            {"symbol": wire_symbol(i), "price": amount(self._market.day(i).last)} for i in chosen
        ]
        return _one_or_all(rows, single)

    def day(self, params: Params) -> Json:
        """Return the last 24 hours."""
        chosen, single = self._chosen(params)
        named = len(chosen) if params.get("symbols") else None
        few = single or (named is not None and named <= 20)
        self._charge(2 if few else 40 if named is not None and named <= 100 else 80)
        mini = params.get("type") == "MINI"
        now_ms = self._market.now_ms()
        rows = [ticker_24h(i, self._market.day(i), self._best(i), now_ms, mini) for i in chosen]
        return _one_or_all(rows, single)

    def _best(self, instrument: Instrument) -> JsonObject:
        book = self._market.book_of(instrument)
        bid, ask = book.best_bid, book.best_ask
        if self._market.is_silent(instrument.index):
            # Without trading there is no best price.
            bid = ask = Level(0, 0)
        return {
            "symbol": wire_symbol(instrument),
            "bidPrice": instrument.price_text(bid.ticks, DIGITS),
            "bidQty": instrument.qty_text(bid.lots, DIGITS),
            "askPrice": instrument.price_text(ask.ticks, DIGITS),
            "askQty": instrument.qty_text(ask.lots, DIGITS),
        }


def _unsigned(call: Callable[[Params], Json]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        return respond(call(Params(raw_query(request), "")))

    return handle


def _levels(instrument: Instrument, side: Sequence[Level]) -> list[list[str]]:
    return [
        [instrument.price_text(ticks, DIGITS), instrument.qty_text(lots, DIGITS)]
        for ticks, lots in side
    ]


def _one_or_all(rows: Sequence[JsonObject], single: bool) -> Json:
    return rows[0] if single else rows


def _rate_limit(kind: str, interval: str, number: int, limit: int) -> JsonObject:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}
