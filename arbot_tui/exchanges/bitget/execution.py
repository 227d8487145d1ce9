"""Orders and account of Bitget over REST in the v2 ("Classic") dialect.

Pages of 2025-12-05; facts page sections 6, 7, 10 and 11. A placement or a cancel is answered
with acceptance only; what became of the order is learnt by asking. Every order carries its
deadline as ``requestTime`` and ``receiveWindow``. A unified account answers 40085 to all of this:
that is reported as fatal, its dialect (v3) is a class of its own beside this one.
"""

from __future__ import annotations

from collections import OrderedDict
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
from arbot_tui.domain.numbers import ZERO, plain
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
from arbot_tui.exchanges.bitget.answers import (
    Answer,
    OrderRow,
    TradeRow,
    fill_of,
    order_state,
    parse_balances,
    parse_fees,
    parse_order_id,
    parse_orders,
    parse_trades,
)
from arbot_tui.exchanges.bitget.errors import judge
from arbot_tui.exchanges.bitget.quotas import Quotas
from arbot_tui.exchanges.bitget.signing import rest_headers
from arbot_tui.exchanges.transport.limiter import Charge
from arbot_tui.exchanges.transport.rest import RestClient

__all__ = ["ClassicExecution"]

_VENUE = "bitget"
_TRADE = "/api/v2/spot/trade"
# A deadline further away than this would let a delayed order fill long after its edge is gone.
_LONGEST_WINDOW_MS = 5_000
_PLACE_TIMEOUT_S = 2.0
_QUOTA_WAIT_S = 2.0
# A fee rate costs one request per symbol, ten a second.
_PATIENT_S = 30.0
_ROWS_PER_PAGE = 100
_MOST_PAGES = 20
_KNOWN_SENDS = 10_000
# Our clock against the venue's stamps, with much to spare.
_CLOCK_MARGIN_NS = 60 * SECOND


