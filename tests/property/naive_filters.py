"""What the trend and premium filters have to say, from everything that was seen (MISSION a2, a3).

Nothing is summed up on the way: each answer goes through the whole memory again, in decimals.
Nothing of the program is imported.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import mean, median

WINDOW_NS = 5_000_000_000
TREND_PCT = Decimal("0.03171")
LOOKBACK, SAMPLES = 12, 5
SIGMAS = Decimal("1.37")

Book = tuple[str, str]
"""(venue, symbol)."""


@dataclass
class TrendMemory:
    """Every price of a symbol since the filter was switched on.

    A symbol rises, or falls, where the mean of the window's newer half is at least `TREND_PCT`
    above, or below, that of its older half.
    """

    mode: str
    seen: dict[str, list[tuple[int, Decimal]]] = field(default_factory=lambda: defaultdict(list))

    def take(self, symbol: str, at_ns: int, price: Decimal) -> None:
        """Remember a price."""
        self.seen[symbol].append((at_ns, price))

    def agrees(self, symbol: str, now_ns: int) -> bool:
        """Tell whether the symbol moves in a wanted way."""
        ages = [(now_ns - at_ns, price) for at_ns, price in self.seen[symbol]]
        newer = [price for age, price in ages if age < WINDOW_NS // 2]
        older = [price for age, price in ages if WINDOW_NS // 2 <= age < WINDOW_NS]
        moved_pct = 100 * (mean(newer) / mean(older) - 1) if newer and older else Decimal(0)
        rises, falls = moved_pct >= TREND_PCT, moved_pct <= -TREND_PCT
        wanted = {
            "uptrend_buy_low": rises,
            "downtrend_sell_high": falls,
            "both": rises or falls,
            "disabled": True,
        }
        return wanted[self.mode]


@dataclass
class PremiumMemory:
    """Every premium of a book since the filter was switched on, percent above the other venues.

    It is unusual where it lies more than `SIGMAS` standard deviations off the median of the newest
    `LOOKBACK`; with fewer than `SAMPLES` of them nothing is known.
    """

    mode: str
    seen: dict[Book, list[Decimal]] = field(default_factory=lambda: defaultdict(list))

    def take(self, book: Book, premium_pct: Decimal) -> None:
        """Remember a premium."""
        self.seen[book].append(premium_pct)

    def agrees(self, both: list[tuple[Book, Decimal | None]]) -> bool:
        """Tell whether the two books of a pair, each with its premium now, are as wanted."""
        unusual = []
        for book, premium_pct in both:
            known = self.seen[book][-LOOKBACK:]
            if premium_pct is None or len(known) < SAMPLES:
                return False
            middle = mean(known)
            squares = [(each - middle) * (each - middle) for each in known]
            off = premium_pct - median(known)
            unusual.append(off * off * (len(known) - 1) > SIGMAS * SIGMAS * sum(squares))
        return any(unusual) is (self.mode == "only_outliers")
