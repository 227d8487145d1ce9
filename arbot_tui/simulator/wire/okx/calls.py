"""What OKX answers to signed requests, over HTTP and over the private socket alike."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from arbot_tui.domain.orders import OrderStatus
from arbot_tui.simulator.core.conduct import ErrorAnswer, Op
from arbot_tui.simulator.core.fault_args import PermsArgs
from arbot_tui.simulator.core.fees import FeeCoin, FeeTerms
from arbot_tui.simulator.core.hashing import text_key
from arbot_tui.simulator.core.hindsight import Hindsight
from arbot_tui.simulator.core.matching import Matcher
from arbot_tui.simulator.core.orders import NewOrder, Order, Refused
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.common.amounts import millis
from arbot_tui.simulator.wire.common.entry import About
from arbot_tui.simulator.wire.common.fields import BadField, Fields
from arbot_tui.simulator.wire.common.json import JsonObject
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.rates import Rates
from arbot_tui.simulator.wire.okx.envelope import page
from arbot_tui.simulator.wire.okx.errors import ApiError, OrderError, order_refused, unreasonable
from arbot_tui.simulator.wire.okx.formats import (
    ORDER_TYPES,
    SIDES,
    balance_body,
    bill_id,
    config_body,
    currency_body,
    fee_body,
    fill_body,
    order_body,
)
from arbot_tui.simulator.wire.okx.rest_public import (
    PublicRest,
    check_spot,
    check_spot_if_given,
    count_request,
)

__all__ = ["AccountCalls", "Reply"]

_CLIENT_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_DAY_MS = 86_400_000
_FILLS_MS, _ALL_FILLS_MS, _CLOSED_MS = 3 * _DAY_MS, 90 * _DAY_MS, 7 * _DAY_MS
_UNFILLED_MS = 2 * 3_600_000
_MOST_CURRENCIES = 20


class Reply(NamedTuple):
    """The answer to an order or a cancel.

    Attributes:
        item: What `data` holds.
        refused: Whether it says no.
        in_ns: When the request came, by the venue's clock.
    """

    item: JsonObject
    refused: bool
    in_ns: int


class AccountCalls:
    """What an account may ask once its signature is checked.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        public: Finds instruments by OKX's names.

    Attributes:
        user_id: Names the account.
    """

    def __init__(self, market: Market, keys: VenueKeys, public: PublicRest) -> None:
        self._market = market
        self._public = public
        self._rates = Rates()
        self.user_id = str(text_key(keys.api_key) % 10**17)

    def check_rights(self, *, trades: bool) -> None:
        """Check that the key is still valid and may do what is asked.

        Raises:
            ApiError: 50119 once it is gone, 50120 without the right to trade.
        """
        rights = self._market.key_rights
        if rights is None:
            raise ApiError("50119", "API key doesn't exist.", 401)
        if trades and not rights.trade:
            message = "API key doesn't have permission to use this function."
            raise ApiError("50120", message, 401)

    def count(self, key: tuple[str, str], limit: int) -> None:
        """Count a request against its limit per two seconds, which REST and sockets share.

        Raises:
            ApiError: 50011.
        """
        count_request(self._rates, key, limit, self._market.elapsed_ms())

    def about(self, op: Op, fields: Fields) -> About:
        """Return what a request about an order is about."""
        names = ("clOrdId",) if op is Op.PLACE else ("ordId", "clOrdId")
        instrument = self._public.find(fields.text("instId"))
        ident = next((text for text in map(fields.text, names) if text), "")
        return About(op, None if instrument is None else instrument.symbol, ident)

    # Orders

    def check_deadline(self, fields: Fields, deadline: str | None) -> Reply | None:
        """Return the refusal of an order whose `expTime` has passed; None if it has not.

        The deadline is a header over HTTP, which is not part of the signature, and beside the
        arguments on a socket.
        """
        if deadline is None:
            return None
        now_ns = self._market.now_ns()
        if not (deadline.isascii() and deadline.isdigit() and len(deadline) <= 20):
            error = OrderError("51000", "Parameter expTime error")
        elif int(deadline) >= now_ns // 10**6:
            return None
        else:
            words = "The expTime can't be earlier than the current system time."
            error = OrderError("50036", words)
        return _reply(fields.text("clOrdId"), "", error, now_ns)

    def place(self, fields: Fields) -> Reply:
        """Place an order; accepted says nothing about what becomes of it."""
        now_ns, client_id = self._market.now_ns(), fields.text("clOrdId")
        try:
            new = self._new_order(fields, fields.get("clOrdId") or "")
            order = self._market.place(new)
        except Refused as refused:
            return _reply(client_id, "", order_refused(refused, new), now_ns)
        except OrderError as error:
            return _reply(client_id, "", error, now_ns)
        return _reply(client_id, str(order.order_id), None, now_ns)

    def cancel(self, fields: Fields) -> Reply:
        """Cancel an order."""
        now_ns = self._market.now_ns()
        order = self._named(fields, self._market.matcher)
        if order is None or not order.is_open:
            gone = OrderError("51400", "Order has been filled, canceled or does not exist.")
            return _reply(fields.text("clOrdId"), fields.text("ordId"), gone, now_ns)
        self._market.cancel(order)
        return _reply(order.client_id, str(order.order_id), None, now_ns)

    def unreasonable(self, fields: Fields, error: ErrorAnswer) -> Reply:
        """Return the answer that a fault asked for.

        Raises:
            ApiError: It is one that concerns the request as a whole.
        """
        refusal = unreasonable(error)
        return _reply(fields.text("clOrdId"), "", refusal, self._market.now_ns())

    def _new_order(self, fields: Fields, client_id: str) -> NewOrder:
        """Return the order a request describes, as far as parameters alone can be wrong.

        Raises:
            OrderError: A parameter is wrong.
            BadField: A mandatory one is absent.
        """
        instrument = self._public.find(fields.need("instId"))
        if instrument is None:
            raise OrderError("51001", "Instrument ID doesn't exist.")
        if fields.need("tdMode") != "cash":
            # The account is in spot mode (acctLv 1), which trades in cash only.
            raise OrderError("51010", "Operation is not supported under the current account mode.")
        if client_id and not _CLIENT_ID.fullmatch(client_id):
            raise OrderError("51000", "Parameter clOrdId error")
        try:
            return NewOrder(
                symbol=instrument.symbol,
                side=fields.choice("side", SIDES),
                tif=fields.choice("ordType", ORDER_TYPES),
                price=fields.amount("px"),
                qty=fields.amount("sz"),
                client_id=client_id,
            )
        except BadField as bad:
            if bad.missing:
                raise
            raise OrderError("51000", f"Parameter {bad.name} error") from bad

    def query(self, fields: Fields) -> Sequence[JsonObject]:
        """Return one order."""
        order = self._named(fields, self._market.seen)
        if order is None:
            raise ApiError("51603", "Order does not exist")
        return [order_body(order)]

    def _named(self, fields: Fields, among: Hindsight | Matcher) -> Order | None:
        """Return the order a request names, the newest with that client id; `ordId` wins.

        Raises:
            ApiError: 51001, the instrument is unknown.
            BadField: The request names no order.
        """
        instrument = self._public.instrument(fields.need("instId"))
        order_id, client_id = fields.get("ordId"), fields.get("clOrdId")
        if order_id is not None:
            order = among.find(int(order_id)) if order_id.isdigit() else None
        elif client_id is not None:
            order = among.find_client(client_id)
        else:
            raise BadField("ordId", missing=True)
        return order if order is not None and order.symbol == instrument.symbol else None

    def pending(self, fields: Fields) -> Sequence[JsonObject]:
        """Return open orders."""
        check_spot_if_given(fields)
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        orders = [o for o in self._market.seen.open_orders if o.symbol in symbols]
        return [order_body(o) for o in page(orders, fields, lambda o: o.order_id)]

    def history(self, fields: Fields) -> Sequence[JsonObject]:
        """Return orders closed in the last seven days."""
        check_spot(fields)
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        now_ms = self._market.now_ms()
        orders = [
            order
            for order in self._market.seen.orders
            if not order.is_open
            and order.symbol in symbols
            and now_ms - millis(order.updated_ns) <= _kept_ms(order)
        ]
        return [order_body(o) for o in page(orders, fields, lambda o: o.order_id)]

    # Fills and the account

    def fills(self, fields: Fields) -> Sequence[JsonObject]:
        """Return fills of the last three days."""
        check_spot_if_given(fields)
        return self._fills_of(fields, _FILLS_MS)

    def all_fills(self, fields: Fields) -> Sequence[JsonObject]:
        """Return fills of the last three months."""
        check_spot(fields)
        return self._fills_of(fields, _ALL_FILLS_MS)

    def _fills_of(self, fields: Fields, kept_ms: int) -> Sequence[JsonObject]:
        market = self._market
        by_symbol = {i.symbol: i for i in self._public.chosen(fields)}
        order_id = fields.integer("ordId")
        begin, end = fields.integer("begin"), fields.integer("end")
        first_ms = max(market.now_ms() - kept_ms, begin or 0)
        trades = [
            trade
            for trade in market.seen.trades
            if trade.symbol in by_symbol
            and (order_id is None or trade.order_id == order_id)
            and first_ms <= millis(trade.ts_ns)
            and (end is None or millis(trade.ts_ns) <= end)
        ]
        return [
            fill_body(trade, by_symbol[trade.symbol]) for trade in page(trades, fields, bill_id)
        ]

    def balance(self, fields: Fields) -> Sequence[JsonObject]:
        """Return balances."""
        names = fields.get("ccy")
        only = frozenset(names.split(",")) if names else frozenset[str]()
        if len(only) > _MOST_CURRENCIES:
            raise BadField("ccy")
        market = self._market
        return [balance_body(market.seen.holdings, only, self.prices(), market.now_ms())]

    def prices(self) -> Mapping[str, Decimal]:
        """Return the price of each asset in USDT."""
        market = self._market
        return {i.base: i.price(market.book_of(i).best_bid.ticks) for i in market.instruments}

    def trade_fee(self, fields: Fields) -> Sequence[JsonObject]:
        """Return what trades cost."""
        check_spot(fields)
        chosen = self._public.chosen(fields)
        profile = self._market.profile
        terms = FeeTerms(profile.taker_fee, profile.maker_fee)
        if len(chosen) == 1:
            terms = self._market.fees(chosen[0])
        return [fee_body(terms, self._market.now_ms())]

    def currencies(self, fields: Fields) -> Sequence[JsonObject]:
        """Return which currencies can be moved, or whether those that are named can."""
        wanted = (fields.get("ccy") or "").split(",")
        return [
            currency_body(coin, terms)
            for coin in self._market.coins()
            if wanted == [""] or coin.asset in wanted
            for terms in coin.chains
        ]

    def config(self, fields: Fields) -> Sequence[JsonObject]:
        """Return the account's configuration and what the key may do."""
        coins = {self._market.fees(instrument).coin for instrument in self._market.instruments}
        rights = self._market.key_rights or PermsArgs()
        return [config_body(self.user_id, rights, in_quote=coins == {FeeCoin.QUOTE})]

    def instruments(self, fields: Fields) -> Sequence[JsonObject]:
        """Return what this account may trade."""
        check_spot(fields)
        return self._public.listed(fields)


def _kept_ms(order: Order) -> int:
    """Return for how long a closed order stays in the history: two hours if it never traded."""
    unfilled = order.status is not OrderStatus.FILLED and not order.filled
    return _UNFILLED_MS if unfilled else _CLOSED_MS


def _reply(client_id: str, order_id: str, error: OrderError | None, in_ns: int) -> Reply:
    item: JsonObject = {
        "clOrdId": client_id,
        "ordId": order_id,
        "tag": "",
        "ts": str(millis(in_ns)),
        "sCode": "0" if error is None else error.code,
        "sMsg": "" if error is None else error.message,
        "subCode": "",
    }
    return Reply(item, error is not None, in_ns)
