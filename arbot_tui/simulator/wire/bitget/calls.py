"""What Bitget answers to signed requests of a Classic account (v2)."""

from __future__ import annotations

import re
from itertools import count

from arbot_tui.simulator.core.conduct import Op
from arbot_tui.simulator.core.fault_args import PermsArgs
from arbot_tui.simulator.core.fees import FeeCoin
from arbot_tui.simulator.core.hashing import text_key
from arbot_tui.simulator.core.hindsight import Hindsight
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.core.matching import Matcher
from arbot_tui.simulator.core.orders import NewOrder, Order, Refused
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bitget.envelope import page, span
from arbot_tui.simulator.wire.bitget.errors import ApiError, order_refused
from arbot_tui.simulator.wire.bitget.formats import (
    FORCES,
    SIDES,
    assets_body,
    fill_body,
    info_body,
    open_order_body,
    order_body,
)
from arbot_tui.simulator.wire.bitget.rest_public import PublicRest
from arbot_tui.simulator.wire.bitget.signing import check_latency
from arbot_tui.simulator.wire.common.amounts import millis, trimmed
from arbot_tui.simulator.wire.common.entry import About
from arbot_tui.simulator.wire.common.fields import BadField, Fields
from arbot_tui.simulator.wire.common.json import Json, JsonObject
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.rates import Rates

__all__ = ["CLIENT_OID", "ClassicCalls", "deducts", "identity"]

# The pages disagree on the alphabet; this is what all of them accept.
CLIENT_OID = re.compile(r"[0-9A-Za-z_-]{1,32}")
"""Client ids that are accepted."""
_SECOND_MS = 1000
# By client id only orders of the last two hours are found (change log, 2026-01).
_FOUND_BY_CLIENT_MS = 7_200_000


