"""OKX's signed REST endpoints: orders, fills and the account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from arbot_tui.simulator.core.conduct import ErrorAnswer, Op
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.common.entry import OrderEntry
from arbot_tui.simulator.wire.common.fields import BadField, Fields, raw_query
from arbot_tui.simulator.wire.common.json import JsonObject, respond
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.okx.calls import AccountCalls, Reply
from arbot_tui.simulator.wire.okx.envelope import success
from arbot_tui.simulator.wire.okx.errors import ApiError
from arbot_tui.simulator.wire.okx.signing import check_request

__all__ = ["ORDERS_PER_2S", "PrivateRest", "bucket"]

ORDERS_PER_2S = 60
"""Orders, cancels and order queries in two seconds, each by itself and per instrument."""

_Call = Callable[[Fields], Sequence[JsonObject]]
_Handler = Callable[[web.Request], Awaitable[web.Response]]
_TRADE, _ACCOUNT = "/api/v5/trade", "/api/v5/account"
_PATHS = {Op.PLACE: f"{_TRADE}/order", Op.CANCEL: f"{_TRADE}/cancel-order"}


def bucket(op: Op, instrument_id: str) -> tuple[str, str]:
    """Return the name of the limit that an order or a cancel counts against."""
    return f"POST {_PATHS[op]}", instrument_id


class PrivateRest:
    """Endpoints that need a key, a passphrase and a signature.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        calls: What is answered.
        entry: The way of orders.
    """

    def __init__(
        self, market: Market, keys: VenueKeys, calls: AccountCalls, entry: OrderEntry
    ) -> None:
        self._market = market
        self._keys = keys
        self._calls = calls
        self._entry = entry

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints, with their requests per two seconds."""
        calls = self._calls
        query = self._signed(ORDERS_PER_2S, calls.query, by_instrument=True)
        return [
            web.post(_PATHS[Op.PLACE], self._order(Op.PLACE, calls.place)),
            web.post(_PATHS[Op.CANCEL], self._order(Op.CANCEL, calls.cancel)),
            web.get(f"{_TRADE}/order", query),
            web.get(f"{_TRADE}/orders-pending", self._signed(60, calls.pending)),
            web.get(f"{_TRADE}/orders-history", self._signed(40, calls.history)),
            web.get(f"{_TRADE}/fills", self._signed(60, calls.fills)),
            web.get(f"{_TRADE}/fills-history", self._signed(10, calls.all_fills)),
            web.get("/api/v5/asset/currencies", self._signed(12, calls.currencies)),
            web.get(f"{_ACCOUNT}/balance", self._signed(10, calls.balance)),
            web.get(f"{_ACCOUNT}/trade-fee", self._signed(5, calls.trade_fee)),
            web.get(f"{_ACCOUNT}/config", self._signed(5, calls.config)),
            web.get(f"{_ACCOUNT}/instruments", self._signed(20, calls.instruments)),
        ]

    def _signed(self, limit: int, call: _Call, *, by_instrument: bool = False) -> _Handler:
        """Wrap a call with the signature check and its rate limit.

        Args:
            limit: Requests per two seconds.
            call: What answers.
            by_instrument: The limit is one per instrument.
        """

        async def handle(request: web.Request) -> web.Response:
            self._check(request, await request.read(), trades=False)
            fields = Fields.of_query(raw_query(request))
            instrument_id = fields.need("instId") if by_instrument else ""
            self._calls.count((f"GET {request.path}", instrument_id), limit)
            return success(call(fields))

        return handle

    def _order(self, op: Op, call: Callable[[Fields], Reply]) -> _Handler:
        """Wrap a call about an order, which faults may meet on its way."""

        async def handle(request: web.Request) -> web.Response:
            body = await request.read()
            try:
                fields = Fields.of_body(body)
            except BadField:
                self._check(request, body, trades=True)
                raise

            def check() -> web.Response | None:
                self._check(request, body, trades=True)
                if request.content_type != "application/json":
                    raise ApiError("50006", "Invalid Content-Type, use application/json.", 400)
                self._calls.count(bucket(op, fields.need("instId")), ORDERS_PER_2S)
                deadline = request.headers.get("expTime") if op is Op.PLACE else None
                late = self._calls.check_deadline(fields, deadline)
                return None if late is None else self._replied(late)

            def word(error: ErrorAnswer) -> web.Response:
                return self._replied(self._calls.unreasonable(fields, error), error.status)

            return await self._entry.request(
                request,
                self._calls.about(op, fields),
                check,
                lambda: self._replied(call(fields)),
                word,
            )

        return handle

    def _check(self, request: web.Request, body: bytes, *, trades: bool) -> None:
        now_ms = self._market.now_ms()
        check_request(request.headers, request.method, request.raw_path, body, self._keys, now_ms)
        self._calls.check_rights(trades=trades)

    def _replied(self, reply: Reply, status: int | None = None) -> web.Response:
        """Return the answer to an order or a cancel."""
        return respond(
            {
                "code": "1" if reply.refused else "0",
                "msg": "All operations failed" if reply.refused else "",
                "data": [reply.item],
                "inTime": str(reply.in_ns // 1000),
                "outTime": str(self._market.now_ns() // 1000),
            },
            status or 200,
        )
