"""Binance's signed REST endpoints: orders, trades and the account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from arbot_tui.domain.orders import OrderSide
from arbot_tui.simulator.core.hashing import draw_key, text_key
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.core.orders import NewOrder, Order, Refused, TimeInForce
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.binance.errors import (
    ApiError,
    cancel_refused,
    order_refused,
)
from arbot_tui.simulator.wire.binance.formats import (
    amount,
    balances,
    cancel_body,
    commission,
    millis,
    order_body,
    query_body,
    trade_body,
    wire_symbol,
)
from arbot_tui.simulator.wire.binance.limits import Limits
from arbot_tui.simulator.wire.binance.params import Params
from arbot_tui.simulator.wire.binance.rest_public import PublicRest, raw_query
from arbot_tui.simulator.wire.binance.signing import check_key, check_signature, check_window
from arbot_tui.simulator.wire.common.json import JsonObject, respond
from arbot_tui.simulator.wire.common.market import Market

__all__ = ["PrivateRest"]

_PLACE_PARAMS = (
    "symbol",
    "side",
    "type",
    "timeInForce",
    "quantity",
    "price",
    "newClientOrderId",
    "newOrderRespType",
    "selfTradePreventionMode",
)
_DAY_MS = 86_400_000
_DEFAULT_TRADES, _MOST_TRADES = 500, 1000

_Signed = Callable[[web.Request, Params], Awaitable[web.Response]]


class PrivateRest:
    """Endpoints that need a key and a signature.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        limits: The venue's counters.
        public: Finds instruments by Binance's names.
    """

    def __init__(self, market: Market, keys: VenueKeys, limits: Limits, public: PublicRest) -> None:
        self._market = market
        self._keys = keys
        self._limits = limits
        self._public = public

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints."""
        return [
            web.post("/api/v3/order", self._signed(1, self._place)),
            web.post("/api/v3/order/test", self._signed(1, self._test)),
            web.get("/api/v3/order", self._signed(4, self._query)),
            web.delete("/api/v3/order", self._signed(1, self._cancel)),
            web.get("/api/v3/openOrders", self._signed(None, self._open_orders)),
            web.delete("/api/v3/openOrders", self._signed(1, self._cancel_all)),
            web.get("/api/v3/allOrders", self._signed(20, self._all_orders)),
            web.get("/api/v3/myTrades", self._signed(None, self._my_trades)),
            web.get("/api/v3/account", self._signed(20, self._account)),
            web.get("/api/v3/account/commission", self._signed(20, self._commission)),
            web.get("/sapi/v1/account/apiRestrictions", self._signed(1, self._restrictions)),
        ]

    def _signed(
        self, weight: int | None, endpoint: _Signed
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Wrap an endpoint with weight (None: it counts by itself) and the signature check."""

        async def handle(request: web.Request) -> web.Response:
            if weight is not None:
                self._charge(weight)
            query, body = raw_query(request), await request.text()
            check_key(request.headers.get("X-MBX-APIKEY"), self._keys.api_key)
            params = Params(query, body)
            check_window(params.get("timestamp"), params.get("recvWindow"), self._market.now_ms())
            check_signature(query, body, self._keys.api_secret)
            return await endpoint(request, params)

        return handle

    def _charge(self, weight: int) -> None:
        self._limits.charge(weight, self._market.elapsed_ms())

    async def _place(self, request: web.Request, params: Params) -> web.Response:
        self._limits.check_order(self._market.elapsed_ms())
        kind = params.get("newOrderRespType") or "FULL"
        if kind not in ("ACK", "RESULT", "FULL"):
            raise ApiError(-1119, "Invalid newOrderRespType.")
        try:
            order = self._market.place(self._new_order(params))
        except Refused as refused:
            raise order_refused(refused) from refused
        now_ms = self._market.elapsed_ms()
        self._limits.count_order(bool(order.trades), now_ms)
        self._limits.refund(1, now_ms)
        return respond(order_body(order, kind), headers=self._limits.order_headers(now_ms))

    async def _test(self, request: web.Request, params: Params) -> web.Response:
        self._new_order(params)
        return respond({})

    def _new_order(self, params: Params) -> NewOrder:
        """Return the order a request describes, as far as parameters alone can be wrong."""
        params.allow(_PLACE_PARAMS)
        instrument = self._public.instrument(params.need("symbol"))
        side = {"BUY": OrderSide.BUY, "SELL": OrderSide.SELL}.get(params.need("side"))
        if side is None:
            raise ApiError(-1117, "Invalid side.")
        if params.need("type") != "LIMIT":
            raise ApiError(-1116, "Invalid orderType.")
        name = params.need("timeInForce")
        if name not in ("GTC", "IOC", "FOK"):
            raise ApiError(-1115, "Invalid timeInForce.")
        client_id = params.client_id("newClientOrderId") or self._made_up_id()
        return NewOrder(
            symbol=instrument.symbol,
            side=side,
            price=params.amount("price"),
            qty=params.amount("quantity"),
            tif=TimeInForce(name.lower()),
            client_id=client_id,
        )

    def _made_up_id(self) -> str:
        """Return a client id as Binance makes them up: 22 letters and digits."""
        orders = self._market.matcher.orders
        key = draw_key(text_key(self._keys.api_key), len(orders), self._market.now_ns())
        return f"{key:016x}{draw_key(key):016x}"[:22]

    async def _query(self, request: web.Request, params: Params) -> web.Response:
        params.allow(("symbol", "orderId", "origClientOrderId"))
        order = self._find(params)
        if order is None:
            raise ApiError(-2013, "Order does not exist.")
        return respond(query_body(order))

    async def _cancel(self, request: web.Request, params: Params) -> web.Response:
        params.allow(
            ("symbol", "orderId", "origClientOrderId", "newClientOrderId", "cancelRestrictions")
        )
        order = self._find(params)
        if order is None:
            raise cancel_refused()
        self._end(order, params.client_id("newClientOrderId") or self._made_up_id())
        self._limits.refund(1, self._market.elapsed_ms())
        return respond(cancel_body(order))

    async def _cancel_all(self, request: web.Request, params: Params) -> web.Response:
        open_orders = self._open_on(self._public.instrument(params.need("symbol")))
        if not open_orders:
            raise cancel_refused()
        for order in open_orders:
            self._end(order, self._made_up_id())
        self._limits.refund(1, self._market.elapsed_ms())
        return respond([cancel_body(order) for order in open_orders])

    def _end(self, order: Order, cancel_id: str) -> None:
        try:
            self._market.cancel(order, cancel_id)
        except Refused as refused:
            raise cancel_refused() from refused

    async def _open_orders(self, request: web.Request, params: Params) -> web.Response:
        symbol = params.get("symbol")
        self._charge(80 if symbol is None else 6)
        if symbol is None:
            return respond([query_body(o) for o in self._market.matcher.open_orders])
        instrument = self._public.instrument(symbol)
        return respond([query_body(order) for order in self._open_on(instrument)])

    async def _all_orders(self, request: web.Request, params: Params) -> web.Response:
        instrument = self._public.instrument(params.need("symbol"))
        first, limit = params.integer("orderId"), _limit(params)
        start, end = _span(params)
        rows = [
            order
            for order in self._market.matcher.orders
            if order.symbol == instrument.symbol
            and order.order_id >= (first or 0)
            and start <= millis(order.created_ns) <= end
        ]
        return respond([query_body(o) for o in (rows[-limit:] if first is None else rows[:limit])])

    async def _my_trades(self, request: web.Request, params: Params) -> web.Response:
        order_id, from_id = params.integer("orderId"), params.integer("fromId")
        self._charge(20 if order_id is None else 5)
        instrument = self._public.instrument(params.need("symbol"))
        limit = _limit(params)
        start, end = _span(params)
        rows = [
            trade
            for trade in self._market.matcher.trades
            if trade.symbol == instrument.symbol
            and (order_id is None or trade.order_id == order_id)
            and trade.trade_id >= (from_id or 0)
            and start <= millis(trade.ts_ns) <= end
        ]
        # Without a place to start from, the newest ones are meant.
        rows = rows[-limit:] if from_id is None else rows[:limit]
        return respond([trade_body(trade, wire_symbol(instrument)) for trade in rows])

    async def _account(self, request: web.Request, params: Params) -> web.Response:
        fees = self._market.profile
        rates = {
            "maker": amount(fees.maker_fee),
            "taker": amount(fees.taker_fee),
            "buyer": "0.00000000",
            "seller": "0.00000000",
        }
        trades = self._market.matcher.trades
        body: JsonObject = {
            "makerCommission": int(fees.maker_fee * 10_000),
            "takerCommission": int(fees.taker_fee * 10_000),
            "buyerCommission": 0,
            "sellerCommission": 0,
            "commissionRates": rates,
            "canTrade": True,
            "canWithdraw": True,
            "canDeposit": True,
            "brokered": False,
            "requireSelfTradePrevention": False,
            "preventSor": False,
            "updateTime": millis(trades[-1].ts_ns) if trades else 0,
            "accountType": "SPOT",
            "balances": balances(
                self._market.account, (params.get("omitZeroBalances") or "").lower() == "true"
            ),
            "permissions": ["SPOT"],
            "uid": text_key(self._keys.api_key) % 10**9,
        }
        return respond(body)

    async def _commission(self, request: web.Request, params: Params) -> web.Response:
        instrument = self._public.instrument(params.need("symbol"))
        fees = self._market.profile
        return respond(commission(instrument, fees.maker_fee, fees.taker_fee))

    async def _restrictions(self, request: web.Request, params: Params) -> web.Response:
        return respond(
            {
                "ipRestrict": True,
                "createTime": self._market.now_ms(),
                "enableReading": True,
                "enableWithdrawals": False,
                "enableInternalTransfer": False,
                "enableMargin": False,
                "enableFutures": False,
                "permitsUniversalTransfer": False,
                "enableVanillaOptions": False,
                "enableFixApiTrade": False,
                "enableFixReadOnly": False,
                "enableSpotAndMarginTrading": True,
                "enablePortfolioMarginTrading": False,
            }
        )

    def _open_on(self, instrument: Instrument) -> list[Order]:
        return [o for o in self._market.matcher.open_orders if o.symbol == instrument.symbol]

    def _find(self, params: Params) -> Order | None:
        """Return the order a request names, or None if there is no such order."""
        instrument = self._public.instrument(params.need("symbol"))
        order_id, client_id = params.integer("orderId"), params.get("origClientOrderId")
        matcher = self._market.matcher
        if order_id is not None:
            order = matcher.find(order_id)
            if order is not None and client_id not in (None, order.client_id):
                raise ApiError(-2039, "Client order ID is not correct for this order ID.")
        elif client_id is not None:
            order = matcher.find_client(client_id)
        else:
            raise ApiError(
                -1102,
                "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
            )
        return order if order is not None and order.symbol == instrument.symbol else None


def _limit(params: Params) -> int:
    limit = params.integer("limit")
    return _DEFAULT_TRADES if limit is None else min(max(limit, 1), _MOST_TRADES)


def _span(params: Params) -> tuple[int, int]:
    """Return first and last millisecond of the time a request asks for."""
    start, end = params.integer("startTime"), params.integer("endTime")
    if start is not None and end is not None and end - start > _DAY_MS:
        raise ApiError(-1127, "More than 24 hours between startTime and endTime.")
    return start or 0, end if end is not None else 1 << 62
