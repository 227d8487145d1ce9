"""What a world begins with: books as fine as prices ask for, accounts, and whose turn it is."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from arbot_tui.simulator.core.account import Account
from arbot_tui.simulator.core.book import Book
from arbot_tui.simulator.core.catalogue import Coin, instrument
from arbot_tui.simulator.core.hashing import draw_key, text_key
from arbot_tui.simulator.core.instruments import Instrument, VenueProfile
from arbot_tui.simulator.core.matching import Matcher

__all__ = ["lots_worth_1000", "new_book", "new_matcher", "turns"]

_FIRST_ID, _FIRST_ORDER, _FIRST_TRADE, _TURN = range(601, 605)


def new_book(seed: int, symbol: int, coin: Coin, venue: VenueProfile) -> Book:
    """Return the empty book of a symbol, by its index, on a venue."""
    rules = instrument(seed, symbol, coin, venue)
    first_id = draw_key(seed, _FIRST_ID, coin.key, text_key(venue.name))
    # Half a basis point between levels, and at least a tick.
    grid = max(1, int(coin.price * Decimal("0.00005") * 10**rules.price_decimals))
    return Book(rules, seed, lots_worth_1000(rules, coin.price), grid, first_id % 10**10)


def new_matcher(
    seed: int, venue: VenueProfile, books: Mapping[str, Book], opening: Mapping[str, Decimal]
) -> Matcher:
    """Return order entry of a venue with its account; ids begin where the seed says."""
    key = text_key(venue.name)
    return Matcher(
        venue,
        books,
        Account(opening),
        100_000_000 + draw_key(seed, _FIRST_ORDER, key) % 10**9,
        1_000_000 + draw_key(seed, _FIRST_TRADE, key) % 10**7,
    )


def lots_worth_1000(rules: Instrument, price: Decimal) -> int:
    """Return how many of an instrument's smallest steps are worth 1,000 at that price."""
    return max(1, int(1000 / price * 10**rules.qty_decimals))


def turns(seed: int, count: int) -> list[int]:
    """Return 0…count-1 in a fixed hashed order, so that venues do not quote in rows."""
    return sorted(range(count), key=lambda turn: (draw_key(seed, _TURN, turn), turn))
