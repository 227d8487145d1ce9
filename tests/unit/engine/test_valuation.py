"""Profit in one currency: other quotes and fee coins at the live rate, nothing guessed."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.orders import Fill, OrderSide
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.states import FeedState, LegState, PairState
from arbot_tui.engine.valuation import Valuation
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.rates import CrossRates
from arbot_tui.market.universe import Universe
from arbot_tui.trading.core.pair import Leg, Pair
from arbot_tui.trading.core.state import CoreState


class _Desk:
    def __init__(self) -> None:
        self.universe, self.board = Universe(), QuoteBoard(("a", "b"))
        self.core = CoreState()
        self.valuation = Valuation(CrossRates(self.board, self.universe, "USDT"))
        for venue in (0, 1):
            self.board.set_venue_verdict(venue, FeedState.LIVE)

    def rate(self, asset: str, bid: float, ask: float) -> None:
        row = self.universe.add(asset, "USDT")
        self.board.set_fee(0, row, 0.001)
        self.board.update(Ticker(0, row, bid, 1.0, ask, 1.0, 0, 1))


def _pair(quote: str, fee_asset: str, number: int = 1) -> Pair:
    """Return a pair that bought at 100 and sold at 101, each leg 0.01 of the fee asset."""
    symbol = f"ETH/{quote}"
    legs = []
    for name, side, price in (("a", OrderSide.BUY, 100), ("b", OrderSide.SELL, 101)):
        leg = Leg(
            f"{name}{number}", name, symbol, side, Decimal(price), Decimal(1), 1, False,
            LegState.FILLED, quote, Decimal(1), Decimal(0),
        )  # fmt: skip
        leg.fills = [
            Fill(
                client_id=leg.client_id, venue=name, symbol=symbol, trade_id=f"t{name}{number}",
                side=side, price=Decimal(price), qty=Decimal(1), fee=Decimal("0.01"),
                fee_asset=fee_asset, event_ns=1,
            )
        ]  # fmt: skip
        legs.append(leg)
    return Pair(
        f"p{number}", number, 1, symbol, "ETH", quote, legs, Decimal(1), 1, PairState.CLOSED
    )


def test_a_rebate_in_a_third_coin_is_a_gain_at_its_rate() -> None:
    desk = _Desk()
    desk.rate("MNT", 1.99, 2.01)
    pair = _pair("USDT", "USDT")
    (bought,) = pair.buy.fills
    rebate = ("MNT", Decimal("-0.5"))
    pair.buy.fills = [msgspec.structs.replace(bought, more_fees=(rebate,))]
    _ended(desk.core, pair)

    profit = desk.valuation.pair(pair)

    # Sold at 101, bought at 100; two fees of 0.01, half a coin worth 2 back.
    assert (profit.realised, profit.fees, profit.other_fees) == (
        Decimal("1.98"), Decimal("-0.98"), {},
    )  # fmt: skip
    run = desk.valuation.run(desk.core)
    assert (run.realised, run.fees, run.unvalued) == (Decimal("1.98"), Decimal("-0.98"), {})


def _ended(core: CoreState, pair: Pair) -> None:
    core.in_flight[pair.id] = pair
    core.end_pair(pair)


def test_profits_in_several_quotes_are_added_up_at_the_live_rate() -> None:
    desk = _Desk()
    desk.rate("USDC", 0.899, 0.901)
    _ended(desk.core, _pair("USDT", "USDT"))
    _ended(desk.core, _pair("USDC", "USDC", 2))

    profit = desk.valuation.run(desk.core)

    assert profit.by_symbol == {"ETH/USDT": Decimal("0.98"), "ETH/USDC": Decimal("0.882")}
    assert profit.realised == Decimal("1.862")
    assert profit.fees == Decimal("0.02") + Decimal("0.018")
    assert profit.unvalued == {}


def test_fees_taken_in_a_coin_are_costs_at_its_rate() -> None:
    desk = _Desk()
    desk.rate("BNB", 499.0, 501.0)
    pair = _pair("USDT", "BNB")
    _ended(desk.core, pair)

    assert desk.valuation.run(desk.core).realised == Decimal(1) - 10
    assert desk.valuation.run(desk.core).fees == Decimal(10)
    assert desk.valuation.pair(pair).realised == Decimal(-9)
    assert desk.valuation.pair(pair).other_fees == {}


def test_a_coins_fee_is_valued_in_the_pairs_own_quote() -> None:
    desk = _Desk()
    desk.rate("BNB", 449.0, 451.0)
    desk.rate("USDC", 0.9, 0.9000000001)
    # 0.02 BNB are 9 USDT, and those 10 USDC.
    realised = desk.valuation.pair(_pair("USDC", "BNB")).realised
    assert abs(realised - Decimal(-9)) < Decimal("1e-6")


def test_what_has_no_rate_is_listed_apart() -> None:
    desk = _Desk()
    pair = _pair("USDC", "MNT")
    _ended(desk.core, pair)

    profit = desk.valuation.run(desk.core)

    assert profit.realised == 0
    assert profit.unvalued == {"USDC": Decimal(1), "MNT": Decimal("0.02")}
    assert desk.valuation.pair(pair) == msgspec.structs.replace(
        desk.valuation.pair(pair), realised=Decimal(1), other_fees={"MNT": Decimal("0.02")}
    )
