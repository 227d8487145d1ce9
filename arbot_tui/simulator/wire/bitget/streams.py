"""Bitget's public socket, v2: `books1`, `books5`, `books15`, and `books` with its changes.

Source: Bitget v2 websocket introduction and spot depth pages (commit of 2025-12-05), change log
to 2026-01-29. How an oversized frame is answered is not documented: here, as a parameter error.
`pseq`, documented for futures, has been in frames of the spot channel `books` since June 2026.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aiohttp import web

from arbot_tui.simulator.core.book import BookChange, Level
from arbot_tui.simulator.core.faults import ChannelKind, Mark
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.wire.bitget.formats import wire_symbol
from arbot_tui.simulator.wire.common.amounts import levels, millis
from arbot_tui.simulator.wire.common.hub import Hub
from arbot_tui.simulator.wire.common.json import Json, JsonObject, decode, encode
from arbot_tui.simulator.wire.common.ladder import Ladder
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.rates import Rates
from arbot_tui.simulator.wire.common.streams import StreamServer

__all__ = ["CHANNELS", "Streams"]

_BEST, _BOOK = "books1", "books"
_DEPTHS = {_BEST: 1, "books5": 5, "books15": 15}
_LONGEST_FRAME_BYTES = 4096
_PING_WITHIN_MS = 120_000
_FRAMES_PER_S, _SECOND_MS = 10, 1_000
_REQUESTS_PER_HOUR, _HOUR_MS = 240, 3_600_000
_MOST_CHANNELS = 1_000

CHANNELS: dict[str, ChannelKind] = {
    _BEST: ChannelKind.TICKER,
    "books5": ChannelKind.DEPTH,
    "books15": ChannelKind.DEPTH,
    _BOOK: ChannelKind.DEPTH,
}
"""The channels of the public socket."""


class _Topic(NamedTuple):
    symbol: int
    channel: str


class _Refused(Exception):
    """A control frame, or an argument of one, that is answered with an error event."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Client:
    """What is kept about one connection besides its queue."""

    __slots__ = ("ping_ms", "rates", "topics")

    def __init__(self, now_ms: int) -> None:
        self.ping_ms = now_ms
        self.rates = Rates()
        self.topics: set[_Topic] = set()


class _Chain:
    """What the listeners of one book have been told, and under which number."""

    __slots__ = ("ladder", "seq")

    def __init__(self, ladder: Ladder, seq: int) -> None:
        self.ladder = ladder
        self.seq = seq


