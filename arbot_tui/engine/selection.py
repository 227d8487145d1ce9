"""Which symbols a run follows, and each venue's map from wire symbol to row."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence, Set
from decimal import Decimal

from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, plain
from arbot_tui.market.config import UniverseConfig

__all__ = ["QUOTE_CURRENCY", "followed", "nothing_to_follow", "select_symbols"]

QUOTE_CURRENCY = "USDT"
"""Profit is counted in it; markets in other quotes are valued at their live rate against it."""

_MIN_VENUES = 2


def select_symbols(
    listings: Mapping[str, Sequence[Instrument]],
    config: UniverseConfig,
    volumes: Mapping[str, Decimal],
    quotes: Sequence[str] = (QUOTE_CURRENCY,),
) -> list[str]:
    """Return the canonical symbols to follow, in the order of the venues' own lists.

    The markets that tell what the other quotes are worth come last, beside the maximum.

    Args:
        listings: Every instrument of each venue.
        config: The symbols asked for, or none for the most traded ones that two venues share.
        volumes: Value traded in a day over all venues, quote currency, by canonical symbol.
        quotes: Quote currencies whose markets are followed.

    Raises:
        ConfigError: A symbol asked for is not open on two venues.
    """
    venues_of: dict[str, int] = {}
    for instruments in listings.values():
        for symbol in {i.symbol for i in instruments if i.tradeable and i.quote in quotes}:
            venues_of[symbol] = venues_of.get(symbol, 0) + 1
    shared = [symbol for symbol, count in venues_of.items() if count >= _MIN_VENUES]
    for symbol in config.symbols:
        if symbol not in shared:
            near = difflib.get_close_matches(symbol, shared, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ConfigError(
                f"arbitrage.symbols: {symbol} is not open on {_MIN_VENUES} of the enabled venues "
                f"(quote currency {', '.join(quotes)}){hint}"
            )
    # The order of the lists is the same in every run, that of a set is not.
    order = {i.symbol: i for listing in listings.values() for i in listing if i.tradeable}
    rates = [symbol for symbol, i in order.items() if _is_rate(i, quotes)]
    if config.symbols:
        return [*config.symbols, *(symbol for symbol in rates if symbol not in config.symbols)]
    if config.min_volume_24h_usd:
        shared = [s for s in shared if volumes.get(s, ZERO) >= config.min_volume_24h_usd]
    listed = [symbol for symbol in order if symbol in set(shared)]
    most_traded = sorted(listed, key=lambda symbol: -volumes.get(symbol, ZERO))
    chosen = set(most_traded[: config.max_symbols])
    return [
        *(symbol for symbol in listed if symbol in chosen),
        *(symbol for symbol in rates if symbol not in chosen),
    ]


def nothing_to_follow(config: UniverseConfig, quotes: Sequence[str]) -> str:
    """Return why there may be no symbol to follow, with the keys that decide it."""
    least = config.min_volume_24h_usd
    traded = f", with {plain(least)} USD traded a day (arbitrage.min_volume_24h_usd)"
    return (
        f"no market quoted in {', '.join(quotes)} (quotes.enabled_quote_currencies) is open on"
        f" {_MIN_VENUES} of the enabled venues{traded if least else ''}"
    )


def _is_rate(instrument: Instrument, quotes: Sequence[str]) -> bool:
    """Tell whether a market says what one of the other quotes is worth."""
    pair = {instrument.base, instrument.quote}
    return QUOTE_CURRENCY in pair and bool(pair & (set(quotes) - {QUOTE_CURRENCY}))


def followed(symbols: Set[str], listing: Sequence[Instrument]) -> dict[str, Instrument]:
    """Return the instruments of a venue that are among `symbols`, by canonical symbol."""
    return {i.symbol: i for i in listing if i.symbol in symbols}
