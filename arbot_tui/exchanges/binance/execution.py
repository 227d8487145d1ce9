"""Orders and account of Binance over REST (docs 2026-07-21; facts page sections 6, 7, 10, 11).

Every order carries its deadline: ``timestamp + recvWindow`` is checked on arrival and again
before the matching engine, so an order that is late is refused, not filled later.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from arbot_tui.domain.clock import MS, Clock
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
from arbot_tui.domain.numbers import ZERO, exact, plain
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderEvent,
    OrderReject,
    OrderRequest,
    OrderState,
    OrderStatus,
    OrderUnknown,
)
from arbot_tui.domain.refusal import Reaction, Refusal, cancel_error, placement_event, read_error
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.binance.answers import (
    order_state,
    parse_balances,
    parse_order,
    parse_orders,
    parse_trades,
    trade_order_ids,
)
from arbot_tui.exchanges.binance.errors import ARCHIVED, refusal
from arbot_tui.exchanges.binance.fees import parse_account_fees, parse_commission
from arbot_tui.exchanges.binance.placement import Placement, parse_placement
from arbot_tui.exchanges.binance.quotas import Count, Quotas
from arbot_tui.exchanges.binance.signing import Signer
from arbot_tui.exchanges.transport.limiter import Charge
from arbot_tui.exchanges.transport.rest import RestClient, RestResponse

__all__ = ["BinanceExecution"]

_VENUE = "binance"
_READ_WINDOW_MS = 5_000
# A deadline further away than this would let a delayed order fill long after its edge is gone.
_LONGEST_WINDOW_MS = 5_000
# The venue gives up on its own engine after 10 s; nobody waits that long for a leg.
_PLACE_TIMEOUT_S = 2.0
_QUOTA_WAIT_S = 2.0
# Fees and balances at start may wait for the quota's window to move on.
_PATIENT_S = 60.0
# The offset is off by at most half a round trip; a timestamp ahead of the venue is refused.
_LARGEST_MARGIN_NS = 250 * MS
_KNOWN_IDS = 10_000
# At 20 units of weight a symbol, more would eat the minute's quota at start.
_MOST_COMMISSIONS = 50


class BinanceExecution:
    """Signed requests of one account."""

    def __init__(
        self,
        rest: RestClient,
        clock: Clock,
        credentials: Credentials | None,
        *,
        offset: Callable[[], tuple[int, int]],
        resync: Callable[[], Awaitable[None]],
        doubt_clock: Callable[[], None],
        quotas: Quotas,
    ) -> None:
        """Prepare; nothing is sent before it is asked for.

        Args:
            rest: Client of the account's host.
            clock: Our clock.
            credentials: Key to sign with; without one every call is refused here.
            offset: Returns venue clock minus ours and the round trip, nanoseconds.
            resync: Measures the offset again.
            doubt_clock: Has it measured soon, without waiting; called when an order came late.
            quotas: What the venue allows, shared with public requests.
        """
        self._rest = rest
        self._clock = clock
        self._signer = Signer(credentials) if credentials is not None else None
        self._offset = offset
        self._resync = resync
        self._doubt_clock = doubt_clock
        self._quotas = quotas
        # A cancel replaces the order's client id, so what the venue's own id is known of is
        # asked for by that. Bounded: oldest forgotten first.
        self._venue_ids: OrderedDict[str, str] = OrderedDict()
        self._client_ids: dict[str, str] = {}

    async def place(self, order: OrderRequest, instrument: Instrument) -> list[OrderEvent]:
        """Place a limit order and return what is known of it afterwards."""
        try:
            answer = await self._place(order, instrument)
        except AuthRefused as e:
            return [OrderReject(_VENUE, order.client_id, e.code, str(e), fatal=True)]
        except ExchangeUnavailable as e:
            return [OrderReject(_VENUE, order.client_id, "not_sent", str(e))]
        except (OutcomeUnknown, MalformedMessage) as e:
            return [OrderUnknown(_VENUE, order.client_id, str(e))]
        if not isinstance(answer, Placement):
            return [answer]
        fills = await self._all_fills(answer, instrument)
        return [answer.ack, *fills, answer.state]

    async def _place(
        self, order: OrderRequest, instrument: Instrument
    ) -> Placement | OrderReject | OrderUnknown:
        timing = self.timing(order)
        if isinstance(timing, OrderReject):
            return timing
        timestamp_ms, window_ms = timing
        params = self.order_params(order, instrument)
        signer = self._require_signer()
        response = await self._rest.request(
            "POST",
            f"/api/v3/order?{signer.signed_query(params, timestamp_ms, window_ms)}",
            headers=signer.headers,
            effect=True,
            charges=self.order_charges(instrument),
            timeout_s=_PLACE_TIMEOUT_S,
        )
        self._quotas.observe(response)
        refused = refusal(response)
        if refused is not None:
            if refused.reaction is Reaction.LATE:
                self._doubt_clock()
            return placement_event(refused, order.client_id)
        return parse_placement(response.body, order, instrument.wire_symbol)

    def order_charges(self, instrument: Instrument) -> Sequence[Charge]:
        """Return what an order costs of which quota."""
        del instrument
        return self._quotas.order

    def counted(self, counts: Iterable[Count], now_ns: int) -> None:
        """Believe what an answer to an order says of the venue's limits."""
        self._quotas.told(counts, now_ns)

    @property
    def offset_ns(self) -> int:
        """Venue clock minus ours, nanoseconds."""
        return self._offset()[0]

    def doubt_clock(self) -> None:
        """Have the venue's clock measured again soon."""
        self._doubt_clock()

    def timing(self, order: OrderRequest) -> tuple[int, int] | OrderReject:
        """Return timestamp and window of an order, milliseconds, or that its time is up."""
        timestamp_ms = self._timestamp_ms()
        # In venue time: the deadline must hold there, whatever the margin of the timestamp.
        deadline_ms = (order.expires_ns + self._offset()[0]) // MS
        window_ms = min(deadline_ms - timestamp_ms, _LONGEST_WINDOW_MS)
        if order.expires_ns <= self._clock.now_ns() or window_ms < 1:
            text = "its deadline passed before it was sent"
            return OrderReject(_VENUE, order.client_id, "expired", text)
        return timestamp_ms, window_ms

    def order_params(
        self, order: OrderRequest, instrument: Instrument
    ) -> tuple[tuple[str, str], ...]:
        """Return what an order says, whichever way it goes."""
        return (
            ("symbol", instrument.wire_symbol),
            ("side", order.side.upper()),
            ("type", "LIMIT"),
            ("timeInForce", order.time_in_force.upper()),
            ("quantity", plain(order.qty)),
            ("price", plain(order.price)),
            ("newClientOrderId", order.client_id),
            ("newOrderRespType", "FULL"),
        )

    def placed(self, answer: Placement) -> None:
        """Remember an order by both its ids, and that what it filled counts no more."""
        self._remember(answer.ack.client_id, answer.ack.venue_id)
        if answer.state.filled_qty > 0:
            # The first fill of a taker takes the order off the venue's count again.
            self._quotas.filled()

    async def cancel(self, instrument: Instrument, client_id: str, venue_id: str) -> None:
        """Ask for a cancel; acceptance is not the end state.

        Raises:
            OrderNotFound: Filled, cancelled or never existed.
            OutcomeUnknown: It may have taken effect.
            ExchangeError: Anything else that went wrong.
        """
        answer = await self._call(
            "DELETE",
            "/api/v3/order",
            (("symbol", instrument.wire_symbol), self._identity(client_id, venue_id)),
            1,
            effect=True,
        )
        if isinstance(answer, Refusal):
            raise cancel_error(answer)

    async def query(self, instrument: Instrument, client_id: str, venue_id: str) -> OrderState:
        """Return the order's state, asking the order itself, then history and executions.

        Raises:
            ExchangeError: One of the places could not be asked: nothing is concluded then.
        """
        symbol = ("symbol", instrument.wire_symbol)
        identity = self._identity(client_id, venue_id)
        answer = await self._call("GET", "/api/v3/order", (symbol, identity), 4)
        if not isinstance(answer, Refusal):
            row = parse_order(answer.body)
            return order_state(row, client_id or row.clientOrderId, "order")
        if answer.code == ARCHIVED:
            return OrderState(_VENUE, client_id, OrderStatus.EXPIRED, ZERO, ("order",))
        if answer.reaction is not Reaction.GONE:
            raise read_error(answer)
        return await self._search(symbol, client_id, venue_id)

    async def fills(self, instrument: Instrument, client_id: str, venue_id: str) -> list[Fill]:
        """Return all executions of one order, oldest first.

        Raises:
            OrderNotFound: The venue's id is not given and no order of ours shows it.
            ExchangeError: They could not be fetched.
        """
        if not venue_id:
            venue_id = (await self.query(instrument, client_id, "")).venue_id
            if not venue_id:
                raise OrderNotFound(_VENUE, f"no order {client_id} to ask executions of")
        params = (
            ("symbol", instrument.wire_symbol),
            ("orderId", venue_id),
            ("limit", "1000"),
        )
        body = await self.read("/api/v3/myTrades", params, 5, urgent=True)
        return parse_trades(body, client_id, instrument.symbol, venue_id)

    async def balances(self) -> list[Balance]:
        """Return the non-zero balances of the spot account.

        Raises:
            ExchangeError: They could not be fetched.
        """
        return parse_balances(await self._account())

    async def fees(self, symbols: Mapping[str, str]) -> dict[str, TradingFees]:
        """Return the account's rates by canonical symbol.

        Symbols beyond the first fifty get the account's general rates: asking for each costs
        20 units of weight.

        Args:
            symbols: Wire symbol to canonical symbol.

        Raises:
            ExchangeError: They could not be fetched.
        """
        fees: dict[str, TradingFees] = {}
        wanted = list(symbols.items())
        for wire_symbol, symbol in wanted[:_MOST_COMMISSIONS]:
            params = (("symbol", wire_symbol),)
            body = await self.read("/api/v3/account/commission", params, 20)
            fees[symbol] = parse_commission(body, wire_symbol)
        if len(wanted) > _MOST_COMMISSIONS:
            general = parse_account_fees(await self._account())
            fees.update((symbol, general) for _, symbol in wanted[_MOST_COMMISSIONS:])
        return fees

    async def _all_fills(self, answer: Placement, instrument: Instrument) -> list[Fill]:
        """Return the fills of a placement, asked for where its answer left any out."""
        client_id, venue_id = answer.ack.client_id, answer.ack.venue_id
        self.placed(answer)
        filled = ZERO
        for fill in answer.fills:
            filled = exact.add(filled, fill.qty)
        if filled == answer.state.filled_qty:
            return answer.fills
        try:
            return await self.fills(instrument, client_id, venue_id)
        except ExchangeError:
            # The order's state says that something is missing; it will be asked for again.
            return answer.fills

    async def _search(self, symbol: tuple[str, str], client_id: str, venue_id: str) -> OrderState:
        """Look for an order that ``GET order`` does not know (it can lag behind the engine)."""
        body = await self.read("/api/v3/allOrders", (symbol, ("limit", "500")), 20, urgent=True)
        orders = parse_orders(body)
        venue_id = venue_id or self._venue_ids.get(client_id, "")
        for row in orders:
            if row.clientOrderId == client_id or str(row.orderId) == venue_id:
                return order_state(row, client_id or row.clientOrderId, "history")
        body = await self.read("/api/v3/myTrades", (symbol, ("limit", "1000")), 20, urgent=True)
        asked = ["order", "history"]
        # Executions name only the venue's ids. Those of listed orders belong to others; what
        # is older than the whole list was there before. Anything else could be ours.
        listed = {row.orderId for row in orders}
        oldest = min(listed, default=0)
        strange = {number for number in trade_order_ids(body) if number >= oldest} - listed
        known = set(self._venue_ids.values())
        if all(str(number) in known for number in strange):
            asked.append("fills")
        return OrderState(_VENUE, client_id, OrderStatus.NOT_FOUND, ZERO, tuple(asked))

    def client_id_of(self, venue_id: str) -> str:
        """Return our id of an order of this run by the venue's; empty where it is none."""
        return self._client_ids.get(venue_id, "")

    def _remember(self, client_id: str, venue_id: str) -> None:
        self._venue_ids[client_id] = venue_id
        self._client_ids[venue_id] = client_id
        if len(self._venue_ids) > _KNOWN_IDS:
            _, forgotten = self._venue_ids.popitem(last=False)
            self._client_ids.pop(forgotten, None)

    def _identity(self, client_id: str, venue_id: str) -> tuple[str, str]:
        venue_id = venue_id or self._venue_ids.get(client_id, "")
        return ("orderId", venue_id) if venue_id else ("origClientOrderId", client_id)

    async def _account(self) -> bytes:
        return await self.read("/api/v3/account", (("omitZeroBalances", "true"),), 20)

    async def read(
        self, path: str, params: Sequence[tuple[str, str]], weight: int, *, urgent: bool = False
    ) -> bytes:
        """Return the body of a signed read that succeeded.

        Raises:
            ExchangeError: It did not.
        """
        answer = await self._call("GET", path, params, weight, urgent=urgent)
        if isinstance(answer, Refusal):
            raise read_error(answer)
        return answer.body

    async def _call(
        self,
        method: str,
        path: str,
        params: Sequence[tuple[str, str]],
        weight: int,
        *,
        urgent: bool = True,
        effect: bool = False,
    ) -> RestResponse | Refusal:
        """Send a signed request; once more with the clock measured anew where it was late."""
        answer = await self._call_once(method, path, params, weight, urgent=urgent, effect=effect)
        if isinstance(answer, Refusal) and answer.reaction is Reaction.LATE:
            await self._resync()
            answer = await self._call_once(
                method, path, params, weight, urgent=urgent, effect=effect
            )
        return answer

    async def _call_once(
        self,
        method: str,
        path: str,
        params: Sequence[tuple[str, str]],
        weight: int,
        *,
        urgent: bool,
        effect: bool,
    ) -> RestResponse | Refusal:
        signer = self._require_signer()
        response = await self._rest.request(
            method,
            f"{path}?{signer.signed_query(params, self._timestamp_ms(), _READ_WINDOW_MS)}",
            headers=signer.headers,
            effect=effect,
            charges=self._quotas.weigh(weight),
            urgent=urgent,
            max_wait_s=_QUOTA_WAIT_S if urgent else _PATIENT_S,
        )
        self._quotas.observe(response)
        return refusal(response) or response

    def _timestamp_ms(self) -> int:
        """Return the venue's time, late rather than early by the error of our measurement."""
        offset_ns, rtt_ns = self._offset()
        margin_ns = min(rtt_ns // 2, _LARGEST_MARGIN_NS)
        return (self._clock.now_ns() + offset_ns - margin_ns) // MS

    def _require_signer(self) -> Signer:
        if self._signer is None:
            raise AuthRefused(_VENUE, "no_key", "no API key is set")
        return self._signer
