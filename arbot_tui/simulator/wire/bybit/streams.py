"""Bybit's public spot socket: `orderbook.1`, `.50`, `.200`, `.1000` and the control frames.

Source: bybit-exchange/docs `v5/websocket/public/orderbook`, `v5/ws/connect`, 2026-07-24, and
frames captured 2026-10-02. Update ids of the deeper channels are consecutive, which is what
clients enforce and what the documentation promises for the full book only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import uuid4

from aiohttp import web

from arbot_tui.simulator.core.book import BookChange, Level
from arbot_tui.simulator.core.faults import ChannelKind, Mark
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.wire.bybit.formats import sequence, wire_symbol
from arbot_tui.simulator.wire.common.amounts import millis
from arbot_tui.simulator.wire.common.hub import Hub
from arbot_tui.simulator.wire.common.json import Json, decode, encode
from arbot_tui.simulator.wire.common.ladder import Ladder
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.streams import StreamServer

__all__ = ["CHANNELS", "Streams"]

_TOPIC = re.compile(r"orderbook\.(1|50|200|1000)\.([A-Z0-9]+)")
_MOST_ARGS = 10
_MOST_CHARACTERS = 21_000
# A best price that does not change is told again after this time, with the same update id.
_REPEAT_MS = 3_000
_TURN_MS = 20
_REPEAT_EVERY = 12
# Push intervals of the channels told by changes, in turns.
_EVERY = {50: 1, 200: 5, 1000: 10}
_FIRST_ID = 100_000

CHANNELS: dict[str, ChannelKind] = {
    "orderbook.1": ChannelKind.TICKER,
    "orderbook.50": ChannelKind.DEPTH,
    "orderbook.200": ChannelKind.DEPTH,
    "orderbook.1000": ChannelKind.DEPTH,
}
"""The order book topics, without their symbol."""


class _Topic(NamedTuple):
    symbol: int
    depth: int

    @property
    def channel(self) -> str:
        """Name of the topic without its symbol."""
        return f"orderbook.{self.depth}"


class _Chain:
    """What the listeners of one deeper topic have been told.

    Attributes:
        ladder: The told state.
        update_id: Its number in this topic.
    """

    __slots__ = ("ladder", "update_id")

    def __init__(self, ladder: Ladder, update_id: int) -> None:
        self.ladder = ladder
        self.update_id = update_id


class _Refused(Exception):
    """A control frame that is answered with `success: false`."""


class Streams(StreamServer):
    """All public connections of the venue.

    Args:
        market: The venue's window on the world.
        network: What lies between the venue and its clients.
    """

    channels = CHANNELS
    turn_s = _TURN_MS / 1000

    def __init__(self, market: Market, network: Network) -> None:
        super().__init__(market, network)
        self._by_name = {wire_symbol(i): i for i in market.instruments}
        self._hub: Hub[_Topic] = Hub()
        self._conn_ids: dict[Link, str] = {}
        self._told_ms: dict[int, int] = {}
        self._chains: dict[_Topic, _Chain] = {}
        # Where a topic goes on that nobody listens to.
        self._next_ids: dict[_Topic, int] = {}
        self._changed: dict[int, set[int]] = {depth: set() for depth in _EVERY}
        self._turns = 0

    def routes(self) -> list[web.RouteDef]:
        """Return the endpoint."""
        return [web.get("/v5/public/spot", self.serve)]

    # What happens in the world

    def publish(self, change: BookChange) -> None:
        """Send best prices at once and note the change for the deeper topics."""
        for changed in self._changed.values():
            changed.add(change.symbol)
        if self._hub.listeners(_Topic(change.symbol, 1)):
            self._tell_best(change)

    def turn(self) -> None:
        """Serve the deeper topics, and repeat quiet best prices."""
        self._turns += 1
        for depth, every in _EVERY.items():
            if self._turns % every == 0:
                changed, self._changed[depth] = self._changed[depth], set()
                for symbol in changed:
                    self._tell_changes(_Topic(symbol, depth))
        if self._turns % _REPEAT_EVERY == 0:
            self._repeat_quiet()

    def _repeat_quiet(self) -> None:
        """Tell all best prices again that were last told three seconds ago or earlier."""
        due_ms = self.market.elapsed_ms() - _REPEAT_MS
        for topic in self._hub.topics():
            if topic.depth == 1 and self._told_ms.get(topic.symbol, 0) <= due_ms:
                book = self.market.book_of(self.market.instruments[topic.symbol])
                self._tell_best(book.change())

    def _tell_best(self, change: BookChange) -> None:
        self._told_ms[change.symbol] = self.market.elapsed_ms()
        instrument = self.market.instruments[change.symbol]
        topic = _Topic(change.symbol, 1)
        self.tell(
            self._hub.listeners(topic),
            self._best_frame(change),
            instrument,
            topic.channel,
            change.update_id,
        )

    def _tell_changes(self, topic: _Topic) -> None:
        chain = self._chains.get(topic)
        if chain is None or self.market.is_silent(topic.symbol):
            return
        update = chain.ladder.update()
        if update is None:
            return
        chain.update_id += 1
        instrument = self.market.instruments[topic.symbol]
        frame = self._frame(topic, "delta", update.bids, update.asks)
        listeners = self._hub.listeners(topic)
        self.tell(listeners, frame, instrument, topic.channel, update.update_id, delta=True)

    # Frames

    def _best_frame(self, change: BookChange) -> str:
        instrument = self.market.instruments[change.symbol]
        symbol = wire_symbol(instrument)
        return (
            f'{{"topic":"orderbook.1.{symbol}","ts":{self.market.now_ms()},"type":"snapshot",'
            f'"data":{{"s":"{symbol}","b":{_rows(instrument, _level(change.bid))},'
            f'"a":{_rows(instrument, _level(change.ask))},'
            f'"u":{self.market.wire_id(change.symbol, change.update_id)},'
            f'"seq":{sequence(change.update_id)}}},"cts":{millis(change.ts_ns)}}}'
        )

    def _frame(self, topic: _Topic, kind: str, bids: Iterable[Level], asks: Iterable[Level]) -> str:
        instrument, chain = self.market.instruments[topic.symbol], self._chains[topic]
        symbol, state = wire_symbol(instrument), chain.ladder.state
        return (
            f'{{"topic":"{topic.channel}.{symbol}","ts":{self.market.now_ms()},"type":"{kind}",'
            f'"data":{{"s":"{symbol}","b":{_rows(instrument, bids)},'
            f'"a":{_rows(instrument, asks)},"u":{chain.update_id},'
            f'"seq":{sequence(state.update_id)}}},"cts":{millis(state.ts_ns)}}}'
        )

    def _whole(self, topic: _Topic) -> tuple[str, Mark]:
        """Return the snapshot with which a subscription starts."""
        instrument = self.market.instruments[topic.symbol]
        if topic.depth == 1:
            change = self.market.book_of(instrument).change()
            mark = self.mark(instrument, topic.channel, change.update_id)
            return self._best_frame(change), mark
        state = self._chains[topic].ladder.state
        mark = self.mark(instrument, topic.channel, state.update_id)
        return self._frame(topic, "snapshot", state.bids, state.asks), mark

    # What faults ask for

    def told_again(self, link: Link) -> Sequence[tuple[str, Mark]]:
        """Return a snapshot of every topic of a client."""
        return [self._whole(self._topic(name)) for name in link.subscriptions]

    def restart(self, symbols: Sequence[str]) -> None:
        """Send snapshots with the update id 1, as after a restart of the service."""
        for instrument in self.market.instruments:
            if instrument.symbol not in symbols:
                continue
            self.market.restart_ids(instrument.index)
            for depth in (1, *_EVERY):
                topic = _Topic(instrument.index, depth)
                self._next_ids.pop(topic, None)
                if topic in self._chains:
                    self._chains[topic] = self._chain(topic, 1)
                if self._hub.listeners(topic):
                    self.tell_marked(self._hub.listeners(topic), *self._whole(topic))

    # Clients

    def opened(self, link: Link, path: str, query: Mapping[str, str]) -> None:
        """Name a new connection."""
        self._conn_ids[link] = str(uuid4())

    def left(self, link: Link) -> None:
        """Forget a client that has gone."""
        for name in tuple(link.subscriptions):
            self._leave(link, name)
        self._conn_ids.pop(link, None)

    def heard(self, link: Link, text: str) -> None:
        """Answer a control frame."""
        frame = _object(text)
        op, req_id = frame.get("op"), frame.get("req_id")
        answer: dict[str, Json] = {
            "success": True,
            "ret_msg": "",
            "conn_id": self._conn_ids[link],
        }
        if isinstance(req_id, str) or op != "ping":
            answer["req_id"] = req_id if isinstance(req_id, str) else ""
        answer["op"] = op if isinstance(op, str) else ""
        new: list[_Topic] = []
        try:
            if op == "ping":
                # The operation stays "ping" here, unlike on the private socket.
                answer["ret_msg"] = "pong"
            elif op == "subscribe":
                new = self._subscribe(link, frame.get("args"))
                answer["ret_msg"] = "subscribe"
            elif op == "unsubscribe":
                for name in self._topics(frame.get("args")):
                    self._leave(link, name)
            else:
                raise _Refused("error:invalid op")
        except _Refused as refused:
            answer["success"] = False
            answer["ret_msg"] = str(refused)
        link.send(encode(answer))
        for topic in new:
            self.tell_marked((link,), *self._whole(topic))

    def _subscribe(self, link: Link, args: Json) -> list[_Topic]:
        """Subscribe to all of a frame's topics, or to none of them if one is bad."""
        topics = self._topics(args)
        for name, topic in topics.items():
            if not self.market.is_listed(self.market.instruments[topic.symbol]):
                raise _Refused(f"error:handler not found,topic:{name}")
        names = link.subscriptions.keys() | topics.keys()
        if sum(map(len, names)) > _MOST_CHARACTERS:
            raise _Refused(f"args length >{_MOST_CHARACTERS}")
        for name, topic in topics.items():
            link.subscriptions[name] = None
            if topic.depth == 1:
                self._told_ms.setdefault(topic.symbol, self.market.elapsed_ms())
            elif topic not in self._chains:
                self._chains[topic] = self._chain(topic, self._next_ids.get(topic, _FIRST_ID))
            self._hub.join(topic, link)
        return list(topics.values())

    def _leave(self, link: Link, name: str) -> None:
        topic = self._topic(name)
        link.subscriptions.pop(name, None)
        self._hub.leave(topic, link)
        if not self._hub.listeners(topic):
            chain = self._chains.pop(topic, None)
            if chain is not None:
                self._next_ids[topic] = chain.update_id + 1
            if topic.depth == 1:
                self._told_ms.pop(topic.symbol, None)

    def _chain(self, topic: _Topic, update_id: int) -> _Chain:
        book = self.market.books[self.market.instruments[topic.symbol].symbol]
        return _Chain(Ladder(book), update_id)

    def _topics(self, args: Json) -> dict[str, _Topic]:
        if not isinstance(args, list) or not args:
            raise _Refused("error:args is empty")
        if len(args) > _MOST_ARGS:
            raise _Refused("args size >10")
        return {str(name): self._topic(str(name)) for name in args}

    def _topic(self, name: str) -> _Topic:
        match = _TOPIC.fullmatch(name)
        instrument = self._by_name.get(match[2]) if match else None
        if match is None or instrument is None:
            raise _Refused(f"error:handler not found,topic:{name}")
        return _Topic(instrument.index, int(match[1]))


def _level(best: Level) -> list[Level]:
    return [best] if best.lots else []


def _rows(instrument: Instrument, side: Iterable[Level]) -> str:
    rows = [
        f'["{instrument.price_text(ticks)}","{instrument.qty_text(lots) if lots else "0"}"]'
        for ticks, lots in side
    ]
    return f"[{','.join(rows)}]"


def _object(text: str) -> dict[str, Json]:
    """Return a control frame; what is no JSON object has no operation either."""
    try:
        frame = decode(text)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}
