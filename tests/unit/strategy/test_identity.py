import pytest
from pydantic import ValidationError

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.config import IdentityConfig
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.identity import IdentityGuard
from arbot_tui.strategy.lifecycle import OpportunityBook

_VENUES = ("binance", "bybit", "okx", "bitget")


class _Desk:
    def __init__(self, venues: int = 4, config: IdentityConfig | None = None) -> None:
        names = _VENUES[:venues]
        self.universe = Universe()
        self.universe.add("LUNA", "USDT")
        self.board = QuoteBoard(names)
        self.funnel = RejectFunnel(venues)
        self.lives = OpportunityBook()
        self.guard = IdentityGuard(self.board, self.universe, config or IdentityConfig())
        self.strategy = ArbitrageStrategy(
            self.board,
            self.universe,
            names,
            DetectionSettings(0.05, 0.02),
            self.funnel,
            self.lives,
            identity=self.guard,
        )
        self.signals: list[ArbitrageSignal] = []
        self.strategy.add_signal_callback(self.signals.append)
        self.now_ns = 10**18
        for venue in range(venues):
            self.board.set_fee(venue, 0, 0.001)
            self.board.set_venue_verdict(venue, FeedState.LIVE)

    def quote(self, venue: int, mid: float) -> None:
        self.now_ns += 1
        ticker = Ticker(venue, 0, mid * 0.9999, 1.0, mid * 1.0001, 1.0, 0, self.now_ns)
        if self.board.update(ticker):
            self.strategy.on_ticker(ticker)

    def look(self, after_s: float = 1.0) -> list[tuple[int, int]]:
        self.now_ns += round(after_s * SECOND)
        return self.strategy.check_identity(self.now_ns)

    def doubts(self) -> dict[str, str]:
        return {doubt.venue: doubt.why for doubt in self.guard.doubted()}


def _settle(desk: _Desk, venues: int = 4) -> None:
    for venue in range(venues):
        desk.quote(venue, 100.0)
    assert desk.look() == []


@pytest.mark.parametrize("other", [25.0, 93.0, 104.0, 2500.0])
def test_a_planted_coin_of_the_same_name_is_never_tradeable_and_listed(other: float) -> None:
    desk = _Desk()
    for venue, mid in enumerate((100.0, 100.01, other, 99.99)):
        desk.quote(venue, mid)
    for number in range(20):
        desk.quote(2, other * (1 + number / 1e5))
        # Even where the other coin's price comes along by chance.
        desk.quote(2, 100.5)
        desk.look()
    assert desk.signals == []
    assert desk.lives.opened_total == 0
    assert desk.funnel.counts()["identity_ok"] > 0
    assert desk.funnel.balanced
    assert list(desk.doubts()) == ["okx"]
    assert "off the other venues" in desk.doubts()["okx"]
    best = desk.strategy.ranking.best_edge(0)
    assert best is not None
    assert 2 not in best[:2]


def test_of_two_venues_neither_is_trusted() -> None:
    desk = _Desk(venues=2)
    desk.quote(0, 100.0)
    desk.quote(1, 104.0)
    assert desk.signals == []
    assert list(desk.doubts()) == ["binance", "bybit"]
    assert desk.strategy.ranking.best_edge(0) is None
    assert desk.strategy.nearest is None


def test_a_brief_dislocation_of_a_known_coin_is_no_doubt() -> None:
    desk = _Desk()
    _settle(desk)
    desk.quote(2, 104.0)
    assert desk.look() == []
    assert desk.look(59.0) == []
    desk.quote(2, 100.0)
    assert desk.look() == []
    desk.quote(2, 104.0)
    assert desk.look() == []
    assert desk.look(59.0) == []
    assert len(desk.signals) > 0
    assert desk.doubts() == {}


