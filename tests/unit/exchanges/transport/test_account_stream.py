"""Private sockets in virtual time: login, subscriptions, loss, and a stream that lies still."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderAck,
    OrderEvent,
    OrderReject,
    OrderSide,
    OrderState,
    OrderStatus,
)
from arbot_tui.exchanges.transport.account_stream import AccountStream, Canary
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.signed_socket import (
    BalancesTold,
    EntryReply,
    Farewell,
    LoggedIn,
    SocketRefused,
    Subscribed,
    Told,
)
from arbot_tui.exchanges.transport.websocket import WebSocketOptions
from arbot_tui.exchanges.transport.wire import DialFailed, DialOptions, WireHandler
from tests.virtual_loop import LoopClock, run_virtual

_ONE = Decimal(1)
_FILL = Fill("toy", "arb1", "BTC/USDT", "1", OrderSide.BUY, _ONE, _ONE, _ONE, "BTC", 0)
_STATE = OrderState("toy", "arb1", OrderStatus.FILLED, _ONE, ("stream",), "9")
_BALANCE = Balance("BTC", _ONE, _ONE)
_WORDS: dict[bytes, Told] = {
    b"in": LoggedIn(),
    b"a": Subscribed("a"),
    b"b": Subscribed("b"),
    b"no": SocketRefused("no"),
    b"bye": Farewell("bye"),
    b"fill": _FILL,
    b"state": _STATE,
    b"money": BalancesTold((_BALANCE,)),
    b"reply": EntryReply("1", b"reply"),
}


class Toy:
    """A venue of few words."""

    venue = "toy"
    topics = frozenset({"a", "b"})
    needs_login = True

    def opening(self) -> Sequence[bytes]:
        return [b"login"]

    def subscriptions(self) -> Sequence[bytes]:
        return [b"subscribe"]

    def read(self, raw: bytes) -> Iterable[Told]:
        if raw == b"?":
            raise MalformedMessage("toy", "?")
        return (_WORDS[raw],) if raw in _WORDS else ()


class ToyWire:
    """A connection that answers as it was told to."""

    def __init__(self, answers: dict[bytes, Sequence[bytes]]) -> None:
        self.sent: list[bytes] = []
        self._answers = answers
        self._handler: WireHandler | None = None
        self._closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def start(self, handler: WireHandler) -> None:
        self._handler = handler

    def push(self, *frames: bytes) -> None:
        assert self._handler is not None
        for frame in frames:
            self._handler.on_message(frame)

    def push_if_open(self, *frames: bytes) -> None:
        if not self.closed:
            self.push(*frames)

    def send(self, message: bytes) -> bool:
        self.sent.append(message)
        for answer in self._answers.get(message, ()):
            asyncio.get_running_loop().call_soon(self.push, answer)
        return True

    @property
    def closed(self) -> bool:
        return self._closed.done()

    def ping(self) -> None:
        raise AssertionError

    async def wait_closed(self) -> str:
        return await asyncio.shield(self._closed)

    def close(self) -> None:
        self.drop("closed")

    def abort(self) -> None:
        self.drop("aborted")

    def drop(self, cause: str) -> None:
        if not self._closed.done():
            self._closed.set_result(cause)


_GOOD: dict[bytes, Sequence[bytes]] = {b"login": (b"in",), b"subscribe": (b"a", b"b")}


class World:
    """An account stream, its connections, and what it told."""

    def __init__(self, *scripts: dict[bytes, Sequence[bytes]] | None) -> None:
        self.wires: list[ToyWire] = []
        self.orders: list[OrderEvent] = []
        self.balances: list[Balance] = []
        self.streams: list[tuple[bool, str]] = []
        self._scripts = list(scripts)
        self.stream = AccountStream(
            "toy",
            lambda: (Toy(), WebSocketOptions(url="ws://toy", silence_s=1e6)),
            self,
            clock=LoopClock(),
            ban=BanClock(),
            dial=self._dial,
        )

    async def _dial(self, options: DialOptions) -> ToyWire:
        assert options.url == "ws://toy"
        script = self._scripts.pop(0) if self._scripts else _GOOD
        if script is None:
            raise DialFailed("toy", "nobody there")
        self.wires.append(ToyWire(script))
        return self.wires[-1]

    def on_order_event(self, event: OrderEvent) -> None:
        self.orders.append(event)

    def on_balances(self, balances: Sequence[Balance]) -> None:
        self.balances.extend(balances)

    def on_stream(self, up: bool, detail: str) -> None:
        self.streams.append((up, detail))

    @property
    def wire(self) -> ToyWire:
        return self.wires[-1]


def scenario(
    *scripts: dict[bytes, Sequence[bytes]] | None,
) -> Callable[[Callable[[World], Awaitable[None]]], None]:
    """Return a runner of a test against a world whose connections follow `scripts`."""

    def run(test: Callable[[World], Awaitable[None]]) -> None:
        async def main() -> None:
            world = World(*scripts)
            task = asyncio.create_task(world.stream.run())
            try:
                await test(world)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            # Nothing of it is left.
            assert asyncio.all_tasks() == {asyncio.current_task()}

        run_virtual(main())

    return run


def test_the_stream_is_up_when_login_and_every_subscription_are_confirmed() -> None:
    async def test(world: World) -> None:
        await asyncio.sleep(0.1)
        assert world.wire.sent == [b"login"]
        world.wire.push(b"in")
        await asyncio.sleep(1)
        assert world.wire.sent == [b"login", b"subscribe"]
        world.wire.push(b"a")
        assert world.streams == []
        world.wire.push(b"b")
        assert world.streams == [(True, "")]

    scenario({})(test)


def test_what_is_told_reaches_the_sink_in_its_order() -> None:
    async def test(world: World) -> None:
        await asyncio.sleep(2)
        world.wire.push(b"fill", b"state", b"money", b"reply", b"noise")
        assert world.orders == [_FILL, _STATE]
        assert world.balances == [_BALANCE]

    scenario()(test)


def test_after_a_loss_it_logs_in_again_and_nothing_of_before_counts() -> None:
    async def test(world: World) -> None:
        await asyncio.sleep(2)
        world.wire.drop("reset by peer")
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        assert world.streams == [(True, ""), (False, "reset by peer")]
        await asyncio.sleep(5)
        assert len(world.wires) == 2
        assert world.wire.sent == [b"login", b"subscribe"]
        assert world.streams[2:] == [(True, "")]

    scenario()(test)


@pytest.mark.parametrize(
    ("word", "cause"),
    [(b"no", "no"), (b"?", "a frame that cannot be read")],
)
def test_what_makes_the_connection_useless_has_it_replaced(word: bytes, cause: str) -> None:
    async def test(world: World) -> None:
        await asyncio.sleep(2)
        world.wire.push(word)
        await asyncio.sleep(5)
        assert world.streams == [(True, ""), (False, cause), (True, "")]
        assert len(world.wires) == 2

    scenario()(test)


def test_a_login_that_is_not_answered_is_tried_on_a_new_connection() -> None:
    async def test(world: World) -> None:
        await asyncio.sleep(10)
        assert len(world.wires) == 1
        await asyncio.sleep(5)
        assert world.streams == [(False, "no answer to the login"), (True, "")]

    scenario({})(test)


def test_a_venue_that_refuses_again_and_again_is_not_stormed() -> None:
    refusing: dict[bytes, Sequence[bytes]] = {b"login": (b"no",)}

    async def test(world: World) -> None:
        await asyncio.sleep(600)
        assert 5 < len(world.wires) < 60
        assert all(up is False for up, _ in world.streams)

    scenario(*[refusing] * 1000)(test)


def test_where_nobody_answers_the_stream_is_down() -> None:
    async def test(world: World) -> None:
        await asyncio.sleep(3)
        assert world.streams[0][0] is False
        assert "nobody there" in world.streams[0][1]
        assert world.streams[-1] == (True, "")

    scenario(None)(test)


def test_an_order_that_the_stream_never_tells_of_shows_that_it_is_dead() -> None:
    # row 48: a canary within 30 s
    async def test(world: World) -> None:
        await asyncio.sleep(2)
        world.stream.note(OrderAck("toy", "arb7", "1"))
        await asyncio.sleep(9)
        assert len(world.wires) == 1
        await asyncio.sleep(8)
        assert world.streams == [
            (True, ""),
            (False, "nothing told of order arb7"),
            (True, ""),
        ]
        # The new connection owes nothing for the old one.
        await asyncio.sleep(60)
        assert len(world.wires) == 2

    scenario()(test)


def test_an_order_that_the_stream_told_of_before_or_after_is_no_cause_for_doubt() -> None:
    async def test(world: World) -> None:
        await asyncio.sleep(2)
        world.stream.note(OrderAck("toy", "arb1", "1"))
        world.wire.push(b"state")
        world.stream.note(_FILL)
        # What was refused the stream has nothing to tell of.
        world.stream.note(OrderReject("toy", "arb8", "1", "no"))
        await asyncio.sleep(60)
        assert len(world.wires) == 1

    scenario()(test)


def test_nothing_is_owed_by_a_stream_that_is_not_up() -> None:
    async def test(world: World) -> None:
        await asyncio.sleep(0.5)
        world.stream.note(OrderAck("toy", "arb7", "1"))
        world.wire.push(b"in")
        await asyncio.sleep(0.5)
        world.wire.push(b"a", b"b")
        await asyncio.sleep(60)
        assert len(world.wires) == 1

    scenario({})(test)


def test_the_canary_remembers_a_bounded_number_of_orders() -> None:
    canary = Canary()
    for number in range(20_000):
        canary.heard(str(number))
    canary.expect("19999", 0)
    canary.expect("5", 0)
    assert canary.overdue(10 * SECOND) == ""
    assert canary.overdue(10 * SECOND + 1) == "5"