class ClassicExecution:
    """Signed requests of one Classic account."""

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
        """
        self._rest = rest
        self._clock = clock
        self._credentials = credentials
        self._offset_ns = offset_ns
        self._resync = resync
        self._doubt_clock = doubt_clock
        self._quotas = quotas
        # When an order was sent bounds the search for it. Oldest forgotten first.
        self._sent_ns: OrderedDict[str, int] = OrderedDict()

    async def place(self, order: OrderRequest, instrument: Instrument) -> list[OrderEvent]:
        """Place a limit order and return what is known of it afterwards."""
        now_ns = self._clock.now_ns()
        window_ms = min((order.expires_ns - now_ns) // MS, _LONGEST_WINDOW_MS)
        if window_ms < 1:
            text = "its deadline passed before it was sent"
            return [OrderReject(_VENUE, order.client_id, "expired", text)]
        body = msgspec.json.encode(
            {
                "symbol": instrument.wire_symbol,
                "side": order.side,
                "orderType": "limit",
                "force": order.time_in_force,
                "price": plain(order.price),
                "size": plain(order.qty),
                "clientOid": order.client_id,
                "requestTime": str((now_ns + self._offset_ns()) // MS),
                "receiveWindow": str(window_ms),
            }
        )
        self._remember(order.client_id, now_ns)
        try:
            answer = await self._post(f"{_TRADE}/place-order", body, self._quotas.place)
            if isinstance(answer, Refusal):
                if answer.reaction is Reaction.LATE:
                    self._doubt_clock()
                return [placement_event(answer, order.client_id)]
            return [OrderAck(_VENUE, order.client_id, parse_order_id(answer.data))]
        except AuthRefused as e:
            return [OrderReject(_VENUE, order.client_id, e.code, str(e), fatal=True)]
        except ExchangeUnavailable as e:
            return [OrderReject(_VENUE, order.client_id, "not_sent", str(e))]
        except (OutcomeUnknown, MalformedMessage) as e:
            return [OrderUnknown(_VENUE, order.client_id, str(e))]

    async def cancel(self, instrument: Instrument, client_id: str, venue_id: str) -> None:
        """Ask for a cancel; acceptance is not the end state.

        Raises:
            OrderNotFound: Filled, cancelled or never existed.
            OutcomeUnknown: It may have taken effect.
            ExchangeError: Anything else that went wrong.
        """
        identity = {"orderId": venue_id} if venue_id else {"clientOid": client_id}
        body = msgspec.json.encode({"symbol": instrument.wire_symbol, **identity})
        answer = await self._post(
            f"{_TRADE}/cancel-order", body, self._quotas.cancel, max_wait_s=_QUOTA_WAIT_S
        )
        if isinstance(answer, Refusal):
            raise cancel_error(answer)

    async def query(self, instrument: Instrument, client_id: str, venue_id: str) -> OrderState:
        """Return the order's state.

        Asked are the order itself (it knows our id for two hours), then open orders, history and
        executions.

        Raises:
            ExchangeError: One of the places could not be asked: nothing is concluded then.
        """
        identity = f"orderId={venue_id}" if venue_id else f"clientOid={client_id}"
        try:
            answer = await self.get(f"{_TRADE}/orderInfo?{identity}", self._quotas.query)
        except OrderNotFound:
            rows = []
        else:
            rows = parse_orders(answer.data)
        found = _ours(rows, client_id, venue_id)
        if found:
            return order_state(found, "order")
        return await self._search(instrument, client_id, venue_id)

    async def fills(self, instrument: Instrument, client_id: str, venue_id: str) -> list[Fill]:
        """Return all executions of one order, oldest first.

        Raises:
            OrderNotFound: The venue's id is not given and no order of ours shows it.
            ExchangeError: They could not be fetched completely.
        """
        if not venue_id:
            venue_id = (await self.query(instrument, client_id, "")).venue_id
            if not venue_id:
                raise OrderNotFound(_VENUE, f"no order {client_id} to ask executions of")
        query = f"symbol={instrument.wire_symbol}&orderId={venue_id}"
        rows, complete = await self.trades(query, 0)
        if not complete:
            raise ExchangeUnavailable(_VENUE, f"too many executions of {client_id}")
        fills = [
            fill_of(row, client_id, instrument.symbol) for row in rows if row.orderId == venue_id
        ]
        return sorted(fills, key=lambda fill: fill.event_ns)

    async def balances(self) -> list[Balance]:
        """Return the non-zero balances of the spot account.

        Raises:
            ExchangeError: They could not be fetched.
        """
        target = "/api/v2/spot/account/assets?assetType=hold_only"
        return parse_balances((await self.get(target, self._quotas.assets)).data)

    async def fees(self, symbols: Mapping[str, str]) -> dict[str, TradingFees]:
        """Return the account's rates by canonical symbol.

        Args:
            symbols: Wire symbol to canonical symbol.

        Raises:
            ExchangeError: They could not be fetched.
        """
        fees: dict[str, TradingFees] = {}
        for wire_symbol, symbol in symbols.items():
            answer = await self.get(
                f"/api/v2/common/trade-rate?symbol={wire_symbol}&businessType=spot",
                self._quotas.fees,
                max_wait_s=_PATIENT_S,
            )
            fees[symbol] = parse_fees(answer.data)
        return fees

    async def _search(self, instrument: Instrument, client_id: str, venue_id: str) -> OrderState:
        """Look for an order that ``orderInfo`` does not know."""
        symbol = f"symbol={instrument.wire_symbol}"
        sent_ns = self._sent_ns.get(client_id, 0)
        since_ms = (sent_ns + self._offset_ns() - _CLOCK_MARGIN_NS) // MS
        listed: set[str] = set()
        asked = ["order"]
        for path, source in (("unfilled-orders", "open"), ("history-orders", "history")):
            rows, complete = await self.orders(f"{_TRADE}/{path}?{symbol}", since_ms)
            found = _ours(rows, client_id, venue_id)
            if found:
                return order_state(found, source)
            listed.update(row.orderId for row in rows)
            if complete:
                asked.append(source)
        # Executions name only the venue's ids. Those of listed orders belong to others; one of
        # an order that no list shows could be ours.
        trades, complete = await self.trades(symbol, since_ms)
        strange = [row for row in trades if row.orderId not in listed and _ms(row) >= since_ms]
        if complete and not strange and "history" in asked:
            asked.append("fills")
        return OrderState(_VENUE, client_id, OrderStatus.NOT_FOUND, ZERO, tuple(asked))

    async def orders(self, target: str, since_ms: int) -> tuple[list[OrderRow], bool]:
        """Return orders of a list back to `since_ms`, and whether none can be missing.

        Args:
            target: Path and query of the list, newest first.
            since_ms: Venue time, UTC milliseconds.
        """
        found: list[OrderRow] = []
        before = ""
        joint = "" if target.endswith("?") else "&"
        for _ in range(_MOST_PAGES):
            page = f"{target}{joint}limit={_ROWS_PER_PAGE}{before}"
            answer = await self.get(page, self._quotas.query)
            rows = parse_orders(answer.data)
            found += rows
            if len(rows) < _ROWS_PER_PAGE or 0 < _ms(rows[-1]) < since_ms:
                return found, True
            before = f"&idLessThan={_id(rows[-1].orderId)}"
        return found, False

    async def trades(self, query: str, since_ms: int) -> tuple[list[TradeRow], bool]:
        """Return executions back to `since_ms`, and whether none can be missing.

        Args:
            query: Which ones.
            since_ms: Venue time, UTC milliseconds.
        """
        found: list[TradeRow] = []
        before = ""
        for _ in range(_MOST_PAGES):
            answer = await self.get(
                f"{_TRADE}/fills?{query}&limit={_ROWS_PER_PAGE}{before}", self._quotas.fills
            )
            rows = parse_trades(answer.data)
            found += rows
            if len(rows) < _ROWS_PER_PAGE or 0 < _ms(rows[-1]) < since_ms:
                return found, True
            before = f"&idLessThan={_id(rows[-1].tradeId)}"
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
        self, path: str, body: bytes, charges: Sequence[Charge], *, max_wait_s: float = 0.0
    ) -> Answer | Refusal:
        response = await self._rest.request(
            "POST",
            path,
            headers=self._headers("POST", path, body.decode()),
            body=body,
            effect=True,
            charges=charges,
            max_wait_s=max_wait_s,
            timeout_s=_PLACE_TIMEOUT_S,
        )
        return judge(response)

    def _headers(self, method: str, target: str, body: str) -> dict[str, str]:
        if self._credentials is None:
            raise AuthRefused(_VENUE, "no_key", "no API key is set")
        timestamp_ms = (self._clock.now_ns() + self._offset_ns()) // MS
        return rest_headers(self._credentials, timestamp_ms, method, target, body)

    def _remember(self, client_id: str, now_ns: int) -> None:
        self._sent_ns[client_id] = now_ns
        if len(self._sent_ns) > _KNOWN_SENDS:
            self._sent_ns.popitem(last=False)


def _ours(rows: Sequence[OrderRow], client_id: str, venue_id: str) -> OrderRow | None:
    for row in rows:
        if row.orderId == venue_id if venue_id else row.clientOid == client_id:
            return row
    return None


def _ms(row: OrderRow | TradeRow) -> int:
    """Return when `row` was made, UTC milliseconds; 0 where it does not say.

    Open orders are documented with seconds: too few digits to be told.
    """
    text = row.cTime
    return int(text) if text.isascii() and text.isdigit() and 13 <= len(text) < 16 else 0


def _id(text: str) -> str:
    """Return an id of the venue for use in a query, which must need no quoting."""
    if not (text.isascii() and text.isalnum()):
        raise MalformedMessage(_VENUE, "an id that is no plain text")
    return text