def test_one_that_lasts_is_and_it_ends_the_opportunity() -> None:
    desk = _Desk()
    _settle(desk)
    desk.quote(2, 104.0)
    assert {o.sell for o in desk.lives.opened()} == {"okx"}
    assert desk.look() == []
    assert desk.look(60.0) == [(2, 0)]
    assert list(desk.lives.opened()) == []
    assert {o.closed_reason for o in desk.lives.changed_since(0)} == {"identity_ok"}
    # It is not trusted again because the price came back.
    desk.quote(2, 100.5)
    assert list(desk.lives.opened()) == []
    assert desk.look() == []


@pytest.mark.parametrize(("price", "factor"), [(100_000.0, "1000"), (0.1, "0.001")])
def test_a_redenominated_coin_is_doubted_at_the_next_look(price: float, factor: str) -> None:
    desk = _Desk()
    _settle(desk)
    desk.quote(1, price)
    assert desk.look() == [(1, 0)]
    assert desk.doubts() == {"bybit": f"jumped to {factor} times its price"}


def test_a_market_that_crashes_everywhere_is_still_one_coin() -> None:
    desk = _Desk()
    _settle(desk)
    for venue in range(4):
        desk.quote(venue, 40.0)
    assert desk.look() == []


def test_allowed_coins_are_trusted_and_denied_ones_never() -> None:
    desk = _Desk(config=IdentityConfig(identity_allow=("LUNA@OKX",)))
    for venue, mid in enumerate((100.0, 100.0, 104.0, 100.0)):
        desk.quote(venue, mid)
    assert {s.sell.venue for s in desk.signals} == {"okx"}
    desk.guard.config = IdentityConfig(identity_allow=("LUNA",), identity_deny=("LUNA@OKX",))
    handed = len(desk.signals)
    desk.quote(2, 104.1)
    assert len(desk.signals) == handed
    assert desk.doubts() == {"okx": "denied by LUNA@OKX"}
    desk.guard.config = IdentityConfig(identity_deny=("LUNA",))
    assert len(desk.doubts()) == 4
    # Another coin's lists say nothing about this one.
    desk.guard.config = IdentityConfig(identity_deny=("ABC",))
    assert desk.doubts() == {"okx": "+4.10 % off the other venues"}


def test_a_book_that_is_not_traded_is_not_judged() -> None:
    desk = _Desk()
    _settle(desk)
    desk.board.set_book_state(2, 0, FeedState.GAPPED)
    desk.quote(2, 500.0)
    assert desk.look() == []


@pytest.mark.parametrize("name", ["luna", "LUNA@", "LUNA/USDT", ""])
def test_a_name_is_a_coin_or_a_coin_on_a_venue(name: str) -> None:
    with pytest.raises(ValidationError, match="allowed: a list of COIN"):
        IdentityConfig(identity_deny=(name,))


def test_a_name_twice_counts_once() -> None:
    assert IdentityConfig(identity_allow=("A", "A@OKX", "A")).identity_allow == ("A", "A@OKX")


def test_another_gate_measures_anew_and_ends_an_opportunity_at_once() -> None:
    desk = _Desk()
    _settle(desk)
    desk.quote(3, 102.0)
    assert desk.lives.rows
    desk.strategy.apply_identity(IdentityConfig(identity_ratio_pct=1.0))
    assert "bitget" in desk.doubts()
    assert not desk.lives.rows
    assert desk.funnel.balanced
    # A wider one takes it back, since only the gate had doubted.
    desk.strategy.apply_identity(IdentityConfig(identity_ratio_pct=5.0))
    assert desk.doubts() == {}
    assert desk.lives.rows


def test_what_jumped_stays_in_doubt_whatever_the_gate_until_it_is_allowed() -> None:
    desk = _Desk()
    _settle(desk)
    desk.look()
    desk.quote(3, 1000.0)
    desk.look()
    assert "jumped" in desk.doubts()["bitget"]
    desk.strategy.apply_identity(IdentityConfig(identity_ratio_pct=100.0))
    assert "jumped" in desk.doubts()["bitget"]
    desk.strategy.apply_identity(
        IdentityConfig(identity_ratio_pct=100.0, identity_allow=("LUNA@BITGET",))
    )
    assert desk.doubts() == {}
