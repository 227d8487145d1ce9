"""The fee coin's rate counts only while what is held of it surely pays the next orders (F24)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from arbot_tui.domain.account import FeeTerms
from arbot_tui.domain.edge import net_edge_pct_exact
from arbot_tui.domain.fees import TradingFees, believable

_PLAIN = TradingFees(Decimal("0.001"), Decimal("0.001"))
_COIN = TradingFees(Decimal("0.001"), Decimal("0.001"), "BNB", Decimal("0.00075"))
_VIP = TradingFees(Decimal("0.0002"), Decimal("0.0004"), "BNB", Decimal("0.0003"))

# Worked by hand: buy at 100, sell at 100.5, percent of the 100 spent.
#   fees of buyer, held for 10,000 of trades, fees of seller -> 0.5 - 100 f_b % - 100.5 f_s %
_TABLE = [
    (_PLAIN, None, _PLAIN, "0.2995"),  # 0.5 - 0.1 - 0.1005
    (_COIN, Decimal("7.5"), _PLAIN, "0.3245"),  # 0.5 - 0.075 - 0.1005
    (_COIN, Decimal("7.49"), _PLAIN, "0.2995"),  # too little of the coin: the full rate
    (_COIN, None, _PLAIN, "0.2995"),  # the coin has no price: the full rate
    (_VIP, Decimal(0), _PLAIN, "0.3595"),  # 0.5 - 0.04 - 0.1005
    (_VIP, Decimal(3), _PLAIN, "0.3695"),  # 0.5 - 0.03 - 0.1005
    (_VIP, Decimal(3), TradingFees(Decimal(0), Decimal("-0.0001")), "0.48005"),  # a rebate
]


@pytest.mark.parametrize(("buyer", "held", "seller", "expected"), _TABLE)
def test_fee_tier_and_fee_coin_change_the_net_edge_as_worked_by_hand(
    buyer: TradingFees, held: Decimal | None, seller: TradingFees, expected: str
) -> None:
    traded = Decimal(10_000)
    edge_pct = net_edge_pct_exact(
        Decimal(100),
        Decimal("100.5"),
        buyer.taker_now(held, traded),
        seller.taker_now(None, traded),
    )
    assert edge_pct == Decimal(expected)


def test_a_coin_of_which_nothing_is_held_gives_no_rate() -> None:
    free = TradingFees(Decimal(0), Decimal("0.001"), "BNB", Decimal(0))
    assert free.taker_now(Decimal(0), Decimal(1000)) == Decimal("0.001")
    assert free.taker_now(Decimal("0.01"), Decimal(1000)) == 0


def test_the_accounts_terms_give_the_coin_where_the_market_does_not() -> None:
    terms = FeeTerms(discount_asset="BGB", discount=Decimal("0.8"))
    assert _PLAIN.under(terms) == TradingFees(
        Decimal("0.001"), Decimal("0.001"), "BGB", Decimal("0.0008")
    )
    assert _COIN.under(terms) is _COIN


@pytest.mark.parametrize(
    "terms",
    [
        None,
        FeeTerms(tier="VIP1"),
        FeeTerms(discount_asset="MNT"),
        FeeTerms(discount_asset="BGB", discount=Decimal("1.5")),
    ],
)
def test_terms_without_a_coin_and_a_factor_change_nothing(terms: FeeTerms | None) -> None:
    assert _PLAIN.under(terms) is _PLAIN


def test_a_rebate_gets_no_discount() -> None:
    rebate = TradingFees(Decimal(0), Decimal("-0.0001"))
    assert rebate.under(FeeTerms(discount_asset="BGB", discount=Decimal("0.8"))) is rebate


@pytest.mark.parametrize("rate", ["-0.0005", "0", "0.01", "-0.01", "0.999"])
def test_a_rate_that_a_venue_may_ask_or_pay_is_believed(rate: str) -> None:
    assert believable(Decimal(rate)) == Decimal(rate)


@pytest.mark.parametrize("rate", ["-0.0101", "-1", "1", "10"])
def test_a_rate_that_would_make_every_pair_a_profit_or_takes_it_all_is_not(rate: str) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        believable(Decimal(rate))
