"""Bitget's signed REST endpoints, v2: orders, fills and the account."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from itertools import count

from aiohttp import web

from arbot_tui.simulator.core.hashing import text_key
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.core.orders import NewOrder, Order, Refused
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bitget.envelope import page, span, success
from arbot_tui.simulator.wire.bitget.errors import ApiError, order_refused, too_many
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
from arbot_tui.simulator.wire.bitget.signing import check_latency, check_request
from arbot_tui.simulator.wire.common.amounts import millis, trimmed
from arbot_tui.simulator.wire.common.fields import BadField, Fields, raw_query
from arbot_tui.simulator.wire.common.json import Json, JsonObject
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.rates import Rates

__all__ = ["PrivateRest"]

# The pages disagree on the alphabet; this is what all of them accept.
_CLIENT_OID = re.compile(r"[0-9A-Za-z_-]{1,32}")
_SECOND_MS = 1000
# By client id only orders of the last two hours are found (change log, 2026-01).
_FOUND_BY_CLIENT_MS = 7_200_000

_Endpoint = Callable[[Fields], Json]


class PrivateRest:
    """Endpoints that need a key, a passphrase and a signature.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        public: Finds instruments by Bitget's names.
    """

    def __init__(self, market: Market, keys: VenueKeys, public: PublicRest) -> None:
        self._market = market
        self._keys = keys
        self._public = public
        self._rates = Rates()
        self._made_up = count(1)
        self._user_id = str(text_key(keys.api_key) % 10**10)

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints, with their requests per second."""
        trade, account = "/api/v2/spot/trade", "/api/v2/spot/account"
        return [
            web.post(f"{trade}/place-order", self._signed(10, self._place)),
            web.post(f"{trade}/cancel-order", self._signed(10, self._cancel)),
            web.get(f"{trade}/orderInfo", self._signed(20, self._order_info)),
            web.get(f"{trade}/unfilled-orders", self._signed(20, self._unfilled)),
            web.get(f"{trade}/history-orders", self._signed(20, self._history)),
            web.get(f"{trade}/fills", self._signed(10, self._fills)),
            # The documentation's sample spells `message` here.
            web.get(f"{account}/assets", self._signed(10, self._assets, "message")),
            web.get(f"{account}/info", self._signed(1, self._info)),
            web.get("/api/v2/common/trade-rate", self._signed(10, self._trade_rate)),
            # How a client finds out that this is a Classic account.
            web.get("/api/v3/account/settings", self._signed(20, _classic_account)),
        ]

    def _signed(
        self, per_s: int, endpoint: _Endpoint, message_key: str = "msg"
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Wrap an endpoint with the signature check and its rate limit."""

        async def handle(request: web.Request) -> web.Response:
            body, now_ms = await request.read(), self._market.now_ms()
            check_request(
                request.headers, request.method, request.raw_path, body, self._keys, now_ms
            )
            elapsed_ms = self._market.elapsed_ms()
            left = self._rates.take(request.path, per_s, _SECOND_MS, elapsed_ms)
            if left < 0:
                raise too_many()
            if request.method == "POST":
                fields = Fields.of_body(body)
            else:
                fields = Fields.of_query(raw_query(request))
            return success(endpoint(fields), now_ms, message_key, left=left)

        return handle

    # Orders

    def _place(self, fields: Fields) -> Json:
        check_latency(fields, self._market.now_ms())
        instrument = self._public.instrument(fields.need("symbol"))
        new = self._new_order(fields, instrument)
        try:
            order = self._market.place(new)
        except Refused as refused:
            raise order_refused(refused, new, self._market.listing(instrument).rules) from refused
        # Received, nothing more: what became of it is for the query and the private channel.
        return _identity(order)

    def _new_order(self, fields: Fields, instrument: Instrument) -> NewOrder:
        """Return the order a request describes, as far as parameters alone can be wrong."""
        if fields.need("orderType") != "limit":
            raise BadField("orderType")
        client_oid = fields.get("clientOid")
        if client_oid is not None and not _CLIENT_OID.fullmatch(client_oid):
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

    def _cancel(self, fields: Fields) -> Json:
        instrument = self._public.instrument(fields.need("symbol"))
        order = self._named(fields)
        if order is None or order.symbol != instrument.symbol:
            raise ApiError("43001", "The order does not exist")
        key, elapsed_ms = ("cancel", order.order_id), self._market.elapsed_ms()
        if self._rates.take(key, 1, _SECOND_MS, elapsed_ms) < 0:
            raise ApiError("45129", "Cancel order is too frequent, the same order in 1s")
        if not order.is_open:
            raise ApiError("43004", "There is no order to cancel")
        self._market.cancel(order)
        return _identity(order)

    def _order_info(self, fields: Fields) -> Json:
        now_ms = self._market.now_ms()
        check_latency(fields, now_ms)
        order = self._named(fields)
        if order is None:
            return []
        too_old = now_ms - millis(order.created_ns) > _FOUND_BY_CLIENT_MS
        if fields.get("orderId") is None and too_old:
            return []
        return [order_body(order, self._user_id)]

    def _unfilled(self, fields: Fields) -> Json:
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        orders = [o for o in self._market.matcher.open_orders if o.symbol in symbols]
        return [
            open_order_body(order, self._user_id)
            for order in page(orders, fields, lambda order: order.order_id)
        ]

    def _history(self, fields: Fields) -> Json:
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        start, end = span(fields, self._market.now_ms())
        order_id = fields.integer("orderId")
        orders = [
            order
            for order in self._market.matcher.orders
            if not order.is_open
            and order.symbol in symbols
            and (order_id is None or order.order_id == order_id)
            and start <= millis(order.created_ns) <= end
        ]
        return [
            order_body(order, self._user_id)
            for order in page(orders, fields, lambda order: order.order_id)
        ]

    def _named(self, fields: Fields) -> Order | None:
        """Return the order a request names; its venue id wins over the client's.

        Raises:
            BadField: It names none.
        """
        order_id, client_oid = fields.get("orderId"), fields.get("clientOid")
        if order_id is not None:
            return self._market.matcher.find(int(order_id)) if order_id.isdigit() else None
        if client_oid is None:
            raise BadField("orderId", missing=True)
        return self._market.matcher.find_client(client_oid)

    # Fills and the account

    def _fills(self, fields: Fields) -> Json:
        by_symbol = {i.symbol: i for i in self._public.chosen(fields)}
        start, end = span(fields, self._market.now_ms())
        order_id = fields.integer("orderId")
        trades = [
            trade
            for trade in self._market.matcher.trades
            if trade.symbol in by_symbol
            and (order_id is None or trade.order_id == order_id)
            and start <= millis(trade.ts_ns) <= end
        ]
        return [
            fill_body(trade, by_symbol[trade.symbol], self._user_id)
            for trade in page(trades, fields, lambda trade: trade.trade_id)
        ]

    def _assets(self, fields: Fields) -> Json:
        kind = fields.get("assetType") or "hold_only"
        if kind not in ("hold_only", "all"):
            raise BadField("assetType")
        return assets_body(
            self._market.account, fields.get("coin"), kind == "hold_only", self._market.now_ms()
        )

    def _info(self, fields: Fields) -> Json:
        return info_body(self._user_id)

    def _trade_rate(self, fields: Fields) -> Json:
        self._public.instrument(fields.need("symbol"))
        if fields.need("businessType") != "spot":
            raise BadField("businessType")
        fees = self._market.profile
        return {
            "makerFeeRate": trimmed(fees.maker_fee),
            "takerFeeRate": trimmed(fees.taker_fee),
        }


def _identity(order: Order) -> JsonObject:
    return {"orderId": str(order.order_id), "clientOid": order.client_id}


def _classic_account(fields: Fields) -> Json:
    raise ApiError("25245", "The account is not in the unified account mode")
