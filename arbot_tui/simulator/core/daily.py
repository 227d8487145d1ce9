"""The last 24 hours of a symbol, as tickers show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from arbot_tui.simulator.core.book import Book
from arbot_tui.simulator.core.catalogue import Coin
from arbot_tui.simulator.core.reference import STEP_NS, ReferencePrices

__all__ = ["Daily", "DayStats"]

_HOUR_NS = 3_600_000_000_000
# Hours ago at which a day's prices are sampled, the oldest first. Few, because a ticker list of
# a large world asks for all symbols at once.
_SAMPLED_HOURS = (24, 18, 12, 6)


@dataclass(frozen=True, slots=True)
class DayStats:
    """Prices and volumes of the last 24 hours, on the instrument's own steps.

    Attributes:
        open: Price 24 hours ago.
        high: Highest of the sampled prices.
        low: Lowest of the sampled prices.
        last: Current price.
        base_volume: Base quantity traded.
        quote_volume: Value traded in quote currency.
        trades: Number of trades.
    """

    open: Decimal
    high: Decimal
    low: Decimal
    last: Decimal
    base_volume: Decimal
    quote_volume: Decimal
    trades: int


class Daily:
    """Daily statistics of every symbol.

    Prices are hourly samples of the reference, which is defined before the world's start as
    well; volumes follow from the symbol's rank, since nobody else's trades exist one by one.

    Args:
        start_ns: The world's start, UTC nanoseconds.
        listed: The world's coins, in order.
        reference: The reference mids.
    """

    def __init__(self, start_ns: int, listed: Sequence[Coin], reference: ReferencePrices) -> None:
        self._start_ns = start_ns
        self._listed = listed
        self._reference = reference
        # By symbol: the hour, and the samples as of that hour.
        self._sampled: dict[int, tuple[int, list[float]]] = {}

    def stats(self, book: Book, now_ns: int) -> DayStats:
        """Return the statistics of one instrument at `now_ns`."""
        rules = book.instrument
        scale = 10**rules.price_decimals
        prices = [
            rules.price(max(1, int(mid * scale))) for mid in self._samples(rules.index, now_ns)
        ]
        best = book.best_bid.ticks or book.best_ask.ticks
        last = rules.price(best) if best else prices[-1]
        turnover = Decimal(self._listed[rules.index].turnover_usd)
        return DayStats(
            open=prices[0],
            high=max(*prices, last),
            low=min(*prices, last),
            last=last,
            base_volume=(turnover / last).quantize(rules.lot),
            quote_volume=turnover,
            trades=int(turnover // 900),
        )

    def _samples(self, symbol: int, now_ns: int) -> list[float]:
        hour = now_ns // _HOUR_NS
        known = self._sampled.get(symbol)
        if known is None or known[0] != hour:
            steps = [
                ((hour - ago) * _HOUR_NS - self._start_ns) // STEP_NS for ago in _SAMPLED_HOURS
            ]
            known = hour, [self._reference.symbol_mid(symbol, step) for step in steps]
            self._sampled[symbol] = known
        return known[1]
