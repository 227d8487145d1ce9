"""Private sockets that are replaced before they end, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.orders import Balance, Fill, OrderSide, OrderState, OrderStatus
from arbot_tui.exchanges.transport import relay
from arbot_tui.exchanges.transport.signed_socket import BalancesTold
from tests.unit.exchanges.transport import test_account_stream as toy
from tests.unit.exchanges.transport.test_account_stream import ToyWire, World, scenario
from tests.unit.exchanges.transport.test_order_entry import World as EntryWorld
from tests.unit.exchanges.transport.test_order_entry import scenario as entry_scenario

# A day here has 24 minutes: nothing depends on how long it is.
_HOUR_S = 60.0
_SLOW: dict[bytes, Sequence[bytes]] = {}
_MORE = Balance("BTC", Decimal(2), Decimal(0))
_ONE = Decimal(1)


@pytest.fixture(autouse=True)
def _numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the toy venue tell executions 0 to 999, and a newer balance; shorten the day."""
    monkeypatch.setattr(relay, "_LIFETIME_NS", int(23 * _HOUR_S * SECOND))
    for number in range(1000):
        fill = Fill("toy", "arb1", "BTC/USDT", str(number), OrderSide.BUY, _ONE, _ONE, _ONE, "B", 0)
        monkeypatch.setitem(toy._WORDS, b"fill%d" % number, fill)
    monkeypatch.setitem(toy._WORDS, b"more", BalancesTold((_MORE,)))


def _trades(world: World) -> list[str]:
    return [event.trade_id for event in world.orders if isinstance(event, Fill)]


def _push(world: World, *frames: bytes) -> None:
    """Tell every open connection, as a venue does."""
    for wire in world.wires:
        if not wire.closed:
            wire.push(*frames)


def test_before_the_venue_cuts_a_next_socket_is_ready_and_nobody_notices() -> None:
    async def test(world: World) -> None:
        told = 0
        # Every connection is cut at its 24th hour, whatever happens.
        cuts: dict[ToyWire, asyncio.TimerHandle] = {}
        loop = asyncio.get_running_loop()
        while loop.time() < 24 * 4 * _HOUR_S:
            for wire in world.wires:
                if wire not in cuts:
                    cuts[wire] = loop.call_later(24 * _HOUR_S, wire.drop, "24 h are over")
            await asyncio.sleep(_HOUR_S / 4)
            if told < 1000:
                _push(world, b"fill%d" % told)
                told += 1
        assert world.streams == [(True, "")]
        assert len(world.wires) == 5
        assert sum(not wire.closed for wire in world.wires) == 1
        # None is lost; the core counts what comes twice once.
        assert {int(trade) for trade in _trades(world)} == set(range(told))

    scenario()(test)


@pytest.mark.parametrize("delay_s", [0.0, 0.5, 3.0])
def test_what_is_told_around_the_change_arrives_at_least_once(delay_s: float) -> None:
    """Each frame reaches the former connection late and the next one in time, or the reverse."""

    async def test(world: World) -> None:
        await asyncio.sleep(2)
        world.wire.push(b"bye")
        former, loop = world.wire, asyncio.get_running_loop()
        for number in range(200):
            await asyncio.sleep(0.05)
            for wire in world.wires:
                # A venue tells a connection what happens after its subscription.
                if b"subscribe" in wire.sent and not wire.closed:
                    late = delay_s if (wire is former) == (number % 2 == 0) else 0.0
                    loop.call_later(late, wire.push_if_open, b"fill%d" % number)
        await asyncio.sleep(10)
        assert world.streams == [(True, "")]
        assert former.closed
        assert {int(trade) for trade in _trades(world)} == set(range(200))

    scenario()(test)


