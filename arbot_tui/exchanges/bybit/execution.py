"""Orders and account of Bybit over REST (v5, 2026-07-24; facts page sections 7, 10 and 11).

A placement or a cancel is answered with acceptance only; what became of the order is learnt by
asking. Every order carries its deadline as ``X-BAPI-RECV-WINDOW``, counted on the venue's clock.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from arbot_tui.domain.clock import MS, SECOND, Clock
from arbot_tui.domain.errors import (
    AuthRefused,
    ExchangeUnavailable,
    MalformedMessage,
    OrderNotFound,
    OutcomeUnknown,
)
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, exact, plain
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderAck,
    OrderEvent,
    OrderReject,
    OrderRequest,
    OrderSide,
    OrderState,
    OrderStatus,
    OrderUnknown,
)
from arbot_tui.domain.refusal import Reaction, Refusal, cancel_error, placement_event, read_error
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.bybit.answers import (
    Answer,
    parse_answer,
    parse_balances,
    parse_fills,
    parse_order,
    parse_order_id,
)
from arbot_tui.exchanges.bybit.errors import refusal, unreadable
from arbot_tui.exchanges.bybit.fees import parse_fees
from arbot_tui.exchanges.bybit.signing import rest_headers
from arbot_tui.exchanges.transport.limiter import Charge, RateLimiter
from arbot_tui.exchanges.transport.rest import RestClient, RestResponse

__all__ = ["BybitExecution"]

_VENUE = "bybit"
_READ_WINDOW_MS = 5_000
# A deadline further away than this would let a delayed order fill long after its edge is gone.
_LONGEST_WINDOW_MS = 5_000
_PLACE_TIMEOUT_S = 2.0
_QUOTA_WAIT_S = 2.0
_MOST_PAGES = 50


class BybitExecution:
    """Signed requests of one account."""

    def __init__(
        self,
        rest: RestClient,
        clock: Clock,
        credentials: Credentials | None,
        *,
        offset_ns: Callable[[], int],
        resync: Callable[[], Awaitable[None]],
        doubt_clock: Callable[[], None],
        ip_quota: RateLimiter,
    ) -> None:
        """Prepare; nothing is sent before it is asked for.

        Args:
            rest: Client of the account's host.
            clock: Our clock.
            credentials: Key to sign with; without one every call is refused here.
            offset_ns: Returns venue clock minus ours, nanoseconds.
            resync: Measures that offset again.
            doubt_clock: Has it measured soon, without waiting; called when an order came late.
            ip_quota: Quota of all HTTP requests, shared with public ones.
        """
        self._rest = rest
        self._clock = clock
        self._credentials = credentials
        self._offset_ns = offset_ns
        self._resync = resync
        self._doubt_clock = doubt_clock
        # Per account and rolling second (rate-limit rules, 2026-07-24), less a safety margin.
        self._create: tuple[Charge, ...] = ((RateLimiter(18, SECOND), 1), (ip_quota, 1))
        self._cancel: tuple[Charge, ...] = ((RateLimiter(18, SECOND), 1), (ip_quota, 1))
        self.query_quota: tuple[Charge, ...] = ((RateLimiter(40, SECOND), 1), (ip_quota, 1))
        self.fees_quota: tuple[Charge, ...] = ((RateLimiter(4, SECOND), 1), (ip_quota, 1))

    async def place(self, order: OrderRequest, instrument: Instrument) -> list[OrderEvent]:
        """Place a limit order and return what is known of it afterwards."""
        window_ms = self.window_ms(order)
        if isinstance(window_ms, OrderReject):
            return [window_ms]
        body = msgspec.json.encode(self.order_body(order, instrument))
        try:
            charges = self.order_charges(instrument)
            answer = await self._post(
                "/v5/order/create", body, window_ms=window_ms, charges=charges
            )
            if isinstance(answer, Refusal):
                if answer.reaction is Reaction.LATE:
                    self._doubt_clock()
                return [placement_event(answer, order.client_id)]
            return [OrderAck(_VENUE, order.client_id, parse_order_id(answer.result))]
        except AuthRefused as e:
            return [OrderReject(_VENUE, order.client_id, e.code, str(e), fatal=True)]
        except ExchangeUnavailable as e:
            return [OrderReject(_VENUE, order.client_id, "not_sent", str(e))]
        except (OutcomeUnknown, MalformedMessage) as e:
            return [OrderUnknown(_VENUE, order.client_id, str(e))]

    def order_charges(self, instrument: Instrument) -> Sequence[Charge]:
        """Return what an order costs of which quota."""
        del instrument
        return self._create

    def doubt_clock(self) -> None:
        """Have the venue's clock measured again soon."""
        self._doubt_clock()

    def window_ms(self, order: OrderRequest) -> int | OrderReject:
        """Return the receive window of an order, or that its time is up."""
        window_ms = min((order.expires_ns - self._clock.now_ns()) // MS, _LONGEST_WINDOW_MS)
        if window_ms < 1:
            text = "its deadline passed before it was sent"
            return OrderReject(_VENUE, order.client_id, "expired", text)
        return window_ms

    def order_body(self, order: OrderRequest, instrument: Instrument) -> dict[str, str | int]:
        """Return what an order says, whichever way it goes."""
        return {
            "category": "spot",
            "symbol": instrument.wire_symbol,
            "side": "Buy" if order.side is OrderSide.BUY else "Sell",
            "orderType": "Limit",
            "qty": plain(order.qty),
            "price": plain(order.price),
            "timeInForce": order.time_in_force.upper(),
            "orderLinkId": order.client_id,
            # Without it a unified account with margin switched on may borrow.
            "isLeverage": 0,
            "orderFilter": "Order",
        }

    async def cancel(self, instrument: Instrument, client_id: str, venue_id: str) -> None:
        """Ask for a cancel; acceptance is not the end state.

        Raises:
            OrderNotFound: Filled, cancelled or never existed.
            OutcomeUnknown: It may have taken effect.
            ExchangeError: Anything else that went wrong.
        """
        body = msgspec.json.encode(
            {
                "category": "spot",
                "symbol": instrument.wire_symbol,
                **({"orderId": venue_id} if venue_id else {"orderLinkId": client_id}),
                "orderFilter": "Order",
            }
        )
        answer = await self._post(
            "/v5/order/cancel",
            body,
            window_ms=_READ_WINDOW_MS,
            charges=self._cancel,
            urgent=True,
        )
        if isinstance(answer, Refusal):
            raise cancel_error(answer)

    async def query(self, instrument: Instrument, client_id: str, venue_id: str) -> OrderState:
        """Return the order's state, asking open and recent orders, history and executions.

        Raises:
            ExchangeError: One of the places could not be asked: nothing is concluded then.
        """
        query = f"category=spot&symbol={instrument.wire_symbol}&{_identity(client_id, venue_id)}"
        for path, source in (("/v5/order/realtime", "order"), ("/v5/order/history", "history")):
            try:
                answer = await self.get(path, query, charges=self.query_quota, urgent=True)
            except OrderNotFound:
                continue
            state = parse_order(answer.result, client_id, source, venue_id)
            if state is not None:
                return state
        # Both lists lag behind the matching engine at times; an execution proves the order.
        fills, found = await self._executions(instrument, client_id, venue_id)
        if fills:
            filled = ZERO
            for fill in fills:
                filled = exact.add(filled, fill.qty)
            status = OrderStatus.PARTIALLY_FILLED
            return OrderState(_VENUE, client_id, status, filled, ("fills",), found)
        asked = ("order", "history", "fills")
        return OrderState(_VENUE, client_id, OrderStatus.NOT_FOUND, ZERO, asked)

    async def fills(self, instrument: Instrument, client_id: str, venue_id: str) -> list[Fill]:
        """Return all executions of one order, oldest first.

        Raises:
            ExchangeError: They could not be fetched completely.
        """
        fills, _ = await self._executions(instrument, client_id, venue_id)
        return sorted(fills, key=lambda fill: fill.event_ns)

    async def balances(self) -> list[Balance]:
        """Return the non-zero balances of the unified account.

        Raises:
            ExchangeError: They could not be fetched.
        """
        answer = await self.get(
            "/v5/account/wallet-balance", "accountType=UNIFIED", charges=self.query_quota
        )
        return parse_balances(answer.result)

    async def fees(self, symbols: Mapping[str, str]) -> dict[str, TradingFees]:
        """Return the account's rates by canonical symbol.

        Args:
            symbols: Wire symbol to canonical symbol.

        Raises:
            ExchangeError: They could not be fetched.
        """
        # Without `symbol` one answer holds every pair: the quota is five calls a second.
        answer = await self.get("/v5/account/fee-rate", "category=spot", charges=self.fees_quota)
        return parse_fees(answer.result, symbols)

    async def _executions(
        self, instrument: Instrument, client_id: str, venue_id: str
    ) -> tuple[list[Fill], str]:
        fills: list[Fill] = []
        found = cursor = ""
        identity = _identity(client_id, venue_id)
        for _ in range(_MOST_PAGES):
            query = f"category=spot&symbol={instrument.wire_symbol}&{identity}&limit=100"
            if cursor:
                # Already percent-encoded by the venue: encoding it again breaks it.
                query += f"&cursor={cursor}"
            try:
                answer = await self.get(
                    "/v5/execution/list", query, charges=self.query_quota, urgent=True
                )
            except OrderNotFound:
                break
            page, page_id, cursor = parse_fills(answer.result, client_id, instrument, venue_id)
            fills += page
            found = found or page_id
            if not page or not cursor:
                break
        return fills, found

    async def get(
        self, path: str, query: str, *, charges: Sequence[Charge], urgent: bool = False
    ) -> Answer:
        """Return the answer to a signed read that succeeded.

        Raises:
            ExchangeError: It did not.
        """
        answer = await self._get_once(path, query, charges, urgent=urgent)
        if isinstance(answer, Refusal) and answer.reaction is Reaction.LATE:
            await self._resync()
            answer = await self._get_once(path, query, charges, urgent=urgent)
        if isinstance(answer, Refusal):
            raise read_error(answer)
        return answer

    async def _get_once(
        self, path: str, query: str, charges: Sequence[Charge], *, urgent: bool
    ) -> Answer | Refusal:
        headers = self._headers(query, _READ_WINDOW_MS)
        response = await self._rest.request(
            "GET",
            f"{path}?{query}" if query else path,
            headers=headers,
            charges=charges,
            urgent=urgent,
            max_wait_s=_QUOTA_WAIT_S,
        )
        return self._read(response)

    async def _post(
        self,
        path: str,
        body: bytes,
        *,
        window_ms: int,
        charges: Sequence[Charge],
        urgent: bool = False,
    ) -> Answer | Refusal:
        headers = self._headers(body.decode(), window_ms)
        response = await self._rest.request(
            "POST",
            path,
            headers=headers,
            body=body,
            effect=True,
            charges=charges,
            urgent=urgent,
            max_wait_s=_QUOTA_WAIT_S if urgent else 0.0,
            timeout_s=_PLACE_TIMEOUT_S,
        )
        return self._read(response)

    def _headers(self, payload: str, window_ms: int) -> dict[str, str]:
        if self._credentials is None:
            raise AuthRefused(_VENUE, "no_key", "no API key is set")
        timestamp_ms = (self._clock.now_ns() + self._offset_ns()) // MS
        return rest_headers(self._credentials, timestamp_ms, window_ms, payload)

    def _read(self, response: RestResponse) -> Answer | Refusal:
        try:
            answer = parse_answer(response.body)
        except MalformedMessage:
            return unreadable(response.status, response.excerpt())
        refused = refusal(response.status, answer.retCode, answer.retMsg, self._reset_s(response))
        return answer if refused is None else refused

    def _reset_s(self, response: RestResponse) -> float:
        """Return the seconds until the limit resets, where the answer says so."""
        text = response.headers.get("x-bapi-limit-reset-timestamp", "")
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            return 0.0
        reset_ns = int(text) * MS - self._offset_ns()
        return max(0.0, (reset_ns - response.recv_ns) / SECOND)


def _identity(client_id: str, venue_id: str) -> str:
    return f"orderId={venue_id}" if venue_id else f"orderLinkId={client_id}"