class Streams(StreamServer):
    """All public connections of the venue.

    Args:
        market: The venue's window on the world.
        network: What lies between the venue and its clients.
    """

    channels = CHANNELS
    turn_s = 0.2
    # In older revisions of the documentation; nobody says that it has changed.
    lifetime_s = 86_400.0

    def __init__(self, market: Market, network: Network) -> None:
        super().__init__(market, network)
        self._by_name = {wire_symbol(i): i for i in market.instruments}
        self._hub: Hub[_Topic] = Hub()
        self._clients: dict[Link, _Client] = {}
        self._told_ids: dict[_Topic, int] = {}
        self._chains: dict[int, _Chain] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoint."""
        return [web.get("/v2/ws/public", self.serve)]

    # What happens in the world

    def publish(self, change: BookChange) -> None:
        """Send a book change to the listeners of the best bid and ask."""
        topic = _Topic(change.symbol, _BEST)
        listeners = self._hub.listeners(topic)
        if listeners:
            instrument = self.market.instruments[change.symbol]
            bids, asks = ([side] if side.lots else [] for side in (change.bid, change.ask))
            seq = self.market.wire_id(change.symbol, change.update_id)
            frame = self._frame(topic, bids, asks, {"seq": seq}, change.ts_ns)
            self.tell(listeners, frame, instrument, _BEST, change.update_id)

    def turn(self) -> None:
        """Serve the deeper channels and close clients without pings."""
        for topic in self._hub.topics():
            if topic.channel == _BOOK:
                self._tell_changes(topic)
                continue
            book = self.market.book_of(self.market.instruments[topic.symbol])
            # No push while the book is unchanged.
            if topic.channel != _BEST and self._told_ids.get(topic) != book.update_id:
                self._told_ids[topic] = book.update_id
                self.tell_marked(self._hub.listeners(topic), *self._whole(topic))
        self._close_silent()

    def _tell_changes(self, topic: _Topic) -> None:
        chain = self._chains[topic.symbol]
        update = None if self.market.is_silent(topic.symbol) else chain.ladder.update()
        if update is None:
            return
        ids: JsonObject = {
            "pseq": chain.seq,
            "seq": self.market.wire_id(topic.symbol, update.update_id),
        }
        chain.seq = self.market.wire_id(topic.symbol, update.update_id)
        frame = self._frame(topic, update.bids, update.asks, ids, update.ts_ns, "update")
        instrument, listeners = (
            self.market.instruments[topic.symbol],
            self._hub.listeners(topic),
        )
        self.tell(listeners, frame, instrument, _BOOK, update.update_id, delta=True)

    def _close_silent(self) -> None:
        """Close what has sent no text ping for two minutes, whatever flows to it."""
        due_ms = self.market.elapsed_ms() - _PING_WITHIN_MS
        for link, client in tuple(self._clients.items()):
            if client.ping_ms < due_ms and not link.gone:
                link.close(1008, "no ping")

    # Frames

    def _whole(self, topic: _Topic) -> tuple[str, Mark]:
        """Return the snapshot of a topic."""
        instrument = self.market.instruments[topic.symbol]
        if topic.channel == _BOOK:
            chain = self._chains[topic.symbol]
            state = chain.ladder.state
            ids: JsonObject = {"pseq": 0, "seq": chain.seq}
            frame = self._frame(topic, state.bids, state.asks, ids, state.ts_ns)
            return frame, self.mark(instrument, _BOOK, state.update_id)
        book, depth = self.market.book_of(instrument), _DEPTHS[topic.channel]
        ids = {"seq": self.market.wire_id(topic.symbol, book.update_id)}
        frame = self._frame(topic, book.bids[:depth], book.asks[:depth], ids, book.ts_ns)
        return frame, self.mark(instrument, topic.channel, book.update_id)

    def _frame(
        self,
        topic: _Topic,
        bids: list[Level],
        asks: list[Level],
        ids: JsonObject,
        ts_ns: int,
        action: str = "snapshot",
    ) -> str:
        instrument = self.market.instruments[topic.symbol]
        item: JsonObject = {
            "asks": levels(instrument, asks),
            "bids": levels(instrument, bids),
            **ids,
            "ts": str(millis(ts_ns)),
        }
        return encode(
            {
                "action": action,
                "arg": _arg(topic.channel, wire_symbol(instrument)),
                "data": [item],
                "ts": self.market.now_ms(),
            }
        )

    # What faults ask for

    def told_again(self, link: Link) -> Sequence[tuple[str, Mark]]:
        """Return a snapshot of every channel of a client."""
        client = self._clients.get(link)
        return [] if client is None else [self._whole(topic) for topic in client.topics]

    def restart(self, symbols: Sequence[str]) -> None:
        """Count from one again, as after maintenance; whole books are told at once."""
        for instrument in self.market.instruments:
            if instrument.symbol not in symbols:
                continue
            self.market.restart_ids(instrument.index)
            if instrument.index in self._chains:
                self._chains[instrument.index] = self._chain(instrument)
                topic = _Topic(instrument.index, _BOOK)
                self.tell_marked(self._hub.listeners(topic), *self._whole(topic))

    # Clients

    def opened(self, link: Link, path: str, query: Mapping[str, str]) -> None:
        """Start counting for a new connection."""
        self._clients[link] = _Client(self.market.elapsed_ms())

    def left(self, link: Link) -> None:
        """Forget a client that has gone."""
        client = self._clients.pop(link, None)
        for topic in tuple(client.topics) if client else ():
            self._leave(link, topic)

    def heard(self, link: Link, text: str) -> None:
        """Answer a ping or a control frame."""
        client, now_ms = self._clients[link], self.market.elapsed_ms()
        if client.rates.take("frame", _FRAMES_PER_S, _SECOND_MS, now_ms) < 0:
            last = _error(_Refused(30007, "request over limit, connection close"))
            link.close(1008, "request over limit", last)
            return
        if text == "ping":
            client.ping_ms = now_ms
            link.send("pong")
            return
        try:
            op, args = _request(text)
            if client.rates.take("op", _REQUESTS_PER_HOUR, _HOUR_MS, now_ms) < 0:
                raise _Refused(30006, "request too many")
        except _Refused as refused:
            link.send(_error(refused))
            return
        joined: list[_Topic] = []
        for arg in args:
            try:
                topic = self._topic(arg, listed=op == "subscribe")
                if op == "subscribe":
                    self._join(link, client, topic)
                    joined.append(topic)
                else:
                    client.topics.discard(topic)
                    self._leave(link, topic)
            except _Refused as refused:
                link.send(_error(refused, arg))
            else:
                link.send(encode({"event": op, "arg": arg}))
        for topic in joined:
            self.tell_marked((link,), *self._whole(topic))

    def _topic(self, arg: JsonObject, *, listed: bool) -> _Topic:
        kind, channel, name = (str(arg.get(key)) for key in ("instType", "channel", "instId"))
        instrument = self._by_name.get(name)
        if instrument is not None and listed and not self.market.is_listed(instrument):
            instrument = None
        if kind != "SPOT" or channel not in CHANNELS or instrument is None:
            raise _Refused(30001, f"instType:{kind},channel:{channel},instId:{name} doesn't exist")
        return _Topic(instrument.index, channel)

    def _join(self, link: Link, client: _Client, topic: _Topic) -> None:
        if len(client.topics) >= _MOST_CHANNELS and topic not in client.topics:
            raise _Refused(30006, "request too many")
        instrument = self.market.instruments[topic.symbol]
        if topic.channel == _BOOK and topic.symbol not in self._chains:
            self._chains[topic.symbol] = self._chain(instrument)
        if not self._hub.listeners(topic):
            self._told_ids[topic] = self.market.book_of(instrument).update_id
        client.topics.add(topic)
        self._hub.join(topic, link)

    def _leave(self, link: Link, topic: _Topic) -> None:
        self._hub.leave(topic, link)
        if not self._hub.listeners(topic):
            self._told_ids.pop(topic, None)
            if topic.channel == _BOOK:
                self._chains.pop(topic.symbol, None)

    def _chain(self, instrument: Instrument) -> _Chain:
        book = self.market.books[instrument.symbol]
        return _Chain(Ladder(book), self.market.wire_id(instrument.index, book.update_id))


def _arg(channel: str, name: str) -> JsonObject:
    return {"instType": "SPOT", "channel": channel, "instId": name}


def _error(refused: _Refused, arg: JsonObject | None = None) -> str:
    body: dict[str, Json] = {"event": "error"}
    if arg is not None:
        body["arg"] = arg
    return encode({**body, "code": refused.code, "msg": str(refused)})


def _request(text: str) -> tuple[str, list[JsonObject]]:
    """Return operation and arguments of a control frame."""
    if len(text.encode()) > _LONGEST_FRAME_BYTES:
        raise _Refused(30016, "Param error")
    try:
        frame = decode(text)
    except ValueError as error:
        raise _Refused(30002, "illegal request") from error
    if not isinstance(frame, dict):
        raise _Refused(30002, "illegal request")
    op, args = frame.get("op"), frame.get("args")
    if op not in ("subscribe", "unsubscribe"):
        raise _Refused(30003, "invalid op")
    if not isinstance(args, list) or not args:
        raise _Refused(30016, "Param error")
    kept: list[JsonObject] = [arg for arg in args if isinstance(arg, dict)]
    if len(kept) != len(args):
        raise _Refused(30016, "Param error")
    return str(op), kept
