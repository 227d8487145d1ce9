"""The world's symbols and their rules."""

from decimal import Decimal

import pytest

from arbot_tui.simulator.core.catalogue import coins, instrument, opening_balances
from arbot_tui.simulator.core.instruments import VENUES, Instrument, plain


@pytest.fixture(scope="module")
def listed() -> list[Instrument]:
    """Return every instrument of the largest world."""
    return [
        instrument(5, index, coin, venue)
        for index, coin in enumerate(coins(5, 2000))
        for venue in VENUES
    ]


@pytest.mark.parametrize("seed", [0, 1, 7, 2**63 - 1])
def test_bitcoin_and_ether_lead(seed: int) -> None:
    assert [coin.symbol for coin in coins(seed, 2)] == ["BTC/USDT", "ETH/USDT"]


def test_two_thousand_names_are_unique_and_plain() -> None:
    names = [coin.name for coin in coins(1, 2000)]
    assert len(set(names)) == 2000
    assert all(name.isascii() and name.isupper() and 2 <= len(name) <= 9 for name in names)
    assert "USDT" not in names


def test_a_smaller_world_is_the_beginning_of_a_larger_one() -> None:
    assert coins(9, 100)[:30] == coins(9, 30)


def test_a_tick_is_at_most_a_basis_point(listed: list[Instrument]) -> None:
    prices = [coin.price for coin in coins(5, 2000)]
    assert all(rules.tick <= prices[rules.index] / 10_000 for rules in listed)


def test_a_lot_is_worth_at_most_a_dollar(listed: list[Instrument]) -> None:
    prices = [coin.price for coin in coins(5, 2000)]
    assert all(rules.lot * prices[rules.index] <= 1 for rules in listed)


def test_notionals_are_exact_in_eight_decimals(listed: list[Instrument]) -> None:
    assert all(rules.price_decimals + rules.qty_decimals <= 8 for rules in listed)


def test_venues_differ_in_steps(listed: list[Instrument]) -> None:
    by_symbol: dict[str, set[tuple[Decimal, Decimal]]] = {}
    for rules in listed:
        by_symbol.setdefault(rules.symbol, set()).add((rules.tick, rules.lot))
    assert sum(len(steps) > 1 for steps in by_symbol.values()) > 500


def test_minimum_orders_are_far_below_a_default_trade(listed: list[Instrument]) -> None:
    prices = [coin.price for coin in coins(5, 2000)]
    for rules in listed:
        assert rules.min_qty * prices[rules.index] < 20
        assert rules.min_notional <= 5
        assert rules.max_qty * prices[rules.index] > 1_000_000


def test_opening_balances_cover_500_trades_each_way() -> None:
    chosen = coins(2, 50)
    opening = opening_balances(chosen)
    assert opening["USDT"] >= 500 * 1000 * len(chosen)
    for coin in chosen:
        # A quarter above what the catalogue price asks for, since prices move.
        assert opening[coin.name] * coin.price >= 500 * 1000 * Decimal("1.25")
    assert all("E" not in str(amount) for amount in opening.values())


@pytest.mark.parametrize(
    ("units", "decimals", "text"),
    [(0, 0, "0"), (12, 0, "12"), (0, 2, "0.00"), (5, 3, "0.005"), (12345, 2, "123.45")],
)
def test_plain_writes_no_exponent(units: int, decimals: int, text: str) -> None:
    assert plain(units, decimals) == text


def test_text_is_padded_on_request(listed: list[Instrument]) -> None:
    rules = listed[0]
    assert rules.price_text(6425000) == "64250.00"
    assert rules.price_text(6425000, 8) == "64250.00000000"
    assert rules.qty_text(100, 8) == "0.00100000"
