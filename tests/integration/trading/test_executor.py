"""The executor on a real event loop, with a real journal and a venue that answers as told."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from arbot_tui.domain.account import AccountFill, OpenOrder
from arbot_tui.domain.clock import MS, SECOND, SystemClock
from arbot_tui.domain.errors import ExchangeError, ExchangeUnavailable, OrderNotFound
from arbot_tui.domain.numbers import ZERO
from arbot_tui.domain.order_ids import client_order_id
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderAck,
    OrderEvent,
    OrderRequest,
    OrderSide,
    OrderState,
    OrderStatus,
)
from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
from arbot_tui.domain.states import LegState, PairState
from arbot_tui.exchanges.base import OrderEventSink
from arbot_tui.trading.account import recover
from arbot_tui.trading.core.commands import Alarm, Deny, Query, QueryKind, SetTimer
from arbot_tui.trading.core.events import (
    Event,
    FeesChanged,
    InstrumentsChanged,
    Operator,
    OperatorAction,
    Signalled,
    Started,
    TimerKind,
    VenueLive,
)
from arbot_tui.trading.core.pair import Pair
from arbot_tui.trading.core.state import CoreState
from arbot_tui.trading.executor import PairExecutor
from tests.unit.trading.rig import FEES, LIMITS, instrument, picture

# A loaded machine must not make a commit stale here; what that does is tested in virtual time.
_PATIENT = msgspec.structs.replace(
    LIMITS, commit_wait_ns=60 * SECOND, max_quote_age_ns=60 * SECOND, order_validity_ns=60 * SECOND
)


class FakeVenue:
    """A venue that fills everything, unless it is told otherwise."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.orders: list[OrderRequest] = []
        self.on_submit: Callable[[OrderRequest], None] = lambda order: None
        self.silent = False
        self.held = {"USDT": Decimal(10_000), "BTC": Decimal(100)}
        self.questions = 0
        self.cancelled: list[str] = []
        self.error: Exception | None = None
        self.resting: list[OpenOrder] = []
        self.listed = 0
        self.listing_error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    def submit(self, order: OrderRequest, sink: OrderEventSink) -> None:
        self.orders.append(order)
        self.on_submit(order)
        if not self.silent:
            self._fill(order)
            for event in self._told(order):
                asyncio.get_running_loop().call_soon(sink, event)

    def _fill(self, order: OrderRequest) -> None:
        sign = 1 if order.side == "buy" else -1
        self.held["BTC"] += sign * order.qty
        self.held["USDT"] -= sign * order.qty * order.price

    def _told(self, order: OrderRequest) -> list[OrderEvent]:
        return [
            OrderAck(self.name, order.client_id, "7"),
            *self._fills(order),
            OrderState(self.name, order.client_id, OrderStatus.FILLED, order.qty, ("order",)),
        ]

    def _fills(self, order: OrderRequest) -> list[Fill]:
        return [
            Fill(
                self.name, order.client_id, order.symbol, "1", order.side, order.price, order.qty,
                ZERO, "USDT", 0,
            )
        ]  # fmt: skip

    async def _ask(self) -> None:
        self.questions += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error

    async def query_order(self, symbol: str, client_id: str) -> OrderState:
        await self._ask()
        order = next(order for order in self.orders if order.client_id == client_id)
        return OrderState(self.name, client_id, OrderStatus.FILLED, order.qty, ("order",))

    async def get_fills(self, symbol: str, client_id: str, venue_id: str) -> list[Fill]:
        await self._ask()
        return self._fills(next(o for o in self.orders if o.client_id == client_id))

    async def get_balance(self) -> list[Balance]:
        await self._ask()
        return [Balance(asset, amount, ZERO) for asset, amount in self.held.items()]

    async def get_open_orders(self, symbol: str | None = None) -> list[OpenOrder]:
        if self.listing_error is not None:
            raise self.listing_error
        self.listed += 1
        return self.resting

    async def get_account_fills(self, symbol: str, since_ns: int) -> list[AccountFill]:
        if self.listing_error is not None:
            raise self.listing_error
        self.listed += 1
        return [AccountFill("7", f) for o in self.orders for f in self._fills(o)]

    async def cancel_order(self, symbol: str, client_id: str) -> None:
        self.cancelled.append(client_id)
        raise OrderNotFound(self.name, "filled")


