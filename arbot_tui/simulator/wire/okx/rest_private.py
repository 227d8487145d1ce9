"""OKX's signed REST endpoints: orders, fills and the account."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal

from aiohttp import web

from arbot_tui.domain.orders import OrderStatus
from arbot_tui.simulator.core.hashing import text_key
from arbot_tui.simulator.core.orders import NewOrder, Order, Refused
from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.common.amounts import millis
from arbot_tui.simulator.wire.common.fields import BadField, Fields, raw_query
from arbot_tui.simulator.wire.common.json import JsonObject, respond
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.rates import Rates
from arbot_tui.simulator.wire.okx.envelope import page, success
from arbot_tui.simulator.wire.okx.errors import ApiError, OrderError, order_refused
from arbot_tui.simulator.wire.okx.formats import (
    ORDER_TYPES,
    SIDES,
    balance_body,
    bill_id,
    config_body,
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
from arbot_tui.simulator.wire.okx.signing import check_request

__all__ = ["PrivateRest"]

_CLIENT_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_DAY_MS = 86_400_000
_FILLS_MS, _ALL_FILLS_MS, _CLOSED_MS = 3 * _DAY_MS, 90 * _DAY_MS, 7 * _DAY_MS
_UNFILLED_MS = 2 * 3_600_000
_MOST_CURRENCIES = 20

_Endpoint = Callable[[Fields, Mapping[str, str]], web.Response]


class PrivateRest:
    """Endpoints that need a key, a passphrase and a signature.

    Args:
        market: The venue's window on the world.
        keys: The credentials of its account.
        public: Finds instruments by OKX's names.
    """

    def __init__(self, market: Market, keys: VenueKeys, public: PublicRest) -> None:
        self._market = market
        self._keys = keys
        self._public = public
        self._rates = Rates()

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints, with their requests per two seconds."""
        trade, account = "/api/v5/trade", "/api/v5/account"
        return [
            web.post(f"{trade}/order", self._signed(60, self._place, by_instrument=True)),
            web.get(f"{trade}/order", self._signed(60, self._query, by_instrument=True)),
            web.post(f"{trade}/cancel-order", self._signed(60, self._cancel, by_instrument=True)),
            web.get(f"{trade}/orders-pending", self._signed(60, self._pending)),
            web.get(f"{trade}/orders-history", self._signed(40, self._history)),
            web.get(f"{trade}/fills", self._signed(60, self._fills)),
            web.get(f"{trade}/fills-history", self._signed(10, self._all_fills)),
            web.get(f"{account}/balance", self._signed(10, self._balance)),
            web.get(f"{account}/trade-fee", self._signed(5, self._trade_fee)),
            web.get(f"{account}/config", self._signed(5, self._config)),
            web.get(f"{account}/instruments", self._signed(20, self._instruments)),
        ]

    def _signed(
        self, limit: int, endpoint: _Endpoint, *, by_instrument: bool = False
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Wrap an endpoint with the signature check and its rate limit.

        Args:
            limit: Requests per two seconds.
            endpoint: What answers.
            by_instrument: The limit is one per instrument.
        """

        async def handle(request: web.Request) -> web.Response:
            body, now_ms = await request.read(), self._market.now_ms()
            check_request(
                request.headers, request.method, request.raw_path, body, self._keys, now_ms
            )
            if request.method == "POST":
                if request.content_type != "application/json":
                    raise ApiError("50006", "Invalid Content-Type, use application/json.", 400)
                fields = Fields.of_body(body)
            else:
                fields = Fields.of_query(raw_query(request))
            bucket = fields.need("instId") if by_instrument else ""
            count_request(
                self._rates,
                (f"{request.method} {request.path}", bucket),
                limit,
                self._market.elapsed_ms(),
            )
            return endpoint(fields, request.headers)

        return handle

    # Orders

    def _place(self, fields: Fields, headers: Mapping[str, str]) -> web.Response:
        now_ns = self._market.now_ns()
        client_id = ""
        try:
            client_id = fields.get("clOrdId") or ""
            self._check_deadline(headers.get("expTime"), now_ns // 10**6)
            new = self._new_order(fields, client_id)
            order = self._market.place(new)
        except Refused as refused:
            return self._reply(client_id, "", order_refused(refused, new), now_ns)
        except OrderError as error:
            return self._reply(client_id, "", error, now_ns)
        # Accepted, nothing more: what became of it is for the query and the private channel.
        return self._reply(client_id, str(order.order_id), None, now_ns)

    @staticmethod
    def _check_deadline(deadline: str | None, now_ms: int) -> None:
        """Refuse an order whose `expTime` has passed; the header is not part of the signature."""
        if deadline is None:
            return
        if not (deadline.isascii() and deadline.isdigit() and len(deadline) <= 20):
            raise OrderError("51000", "Parameter expTime error")
        if int(deadline) < now_ms:
            raise OrderError("50036", "The expTime can't be earlier than the current system time.")

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

    def _cancel(self, fields: Fields, headers: Mapping[str, str]) -> web.Response:
        now_ns = self._market.now_ns()
        client_id = fields.get("clOrdId") or ""
        order = self._named(fields)
        if order is None or not order.is_open:
            gone = OrderError("51400", "Order has been filled, canceled or does not exist.")
            return self._reply(client_id, fields.get("ordId") or "", gone, now_ns)
        self._market.cancel(order)
        return self._reply(order.client_id, str(order.order_id), None, now_ns)

    def _reply(
        self, client_id: str, order_id: str, error: OrderError | None, in_ns: int
    ) -> web.Response:
        """Return the answer to an order or a cancel."""
        item: JsonObject = {
            "clOrdId": client_id,
            "ordId": order_id,
            "tag": "",
            "ts": str(millis(in_ns)),
            "sCode": "0" if error is None else error.code,
            "sMsg": "" if error is None else error.message,
            "subCode": "",
        }
        return respond(
            {
                "code": "0" if error is None else "1",
                "msg": "" if error is None else "All operations failed",
                "data": [item],
                "inTime": str(in_ns // 1000),
                "outTime": str(self._market.now_ns() // 1000),
            }
        )

    def _query(self, fields: Fields, headers: Mapping[str, str]) -> web.Response:
        order = self._named(fields)
        if order is None:
            raise ApiError("51603", "Order does not exist")
        return success([order_body(order)])

    def _named(self, fields: Fields) -> Order | None:
        """Return the order a request names, the newest with that client id; `ordId` wins.

        Raises:
            ApiError: 51001, the instrument is unknown.
            BadField: The request names no order.
        """
        instrument = self._public.instrument(fields.need("instId"))
        order_id, client_id = fields.get("ordId"), fields.get("clOrdId")
        matcher = self._market.matcher
        if order_id is not None:
            order = matcher.find(int(order_id)) if order_id.isdigit() else None
        elif client_id is not None:
            order = matcher.find_client(client_id)
        else:
            raise BadField("ordId", missing=True)
        return order if order is not None and order.symbol == instrument.symbol else None

    def _pending(self, fields: Fields, headers: Mapping[str, str]) -> web.Response:
        check_spot_if_given(fields)
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        orders = [o for o in self._market.matcher.open_orders if o.symbol in symbols]
        return success([order_body(o) for o in page(orders, fields, lambda o: o.order_id)])

    def _history(self, fields: Fields, headers: Mapping[str, str]) -> web.Response:
        check_spot(fields)
        symbols = {instrument.symbol for instrument in self._public.chosen(fields)}
        now_ms = self._market.now_ms()
        orders = [
            order
            for order in self._market.matcher.orders
            if not order.is_open
            and order.symbol in symbols
            and now_ms - millis(order.updated_ns) <= _kept_ms(order)
        ]
        return success([order_body(o) for o in page(orders, fields, lambda o: o.order_id)])

    # Fills and the account

    def _fills(self, fields: Fields, headers: Mapping[str, str]) -> web.Response:
        check_spot_if_given(fields)
        return self._fills_of(fields, _FILLS_MS)

    def _all_fills(self, fields: Fields, headers: Mapping[str, str]) -> web.Response:
        check_spot(fields)
        return self._fills_of(fields, _ALL_FILLS_MS)

    def _fills_of(self, fields: Fields, kept_ms: int) -> web.Response:
        market = self._market
        by_symbol = {i.symbol: i for i in self._public.chosen(fields)}
        order_id = fields.integer("ordId")
        begin, end = fields.integer("begin"), fields.integer("end")
        first_ms = max(market.now_ms() - kept_ms, begin or 0)
        trades = [
            trade
            for trade in market.matcher.trades
            if trade.symbol in by_symbol
            and (order_id is None or trade.order_id == order_id)
            and first_ms <= millis(trade.ts_ns)
            and (end is None or millis(trade.ts_ns) <= end)
        ]
        return success(
            [
                fill_body(trade, by_symbol[trade.symbol], market.profile)
                for trade in page(trades, fields, bill_id)
            ]
        )

    def _balance(self, fields: Fields, headers: Mapping[str, str]) -> web.Response:
        names = fields.get("ccy")
        only = frozenset(names.split(",")) if names else frozenset[str]()
        if len(only) > _MOST_CURRENCIES:
            raise BadField("ccy")
        market = self._market
        prices: dict[str, Decimal] = {
            i.base: i.price(market.book_of(i).best_bid.ticks) for i in market.instruments
        }
        return success([balance_body(market.account, only, prices, market.now_ms())])

    def _trade_fee(self, fields: Fields, headers: Mapping[str, str]) -> web.Response:
        check_spot(fields)
        self._public.chosen(fields)
        return success([fee_body(self._market.profile, self._market.now_ms())])

    def _config(self, fields: Fields, headers: Mapping[str, str]) -> web.Response:
        return success([config_body(str(text_key(self._keys.api_key) % 10**17))])

    def _instruments(self, fields: Fields, headers: Mapping[str, str]) -> web.Response:
        check_spot(fields)
        return success(self._public.listed(fields))


def _kept_ms(order: Order) -> int:
    """Return for how long a closed order stays in the history: two hours if it never traded."""
    unfilled = order.status is not OrderStatus.FILLED and not order.filled
    return _UNFILLED_MS if unfilled else _CLOSED_MS
