"""Cross rates: what one unit of an asset is worth in the currency profit is counted in.

No stablecoin is taken for a dollar. Its rate is the median of what the venues' own markets say
now (``USDC/USDT``, or ``USDT/DAI`` turned over), and a rate that nobody has confirmed for a while
is none.
"""

from __future__ import annotations

from statistics import median

import msgspec

from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe

__all__ = ["CrossRates", "Rate"]


class Rate(msgspec.Struct, frozen=True):
    """Account currency per unit of an asset.

    Attributes:
        bid: What a unit sold brings.
        ask: What a unit bought costs.
        venues: How many venues say so.
    """

    bid: float
    ask: float
    venues: int

    @property
    def mid(self) -> float:
        """The middle of both."""
        return (self.bid + self.ask) / 2.0

    @property
    def off_par_pct(self) -> float:
        """How far the middle is from one to one, percent, whatever the direction."""
        return 100.0 * abs(self.mid - 1.0)


_PAR = Rate(1.0, 1.0, 0)


class CrossRates:
    """Rates of every asset against the account currency, read off the board when asked."""

    def __init__(self, board: QuoteBoard, universe: Universe, account: str) -> None:
        """Read `board`; `account` is the currency that profit is counted in."""
        self.account = account
        self._board = board
        self._universe = universe
        self._known: dict[str, Rate] = {account: _PAR}

    def live(self, asset: str, now_ns: int, max_age_ns: int) -> Rate | None:
        """Return the rate of tradeable books received within `max_age_ns`; None without any."""
        if asset == self.account:
            return _PAR
        since_ns = now_ns - max_age_ns
        found = self._direct(asset, since_ns) or self._turned(asset, since_ns)
        if found is not None:
            self._known[asset] = found
        return found

    def latest(self, asset: str) -> Rate | None:
        """Return the rate as of now, or where the markets are silent the last one; for valuing."""
        return self.live(asset, 0, 1 << 62) or self._known.get(asset)

    def _direct(self, asset: str, since_ns: int) -> Rate | None:
        books = self._books(asset, self.account, since_ns)
        if not books:
            return None
        return Rate(median(bid for bid, _ in books), median(ask for _, ask in books), len(books))

    def _turned(self, asset: str, since_ns: int) -> Rate | None:
        books = self._books(self.account, asset, since_ns)
        if not books:
            return None
        bids, asks = median(bid for bid, _ in books), median(ask for _, ask in books)
        return Rate(1.0 / asks, 1.0 / bids, len(books))

    def _books(self, base: str, quote: str, since_ns: int) -> list[tuple[float, float]]:
        try:
            row = self._universe.row(f"{base}/{quote}")
        except KeyError:
            return []
        board = self._board
        if row >= board.rows:
            return []
        return [
            (quote.bid, quote.ask)
            for i, quote in enumerate(board.latest[row], row * len(board.venues))
            if not board.blocked[i] and board.recv_ns[i] >= since_ns
        ]
