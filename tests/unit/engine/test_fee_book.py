"""Fee coins: the cheaper rate while the coin lasts, the full one as soon as it does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.ledger import OPENING
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.states import FeedState
from arbot_tui.engine.fee_book import FeeBook
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.rates import CrossRates
from arbot_tui.market.universe import Universe
from arbot_tui.trading.config import ArbitrageConfig
from arbot_tui.trading.core.events import FeesChanged
from arbot_tui.trading.core.state import CoreState

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

_COIN = TradingFees(Decimal("0.001"), Decimal("0.001"), "BNB", Decimal("0.00075"))


@dataclass
class _Engine:
    """What the fee book reads and tells of an engine."""

    venues: tuple[str, ...] = ("binance", "okx")
    universe: Universe = field(default_factory=Universe)
    core: CoreState = field(default_factory=CoreState)
    told: list[FeesChanged] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.board = QuoteBoard(self.venues)
        self.universe.add("ETH", "USDT")
        self.universe.add("BNB", "USDT")
        self.rates = CrossRates(self.board, self.universe, "USDT")
        # Ten default trades of 1,000 cost 7.5 in fees at the coin's rate.
        self.options = SimpleNamespace(arbitrage=ArbitrageConfig(trade_amount_usd=Decimal(1000)))
        self.executor = SimpleNamespace(handle=self._take)

    def _take(self, event: FeesChanged) -> None:
        self.told.append(event)
        self.core.venue(event.venue).fees.update(event.fees)

    def hold(self, amount: str) -> None:
        delta = Decimal(amount) - self.core.ledger.balance("binance", "BNB")
        self.core.ledger.post([("binance", "BNB", delta), (OPENING, "BNB", -delta)])

    def price(self, bid: float) -> None:
        self.board.set_fee(0, 1, 0.001)
        self.board.set_venue_verdict(0, FeedState.LIVE)
        self.board.update(Ticker(0, 1, bid, 1.0, bid * 1.001, 1.0, 0, 1))

    @property
    def book(self) -> FeeBook:
        return FeeBook(cast("ArBot", self))


def test_the_coins_rate_counts_while_enough_of_it_is_held() -> None:
    engine = _Engine()
    book = engine.book
    book.take("binance", {"ETH/USDT": _COIN})
    assert engine.board.fee[0] == 0.001
    engine.hold("0.02")
    book.review()
    # Held, but not worth anything known.
    assert engine.board.fee[0] == 0.001
    engine.price(500.0)
    book.review()
    assert engine.board.fee[0] == 0.00075
    assert engine.core.venue("binance").fees["ETH/USDT"].taker == Decimal("0.00075")
    engine.hold("0.014")
    book.review()
    assert engine.board.fee[0] == 0.001
    assert len(engine.told) == 3
    book.review()
    assert len(engine.told) == 3


def test_rates_without_a_coin_are_told_once() -> None:
    engine = _Engine()
    book = engine.book
    plain = TradingFees(Decimal("0.0008"), Decimal("0.001"))
    book.take("okx", {"ETH/USDT": plain})
    book.take("okx", {"ETH/USDT": plain})
    assert [event.fees for event in engine.told] == [{"ETH/USDT": plain}]
    assert book.said("okx", "ETH/USDT") == plain


def test_an_earlier_runs_rates_stand_in_but_not_those_of_a_coin() -> None:
    engine = _Engine()
    known = engine.core.venue("okx").fees
    known["ETH/USDT"] = TradingFees(Decimal(0), Decimal("0.0005"))
    known["BNB/USDT"] = _COIN
    book = engine.book
    assert book.said("okx", "ETH/USDT") == known["ETH/USDT"]
    assert book.said("okx", "BNB/USDT") is None
    assert book.said("okx", "XRP/USDT") is None
