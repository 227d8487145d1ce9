"""The money core: one event in, commands out, nothing else touched.

Pure in the sense that matters: same state, event and time give the same state and commands.
No clock is read, nothing waits, nothing is random. `replay` runs the journal through the very
same code, takes what was decided from the record instead of judging again, and throws the
commands away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from arbot_tui.domain.orders import Fill, OrderAck, OrderReject, OrderState, OrderUnknown
from arbot_tui.trading.core import (
    daily,
    missed,
    operator,
    orders,
    pairs,
    streams,
    unwinding,
    venues,
)
from arbot_tui.trading.core.commands import Command, Commit
from arbot_tui.trading.core.events import (
    AccountFillsSeen,
    BalancesMoved,
    BalancesSeen,
    CommitFailed,
    Committed,
    Deposited,
    Event,
    FeesChanged,
    InstrumentsChanged,
    KeyJudged,
    LimitsChanged,
    Marked,
    OpenOrdersSeen,
    Operator,
    PrivateStream,
    Signalled,
    Started,
    TimerFired,
    TimerKind,
    VenueLive,
)
from arbot_tui.trading.core.state import CoreState
from arbot_tui.trading.core.turn import Turn

__all__ = ["replay", "step"]


def step(state: CoreState, event: Event, now_ns: int) -> list[Command]:
    """Apply one event and return what is to be done, in order.

    When the event changed state, the first command is the `Commit` that journals it; orders
    that need it durable wait for the `Committed` of that number.
    """
    return _apply(state, event, now_ns, replaying=False)


def replay(state: CoreState, records: Iterable[tuple[int, int, Event]]) -> None:
    """Bring `state` to where the journal's (number, time, event) records lead.

    Raises:
        ValueError: A record does not follow from those before it; the journal is not to be
            trusted.
    """
    for number, at_ns, event in records:
        _apply(state, event, at_ns, replaying=True)
        if state.commits != number:
            raise ValueError(f"record {number} ({type(event).__name__}) does not replay")
    state.touched.clear()


def _apply(state: CoreState, event: Event, now_ns: int, *, replaying: bool) -> list[Command]:
    turn = Turn(state, event, now_ns, replaying)
    handle = _TIMERS[event.kind] if isinstance(event, TimerFired) else _EVENTS[type(event)]
    handle(turn, event)
    if not turn.changed:
        return turn.out
    state.commits += 1
    if turn.awaiting:
        state.awaiting[state.commits] = turn.awaiting
    commit = Commit(state.commits, now_ns, turn.record, turn.symbol, confirm=bool(turn.awaiting))
    return [commit, *turn.out]


_Handler = Callable[[Turn, Event], None]


def _table(handlers: dict[object, object]) -> dict[object, _Handler]:
    # Each handler takes its own event type; the key is what makes the pairing true.
    return {key: cast("_Handler", handler) for key, handler in handlers.items()}


_EVENTS = _table(
    {
        Started: operator.on_started,
        Operator: operator.on_operator,
        LimitsChanged: operator.on_limits,
        Marked: daily.on_marked,
        Signalled: pairs.on_signal,
        Committed: pairs.on_committed,
        CommitFailed: pairs.on_commit_failed,
        OrderAck: orders.on_ack,
        OrderReject: orders.on_reject,
        OrderUnknown: orders.on_unknown,
        Fill: orders.on_fill,
        OrderState: orders.on_state,
        OpenOrdersSeen: missed.on_open_orders,
        AccountFillsSeen: missed.on_account_fills,
        BalancesSeen: venues.on_balances,
        Deposited: venues.on_deposit,
        BalancesMoved: venues.on_balances_moved,
        PrivateStream: streams.on_private_stream,
        KeyJudged: venues.on_key,
        VenueLive: venues.on_live,
        InstrumentsChanged: venues.on_instruments,
        FeesChanged: venues.on_fees,
    }
)
_TIMERS = _table(
    {
        TimerKind.ACK: orders.on_ack_timer,
        TimerKind.POLL: orders.on_poll_timer,
        TimerKind.UNWIND: unwinding.on_unwind_timer,
        TimerKind.BALANCES: venues.on_balances_timer,
        TimerKind.VENUES: venues.on_venues_timer,
    }
)
