"""Orders over a socket in virtual time: written at once, never twice, never forgotten."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import (
    OrderAck,
    OrderEvent,
    OrderReject,
    OrderRequest,
    OrderSide,
    OrderUnknown,
)
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.limiter import Charge, RateLimiter
from arbot_tui.exchanges.transport.order_entry import OrderEntry
from arbot_tui.exchanges.transport.signed_socket import EntryReply, LoggedIn, Told
from arbot_tui.exchanges.transport.websocket import WebSocketOptions
from arbot_tui.exchanges.transport.wire import DialOptions
from tests.unit.exchanges.transport.test_account_stream import ToyWire
from tests.virtual_loop import LoopClock, run_virtual

_BTC = Instrument("toy", "BTC", "BTC", "USDT", Decimal("0.1"), Decimal("0.1"))


def order(client_id: str) -> OrderRequest:
    return OrderRequest(client_id, "toy", "BTC/USDT", OrderSide.BUY, Decimal(1), Decimal(1), 2**62)


class Toy:
    """A venue that answers ``ok ID``, ``no ID`` or nonsense."""

    venue = "toy"
    topics: frozenset[str] = frozenset()
    needs_login = True

    def __init__(self) -> None:
        self.quota = RateLimiter(3, SECOND, reserve=0.0)

    def opening(self) -> Sequence[bytes]:
        return [b"login"]

    def subscriptions(self) -> Sequence[bytes]:
        return ()

    def read(self, raw: bytes) -> Iterable[Told]:
        if raw == b"in":
            return (LoggedIn(),)
        return (EntryReply(json.loads(raw)["id"], raw),)

    def charges(self, instrument: Instrument) -> Sequence[Charge]:
        assert instrument is _BTC
        return ((self.quota, 1),)

    def frame(self, order: OrderRequest, instrument: Instrument) -> bytes | OrderReject | None:
        if order.client_id == "late":
            return OrderReject("toy", "late", "expired", "too late")
        return None if order.client_id == "elsewhere" else order.client_id.encode()

    def events(self, reply: bytes, order: OrderRequest, instrument: Instrument) -> list[OrderEvent]:
        if b"nonsense" in reply:
            raise MalformedMessage("toy", "nonsense")
        return [OrderAck("toy", order.client_id, "7")]


class World:
    def __init__(self) -> None:
        self.wires: list[ToyWire] = []
        self.told: list[OrderEvent] = []
        self.ban = BanClock()
        self.entry = OrderEntry(
            Toy(),
            WebSocketOptions(url="ws://toy", silence_s=1e6),
            clock=LoopClock(),
            ban=self.ban,
            dial=self._dial,
        )

    async def _dial(self, options: DialOptions) -> ToyWire:
        del options
        self.wires.append(ToyWire({b"login": (b"in",)}))
        return self.wires[-1]

    def submit(self, client_id: str) -> bool:
        return self.entry.submit(order(client_id), _BTC, self.told.append)

    @property
    def written(self) -> list[bytes]:
        return [frame for wire in self.wires for frame in wire.sent if frame != b"login"]

    def answer(self, client_id: str, text: str = "ok") -> None:
        self.wires[-1].push(json.dumps({"id": client_id, "text": text}).encode())


def scenario(test: Callable[[World], Awaitable[None]]) -> None:
    async def main() -> None:
        world = World()
        task = asyncio.create_task(world.entry.run())
        await asyncio.sleep(1)
        try:
            await test(world)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert len(world.entry) == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtual(main())


def test_the_frame_is_written_before_submit_returns_and_the_answer_is_the_event() -> None:
    async def test(world: World) -> None:
        assert world.submit("a1")
        assert world.written == [b"a1"]
        assert world.told == []
        world.answer("a1")
        assert world.told == [OrderAck("toy", "a1", "7")]
        await asyncio.sleep(10)
        assert len(world.told) == 1

    scenario(test)


def test_answers_find_their_orders_in_any_sequence() -> None:
    async def test(world: World) -> None:
        assert world.submit("a1")
        assert world.submit("a2")
        world.answer("a2")
        world.answer("nobody")
        world.answer("a1")
        world.answer("a1")
        assert [event.client_id for event in world.told] == ["a2", "a1"]

    scenario(test)


def test_a_connection_lost_with_orders_in_flight_leaves_them_unknown_and_sends_none_again() -> None:
    # row 35
    async def test(world: World) -> None:
        world.submit("a1")
        world.submit("a2")
        world.wires[-1].drop("reset by peer")
        await asyncio.sleep(0.01)
        assert [type(event) for event in world.told] == [OrderUnknown, OrderUnknown]
        assert all("reset by peer" in str(event) for event in world.told)
        assert not world.submit("a3")
        await asyncio.sleep(5)
        assert world.entry.ready
        assert len(world.wires) == 2
        assert world.written == [b"a1", b"a2"]
        # Only what is new goes over the new connection.
        assert world.submit("a4")
        assert world.wires[-1].sent == [b"login", b"a4"]

    scenario(test)


def test_after_a_sleep_what_was_in_flight_is_unknown_and_a_new_login_comes_first() -> None:
    async def test(world: World) -> None:
        world.submit("a1")
        former = world.wires[0]
        world.entry.restart("the machine slept for 3.0 s")
        lost = OrderUnknown(
            "toy", "a1", "connection lost before the answer: the machine slept for 3.0 s"
        )
        assert world.told == [lost]
        assert not world.submit("a2")
        # Its answer lay in the socket: it is asked for all the same.
        former.push(b'{"id":"a1"}')
        await asyncio.sleep(5)
        assert world.told == [lost]
        assert former.closed
        assert world.submit("a3")
        assert [wire.sent for wire in world.wires] == [[b"login", b"a1"], [b"login", b"a3"]]

    scenario(test)


def test_an_answer_that_does_not_come_leaves_the_order_unknown_once() -> None:
    async def test(world: World) -> None:
        world.submit("a1")
        await asyncio.sleep(1.99)
        assert world.told == []
        await asyncio.sleep(0.02)
        assert world.told == [OrderUnknown("toy", "a1", "no answer in time")]
        world.answer("a1")
        world.wires[-1].drop("reset")
        await asyncio.sleep(0.01)
        assert len(world.told) == 1

    scenario(test)


def test_an_answer_that_cannot_be_read_leaves_the_order_unknown() -> None:
    async def test(world: World) -> None:
        world.submit("a1")
        world.answer("a1", "nonsense")
        (event,) = world.told
        assert isinstance(event, OrderUnknown)

    scenario(test)


@pytest.mark.parametrize("client_id", ["late", "elsewhere"])
def test_what_is_not_for_this_socket_is_not_written(client_id: str) -> None:
    async def test(world: World) -> None:
        taken = world.submit(client_id)
        assert world.written == []
        # Never before submit has returned.
        assert world.told == []
        await asyncio.sleep(0)
        late = OrderReject("toy", "late", "expired", "too late")
        assert (taken, world.told) == ((True, [late]) if client_id == "late" else (False, []))

    scenario(test)


def test_beyond_the_quota_and_during_a_ban_nothing_is_written() -> None:
    async def test(world: World) -> None:
        for number in range(4):
            assert world.submit(f"a{number}")
        await asyncio.sleep(0)
        assert world.written == [b"a0", b"a1", b"a2"]
        (event,) = world.told
        assert isinstance(event, OrderReject)
        assert (event.code, event.fatal) == ("not_sent", False)
        await asyncio.sleep(3)
        world.ban.stay_away(60.0, LoopClock().now_ns())
        assert world.submit("b1")
        await asyncio.sleep(0)
        assert len(world.written) == 3
        assert "stay away" in str(world.told[-1])

    scenario(test)


def test_before_the_login_is_confirmed_nothing_is_written() -> None:
    async def main() -> None:
        world = World()
        assert not world.submit("a1")
        assert world.told == []

    run_virtual(main())


def test_what_is_in_flight_at_the_end_is_unknown() -> None:
    async def main() -> None:
        world = World()
        task = asyncio.create_task(world.entry.run())
        await asyncio.sleep(1)
        world.submit("a1")
        assert len(world.entry) == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        (event,) = world.told
        assert isinstance(event, OrderUnknown)
        assert msgspec.structs.asdict(event)["client_id"] == "a1"

    run_virtual(main())
