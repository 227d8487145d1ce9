"""Orders and account of OKX over REST (v5, 2026-07-03; facts page sections 6, 7, 10 and 11).

A placement or a cancel is answered with acceptance only; what became of the order is learnt by
asking. Every order carries its deadline as ``expTime``, in the venue's time: without it there is
no moment after which an order that cannot be found is safely dead.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from arbot_tui.domain.clock import MS, SECOND, Clock
from arbot_tui.domain.errors import (
    AuthRefused,
    ExchangeError,
    ExchangeUnavailable,
    MalformedMessage,
    OrderNotFound,
    OutcomeUnknown,
    RequestRefused,
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
    OrderState,
    OrderStatus,
    OrderUnknown,
    TimeInForce,
)
from arbot_tui.domain.refusal import Reaction, Refusal, cancel_error, placement_event, read_error
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.okx.answers import (
    Answer,
    Item,
    parse_account_level,
    parse_balances,
    parse_item,
    parse_order,
)
from arbot_tui.exchanges.okx.errors import judge, refusal
from arbot_tui.exchanges.okx.fees import parse_fees
from arbot_tui.exchanges.okx.fills import parse_fills
from arbot_tui.exchanges.okx.quotas import Quotas
from arbot_tui.exchanges.okx.signing import rest_headers
from arbot_tui.exchanges.transport.limiter import Charge
from arbot_tui.exchanges.transport.rest import RestClient

__all__ = ["OkxExecution"]

_VENUE = "okx"
# A deadline further away than this would let a delayed order fill long after its edge is gone.
_LONGEST_WINDOW_NS = 5 * SECOND
_ORDER_TYPE = {TimeInForce.IOC: "ioc", TimeInForce.GTC: "limit"}
_PLACE_TIMEOUT_S = 2.0
_QUOTA_WAIT_S = 2.0
_PATIENT_S = 30.0
_FILLS_PER_PAGE = 100
_MOST_PAGES = 20
_KNOWN_SENDS = 10_000
# Our clock against the venue's stamp of a fill, with much to spare.
_CLOCK_MARGIN_NS = 60 * SECOND


class OkxExecution:
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
        quotas: Quotas,
        fee_group: Callable[[str], str],
    ) -> None:
        """Prepare; nothing is sent before it is asked for.

        Args:
            rest: Client of the account's host.
            clock: Our clock.
            credentials: Key to sign with; without one every call is refused here.
            offset_ns: Returns venue clock minus ours, nanoseconds.
            resync: Measures that offset again.
            doubt_clock: Has it measured soon, without waiting; called when an order came late.
            quotas: What the venue allows.
            fee_group: Returns the fee group of a wire symbol; empty where it is not known.
        """
        self._rest = rest
        self._clock = clock
        self._credentials = credentials
        self._offset_ns = offset_ns
        self._resync = resync
        self._doubt_clock = doubt_clock
        self._quotas = quotas
        self._fee_group = fee_group
        self._trade_mode = ""
        # When an order was sent bounds the search for its executions. Oldest forgotten first.
        self._sent_ns: OrderedDict[str, int] = OrderedDict()

    async def place(self, order: OrderRequest, instrument: Instrument) -> list[OrderEvent]:
        """Place a limit order and return what is known of it afterwards."""
        try:
            trade_mode = await self._account_trade_mode()
        except ExchangeError as e:
            # Nothing was sent: the account could not even be asked how it trades.
            fatal = isinstance(e, AuthRefused)
            return [OrderReject(_VENUE, order.client_id, "not_sent", str(e), fatal)]
        expires_ms = self.expires_ms(order)
        if isinstance(expires_ms, OrderReject):
            return [expires_ms]
        said = {"instId": instrument.wire_symbol, **self.order_body(order, trade_mode)}
        body = msgspec.json.encode(said)
        try:
            answer = await self._post(
                "/api/v5/trade/order",
                body,
                charges=self.order_charges(instrument),
                headers={"expTime": str(expires_ms)},
            )
        except ExchangeUnavailable as e:
            return [OrderReject(_VENUE, order.client_id, "not_sent", str(e))]
        except (OutcomeUnknown, MalformedMessage) as e:
            return [OrderUnknown(_VENUE, order.client_id, str(e))]
        if isinstance(answer, Refusal):
            if answer.reaction is Reaction.LATE:
                self._doubt_clock()
            return [placement_event(answer, order.client_id)]
        return [OrderAck(_VENUE, order.client_id, sanitise(answer.ordId, 64))]

    @property
    def trade_mode(self) -> str:
        """``tdMode`` of the account; empty until it was asked for."""
        return self._trade_mode

    def doubt_clock(self) -> None:
        """Have the venue's clock measured again soon."""
        self._doubt_clock()

    def order_charges(self, instrument: Instrument) -> Sequence[Charge]:
        """Return what an order costs of which quota."""
        return self._quotas.place(instrument.wire_symbol)

    def expires_ms(self, order: OrderRequest) -> int | OrderReject:
        """Return the deadline of an order that is sent now, in venue time, or that it is past."""
        now_ns = self._clock.now_ns()
        if now_ns >= order.expires_ns:
            text = "its deadline passed before it was sent"
            return OrderReject(_VENUE, order.client_id, "expired", text)
        self._remember(order.client_id, now_ns)
        return (min(order.expires_ns, now_ns + _LONGEST_WINDOW_NS) + self._offset_ns()) // MS

    def order_body(self, order: OrderRequest, trade_mode: str) -> dict[str, str]:
        """Return what an order says beside its instrument, whichever way it goes."""
        return {
            "tdMode": trade_mode,
            "clOrdId": order.client_id,
            "side": order.side,
            "ordType": _ORDER_TYPE[order.time_in_force],
            "px": plain(order.price),
            "sz": plain(order.qty),
        }

    async def cancel(self, instrument: Instrument, client_id: str, venue_id: str) -> None:
        """Ask for a cancel; acceptance is not the end state.

        Raises:
            OrderNotFound: Filled, cancelled or never existed.
            OutcomeUnknown: It may have taken effect.
            ExchangeError: Anything else that went wrong.
        """
        identity = {"ordId": venue_id} if venue_id else {"clOrdId": client_id}
        body = msgspec.json.encode({"instId": instrument.wire_symbol, **identity})
        charges = self._quotas.cancel(instrument.wire_symbol)
        try:
            answer = await self._post(
                "/api/v5/trade/cancel-order", body, charges=charges, max_wait_s=_QUOTA_WAIT_S
            )
        except MalformedMessage as e:
            raise OutcomeUnknown(_VENUE, str(e)) from e
        if isinstance(answer, Refusal):
            raise cancel_error(answer)

    async def query(self, instrument: Instrument, client_id: str, venue_id: str) -> OrderState:
        """Return the order's state, asking the order itself, then the executions.

        Raises:
            ExchangeError: One of the places could not be asked: nothing is concluded then.
        """
        identity = f"ordId={venue_id}" if venue_id else f"clOrdId={client_id}"
        try:
            answer = await self.get(
                f"/api/v5/trade/order?instId={instrument.wire_symbol}&{identity}",
                charges=self._quotas.query(instrument.wire_symbol),
            )
        except OrderNotFound:
            pass
        else:
            state = parse_order(answer.data, client_id, venue_id)
            if state is not None:
                return state
        fills, found, complete = await self._executions(instrument, client_id, venue_id)
        if fills:
            filled = ZERO
            for fill in fills:
                filled = exact.add(filled, fill.qty)
            status = OrderStatus.PARTIALLY_FILLED
            return OrderState(_VENUE, client_id, status, filled, ("fills",), found)
        asked = ("order", "fills") if complete else ("order",)
        return OrderState(_VENUE, client_id, OrderStatus.NOT_FOUND, ZERO, asked)

    async def fills(self, instrument: Instrument, client_id: str, venue_id: str) -> list[Fill]:
        """Return all executions of one order, oldest first.

        Raises:
            ExchangeError: They could not be fetched completely.
        """
        fills, _, complete = await self._executions(instrument, client_id, venue_id)
        if not complete:
            raise ExchangeUnavailable(_VENUE, f"too many executions to find those of {client_id}")
        return sorted(fills, key=lambda fill: fill.event_ns)

    async def balances(self) -> list[Balance]:
        """Return the non-zero balances of the trading account.

        Raises:
            ExchangeError: They could not be fetched.
        """
        # Learnt here, at start, the trade mode costs the first order no round trip. Why it
        # cannot be learnt is the business of whoever needs it.
        with contextlib.suppress(ExchangeError):
            await self._account_trade_mode()
        answer = await self.get("/api/v5/account/balance", charges=self._quotas.balance)
        return parse_balances(answer.data)

    async def fees(self, symbols: Mapping[str, str]) -> dict[str, TradingFees]:
        """Return the account's rates by canonical symbol, asking once per fee group.

        Args:
            symbols: Wire symbol to canonical symbol.

        Raises:
            ExchangeError: They could not be fetched.
        """
        by_group: dict[str, TradingFees] = {}
        fees: dict[str, TradingFees] = {}
        for wire_symbol, symbol in symbols.items():
            group = self._fee_group(wire_symbol)
            if group not in by_group:
                answer = await self.get(
                    f"/api/v5/account/trade-fee?instType=SPOT&instId={wire_symbol}",
                    charges=self._quotas.fees,
                    max_wait_s=_PATIENT_S,
                )
                by_group[group] = parse_fees(answer.data, group)
            fees[symbol] = by_group[group]
        return fees

    async def _account_trade_mode(self) -> str:
        """Return ``tdMode``: by the account's level, asked for once."""
        if not self._trade_mode:
            try:
                answer = await self.get("/api/v5/account/config", charges=self._quotas.account)
            except AuthRefused:
                raise
            except RequestRefused:
                # Where the level is not told: a spot account trades in cash, and in any other
                # mode the order itself is refused (51010).
                self._trade_mode = "cash"
            else:
                level = parse_account_level(answer.data)
                self._trade_mode = "cross" if level in ("3", "4") else "cash"
        return self._trade_mode

    async def _executions(
        self, instrument: Instrument, client_id: str, venue_id: str
    ) -> tuple[list[Fill], str, bool]:
        """Return executions of one order, its venue id, and whether none can be missing.

        The endpoint filters by the venue's id only: without one the instrument's executions are
        searched, newest first, back to when the order was sent.
        """
        query = f"instType=SPOT&instId={instrument.wire_symbol}"
        if venue_id:
            query += f"&ordId={venue_id}"
        since_ns = self._sent_ns.get(client_id, 0) + self._offset_ns() - _CLOCK_MARGIN_NS
        fills: list[Fill] = []
        after = ""
        for _ in range(_MOST_PAGES):
            answer = await self.get(
                f"/api/v5/trade/fills?{query}&limit={_FILLS_PER_PAGE}{after}",
                charges=self._quotas.fills,
            )
            page = parse_fills(answer.data, client_id, venue_id, instrument.symbol)
            fills += page.fills
            venue_id = venue_id or page.venue_id
            if page.rows < _FILLS_PER_PAGE or page.oldest_ns < since_ns:
                return fills, venue_id, True
            after = f"&after={page.last_bill}"
        return fills, venue_id, False

    async def get(
        self, target: str, *, charges: Sequence[Charge], max_wait_s: float = _QUOTA_WAIT_S
    ) -> Answer:
        """Return the answer to a signed read that succeeded.

        Raises:
            ExchangeError: It did not.
        """
        answer = await self._get_once(target, charges, max_wait_s)
        if isinstance(answer, Refusal) and answer.reaction is Reaction.LATE:
            await self._resync()
            answer = await self._get_once(target, charges, max_wait_s)
        if isinstance(answer, Refusal):
            raise read_error(answer)
        return answer

    async def _get_once(
        self, target: str, charges: Sequence[Charge], max_wait_s: float
    ) -> Answer | Refusal:
        response = await self._rest.request(
            "GET",
            target,
            headers=self._headers("GET", target, ""),
            charges=charges,
            urgent=True,
            max_wait_s=max_wait_s,
        )
        return judge(response)

    async def _post(
        self,
        path: str,
        body: bytes,
        *,
        charges: Sequence[Charge],
        headers: Mapping[str, str] | None = None,
        max_wait_s: float = 0.0,
    ) -> Item | Refusal:
        # The deadline and demo headers are no part of what is signed.
        signed = self._headers("POST", path, body.decode()) | dict(headers or {})
        response = await self._rest.request(
            "POST",
            path,
            headers=signed,
            body=body,
            effect=True,
            charges=charges,
            max_wait_s=max_wait_s,
            timeout_s=_PLACE_TIMEOUT_S,
        )
        answer = judge(response)
        if isinstance(answer, Refusal):
            return answer
        item = parse_item(answer.data)
        if item is None:
            raise MalformedMessage(_VENUE, "an answer without the order")
        return item if item.sCode == "0" else refusal(item.sCode, item.sMsg)

    def _headers(self, method: str, target: str, body: str) -> dict[str, str]:
        if self._credentials is None:
            raise AuthRefused(_VENUE, "no_key", "no API key is set")
        timestamp_ms = (self._clock.now_ns() + self._offset_ns()) // MS
        return rest_headers(self._credentials, timestamp_ms, method, target, body)

    def _remember(self, client_id: str, now_ns: int) -> None:
        self._sent_ns[client_id] = now_ns
        if len(self._sent_ns) > _KNOWN_SENDS:
            self._sent_ns.popitem(last=False)
