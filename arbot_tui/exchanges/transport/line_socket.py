"""One socket of a line: its session, its subscriptions, and where its frames go."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.feed import FeedEvent
from arbot_tui.domain.quotes import BookUpdate, Ticker
from arbot_tui.exchanges.base import MarketDataSink, UnreadableQuote
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.dialect import Dialect, FrameParser, LineRules
from arbot_tui.exchanges.transport.stall import StallWatch
from arbot_tui.exchanges.transport.subscriptions import Subscriptions, Topic
from arbot_tui.exchanges.transport.websocket import WebSocketSession
from arbot_tui.exchanges.transport.wire import Dial

__all__ = ["LineContext", "LineSocket", "Seed", "SocketOwner"]

ControlT = TypeVar("ControlT")
ControlT_contra = TypeVar("ControlT_contra", contravariant=True)

_UNREADABLE, _UNREADABLE_PERIOD_NS = 5, 60 * SECOND


class Seed(Protocol[ControlT_contra]):
    """Brings the quotes that a subscription does not begin with."""

    async def __call__(
        self,
        parser: FrameParser[ControlT_contra],
        symbols: Mapping[str, int],
        stands: Callable[[], bool],
    ) -> bool:
        """Fetch quotes and hand on those that the stream has not told.

        Args:
            parser: Knows what the stream has told.
            symbols: Wire symbol to row.
            stands: Tells whether the subscription still stands.

        Returns:
            Whether they all are what the stream had told: then the market is only quiet.

        Raises:
            ExchangeError: They could not be fetched.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class LineContext(Generic[ControlT]):
    """What all lines of a feed share.

    Attributes:
        dialect: The venue's language.
        rules: How its connections are used.
        exchange: Dense index of the venue.
        clock: Stamps what arrives.
        sink: Where market data goes.
        ban: Stops attempts while the venue wants us away.
        dial: Opens a wire when the venue's limits allow.
        draw: Even draws from [0, 1) for jitter.
        spawn: Starts a task that ends with the feed.
        touch: Has the lines' requests sent soon.
        fetch_snapshot: Fetches a book where the stream began without one; None where a
            subscription always begins with a snapshot.
        seed: Brings quotes where a subscription begins with none; see `Seed`.
        pulse: Chooses the symbol whose depth is always followed, because quotes carry no time.
    """

    dialect: Dialect[ControlT]
    rules: LineRules
    exchange: int
    clock: Clock
    sink: MarketDataSink
    ban: BanClock
    dial: Dial
    draw: Callable[[], float]
    spawn: Callable[[Coroutine[object, object, None]], asyncio.Task[None]]
    touch: Callable[[], None]
    fetch_snapshot: Callable[[int], None] | None = None
    seed: Seed[ControlT] | None = None
    pulse: Callable[[Iterable[str]], str] | None = None


class SocketOwner(Protocol[ControlT]):
    """The line that a socket serves; plain functions on the receiving call stack."""

    def opened(self, socket: LineSocket[ControlT]) -> None:
        """Take note of a fresh connection."""
        ...

    def on_event(self, socket: LineSocket[ControlT], event: FeedEvent) -> None:
        """Take a change in the life of the connection."""
        ...

    def on_book(self, socket: LineSocket[ControlT], update: BookUpdate) -> None:
        """Take a depth message."""
        ...

    def on_control(self, socket: LineSocket[ControlT], control: ControlT, now_ns: int) -> None:
        """Take an answer or a notice; may raise `MalformedMessage`."""
        ...

    def withdraw(self, row: int, recv_ns: int) -> None:
        """Void a quote that was changed in a way that cannot be read."""
        ...


class LineSocket(Generic[ControlT]):
    """One session, what it has subscribed to, and what it has brought.

    Attributes:
        session: The connection.
        subscriptions: Its topics.
        stall: Whether quotes flow.
        retired: Whether it was given up: nothing it still brings is told.
        farewell: What the venue said of the connection's end; empty where it said nothing.
        opened_ns: When it was opened, `Clock.now_ns`.
        answered_ns: When the latest answer to a subscription came.
    """

    def __init__(
        self,
        owner: SocketOwner[ControlT],
        number: int,
        parser: FrameParser[ControlT],
        context: LineContext[ControlT],
        topics: Iterable[Topic],
    ) -> None:
        """Begin to connect.

        Args:
            owner: Told what happens.
            number: Number of the line.
            parser: Reads the frames.
            context: What all lines share.
            topics: What to subscribe.
        """
        self._owner = owner
        self._clock = context.clock
        self._parse = parser.parse
        self._on_ticker = context.sink.on_ticker
        self.retired = False
        self.farewell = ""
        self.opened_ns = 0
        self.answered_ns = 0
        self.stall = StallWatch()
        self._unreadable: deque[int] = deque(maxlen=_UNREADABLE + 1)
        self.subscriptions = Subscriptions(context.dialect.request, context.rules.requests)
        self.subscriptions.follow(topics)
        self.session = WebSocketSession(
            venue=context.dialect.venue,
            exchange=context.exchange,
            options=context.rules.socket,
            clock=context.clock,
            on_frame=self._on_frame,
            on_event=self._on_event,
            on_open=self._on_open,
            ban=context.ban,
            connection=number,
            dial=context.dial,
            draw=context.draw,
        )
        self._task = context.spawn(self.session.run())

    def retire(self) -> None:
        """Close the connection; nothing it still brings is told."""
        self.retired = True
        self._task.cancel()

    def send_due(self, now_ns: int) -> None:
        """Send what the subscriptions want said."""
        if self.session.connected:
            for frame in self.subscriptions.due(now_ns):
                self.session.send(frame)

    def _on_open(self) -> list[bytes]:
        now_ns = self._clock.now_ns()
        self.opened_ns = self.answered_ns = now_ns
        self.farewell = ""
        self.stall.restart(now_ns)
        self._unreadable.clear()
        self._owner.opened(self)
        self.subscriptions.restart()
        return self.subscriptions.due(now_ns)

    def _on_event(self, event: FeedEvent) -> None:
        if not self.retired:
            self._owner.on_event(self, event)

    def _on_frame(self, raw: bytes, recv_ns: int) -> None:
        if self.retired:
            return
        try:
            message = self._parse(raw, recv_ns)
        except UnreadableQuote as e:
            self._owner.withdraw(e.row, recv_ns)
            raise
        except MalformedMessage:
            self._count_unreadable(recv_ns)
            raise
        if isinstance(message, Ticker):
            self.stall.quote(recv_ns)
            self._on_ticker(message)
        elif message is None:
            # A repeat, or a symbol that was left: what comes for ever without news is no flow.
            return
        elif isinstance(message, BookUpdate):
            self._owner.on_book(self, message)
        else:
            self._owner.on_control(self, message, recv_ns)

    def _count_unreadable(self, recv_ns: int) -> None:
        """Count a frame that tells not even whom it is about; too many discredit the socket."""
        times = self._unreadable
        times.append(recv_ns)
        if len(times) > _UNREADABLE and recv_ns - times[0] < _UNREADABLE_PERIOD_NS:
            self.session.reconnect("too many unreadable frames")
