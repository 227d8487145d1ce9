"""Binance's signed REST endpoints: orders, trades and the account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from arbot_tui.simulator.core.conduct import ErrorAnswer, Op
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.binance.calls import AccountCalls
from arbot_tui.simulator.wire.binance.errors import unreasonable
from arbot_tui.simulator.wire.binance.limits import Limits
from arbot_tui.simulator.wire.binance.params import Params
from arbot_tui.simulator.wire.binance.rest_public import raw_query
from arbot_tui.simulator.wire.binance.signing import check_signature, check_window
from arbot_tui.simulator.wire.common.entry import OrderEntry
from arbot_tui.simulator.wire.common.json import Json, respond
from arbot_tui.simulator.wire.common.market import Market

__all__ = ["PrivateRest"]

_Call = Callable[[Params], Json]


class PrivateRest:
    """Endpoints that need a key and a signature.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        limits: The venue's counters.
        calls: What is answered.
        entry: The way of orders.
    """

    def __init__(
        self,
        market: Market,
        keys: VenueKeys,
        limits: Limits,
        calls: AccountCalls,
        entry: OrderEntry,
    ) -> None:
        self._market = market
        self._keys = keys
        self._limits = limits
        self._calls = calls
        self._entry = entry

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints, with their weights; None where a call counts its own."""
        calls = self._calls
        return [
            web.post("/api/v3/order", self._order(Op.PLACE, calls.place)),
            web.delete("/api/v3/order", self._order(Op.CANCEL, calls.cancel)),
            web.delete("/api/v3/openOrders", self._order(Op.CANCEL, calls.cancel_all)),
            web.post("/api/v3/order/test", self._signed(1, calls.test)),
            web.get("/api/v3/order", self._signed(4, calls.query)),
            web.get("/api/v3/openOrders", self._signed(None, calls.open_orders)),
            web.get("/api/v3/allOrders", self._signed(20, calls.all_orders)),
            web.get("/api/v3/myTrades", self._signed(None, calls.my_trades)),
            web.get("/api/v3/account", self._signed(20, calls.account)),
            web.get("/api/v3/account/commission", self._signed(20, calls.commission)),
            web.get("/api/v3/rateLimit/order", self._signed(40, calls.order_counts)),
            web.get("/sapi/v1/account/apiRestrictions", self._signed(1, calls.restrictions)),
            web.get("/sapi/v1/capital/config/getall", self._signed(10, calls.coins)),
        ]

    def _signed(
        self, weight: int | None, call: _Call
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Wrap a call with weight and the signature check."""

        async def handle(request: web.Request) -> web.Response:
            if weight is not None:
                self._calls.charge(weight)
            query, body = raw_query(request), await request.text()
            self._calls.check_key(request.headers.get("X-MBX-APIKEY"), trades=False)
            params = Params(query, body)
            self._check(query, body, params)
            return respond(call(params))

        return handle

    def _order(self, op: Op, call: _Call) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Wrap a call about orders, which faults may meet on their way."""

        async def handle(request: web.Request) -> web.Response:
            self._calls.charge(1)
            query, body = raw_query(request), await request.text()
            params = Params(query, body)

            def check() -> None:
                self._calls.check_key(request.headers.get("X-MBX-APIKEY"), trades=True)
                self._check(query, body, params)

            def act() -> web.Response:
                answer = call(params)
                headers = self._limits.order_headers(self._market.elapsed_ms())
                return respond(answer, headers=headers)

            about = self._calls.about(op, params)
            return await self._entry.request(request, about, check, act, _worded)

        return handle

    def _check(self, query: str, body: str, params: Params) -> None:
        check_window(params.get("timestamp"), params.get("recvWindow"), self._market.now_ms())
        check_signature(query, body, self._keys.api_secret)


def _worded(error: ErrorAnswer) -> web.Response:
    raise unreasonable(error)