class Observer:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.denied: list[Deny] = []
        self.alarms: list[Alarm] = []
        self.pairs: list[str] = []
        self.failed: list[Query] = []
        self.error: Exception | None = None

    def on_deny(self, deny: Deny) -> None:
        self.denied.append(deny)

    def on_alarm(self, alarm: Alarm) -> None:
        self.alarms.append(alarm)

    def on_pairs(self, pairs: list[Pair]) -> None:
        self.pairs += [f"{pair.id} {pair.state}" for pair in pairs]
        if self.error is not None:
            raise self.error

    def on_query_failed(self, query: Query, error: ExchangeError) -> None:
        self.failed.append(query)


class Desk:
    """An executor with everything around it."""

    def __init__(self, account: Path) -> None:
        self.account = account
        self.journal, self.state = recover(account)
        self.venues = {name: FakeVenue(name) for name in ("ant", "bee")}
        self.observer = Observer()
        self.clock = SystemClock()
        self.loop_errors: list[BaseException] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self.loop_errors.append(context["exception"]))
        self.executor = PairExecutor(
            self.state, self.journal, self.venues, self.clock, self.quotes, self.observer
        )

    def quotes(self, symbol: str) -> tuple[QuoteView, ...]:
        now_ns = self.clock.now_ns()
        return (
            QuoteView("ant", 99.98, 5.0, 100.0, 5.0, now_ns, True, "live"),
            QuoteView("bee", 100.6, 5.0, 100.62, 5.0, now_ns, True, "live"),
        )

    async def start(self) -> None:
        handle = self.executor.handle
        handle(Started(self.journal.instance, tuple(self.venues), _PATIENT))
        for name in self.venues:
            handle(InstrumentsChanged(name, (instrument(name, "BTC"),)))
            handle(FeesChanged(name, {"BTC/USDT": FEES}))
            handle(VenueLive(name, True))
        await self.until(lambda: all(v.reconciled for v in self.state.venues.values()))
        handle(Operator(OperatorAction.START))

    def signal(self) -> None:
        one, other = self.quotes("BTC/USDT")
        now_ns = self.clock.now_ns()
        self.executor.handle(
            Signalled(ArbitrageSignal(1, "BTC/USDT", one, other, 0.4, 4.0, 1.0, now_ns, 0))
        )

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            await self.executor.wait_until(condition)

    async def until_written(self) -> None:
        """Wait until every record so far is in the file."""
        async with asyncio.timeout(60):
            while self.journal._next <= self.state.commits:  # noqa: ASYNC110
                await asyncio.sleep(0.001)

    async def until_asked_again(self, venue: str) -> None:
        """Wait until its balances will be asked for again."""
        async with asyncio.timeout(60):
            while (TimerKind.BALANCES, venue) not in self.executor._timers:  # noqa: ASYNC110
                await asyncio.sleep(0)

    def pair_state(self) -> PairState:
        return self.state.pairs["p1"].state


@asynccontextmanager
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    it = Desk(tmp_path)
    try:
        yield it
    finally:
        await it.executor.close()
        it.journal.close()


