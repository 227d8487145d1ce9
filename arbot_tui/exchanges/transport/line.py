"""One numbered connection of a feed, kept up over all the sockets that serve it.

A socket that is about to end (announced by the venue, or near the age at which the venue cuts) is
replaced while it still delivers: the next one connects and subscribes, order books move over one
by one, and only then the old one goes. Whoever listens notices nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

import structlog
from msgspec.structs import replace

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.feed import FeedEvent, FeedEventKind
from arbot_tui.domain.quotes import BookUpdate, Ticker
from arbot_tui.exchanges.transport.dialect import Reply
from arbot_tui.exchanges.transport.line_books import LineBooks, ResyncLimits
from arbot_tui.exchanges.transport.line_seeds import LineSeeds
from arbot_tui.exchanges.transport.line_socket import LineContext, LineSocket
from arbot_tui.exchanges.transport.subscriptions import Subscriptions, Topic

__all__ = ["Line"]

ControlT = TypeVar("ControlT")

# First states follow the acknowledgements at once; books wait for their next change.
_SETTLE_NS = SECOND
_BOOKS_SETTLE_NS = 5 * SECOND

_log = structlog.get_logger(__name__)


class Line(Generic[ControlT]):
    """A connection as the rest of the house knows it: a number and the rows it serves.

    Attributes:
        number: Its number within the venue, never reused.
        context: What all lines share.
        parser: Reads its frames, whichever socket brings them.
    """

    def __init__(self, number: int, context: LineContext[ControlT]) -> None:
        """Prepare; nothing is opened before `start`."""
        self.number = number
        self.context = context
        self.parser = context.dialect.parser(context.exchange)
        self._rows: dict[str, int] = {}
        self._books = LineBooks(
            context.dialect.continuity, context.sink.on_book, context.fetch_snapshot
        )
        self._resyncs = ResyncLimits()
        self._seeds = LineSeeds(context, self.parser, self._rows)
        self._pulse: str | None = None
        self._socket: LineSocket[ControlT] | None = None
        self._next: LineSocket[ControlT] | None = None
        self._ending = False
        # Venues have a quarter of the hour each, so that no two of them reconnect at a time.
        quarter = (context.exchange % 4 + context.draw()) / 4
        self._lifetime_ns = int((context.rules.lifetime_s + (quarter - 0.5) * 3_600.0) * SECOND)

    @property
    def rows(self) -> frozenset[int]:
        """The rows whose best bid and ask it brings."""
        return frozenset(self._rows.values())

    @property
    def free(self) -> int:
        """How many more symbols it can take."""
        return self.context.rules.symbols - len(self._rows)

    def topics(self) -> list[Topic]:
        """Return everything it wants subscribed."""
        return [*map(self._ticker, self._rows), *map(self._depth, self._books.symbols)]

    def start(self) -> None:
        """Open the first socket."""
        self._socket = self._open()

    def end(self) -> None:
        """Open no socket any more: those there are will be closed."""
        self._ending = True

    def stop(self) -> None:
        """Close every socket."""
        self._ending = True
        connected = self._current.session.connected
        for socket in self._sockets():
            socket.retire()
        if connected:
            self._tell(FeedEventKind.DISCONNECTED, "no longer needed")

    def follow(self, rows: Mapping[str, int]) -> None:
        """Bring best bid and ask of some more wire symbols."""
        self._rows.update(rows)
        for symbol, row in rows.items():
            self.parser.follow(symbol, row)
        for socket in self._sockets():
            socket.subscriptions.follow(map(self._ticker, rows))
        self._keep_pulse()

    def tell_rows(self) -> None:
        """Tell which rows it brings."""
        self._tell(FeedEventKind.ASSIGNED)

    def leave(self, symbol: str) -> None:
        """Bring nothing more of a wire symbol."""
        row = self._rows.pop(symbol)
        self.parser.leave(symbol)
        self._books.leave(row)
        self._resyncs.forget(row)
        for socket in self._sockets():
            socket.subscriptions.leave([self._ticker(symbol), self._depth(symbol)])
        self._keep_pulse()

    @property
    def pulse(self) -> int | None:
        """The row whose depth is followed in any case, because quotes carry no time."""
        return None if self._pulse is None else self._rows[self._pulse]

    def request_depth(self, symbol: str, wanted: bool) -> None:
        """Start or stop bringing depth of a followed wire symbol."""
        if symbol == self._pulse:
            return
        if wanted:
            self._books.follow(self._rows[symbol], symbol)
        else:
            self._books.leave(self._rows[symbol])
        for socket in self._sockets():
            subscriptions = socket.subscriptions
            (subscriptions.follow if wanted else subscriptions.leave)([self._depth(symbol)])

    def resync(self, symbol: str) -> None:
        """Start one symbol over: its quote, and its book where depth is followed.

        Refused, because it would do no good, within seconds of the last time, and for a while
        after it was tried in vain (`ResyncLimits`); whoever asks asks again.
        """
        row = self._rows[symbol]
        if not self._resyncs.take(row, self.context.clock.now_ns()):
            return
        second = self._next if self._books.has_moved(row) else None
        socket = second or self._current
        if row in self._books and not self._books.fetch(row):
            socket.subscriptions.renew([self._depth(symbol)])
        self._renew_quote(socket, symbol, row)

    def send_due(self, now_ns: int) -> None:
        """Send what the subscriptions want said."""
        for socket in self._sockets():
            socket.send_due(now_ns)

    def tend(self, now_ns: int) -> None:
        """Look after the sockets; called by a timer about twice a second."""
        self.send_due(now_ns)
        for socket in self._sockets():
            if socket.session.connected and socket.subscriptions.overdue(now_ns):
                socket.session.reconnect("no answer to a subscription")
        if self._next is not None and self._is_ready(self._next, now_ns):
            self._take_over()
        socket = self._current
        if not socket.session.connected:
            return
        if socket.farewell:
            self._replace(socket.farewell)
        elif socket.subscriptions.blocked:
            self._replace("its requests of the hour are used up")
        elif now_ns - socket.opened_ns >= self._lifetime_ns:
            self._replace("it has come of age")
        self._seeds.bring(socket)
        self._watch_flow(socket, now_ns)

    # What the sockets call.

    def opened(self, socket: LineSocket[ControlT]) -> None:
        """Forget what the former connection brought."""
        if socket is self._next:
            self._books.begin_handover()
        else:
            self._start_over()

    def on_event(self, socket: LineSocket[ControlT], event: FeedEvent) -> None:
        """Tell what happened to a socket, as far as it is of consequence to listeners."""
        kind = event.kind
        if socket is not self._socket:
            if kind is FeedEventKind.MALFORMED:
                self.context.sink.on_feed(event)
            return
        if kind is FeedEventKind.DISCONNECTED:
            event = replace(event, rows=self.rows)
        self.context.sink.on_feed(event)
        if kind is FeedEventKind.DISCONNECTED and self._next is not None and not self._ending:
            self._fall_back(self._next)

    def on_book(self, socket: LineSocket[ControlT], update: BookUpdate) -> None:
        """Take a depth message."""
        self._books.take(update, "second" if socket is self._next else "first")

    def on_control(self, socket: LineSocket[ControlT], control: ControlT, now_ns: int) -> None:
        """Take an answer or a notice."""
        reply = self.context.dialect.reply(control)
        match reply.kind:
            case "accepted":
                socket.answered_ns = now_ns
                topics = socket.subscriptions.accepted(reply.request_id, reply.topic)
                self._note_beginnings(socket, topics)
            case "refused":
                socket.answered_ns = now_ns
                self._refused(socket.subscriptions, reply, now_ns)
            case "postponed":
                socket.subscriptions.postponed(reply.request_id, now_ns)
            case "farewell":
                socket.farewell = reply.text
                self.tend(now_ns)
            case _:
                return

    def withdraw(self, row: int, recv_ns: int) -> None:
        """Void a quote that was changed in a way that cannot be read, and ask for it again."""
        exchange = self.context.exchange
        self.context.sink.on_ticker(Ticker(exchange, row, 0.0, 0.0, 0.0, 0.0, 0, recv_ns))
        symbol = next((name for name, known in self._rows.items() if known == row), None)
        if symbol is not None and self._resyncs.take(row, recv_ns):
            self._renew_quote(self._current, symbol, row)

    # Within.

    @property
    def _current(self) -> LineSocket[ControlT]:
        if self._socket is None:
            raise RuntimeError("the line was not started")
        return self._socket

    def _open(self) -> LineSocket[ControlT]:
        return LineSocket(self, self.number, self.parser, self.context, self.topics())

    def _sockets(self) -> list[LineSocket[ControlT]]:
        return [socket for socket in (self._socket, self._next) if socket is not None]

    def _ticker(self, symbol: str) -> Topic:
        return self.context.dialect.ticker, symbol

    def _depth(self, symbol: str) -> Topic:
        return self.context.dialect.depth, symbol

    def _tell(self, kind: FeedEventKind, detail: str = "") -> None:
        at_ns = self.context.clock.now_ns()
        with_rows = kind in (FeedEventKind.DISCONNECTED, FeedEventKind.ASSIGNED)
        rows = self.rows if with_rows else None
        exchange = self.context.exchange
        self.context.sink.on_feed(FeedEvent(exchange, kind, at_ns, detail, 0, self.number, rows))

    def _renew_quote(self, socket: LineSocket[ControlT], symbol: str, row: int) -> None:
        # What comes may be what is held: it is news all the same that it still stands.
        self.parser.forget(row)
        socket.subscriptions.renew([self._ticker(symbol)])
        self.context.touch()

    def _note_beginnings(self, socket: LineSocket[ControlT], topics: Sequence[Topic]) -> None:
        if socket is not self._socket or self._ending:
            return
        for channel, symbol in topics:
            row = self._rows.get(symbol)
            if row is not None and channel == self.context.dialect.depth:
                self._books.subscribed(row)
            elif row is not None:
                self._seeds.want([symbol])
        self._seeds.bring(socket)

    def _keep_pulse(self) -> None:
        """Choose whose depth tells the time, where it is needed and there is none."""
        choose = self.context.pulse
        if choose is None or self._pulse in self._rows:
            return
        self._pulse = None
        if self._rows:
            symbol = choose(self._rows)
            self.request_depth(symbol, True)
            self._pulse = symbol

    def _start_over(self) -> None:
        self.parser.restart()
        self._books.restart()
        self._seeds.restart()

    def _refused(self, subscriptions: Subscriptions, reply: Reply, now_ns: int) -> None:
        given_up = subscriptions.refused(
            reply.request_id, reply.topic, alone=reply.alone, now_ns=now_ns
        )
        self.context.touch()
        if given_up is None or given_up:
            # Not asked for again soon; or an answer to nothing that we know, which has to be heard.
            names = ", ".join(" ".join(topic) for topic in given_up or ()) or "a request"
            raise MalformedMessage(self.context.dialect.venue, f"refused {names}: {reply.text}")

    def _watch_flow(self, socket: LineSocket[ControlT], now_ns: int) -> None:
        if not socket.subscriptions.any:
            return
        match socket.stall.judge(now_ns):
            case "doubtful":
                for row in self._rows.values():
                    self.parser.forget(row)
                socket.subscriptions.renew(map(self._ticker, self._rows))
                socket.send_due(now_ns)
            case "dead":
                socket.session.reconnect("no quote in spite of a new subscription")
            case _:
                return

    def _replace(self, cause: str) -> None:
        """Open the socket that is to take over."""
        if self._next is None and not self._ending:
            venue = self.context.dialect.venue
            _log.info("connection_replaced", venue=venue, connection=self.number, cause=cause)
            self._next = self._open()

    def _is_ready(self, socket: LineSocket[ControlT], now_ns: int) -> bool:
        """Tell whether a new socket brings all that the old one does."""
        if not (socket.session.connected and socket.subscriptions.answered):
            return False
        since_ns = now_ns - socket.answered_ns
        settled = since_ns >= _SETTLE_NS and self._books.all_moved
        return settled or since_ns >= _BOOKS_SETTLE_NS

    def _take_over(self) -> None:
        """Let the new socket be the only one."""
        old, self._socket, self._next = self._current, self._next, None
        old.retire()
        self._books.end_handover()

    def _fall_back(self, socket: LineSocket[ControlT]) -> None:
        """The old socket ended before the new one was ready: start over on the new one."""
        old, self._socket, self._next = self._current, socket, None
        old.retire()
        self._start_over()
        if socket.session.connected:
            socket.subscriptions.renew(self.topics())
            self.context.touch()
            self._tell(FeedEventKind.CONNECTED)
