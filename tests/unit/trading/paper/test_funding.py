"""What a paper account is given, each asset once."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.instrument import Instrument
from arbot_tui.trading.paper.account import PaperAccount
from arbot_tui.trading.paper.funding import Funding
from arbot_tui.trading.paper.terms import PaperTerms
from tests.unit.trading.paper.parts import RULES

TERMS = PaperTerms(cash=Decimal(5000), coin_value=Decimal(800))


def market(base: str, quote: str = "USDT") -> Instrument:
    return msgspec.structs.replace(RULES, base=base, quote=quote)


def funding(*held: str, terms: PaperTerms = TERMS) -> Funding:
    return Funding(terms, PaperAccount(dict.fromkeys(held, Decimal(0))))


def test_cash_is_there_at_once_and_coins_with_their_first_price() -> None:
    fund = funding()
    assert fund.follow([market("BTC"), market("ETH")]) == [("USDT", Decimal(5000))]
    assert fund.wants("BTC/USDT")
    assert fund.price("BTC/USDT", Decimal(64_000)) == ("BTC", Decimal("0.012"))
    assert not fund.wants("BTC/USDT")
    assert fund.wants("ETH/USDT")


def test_what_was_ever_held_is_not_given_again() -> None:
    fund = funding("USDT", "BTC")
    assert fund.follow([market("BTC"), market("ETH")]) == []
    assert not fund.wants("BTC/USDT")
    assert fund.wants("ETH/USDT")


def test_a_quote_currency_with_a_price_is_worth_as_much_as_cash() -> None:
    fund = funding()
    followed = [market("BTC"), market("ETH"), market("ETH", "BTC")]
    assert fund.follow(followed) == [("USDT", Decimal(5000))]
    assert not fund.wants("ETH/BTC")
    assert fund.price("BTC/USDT", Decimal(50_000)) == ("BTC", Decimal("0.1"))


def test_a_coin_that_was_bought_before_it_had_a_price_is_not_given_on_top() -> None:
    account = PaperAccount({})
    fund = Funding(TERMS, account)
    fund.follow([market("BTC")])
    account.credit("BTC", Decimal("0.1"))
    assert fund.price("BTC/USDT", Decimal(64_000)) is None


@pytest.mark.parametrize("bid", ["64000", "1e12"])
def test_nothing_is_given_where_nothing_is_wanted_or_less_than_a_lot(bid: str) -> None:
    poor = PaperTerms(cash=Decimal(0), coin_value=Decimal(0 if bid == "64000" else 800))
    fund = funding(terms=poor)
    assert fund.follow([market("BTC")]) == []
    assert fund.price("BTC/USDT", Decimal(bid)) is None
