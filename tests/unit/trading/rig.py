"""The money core in virtual time: performs its commands against model venues, and watches it.

Everything that can differ between two runs is decided by `Choices`; everything else follows. At
each step the rig checks what must always hold, at each order what must hold before money leaves,
and after `settle` that the core's books are the venues'.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Protocol

import msgspec

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.edge import net_edge_pct_exact
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import from_float
from arbot_tui.domain.orders import OrderEvent, OrderRequest, OrderSide
from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
from arbot_tui.domain.states import LegState, PairState, TradingState
from arbot_tui.trading.core.commands import (
    Alarm,
    Cancel,
    Command,
    Commit,
    Deny,
    Query,
    QueryKind,
    Send,
    SetTimer,
)
from arbot_tui.trading.core.events import (
    AccountFillsSeen,
    BalancesSeen,
    CommitFailed,
    Committed,
    Event,
    FeesChanged,
    InstrumentsChanged,
    OpenOrdersSeen,
    Operator,
    OperatorAction,
    PrivateStream,
    Signalled,
    Started,
    TimerFired,
    TimerKind,
    VenueLive,
)
from arbot_tui.trading.core.limits import Limits
from arbot_tui.trading.core.pair import ENDED, Pair
from arbot_tui.trading.core.state import CoreState
from arbot_tui.trading.core.step import replay, step
from tests.unit.trading.venue_model import Fate, ModelVenue

__all__ = [
    "FEES",
    "INSTANCE",
    "LIMITS",
    "START_NS",
    "Choices",
    "Clean",
    "Rig",
    "Scripted",
    "instrument",
    "picture",
]

INSTANCE = "k3f9x0z"
START_NS = 1_700_000_000 * SECOND
LIMITS = Limits(
    min_profit_pct=Decimal("0.05"),
    max_profit_pct=Decimal("3.0"),
    trade_amount_quote=Decimal(1000),
    slippage_pct=Decimal("0.02"),
    cooldown_ns=100 * MS,
    max_order_quote=Decimal(5000),
    max_order_equity_pct=Decimal(100),
    max_pairs_per_hour=10_000,
    max_concurrent_pairs=3,
    max_messages_per_s=20,
    max_quote_age_ns=250 * MS,
    max_loop_lag_ns=50 * MS,
    order_validity_ns=2 * SECOND,
    commit_wait_ns=250 * MS,
    ack_timeout_ns=2 * SECOND,
    visibility_margin_ns=2 * SECOND,
)
_TICK, _LOT = Decimal("0.01"), Decimal("0.001")
FEES = TradingFees(Decimal("0.001"), Decimal("0.001"))
_decode = msgspec.json.Decoder(Event).decode


class Choices(Protocol):
    """What the world does; one object decides all of it."""

    def fate(self, order: OrderRequest) -> Fate:
        """Return what becomes of an order."""
        ...

    def commit_ns(self) -> int:
        """Return how long a commit takes; negative: it fails, and all after it."""
        ...

    def question_ns(self) -> int:
        """Return how long a question travels one way; negative: it is not answered."""
        ...

    def sources(self) -> tuple[str, ...]:
        """Return which sources an adapter managed to ask."""
        ...

    def kept(self, durable: int, written: int) -> int:
        """Return how many records survive a crash, between the two."""
        ...


class Clean:
    """A world in which everything works at once."""

    def fate(self, order: OrderRequest) -> Fate:
        """Execute it."""
        del order
        return Fate()

    def commit_ns(self) -> int:
        """Take a millisecond."""
        return MS

    def question_ns(self) -> int:
        """Take five milliseconds."""
        return 5 * MS

    def sources(self) -> tuple[str, ...]:
        """Ask everywhere."""
        return ("order", "history", "fills")

    def kept(self, durable: int, written: int) -> int:
        """Lose what was not confirmed."""
        del written
        return durable


class Scripted(Clean):
    """The same, but for what has been put down for the next orders, commits and questions."""

    def __init__(self, *fates: Fate) -> None:
        """Put down the fates of the next orders."""
        self.fates: deque[Fate] = deque(fates)
        self.commits: deque[int] = deque()
        self.questions: deque[int] = deque()
        self.asked: deque[tuple[str, ...]] = deque()
        self.survivors = 0

    def fate(self, order: OrderRequest) -> Fate:
        """Return the next fate put down."""
        return self.fates.popleft() if self.fates else super().fate(order)

    def commit_ns(self) -> int:
        """Return the next duration put down."""
        return self.commits.popleft() if self.commits else super().commit_ns()

    def question_ns(self) -> int:
        """Return the next duration put down."""
        return self.questions.popleft() if self.questions else super().question_ns()

    def sources(self) -> tuple[str, ...]:
        """Return the next sources put down."""
        return self.asked.popleft() if self.asked else super().sources()

    def kept(self, durable: int, written: int) -> int:
        """Lose all but so many of the records that were not confirmed."""
        return min(written, durable + self.survivors)


def instrument(venue: str, base: str, min_notional: str = "5") -> Instrument:
    """Return the rules under which the model venues trade."""
    return Instrument(
        venue, base + "USDT", base, "USDT", _TICK, _LOT, min_qty=_LOT,
        min_notional=Decimal(min_notional),
    )  # fmt: skip


def picture(state: CoreState) -> bytes:
    """Return a copy of the state's digest that later changes do not touch."""
    return repr(state.digest()).encode()


