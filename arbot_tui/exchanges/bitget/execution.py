"""Orders of a Bitget account over REST, in whichever dialect it speaks.

Pages of 2025-12-05; facts page sections 6, 7, 10 and 11. A placement or a cancel is answered
with acceptance only; what became of the order is learnt by asking. An account is taken for a
Classic one until it says otherwise, and may become the other kind at any time: a read is then
asked again in the other dialect, an order is not.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

import msgspec

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
from arbot_tui.domain.refusal import Reaction, Refusal, cancel_error, placement_event, read_error
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.bitget.answers import Answer, parse_fees, parse_order_id
from arbot_tui.exchanges.bitget.classic.requests import Classic
from arbot_tui.exchanges.bitget.dialect import Dialect
from arbot_tui.exchanges.bitget.errors import OtherDialect, judge, speaks_other
from arbot_tui.exchanges.bitget.quotas import Quotas
from arbot_tui.exchanges.bitget.rows import VENUE, OrderRow, Page, TradeRow, fill_of, order_state
from arbot_tui.exchanges.bitget.signing import rest_headers
from arbot_tui.exchanges.bitget.unified.requests import Unified
from arbot_tui.exchanges.transport.limiter import Charge
from arbot_tui.exchanges.transport.rest import RestClient

__all__ = ["BitgetExecution"]

# A deadline further away than this would let a delayed order fill long after its edge is gone.
_LONGEST_WINDOW_MS = 5_000
_PLACE_TIMEOUT_S = 2.0
_QUOTA_WAIT_S = 2.0
# A fee rate costs one request per symbol, ten a second.
_PATIENT_S = 30.0
_ROWS_PER_PAGE = 100
_MOST_PAGES = 20
# A unified account's list of executions is that of all symbols.
_MOST_TRADE_PAGES = 100
_KNOWN_SENDS = 10_000
# Our clock against the venue's stamps, with much to spare.
_CLOCK_MARGIN_NS = 60 * SECOND

T = TypeVar("T")
RowT = TypeVar("RowT", OrderRow, TradeRow)


class BitgetExecution:
    """Signed requests of one account.

    Attributes:
        dialect: What the account speaks, as far as is known.
    """

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
        on_dialect: Callable[[str], None],
    ) -> None:
        """Prepare; nothing is sent before it is asked for.

        Args:
            rest: Client of the account's host.
            clock: Our clock.
            credentials: Key to sign with; without one every call is refused here.
            offset_ns: Returns venue clock minus ours, nanoseconds.
            resync: Measures that offset again.
            doubt_clock: Has it measured soon, without waiting; called when an order came late.
            quotas: What the venue allows, shared with public requests.
            on_dialect: Is told the name of the dialect when it turns out to be another one.
        """
        self.dialect: Dialect = Classic()
        self._other: Dialect = Unified()
        self._rest = rest
        self._clock = clock
        self._credentials = credentials
        self._offset_ns = offset_ns
        self._resync = resync
        self._doubt_clock = doubt_clock
        self._quotas = quotas
        self._on_dialect = on_dialect
        # When an order was sent bounds the search for it. Oldest forgotten first.
        self._sent_ns: OrderedDict[str, int] = OrderedDict()

    async def settle(self) -> None:
        """Find out which dialect the account speaks.

        Raises:
            ExchangeError: The account could not be asked, or speaks neither.
        """
        await self.balances()

    async def in_dialect(self, ask: Callable[[Dialect], Awaitable[T]]) -> T:
        """Return what `ask` returns in the dialect that the account speaks.

        Raises:
            ExchangeError: It failed; `AuthRefused` where the account speaks neither dialect.
        """
        dialect, other = self.dialect, self._other
        try:
            return await ask(dialect)
        except OtherDialect:
            answer = await ask(other)
        if self.dialect is dialect:
            self.dialect, self._other = other, dialect
            self._on_dialect(other.name)
        return answer

    async def place(self, order: OrderRequest, instrument: Instrument) -> list[OrderEvent]:
        """Place a limit order and return what is known of it afterwards."""
        now_ns = self._clock.now_ns()
        window_ms = min((order.expires_ns - now_ns) // MS, _LONGEST_WINDOW_MS)
        if window_ms < 1:
            text = "its deadline passed before it was sent"
            return [OrderReject(VENUE, order.client_id, "expired", text)]
        dialect, venue_ms = self.dialect, self._venue_ms(now_ns)
        placement = dialect.placement(order, instrument, venue_ms, window_ms)
        self._remember(order.client_id, now_ns)
        try:
            answer = await self._post(
                dialect.place_path, placement.body, self._quotas.place, placement.timestamp_ms
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
            answer = await self._post(
                dialect.cancel_path,
                dialect.cancel_body(instrument, client_id, venue_id),
                self._quotas.cancel,
                self._venue_ms(self._clock.now_ns()),
                max_wait_s=_QUOTA_WAIT_S,
            )
            if isinstance(answer, Refusal):
                raise OtherDialect(answer) if speaks_other(answer) else cancel_error(answer)

        await self.in_dialect(ask)

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
                answer = await self.get(target, self._quotas.query)
            except OrderNotFound:
                found = None
            else:
                found = _ours(dialect.read_order(answer.data).rows, client_id, venue_id)
            if found:
                return order_state(found, "order")
            return await self._search(dialect, instrument, client_id, venue_id)

        return await self.in_dialect(ask)

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
            return await self.trades(dialect, instrument, venue_id, 0)

        rows, complete = await self.in_dialect(ask)
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
            answer = await self.get(dialect.balances_target, self._quotas.assets)
            return dialect.read_balances(answer.data)

        return await self.in_dialect(ask)

    async def fees(self, symbols: Mapping[str, str]) -> dict[str, TradingFees]:
        """Return the account's rates by canonical symbol.

        Args:
            symbols: Wire symbol to canonical symbol.

        Raises:
            ExchangeError: They could not be fetched.
        """

        async def ask(dialect: Dialect, wire_symbol: str) -> TradingFees:
            target, charges = dialect.fee_target(wire_symbol), dialect.fee_charges(self._quotas)
            return parse_fees((await self.get(target, charges, max_wait_s=_PATIENT_S)).data)

        return {
            symbol: await self.in_dialect(lambda dialect, wire=wire: ask(dialect, wire))  # type: ignore[misc]
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
            rows, complete = await self.orders(dialect, target, since_ms)
            found = _ours(rows, client_id, venue_id)
            if found:
                return order_state(found, source)
            listed.update(row.order_id for row in rows)
            if complete:
                asked.append(source)
        # Executions may name only the venue's ids. Those of listed orders belong to others; one
        # of an order that no list shows could be ours.
        trades, complete = await self.trades(dialect, instrument, "", since_ms if sent_ns else 0)
        strange = [row for row in trades if row.order_id not in listed and _ms(row) >= since_ms]
        if complete and not strange and "history" in asked:
            asked.append("fills")
        return OrderState(VENUE, client_id, OrderStatus.NOT_FOUND, ZERO, tuple(asked))

    async def orders(
        self, dialect: Dialect, target: str, since_ms: int
    ) -> tuple[list[OrderRow], bool]:
        """Return orders of a list back to `since_ms`, and whether none can be missing.

        Args:
            dialect: In which to ask.
            target: Path and query of the list, newest first.
            since_ms: Venue time, UTC milliseconds.
        """
        charges = self._quotas.query
        return await self._pages(dialect, target, charges, dialect.read_orders, since_ms)

    async def trades(
        self, dialect: Dialect, instrument: Instrument, venue_id: str, since_ms: int
    ) -> tuple[list[TradeRow], bool]:
        """Return executions back to `since_ms`, and whether none can be missing.

        Args:
            dialect: In which to ask.
            instrument: Of which symbol.
            venue_id: Of which order; empty for all.
            since_ms: Venue time, UTC milliseconds; 0 for all.
        """
        found: list[TradeRow] = []
        now_ms = self._venue_ms(self._clock.now_ns())
        symbol, charges = instrument.wire_symbol, self._quotas.fills
        for target in dialect.fills_targets(symbol, venue_id, since_ms, now_ms):
            rows, complete = await self._pages(
                dialect, target, charges, dialect.read_trades, since_ms, _MOST_TRADE_PAGES
            )
            # Nor is every list one symbol's: what is another's must not be booked as this one's.
            found += [row for row in rows if row.symbol.upper() == symbol]
            if not complete:
                return found, False
        return found, True

    async def _pages(
        self,
        dialect: Dialect,
        target: str,
        charges: Sequence[Charge],
        read: Callable[[msgspec.Raw], Page[RowT]],
        since_ms: int,
        most: int = _MOST_PAGES,
    ) -> tuple[list[RowT], bool]:
        found: list[RowT] = []
        before = ""
        for _ in range(most):
            answer = await self.get(f"{target}limit={_ROWS_PER_PAGE}{before}", charges)
            page = read(answer.data)
            found += page.rows
            full = len(page.rows) >= _ROWS_PER_PAGE and page.older
            if not full or 0 < _ms(page.rows[-1]) < since_ms:
                return found, True
            before = f"&{dialect.page_word}={_id(page.older)}"
        return found, False

    async def get(
        self, target: str, charges: Sequence[Charge], *, max_wait_s: float = _QUOTA_WAIT_S
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
            raise OtherDialect(answer) if speaks_other(answer) else read_error(answer)
        return answer

    async def _get_once(
        self, target: str, charges: Sequence[Charge], max_wait_s: float
    ) -> Answer | Refusal:
        response = await self._rest.request(
            "GET",
            target,
            headers=self._headers("GET", target, "", self._venue_ms(self._clock.now_ns())),
            charges=charges,
            urgent=True,
            max_wait_s=max_wait_s,
        )
        return judge(response)

    async def _post(
        self,
        path: str,
        body: bytes,
        charges: Sequence[Charge],
        timestamp_ms: int,
        *,
        max_wait_s: float = 0.0,
    ) -> Answer | Refusal:
        response = await self._rest.request(
            "POST",
            path,
            headers=self._headers("POST", path, body.decode(), timestamp_ms),
            body=body,
            effect=True,
            charges=charges,
            max_wait_s=max_wait_s,
            timeout_s=_PLACE_TIMEOUT_S,
        )
        return judge(response)

    def _headers(self, method: str, target: str, body: str, timestamp_ms: int) -> dict[str, str]:
        if self._credentials is None:
            raise AuthRefused(VENUE, "no_key", "no API key is set")
        return rest_headers(self._credentials, timestamp_ms, method, target, body)

    def _venue_ms(self, now_ns: int) -> int:
        """Return the venue's time at `now_ns` of our clock, UTC milliseconds."""
        return (now_ns + self._offset_ns()) // MS

    def _remember(self, client_id: str, now_ns: int) -> None:
        self._sent_ns[client_id] = now_ns
        if len(self._sent_ns) > _KNOWN_SENDS:
            self._sent_ns.popitem(last=False)


def _ours(rows: Sequence[OrderRow], client_id: str, venue_id: str) -> OrderRow | None:
    for row in rows:
        if row.order_id == venue_id if venue_id else row.client_id == client_id:
            return row
    return None


def _ms(row: OrderRow | TradeRow) -> int:
    """Return when `row` was made, UTC milliseconds; 0 where it does not say.

    Open orders are documented with seconds: too few digits to be told.
    """
    text = row.created
    return int(text) if text.isascii() and text.isdigit() and 13 <= len(text) < 16 else 0


def _id(text: str) -> str:
    """Return an id of the venue for use in a query, which must need no quoting."""
    if not (text.isascii() and text.isalnum()):
        raise MalformedMessage(VENUE, "an id that is no plain text")
    return text
