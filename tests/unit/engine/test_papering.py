"""A paper run does not trade again on what it took."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.orders import OrderSide, OrderState
from arbot_tui.domain.quotes import Level
from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
from arbot_tui.engine.papering import OwnImpact
from arbot_tui.exchanges.base import MarketDataSink
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.trading_strategy import Market
from arbot_tui.trading.core.events import FeesChanged
from arbot_tui.trading.paper.exchange import PaperExchange
from arbot_tui.trading.paper.fees import PaperFees
from arbot_tui.trading.paper.terms import PaperTerms
from tests.unit.engine.rig import Rig, ScriptedVenue
from tests.unit.trading.paper.parts import order
from tests.unit.trading.paper.test_exchange import Desk, PublicVenue, funded, scene
from tests.virtual_loop import START_NS, run_virtual


def signal(*asks: Level, qty: float, buy: str = "okx", sell: str = "bee") -> ArbitrageSignal:
    def view(venue: str) -> QuoteView:
        return QuoteView(venue, 101.0, 9.0, 99.9, 0.5, 0, True, "live")

    return ArbitrageSignal(1, "BTC/USDT", view(buy), view(sell), 0.5, qty, 1.0, 0, 0, asks=asks)


@pytest.mark.parametrize(
    ("levels", "qty", "amount", "fits"),
    [
        ((), 0.5, "1000", False),
        (((99.9, 0.5), (100.0, 0.4)), 0.6, "1000", False),
        (((99.9, 0.5), (100.0, 0.4)), 0.3, "1000", True),
        ((), 0.5, "9.9", True),
    ],
    ids=["top only", "too much", "the next level has it", "small trades"],
)
def test_a_signal_that_lives_on_what_was_taken_is_refused(
    levels: tuple[Level, ...], qty: float, amount: str, fits: bool
) -> None:
    async def play(desk: Desk) -> None:
        await funded(desk)
        market = Market(QuoteBoard(("okx", "bee")), Universe())
        other = PublicVenue(desk.public.config, desk.paper.clock)
        impact = OwnImpact(market, {"okx": desk.paper, "bee": other}, lambda: Decimal(amount))
        made = signal(*levels, qty=qty)
        assert impact.should_execute_trade(made)
        request = order(price="99.9", qty="0.4", expires_ns=START_NS + 60 * SECOND)
        events = await desk.paper.place_order(request)
        assert isinstance(events[-1], OrderState)
        assert events[-1].filled_qty == Decimal("0.4")

        assert impact.should_execute_trade(made) is fits
        desk.shown = [(99.95, 0.5)]
        desk.quote()
        assert impact.should_execute_trade(made)

    scene(play)


def test_the_selling_side_counts_as_well() -> None:
    async def play(desk: Desk) -> None:
        await funded(desk)
        market = Market(QuoteBoard(("okx", "bee")), Universe())
        other = PublicVenue(desk.public.config, desk.paper.clock)
        impact = OwnImpact(market, {"okx": desk.paper, "bee": other}, lambda: Decimal(1000))
        request = order(1, OrderSide.SELL, "99.5", "2.9", expires_ns=START_NS + 60 * SECOND)
        await desk.paper.place_order(request)
        await asyncio.sleep(0)
        # The quote's bid of 101 is not what this market shows: within it nothing is left.
        assert not impact.should_execute_trade(signal(qty=0.5, buy="bee", sell="okx"))

    scene(play)


class _Quiet(ScriptedVenue):
    """A venue on which nothing happens."""

    async def connect_ws(self, sink: MarketDataSink) -> None:
        await asyncio.Event().wait()


def test_what_paper_pays_is_what_is_reckoned_with() -> None:
    async def play() -> None:
        rig = Rig({"binance": ("BTC/USDT",), "okx": ("BTC/USDT",)})
        own = TradingFees(Decimal("0.0003"), Decimal("0.0005"))
        terms = PaperTerms(Decimal(0), Decimal(0), fees=PaperFees(own))
        quiet = _Quiet(rig.venues["okx"].config, rig.clock, ("BTC/USDT",))
        rig.bot.exchanges["okx"] = PaperExchange(
            quiet, rig.clock, seed=1, terms=terms, visible=lambda row, side: ()
        )
        await rig.bot.listings.load()
        following = asyncio.create_task(rig.bot.listings.run_venue("okx"))
        await asyncio.sleep(1)
        told = [e for e in rig.told if isinstance(e, FeesChanged) and e.venue == "okx"]
        assert told[-1].fees == {"BTC/USDT": own}
        assert rig.bot.board.fee[1] == 0.0005
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following

    run_virtual(play())
