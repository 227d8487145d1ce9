import pytest

from arbot_tui.market.universe import Universe


def test_rows_are_dense_append_only_and_one_per_pair() -> None:
    universe = Universe()
    assert [universe.add("BTC", "USDT"), universe.add("ETH", "USDT")] == [0, 1]
    assert universe.add("BTC", "USDT") == 0
    assert universe.add("BTC", "USDC") == 2
    assert len(universe) == 3
    assert universe.row("ETH/USDT") == 1
    assert (universe.symbol(2), universe.base(2), universe.quote(2)) == ("BTC/USDC", "BTC", "USDC")


def test_a_symbol_that_is_not_followed_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Universe().row("BTC/USDT")


@pytest.mark.parametrize(("base", "quote"), [("", "USDT"), ("BTC", ""), ("A/B", "C"), ("A", "B/C")])
def test_names_that_could_make_two_pairs_one_symbol_are_refused(base: str, quote: str) -> None:
    with pytest.raises(ValueError, match="not a pair"):
        Universe().add(base, quote)


def test_two_markets_of_one_coin_are_linked_under_a_number_of_their_own() -> None:
    universe = Universe()
    dollar, other = universe.add("BTC", "USDT"), universe.add("BTC", "USDC")
    link = universe.link(other, dollar)
    assert universe.link(other, dollar) == link
    assert universe.link(dollar, other) != link
    assert universe.symbol(link) == "BTC/USDC>USDT"
    assert len(universe) == 2
