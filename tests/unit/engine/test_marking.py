"""What the money core is told of prices: of open remainders, of fee coins, of the account."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import cast

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.engine.bot import ArBot
from arbot_tui.engine.client import CommandResult
from arbot_tui.engine.marking import marked_now
from arbot_tui.engine.operating import operate
from arbot_tui.engine.valuation import Valuation
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.rates import CrossRates
from arbot_tui.market.universe import Universe
from arbot_tui.trading.core.events import Marked
from tests.unit.trading.rig import Rig, Scripted
from tests.unit.trading.venue_model import Answer, Fate

REFUSED = Fate(refused=True, answer=Answer.ACK, answer_ns=20 * MS)


class Desk:
    """The core with 4 BTC too many on ant, and boards that quote what they are told to."""

    def __init__(self, *fates: Fate) -> None:
        self.rig = Rig(Scripted(*(fates or (Fate(fee_asset="GAS"), REFUSED))))
        self.rig.start()
        self.rig.edge("ant", "bee")
        self.rig.run_for(10 * MS)
        self.board, self.universe = QuoteBoard(("ant", "bee")), Universe()
        for venue in (0, 1):
            self.board.set_venue_verdict(venue, FeedState.LIVE)
        self.bot = SimpleNamespace(
            core=self.rig.state,
            venues=("ant", "bee"),
            board=self.board,
            universe=self.universe,
            valuation=Valuation(CrossRates(self.board, self.universe, "USDT")),
            equity_quote=Decimal(1000),
        )

    def quote(self, asset: str, bid: float, ask: float, venue: int = 0) -> None:
        row = self.universe.add(asset, "USDT")
        self.board.set_fee(venue, row, 0.001)
        self.board.update(Ticker(venue, row, bid, 1.0, ask, 1.0, 0, 1))

    def marked(self) -> Marked:
        return marked_now(cast("ArBot", self.bot))


def test_what_is_held_is_told_at_the_middle_of_the_venue_that_holds_it() -> None:
    desk = Desk()
    desk.quote("BTC", 98.0, 99.0)
    desk.quote("BTC", 50.0, 51.0, venue=1)
    desk.quote("GAS", 9.0, 11.0)

    told = desk.marked()

    assert told.mids == {"p1": Decimal("98.5")}
    assert told.rates["USDT"] == 1
    assert told.rates["GAS"] == 10
    assert told.equity_quote == 1000


def test_without_a_quote_that_can_be_trusted_there_is_no_price() -> None:
    desk = Desk()
    # Not followed in this run, then quoted elsewhere alone, then not live.
    assert desk.marked().mids == {}
    assert "GAS" not in desk.marked().rates
    desk.quote("BTC", 98.0, 99.0, venue=1)
    assert desk.marked().mids == {}
    desk.quote("BTC", 98.0, 99.0)
    desk.board.set_venue_verdict(0, FeedState.STALE)
    assert desk.marked().mids == {}
    desk.bot.venues = ("bee",)
    assert desk.marked().mids == {}


def test_what_holds_nothing_needs_no_price() -> None:
    desk = Desk(Fate())
    desk.rig.run_for(SECOND)
    desk.quote("BTC", 98.0, 99.0)
    assert desk.marked().mids == {}


def test_a_start_beyond_the_limit_of_a_day_is_refused_in_words() -> None:
    desk = Desk(Fate(), REFUSED, *[Fate(parts=())] * 4)
    desk.rig.run_for(3 * SECOND)
    desk.quote("BTC", 97.0, 97.1)
    for _ in range(2):
        desk.rig.handle(desk.marked())
    bot = SimpleNamespace(failed=SimpleNamespace(is_set=lambda: False), core=desk.rig.state)
    assert operate(cast("ArBot", bot), "start", {}) == CommandResult(
        False, "daily_loss: the day's loss is beyond its limit until midnight UTC"
    )
