"""What a journal says of the rates and the coin that a venue takes its fees in."""

from __future__ import annotations

from decimal import Decimal

from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.orders import Fill, OrderSide
from arbot_tui.trading.core.events import Event, FeesChanged
from arbot_tui.trading.paper.calibration import charged
from arbot_tui.trading.paper.fees import PaperFees

OTHERS = TradingFees(Decimal("0.001"), Decimal("0.002"))
OWN = TradingFees(Decimal("0.0005"), Decimal("0.0008"))
BTC = "BTC/USDT"


def records(*events: Event) -> list[tuple[int, int, Event]]:
    return [(number, number, event) for number, event in enumerate(events, 1)]


def bought(fee_asset: str, fee: str = "1", side: OrderSide = OrderSide.BUY) -> Fill:
    one = Decimal(1)
    return Fill("okx", "c", BTC, f"t{fee_asset}{fee}", side, one, one, Decimal(fee), fee_asset, 0)


def okx(*events: Event) -> PaperFees:
    return charged(records(*events), {"okx": OTHERS})["okx"]


def in_coin(rates: TradingFees) -> TradingFees:
    """Return rates as they are told while the fee coin pays: its rate stands for the taker's."""
    return TradingFees(rates.maker, Decimal("0.0006"), "BGB", Decimal("0.0006"))


def test_the_newest_rates_of_a_market_count_and_others_stand_for_the_rest() -> None:
    fees = okx(
        FeesChanged("okx", {BTC: OTHERS, "ETH/USDT": OTHERS}),
        FeesChanged("bybit", {BTC: OTHERS}),
        FeesChanged("okx", {BTC: OWN}),
    )
    assert (fees.of(BTC), fees.of("ETH/USDT"), fees.of("SOL/USDT")) == (OWN, OTHERS, OTHERS)
    assert not fees.in_quote
    assert okx() == PaperFees(OTHERS)


def test_a_fee_coin_comes_with_the_full_rate_that_was_told_before_it() -> None:
    paying = in_coin(OWN)
    full = TradingFees(OWN.maker, OWN.taker, "BGB", Decimal("0.0006"))
    assert okx(FeesChanged("okx", {BTC: OWN}), FeesChanged("okx", {BTC: paying})).of(BTC) == full
    unknown = TradingFees(OWN.maker, OTHERS.taker, "BGB", Decimal("0.0006"))
    assert okx(FeesChanged("okx", {BTC: paying})).of(BTC) == unknown
    gone = okx(FeesChanged("okx", {BTC: paying}), FeesChanged("okx", {BTC: OWN}))
    assert gone.of(BTC) == OWN


def test_the_newest_purchase_tells_whether_fees_are_taken_in_the_quote() -> None:
    assert okx(bought("BTC"), bought("USDT")).in_quote
    assert not okx(bought("USDT"), bought("BTC")).in_quote
    # A fee coin, a free trade and a sale say nothing of purchases.
    silent = (bought("BGB"), bought("BTC", "0"), bought("BTC", side=OrderSide.SELL))
    assert okx(bought("USDT"), *silent).in_quote
