"""Bybit's signed REST endpoints: orders, executions and the account."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from itertools import count

from aiohttp import web

from arbot_tui.simulator.core.hashing import text_key
from arbot_tui.simulator.core.orders import NewOrder, Order, Refused, Trade
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bybit.envelope import refusal, success
from arbot_tui.simulator.wire.bybit.errors import (
    ApiError,
    bad_field,
    cancel_refused,
    order_refused,
)
from arbot_tui.simulator.wire.bybit.formats import (
    SIDES,
    TIMES_IN_FORCE,
    execution_body,
    key_body,
    order_body,
    wallet_body,
    wire_symbol,
)
from arbot_tui.simulator.wire.bybit.paging import page, span
from arbot_tui.simulator.wire.bybit.rest_public import PublicRest, check_category
from arbot_tui.simulator.wire.bybit.signing import check_request
from arbot_tui.simulator.wire.common.amounts import millis, trimmed
from arbot_tui.simulator.wire.common.fields import BadField, Fields, raw_query
from arbot_tui.simulator.wire.common.json import JsonObject
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.rates import Rates

__all__ = ["PrivateRest"]

_LINK_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
_RECENT_CLOSED = 500
_SECOND_MS = 1000

_Endpoint = Callable[[Fields], web.Response]


class PrivateRest:
    """Endpoints that need a key and a signature.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        public: Finds instruments by Bybit's names.
    """

    def __init__(self, market: Market, keys: VenueKeys, public: PublicRest) -> None:
        self._market = market
        self._keys = keys
        self._public = public
        self._rates = Rates()
        self._made_up = count(1)

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints, with their requests per second (`v5/rate-limit`)."""
        return [
            web.post("/v5/order/create", self._signed(20, self._create)),
            web.post("/v5/order/cancel", self._signed(20, self._cancel)),
            web.post("/v5/order/cancel-all", self._signed(20, self._cancel_all)),
            web.get("/v5/order/realtime", self._signed(50, self._realtime)),
            web.get("/v5/order/history", self._signed(50, self._history)),
            web.get("/v5/execution/list", self._signed(50, self._executions)),
            web.get("/v5/account/wallet-balance", self._signed(50, self._wallet)),
            web.get("/v5/account/fee-rate", self._signed(5, self._fee_rate)),
            web.get("/v5/user/query-api", self._signed(10, self._key)),
        ]

    def _signed(
        self, per_s: int, endpoint: _Endpoint
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Wrap an endpoint with the signature check, its rate limit and the limit's headers."""

        async def handle(request: web.Request) -> web.Response:
            body, now_ms = await request.read(), self._market.now_ms()
            headers: dict[str, str] = {}
            try:
                if request.method == "GET" and body:
                    raise ApiError(0, "Forbidden", 403)
                sent = body if request.method == "POST" else raw_query(request).encode()
                check_request(request.headers, sent, self._keys, now_ms)
                self._take(request.path, per_s, headers)
                fields = (
                    Fields.of_body(body)
                    if request.method == "POST"
                    else Fields.of_query(raw_query(request))
                )
                response = endpoint(fields)
            except BadField as bad:
                return refusal(bad_field(bad), now_ms, headers)
            except ApiError as error:
                return refusal(error, now_ms, headers)
            response.headers.update(headers)
            return response

        return handle

    def _take(self, path: str, per_s: int, headers: dict[str, str]) -> None:
        """Count a request and write the limit's headers.

        Raises:
            ApiError: 10006; the reset header then says when to come back.
        """
        now_ms = self._market.elapsed_ms()
        left = self._rates.take(path, per_s, _SECOND_MS, now_ms)
        reset_ms = now_ms if left >= 0 else self._rates.free_at_ms(path, _SECOND_MS, now_ms)
        headers["X-Bapi-Limit"] = str(per_s)
        headers["X-Bapi-Limit-Status"] = str(max(left, 0))
        headers["X-Bapi-Limit-Reset-Timestamp"] = str(reset_ms)
        if left < 0:
            raise ApiError(10006, "Too many visits!")

    def _create(self, fields: Fields) -> web.Response:
        check_category(fields)
        new = self._new_order(fields)
        try:
            order = self._market.place(new)
        except Refused as refused:
            raise order_refused(refused, new.side) from refused
        # Accepted, nothing more: what became of it is for the query and the private stream.
        return success(_identity(order), self._market.now_ms())

    def _new_order(self, fields: Fields) -> NewOrder:
        """Return the order a request describes, as far as parameters alone can be wrong."""
        instrument = self._public.find(fields.need("symbol"))
        if instrument is None:
            raise ApiError(170121, "Invalid symbol.")
        if fields.need("side") not in SIDES:
            raise ApiError(170117, "Invalid side.")
        if fields.need("orderType") != "Limit":
            raise ApiError(170116, "Invalid orderType.")
        word = fields.get("timeInForce") or "GTC"
        if word not in TIMES_IN_FORCE:
            raise ApiError(170115, "Invalid timeInForce.")
        if fields.integer("isLeverage") not in (None, 0):
            raise BadField("isLeverage")
        if fields.get("orderFilter") not in (None, "Order"):
            raise BadField("orderFilter")
        link_id = fields.get("orderLinkId")
        if link_id is not None and not _LINK_ID.fullmatch(link_id):
            raise BadField("orderLinkId")
        return NewOrder(
            symbol=instrument.symbol,
            side=SIDES[fields.need("side")],
            price=fields.amount("price"),
            qty=fields.amount("qty"),
            tif=TIMES_IN_FORCE[word],
            client_id=link_id or self._made_up_id(),
        )

    def _made_up_id(self) -> str:
        """Return an order link id as Bybit makes them up: a number."""
        return f"{self._market.now_ms()}{next(self._made_up):06d}"

    def _cancel(self, fields: Fields) -> web.Response:
        check_category(fields)
        symbol = fields.need("symbol")
        order = self._named(fields)
        if order is not None and wire_symbol(order.instrument) != symbol:
            order = None
        if order is None or not order.is_open:
            raise cancel_refused(order)
        self._market.cancel(order)
        return success(_identity(order), self._market.now_ms())

    def _cancel_all(self, fields: Fields) -> web.Response:
        check_category(fields)
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        orders = [o for o in self._market.matcher.open_orders if o.symbol in symbols]
        for order in orders:
            self._market.cancel(order)
        result: JsonObject = {"list": [_identity(order) for order in orders], "success": "1"}
        return success(result, self._market.now_ms())

    def _realtime(self, fields: Fields) -> web.Response:
        check_category(fields)
        matcher = self._market.matcher
        if _names_one(fields):
            # By id: open ones and those that have ended, `openOnly` is ignored.
            return self._orders(self._found(fields), fields)
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        if (fields.integer("openOnly") or 0) == 0:
            orders = matcher.open_orders
        else:
            orders = [o for o in matcher.orders if not o.is_open][-_RECENT_CLOSED:]
        return self._orders([o for o in orders if o.symbol in symbols], fields)

    def _history(self, fields: Fields) -> web.Response:
        check_category(fields)
        if _names_one(fields):
            return self._orders([o for o in self._found(fields) if not o.is_open], fields)
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        start, end = span(fields, self._market.now_ms())
        orders = [
            order
            for order in self._market.matcher.orders
            if not order.is_open
            and order.symbol in symbols
            and start <= millis(order.created_ns) <= end
        ]
        return self._orders(orders, fields)

    def _orders(self, orders: Sequence[Order], fields: Fields) -> web.Response:
        chosen, cursor = page(
            orders, fields, 50, lambda o: (o.order_id, millis(o.created_ns)), default=20
        )
        return self._listed([order_body(order) for order in chosen], cursor)

    def _executions(self, fields: Fields) -> web.Response:
        check_category(fields)
        market = self._market
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        trades: Sequence[Trade] = market.matcher.trades
        if _names_one(fields):
            trades = [trade for order in self._found(fields) for trade in order.trades]
        start, end = span(fields, market.now_ms())
        rows = [t for t in trades if t.symbol in symbols and start <= millis(t.ts_ns) <= end]
        chosen, cursor = page(
            rows, fields, 100, lambda t: (t.trade_id, millis(t.ts_ns)), default=50
        )
        bodies: list[JsonObject] = []
        for trade in chosen:
            order = market.matcher.find(trade.order_id)
            if order is not None:
                fees = market.profile
                rate = fees.maker_fee if trade.maker else fees.taker_fee
                bodies.append(execution_body(trade, order, rate))
        return self._listed(bodies, cursor)

    def _listed(self, rows: Sequence[JsonObject], cursor: str) -> web.Response:
        result: JsonObject = {"nextPageCursor": cursor, "category": "spot", "list": rows}
        return success(result, self._market.now_ms())

    def _wallet(self, fields: Fields) -> web.Response:
        if fields.need("accountType") != "UNIFIED":
            raise ApiError(10001, "accountType only support UNIFIED.")
        coins = fields.get("coin")
        only = frozenset(coins.split(",")) if coins else frozenset[str]()
        prices = {
            i.base: i.price(self._market.book_of(i).best_bid.ticks)
            for i in self._market.instruments
        }
        result: JsonObject = {"list": wallet_body(self._market.account, only, prices)}
        return success(result, self._market.now_ms())

    def _fee_rate(self, fields: Fields) -> web.Response:
        check_category(fields)
        fees = self._market.profile
        rows: list[JsonObject] = [
            {
                "symbol": wire_symbol(instrument),
                "takerFeeRate": trimmed(fees.taker_fee),
                "makerFeeRate": trimmed(fees.maker_fee),
            }
            for instrument in self._public.chosen(fields)
        ]
        return success({"list": rows}, self._market.now_ms())

    def _key(self, fields: Fields) -> web.Response:
        user_id = text_key(self._keys.api_key) % 10**8
        return success(key_body(self._keys.api_key, user_id), self._market.now_ms(), "")

    def _found(self, fields: Fields) -> list[Order]:
        order = self._named(fields)
        return [] if order is None else [order]

    def _named(self, fields: Fields) -> Order | None:
        """Return the order a request names; its venue id wins over the client's.

        Raises:
            BadField: It names none.
        """
        order_id, link_id = fields.get("orderId"), fields.get("orderLinkId")
        if order_id is not None:
            return self._market.matcher.find(int(order_id)) if order_id.isdigit() else None
        if link_id is None:
            raise BadField("orderId", missing=True)
        return self._market.matcher.find_client(link_id)


def _names_one(fields: Fields) -> bool:
    return fields.get("orderId") is not None or fields.get("orderLinkId") is not None


def _identity(order: Order) -> JsonObject:
    return {"orderId": str(order.order_id), "orderLinkId": order.client_id}
