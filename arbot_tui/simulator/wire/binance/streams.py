"""Binance's public WebSocket streams: raw under `/ws`, combined under `/stream`."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aiohttp import web

from arbot_tui.simulator.core.book import BookChange
from arbot_tui.simulator.core.faults import ChannelKind, Mark
from arbot_tui.simulator.wire.binance.control_frames import (
    Refused,
    combined_property,
    control_frame,
    identity_of,
    stream_names,
)
from arbot_tui.simulator.wire.binance.depth import DepthTracker
from arbot_tui.simulator.wire.binance.formats import wire_symbol
from arbot_tui.simulator.wire.binance.frames import book_ticker, depth_update, partial_depth
from arbot_tui.simulator.wire.common.hub import Hub
from arbot_tui.simulator.wire.common.json import Json, encode
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.streams import StreamServer

__all__ = ["CHANNELS", "Streams"]

_STREAM = re.compile(r"([a-z0-9]+)@(bookTicker|depth(5|10|20)?(@100ms|@1000ms)?)")
_SECOND = 1_000_000_000
_PING_S, _PONG_WITHIN_S = 20.0, 60.0
# Protocol frames and JSON together, in any second; the connection is closed beyond.
_INBOUND_PER_S = 5
_MOST_STREAMS = 1024
_FAST_MS, _SLOW_MS = 100, 1000

CHANNELS: dict[str, ChannelKind] = {"bookTicker": ChannelKind.TICKER} | {
    f"depth{levels}{speed}": ChannelKind.DEPTH
    for levels in ("", "5", "10", "20")
    for speed in ("", "@100ms")
}
"""The streams of a symbol, without it; `@1000ms` is the same as no speed."""


class _Topic(NamedTuple):
    """What a stream name means: a symbol's best bid/ask, or its depth at some speed."""

    symbol: int
    every_ms: int
    """0 for bookTicker: as it happens."""
    levels: int
    """0 for changes only."""

    @property
    def channel(self) -> str:
        """Name of the stream without its symbol."""
        if not self.every_ms:
            return "bookTicker"
        return f"depth{self.levels or ''}{'@100ms' if self.every_ms == _FAST_MS else ''}"


class _Client:
    """What is kept about one connection besides its queue."""

    __slots__ = ("combined", "inbound_ns", "unanswered_ns")

    def __init__(self, combined: bool) -> None:
        self.combined = combined
        self.inbound_ns: deque[int] = deque(maxlen=_INBOUND_PER_S + 1)
        # When the first ping went out that has not been answered.
        self.unanswered_ns: int | None = None


