"""OKX's public socket: `bbo-tbt`, `books5` and `books`.

Sources: OKX API guide (connect, subscribe, notification; order book channels), 2026-06-29 to
2026-07-23, and a live capture of `books` of 2026-08-26. The documentation says of errors that
they are per frame: a frame with one bad argument subscribes to nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import uuid4

from aiohttp import web

from arbot_tui.simulator.core.book import BookChange, Level
from arbot_tui.simulator.core.faults import ChannelKind, Mark
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.wire.common.amounts import millis
from arbot_tui.simulator.wire.common.hub import Hub
from arbot_tui.simulator.wire.common.json import Json, JsonObject, decode, encode
from arbot_tui.simulator.wire.common.ladder import Ladder
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.rates import Rates
from arbot_tui.simulator.wire.common.streams import StreamServer
from arbot_tui.simulator.wire.okx.formats import instrument_id, rows

__all__ = ["CHANNELS", "Streams"]

_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_BEST, _FIVE, _BOOK = "bbo-tbt", "books5", "books"
_DEPTHS = {_BEST: 1, _FIVE: 5}
_LOGIN_CHANNELS = ("books50-l2-tbt", "books-l2-tbt")
_QUIET_BOOK_MS = 60_000
_IDLE_MS = 30_000
_OPS_PER_HOUR, _HOUR_MS = 480, 3_600_000
_LONGEST_FRAME = 65_536

CHANNELS: dict[str, ChannelKind] = {
    _BEST: ChannelKind.TICKER,
    _FIVE: ChannelKind.DEPTH,
    _BOOK: ChannelKind.DEPTH,
}
"""The channels of the public socket."""


class _Topic(NamedTuple):
    symbol: int
    channel: str


class _Refused(Exception):
    """A control frame that is answered with an error event."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Client:
    """What is kept about one connection besides its queue."""

    __slots__ = ("active_ms", "conn_id", "rates")

    def __init__(self, now_ms: int) -> None:
        self.conn_id = uuid4().hex[:8]
        self.rates = Rates()
        self.active_ms = now_ms


class _Chain:
    """What the listeners of one book have been told.

    Attributes:
        ladder: The told state.
        seq_id: The number it was told under.
        told_ms: When.
    """

    __slots__ = ("ladder", "seq_id", "told_ms")

    def __init__(self, ladder: Ladder, seq_id: int, told_ms: int) -> None:
        self.ladder = ladder
        self.seq_id = seq_id
        self.told_ms = told_ms


