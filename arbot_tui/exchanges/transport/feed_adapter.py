"""An adapter whose market data comes on lines, and through whose dial its other sockets go."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Protocol

from arbot_tui.domain.errors import RequestRefused
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.transfers import Wallets
from arbot_tui.exchanges.base import MarketDataSink
from arbot_tui.exchanges.transport.adapter import Account, VenueAdapter
from arbot_tui.exchanges.transport.wire import Dial

__all__ = ["FeedAdapter", "KeyedAccount", "KeyedFeedAdapter", "PublicFeed"]


class PublicFeed(Protocol):
    """The public connections of one adapter (`LineSet`)."""

    def set_rows(self, rows: Mapping[str, int]) -> None:
        """Follow these wire symbols from now on, and no others."""
        ...

    def symbol_of(self, row: int) -> str | None:
        """Return the wire symbol of a followed row."""
        ...

    def request_depth(self, row: int, wanted: bool) -> None:
        """Start or stop following depth of one row."""
        ...

    def resync(self, row: int) -> None:
        """Start quote and book of one row over."""
        ...

    @property
    def dial(self) -> Dial:
        """Opens a wire no sooner than the venue's connection limits allow."""
        ...

    def run(self, sink: MarketDataSink) -> Awaitable[None]:
        """Keep every connection up until cancelled."""
        ...


class FeedAdapter(VenueAdapter):
    """An adapter whose best bid and ask and depth come on lines of their own."""

    _feed: PublicFeed

    def _private_dial(self) -> Dial:
        """Return the feed's: all connections of an address count together."""
        return self._feed.dial

    def set_universe(self, rows: Mapping[str, int], instruments: Sequence[Instrument]) -> None:
        """Learn which wire symbols to follow, and the board row of each."""
        self._feed.set_rows(rows)
        self._learn(instruments)

    async def connect_ws(self, sink: MarketDataSink) -> None:
        """Follow best bid and ask of the universe, and depth where wanted, until cancelled."""
        await self._feed.run(sink)

    def request_depth(self, row: int, wanted: bool) -> None:
        """Start or stop following depth of one row; survives reconnects."""
        self._feed.request_depth(row, wanted)

    def resync_book(self, row: int) -> None:
        """Start quote and book of one row over by subscribing again, at most every 4 s.

        After three times in five minutes the symbol is left alone until they have passed.
        """
        self._feed.resync(row)

    def _followed(self, row: int) -> str:
        """Return the wire symbol of a row.

        Raises:
            RequestRefused: The row is not followed.
        """
        symbol = self._feed.symbol_of(row)
        if symbol is None:
            raise RequestRefused(self.name, "row", f"row {row} is not followed")
        return symbol


class KeyedAccount(Account, Protocol):
    """Reads of an account whose venue tells only holders of a key which coins move."""

    async def wallets(self) -> Wallets | None:
        """Return on which networks coins move, at what fee; None where it does not tell."""
        ...


class KeyedFeedAdapter(FeedAdapter):
    """The same, of a venue that tells of its wallets only holders of a key."""

    _account: KeyedAccount

    async def get_wallets(self) -> Wallets | None:
        """Fetch on which networks coins move, at what fee; None without a key.

        Raises:
            ExchangeError: The list could not be fetched or read.
        """
        if self.config.credentials is None:
            return None
        return await self._account.wallets()
