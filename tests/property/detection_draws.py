"""What may happen to a market and its settings, for `detection_world`."""

from __future__ import annotations

import random
from decimal import Decimal

__all__ = ["PLENTY", "SYMBOLS", "VENUES", "drawn"]

VENUES = ("ant", "bee", "cow", "dog")
SYMBOLS = ("AAA/USDT", "BBB/USDT")
PLENTY = Decimal(100_000)

_SIZES = ("0.3", "2.5", "40")
_DEPTHS = (*["whole"] * 8, *["changed"] * 4, "worse", "crossed", "gap")
# Above a best ask, or below a best bid, of 100: about half of them lie within the slippage.
_STEPS = ("0.003", "0.006", "0.009", "0.013", "0.05")
_TRENDS = ("", "", "", "", "", "uptrend_buy_low", "downtrend_sell_high", "both", "disabled")
_PREMIUMS = ("", "", "", "", "skip_outliers", "only_outliers")
_NAMES = ("AAA", "BBB", "AAA@ANT", "BBB@COW")


def drawn(draw: random.Random) -> tuple[object, ...]:
    """Return something that happens, mostly a quote.

    A quote is its middle in hundredths above 100, half its spread in hundredths, and both sizes.
    """
    venue, row = draw.randrange(len(VENUES)), draw.randrange(len(SYMBOLS))
    match draw.randrange(45):
        case 0 | 1:
            return "again", venue, row, draw.random() < 0.5
        case 2 | 3:
            return "odd", venue, row, draw.choice(["crossed", "no bid", "no ask", "nan"])
        case 4 | 5:
            return "feed", venue, draw.choice([*["live"] * 6, "delayed", "down"])
        case 6:
            return "halt", venue, row, draw.random() < 0.15
        case 7:
            denied, allowed = (tuple(draw.sample(_NAMES, draw.randrange(2))) for _ in range(2))
            return "lists", denied, allowed
        case 8:
            bounds = tuple(draw.random() < 0.3 for _ in range(3))
            return "filters", bounds, draw.choice(_TRENDS), draw.choice(_PREMIUMS)
        case 9:
            return "life", draw.choice([0, 80])
        case 10:
            held = draw.choice([Decimal(0), PLENTY, PLENTY, PLENTY])
            return "balance", venue, draw.choice(["AAA", "BBB", "USDT"]), held
        case 11 | 12 | 13 | 14:
            return "depth", venue, row, draw.choice(_DEPTHS), _levels(draw)
        case _:
            quote = (
                draw.choice([draw.randint(-25, 25), draw.randint(-80, 80)]),
                draw.choice([1, 4]),
                *draw.choices(_SIZES, k=2),
            )
            return "quote", venue, row, quote, draw.choice([(), _levels(draw)])


def _levels(draw: random.Random) -> tuple[tuple[str, str], ...]:
    """Return how far further levels lie behind the best, and their sizes."""
    return tuple(zip(draw.sample(_STEPS, 2), draw.choices(_SIZES, k=2), strict=True))
