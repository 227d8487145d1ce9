"""All synthetic venues without sockets, on a clock that jumps from one event to the next.

The streams are the real ones; a `VirtualLink` stands where a client's socket would be::

    venues = VirtualVenues(WorldSpec(seed=3, symbols=2))
    link = venues.connect("okx")
    link.say('{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}')
    venues.run(seconds=5)
    frames = link.take()
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, cast

from arbot_tui.domain.clock import SECOND, VirtualClock
from arbot_tui.simulator.core.book import BookChange
from arbot_tui.simulator.core.effects import WorldEffects
from arbot_tui.simulator.core.faults import Fault, FaultBoard, FaultRequest
from arbot_tui.simulator.core.world import World, WorldSpec
from arbot_tui.simulator.endpoints import ENDPOINTS
from arbot_tui.simulator.wire.common.link import Link
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.network import Network
from arbot_tui.simulator.wire.common.outbox import Close, Item, Ping, Pong
from arbot_tui.simulator.wire.common.streams import StreamServer

START_NS = 1_790_000_000 * SECOND

Frame = dict[str, Any]
"""A decoded frame; what is in it is what the tests are about."""


State = tuple[dict[int, int], dict[int, int]]
"""Bids and asks: lots by ticks."""


class VirtualLink(Link):
    """A client that hears everything as soon as it arrives.

    Attributes:
        items: What has arrived and was not taken yet.
        ended: How the venue ended it: "cut", "reset" or the close code; None while it has not.
    """

    def __init__(self, network: Network, streams: StreamServer) -> None:
        super().__init__(network)
        self.items: list[str | bytes] = []
        self.ended: str | int | None = None
        self.pings = 0
        self._streams = streams
        network.join(self)

    def say(self, text: str) -> None:
        """Send a text frame to the venue."""
        if not self.gone and not self.network.swallows(self.opened_ns):
            self._streams.heard(self, text)
        self.collect()

    def leave(self) -> None:
        """Disconnect."""
        self.network.leave(self)
        self.gone = True
        self._streams.left(self)

    def take(self) -> list[Frame]:
        """Return the JSON objects that have arrived since the last call."""
        frames = [json.loads(item) for item in self.items if item != "pong"]
        self.items.clear()
        return frames

    def collect(self) -> None:
        """Let arrive what is due."""
        while (item := self.outbox.pop(self.network.now_ns())) is not None:
            self._arrive(item)

    def reset(self) -> None:
        self.gone = True
        self.outbox.clear()
        self.ended = "reset"

    def _arrive(self, item: Item) -> None:
        if isinstance(item, Ping):
            self.pings += 1
            self._streams.heard_control(self, pong=True)
        elif isinstance(item, Close):
            self.ended = item.code
        elif not isinstance(item, Pong):
            self.items.append(item)

    def _overflows(self) -> bool:
        return False

    def _wake(self) -> None:
        pass

    def _cut(self) -> None:
        self.ended = "cut"


class VirtualVenues:
    """A world, its faults and the streams of its venues.

    Args:
        spec: What fixes the world.
        remember: Keep the states of every book.
        keep: How many of each, the newest; all of them by default.

    Attributes:
        history: Bids and asks, in ticks and lots, by venue, index of the symbol and update id.
        ids: Update ids of the states that are kept, oldest first, by venue and symbol.
        since_ns: When each state that is kept began.
    """

    def __init__(self, spec: WorldSpec, *, remember: bool = False, keep: int | None = None) -> None:
        self.history: dict[tuple[str, int, int], State] | None = {} if remember else None
        self.ids: dict[tuple[str, int], deque[int]] = {}
        self.since_ns: dict[tuple[str, int, int], int] = {}
        self._keep = keep
        self.clock = VirtualClock(START_NS)
        self.world = World(spec, START_NS, "virtual")
        shells = {
            name: getattr(import_module(endpoint.module), endpoint.shell)
            for name, endpoint in ENDPOINTS.items()
        }
        self.board = FaultBoard(
            spec.seed, {name: shell.channels for name, shell in shells.items()}, self.world.symbols
        )
        self._effects = WorldEffects(self.world, self.board)
        self.markets: dict[str, Market] = {}
        self.networks: dict[str, Network] = {}
        self.streams: dict[str, StreamServer] = {}
        for name in (venue.name for venue in spec.venues):
            endpoint = ENDPOINTS[name]
            market = Market(self.world, name, self.clock, self.publish, self.board)
            network = Network(self.board, name, self.world.symbols, self.clock)
            module = import_module(endpoint.module.replace(".shell", ".streams"))
            self.markets[name], self.networks[name] = market, network
            self.streams[name] = module.Streams(market, network)
        self._turns_ns = {
            name: START_NS + int(streams.turn_s * SECOND) for name, streams in self.streams.items()
        }

    @property
    def now_ns(self) -> int:
        """The time."""
        return self.clock.now_ns()

    def connect(
        self, venue: str, path: str = "", query: Mapping[str, str] | None = None
    ) -> VirtualLink:
        """Connect a client."""
        streams = self.streams[venue]
        link = VirtualLink(self.networks[venue], streams)
        streams.opened(link, path, query or {})
        return link

    def inject(
        self,
        venue: str,
        fault: str,
        symbol: str | None = None,
        count: int | None = None,
        for_s: float | None = None,
        **args: object,
    ) -> Fault:
        """Post a fault."""
        self.publish(self.world.advance(self.now_ns))
        request = FaultRequest(venue, fault, symbol, cast(Any, args), count, for_s)
        posted = self.board.post(request, self.now_ns)
        self._collect()
        return posted

    def publish(self, changes: Sequence[BookChange]) -> None:
        """Tell changes of books to the streams, as a shell does."""
        for change in changes:
            if self.history is not None:
                self._remember(self.history, change)
            if not self.markets[change.venue].is_silent(change.symbol):
                self.streams[change.venue].publish(change)
        self._collect()

    def _remember(self, history: dict[tuple[str, int, int], State], change: BookChange) -> None:
        book = self.world.books(change.venue)[self.world.symbols[change.symbol]]
        key = change.venue, change.symbol
        ids = self.ids.setdefault(key, deque())
        if ids and ids[-1] == book.update_id:
            return
        history[*key, book.update_id] = dict(book.bids), dict(book.asks)
        self.since_ns[*key, book.update_id] = self.now_ns
        ids.append(book.update_id)
        if self._keep is not None and len(ids) > self._keep:
            oldest = ids.popleft()
            del history[*key, oldest], self.since_ns[*key, oldest]

    def run(self, seconds: float) -> None:
        """Let time pass, from event to event."""
        end_ns = self.now_ns + int(seconds * SECOND)
        while True:
            next_ns = min(self.world.next_ns, *self._turns_ns.values())
            if self.board.next_ns is not None:
                next_ns = min(next_ns, self.board.next_ns)
            if next_ns > end_ns:
                break
            self._at(max(next_ns, self.now_ns))
        self._at(end_ns)

    def _at(self, now_ns: int) -> None:
        self.clock.advance(now_ns - self.now_ns)
        self.publish(self.world.advance(now_ns))
        self.board.advance(now_ns)
        for name, streams in self.streams.items():
            if self._turns_ns[name] <= now_ns:
                self._turns_ns[name] += int(streams.turn_s * SECOND)
                streams.turn()
                self.networks[name].turn()
        self._collect()

    def _collect(self) -> None:
        for network in self.networks.values():
            for link in tuple(network.links):
                cast(VirtualLink, link).collect()