class Streams(StreamServer):
    """All public connections of the venue.

    Args:
        market: The venue's window on the world.
        network: What lies between the venue and its clients.
    """

    channels = CHANNELS
    turn_s = 0.1
    # A service upgrade is announced a minute ahead.
    notice_s = 60.0

    def __init__(self, market: Market, network: Network) -> None:
        super().__init__(market, network)
        self._by_name = {instrument_id(i): i for i in market.instruments}
        self._hub: Hub[_Topic] = Hub()
        self._clients: dict[Link, _Client] = {}
        self._chains: dict[int, _Chain] = {}
        self._five_ids: dict[int, int] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoint."""
        return [web.get("/ws/v5/public", self.serve)]

    # What happens in the world

    def publish(self, change: BookChange) -> None:
        """Send a book change to the listeners of the best bid and ask."""
        topic = _Topic(change.symbol, _BEST)
        if self._hub.listeners(topic):
            self._tell(topic, self._best_frame(change), change.update_id)

    def turn(self) -> None:
        """Serve the timed channels and close idle connections."""
        for topic in self._hub.topics():
            if topic.channel == _FIVE:
                self._tell_five(topic)
            elif topic.channel == _BOOK:
                self._tell_book(topic)
        self._close_idle()

    def _tell(self, topic: _Topic, frame: str, ident: int, *, delta: bool = False) -> None:
        listeners, now_ms = self._hub.listeners(topic), self.market.elapsed_ms()
        for link in listeners:
            self._clients[link].active_ms = now_ms
        instrument = self.market.instruments[topic.symbol]
        self.tell(listeners, frame, instrument, topic.channel, ident, delta=delta)

    def _tell_five(self, topic: _Topic) -> None:
        book = self.market.book_of(self.market.instruments[topic.symbol])
        if self._five_ids.get(topic.symbol) != book.update_id:
            self._five_ids[topic.symbol] = book.update_id
            self._tell(topic, self._whole(topic)[0], book.update_id)

    def _tell_book(self, topic: _Topic) -> None:
        now_ms, chain = self.market.elapsed_ms(), self._chains[topic.symbol]
        update = None if self.market.is_silent(topic.symbol) else chain.ladder.update()
        if update is not None:
            seq_id = self.market.wire_id(topic.symbol, update.update_id)
            self._continue(topic, update.bids, update.asks, update.ts_ns, seq_id)
        elif now_ms - chain.told_ms >= _QUIET_BOOK_MS:
            # Proof of life: nothing changed, previous and new id are the same.
            self._continue(topic, [], [], self.market.now_ns(), chain.seq_id)

    def _continue(
        self, topic: _Topic, bids: list[Level], asks: list[Level], ts_ns: int, seq_id: int
    ) -> None:
        """Tell the listeners of a book what leads from its last told state to the next."""
        instrument, chain = self.market.instruments[topic.symbol], self._chains[topic.symbol]
        item = _item(instrument, bids, asks, ts_ns)
        item |= {"checksum": 0, "prevSeqId": chain.seq_id, "seqId": seq_id}
        chain.seq_id, chain.told_ms = seq_id, self.market.elapsed_ms()
        body: JsonObject = {"arg": _arg(instrument, _BOOK), "action": "update", "data": [item]}
        self._tell(topic, encode(body), chain.ladder.state.update_id, delta=True)

    def _close_idle(self) -> None:
        """Close what has neither heard nor said anything for thirty seconds."""
        due_ms = self.market.elapsed_ms() - _IDLE_MS
        for link, client in tuple(self._clients.items()):
            if client.active_ms < due_ms and not link.gone:
                link.close(4004, "No data received in 30s.")

    # Frames

    def _best_frame(self, change: BookChange) -> str:
        instrument = self.market.instruments[change.symbol]
        best = [[side] if side.lots else [] for side in (change.bid, change.ask)]
        item = _item(instrument, best[0], best[1], change.ts_ns)
        item["seqId"] = self.market.wire_id(change.symbol, change.update_id)
        return encode({"arg": _arg(instrument, _BEST), "data": [item]})

    def _whole(self, topic: _Topic) -> tuple[str, Mark]:
        """Return the frame with the current state of a topic."""
        instrument = self.market.instruments[topic.symbol]
        if topic.channel == _BOOK:
            chain = self._chains[topic.symbol]
            state = chain.ladder.state
            item = _item(instrument, state.bids, state.asks, state.ts_ns)
            item |= {"checksum": 0, "prevSeqId": -1, "seqId": chain.seq_id}
            body: JsonObject = {
                "arg": _arg(instrument, _BOOK),
                "action": "snapshot",
                "data": [item],
            }
            return encode(body), self.mark(instrument, _BOOK, state.update_id)
        book, depth = self.market.book_of(instrument), _DEPTHS[topic.channel]
        item = _item(instrument, book.bids[:depth], book.asks[:depth], book.ts_ns)
        if topic.channel == _FIVE:
            item["instId"] = instrument_id(instrument)
        item["seqId"] = self.market.wire_id(topic.symbol, book.update_id)
        frame = encode({"arg": _arg(instrument, topic.channel), "data": [item]})
        return frame, self.mark(instrument, topic.channel, book.update_id)

    # What faults ask for

    def notice(self, link: Link) -> str:
        """Return notice 64008, sent before a service upgrade."""
        return encode(
            {
                "event": "notice",
                "code": "64008",
                "msg": "The connection will soon be closed for a service upgrade. "
                "Please reconnect.",
                "connId": self._clients[link].conn_id,
            }
        )

    def told_again(self, link: Link) -> Sequence[tuple[str, Mark]]:
        """Return the present state of every channel of a client."""
        return [self._whole(topic) for topic in self._hub.topics_of(link)]

    def restart(self, symbols: Sequence[str]) -> None:
        """Reset sequence ids as maintenance does: one update leads to a smaller id."""
        for instrument in self.market.instruments:
            if instrument.symbol not in symbols:
                continue
            symbol = instrument.index
            chain = self._chains.get(symbol)
            update = None
            if chain is not None and not self.market.is_silent(symbol):
                update = chain.ladder.update()
            self.market.restart_ids(symbol)
            if chain is None:
                continue
            state = chain.ladder.state
            bids, asks = ([], []) if update is None else (update.bids, update.asks)
            seq_id = self.market.wire_id(symbol, state.update_id)
            self._continue(_Topic(symbol, _BOOK), bids, asks, state.ts_ns, seq_id)

    # Clients

    def opened(self, link: Link, path: str, query: Mapping[str, str]) -> None:
        """Start the idle time of a new connection."""
        self._clients[link] = _Client(self.market.elapsed_ms())

    def left(self, link: Link) -> None:
        """Forget a client that has gone."""
        self._leave(link, self._hub.topics_of(link))
        self._clients.pop(link, None)

    def heard(self, link: Link, text: str) -> None:
        """Answer a ping or a control frame."""
        client = self._clients[link]
        if len(text) > _LONGEST_FRAME:
            link.close(1009, "Message too big")
            return
        client.active_ms = self.market.elapsed_ms()
        if text == "ping":
            link.send("pong")
            return
        identity: dict[str, Json] = {}
        try:
            frame = _object(text)
            ident = frame.get("id")
            if ident is not None:
                if not isinstance(ident, str) or not _ID.fullmatch(ident):
                    raise _Refused("60012", f"Invalid request: {text}")
                identity = {"id": ident}
            op = frame.get("op")
            if op not in ("subscribe", "unsubscribe"):
                raise _Refused("60012", f"Invalid request: {text}")
            if client.rates.take("op", _OPS_PER_HOUR, _HOUR_MS, client.active_ms) < 0:
                raise _Refused("60014", "Requests too frequent.")
            topics = self._topics(frame.get("args"), text, listed=op == "subscribe")
        except _Refused as refused:
            error: JsonObject = {"event": "error", "code": refused.code, "msg": str(refused)}
            link.send(encode({**identity, **error, "connId": client.conn_id}))
            return
        for topic in topics:
            arg = _arg(self.market.instruments[topic.symbol], topic.channel)
            ack: JsonObject = {"event": str(op), "arg": arg, "connId": client.conn_id}
            link.send(encode({**identity, **ack}))
            if op == "subscribe":
                self._join(link, topic)
        if op == "unsubscribe":
            self._leave(link, topics)
            return
        for topic in topics:
            self.tell_marked((link,), *self._whole(topic))

    def _join(self, link: Link, topic: _Topic) -> None:
        book = self.market.books[self.market.instruments[topic.symbol].symbol]
        if topic.channel == _BOOK and topic.symbol not in self._chains:
            seq_id = self.market.wire_id(topic.symbol, book.update_id)
            chain = _Chain(Ladder(book), seq_id, self.market.elapsed_ms())
            self._chains[topic.symbol] = chain
        if topic.channel == _FIVE and not self._hub.listeners(topic):
            self._five_ids[topic.symbol] = book.update_id
        self._hub.join(topic, link)

    def _leave(self, link: Link, topics: Sequence[_Topic]) -> None:
        for topic in topics:
            self._hub.leave(topic, link)
            if topic.channel == _BOOK and not self._hub.listeners(topic):
                self._chains.pop(topic.symbol, None)

    def _topics(self, args: Json, text: str, *, listed: bool) -> list[_Topic]:
        """Return the topics of a frame, only of `listed` instruments if it is to subscribe."""
        if not isinstance(args, list) or not args:
            raise _Refused("60012", f"Invalid request: {text}")
        topics: list[_Topic] = []
        for arg in args:
            if not isinstance(arg, dict):
                raise _Refused("60012", f"Invalid request: {text}")
            channel, name = str(arg.get("channel")), str(arg.get("instId"))
            if channel in _LOGIN_CHANNELS:
                raise _Refused("64003", "Your trading fee tier doesn't meet the requirement.")
            instrument = self._by_name.get(name)
            if instrument is not None and listed and not self.market.is_listed(instrument):
                instrument = None
            if channel not in CHANNELS or instrument is None:
                raise _Refused(
                    "60018", f"Wrong URL or channel:{channel},instId:{name} doesn't exist."
                )
            topics.append(_Topic(instrument.index, channel))
        return topics


def _arg(instrument: Instrument, channel: str) -> JsonObject:
    return {"channel": channel, "instId": instrument_id(instrument)}


def _item(
    instrument: Instrument, bids: list[Level], asks: list[Level], ts_ns: int
) -> dict[str, Json]:
    return {
        "asks": rows(instrument, asks),
        "bids": rows(instrument, bids),
        "ts": str(millis(ts_ns)),
    }


def _object(text: str) -> dict[str, Json]:
    try:
        frame = decode(text)
    except ValueError as error:
        raise _Refused("60012", f"Invalid request: {text}") from error
    if not isinstance(frame, dict):
        raise _Refused("60012", f"Invalid request: {text}")
    return frame