class ClassicCalls:
    """What a Classic account may ask once its signature is checked.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        public: Finds instruments by Bitget's names.
        rates: Counts requests.
    """

    def __init__(self, market: Market, keys: VenueKeys, public: PublicRest, rates: Rates) -> None:
        self._market = market
        self._public = public
        self._rates = rates
        self._made_up = count(1)
        self._user_id = str(text_key(keys.api_key) % 10**10)

    def about(self, op: Op, fields: Fields) -> About:
        """Return what a request about an order is about."""
        names = ("clientOid",) if op is Op.PLACE else ("orderId", "clientOid")
        instrument = self._public.find(fields.text("symbol"))
        ident = next((text for text in map(fields.text, names) if text), "")
        return About(op, None if instrument is None else instrument.symbol, ident)

    def check_latency(self, fields: Fields) -> None:
        """Refuse an order that arrives too late, where it says until when it counts.

        Raises:
            ApiError: 40078 or 40079.
        """
        check_latency(fields, self._market.now_ms())

    # Orders

    def place(self, fields: Fields) -> Json:
        """Place an order; the answer says that it was received, nothing more."""
        instrument = self._public.instrument(fields.need("symbol"))
        new = self._new_order(fields, instrument)
        try:
            order = self._market.place(new)
        except Refused as refused:
            raise order_refused(refused, new, self._market.listing(instrument).rules) from refused
        # Received, nothing more: what became of it is for the query and the private channel.
        return identity(order)

    def _new_order(self, fields: Fields, instrument: Instrument) -> NewOrder:
        """Return the order a request describes, as far as parameters alone can be wrong."""
        if fields.need("orderType") != "limit":
            raise BadField("orderType")
        client_oid = fields.get("clientOid")
        if client_oid is not None and not CLIENT_OID.fullmatch(client_oid):
            raise ApiError("40305", "client_oid length or characters are not allowed")
        return NewOrder(
            symbol=instrument.symbol,
            side=fields.choice("side", SIDES),
            tif=fields.choice("force", FORCES),
            price=fields.amount("price"),
            qty=fields.amount("size"),
            client_id=client_oid or self._made_up_id(),
        )

    def _made_up_id(self) -> str:
        """Return a client id for an order that came without one."""
        return f"{self._market.now_ms()}{next(self._made_up):06d}"

    def cancel(self, fields: Fields) -> Json:
        """Cancel an order."""
        instrument = self._public.instrument(fields.need("symbol"))
        order = self._named(fields, self._market.matcher)
        if order is None or order.symbol != instrument.symbol:
            raise ApiError("43001", "The order does not exist")
        key, elapsed_ms = ("cancel", order.order_id), self._market.elapsed_ms()
        if self._rates.take(key, 1, _SECOND_MS, elapsed_ms) < 0:
            raise ApiError("45129", "Cancel order is too frequent, the same order in 1s")
        if not order.is_open:
            raise ApiError("43004", "There is no order to cancel")
        self._market.cancel(order)
        return identity(order)

    def order_info(self, fields: Fields) -> Json:
        """Return one order."""
        now_ms = self._market.now_ms()
        check_latency(fields, now_ms)
        order = self._named(fields, self._market.seen)
        if order is None:
            return []
        too_old = now_ms - millis(order.created_ns) > _FOUND_BY_CLIENT_MS
        if fields.get("orderId") is None and too_old:
            return []
        return [order_body(order, self._user_id)]

    def unfilled(self, fields: Fields) -> Json:
        """Return open orders."""
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        orders = [o for o in self._market.seen.open_orders if o.symbol in symbols]
        return [
            open_order_body(order, self._user_id)
            for order in page(orders, fields, lambda order: order.order_id)
        ]

    def history(self, fields: Fields) -> Json:
        """Return closed orders of the last ninety days."""
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        start, end = span(fields, self._market.now_ms())
        order_id = fields.integer("orderId")
        orders = [
            order
            for order in self._market.seen.orders
            if not order.is_open
            and order.symbol in symbols
            and (order_id is None or order.order_id == order_id)
            and start <= millis(order.created_ns) <= end
        ]
        return [
            order_body(order, self._user_id)
            for order in page(orders, fields, lambda order: order.order_id)
        ]

    def _named(self, fields: Fields, among: Hindsight | Matcher) -> Order | None:
        """Return the order a request names; its venue id wins over the client's.

        Raises:
            BadField: It names none.
        """
        order_id, client_oid = fields.get("orderId"), fields.get("clientOid")
        if order_id is not None:
            return among.find(int(order_id)) if order_id.isdigit() else None
        if client_oid is None:
            raise BadField("orderId", missing=True)
        return among.find_client(client_oid)

    # Fills and the account

    def fills(self, fields: Fields) -> Json:
        """Return fills of the last ninety days."""
        by_symbol = {i.symbol: i for i in self._public.chosen(fields)}
        start, end = span(fields, self._market.now_ms())
        order_id = fields.integer("orderId")
        trades = [
            trade
            for trade in self._market.seen.trades
            if trade.symbol in by_symbol
            and (order_id is None or trade.order_id == order_id)
            and start <= millis(trade.ts_ns) <= end
        ]
        return [
            fill_body(trade, by_symbol[trade.symbol], self._user_id)
            for trade in page(trades, fields, lambda trade: trade.trade_id)
        ]

    def assets(self, fields: Fields) -> Json:
        """Return balances."""
        kind = fields.get("assetType") or "hold_only"
        if kind not in ("hold_only", "all"):
            raise BadField("assetType")
        return assets_body(
            self._market.seen.holdings,
            fields.get("coin"),
            kind == "hold_only",
            self._market.now_ms(),
        )

    def info(self, fields: Fields) -> Json:
        """Return what the key may do."""
        return info_body(self._user_id, self._market.key_rights or PermsArgs())

    def trade_rate(self, fields: Fields) -> Json:
        """Return what trades cost."""
        instrument = self._public.instrument(fields.need("symbol"))
        if fields.need("businessType") != "spot":
            raise BadField("businessType")
        fees = self._market.fees(instrument)
        return {"makerFeeRate": trimmed(fees.maker), "takerFeeRate": trimmed(fees.taker)}

    def deduct_info(self, fields: Fields) -> Json:
        """Return whether fees are taken in BGB."""
        return {"deduct": "on" if deducts(self._market) else "off"}


def identity(order: Order) -> JsonObject:
    """Return the two ids of an order."""
    return {"orderId": str(order.order_id), "clientOid": order.client_id}


def deducts(market: Market) -> bool:
    """Whether the account pays its fees in BGB."""
    return all(market.fees(i).coin is FeeCoin.DISCOUNT for i in market.instruments)
