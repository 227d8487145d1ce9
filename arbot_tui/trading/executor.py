"""Performs what the money core asks for, and feeds back what comes of it.

It decides nothing. Events are stepped strictly one after the other; a command that produces an
event at once (never the case for a venue) would queue behind the running step. What must not
fail half-way, orders and their timers, does not depend on anything that may: an adapter that
raises has an order of unknown fate, an observer that raises is reported and passed over, and a
core that raises is stopped for good, because its state is not to be trusted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from arbot_tui.domain.account import AccountFill, OpenOrder
from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.errors import ExchangeError
from arbot_tui.domain.orders import Balance, Fill, OrderRequest, OrderState, OrderUnknown
from arbot_tui.domain.signal import QuoteView
from arbot_tui.exchanges.base import OrderEventSink
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
    OpenOrdersSeen,
    TimerFired,
    TimerKind,
)
from arbot_tui.trading.core.pair import Pair
from arbot_tui.trading.core.state import CoreState
from arbot_tui.trading.core.step import step
from arbot_tui.trading.journal import Journal
from arbot_tui.trading.latency import Latency

__all__ = ["OrderVenue", "PairExecutor", "TradingObserver"]

_T = TypeVar("_T")
_LISTINGS = frozenset({QueryKind.OPEN_ORDERS, QueryKind.ACCOUNT_FILLS})
_LISTING_RETRY_S = 5.0
_LISTING_PAUSE_S = 0.25
"""Between two of them on one venue: they are many at once, and their quotas are small."""


class OrderVenue(Protocol):
    """What trading needs of a venue; `BaseExchange` says what each of it means."""

    def submit(self, order: OrderRequest, sink: OrderEventSink) -> None:
        """Write the order before returning; its outcome comes as events."""
        ...

    async def cancel_order(self, symbol: str, client_id: str) -> None:
        """Ask the venue to cancel."""
        ...

    async def query_order(self, symbol: str, client_id: str) -> OrderState:
        """Return the order's state."""
        ...

    async def get_fills(self, symbol: str, client_id: str, venue_id: str) -> list[Fill]:
        """Return all executions of one order."""
        ...

    async def get_balance(self) -> list[Balance]:
        """Return all balances."""
        ...

    async def get_open_orders(self, symbol: str | None = None) -> list[OpenOrder]:
        """Return what rests there, whoever placed it."""
        ...

    async def get_account_fills(self, symbol: str, since_ns: int) -> list[AccountFill]:
        """Return the account's executions of a symbol since then, whoever placed the orders."""
        ...


class TradingObserver(Protocol):
    """Who wants to know what trading does; plain functions that return at once."""

    def on_deny(self, deny: Deny) -> None:
        """A signal was refused."""
        ...

    def on_alarm(self, alarm: Alarm) -> None:
        """A person has to know."""
        ...

    def on_pairs(self, pairs: list[Pair]) -> None:
        """These pairs changed."""
        ...

    def on_query_failed(self, query: Query, error: ExchangeError) -> None:
        """A venue did not answer a question; it proves nothing."""
        ...


