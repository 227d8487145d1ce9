"""What Bybit answers to signed requests, over HTTP and over the trade socket alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal
from itertools import count

from arbot_tui.simulator.core.account import Holding
from arbot_tui.simulator.core.conduct import Op
from arbot_tui.simulator.core.fault_args import PermsArgs
from arbot_tui.simulator.core.fees import FeeCoin
from arbot_tui.simulator.core.hashing import text_key
from arbot_tui.simulator.core.hindsight import Hindsight
from arbot_tui.simulator.core.matching import Matcher
from arbot_tui.simulator.core.orders import NewOrder, Order, Refused, Trade
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bybit.errors import (
    ApiError,
    cancel_refused,
    order_refused,
)
from arbot_tui.simulator.wire.bybit.formats import (
    SIDES,
    TIMES_IN_FORCE,
    coin_body,
    execution_body,
    key_body,
    order_body,
    wallet_body,
    wire_symbol,
)
from arbot_tui.simulator.wire.bybit.paging import page, span
from arbot_tui.simulator.wire.bybit.rest_public import PublicRest, check_category
from arbot_tui.simulator.wire.common.amounts import millis, trimmed
from arbot_tui.simulator.wire.common.entry import About
from arbot_tui.simulator.wire.common.fields import BadField, Fields
from arbot_tui.simulator.wire.common.json import JsonObject
from arbot_tui.simulator.wire.common.market import Market

__all__ = ["AccountCalls"]

_LINK_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
_RECENT_CLOSED = 500
# Orders that never traded leave the history after a day.
_UNFILLED_MS = 86_400_000


class AccountCalls:
    """What an account may ask once its signature is checked.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        public: Finds instruments by Bybit's names.
    """

    def __init__(self, market: Market, keys: VenueKeys, public: PublicRest) -> None:
        self._market = market
        self._keys = keys
        self._public = public
        self._made_up = count(1)

    def check_rights(self, *, trades: bool) -> None:
        """Check that the key is still valid and may do what is asked.

        Raises:
            ApiError: 33004 once it has expired, 10005 without the right to trade.
        """
        rights = self._market.key_rights
        if rights is None:
            raise ApiError(33004, "Your api key has expired.")
        if trades and not rights.trade:
            raise ApiError(10005, "Permission denied, please check your API key permissions.")

    def about(self, op: Op, fields: Fields) -> About:
        """Return what a request about an order is about."""
        names = ("orderLinkId",) if op is Op.PLACE else ("orderId", "orderLinkId")
        texts = [fields.text(name) for name in names]
        instrument = self._public.find(fields.text("symbol"))
        ident = next((text for text in texts if text), "")
        return About(op, None if instrument is None else instrument.symbol, ident)

    def create(self, fields: Fields) -> JsonObject:
        """Place an order; the answer says that it was accepted, nothing more."""
        check_category(fields)
        new = self._new_order(fields)
        try:
            order = self._market.place(new)
        except Refused as refused:
            raise order_refused(refused, new.side) from refused
        # Accepted, nothing more: what became of it is for the query and the private stream.
        return _identity(order)

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

    def cancel(self, fields: Fields) -> JsonObject:
        """Cancel an order."""
        check_category(fields)
        symbol = fields.need("symbol")
        order = self._named(fields, self._market.matcher)
        if order is not None and wire_symbol(order.instrument) != symbol:
            order = None
        if order is None or not order.is_open:
            raise cancel_refused(order)
        self._market.cancel(order)
        return _identity(order)

    def cancel_all(self, fields: Fields) -> JsonObject:
        """Cancel all open orders, or those of a symbol."""
        check_category(fields)
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        orders = [o for o in self._market.matcher.open_orders if o.symbol in symbols]
        for order in orders:
            self._market.cancel(order)
        result: JsonObject = {"list": [_identity(order) for order in orders], "success": "1"}
        return result

    def realtime(self, fields: Fields) -> JsonObject:
        """Return open orders, recently closed ones, or one."""
        check_category(fields)
        seen = self._market.seen
        # A service that was restarted has forgotten what had ended before.
        since_ns = self._market.restarted_ns
        if _names_one(fields):
            # By id: open ones and those that have ended, `openOnly` is ignored.
            found = [o for o in self._found(fields) if o.is_open or o.updated_ns >= since_ns]
            return self._orders(found, fields)
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        if (fields.integer("openOnly") or 0) == 0:
            orders = seen.open_orders
        else:
            closed = [o for o in seen.orders if not o.is_open and o.updated_ns >= since_ns]
            orders = closed[-_RECENT_CLOSED:]
        return self._orders([o for o in orders if o.symbol in symbols], fields)

    def history(self, fields: Fields) -> JsonObject:
        """Return closed orders."""
        check_category(fields)
        if _names_one(fields):
            return self._orders([o for o in self._found(fields) if not o.is_open], fields)
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        now_ms = self._market.now_ms()
        start, end = span(fields, now_ms)
        orders = [
            order
            for order in self._market.seen.orders
            if not order.is_open
            and order.symbol in symbols
            and start <= millis(order.created_ns) <= end
            and (order.filled or now_ms - millis(order.updated_ns) <= _UNFILLED_MS)
        ]
        return self._orders(orders, fields)

    def _orders(self, orders: Sequence[Order], fields: Fields) -> JsonObject:
        chosen, cursor = page(
            orders, fields, 50, lambda o: (o.order_id, millis(o.created_ns)), default=20
        )
        return self._listed([order_body(order) for order in chosen], cursor)

    def executions(self, fields: Fields) -> JsonObject:
        """Return executions."""
        check_category(fields)
        market = self._market
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        trades: Sequence[Trade] = market.seen.trades
        if _names_one(fields):
            named = self._named(fields, market.matcher)
            ident = 0 if named is None else named.order_id
            trades = [trade for trade in trades if trade.order_id == ident]
        start, end = span(fields, market.now_ms())
        rows = [t for t in trades if t.symbol in symbols and start <= millis(t.ts_ns) <= end]
        chosen, cursor = page(
            rows, fields, 100, lambda t: (t.trade_id, millis(t.ts_ns)), default=50
        )
        bodies: list[JsonObject] = []
        for trade in chosen:
            order = market.matcher.find(trade.order_id)
            if order is not None:
                bodies.append(execution_body(trade, order))
        return self._listed(bodies, cursor)

    def _listed(self, rows: Sequence[JsonObject], cursor: str) -> JsonObject:
        result: JsonObject = {"nextPageCursor": cursor, "category": "spot", "list": rows}
        return result

    def wallet(self, fields: Fields) -> JsonObject:
        """Return balances."""
        if fields.need("accountType") != "UNIFIED":
            raise ApiError(10001, "accountType only support UNIFIED.")
        coins = fields.get("coin")
        only = frozenset(coins.split(",")) if coins else frozenset[str]()
        result: JsonObject = {"list": wallet_body(self._market.seen.holdings, only, self.prices())}
        return result

    def prices(self) -> dict[str, Decimal]:
        """Return the price of each asset in USDT."""
        market = self._market
        return {i.base: i.price(market.book_of(i).best_bid.ticks) for i in market.instruments}

    def settings(self, fields: Fields) -> JsonObject:
        """Return the account's settings; `smsef`: fees are taken in MNT."""
        kinds = {self._market.fees(instrument).coin for instrument in self._market.instruments}
        return {"lpaSpot": False, "lpaPerp": False, "smsef": kinds == {FeeCoin.DISCOUNT}}

    def account(self, fields: Fields) -> JsonObject:
        """Return what kind of account it is: unified, spot without margin."""
        return {
            "unifiedMarginStatus": 6,
            "marginMode": "REGULAR_MARGIN",
            "isMasterTrader": False,
            "spotHedgingStatus": "OFF",
            "updatedTime": str(self._market.now_ms()),
        }

    def borrow_check(self, fields: Fields) -> JsonObject:
        """Return what can be spent on a symbol; the account borrows nothing."""
        check_category(fields)
        instrument, side = self._public.find(fields.need("symbol")), fields.need("side")
        if instrument is None:
            raise ApiError(170121, "Invalid symbol.")
        if side not in SIDES:
            raise ApiError(170117, "Invalid side.")
        price = instrument.price(self._market.book_of(instrument).best_bid.ticks)
        holdings, empty = self._market.seen.holdings, Holding()
        if side == "Buy":
            amount = holdings.get(instrument.quote, empty).free
            qty = amount / price if price else Decimal(0)
        else:
            qty = holdings.get(instrument.base, empty).free
            amount = qty * price
        # Four decimals, whatever the step of the instrument is.
        qty = qty.quantize(Decimal("0.0001"), ROUND_DOWN)
        value = amount.quantize(Decimal("0.00000001"), ROUND_DOWN)
        return {
            "symbol": wire_symbol(instrument),
            "side": side,
            "maxTradeQty": trimmed(qty),
            "maxTradeAmount": trimmed(value),
            "spotMaxTradeQty": trimmed(qty),
            "spotMaxTradeAmount": trimmed(value),
            "borrowCoin": instrument.quote if side == "Buy" else instrument.base,
        }

    def fee_rate(self, fields: Fields) -> JsonObject:
        """Return what trades cost."""
        check_category(fields)
        rows: list[JsonObject] = [
            {
                "symbol": wire_symbol(instrument),
                "takerFeeRate": trimmed(self._market.fees(instrument).taker),
                "makerFeeRate": trimmed(self._market.fees(instrument).maker),
            }
            for instrument in self._public.chosen(fields)
        ]
        return {"list": rows}

    def coins(self, fields: Fields) -> JsonObject:
        """Return which coins can be moved, or whether the one that is named can."""
        wanted = fields.get("coin")
        return {
            "rows": [
                coin_body(coin) for coin in self._market.coins() if wanted in (None, coin.asset)
            ]
        }

    def key(self, fields: Fields) -> JsonObject:
        """Return what the key may do."""
        user_id = text_key(self._keys.api_key) % 10**8
        return key_body(self._keys.api_key, user_id, self._market.key_rights or PermsArgs())

    def _found(self, fields: Fields) -> list[Order]:
        order = self._named(fields, self._market.seen)
        return [] if order is None else [order]

    def _named(self, fields: Fields, among: Hindsight | Matcher) -> Order | None:
        """Return the order a request names; its venue id wins over the client's.

        Raises:
            BadField: It names none.
        """
        order_id, link_id = fields.get("orderId"), fields.get("orderLinkId")
        if order_id is not None:
            return among.find(int(order_id)) if order_id.isdigit() else None
        if link_id is None:
            raise BadField("orderId", missing=True)
        return among.find_client(link_id)


def _names_one(fields: Fields) -> bool:
    return fields.get("orderId") is not None or fields.get("orderLinkId") is not None


def _identity(order: Order) -> JsonObject:
    return {"orderId": str(order.order_id), "orderLinkId": order.client_id}
