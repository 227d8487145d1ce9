"""Orders of a Bitget account over REST, in whichever dialect it speaks.

Pages of 2025-12-05; facts page sections 6, 7, 10 and 11. A placement or a cancel is answered
with acceptance only; what became of the order is learnt by asking.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from arbot_tui.domain.clock import MS, SECOND, Clock
from arbot_tui.domain.errors import (
    AuthRefused,
    ExchangeError,
    ExchangeUnavailable,
    MalformedMessage,
    OrderNotFound,
    OutcomeUnknown,
)
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO
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
)
from arbot_tui.domain.refusal import Reaction, Refusal, cancel_error, placement_event
from arbot_tui.exchanges.bitget.answers import parse_fees, parse_order_id
from arbot_tui.exchanges.bitget.calls import QUOTA_WAIT_S, BitgetCalls
from arbot_tui.exchanges.bitget.dialect import Dialect
from arbot_tui.exchanges.bitget.errors import OtherDialect, speaks_other
from arbot_tui.exchanges.bitget.lists import BitgetLists, created_ms
from arbot_tui.exchanges.bitget.quotas import Quotas
from arbot_tui.exchanges.bitget.rows import VENUE, OrderRow, TradeRow, fill_of, order_state
from arbot_tui.exchanges.transport.limiter import Charge

__all__ = ["BitgetExecution"]

# A deadline further away than this would let a delayed order fill long after its edge is gone.
_LONGEST_WINDOW_MS = 5_000
# A fee rate costs one request per symbol, ten a second.
_PATIENT_S = 30.0
_KNOWN_SENDS = 10_000
# Our clock against the venue's stamps, with much to spare.
_CLOCK_MARGIN_NS = 60 * SECOND


class BitgetExecution:
    """Orders of one account."""

    def __init__(
        self,
        calls: BitgetCalls,
        lists: BitgetLists,
        clock: Clock,
        *,
        offset_ns: Callable[[], int],
        doubt_clock: Callable[[], None],
        quotas: Quotas,
    ) -> None:
        """Prepare; nothing is sent before it is asked for.

        Args:
            calls: Signs and sends.
            lists: Reads lists of the account.
            clock: Our clock.
            offset_ns: Returns venue clock minus ours, nanoseconds.
            doubt_clock: Has it measured soon, without waiting; called when an order came late.
            quotas: What the venue allows, shared with public requests.
        """
        self._calls = calls
        self._lists = lists
        self._clock = clock
        self._offset_ns = offset_ns
        self._doubt_clock = doubt_clock
        self._quotas = quotas
        # When an order was sent bounds the search for it. Oldest forgotten first.
        self._sent_ns: OrderedDict[str, int] = OrderedDict()

    async def settle(self) -> None:
        """Find out which dialect the account speaks.

        Raises:
            ExchangeError: The account could not be asked, or speaks neither.
        """
        await self.balances()

    async def place(self, order: OrderRequest, instrument: Instrument) -> list[OrderEvent]:
        """Place a limit order and return what is known of it afterwards."""
        now_ns = self._clock.now_ns()
        window_ms = min((order.expires_ns - now_ns) // MS, _LONGEST_WINDOW_MS)
        if window_ms < 1:
            text = "its deadline passed before it was sent"
            return [OrderReject(VENUE, order.client_id, "expired", text)]
        dialect, venue_ms = self._calls.dialect, self._calls.venue_ms(now_ns)
        placement = dialect.placement(order, instrument, venue_ms, window_ms)
        self._remember(order.client_id, now_ns)
        try:
            answer = await self._calls.post(
                dialect.place_path,
                placement.body,
                self.order_charges(instrument),
                placement.timestamp_ms,
            )
            if isinstance(answer, Refusal):
                return [await self._refused(answer, order.client_id)]
            return [OrderAck(VENUE, order.client_id, parse_order_id(answer.data))]
        except AuthRefused as e:
            return [OrderReject(VENUE, order.client_id, e.code, str(e), fatal=True)]
        except ExchangeUnavailable as e:
            return [OrderReject(VENUE, order.client_id, "not_sent", str(e))]
        except (OutcomeUnknown, MalformedMessage) as e:
            return [OrderUnknown(VENUE, order.client_id, str(e))]

    def order_charges(self, instrument: Instrument) -> Sequence[Charge]:
        """Return what an order costs of which quota."""
        del instrument
        return self._quotas.place

    async def _refused(self, refusal: Refusal, client_id: str) -> OrderReject | OrderUnknown:
        """Return what a refused placement reports."""
        if refusal.reaction is Reaction.LATE:
            self._doubt_clock()
        if not speaks_other(refusal):
            return placement_event(refusal, client_id)
        # Certainly not executed. The order is not sent again, the next one in the other dialect.
        try:
            await self.settle()
        except ExchangeError:
            return placement_event(refusal, client_id)
        return OrderReject(VENUE, client_id, refusal.code, refusal.message)

    async def cancel(self, instrument: Instrument, client_id: str, venue_id: str) -> None:
        """Ask for a cancel; acceptance is not the end state.

        Raises:
            OrderNotFound: Filled, cancelled or never existed.
            OutcomeUnknown: It may have taken effect.
            ExchangeError: Anything else that went wrong.
        """

        async def ask(dialect: Dialect) -> None:
            answer = await self._calls.post(
                dialect.cancel_path,
                dialect.cancel_body(instrument, client_id, venue_id),
                self._quotas.cancel,
                self._calls.venue_ms(self._clock.now_ns()),
                max_wait_s=QUOTA_WAIT_S,
            )
            if isinstance(answer, Refusal):
                raise OtherDialect(answer) if speaks_other(answer) else cancel_error(answer)

        await self._calls.in_dialect(ask)

    async def query(self, instrument: Instrument, client_id: str, venue_id: str) -> OrderState:
        """Return the order's state.

        Asked are the order itself (a Classic account knows our id for two hours), then open
        orders, history and executions.

        Raises:
            ExchangeError: One of the places could not be asked: nothing is concluded then.
        """

        async def ask(dialect: Dialect) -> OrderState:
            target = dialect.order_target(client_id, venue_id)
            try:
                answer = await self._calls.get(target, self._quotas.query)
            except OrderNotFound:
                found = None
            else:
                found = _ours(dialect.read_order(answer.data).rows, client_id, venue_id)
            if found:
                return order_state(found, "order")
            return await self._search(dialect, instrument, client_id, venue_id)

        return await self._calls.in_dialect(ask)

    async def fills(self, instrument: Instrument, client_id: str, venue_id: str) -> list[Fill]:
        """Return all executions of one order, oldest first.

        Raises:
            OrderNotFound: The venue's id is not given and no order of ours shows it.
            ExchangeError: They could not be fetched completely.
        """
        if not venue_id:
            venue_id = (await self.query(instrument, client_id, "")).venue_id
            if not venue_id:
                raise OrderNotFound(VENUE, f"no order {client_id} to ask executions of")

        async def ask(dialect: Dialect) -> tuple[list[TradeRow], bool]:
            return await self._lists.trades(dialect, instrument, venue_id, 0)

        rows, complete = await self._calls.in_dialect(ask)
        if not complete:
            raise ExchangeUnavailable(VENUE, f"too many executions of {client_id}")
        fills = [
            fill_of(row, client_id, instrument.symbol) for row in rows if row.order_id == venue_id
        ]
        return sorted(fills, key=lambda fill: fill.event_ns)

    async def balances(self) -> list[Balance]:
        """Return the non-zero balances of the account that trades.

        Raises:
            ExchangeError: They could not be fetched.
        """

        async def ask(dialect: Dialect) -> list[Balance]:
            answer = await self._calls.get(dialect.balances_target, self._quotas.assets)
            return dialect.read_balances(answer.data)

        return await self._calls.in_dialect(ask)

    async def fees(self, symbols: Mapping[str, str]) -> dict[str, TradingFees]:
        """Return the account's rates by canonical symbol.

        Args:
            symbols: Wire symbol to canonical symbol.

        Raises:
            ExchangeError: They could not be fetched.
        """

        async def ask(wire_symbol: str, dialect: Dialect) -> TradingFees:
            target, charges = dialect.fee_target(wire_symbol), dialect.fee_charges(self._quotas)
            return parse_fees((await self._calls.get(target, charges, max_wait_s=_PATIENT_S)).data)

        return {
            symbol: await self._calls.in_dialect(partial(ask, wire))
            for wire, symbol in symbols.items()
        }

    async def _search(
        self, dialect: Dialect, instrument: Instrument, client_id: str, venue_id: str
    ) -> OrderState:
        """Look for an order that is not found by its id."""
        symbol = instrument.wire_symbol
        sent_ns = self._sent_ns.get(client_id, 0)
        since_ms = (sent_ns + self._offset_ns() - _CLOCK_MARGIN_NS) // MS
        listed: set[str] = set()
        asked = ["order"]
        lists = (dialect.open_target(symbol), "open"), (dialect.history_target(symbol), "history")
        for target, source in lists:
            rows, complete = await self._lists.orders(dialect, target, since_ms)
            found = _ours(rows, client_id, venue_id)
            if found:
                return order_state(found, source)
            listed.update(row.order_id for row in rows)
            if complete:
                asked.append(source)
        # Executions may name only the venue's ids. Those of listed orders belong to others; one
        # of an order that no list shows could be ours.
        trades, complete = await self._lists.trades(
            dialect, instrument, "", since_ms if sent_ns else 0
        )
        strange = [
            row for row in trades if row.order_id not in listed and created_ms(row) >= since_ms
        ]
        if complete and not strange and "history" in asked:
            asked.append("fills")
        return OrderState(VENUE, client_id, OrderStatus.NOT_FOUND, ZERO, tuple(asked))

    def _remember(self, client_id: str, now_ns: int) -> None:
        self._sent_ns[client_id] = now_ns
        if len(self._sent_ns) > _KNOWN_SENDS:
            self._sent_ns.popitem(last=False)


def _ours(rows: Sequence[OrderRow], client_id: str, venue_id: str) -> OrderRow | None:
    for row in rows:
        if row.order_id == venue_id if venue_id else row.client_id == client_id:
            return row
    return None
