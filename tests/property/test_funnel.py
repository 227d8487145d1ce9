"""The reject funnel at all times: one typed reason for every candidate, and sums that add up.

Detection with everything that ends a candidate (fees, blocked books, identity, flashes, filters,
markets across quotes) and the money core's own gate behind it, which answers late at times. The
oracle finds a tick's candidates by brute force, and counts by itself what the gate answers.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import MS
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.domain.states import FeedState, TradingState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.config import QuotesConfig
from arbot_tui.market.rates import CrossRates
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.config import IdentityConfig
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.funnel import PairFunnel, PairKey, RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook
from arbot_tui.strategy.trading_strategy import Market, TradingStrategy
from arbot_tui.trading.core.commands import Commit, Deny
from arbot_tui.trading.core.events import Committed, Signalled
from arbot_tui.trading.core.step import step
from tests.unit.trading.gate_state import tradeable_state
from tests.unit.trading.rig import LIMITS

_VENUES = ("ant", "bee", "cow")
_SYMBOLS = ("AAA/USDT", "BTC/USDT", "BTC/USDC", "USDC/USDT")
_FEES = TradingFees(Decimal("0.001"), Decimal("0.001"))
_QUOTES = QuotesConfig(enabled_quote_currencies=("USDT", "USDC"))
_LIFE_NS = 50 * MS


class _Moody(TradingStrategy):
    """Says no now and then."""

    def __init__(self, market: Market, draw: random.Random) -> None:
        super().__init__(market)
        self._draw = draw

    def should_execute_trade(self, signal: ArbitrageSignal) -> bool:
        return self._draw.random() < 0.8


class _World:
    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.universe, self.board = Universe(), QuoteBoard(_VENUES)
        for symbol in _SYMBOLS:
            self.universe.add(*symbol.split("/"))
        self.funnel, self.lives = RejectFunnel(len(_VENUES)), OpportunityBook()
        self.strategy = ArbitrageStrategy(
            self.board,
            self.universe,
            _VENUES,
            DetectionSettings(0.05, 0.02, _LIFE_NS),
            self.funnel,
            self.lives,
        )
        self.strategy.follow_quotes(CrossRates(self.board, self.universe, "USDT"), _QUOTES)
        self.strategy.filters = [_Moody(Market(self.board, self.universe), self.draw)]
        self.strategy.add_signal_callback(self._on_signal)
        tick, lot = Decimal("0.0001"), Decimal("0.01")
        rules = [
            Instrument(venue, symbol, base, quote, tick, lot, lot)
            for venue in _VENUES
            for symbol in _SYMBOLS
            for base, quote in [symbol.split("/")]
        ]
        holdings = {(v, a): Decimal(1000) for v in _VENUES for a in ("AAA", "BTC", "USDT", "USDC")}
        self.core = tradeable_state(rules, [_FEES] * len(rules), holdings, LIMITS)
        self.commits: deque[int] = deque()
        self.waiting: deque[ArbitrageSignal] = deque()
        self.now_ns = 10**18
        self.handed: Counter[PairKey] = Counter()
        self.answers: Counter[str] = Counter()
        self.before: Counter[str] = Counter()
        for venue in range(len(_VENUES)):
            for row in range(len(_SYMBOLS)):
                self.board.set_fee(venue, row, 0.001)
            self.board.set_venue_verdict(venue, FeedState.LIVE)

    # The money core

    def _on_signal(self, signal: ArbitrageSignal) -> None:
        venues = (_VENUES.index(signal.buy.venue), _VENUES.index(signal.sell.venue))
        self.handed[self.universe.row(signal.symbol), *venues] += 1
        self.waiting.append(signal)
        if self.draw.random() < 0.8:
            self.answer()
        self.check()

    def answer(self) -> None:
        """Let the core judge what waits, and tell the funnel as the engine's observer does."""
        while self.waiting:
            signal = self.waiting.popleft()
            value = None if self.draw.random() < 0.1 else Decimal(1)
            event = Signalled(signal, Decimal(100_000), quote_value=value)
            for command in step(self.core, event, self.now_ns):
                if isinstance(command, Deny):
                    self.answers[command.reason] += 1
                    self.funnel.count(command.opportunity_id, command.reason)
                    self.lives.mark_denied(command.opportunity_id, command.reason)
                elif isinstance(command, Commit):
                    self.commits.append(command.commit_id)
                    self.answers["committed"] += 1
                    pair = self.core.pairs[f"p{self.core.pair_no}"]
                    self.funnel.commit(pair.opportunity_id)
                    self.lives.mark_traded(pair.opportunity_id, pair.id)

    def _disturb_core(self) -> None:
        core, draw = self.core, self.draw
        # Without a quote as it stands now the orders do not leave, and the pair has ended.
        while self.commits and draw.random() < 0.7:
            step(core, Committed(self.commits.popleft(), ()), self.now_ns)
        states = [TradingState.ACTIVE] * 6 + [TradingState.STOPPED, TradingState.HALTED]
        core.trading = draw.choice(states)
        core.venue(draw.choice(_VENUES)).reconciled = draw.random() < 0.9
        core.limits = msgspec.structs.replace(
            LIMITS,
            cooldown_ns=2_000 * MS,
            max_profit_pct=draw.choice([Decimal("0.3"), Decimal(3)]),
            max_order_quote=draw.choice([Decimal(5000), Decimal("0.5")]),
            max_pairs_per_hour=draw.choice([1, 10_000, 10_000, 10_000]),
        )

    # The market

    def play(self) -> None:
        """Let one thing happen, and compare."""
        self.now_ns += self.draw.randrange(1, 30 * MS)
        odd = self.draw.random()
        if odd < 0.1:
            self.answer()
            self._disturb_core()
        elif odd < 0.16:
            self._disturb_market()
        else:
            self._quote()
        self.strategy.advance(self.now_ns)
        self.check()

    def _disturb_market(self) -> None:
        draw, board = self.draw, self.board
        venue, row = draw.randrange(len(_VENUES)), draw.randrange(len(_SYMBOLS))
        what = draw.randrange(4)
        if what == 0:
            verdict = draw.choice([*[FeedState.LIVE] * 5, FeedState.STALE])
            board.set_venue_verdict(venue, verdict)
        elif what == 1:
            states = [*[FeedState.LIVE] * 4, FeedState.GAPPED, FeedState.CROSSED]
            board.set_book_state(venue, row, draw.choice(states))
        elif what == 2:
            deny = draw.choice([*[()] * 3, ("AAA@COW",)])
            self.strategy.apply_identity(IdentityConfig(identity_deny=deny))
        else:
            board.set_closed(venue, row, draw.random() < 0.15)

    def _quote(self) -> None:
        draw = self.draw
        venue, row = draw.randrange(len(_VENUES)), draw.randrange(len(_SYMBOLS))
        mid = {"AAA": 10.0, "BTC": 100.0, "USDC": 1.0}[_SYMBOLS[row].split("/")[0]]
        mid *= 1.0 + draw.gauss(0.0, 0.0002 if row == 3 else 0.003)
        size = draw.choice([0.001, 5.0])
        ticker = Ticker(venue, row, mid * 0.9998, size, mid * 1.0002, size, 0, self.now_ns)
        before = self.funnel.pairs()
        opened = {key for key in before if self.lives.find(key) is not None}
        if change := self.board.update(ticker):
            self.strategy.on_ticker(ticker, change)
            self._compare_candidates(row, venue, before, opened)

    def _compare_candidates(
        self, row: int, venue: int, before: dict[PairKey, PairFunnel], opened: set[PairKey]
    ) -> None:
        """Compare with brute force: one for every overlap of the book with another.

        Edges elsewhere that were too young until now may be looked at once more, and the coin's
        markets across quotes: at most once each.
        """
        quotes = self.board.latest[row]
        for key, funnel in self.funnel.pairs().items():
            more = funnel.candidates - (before[key].candidates if key in before else 0)
            assert more in (0, 1)
            if key[0] == row and venue in key[1:]:
                assert more == (quotes[key[2]].bid > quotes[key[1]].ask)
            elif key[0] < len(_SYMBOLS):
                assert not more or key in opened

    def check(self) -> None:
        """Add everything up."""
        funnel, pairs = self.funnel, self.funnel.pairs()
        for found in pairs.values():
            assert all(isinstance(reason, Reason) for reason in found.rejected)
            assert (
                found.candidates == sum(found.rejected.values()) + found.committed + found.pending
            )
        rejected: Counter[str] = Counter()
        for found in pairs.values():
            rejected.update({reason.value: count for reason, count in found.rejected.items()})
        assert rejected == Counter(funnel.counts())
        assert funnel.candidates == sum(found.candidates for found in pairs.values())
        assert funnel.committed == sum(found.committed for found in pairs.values())
        assert funnel.pending == sum(found.pending for found in pairs.values())
        assert funnel.candidates == rejected.total() + funnel.committed + funnel.pending
        # What the money core was asked, and how it answered, by another count.
        assert funnel.pending == len(self.waiting)
        assert funnel.committed == self.answers["committed"]
        assert self.handed.total() == self.answers.total() + len(self.waiting)
        for key, handed in self.handed.items():
            assert handed <= pairs[key].candidates
        for reason, count in self.answers.items():
            if reason not in ("committed", *_OF_BOTH):
                assert rejected[reason] == count
        assert not self.before - rejected
        self.before = rejected


_OF_BOTH = {"fee", "data_fresh", "depth", "duplicate_intent", "quote_peg", "edge_too_good"}
"""What detection and the money core may both find."""


@given(seed=st.integers(0, 2**32))
def test_every_candidate_ends_in_one_reason_and_the_counts_add_up(seed: int) -> None:
    world = _World(seed)
    for _ in range(50):
        world.play()
    world.answer()
    world.check()
    assert world.funnel.pending == 0


def test_the_world_above_meets_every_kind_of_end() -> None:
    world = _World(8)
    for _ in range(1_200):
        world.play()
    assert world.funnel.committed > 5
    assert world.funnel.counts().keys() >= {
        *("fee", "filter", "crossed", "data_fresh", "identity_ok", "status_ok", "quote_peg"),
        *("trading_state", "kill_switch", "reconciled", "cooldown", "repeat_execution"),
        *("edge_too_good", "instrument_rules", "duplicate_intent"),
    }
