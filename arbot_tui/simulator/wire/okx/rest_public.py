"""OKX's public REST endpoints."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.wire.common.amounts import millis
from arbot_tui.simulator.wire.common.fields import BadField, Fields, raw_query
from arbot_tui.simulator.wire.common.json import JsonObject
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.rates import Rates
from arbot_tui.simulator.wire.okx.envelope import success
from arbot_tui.simulator.wire.okx.errors import ApiError
from arbot_tui.simulator.wire.okx.formats import (
    instrument_body,
    instrument_id,
    rows,
    ticker_body,
)

__all__ = ["PublicRest", "check_spot", "check_spot_if_given", "count_request"]

_WINDOW_MS = 2_000
# The documented default depth is one level.
_DEFAULT_DEPTH, _DEEPEST = 1, 400


def count_request(rates: Rates, key: tuple[str, str], limit: int, now_ms: int) -> None:
    """Count a request against its limit per two seconds.

    Raises:
        ApiError: 50011 with HTTP 429.
    """
    if rates.take(key, limit, _WINDOW_MS, now_ms) < 0:
        raise ApiError("50011", "Rate limit reached. Please throttle requests accordingly.", 429)


def check_spot(fields: Fields) -> None:
    """Refuse every product but spot.

    Raises:
        BadField: `instType` is absent or another product.
    """
    if fields.need("instType") != "SPOT":
        raise BadField("instType")


def check_spot_if_given(fields: Fields) -> None:
    """Refuse every product but spot where `instType` is optional.

    Raises:
        BadField: `instType` names another product.
    """
    if fields.get("instType") not in (None, "SPOT"):
        raise BadField("instType")


class PublicRest:
    """Endpoints that need no key; limits are per two seconds and endpoint.

    Args:
        market: The venue's window on the world.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._rates = Rates()
        self._instruments = {instrument_id(i): i for i in market.instruments}

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints."""
        return [
            web.get("/api/v5/public/time", self._time),
            web.get("/api/v5/public/instruments", self._list_instruments),
            web.get("/api/v5/market/tickers", self._tickers),
            web.get("/api/v5/market/ticker", self._ticker),
            web.get("/api/v5/market/books", self._books),
        ]

    def find(self, name: str) -> Instrument | None:
        """Return an instrument by OKX's name, or None."""
        return self._instruments.get(name)

    def instrument(self, name: str) -> Instrument:
        """Return an instrument by OKX's name.

        Raises:
            ApiError: 51001.
        """
        found = self.find(name)
        if found is None or not self._market.is_listed(found):
            raise ApiError("51001", "Instrument ID doesn't exist.")
        return found

    def chosen(self, fields: Fields) -> Sequence[Instrument]:
        """Return the instrument a request names, or all.

        Raises:
            ApiError: 51001.
        """
        name = fields.get("instId")
        return self._market.instruments if name is None else [self.instrument(name)]

    def listed(self, fields: Fields) -> list[JsonObject]:
        """Return the list of the instruments a request names.

        Raises:
            ApiError: 51001.
        """
        return [
            instrument_body(i, self._market.listing(i))
            for i in self.chosen(fields)
            if self._market.is_listed(i)
        ]

    def _count(self, request: web.Request, limit: int) -> None:
        count_request(self._rates, (request.path, ""), limit, self._market.elapsed_ms())

    async def _time(self, request: web.Request) -> web.Response:
        self._count(request, 10)
        return success([{"ts": str(self._market.now_ms())}])

    async def _list_instruments(self, request: web.Request) -> web.Response:
        self._count(request, 20)
        fields = Fields.of_query(raw_query(request))
        check_spot(fields)
        return success(self.listed(fields))

    async def _tickers(self, request: web.Request) -> web.Response:
        self._count(request, 20)
        check_spot(Fields.of_query(raw_query(request)))
        chosen = [i for i in self._market.instruments if self._market.is_listed(i)]
        return success([self._ticker_of(i) for i in chosen])

    async def _ticker(self, request: web.Request) -> web.Response:
        self._count(request, 20)
        fields = Fields.of_query(raw_query(request))
        return success([self._ticker_of(self.instrument(fields.need("instId")))])

    def _ticker_of(self, instrument: Instrument) -> JsonObject:
        market = self._market
        book, day = market.book_of(instrument), market.day(instrument)
        return ticker_body(instrument, book, day, market.now_ms())

    async def _books(self, request: web.Request) -> web.Response:
        self._count(request, 40)
        fields = Fields.of_query(raw_query(request))
        instrument = self.instrument(fields.need("instId"))
        depth = fields.integer("sz")
        depth = _DEFAULT_DEPTH if depth is None else min(max(depth, 1), _DEEPEST)
        book = self._market.cached_book_of(instrument)
        return success(
            [
                {
                    "asks": rows(instrument, book.asks[:depth]),
                    "bids": rows(instrument, book.bids[:depth]),
                    "ts": str(millis(book.ts_ns)),
                    "seqId": self._market.wire_id(instrument.index, book.update_id),
                }
            ]
        )