class Streams(StreamServer):
    """All stream connections of the venue.

    Args:
        market: The venue's window on the world.
        network: What lies between the venue and its clients.
    """

    channels = CHANNELS
    turn_s = _FAST_MS / 1000
    lifetime_s = 86_400.0
    # No lead time is promised (the ten minutes of May 2026 were withdrawn in June).
    notice_s = 10.0

    def __init__(self, market: Market, network: Network) -> None:
        super().__init__(market, network)
        self._by_name = {wire_symbol(i).lower(): i for i in market.instruments}
        self._hub: Hub[_Topic] = Hub()
        self._clients: dict[Link, _Client] = {}
        self._trackers: dict[_Topic, DepthTracker] = {}
        self._tracked: dict[int, list[DepthTracker]] = {}
        self._sent_ids: dict[_Topic, int] = {}
        # The last changes told, to tell them once more.
        self._last: dict[_Topic, tuple[str, int]] = {}
        self._turns = 0
        self._pinged_ns = network.now_ns()

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoints."""
        return [
            web.get("/ws", self.serve),
            web.get("/ws/{streams:.+}", self.serve),
            web.get("/stream", self.serve),
        ]

    # What happens in the world

    def publish(self, change: BookChange) -> None:
        """Send a book change to bookTicker listeners and note it for the depth streams."""
        for tracker in self._tracked.get(change.symbol, ()):
            tracker.observe()
        topic = _Topic(change.symbol, 0, 0)
        if self._hub.listeners(topic):
            self._send(topic, book_ticker(self.market, change), change.update_id)

    def turn(self) -> None:
        """Serve the timed streams, and pings."""
        self._turns += 1
        slow = self._turns % (_SLOW_MS // _FAST_MS) == 0
        for topic in self._hub.topics():
            if topic.every_ms == _FAST_MS or (slow and topic.every_ms == _SLOW_MS):
                self._send_depth(topic)
        now_ns = self.network.now_ns()
        if now_ns - self._pinged_ns >= _PING_S * _SECOND:
            self._pinged_ns = now_ns
            self._ping_all(now_ns)

    def _ping_all(self, now_ns: int) -> None:
        for link, client in tuple(self._clients.items()):
            if client.unanswered_ns is None:
                client.unanswered_ns = now_ns
            elif now_ns - client.unanswered_ns > _PONG_WITHIN_S * _SECOND:
                link.drop()
                continue
            link.ping()

    def _send_depth(self, topic: _Topic) -> None:
        if topic.levels:
            book = self.market.book_of(self.market.instruments[topic.symbol])
            if self._sent_ids.get(topic) != book.update_id:
                self._sent_ids[topic] = book.update_id
                self._send(
                    topic, partial_depth(self.market, topic.symbol, topic.levels), book.update_id
                )
            return
        event = self._trackers[topic].take_event()
        if event is not None:
            frame = depth_update(self.market, topic.symbol, event)
            self._last[topic] = frame, event.last_id
            self._send(topic, frame, event.last_id, delta=True)

    def _send(self, topic: _Topic, payload: str, ident: int, *, delta: bool = False) -> None:
        calm = self.network.calm
        mark = self.mark(self.market.instruments[topic.symbol], topic.channel, ident, delta=delta)
        fate = None if calm else self.network.fate(mark, payload)
        for link in self._hub.listeners(topic):
            for frame in self._worded(link, topic, payload):
                if calm:
                    link.send(frame)
                else:
                    link.tell(frame, mark, fate)

    def _worded(self, link: Link, topic: _Topic, payload: str) -> list[str]:
        """Return the frames in which a client gets a payload."""
        if not self._clients[link].combined:
            return [payload]
        # A stream has two spellings of one speed: answer in the client's own.
        names = self._names(link, topic)
        return [f'{{"stream":"{name}","data":{payload}}}' for name in names]

    def _names(self, link: Link, topic: _Topic) -> list[str]:
        """Return the spellings of a topic that the client has subscribed to."""
        symbol = wire_symbol(self.market.instruments[topic.symbol]).lower()
        spellings = [f"{symbol}@{topic.channel}"]
        if topic.every_ms == _SLOW_MS:
            spellings.append(f"{symbol}@{topic.channel}@1000ms")
        return [name for name in spellings if name in link.subscriptions]

    # What faults ask for

    def notice(self, link: Link) -> str:
        """Return `serverShutdown`, as streams send it since May 2026."""
        event = f'{{"e":"serverShutdown","E":{self.market.now_ms()}}}'
        if not self._clients[link].combined:
            return event
        return f'{{"stream":"!serverShutdown","data":{event}}}'

    def told_again(self, link: Link) -> Sequence[tuple[str, Mark]]:
        """Return the present state of every stream of a client, or its last changes."""
        frames: list[tuple[str, Mark]] = []
        topics = (self._topic(name) for name in link.subscriptions)
        for topic in dict.fromkeys(topic for topic in topics if topic is not None):
            book = self.market.book_of(self.market.instruments[topic.symbol])
            payload, ident, delta = "", book.update_id, False
            if not topic.every_ms:
                payload = book_ticker(self.market, book.change())
            elif topic.levels:
                payload = partial_depth(self.market, topic.symbol, topic.levels)
            elif topic in self._last:
                (payload, ident), delta = self._last[topic], True
            if payload:
                instrument = self.market.instruments[topic.symbol]
                mark = self.mark(instrument, topic.channel, ident, delta=delta)
                frames += [(frame, mark) for frame in self._worded(link, topic, payload)]
        return frames

    def restart(self, symbols: Sequence[str]) -> None:
        """Start new update ids and cut every connection, as a restarted server does."""
        for instrument in self.market.instruments:
            if instrument.symbol in symbols:
                self.market.restart_ids(instrument.index)
        for topic in tuple(self._trackers):
            self._untrack(topic)
            self._track(topic)
        for link in tuple(self._clients):
            link.drop()

    # Clients

    def opened(self, link: Link, path: str, query: Mapping[str, str]) -> None:
        """Subscribe a new client to the streams in its URL."""
        combined = path == "/stream"
        self._clients[link] = _Client(combined)
        streams = query.get("streams", "") if combined else path.removeprefix("/ws")
        try:
            self._subscribe(link, [name for name in streams.split("/") if name])
        except Refused as refused:
            link.close(1008, refused.message)

    def heard(self, link: Link, text: str) -> None:
        """Answer a control frame."""
        if self._too_many(link):
            return
        identity: Json = None
        try:
            frame = control_frame(text)
            identity = identity_of(frame)
            result = self._control(link, frame)
        except Refused as refused:
            error: Json = {"code": refused.code, "msg": refused.message}
            link.send(encode({"error": error, "id": identity}))
        else:
            link.send(encode({"result": result, "id": identity}))

    def heard_control(self, link: Link, *, pong: bool) -> None:
        """Count a protocol frame; a pong says that the client is alive."""
        if pong:
            self._clients[link].unanswered_ns = None
        self._too_many(link)

    def left(self, link: Link) -> None:
        """Forget a client that has gone."""
        self._unsubscribe(link, list(link.subscriptions))
        self._clients.pop(link, None)

    def _too_many(self, link: Link) -> bool:
        """Count a frame from a client; close and return True if they come too fast."""
        inbound, now_ns = self._clients[link].inbound_ns, self.network.now_ns()
        inbound.append(now_ns)
        if len(inbound) <= _INBOUND_PER_S or now_ns - inbound[0] >= _SECOND:
            return False
        link.close(1008, "Too many requests")
        return True

    def _control(self, link: Link, frame: dict[str, Json]) -> Json:
        method, params = frame.get("method"), frame.get("params")
        if method == "LIST_SUBSCRIPTIONS":
            return list(link.subscriptions)
        if method in ("SUBSCRIBE", "UNSUBSCRIBE"):
            names = stream_names(params)
            if method == "SUBSCRIBE":
                self._subscribe(link, names)
            else:
                self._unsubscribe(link, names)
            return None
        client = self._clients[link]
        if method == "SET_PROPERTY":
            client.combined = combined_property(params)
            return None
        if method == "GET_PROPERTY":
            if params != ["combined"]:
                raise Refused(0, "Unknown property")
            return client.combined
        if method is None:
            raise Refused(2, "Invalid request: missing field `method`")
        raise Refused(2, f"Invalid request: unknown variant `{method}`")

    def _subscribe(self, link: Link, names: list[str]) -> None:
        if len(link.subscriptions.keys() | set(names)) > _MOST_STREAMS:
            raise Refused(4, "Too many subscriptions")
        for name in names:
            link.subscriptions[name] = None
            topic = self._topic(name)
            if topic is not None:
                self._hub.join(topic, link)
                self._track(topic)

    def _unsubscribe(self, link: Link, names: list[str]) -> None:
        for name in names:
            link.subscriptions.pop(name, None)
            topic = self._topic(name)
            if topic is not None and not self._names(link, topic):
                self._hub.leave(topic, link)
                if not self._hub.listeners(topic):
                    self._untrack(topic)

    def _topic(self, name: str) -> _Topic | None:
        """Return what a stream name means; None for one that will stay silent."""
        match = _STREAM.fullmatch(name)
        instrument = self._by_name.get(match[1]) if match else None
        if match is None or instrument is None:
            return None
        if match[2] == "bookTicker":
            return _Topic(instrument.index, 0, 0)
        every_ms = _FAST_MS if match[4] == "@100ms" else _SLOW_MS
        return _Topic(instrument.index, every_ms, int(match[3] or 0))

    def _track(self, topic: _Topic) -> None:
        if topic.every_ms and not topic.levels and topic not in self._trackers:
            book = self.market.books[self.market.instruments[topic.symbol].symbol]
            tracker = DepthTracker(book)
            self._trackers[topic] = tracker
            self._tracked.setdefault(topic.symbol, []).append(tracker)

    def _untrack(self, topic: _Topic) -> None:
        self._sent_ids.pop(topic, None)
        self._last.pop(topic, None)
        tracker = self._trackers.pop(topic, None)
        if tracker is not None:
            self._tracked[topic.symbol].remove(tracker)
            if not self._tracked[topic.symbol]:
                del self._tracked[topic.symbol]
