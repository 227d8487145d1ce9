"""Which symbols a run follows, and each venue's map from wire symbol to row."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.instrument import Instrument
from arbot_tui.market.config import UniverseConfig
from arbot_tui.market.universe import Universe

__all__ = ["QUOTE_CURRENCY", "followed", "select_symbols"]

QUOTE_CURRENCY = "USDT"
"""Profit is counted in it, so only its markets are followed; cross rates come later."""

_MIN_VENUES = 2


def select_symbols(
    listings: Mapping[str, Sequence[Instrument]], config: UniverseConfig
) -> list[str]:
    """Return the canonical symbols to follow, in the order of the venues' own lists.

    Args:
        listings: Every instrument of each venue.
        config: The symbols asked for, or none for all that two venues share.

    Raises:
        ConfigError: A symbol asked for is not open on two venues.
    """
    venues_of: dict[str, int] = {}
    for instruments in listings.values():
        for symbol in {i.symbol for i in instruments if _is_followed(i)}:
            venues_of[symbol] = venues_of.get(symbol, 0) + 1
    shared = [symbol for symbol, count in venues_of.items() if count >= _MIN_VENUES]
    for symbol in config.symbols:
        if symbol not in shared:
            near = difflib.get_close_matches(symbol, shared, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ConfigError(
                f"arbitrage.symbols: {symbol} is not open on {_MIN_VENUES} of the enabled venues "
                f"(quote currency {QUOTE_CURRENCY}){hint}"
            )
    if config.symbols:
        return list(config.symbols)
    # A set was in between: take the order from the lists, which is the same in every run.
    order = {i.symbol: None for listing in listings.values() for i in listing}
    return [symbol for symbol in order if symbol in shared][: config.max_symbols]


def _is_followed(instrument: Instrument) -> bool:
    return instrument.tradeable and instrument.quote == QUOTE_CURRENCY


def followed(universe: Universe, listing: Sequence[Instrument]) -> dict[str, Instrument]:
    """Return the instruments of a venue whose symbols are followed, by canonical symbol."""
    symbols = {universe.symbol(row) for row in range(len(universe))}
    return {i.symbol: i for i in listing if i.symbol in symbols}
