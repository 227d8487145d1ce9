"""Bitget's signed REST endpoints, of Classic accounts (v2) and of unified ones (v3).

An account is one or the other: the endpoints of the other kind answer that it is not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from arbot_tui.simulator.core.conduct import ErrorAnswer, Op
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bitget.calls import ClassicCalls
from arbot_tui.simulator.wire.bitget.envelope import success
from arbot_tui.simulator.wire.bitget.errors import ApiError, too_many, unreasonable
from arbot_tui.simulator.wire.bitget.signing import check_request
from arbot_tui.simulator.wire.bitget.unified_calls import UnifiedCalls
from arbot_tui.simulator.wire.common.entry import About, OrderEntry
from arbot_tui.simulator.wire.common.fields import BadField, Fields, raw_query
from arbot_tui.simulator.wire.common.json import Json
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.rates import Rates

__all__ = ["PrivateRest", "check_dialect", "check_rights", "take"]

_SECOND_MS = 1000
_V2, _V3 = "/api/v2", "/api/v3"

_Call = Callable[[Fields], Json]
_Handler = Callable[[web.Request], Awaitable[web.Response]]


def check_rights(market: Market, *, trades: bool) -> None:
    """Check that the key is still valid and may do what is asked.

    Raises:
        ApiError: 40037 once it is gone, 40014 without the right to trade.
    """
    rights = market.key_rights
    if rights is None:
        raise ApiError("40037", "Apikey does not exist")
    if trades and not rights.trade:
        raise ApiError("40014", "Incorrect permissions")


def check_dialect(market: Market, *, unified: bool) -> None:
    """Check that the account is of the kind that an endpoint serves.

    Raises:
        ApiError: 40085 for a unified account, 25245 for a Classic one.
    """
    if market.unified == unified:
        return
    if unified:
        raise ApiError("25245", "The account is not in the unified account mode")
    raise ApiError(
        "40085",
        "You are in Unified Account mode, and the Classic Account API is not supported at this "
        "time",
    )


def take(rates: Rates, bucket: str, per_s: int, now_ms: int) -> int:
    """Count a request and return how many are left in this second.

    Raises:
        ApiError: 429, too many.
    """
    left = rates.take(bucket, per_s, _SECOND_MS, now_ms)
    if left < 0:
        raise too_many()
    return left


class PrivateRest:
    """Endpoints that need a key, a passphrase and a signature.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        calls: What is answered to a Classic account.
        unified: What is answered to a unified account.
        rates: Requests per second, shared with the sockets.
        entry: The way of orders.
    """

    def __init__(
        self,
        market: Market,
        keys: VenueKeys,
        calls: ClassicCalls,
        unified: UnifiedCalls,
        rates: Rates,
        entry: OrderEntry,
    ) -> None:
        self._market = market
        self._keys = keys
        self._calls = calls
        self._unified = unified
        self._rates = rates
        self._entry = entry

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints, with their requests per second."""
        calls, trade, account = self._calls, f"{_V2}/spot/trade", f"{_V2}/spot/account"
        signed = self._signed
        return [
            web.post(f"{trade}/place-order", self._order(Op.PLACE, calls.place, calls.about)),
            web.post(f"{trade}/cancel-order", self._order(Op.CANCEL, calls.cancel, calls.about)),
            web.get(f"{trade}/orderInfo", signed(20, calls.order_info)),
            web.get(f"{trade}/unfilled-orders", signed(20, calls.unfilled)),
            web.get(f"{trade}/history-orders", signed(20, calls.history)),
            web.get(f"{trade}/fills", signed(10, calls.fills)),
            # The documentation's sample spells `message` here.
            web.get(f"{account}/assets", signed(10, calls.assets, "message")),
            web.get(f"{account}/info", signed(1, calls.info)),
            web.get(f"{account}/deduct-info", signed(10, calls.deduct_info)),
            web.get(f"{_V2}/common/trade-rate", signed(10, calls.trade_rate)),
            *self._unified_routes(),
        ]

    def _unified_routes(self) -> list[web.RouteDef]:
        calls, trade, account = self._unified, f"{_V3}/trade", f"{_V3}/account"
        signed, about = self._signed, self._unified.about
        return [
            web.post(f"{trade}/place-order", self._order(Op.PLACE, calls.place, about)),
            web.post(f"{trade}/cancel-order", self._order(Op.CANCEL, calls.cancel, about)),
            web.get(f"{trade}/order-info", signed(20, calls.order_info)),
            web.get(f"{trade}/unfilled-orders", signed(20, calls.unfilled)),
            web.get(f"{trade}/history-orders", signed(20, calls.history)),
            web.get(f"{trade}/fills", signed(20, calls.fills)),
            web.get(f"{account}/assets", signed(20, calls.assets)),
            web.get(f"{account}/funding-assets", signed(20, calls.funding_assets)),
            web.get(f"{account}/fee-rate", signed(3, calls.fee_rate)),
            web.get(f"{account}/info", signed(5, calls.info)),
            # How a client finds out what kind of account this is.
            web.get(f"{account}/settings", signed(20, calls.settings)),
            web.get(f"{account}/deduct-info", signed(10, calls.deduct_info)),
        ]

    def _signed(self, per_s: int, call: _Call, message_key: str = "msg") -> _Handler:
        """Wrap a call with the signature check and its rate limit."""

        async def handle(request: web.Request) -> web.Response:
            self._check(request, await request.read(), trades=False)
            left = take(self._rates, request.path, per_s, self._market.elapsed_ms())
            answer = call(Fields.of_query(raw_query(request)))
            return success(answer, self._market.now_ms(), message_key, left=left)

        return handle

    def _order(self, op: Op, call: _Call, about: Callable[[Op, Fields], About]) -> _Handler:
        """Wrap a call about an order, ten a second, which faults may meet on its way."""

        async def handle(request: web.Request) -> web.Response:
            body = await request.read()
            try:
                fields = Fields.of_body(body)
            except BadField:
                self._check(request, body, trades=True)
                raise

            def check() -> None:
                self._check(request, body, trades=True)
                take(self._rates, request.path, 10, self._market.elapsed_ms())
                if op is Op.PLACE and request.path.startswith(_V2):
                    self._calls.check_latency(fields)

            def word(error: ErrorAnswer) -> web.Response:
                raise unreasonable(error)

            def act() -> web.Response:
                return success(call(fields), self._market.now_ms())

            return await self._entry.request(request, about(op, fields), check, act, word)

        return handle

    def _check(self, request: web.Request, body: bytes, *, trades: bool) -> None:
        now_ms = self._market.now_ms()
        check_request(request.headers, request.method, request.raw_path, body, self._keys, now_ms)
        check_rights(self._market, trades=trades)
        check_dialect(self._market, unified=request.path.startswith(_V3))
