"""What a person is told of an action of trading."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.numbers import plain
from arbot_tui.domain.orders import OrderReject
from arbot_tui.domain.states import PairState, TradingState
from arbot_tui.engine.bot import ArBot
from arbot_tui.engine.client import CommandResult
from arbot_tui.engine.operating import CORE_FAILED, halt_on_signal, operate
from arbot_tui.trading.core.events import Event, KeyJudged, Operator, OperatorAction
from tests.unit.trading.rig import LIMITS, Rig, Scripted
from tests.unit.trading.venue_model import Answer, Fate

REFUSED = Fate(refused=True, answer=Answer.ACK, answer_ns=20 * MS)


def rig_with(*fates: Fate) -> Rig:
    rig = Rig(Scripted(*fates))
    rig.start()
    rig.edge("ant", "bee")
    return rig


def stuck() -> Rig:
    rig = rig_with(Fate(), REFUSED, *[Fate(parts=())] * 4)
    rig.run_for(3 * SECOND)
    assert rig.pair_state() is PairState.STUCK
    return rig


def ask(rig: Rig, command: str, **args: str) -> CommandResult:
    return ask_when(rig, asyncio.Event(), command, args)


def ask_when(
    rig: Rig, failed: asyncio.Event, command: str, args: Mapping[str, str]
) -> CommandResult:
    bot = SimpleNamespace(
        failed=failed,
        core=rig.state,
        executor=rig,
        watch=SimpleNamespace(alarm="halted: test"),
        trading_word=lambda: (rig.state.trading, rig.state.trading_reason),
    )
    return operate(cast("ArBot", bot), command, args)


def test_a_start_names_the_keys_that_have_to_be_accepted() -> None:
    # row 86
    rig = Rig(Scripted(), limits=msgspec.structs.replace(LIMITS, bound_keys_only=True))
    rig.start(trading=False)
    rig.handle(KeyJudged("bee", "", unbound=True))
    why = "keys that work from any address have to be accepted: bee"
    assert ask(rig, "start") == CommandResult(
        False, f"{why}; bind them at the exchange, or accept them this once"
    )
    assert ask(rig, "start", id="p1") == CommandResult(False, "start takes unbound, not id")
    assert ask(rig, "start", unbound="yes").ok is False
    assert ask(rig, "start", unbound="accept") == CommandResult(True, "trading is active")


def test_flatten_names_what_it_brings_home() -> None:
    rig = stuck()

    assert ask(rig, "flatten") == CommandResult(True, "flattening p1 4 BTC long on ant")
    rig.run_for(SECOND)

    assert rig.pair_state() is PairState.FLAT
    assert ask(rig, "flatten") == CommandResult(True, "nothing is open")


def test_flatten_names_what_it_cannot_bring_home_and_why() -> None:
    rig = stuck()
    rig.handle(OrderReject("ant", rig.pair.buy.client_id, "-2015", "key", fatal=True))

    assert ask(rig, "flatten") == CommandResult(
        False, "cannot flatten p1 4 BTC long on ant (ant is blocked: -2015 key)"
    )


def test_flatten_counts_orders_that_are_still_under_way() -> None:
    rig = rig_with()
    rig.run_for(2 * MS)

    assert ask(rig, "flatten").message == "flattening p1 orders under way"


def test_resolve_asks_and_accepts_only_when_told_to() -> None:
    rig = stuck()

    assert ask(rig, "resolve", id="p1") == CommandResult(True, "asking ant and bee again about p1")
    assert rig.pair_state() is PairState.STUCK
    assert ask(rig, "resolve", id="p1", accept="yes") == CommandResult(
        True, "p1 ended hedged, accepted with 4 BTC long on ant"
    )
    assert ask(rig, "resolve", id="p1") == CommandResult(False, "p1 ended hedged: nothing is open")


def test_resolve_accepts_nothing_that_is_unknown() -> None:
    rig = rig_with(Fate(), Fate(lost=True))
    rig.run_for(2_100 * MS)

    result = ask(rig, "resolve", id="p1", accept="yes")

    assert not result.ok
    assert result.message == (
        f"p1 cannot be accepted as it is: order {rig.pair.sell.client_id} on bee is unknown; "
        "asking ant and bee again about p1"
    )


def test_adopt_shows_the_difference_and_books_it_only_when_confirmed() -> None:
    rig = rig_with()
    rig.run_for(SECOND)
    rig.venues["ant"].balances["USDT"] += 50
    rig.operate(OperatorAction.RECONCILE)
    rig.run_for(10 * SECOND)
    ours = rig.state.ledger.balance("ant", "USDT")
    text = f"USDT ledger {plain(ours)} venue {plain(ours + 50)} (+50)"

    shown = ask(rig, "adopt", venue="ant")
    assert shown == CommandResult(True, f"ant: {text}, not booked before it is confirmed")
    assert rig.state.ledger.balance("ant", "USDT") == ours
    booked = ask(rig, "adopt", venue="ant", confirm="yes")
    assert booked == CommandResult(True, f"ant: booked {text}")
    assert rig.agrees()
    again = ask(rig, "adopt", venue="ant", confirm="yes")
    assert again == CommandResult(False, "ant does not differ from the ledger")


@pytest.mark.parametrize(
    ("command", "args", "words"),
    [
        ("resolve", {}, "there is no pair ''"),
        ("resolve", {"id": "p7\x1b[2J"}, "there is no pair 'p7[2J'"),
        ("resolve", {"id": "p1", "force": "yes"}, "resolve takes id and accept, not force"),
        ("adopt", {}, "there is no venue '' in this run"),
        ("adopt", {"venue": "ant", "all": "yes"}, "adopt takes venue and confirm, not all"),
        ("flatten", {"id": "p1"}, "flatten takes no arguments"),
        ("explode", {}, "there is no command 'explode'"),
        ("reset", {}, "trading is active, not halted"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    command: str, args: dict[str, str], words: str
) -> None:
    assert ask(stuck(), command, **args) == CommandResult(False, words)


@pytest.mark.parametrize("command", ["start", "drain", "stop", "halt", "flatten", "resolve"])
def test_what_can_do_nothing_any_more_says_so(command: str) -> None:
    rig = stuck()
    failed = asyncio.Event()
    failed.set()
    told = ask_when(rig, failed, command, {})
    assert told == CommandResult(False, f"{command}: {CORE_FAILED}")
    assert rig.state.trading is TradingState.ACTIVE


async def test_a_signal_halts_at_once() -> None:
    told: list[Event] = []
    halted = asyncio.Event()

    def handle(event: Event) -> None:
        told.append(event)
        halted.set()

    bot = SimpleNamespace(executor=SimpleNamespace(handle=handle))
    halt_on_signal(cast("ArBot", bot))
    try:
        os.kill(os.getpid(), signal.SIGUSR1)
        await halted.wait()
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGUSR1)
    assert told == [Operator(OperatorAction.HALT, "SIGUSR1")]
