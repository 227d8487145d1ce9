"""What Binance answers to signed calls, over HTTP and over the WebSocket API alike."""

from __future__ import annotations

from arbot_tui.domain.orders import OrderSide
from arbot_tui.simulator.core.conduct import Op
from arbot_tui.simulator.core.fault_args import PermsArgs
from arbot_tui.simulator.core.hashing import draw_key, text_key
from arbot_tui.simulator.core.hindsight import Hindsight
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.core.matching import Matcher
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
    coin_body,
    commission,
    millis,
    order_body,
    query_body,
    trade_body,
    wire_symbol,
)
from arbot_tui.simulator.wire.binance.limits import Limits
from arbot_tui.simulator.wire.binance.params import Params
from arbot_tui.simulator.wire.binance.rest_public import PublicRest
from arbot_tui.simulator.wire.binance.signing import check_key
from arbot_tui.simulator.wire.common.entry import About
from arbot_tui.simulator.wire.common.json import Json, JsonObject
from arbot_tui.simulator.wire.common.market import Market

__all__ = ["AccountCalls"]

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


class AccountCalls:
    """What an account may ask once its signature is checked; weights are counted by the caller.

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

    def place(self, params: Params) -> Json:
        """Place an order; answer as `newOrderRespType` asks."""
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
        return order_body(order, kind)

    def test(self, params: Params) -> Json:
        """Check the parameters of an order and do nothing."""
        self._new_order(params)
        return {}

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

    def query(self, params: Params) -> Json:
        """Return one order."""
        params.allow(("symbol", "orderId", "origClientOrderId"))
        order = self._find(params, self._market.seen)
        if order is None:
            raise ApiError(-2013, "Order does not exist.")
        return query_body(order)

    def cancel(self, params: Params) -> Json:
        """Cancel one order."""
        params.allow(
            ("symbol", "orderId", "origClientOrderId", "newClientOrderId", "cancelRestrictions")
        )
        order = self._find(params, self._market.matcher)
        if order is None:
            raise cancel_refused()
        self._end(order, params.client_id("newClientOrderId") or self._made_up_id())
        self._limits.refund(1, self._market.elapsed_ms())
        return cancel_body(order)

    def about(self, op: Op, params: Params) -> About:
        """Return what a request about an order is about."""
        instrument = self._public.instruments.get(params.get("symbol") or "")
        names = ("newClientOrderId",) if op is Op.PLACE else ("orderId", "origClientOrderId")
        ident = next((name for name in map(params.get, names) if name), "")
        return About(op, None if instrument is None else instrument.symbol, ident)

    def cancel_all(self, params: Params) -> Json:
        """Cancel all open orders of a symbol."""
        open_orders = self._open_on(self._public.instrument(params.need("symbol")))
        if not open_orders:
            raise cancel_refused()
        for order in open_orders:
            self._end(order, self._made_up_id())
        self._limits.refund(1, self._market.elapsed_ms())
        return [cancel_body(order) for order in open_orders]

    def _end(self, order: Order, cancel_id: str) -> None:
        try:
            self._market.cancel(order, cancel_id)
        except Refused as refused:
            raise cancel_refused() from refused

    def charge(self, weight: int) -> None:
        """Count the weight of a request.

        Raises:
            ApiError: -1003, too much was asked.
        """
        self._limits.charge(weight, self._market.elapsed_ms())

    def check_key(self, sent: str | None, *, trades: bool) -> None:
        """Check that a key is the account's, still valid, and may do what is asked.

        Raises:
            ApiError: -2014 without a key, -2015 otherwise.
        """
        check_key(sent, self._keys.api_key)
        rights = self._market.key_rights
        if rights is None or (trades and not rights.trade):
            raise ApiError(-2015, "Invalid API-key, IP, or permissions for action.", 401)

    def open_orders(self, params: Params) -> Json:
        """Return open orders; counts its own weight."""
        symbol = params.get("symbol")
        self.charge(80 if symbol is None else 6)
        if symbol is None:
            return [query_body(o) for o in self._market.seen.open_orders]
        instrument = self._public.instrument(symbol)
        rows = self._market.seen.open_orders
        return [query_body(order) for order in rows if order.symbol == instrument.symbol]

    def all_orders(self, params: Params) -> Json:
        """Return orders of a symbol, open or not."""
        instrument = self._public.instrument(params.need("symbol"))
        first, limit = params.integer("orderId"), _limit(params)
        start, end = _span(params)
        rows = [
            order
            for order in self._market.seen.orders
            if order.symbol == instrument.symbol
            and order.order_id >= (first or 0)
            and start <= millis(order.created_ns) <= end
        ]
        return [query_body(o) for o in (rows[-limit:] if first is None else rows[:limit])]

    def my_trades(self, params: Params) -> Json:
        """Return trades of a symbol; counts its own weight."""
        order_id, from_id = params.integer("orderId"), params.integer("fromId")
        self.charge(20 if order_id is None else 5)
        instrument = self._public.instrument(params.need("symbol"))
        limit = _limit(params)
        start, end = _span(params)
        rows = [
            trade
            for trade in self._market.seen.trades
            if trade.symbol == instrument.symbol
            and (order_id is None or trade.order_id == order_id)
            and trade.trade_id >= (from_id or 0)
            and start <= millis(trade.ts_ns) <= end
        ]
        # Without a place to start from, the newest ones are meant.
        rows = rows[-limit:] if from_id is None else rows[:limit]
        return [trade_body(trade, wire_symbol(instrument)) for trade in rows]

    def account(self, params: Params) -> Json:
        """Return balances and the standard fees."""
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
                self._market.seen.holdings,
                (params.get("omitZeroBalances") or "").lower() == "true",
            ),
            "permissions": ["SPOT"],
            "uid": text_key(self._keys.api_key) % 10**9,
        }
        return body

    def commission(self, params: Params) -> Json:
        """Return what trades of a symbol cost."""
        instrument = self._public.instrument(params.need("symbol"))
        return commission(instrument, self._market.fees(instrument))

    def order_counts(self, params: Params) -> Json:
        """Return how many unfilled orders count against the account's limits."""
        return self._limits.rows(self._market.elapsed_ms(), weight=False)

    def coins(self, params: Params) -> Json:
        """Return which coins can be moved."""
        return [coin_body(coin) for coin in self._market.coins()]

    def restrictions(self, params: Params) -> Json:
        """Return what the key may do."""
        rights = self._market.key_rights or PermsArgs()
        return {
            "ipRestrict": rights.ip_bound,
            "createTime": self._market.now_ms(),
            "enableReading": True,
            "enableWithdrawals": rights.withdraw,
            "enableInternalTransfer": rights.transfer,
            "enableMargin": False,
            "enableFutures": False,
            "permitsUniversalTransfer": rights.transfer,
            "enableVanillaOptions": False,
            "enableFixApiTrade": False,
            "enableFixReadOnly": False,
            "enableSpotAndMarginTrading": rights.trade,
            "enablePortfolioMarginTrading": False,
        }

    def _open_on(self, instrument: Instrument) -> list[Order]:
        return [o for o in self._market.matcher.open_orders if o.symbol == instrument.symbol]

    def _find(self, params: Params, among: Hindsight | Matcher) -> Order | None:
        """Return the order a request names, or None if there is no such order."""
        instrument = self._public.instrument(params.need("symbol"))
        order_id, client_id = params.integer("orderId"), params.get("origClientOrderId")
        if order_id is not None:
            order = among.find(order_id)
            if order is not None and client_id not in (None, order.client_id):
                raise ApiError(-2039, "Client order ID is not correct for this order ID.")
        elif client_id is not None:
            order = among.find_client(client_id)
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
