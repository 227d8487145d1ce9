"""Which symbols a run follows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.instrument import Instrument
from arbot_tui.engine.selection import followed, nothing_to_follow, select_symbols
from arbot_tui.market.config import UniverseConfig


def instrument(venue: str, base: str, quote: str = "USDT", *, tradeable: bool = True) -> Instrument:
    return Instrument(
        venue=venue,
        wire_symbol=f"{base}-{quote}",
        base=base,
        quote=quote,
        tick_size=Decimal("0.01"),
        lot_step=Decimal("0.001"),
        tradeable=tradeable,
    )


LISTINGS = {
    "one": [instrument("one", base) for base in ("BTC", "ETH", "ONLYONE", "SOL")],
    "two": [
        *(instrument("two", base) for base in ("ETH", "SOL", "BTC")),
        instrument("two", "ONLYONE", tradeable=False),
        instrument("two", "ETH", "BTC"),
    ],
}


VOLUMES = {"BTC/USDT": Decimal(900), "ETH/USDT": Decimal(20), "SOL/USDT": Decimal(300)}


def chosen(**keys: object) -> list[str]:
    config = UniverseConfig.model_validate({"min_volume_24h_usd": 0} | keys)
    return select_symbols(LISTINGS, config, VOLUMES)


def test_symbols_that_two_venues_share_are_followed_in_listing_order() -> None:
    assert chosen() == ["BTC/USDT", "ETH/USDT", "SOL/USDT"]


def test_the_maximum_keeps_the_most_traded() -> None:
    assert chosen(max_symbols=2) == ["BTC/USDT", "SOL/USDT"]


def test_too_little_volume_is_left_out() -> None:
    assert chosen(min_volume_24h_usd=300) == ["BTC/USDT", "SOL/USDT"]
    assert chosen(min_volume_24h_usd=901) == []


def test_symbols_asked_for_are_followed_in_the_order_asked() -> None:
    assert chosen(symbols=("SOL/USDT", "ETH/USDT"), min_volume_24h_usd=300) == [
        "SOL/USDT",
        "ETH/USDT",
    ]


@pytest.mark.parametrize("symbol", ["ONLYONE/USDT", "ETH/BTC", "NONE/USDT"])
def test_a_symbol_that_no_two_venues_trade_is_refused(symbol: str) -> None:
    with pytest.raises(ConfigError, match=symbol):
        chosen(symbols=(symbol,))


def test_the_nearest_symbol_is_suggested() -> None:
    with pytest.raises(ConfigError, match=r"did you mean BTC/USDT\?"):
        chosen(symbols=("BTX/USDT",))


def test_a_venue_is_told_of_its_followed_instruments_only() -> None:
    assert list(followed({"SOL/USDT"}, LISTINGS["two"])) == ["SOL/USDT"]


DOLLARS = {
    "one": [
        *LISTINGS["one"],
        instrument("one", "BTC", "USDC"),
        instrument("one", "USDC"),
        instrument("one", "USDT", "DAI"),
    ],
    "two": [*LISTINGS["two"], instrument("two", "BTC", "USDC"), instrument("two", "USDT", "USDC")],
}


@pytest.mark.parametrize(
    ("quotes", "followed_symbols"),
    [
        (("USDT",), ["BTC/USDT", "ETH/USDT", "SOL/USDT"]),
        (
            ("USDT", "USDC"),
            ["BTC/USDT", "ETH/USDT", "SOL/USDT", "BTC/USDC", "USDC/USDT", "USDT/USDC"],
        ),
        (("USDC",), ["BTC/USDC", "USDC/USDT", "USDT/USDC"]),
        (("USDT", "DAI"), ["BTC/USDT", "ETH/USDT", "SOL/USDT", "USDT/DAI"]),
    ],
)
def test_markets_in_every_enabled_quote_are_followed_with_what_tells_their_rate(
    quotes: tuple[str, ...], followed_symbols: list[str]
) -> None:
    config = UniverseConfig(min_volume_24h_usd=Decimal(0))
    assert select_symbols(DOLLARS, config, {}, quotes) == followed_symbols


def test_symbols_asked_for_bring_the_rates_of_their_quotes_along() -> None:
    config = UniverseConfig(symbols=("BTC/USDC",))
    chosen = select_symbols(DOLLARS, config, {}, ("USDT", "USDC"))
    assert chosen == ["BTC/USDC", "USDC/USDT", "USDT/USDC"]


def test_why_there_is_nothing_to_follow_names_the_keys_that_decide_it() -> None:
    assert nothing_to_follow(UniverseConfig(min_volume_24h_usd=Decimal(0)), ("USDC", "DAI")) == (
        "no market quoted in USDC, DAI (quotes.enabled_quote_currencies) is open on 2 of the"
        " enabled venues"
    )
    assert nothing_to_follow(UniverseConfig(), ("USDT",)).endswith(
        "of the enabled venues, with 1000000 USD traded a day (arbitrage.min_volume_24h_usd)"
    )