def test_a_balance_of_before_never_follows_one_of_after() -> None:
    async def test(world: World) -> None:
        await asyncio.sleep(2)
        world.wire.push(b"bye")
        await asyncio.sleep(1)
        former, following = world.wires
        following.push(b"in")
        await asyncio.sleep(1)
        # The next one tells the newer balance before it takes over, the former one the older.
        following.push(b"a", b"more")
        former.push(b"money")
        assert world.balances == [toy._BALANCE]
        following.push(b"b")
        assert world.balances == [toy._BALANCE, _MORE]
        former.push(b"money", b"fill7")
        assert world.balances[-1] == _MORE
        assert _trades(world) == ["7"]
        assert world.streams == [(True, "")]

    scenario(toy._GOOD, _SLOW)(test)


def test_a_next_socket_that_is_late_is_given_up_and_tried_again() -> None:
    async def test(world: World) -> None:
        await asyncio.sleep(2)
        world.wire.push(b"bye")
        await asyncio.sleep(50)
        assert not world.wires[0].closed
        assert sum(not wire.closed for wire in world.wires) == 1
        # A notice that is repeated at once opens nothing, one that is repeated later does.
        tried = len(world.wires)
        world.wires[0].push(b"bye")
        await asyncio.sleep(5)
        assert len(world.wires) == tried
        await asyncio.sleep(60)
        world.wires[0].push(b"bye")
        await asyncio.sleep(10)
        assert world.wires[0].closed
        assert world.streams == [(True, "")]

    scenario(toy._GOOD, _SLOW, _SLOW, _SLOW)(test)


def test_a_cut_before_the_next_one_is_ready_is_told_and_mended() -> None:
    async def test(world: World) -> None:
        await asyncio.sleep(2)
        world.wire.push(b"bye")
        await asyncio.sleep(0.1)
        world.wires[0].drop("gone")
        await asyncio.sleep(60)
        assert world.streams == [(True, ""), (False, "gone"), (True, "")]
        assert sum(not wire.closed for wire in world.wires) == 1

    scenario(toy._GOOD, _SLOW)(test)


def test_a_next_socket_that_is_told_to_leave_at_once_is_no_way_out() -> None:
    async def test(world: World) -> None:
        await asyncio.sleep(2)
        world.wire.push(b"bye")
        await asyncio.sleep(1)
        world.wires[1].push(b"bye")
        await asyncio.sleep(10)
        assert world.streams == [(True, "")]
        assert [wire.closed for wire in world.wires] == [True, True, False]

    scenario(toy._GOOD, _SLOW)(test)


def test_a_stream_that_starts_over_says_so_and_forgets_what_was_open() -> None:
    async def test(world: World) -> None:
        world.stream.restart("nothing is open yet")
        await asyncio.sleep(2)
        world.wire.push(b"bye")
        world.stream.restart("another dialect")
        await asyncio.sleep(5)
        assert world.streams[-2:] == [(False, "another dialect"), (True, "")]
        assert sum(not wire.closed for wire in world.wires) == 1
        state = OrderState("toy", "arb1", OrderStatus.FILLED, _ONE, ("stream",), "9")
        world.wire.push(b"state")
        assert world.orders == [state]

    scenario()(test)


def test_orders_under_way_are_answered_on_the_socket_that_took_them() -> None:
    async def test(world: EntryWorld) -> None:
        await asyncio.sleep(23 * _HOUR_S - 3)
        former = world.wires[0]
        # Orders leave all through the change; each is answered a second later, where it was sent.
        for number in range(100):
            assert world.submit(f"a{number}")
            (carrier,) = [wire for wire in world.wires if b"a%d" % number in wire.sent]
            answer = b'{"id":"a%d"}' % number
            asyncio.get_running_loop().call_later(1.0, carrier.push, answer)
            await asyncio.sleep(0.4)
        await asyncio.sleep(10)
        assert former.closed
        assert len(world.wires) == 2
        assert [event.client_id for event in world.told] == [f"a{n}" for n in range(100)]
        assert {type(event).__name__ for event in world.told} == {"OrderAck"}
        assert 0 < sum(frame.startswith(b"a") for frame in former.sent) < 100
        assert len(world.written) == 100

    entry_scenario(test)