async def test_a_signal_becomes_two_orders_and_a_closed_pair_and_the_journal_knows_it_all(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as it:
        await it.start()
        it.signal()
        await it.until(lambda: it.state.outcomes["completed"] == 1)
        live = picture(it.state)
        assert it.executor.signal_to_commit.percentile_us(50) is not None
        assert it.executor.commit_to_send.percentile_us(50) is not None
        assert it.loop_errors == []

    journal, state = recover(tmp_path)
    journal.close()
    assert picture(state) == live
    assert it.observer.pairs[0] == "p1 reserved"
    assert it.observer.pairs[-1] == "p1 closed"


async def test_quotes_that_fail_are_none_and_keep_nothing_waiting(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        await it.start()
        error = RuntimeError("no quotes")

        def fail(symbol: str) -> tuple[QuoteView, ...]:
            raise error

        it.executor._quotes = fail
        it.signal()
        await it.until(lambda: it.state.outcomes["failed"] == 1)
        assert "no quote of ant" in it.state.pairs["p1"].reason
        assert [venue.orders for venue in it.venues.values()] == [[], []]
        assert it.loop_errors == [error]


async def test_both_orders_leave_in_one_callback(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        between = 0

        def other_work() -> None:
            nonlocal between
            between += 1

        counts: list[int] = []

        def count(order: OrderRequest) -> None:
            counts.append(between)
            asyncio.get_running_loop().call_soon(other_work)

        for venue in it.venues.values():
            venue.on_submit = count
        await it.start()
        it.signal()
        await it.until(lambda: it.state.outcomes["completed"] == 1)

        assert counts == [0, 0]


async def test_the_order_is_in_the_file_before_it_reaches_the_venue(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        found: list[int] = []

        def look(order: OrderRequest) -> None:
            with sqlite3.connect(tmp_path / "journal.sqlite") as reader:
                (count,) = reader.execute(
                    "SELECT COUNT(*) FROM record WHERE INSTR(CAST(body AS TEXT), ?) > 0",
                    (order.client_id,),
                ).fetchone()
            reader.close()
            found.append(count)

        for venue in it.venues.values():
            venue.on_submit = look
        await it.start()
        it.signal()
        await it.until(lambda: it.state.outcomes["completed"] == 1)

        assert found == [1, 1]


async def test_an_adapter_that_raises_leaves_its_order_unknown_and_the_other_sent(
    tmp_path: Path,
) -> None:
    def explode(order: OrderRequest) -> None:
        raise KeyError(order.symbol)

    async with desk(tmp_path) as it:
        it.venues["ant"].on_submit = explode
        await it.start()
        it.signal()
        await it.until(lambda: it.state.pair_no == 1 and it.pair_state() is PairState.CLOSED)

        assert len(it.venues["bee"].orders) == 1
        assert [type(error) for error in it.loop_errors] == [KeyError]


async def test_an_observer_that_raises_is_reported_and_stops_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        it.observer.error = ZeroDivisionError()
        await it.start()
        it.signal()
        await it.until(lambda: it.state.outcomes["completed"] == 1)

        assert {type(error) for error in it.loop_errors} == {ZeroDivisionError}


async def test_a_journal_that_fails_sends_nothing_and_says_so(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        await it.start()
        await it.until_written()
        it.journal._connection.close()
        it.signal()
        await it.until(lambda: not it.state.journal_ok)
        await it.until(lambda: not it.state.in_flight)

        assert it.venues["ant"].orders == it.venues["bee"].orders == []
        assert [alarm.code for alarm in it.observer.alarms] == ["journal_failed"]
        # A record that nothing waits for fails in silence: once is enough.
        it.executor.handle(Operator(OperatorAction.DRAIN))
        it.signal()
        assert it.observer.denied[-1].reason == "trading_state"


async def test_a_journal_that_fails_on_any_record_stops_trading(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        await it.start()
        await it.until_written()
        it.journal._connection.close()
        it.executor.handle(VenueLive("ant", False))
        it.executor.handle(VenueLive("ant", True))
        await it.until(lambda: not it.state.journal_ok)

        assert [alarm.code for alarm in it.observer.alarms] == ["journal_failed"]


async def test_one_question_at_a_time(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        await it.start()
        venue = it.venues["ant"]
        venue.questions = 0
        venue.gate.clear()
        for _ in range(5):
            it.executor.handle(Operator(OperatorAction.RECONCILE))
            await asyncio.sleep(0)
        assert venue.questions == 1

        venue.gate.set()
        # The answer was asked for before the last request: it proves nothing, and one more goes.
        await it.until(lambda: it.state.venue("ant").reconciled)
        assert venue.questions == 2


async def test_an_answer_says_when_it_was_asked_for(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        await it.start()
        for venue in it.venues.values():
            venue.silent = True
        it.signal()
        await it.until(lambda: all(venue.orders for venue in it.venues.values()))
        ant = it.venues["ant"]
        ant.gate.clear()
        asked_ns = it.clock.now_ns()
        it.executor.handle(Operator(OperatorAction.STOP))
        questions = ant.questions
        async with asyncio.timeout(60):
            while ant.questions == questions:  # noqa: ASYNC110
                await asyncio.sleep(0)
        answered_ns = it.clock.now_ns()
        told: list[OrderState] = []
        handle = it.executor.handle

        def note(event: Event) -> None:
            if isinstance(event, OrderState) and event.venue == "ant":
                told.append(event)
            handle(event)

        it.executor.handle = note  # type: ignore[method-assign]
        ant.gate.set()
        await it.until(lambda: bool(told))
        assert asked_ns <= told[0].asked_ns <= answered_ns


@pytest.mark.parametrize("error", [ExchangeUnavailable("ant", "504"), ValueError("a bug")])
async def test_balances_that_could_not_be_fetched_are_asked_for_again(
    tmp_path: Path, error: Exception
) -> None:
    async with desk(tmp_path) as it:
        await it.start()
        it.venues["ant"].error = error
        it.executor.handle(Operator(OperatorAction.RECONCILE))
        await it.until(lambda: it.state.venue("bee").reconciled)
        await it.until_asked_again("ant")

        failed = [(query.kind, query.venue) for query in it.observer.failed]
        known = isinstance(error, ExchangeError)
        assert failed == ([(QueryKind.BALANCES, "ant")] if known else [])
        assert not it.state.venue("ant").reconciled
        it.venues["ant"].error = None
        it.executor._fire(SetTimer(0, TimerKind.BALANCES, "ant"))
        await it.until(lambda: it.state.venue("ant").reconciled)


async def test_stop_cancels_what_is_out_and_asks_what_became_of_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        await it.start()
        for venue in it.venues.values():
            venue.silent = True
        it.signal()
        await it.until(lambda: bool(it.venues["bee"].orders))

        it.executor.handle(Operator(OperatorAction.STOP))
        await it.until(lambda: not it.state.in_flight)

        sent = [order.client_id for venue in it.venues.values() for order in venue.orders]
        assert [i for venue in it.venues.values() for i in venue.cancelled] == sent
        assert it.pair_state() is PairState.CLOSED
        assert {query.kind for query in it.observer.failed} == {QueryKind.ORDER}


async def test_what_is_open_on_a_venue_without_an_adapter_is_left_alone(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        await it.start()
        it.venues["ant"].silent = True
        it.signal()
        await it.until(lambda: bool(it.venues["ant"].orders))
        del it.venues["ant"]

        it.executor.handle(Operator(OperatorAction.STOP))
        await it.until(lambda: it.state.pairs["p1"].sell.is_final)

        assert it.state.pairs["p1"].buy.state is LegState.SENT
        assert it.loop_errors == []


async def test_a_timer_replaces_the_one_of_the_same_kind_and_key(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        await it.start()
        questions = it.venues["ant"].questions
        now_ns = it.clock.now_ns()
        for delay_ns in (3600 * SECOND, MS, 0):
            it.executor._set_timer(SetTimer(now_ns + delay_ns, TimerKind.BALANCES, "ant"))
        assert [key for kind, key in it.executor._timers if kind is TimerKind.BALANCES] == ["ant"]

        await it.until(lambda: it.venues["ant"].questions > questions)
        await asyncio.sleep(0.01)

        assert it.venues["ant"].questions == questions + 1
        assert (TimerKind.BALANCES, "ant") not in it.executor._timers


async def test_after_closing_nothing_is_left_and_nothing_happens(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        await it.start()
        for venue in it.venues.values():
            venue.silent = True
        it.signal()
        await it.until(lambda: bool(it.venues["bee"].orders))
        for venue in it.venues.values():
            venue.gate.clear()
        it.executor.handle(Operator(OperatorAction.RECONCILE))
        await asyncio.sleep(0)
        before = picture(it.state)

        await it.executor.close()
        it.executor.handle(Operator(OperatorAction.HALT))
        for venue in it.venues.values():
            venue.gate.set()
        await asyncio.sleep(0.01)

        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert picture(it.state) == before
        timers = it.executor._timers.values()
        assert all(timer.cancelled() for timer in timers)
        # Feeds may go on for days; nobody will ever step what they tell.
        assert not it.executor._events


async def test_a_core_that_raises_is_stopped_for_good(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        await it.start()
        it.state.limits = None
        commits = it.state.commits
        it.signal()

        async with asyncio.timeout(60):
            error = await it.executor.failure()
        it.executor.handle(Operator(OperatorAction.HALT))

        assert isinstance(error, RuntimeError)
        assert it.state.commits == commits


async def test_an_answer_that_raises_its_own_events_is_handled_after_the_running_step(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as it:
        await it.start()

        def at_once(order: OrderRequest) -> None:
            it.executor.handle(OrderAck(order.venue, order.client_id, "at once"))
            assert it.state.pairs["p1"].buy.venue_id == ""

        it.venues["ant"].on_submit = at_once
        it.signal()
        await it.until(lambda: it.state.outcomes["completed"] == 1)

        assert it.state.pairs["p1"].buy.venue_id == "at once"
        assert it.loop_errors == []


def test_a_commit_that_is_confirmed_after_the_loop_has_ended_harms_nobody(tmp_path: Path) -> None:
    async def leave() -> tuple[PairExecutor, CoreState]:
        it = Desk(tmp_path)
        it.executor.handle(Started(it.journal.instance, (), LIMITS))
        it.journal.close()
        return it.executor, it.state

    executor, state = asyncio.run(leave())

    executor._on_plain_commit(OSError("disk"))

    assert state.journal_ok


async def test_a_listing_that_failed_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arbot_tui.trading.executor._LISTING_RETRY_S", 0.01)
    async with desk(tmp_path) as it:
        ant = it.venues["ant"]
        ant.listing_error = ExchangeUnavailable("ant", "away")
        await it.start()
        ant.listing_error = None
        ours = client_order_id(it.journal.instance, 0, 2, 7)
        ant.resting = [
            OpenOrder(
                "ant", "9", ours, "BTC/USDT", OrderSide.BUY, ZERO, ZERO, ZERO, OrderStatus.NEW
            )
        ]

        await it.until(lambda: any(a.code == "unknown_order" for a in it.observer.alarms))
        async with asyncio.timeout(60):
            while not ant.cancelled:  # noqa: ASYNC110 (cancels go in a task of their own)
                await asyncio.sleep(0)

        assert QueryKind.OPEN_ORDERS in [query.kind for query in it.observer.failed]
        assert ant.cancelled == [ours]


async def test_fills_of_a_killed_run_are_found_by_the_next_and_booked_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as it:
        await it.start()
        for venue in it.venues.values():
            venue.silent = True
            venue.on_submit = venue._fill
        it.signal()
        await it.until(lambda: it.state.pair_no == 1 and all(v.orders for v in it.venues.values()))
        await it.until_written()
        orders = {name: venue.orders for name, venue in it.venues.items()}
        held = {name: venue.held for name, venue in it.venues.items()}
    # From here on nothing of the first run is left but its journal.
    async with desk(tmp_path) as it:
        for name, venue in it.venues.items():
            venue.orders, venue.held = orders[name], held[name]

        await it.start()
        await it.until(lambda: it.pair_state() is PairState.CLOSED)

        for leg in it.state.pairs["p1"].legs:
            assert [fill.trade_id for fill in leg.fills] == ["1"]
        await it.until(lambda: all(v.reconciled for v in it.state.venues.values()))
        assert it.loop_errors == []
