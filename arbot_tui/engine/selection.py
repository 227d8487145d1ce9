"""Which symbols a run follows, and each venue's map from wire symbol to row."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence, Set
from decimal import Decimal

from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO
from arbot_tui.market.config import UniverseConfig

__all__ = ["QUOTE_CURRENCY", "followed", "select_symbols"]

QUOTE_CURRENCY = "USDT"
"""Profit is counted in it, so only its markets are followed; cross rates come later."""

_MIN_VENUES = 2


def select_symbols(
    listings: Mapping[str, Sequence[Instrument]],
    config: UniverseConfig,
    volumes: Mapping[str, Decimal],
) -> list[str]:
    """Return the canonical symbols to follow, in the order of the venues' own lists.

    Args:
        listings: Every instrument of each venue.
        config: The symbols asked for, or none for the most traded ones that two venues share.
        volumes: Value traded in a day over all venues, quote currency, by canonical symbol.

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
    if config.min_volume_24h_usd:
        shared = [s for s in shared if volumes.get(s, ZERO) >= config.min_volume_24h_usd]
    # The order of the lists is the same in every run, that of a set is not.
    order = {i.symbol: None for listing in listings.values() for i in listing}
    listed = [symbol for symbol in order if symbol in set(shared)]
    most_traded = sorted(listed, key=lambda symbol: -volumes.get(symbol, ZERO))
    chosen = set(most_traded[: config.max_symbols])
    return [symbol for symbol in listed if symbol in chosen]


def _is_followed(instrument: Instrument) -> bool:
    return instrument.tradeable and instrument.quote == QUOTE_CURRENCY


def followed(symbols: Set[str], listing: Sequence[Instrument]) -> dict[str, Instrument]:
    """Return the instruments of a venue that are among `symbols`, by canonical symbol."""
    return {i.symbol: i for i in listing if i.symbol in symbols}
