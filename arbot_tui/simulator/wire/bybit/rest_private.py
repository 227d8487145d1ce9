"""Bybit's signed REST endpoints: orders, executions and the account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from arbot_tui.simulator.core.conduct import ErrorAnswer, Op
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bybit.calls import AccountCalls
from arbot_tui.simulator.wire.bybit.envelope import refusal, success
from arbot_tui.simulator.wire.bybit.errors import ApiError, bad_field, unreasonable
from arbot_tui.simulator.wire.bybit.quota import Quota
from arbot_tui.simulator.wire.bybit.signing import check_request
from arbot_tui.simulator.wire.common.entry import OrderEntry
from arbot_tui.simulator.wire.common.fields import BadField, Fields, raw_query
from arbot_tui.simulator.wire.common.json import JsonObject
from arbot_tui.simulator.wire.common.market import Market

__all__ = ["PrivateRest"]

_Call = Callable[[Fields], JsonObject]
_Handler = Callable[[web.Request], Awaitable[web.Response]]


class PrivateRest:
    """Endpoints that need a key and a signature.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        calls: What is answered.
        quota: Requests per second, shared with the trade socket.
        entry: The way of orders.
    """

    def __init__(
        self,
        market: Market,
        keys: VenueKeys,
        calls: AccountCalls,
        quota: Quota,
        entry: OrderEntry,
    ) -> None:
        self._market = market
        self._keys = keys
        self._calls = calls
        self._quota = quota
        self._entry = entry

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints, with their requests per second (`v5/rate-limit`)."""
        calls = self._calls
        return [
            web.post("/v5/order/create", self._order(Op.PLACE, "create", calls.create)),
            web.post("/v5/order/cancel", self._order(Op.CANCEL, "cancel", calls.cancel)),
            web.post("/v5/order/cancel-all", self._signed("cancel-all", calls.cancel_all)),
            web.get("/v5/order/realtime", self._signed("realtime", calls.realtime)),
            web.get("/v5/order/history", self._signed("history", calls.history)),
            web.get("/v5/order/spot-borrow-check", self._signed("borrow", calls.borrow_check)),
            web.get("/v5/execution/list", self._signed("executions", calls.executions)),
            web.get("/v5/account/wallet-balance", self._signed("wallet", calls.wallet)),
            web.get("/v5/account/fee-rate", self._signed("fee-rate", calls.fee_rate)),
            web.get("/v5/account/info", self._signed("info", calls.account)),
            web.get("/v5/account/user-setting-config", self._signed("settings", calls.settings)),
            web.get("/v5/asset/coin/query-info", self._signed("coins", calls.coins, message="")),
            web.get("/v5/user/query-api", self._signed("key", calls.key, message="")),
        ]

    def _signed(self, bucket: str, call: _Call, *, message: str = "OK") -> _Handler:
        """Wrap a call with the signature check, its rate limit and the limit's headers."""
        trades = bucket == "cancel-all"

        async def handle(request: web.Request) -> web.Response:
            headers: dict[str, str] = {}
            body = await request.read()
            try:
                self._check(request, body, bucket, headers, trades=trades)
                result = call(self._fields(request, body))
            except BadField as bad:
                return refusal(bad_field(bad), self._market.now_ms(), headers)
            except ApiError as error:
                return refusal(error, self._market.now_ms(), headers)
            response = success(result, self._market.now_ms(), message)
            response.headers.update(headers)
            return response

        return handle

    def _order(self, op: Op, bucket: str, call: _Call) -> _Handler:
        """Wrap a call about an order, which faults may meet on its way."""

        async def handle(request: web.Request) -> web.Response:
            headers: dict[str, str] = {}
            body = await request.read()

            def check() -> web.Response | None:
                try:
                    self._check(request, body, bucket, headers, trades=True)
                except ApiError as error:
                    return refusal(error, self._market.now_ms(), headers)
                return None

            def act() -> web.Response:
                try:
                    response = success(call(Fields.of_body(body)), self._market.now_ms())
                except BadField as bad:
                    return refusal(bad_field(bad), self._market.now_ms(), headers)
                except ApiError as error:
                    return refusal(error, self._market.now_ms(), headers)
                response.headers.update(headers)
                return response

            def word(error: ErrorAnswer) -> web.Response:
                return refusal(unreasonable(error), self._market.now_ms(), headers)

            try:
                about = self._calls.about(op, Fields.of_body(body))
            except BadField:
                # Signed or not, it is no request about an order.
                return check() or act()
            return await self._entry.request(request, about, check, act, word)

        return handle

    def _check(
        self,
        request: web.Request,
        body: bytes,
        bucket: str,
        headers: dict[str, str],
        *,
        trades: bool,
    ) -> None:
        """Check a request and write the limit's headers.

        Raises:
            ApiError: It is refused.
        """
        if request.method == "GET" and body:
            raise ApiError(0, "Forbidden", 403)
        sent = body if request.method == "POST" else raw_query(request).encode()
        check_request(request.headers, sent, self._keys, self._market.now_ms())
        self._calls.check_rights(trades=trades)
        self._quota.take(bucket, headers)

    @staticmethod
    def _fields(request: web.Request, body: bytes) -> Fields:
        if request.method == "POST":
            return Fields.of_body(body)
        return Fields.of_query(raw_query(request))