class PairExecutor:
    """Runs the money core of one account against venues, journal and clock."""

    def __init__(
        self,
        state: CoreState,
        journal: Journal,
        exchanges: Mapping[str, OrderVenue],
        clock: Clock,
        quotes: Callable[[str], tuple[QuoteView, ...]],
        observer: TradingObserver,
    ) -> None:
        """Connect the core; the event loop must run.

        Args:
            state: As the journal left it.
            journal: Started.
            exchanges: Adapters by venue name.
            clock: Stamps every event.
            quotes: A symbol's quotes on all venues, as they stand now.
            observer: Is told what happens.
        """
        self.state = state
        self._journal = journal
        self._exchanges = exchanges
        self._clock = clock
        self._quotes = quotes
        self._observer = observer
        self._loop = asyncio.get_running_loop()
        self._events: deque[Event] = deque()
        self._busy = False
        self._timers: dict[tuple[TimerKind, str], asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._asking: set[tuple[QueryKind, str, str]] = set()
        self._listing = {name: asyncio.Lock() for name in exchanges}
        self._requested_ns: dict[int, int] = {}
        self._closed = False
        self._stepped = asyncio.Event()
        self._failed: asyncio.Future[Exception] = self._loop.create_future()
        self.signal_to_commit = Latency()
        """From the step that asked for a commit until it is known to be durable."""
        self.commit_to_send = Latency()
        """From the confirmed commit until both orders are written."""

    def handle(self, event: Event) -> None:
        """Step the core with an event of now, and perform what it asks for."""
        if self._closed:
            return
        self._events.append(event)
        if self._busy:
            return
        self._busy = True
        try:
            while self._events:
                self._step(self._events.popleft())
        except Exception as e:  # noqa: BLE001 (fail-stop: a core that raised is not to be trusted)
            self._events.clear()
            self._closed = True
            self._failed.set_result(e)
        finally:
            self._busy = False
            self._stepped.set()

    async def failure(self) -> Exception:
        """Wait for an error in the core itself; from it on nothing is stepped or sent.

        What is in flight is in the journal, and is resolved by the next start.
        """
        return await asyncio.shield(self._failed)

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition` holds; it is looked at after every event."""
        while not condition():
            self._stepped.clear()
            await self._stepped.wait()

    def _step(self, event: Event) -> None:
        now_ns = self._clock.now_ns()
        sent = False
        for command in step(self.state, event, now_ns):
            self._perform(command)
            sent = sent or isinstance(command, Send)
        if sent:
            self.commit_to_send.add(self._clock.now_ns() - now_ns)
        self._report()

    async def close(self) -> None:
        """Stop timers and questions; what is in flight stays in the journal."""
        self._closed = True
        for timer in self._timers.values():
            timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _report(self) -> None:
        touched = self.state.touched
        if touched:
            pairs = [self.state.pairs[i] for i in sorted(touched) if i in self.state.pairs]
            touched.clear()
            self._tell(self._observer.on_pairs, pairs)

    def _tell(self, observe: Callable[[_T], None], what: _T) -> None:
        """Tell the observer; whatever it makes of it, trading goes on."""
        try:
            observe(what)
        except Exception as e:  # noqa: BLE001 (who watches may not stop what is watched)
            self._loop.call_exception_handler({"message": "observer failed", "exception": e})

    def _perform(self, command: Command) -> None:
        if isinstance(command, Send):
            self._send(command.order)
        elif isinstance(command, Commit):
            self._commit(command)
        elif isinstance(command, Query):
            self._ask(command)
        elif isinstance(command, SetTimer):
            self._set_timer(command)
        elif isinstance(command, Deny):
            self._tell(self._observer.on_deny, command)
        elif isinstance(command, Alarm):
            self._tell(self._observer.on_alarm, command)
        elif command.venue in self._exchanges:
            self._spawn(self._cancel(command))

    def _send(self, order: OrderRequest) -> None:
        try:
            self._exchanges[order.venue].submit(order, self.handle)
        except Exception as e:  # noqa: BLE001 (the order may have left all the same)
            self._loop.call_exception_handler({"message": "submit failed", "exception": e})
            self.handle(OrderUnknown(order.venue, order.client_id, f"not submitted: {e!r}"))

    def _commit(self, commit: Commit) -> None:
        if not commit.confirm:
            self._journal.append(commit, self._on_plain_commit)
            return
        self._requested_ns[commit.commit_id] = self._clock.now_ns()

        def done(error: Exception | None) -> None:
            self._from_thread(self._on_commit, commit, error)

        self._journal.append(commit, done)

    def _on_plain_commit(self, error: Exception | None) -> None:
        if error is not None:
            self._from_thread(self._journal_lost, error)

    def _from_thread(self, function: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *args)
        except RuntimeError:
            # The loop is closed: nobody is left who could act on it; the journal has it.
            return

    def _on_commit(self, commit: Commit, error: Exception | None) -> None:
        requested_ns = self._requested_ns.pop(commit.commit_id)
        if error is not None:
            self.handle(CommitFailed(commit.commit_id, str(error)))
            return
        self.signal_to_commit.add(self._clock.now_ns() - requested_ns)
        self.handle(Committed(commit.commit_id, self._quotes_now(commit.symbol)))

    def _quotes_now(self, symbol: str) -> tuple[QuoteView, ...]:
        """Return a symbol's quotes; none where they fail, so that what waits for them goes on."""
        try:
            return self._quotes(symbol)
        except Exception as e:  # noqa: BLE001 (a pair that waits for ever would tell nobody)
            self._loop.call_exception_handler({"message": "quotes failed", "exception": e})
            return ()

    def _journal_lost(self, error: Exception) -> None:
        if self.state.journal_ok:
            self.handle(CommitFailed(0, str(error)))

    def _set_timer(self, timer: SetTimer) -> None:
        key = (timer.kind, timer.key)
        if old := self._timers.pop(key, None):
            old.cancel()
        delay_s = max(0.0, (timer.at_ns - self._clock.now_ns()) / SECOND)
        self._timers[key] = self._loop.call_later(delay_s, self._fire, timer)

    def _fire(self, timer: SetTimer) -> None:
        del self._timers[(timer.kind, timer.key)]
        quotes = self._quotes_now(timer.symbol) if timer.symbol else ()
        self.handle(TimerFired(timer.kind, timer.key, timer.n, quotes))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _ask(self, query: Query) -> None:
        key = (query.kind, query.venue, query.client_id or query.symbol)
        # One question at a time: a slow answer must not pile up requests against the limits.
        if query.venue in self._exchanges and key not in self._asking and not self._closed:
            self._asking.add(key)
            self._spawn(self._query(query, key))

    async def _query(self, query: Query, key: tuple[QueryKind, str, str]) -> None:
        answered = False
        try:
            if query.kind in _LISTINGS:
                events = await self._list(query)
            else:
                events = await self._answer(query)
            for event in events:
                self.handle(event)
            answered = True
        except ExchangeError as e:
            self._query_failed(query, e)
        finally:
            self._asking.discard(key)
            if not answered and not self._closed and query.kind is QueryKind.BALANCES:
                # Orders are asked for again by a timer of the core's; balances have none yet.
                at_ns = self._clock.now_ns() + SECOND
                self._set_timer(SetTimer(at_ns, TimerKind.BALANCES, query.venue))
            elif not answered and not self._closed and query.kind in _LISTINGS:
                # Nothing waits for them, but what they would have shown is not to be missed.
                self._loop.call_later(_LISTING_RETRY_S, self._ask, query)

    async def _list(self, query: Query) -> Sequence[Event]:
        """Ask for a listing, one at a time and at an easy pace."""
        async with self._listing[query.venue]:
            answer = await self._answer(query)
            await asyncio.sleep(_LISTING_PAUSE_S)
        return answer

    async def _answer(self, query: Query) -> Sequence[Event]:
        exchange = self._exchanges[query.venue]
        asked_ns = self._clock.now_ns()
        if query.kind is QueryKind.ORDER:
            state = await exchange.query_order(query.symbol, query.client_id)
            return [msgspec.structs.replace(state, asked_ns=asked_ns)]
        if query.kind is QueryKind.FILLS:
            return await exchange.get_fills(query.symbol, query.client_id, query.venue_id)
        if query.kind is QueryKind.OPEN_ORDERS:
            return [OpenOrdersSeen(query.venue, tuple(await exchange.get_open_orders()))]
        if query.kind is QueryKind.ACCOUNT_FILLS:
            fills = await exchange.get_account_fills(query.symbol, query.since_ns)
            return [AccountFillsSeen(query.venue, tuple(fills))]
        balances = await exchange.get_balance()
        return [BalancesSeen(query.venue, asked_ns, tuple(balances))]

    async def _cancel(self, cancel: Cancel) -> None:
        query = Query(QueryKind.ORDER, cancel.venue, cancel.symbol, cancel.client_id)
        try:
            await self._exchanges[cancel.venue].cancel_order(cancel.symbol, cancel.client_id)
        except ExchangeError as e:
            self._query_failed(query, e)
        self._ask(query)

    def _query_failed(self, query: Query, error: ExchangeError) -> None:
        self._tell(lambda failed: self._observer.on_query_failed(failed, error), query)
