"""Order books kept as each venue's documentation says, and as carefully as it asks for.

They share nothing with the program: they are the yardstick for what the venues send.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Any, ClassVar

from arbot_tui.domain.clock import SECOND
from tests.unit.simulator.virtual import Frame, VirtualLink, VirtualVenues

__all__ = ["CLIENTS", "Client"]

_Rows = list[list[str]]


class Client(ABC):
    """A client with the book of one symbol.

    Attributes:
        bids: Price to quantity.
        asks: Price to quantity.
        ident: Number of the state the book is in; None while it is in none.
        gaps: How often something was found to be missing.
        old: How many frames told what was known already.
        seen: Frames with data.
    """

    venue: ClassVar[str]

    def __init__(self, venues: VirtualVenues, symbol: str = "BTC/USDT") -> None:
        self.venues = venues
        self.symbol = symbol
        self.base, self.quote = symbol.split("/")
        self.bids: dict[Decimal, Decimal] = {}
        self.asks: dict[Decimal, Decimal] = {}
        self.ident: int | None = None
        self.gaps = self.old = self.seen = 0
        self.asked_ns = venues.now_ns
        self.link: VirtualLink = self.connect()
        self.read()

    @abstractmethod
    def connect(self) -> VirtualLink:
        """Connect and subscribe."""

    @abstractmethod
    def take(self, frame: Frame) -> None:
        """Take a frame."""

    @abstractmethod
    def resubscribe(self) -> None:
        """Ask for the whole book again."""

    def read(self) -> None:
        """Take all that has arrived; ask once more for a whole book that did not come."""
        for frame in self.link.take():
            self.take(frame)
        if self.ident is None and self.venues.now_ns - self.asked_ns > SECOND:
            self.asked_ns = self.venues.now_ns
            self.resubscribe()

    def lose(self) -> None:
        """Throw the book away and ask for it again."""
        self.gaps += 1
        self.ident = None
        self.asked_ns = self.venues.now_ns
        self.resubscribe()

    @property
    @abstractmethod
    def state(self) -> int:
        """Update id of the venue's state that the book claims to be."""

    @property
    def honest(self) -> bool:
        """Whether the book is nothing, or a state in which the venue's book really was."""
        if self.ident is None:
            return True
        history = self.venues.history
        assert history is not None
        instrument = self.venues.world.books(self.venue)[self.symbol].instrument
        bids, asks = (
            {
                int(price.scaleb(instrument.price_decimals)): int(
                    qty.scaleb(instrument.qty_decimals)
                )
                for price, qty in side.items()
            }
            for side in (self.bids, self.asks)
        )
        known = history.get((self.venue, instrument.index, self.state))
        return known == (bids, asks)

    @property
    def true(self) -> bool:
        """Whether the book is what the venue's book is now."""
        book = self.venues.world.books(self.venue)[self.symbol]
        rules = book.instrument
        bids = {rules.price(ticks): rules.qty(lots) for ticks, lots in book.bids}
        asks = {rules.price(ticks): rules.qty(lots) for ticks, lots in book.asks}
        return (self.bids, self.asks) == (bids, asks)

    def load(self, bids: _Rows, asks: _Rows) -> None:
        """Replace the book."""
        self.bids, self.asks = {}, {}
        self.change(bids, asks)

    def change(self, bids: _Rows, asks: _Rows) -> None:
        """Change levels of the book."""
        for side, rows in ((self.bids, bids), (self.asks, asks)):
            for price, qty, *_ in rows:
                if Decimal(qty):
                    side[Decimal(price)] = Decimal(qty)
                else:
                    side.pop(Decimal(price), None)


class BinanceClient(Client):
    """Diff depth, joined with a REST snapshot (web-socket-streams, 2025-11-12)."""

    venue = "binance"

    @property
    def state(self) -> int:
        assert self.ident is not None
        return self.ident

    def connect(self) -> VirtualLink:
        self.kept: list[Frame] = []
        name = f"{self.base}{self.quote}".lower()
        return self.venues.connect("binance", f"/ws/{name}@depth@100ms")

    def resubscribe(self) -> None:
        self.kept = []

    def take(self, frame: Frame) -> None:
        self.seen += 1
        if self.ident is None:
            self.kept.append(frame)
            self._join()
        elif frame["u"] <= self.ident:
            self.old += 1
        elif frame["U"] > self.ident + 1:
            self.lose()
            self.take(frame)
        else:
            self._apply(frame)

    def _join(self) -> None:
        market = self.venues.markets["binance"]
        instrument = next(i for i in market.instruments if i.symbol == self.symbol)
        # What GET /api/v3/depth answers.
        book = market.cached_book_of(instrument)
        last = market.wire_id(instrument.index, book.update_id)
        if last < self.kept[0]["U"]:
            return
        rows = [
            [[instrument.price_text(t), instrument.qty_text(q)] for t, q in side]
            for side in (book.bids, book.asks)
        ]
        self.load(rows[0], rows[1])
        self.ident = last
        kept, self.kept = self.kept, []
        for frame in kept:
            if frame["u"] <= last:
                self.old += 1
            elif frame["U"] <= self.ident + 1:
                self._apply(frame)
            else:
                self.lose()
                return

    def _apply(self, frame: Frame) -> None:
        self.change(frame["b"], frame["a"])
        self.ident = frame["u"]


