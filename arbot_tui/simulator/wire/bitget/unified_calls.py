"""What Bitget answers to signed requests of a unified account (v3).

Source: Bitget UTA pages (commit of 2025-12-05) and change log to 2026-10-06. Fees are positive
for what was paid, names are in capitals, lists come with a cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import TypeVar

from arbot_tui.simulator.core.conduct import Op
from arbot_tui.simulator.core.fault_args import PermsArgs
from arbot_tui.simulator.core.hashing import text_key
from arbot_tui.simulator.core.hindsight import Hindsight
from arbot_tui.simulator.core.matching import Matcher
from arbot_tui.simulator.core.orders import NewOrder, Order, Refused
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bitget.calls import CLIENT_OID, deducts, identity
from arbot_tui.simulator.wire.bitget.envelope import span
from arbot_tui.simulator.wire.bitget.errors import ApiError, unified_refused
from arbot_tui.simulator.wire.bitget.formats import FORCES, SIDES
from arbot_tui.simulator.wire.bitget.rest_public import PublicRest
from arbot_tui.simulator.wire.bitget.unified_formats import assets, fill, info, order_row, settings
from arbot_tui.simulator.wire.common.amounts import millis, trimmed
from arbot_tui.simulator.wire.common.entry import About
from arbot_tui.simulator.wire.common.fields import BadField, Fields
from arbot_tui.simulator.wire.common.json import Json
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.rates import Rates

__all__ = ["UnifiedCalls"]

_T = TypeVar("_T")
_PAGE = 100
_SECOND_MS = 1000


class UnifiedCalls:
    """What a unified account may ask once its signature is checked.

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

    # Orders

    def place(self, fields: Fields) -> Json:
        """Place an order; the answer says that it was received, nothing more."""
        _check_category(fields)
        instrument = self._public.instrument(fields.need("symbol"))
        if fields.need("orderType") != "limit":
            raise BadField("orderType")
        client_oid = fields.get("clientOid")
        if client_oid is not None and not CLIENT_OID.fullmatch(client_oid):
            raise ApiError("40305", "client_oid length or characters are not allowed")
        word = fields.get("timeInForce") or "gtc"
        if word not in FORCES:
            raise BadField("timeInForce")
        new = NewOrder(
            symbol=instrument.symbol,
            side=fields.choice("side", SIDES),
            tif=FORCES[word],
            price=fields.amount("price"),
            qty=fields.amount("qty"),
            client_id=client_oid or f"{self._market.now_ms()}{next(self._made_up):06d}",
        )
        try:
            order = self._market.place(new)
        except Refused as refused:
            raise unified_refused(refused, new, self._market.listing(instrument).rules) from refused
        return identity(order)

    def cancel(self, fields: Fields) -> Json:
        """Cancel an order."""
        order = self._named(fields, self._market.matcher)
        if order is None:
            raise ApiError("25204", "Order does not exist")
        key, elapsed_ms = ("cancel", order.order_id), self._market.elapsed_ms()
        if self._rates.take(key, 1, _SECOND_MS, elapsed_ms) < 0:
            raise ApiError("45129", "Cancel order is too frequent, the same order in 1s")
        if not order.is_open:
            raise ApiError("25204", "Order does not exist")
        self._market.cancel(order)
        return identity(order)

    def order_info(self, fields: Fields) -> Json:
        """Return one order."""
        order = self._named(fields, self._market.seen)
        if order is None:
            raise ApiError("25204", "Order does not exist")
        return order_row(order)

    def unfilled(self, fields: Fields) -> Json:
        """Return open orders."""
        _check_category(fields)
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        orders = [o for o in self._market.seen.open_orders if o.symbol in symbols]
        return _page(orders, fields, lambda order: order.order_id, order_row)

    def history(self, fields: Fields) -> Json:
        """Return closed orders of the last ninety days."""
        _check_category(fields)
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        start, end = span(fields, self._market.now_ms())
        orders = [
            order
            for order in self._market.seen.orders
            if not order.is_open
            and order.symbol in symbols
            and start <= millis(order.created_ns) <= end
        ]
        return _page(orders, fields, lambda order: order.order_id, order_row)

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
        """Return fills of the last ninety days; the list knows no parameter `symbol`."""
        _check_category(fields)
        by_symbol = {i.symbol: i for i in self._market.instruments}
        start, end = span(fields, self._market.now_ms())
        order_id = fields.integer("orderId")
        trades = [
            trade
            for trade in self._market.seen.trades
            if trade.symbol in by_symbol
            and (order_id is None or trade.order_id == order_id)
            and start <= millis(trade.ts_ns) <= end
        ]
        return _page(
            trades,
            fields,
            lambda trade: trade.trade_id,
            lambda trade: fill(trade, by_symbol[trade.symbol], "createdTime"),
        )

    def assets(self, fields: Fields) -> Json:
        """Return balances."""
        return assets(self._market.seen.holdings, None)

    def funding_assets(self, fields: Fields) -> Json:
        """Return the balances that cannot trade: there are none."""
        return []

    def fee_rate(self, fields: Fields) -> Json:
        """Return what trades cost."""
        _check_category(fields)
        fees = self._market.fees(self._public.instrument(fields.need("symbol")))
        return {"makerFeeRate": trimmed(fees.maker), "takerFeeRate": trimmed(fees.taker)}

    def info(self, fields: Fields) -> Json:
        """Return what the key may do."""
        return info(self._user_id, self._market.key_rights or PermsArgs())

    def settings(self, fields: Fields) -> Json:
        """Return what kind of account it is."""
        return settings(self._user_id)

    def deduct_info(self, fields: Fields) -> Json:
        """Return whether fees are taken in BGB."""
        return {"deduct": "on" if deducts(self._market) else "off"}


def _check_category(fields: Fields) -> None:
    if fields.need("category").upper() != "SPOT":
        raise BadField("category")


def _page(
    rows: Sequence[_T], fields: Fields, ident: Callable[[_T], int], body: Callable[[_T], Json]
) -> Json:
    """Return one page, newest first, and where the next one begins."""
    below = fields.integer("cursor")
    chosen = [row for row in reversed(rows) if below is None or ident(row) < below]
    page = chosen[: fields.limit(_PAGE, _PAGE)]
    cursor = str(ident(page[-1])) if page else ""
    return {"list": [body(row) for row in page], "cursor": cursor}
