"""The last 24 hours of a symbol, as tickers show them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.core.world import World

__all__ = ["DayStats", "day_stats"]

_DAY_NS = 86_400_000_000_000
_SAMPLES = 8


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


def day_stats(world: World, instrument: Instrument, now_ns: int) -> DayStats:
    """Return the statistics of one instrument at `now_ns`.

    Prices are samples of the reference mid, which is defined before the world's start as well;
    volumes follow from the symbol's rank, since nobody else's trades exist one by one.
    """
    books = world.books(instrument.venue)
    ticks = [
        int(
            world.mid(instrument.venue, instrument.symbol, now_ns - age * _DAY_NS // _SAMPLES)
            * 10**instrument.price_decimals
        )
        for age in range(_SAMPLES, -1, -1)
    ]
    best = books[instrument.symbol].best_bid.ticks
    ticks[-1] = best or ticks[-1]
    last = instrument.price(ticks[-1])
    turnover = Decimal(world.turnover_usd(instrument.symbol))
    base = (turnover / last).quantize(instrument.lot)
    return DayStats(
        open=instrument.price(ticks[0]),
        high=instrument.price(max(ticks)),
        low=instrument.price(min(ticks)),
        last=last,
        base_volume=base,
        quote_volume=turnover,
        trades=int(turnover // 900),
    )