class BybitClient(Client):
    """`orderbook.50`: snapshot, then consecutive update ids (v5 websocket orderbook)."""

    venue = "bybit"
    sequence = 0

    @property
    def state(self) -> int:
        # The cross sequence is the state's number with a constant on top.
        return self.sequence - 70_000_000_000

    def connect(self) -> VirtualLink:
        link = self.venues.connect("bybit")
        link.say(self._request("subscribe"))
        return link

    def _request(self, op: str) -> str:
        return json.dumps({"op": op, "args": [f"orderbook.50.{self.base}{self.quote}"]})

    def resubscribe(self) -> None:
        self.link.say(self._request("unsubscribe"))
        self.link.say(self._request("subscribe"))

    def take(self, frame: Frame) -> None:
        if "topic" not in frame:
            return
        self.seen += 1
        data: dict[str, Any] = frame["data"]
        if frame["type"] == "snapshot":
            self.load(data["b"], data["a"])
            self.ident, self.sequence = data["u"], data["seq"]
        elif self.ident is None or data["u"] <= self.ident:
            self.old += 1
        elif data["u"] != self.ident + 1:
            self.lose()
        else:
            self.change(data["b"], data["a"])
            self.ident, self.sequence = data["u"], data["seq"]


class OkxClient(Client):
    """`books`: the previous sequence id has to be the stored one."""

    venue = "okx"

    @property
    def state(self) -> int:
        assert self.ident is not None
        return self.ident

    def connect(self) -> VirtualLink:
        link = self.venues.connect("okx")
        link.say(self._request("subscribe"))
        return link

    def _request(self, op: str) -> str:
        arg = {"channel": "books", "instId": f"{self.base}-{self.quote}"}
        return json.dumps({"op": op, "args": [arg]})

    def resubscribe(self) -> None:
        self.link.say(self._request("unsubscribe"))
        self.link.say(self._request("subscribe"))

    def take(self, frame: Frame) -> None:
        if "action" not in frame:
            return
        self.seen += 1
        (item,) = frame["data"]
        if frame["action"] == "snapshot":
            self.load(item["bids"], item["asks"])
            self.ident = item["seqId"]
        elif self.ident is None or item["seqId"] == self.ident != item["prevSeqId"]:
            self.old += 1
        elif item["prevSeqId"] != self.ident:
            self.lose()
        else:
            self.change(item["bids"], item["asks"])
            self.ident = item["seqId"]


class BitgetClient(Client):
    """`books`: `pseq`, as it is seen in frames since June 2026, has to be the stored `seq`."""

    venue = "bitget"

    @property
    def state(self) -> int:
        assert self.ident is not None
        return self.ident

    def connect(self) -> VirtualLink:
        link = self.venues.connect("bitget")
        link.say(self._request("subscribe"))
        return link

    def _request(self, op: str) -> str:
        arg = {"instType": "SPOT", "channel": "books", "instId": f"{self.base}{self.quote}"}
        return json.dumps({"op": op, "args": [arg]})

    def resubscribe(self) -> None:
        self.link.say(self._request("unsubscribe"))
        self.link.say(self._request("subscribe"))

    def take(self, frame: Frame) -> None:
        if "action" not in frame:
            return
        self.seen += 1
        (item,) = frame["data"]
        if frame["action"] == "snapshot":
            self.load(item["bids"], item["asks"])
            self.ident = item["seq"]
        elif self.ident is None or item["seq"] <= self.ident:
            self.old += 1
        elif item["pseq"] != self.ident:
            self.lose()
        else:
            self.change(item["bids"], item["asks"])
            self.ident = item["seq"]


CLIENTS: tuple[type[Client], ...] = (BinanceClient, BybitClient, OkxClient, BitgetClient)