class Rig:
    """One account over any number of crashes."""

    def __init__(
        self,
        choices: Choices,
        *,
        venues: tuple[str, ...] = ("ant", "bee", "cat"),
        bases: tuple[str, ...] = ("BTC", "ETH", "SOL", "XRP"),
        limits: Limits = LIMITS,
        opening: dict[str, dict[str, Decimal]] | None = None,
        thorough: bool = False,
        honest: bool = True,
    ) -> None:
        """Prepare; `start` begins the first run.

        Args:
            choices: Decides what the world does.
            venues: Names of the venues.
            bases: Base assets; the quote is USDT.
            limits: Limits of every run.
            opening: What each venue holds at first.
            thorough: Take a picture at every step: no change without a record, and every
                prefix of the journal replays to what was live then.
            honest: Venues keep their promises, so that what is held back is always there.
        """
        self.choices = choices
        self.limits = limits
        self.symbols = tuple(f"{base}/USDT" for base in bases)
        self.bases = bases
        rich = {base: Decimal(100) for base in bases} | {
            "USDT": Decimal(100_000),
            "GAS": Decimal(5),
        }
        self.venues = {
            name: ModelVenue(name, (opening or {}).get(name, rich), _TICK, _LOT) for name in venues
        }
        self.streams: dict[str, bool] = {}
        """Venues with a private stream, and whether it is up; those not named have none."""
        self.now_ns = START_NS
        self.state = CoreState()
        self.journal: list[tuple[int, int, bytes]] = []
        self.durable = 0
        self.journal_broken = False
        self.quotes: dict[tuple[str, str], QuoteView] = {}
        self.closed_until_ns: dict[str, int] = {}
        """Until when a venue takes no order: a ban runs, or a quota is spent."""
        for symbol in self.symbols:
            for name in venues:
                self.quote(name, symbol, 99.99, 100.01)
        self.denied: list[Deny] = []
        self.alarms: list[Alarm] = []
        self.sent: list[OrderRequest] = []
        self.cancelled: list[Cancel] = []
        self.questions: list[Query] = []
        self.steps = 0
        self._thorough = thorough
        self._honest = honest
        self._pictures: dict[int, bytes] = {}
        self._planned: dict[str, int] = {}
        self._sends: dict[str, deque[int]] = {name: deque() for name in venues}
        self._heap: list[tuple[int, int, int, Callable[[], None]]] = []
        self._serial = 0
        self._run = 1
        self._timers: dict[tuple[TimerKind, str], int] = {}
        self._asking: set[tuple[QueryKind, str, str]] = set()
        self._events: deque[Event] = deque()
        self._busy = False
        self._journal_free_ns = 0
        self._signals = 0
        self._flattening: set[str] = set()

    # -- what a test does -------------------------------------------------

    def start(self, *, trading: bool = True) -> None:
        """Begin a run: the same after a crash as at first."""
        self.handle(Started(INSTANCE, tuple(self.venues), self.limits))
        for name, venue in self.venues.items():
            rules = tuple(instrument(name, base) for base in self.bases)
            self.handle(InstrumentsChanged(name, rules))
            self.handle(FeesChanged(name, dict.fromkeys(self.symbols, FEES)))
            if name in self.streams:
                self.handle(PrivateStream(name, self.streams[name]))
            if venue.up:
                self.handle(VenueLive(name, True))
        self.run_for(50 * MS)
        if trading:
            self.operate(OperatorAction.START)
            self.run_for(5 * MS)

    def operate(self, action: OperatorAction, reason: str = "test", **more: Any) -> None:
        """Do what a person does."""
        if action is OperatorAction.FLATTEN:
            self._flattening = self.state.in_flight.keys() | self.state.stuck
        elif action is OperatorAction.HALT:
            self._flattening = set()
        self.handle(Operator(action, reason, **more))

    def quote(self, venue: str, symbol: str, bid: float, ask: float, live: bool = True) -> None:
        """Set a venue's quote."""
        self.quotes[venue, symbol] = QuoteView(
            venue, bid, 5.0, ask, 5.0, self.now_ns, live, "live" if live else "stale"
        )

    def edge(self, buy: str, sell: str, symbol: str = "BTC/USDT", pct: float = 0.4) -> None:
        """Open an edge of about `pct` percent after fees, and hand it over."""
        bid = round(100.0 * (1 + (pct + 0.2) / 100), 2)
        self.quote(buy, symbol, 99.98, 100.0)
        self.quote(sell, symbol, bid, bid + 0.02)
        self.signal(buy, sell, symbol)

    def signal(self, buy: str, sell: str, symbol: str, qty: float = 4.0) -> None:
        """Hand over an opportunity at the quotes as they stand."""
        self._signals += 1
        one, other = (self._as_of_now(self.quotes[name, symbol]) for name in (buy, sell))
        self.handle(
            Signalled(
                ArbitrageSignal(self._signals, symbol, one, other, 0.4, qty, 1.0, self.now_ns, 0),
                Decimal(1_000_000),
            )
        )

    def set_up(self, venue: str, up: bool) -> None:
        """Take a venue away, or bring it back."""
        if self.venues[venue].up != up:
            self.venues[venue].up = up
            for symbol in self.symbols:
                old = self.quotes[venue, symbol]
                self.quote(venue, symbol, old.bid, old.ask, live=up)
            self.handle(VenueLive(venue, up))

    def close_for(self, venue: str, for_ns: int) -> None:
        """Have a venue take no order for so long."""
        self.closed_until_ns[venue] = self.now_ns + for_ns

    def _as_of_now(self, quote: QuoteView) -> QuoteView:
        """Return a quote that says for how long its venue takes no order."""
        wait_ns = max(0, self.closed_until_ns.get(quote.venue, 0) - self.now_ns)
        return msgspec.structs.replace(quote, order_wait_ns=wait_ns) if wait_ns else quote

    def set_stream(self, venue: str, up: bool) -> None:
        """Lose a venue's private stream, or bring it up; from the first call on it has one."""
        self.streams[venue] = up
        self.handle(PrivateStream(venue, up, "" if up else "test"))

    def run_for(self, delta_ns: int) -> None:
        """Let time pass."""
        end_ns = self.now_ns + delta_ns
        while self._heap and self._heap[0][0] <= end_ns:
            at_ns, _, run, act = heapq.heappop(self._heap)
            self.now_ns = max(self.now_ns, at_ns)
            # What a dead process waited for does not happen; what travels to a venue does.
            if run in (0, self._run):
                act()
        self.now_ns = end_ns

    def crash(self) -> None:
        """Kill the process and recover from what the journal kept."""
        kept = self.choices.kept(self.durable, len(self.journal))
        assert self.durable <= kept <= len(self.journal)
        del self.journal[kept:]
        self.durable = kept
        self.journal_broken = False
        self._run += 1
        self._timers.clear()
        self._asking.clear()
        self._events.clear()
        self.state = self.replayed()
        # A halt that was not yet on disk was none.
        self._flattening = {p.id for p in self.state.in_flight.values() if p.flatten}
        if self._thorough:
            assert picture(self.state) == self._pictures.get(kept, picture(CoreState()))

    def set_clock_back(self, by_ns: int) -> None:
        """Set the machine's clock back, between two runs."""
        self.now_ns -= by_ns
        self._journal_free_ns = 0
        for venue in self.venues.values():
            # What its balances show does not depend on our clock.
            venue.forget_lags()

    def replayed(self) -> CoreState:
        """Return the state that the journal leads to."""
        state = CoreState()
        replay(state, ((number, at_ns, _decode(body)) for number, at_ns, body in self.journal))
        return state

    def settle(self) -> None:
        """Bring everything back, drain, reconcile, and compare all books."""
        self._come_to_rest()
        self._check_books()

    def survive(self) -> None:
        """Do the same after venues that lied: what does not agree is known not to."""
        self._come_to_rest()
        state = self.state
        assert state.ledger.is_balanced()
        for name, venue in self.venues.items():
            known = state.venue(name)
            assert len(venue.arrived) == len(set(venue.arrived))
            if known.reconciled and not known.mismatches:
                assert self.ours(name) == {a: q for a, q in venue.balances.items() if q}
        for pair in state.pairs.values():
            assert (pair.state in ENDED) == (pair.id not in state.in_flight)
        assert picture(self.replayed()) == picture(state)

    def _come_to_rest(self) -> None:
        broken = self.journal_broken
        if broken:
            self.crash()
        self.choices = Clean()
        if broken:
            self.start(trading=False)
        for name in self.venues:
            self.set_up(name, True)
        for name in self.streams:
            self.set_stream(name, True)
        if self.state.trading is TradingState.HALTED:
            self.operate(OperatorAction.RESET)
        self.operate(OperatorAction.DRAIN)
        for _ in range(200):
            if not self.state.in_flight:
                break
            self.run_for(SECOND)
        # An order may still be on its way to be refused.
        self.run_for(40 * SECOND)
        self.operate(OperatorAction.RECONCILE)
        self.run_for(5 * SECOND)

    @property
    def pair(self) -> Pair:
        """The newest pair."""
        return self.state.pairs[f"p{self.state.pair_no}"]

    def pair_state(self) -> PairState:
        """Return the state of the newest pair."""
        return self.pair.state

    def trading(self) -> TradingState:
        """Return whether trading is active."""
        return self.state.trading

    def events(self) -> list[Event]:
        """Return what the journal holds."""
        return [_decode(body) for _, _, body in self.journal]

    def ours(self, venue: str) -> dict[str, Decimal]:
        """Return what the ledger says a venue holds."""
        return {a: q for a, q in self.state.ledger.book(venue).items() if q}

    def agrees(self) -> bool:
        """Tell whether the ledger is what the venues really hold."""
        return all(
            self.ours(name) == {a: q for a, q in venue.balances.items() if q}
            for name, venue in self.venues.items()
        )

    # -- performing -------------------------------------------------------

    def handle(self, event: Event) -> None:
        """Step the core, and perform what it asks for, as `PairExecutor` does."""
        self._events.append(event)
        if self._busy:
            return
        self._busy = True
        try:
            while self._events:
                self._step(self._events.popleft())
        finally:
            self._busy = False

    def _step(self, event: Event) -> None:
        self.steps += 1
        before = picture(self.state) if self._thorough else b""
        commands = step(self.state, event, self.now_ns)
        recorded = bool(commands) and isinstance(commands[0], Commit)
        if self._thorough:
            after = picture(self.state)
            if recorded:
                self._pictures[self.state.commits] = after
            else:
                assert before == after or isinstance(event, CommitFailed), event
        assert not any(isinstance(command, Commit) for command in commands[1:])
        for command in commands:
            self._perform(command)
        self.state.touched.clear()
        self._check_state()

    def _perform(self, command: Command) -> None:
        if isinstance(command, Commit):
            self._commit(command)
        elif isinstance(command, Send):
            self._send(command.order)
        elif isinstance(command, SetTimer):
            self._set_timer(command)
        elif isinstance(command, Query):
            self.questions.append(command)
            self._ask(command)
        elif isinstance(command, Cancel):
            self.cancelled.append(command)
            self._ask(Query(QueryKind.ORDER, command.venue, command.symbol, command.client_id))
        elif isinstance(command, Deny):
            self.denied.append(command)
        else:
            self.alarms.append(command)

    def _later(self, at_ns: int, act: Callable[[], None], *, anyway: bool = False) -> None:
        self._serial += 1
        heapq.heappush(self._heap, (at_ns, self._serial, 0 if anyway else self._run, act))

    def _commit(self, commit: Commit) -> None:
        if self.journal_broken:
            self._fail(commit)
            return
        took_ns = self.choices.commit_ns()
        body = msgspec.json.encode(commit.event)
        assert _decode(body) == commit.event
        self.journal.append((commit.commit_id, commit.at_ns, body))
        assert commit.commit_id == len(self.journal)
        if took_ns < 0:
            # Whether it is on disk after all, nobody knows.
            self.journal_broken = True
            self._fail(commit)
            return
        for leg in self._new_legs(commit):
            self._planned[leg] = commit.commit_id
        self._journal_free_ns = max(self._journal_free_ns, self.now_ns) + took_ns
        self._later(self._journal_free_ns, lambda: self._durable(commit))

    def _fail(self, commit: Commit) -> None:
        def tell() -> None:
            if commit.confirm:
                self.handle(CommitFailed(commit.commit_id, "disk full"))
            elif self.state.journal_ok:
                self.handle(CommitFailed(0, "disk full"))

        self._later(max(self._journal_free_ns, self.now_ns) + MS, tell)

    def _new_legs(self, commit: Commit) -> list[str]:
        """Return the client ids that the record itself names as planned."""
        event = commit.event
        if isinstance(event, Signalled) and event.plan is not None:
            return [event.plan.buy.order.client_id, event.plan.sell.order.client_id]
        if isinstance(event, TimerFired) and event.unwinding and event.unwinding.order:
            return [event.unwinding.order.order.client_id]
        return []

    def _durable(self, commit: Commit) -> None:
        self.durable = max(self.durable, commit.commit_id)
        if commit.confirm:
            self.handle(Committed(commit.commit_id, self.quotes_of(commit.symbol)))

    def quotes_of(self, symbol: str) -> tuple[QuoteView, ...]:
        """Return the symbol's quotes on all venues."""
        return tuple(self._as_of_now(self.quotes[name, symbol]) for name in self.venues)

    def _send(self, order: OrderRequest) -> None:
        self._check_send(order)
        self.sent.append(order)
        venue = self.venues[order.venue]
        fate = self.choices.fate(order)
        run = self._run
        if fate.lost:
            return

        def arrive() -> None:
            told = venue.arrive(order, fate, self.now_ns)
            if run == self._run:
                for event in told:
                    self._later(self.now_ns + fate.answer_ns, lambda e=event: self.handle(e))  # type: ignore[misc]
                self._stream(venue, order.client_id, fate)

        self._later(self.now_ns + fate.travel_ns, arrive, anyway=True)

    def _stream(self, venue: ModelVenue, client_id: str, fate: Fate) -> None:
        """Tell on the private stream what is true, unless it is lost before that."""
        for event in venue.streamed(client_id) * (2 if fate.twice else 1):

            def tell(event: OrderEvent = event) -> None:
                if self.streams.get(venue.name):
                    self.handle(event)

            self._later(self.now_ns + fate.stream_ns, tell)

    def _set_timer(self, timer: SetTimer) -> None:
        key = (timer.kind, timer.key)
        self._serial += 1
        mine = self._serial
        self._timers[key] = mine

        def fire() -> None:
            if self._timers.get(key) == mine:
                del self._timers[key]
                quotes = self.quotes_of(timer.symbol) if timer.symbol else ()
                self.handle(TimerFired(timer.kind, timer.key, timer.n, quotes))

        self._later(max(timer.at_ns, self.now_ns), fire)

    def _ask(self, query: Query) -> None:
        key = (query.kind, query.venue, query.client_id or query.symbol)
        if key in self._asking:
            return
        self._asking.add(key)
        asked_ns = self.now_ns
        there_ns = self.choices.question_ns()
        back_ns = self.choices.question_ns()
        answered = there_ns >= 0 and back_ns >= 0 and self.venues[query.venue].up
        there_ns, back_ns = abs(there_ns), abs(back_ns)

        def arrive() -> None:
            events = self._answer(query, asked_ns) if answered else []
            self._later(self.now_ns + back_ns, lambda: done(events))

        def done(events: list[Event]) -> None:
            self._asking.discard(key)
            for event in events:
                self.handle(event)
            if not answered and query.kind is QueryKind.BALANCES:
                retry = SetTimer(self.now_ns + SECOND, TimerKind.BALANCES, query.venue)
                self._set_timer(retry)

        self._later(self.now_ns + there_ns, arrive)

    def _answer(self, query: Query, asked_ns: int) -> list[Event]:
        venue = self.venues[query.venue]
        if query.kind is QueryKind.ORDER:
            sources = self.choices.sources()
            told = venue.query(query.client_id, sources, self.now_ns)
            return [msgspec.structs.replace(told, asked_ns=asked_ns)]
        if query.kind is QueryKind.FILLS:
            return list(venue.fills(query.client_id, self.now_ns))
        if query.kind is QueryKind.OPEN_ORDERS:
            return [OpenOrdersSeen(query.venue, tuple(venue.resting))]
        if query.kind is QueryKind.ACCOUNT_FILLS:
            found = venue.account_fills(query.symbol, query.since_ns, self.now_ns)
            return [AccountFillsSeen(query.venue, tuple(found))]
        return [BalancesSeen(query.venue, asked_ns, venue.holdings(self.now_ns))]

    # -- what must hold ---------------------------------------------------

    def _check_send(self, order: OrderRequest) -> None:
        """Check what must hold before money leaves."""
        state = self.state
        # I2: an id is sent once, whatever crashed in between. I5: not before it is durable.
        assert all(earlier.client_id != order.client_id for earlier in self.sent)
        assert self._planned[order.client_id] <= self.durable
        assert order.client_id.encode() in b"".join(
            body for number, _, body in self.journal[: self.durable]
            if number == self._planned[order.client_id]
        )  # fmt: skip
        assert not self.journal_broken or state.journal_ok
        assert order.expires_ns > self.now_ns
        found = state.leg(order.client_id)
        assert found is not None
        pair, leg = found
        assert leg.state is LegState.SENT
        assert not state.venue(order.venue).blocked
        # Refused at the door, one leg would stand alone.
        assert self.closed_until_ns.get(order.venue, 0) <= self.now_ns
        # I8: halted means that nothing leaves but what a person has asked to flatten since.
        if state.trading is TradingState.HALTED:
            assert leg.unwinding
            assert pair.id in self._flattening
        if leg.unwinding:
            # Reduce-only: nearer to zero, and never past it.
            assert leg.side is (OrderSide.SELL if pair.remainder > 0 else OrderSide.BUY)
            assert leg.qty <= abs(pair.remainder)
        if not leg.unwinding:
            self._check_pair_send(pair)
        # I15: no more than so many in any second.
        sends = self._sends[order.venue]
        sends.append(self.now_ns)
        while sends[0] <= self.now_ns - SECOND:
            sends.popleft()
        assert len(sends) <= self.limits.max_messages_per_s

    def _check_pair_send(self, pair: Pair) -> None:
        state = self.state
        assert state.trading is TradingState.ACTIVE
        # Nobody starts while the day has lost too much, so that this is as good.
        assert not state.halting
        # I9: what is left at both limits is more than nothing.
        pct = net_edge_pct_exact(pair.buy.price, pair.sell.price, FEES.taker, FEES.taker)
        assert pct > 0
        assert pct >= self.limits.min_profit_pct
        # I10: from live quotes, at prices that still stand.
        for leg in (pair.buy, pair.sell):
            quote = self.quotes[leg.venue, pair.symbol]
            assert quote.tradeable
            if leg is pair.buy:
                assert from_float(quote.ask) <= leg.price
            else:
                assert from_float(quote.bid) >= leg.price
            assert state.venue(leg.venue).settled
            assert leg.price * leg.qty <= self.limits.max_order_quote
        assert pair.buy.venue != pair.sell.venue
        assert len(state.in_flight) <= self.limits.max_concurrent_pairs

    def _check_state(self) -> None:
        """Check what must hold after every event."""
        state = self.state
        # I7: what is held back is there, and held back for orders that have not ended.
        held: dict[tuple[str, str], Decimal] = {}
        symbols: set[str] = set()
        for pair in state.in_flight.values():
            assert pair.state not in ENDED
            assert pair.symbol not in symbols or self._reopened(pair.symbol)
            symbols.add(pair.symbol)
            waiting = all(leg.is_final for leg in pair.legs)
            if waiting:
                assert pair.state is PairState.UNWINDING
            unknown = [leg for leg in pair.legs if leg.state is LegState.UNKNOWN]
            if waiting or unknown == [leg for leg in pair.legs if not leg.is_final]:
                assert (TimerKind.UNWIND, pair.id) in self._timers or any(
                    leg.unwinding for leg in unknown
                )
            for leg in pair.legs:
                key = (leg.venue, leg.reserved_asset)
                held[key] = held.get(key, Decimal(0)) + leg.reserved
                assert leg.reserved >= 0
                if leg.is_final:
                    assert leg.reserved == 0
                else:
                    self._check_watched(pair, leg.client_id, leg.state)
        for key, amount in state.reserved.items():
            assert amount == held.get(key, 0), key
            assert not (amount and self._honest) or amount <= state.ledger.balance(*key), key
        # Attempted is what was planned in this run; each pair ends once.
        mine = [p for p in state.in_flight.values() if p.number >= state.session_from]
        attempted = state.pair_no - state.session_from + 1
        assert attempted == sum(state.outcomes.values()) + len(mine)

    def _reopened(self, symbol: str) -> bool:
        return any(alarm.code == "late_fill" and symbol in alarm.message for alarm in self.alarms)

    def _check_watched(self, pair: Pair, client_id: str, leg_state: LegState) -> None:
        """Check that somebody will ask about an order that has not ended."""
        if leg_state is LegState.INTENT:
            waiting = [ids for ids in self.state.awaiting.values() if client_id in ids]
            assert len(waiting) == 1
        elif leg_state is LegState.SENT:
            assert (TimerKind.ACK, client_id) in self._timers
        else:
            assert (TimerKind.POLL, client_id) in self._timers
        assert pair.state not in ENDED
        assert pair.state is PairState.RESOLVING or leg_state is not LegState.UNKNOWN

    def _check_books(self) -> None:
        """Check that after everything has come to rest, the books are the venues'."""
        state = self.state
        assert not state.in_flight, list(state.in_flight)
        assert state.ledger.is_balanced()
        assert not any(state.reserved.values())
        for name, venue in self.venues.items():
            known = state.venue(name)
            assert known.reconciled, (name, known.mismatches)
            assert not known.mismatches
            assert self.ours(name) == {a: q for a, q in venue.balances.items() if q}
            # Every order there is one of ours, sent once, with exactly the fills we counted.
            assert len(venue.arrived) == len(set(venue.arrived))
            for client_id, truth in venue.orders.items():
                found = state.leg(client_id)
                assert found is not None, client_id
                _, leg = found
                assert {f.trade_id for f in leg.fills} == {f.trade_id for f in truth.fills}
                assert leg.filled == truth.filled
        for pair in state.pairs.values():
            assert pair.state in ENDED
            for leg in pair.legs:
                assert leg.is_final
                truth_of = self.venues[leg.venue].orders.get(leg.client_id)
                if leg.state in (LegState.NOT_ACCEPTED, LegState.REJECTED):
                    assert truth_of is None
                assert leg.filled == (truth_of.filled if truth_of else 0)
            if pair.state in (PairState.CLOSED, PairState.FLAT):
                assert pair.remainder == 0
            else:
                assert pair.remainder != 0
        assert picture(self.replayed()) == picture(state)
