"""Detection against brute force over every ordered pair of venues, at every tick.

The oracle keeps its own copy of what the venues said and knows nothing of rows, folded fees or
blocked bits; it computes from quotes, fees and states which opportunities stand, which signals
are due and how many candidates there were.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import MS
from arbot_tui.domain.opportunity import CAPTURE_DELAYS_MS, Opportunity
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook

_VENUES = ("binance", "bybit", "okx", "bitget")
_SYMBOLS = ("AAA/USDT", "BBB/USDT", "CCC/USDC")
_MIN_PROFIT_PCT, _SLIPPAGE_PCT = 0.05, 0.02

Pair = tuple[str, str, str]
"""(symbol, buy, sell)."""


@dataclass
class _Book:
    """What one venue last said of one symbol."""

    bid: float = 0.0
    bid_size: float = 0.0
    ask: float = 0.0
    ask_size: float = 0.0
    fee: float = 0.001
    fresh: bool = False
    usable: bool = False
    stale: bool = False
    depth: FeedState = FeedState.LIVE


@dataclass
class _Oracle:
    """Brute force."""

    books: dict[tuple[str, str], _Book] = field(default_factory=dict)
    live: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(_VENUES, True))

    def tradeable(self, venue: str, symbol: str) -> bool:
        book = self.books[venue, symbol]
        return (
            self.live[venue]
            and book.fresh
            and book.usable
            and not book.stale
            and book.depth is FeedState.LIVE
        )

    def gross(self, pair: Pair) -> bool:
        symbol, buy, sell = pair
        buying, selling = self.books[buy, symbol], self.books[sell, symbol]
        return bool(buying.ask_size and selling.bid_size) and selling.bid > buying.ask

    def net_pct(self, pair: Pair) -> float:
        symbol, buy, sell = pair
        buying, selling = self.books[buy, symbol], self.books[sell, symbol]
        paid, got = buying.ask * (1.0 + buying.fee), selling.bid * (1.0 - selling.fee)
        return 100.0 * (got - paid) / buying.ask

    def stands(self, pair: Pair) -> bool:
        symbol, buy, sell = pair
        return (
            self.gross(pair)
            and self.net_pct(pair) > 0.0
            and self.tradeable(buy, symbol)
            and self.tradeable(sell, symbol)
        )

    def standing(self) -> set[Pair]:
        return {pair for pair in _all_pairs() if self.stands(pair)}

    def due(self, pair: Pair) -> bool:
        if not self.stands(pair):
            return False
        symbol, buy, sell = pair
        buying, selling = self.books[buy, symbol], self.books[sell, symbol]
        dearer, cheaper = 1.0 + _SLIPPAGE_PCT / 200.0, 1.0 - _SLIPPAGE_PCT / 200.0
        paid = buying.ask * dearer * (1.0 + buying.fee)
        got = selling.bid * cheaper * (1.0 - selling.fee)
        return 100.0 * (got - paid) / (buying.ask * dearer) >= _MIN_PROFIT_PCT


def _all_pairs() -> list[Pair]:
    return [(symbol, *pair) for symbol in _SYMBOLS for pair in permutations(_VENUES, 2)]


class _World:
    """The strategy under test and the oracle, told the same things."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.universe = Universe()
        for symbol in _SYMBOLS:
            self.universe.add(*symbol.split("/"))
        self.board = QuoteBoard(_VENUES)
        self.funnel = RejectFunnel(len(_VENUES))
        self.opportunities = OpportunityBook()
        self.strategy = ArbitrageStrategy(
            self.board,
            self.universe,
            _VENUES,
            DetectionSettings(_MIN_PROFIT_PCT, _SLIPPAGE_PCT),
            self.funnel,
            self.opportunities,
        )
        self.strategy.add_signal_callback(self._on_signal)
        self.oracle = _Oracle()
        self.now_ns = 10**18
        self.signals: list[ArbitrageSignal] = []
        self.traded: set[Pair] = set()
        self.counted: Counter[Pair] = Counter()
        self.nearest = 1.0
        # What the oracle thinks of each opportunity's edge at the end of every step.
        self.lives: dict[int, list[tuple[int, float]]] = {}
        self.ended: list[Opportunity] = []
        self.ticked_ns = 0
        self.opportunities.add_closed_callback(self._on_closed)
        for venue, name in enumerate(_VENUES):
            for row, symbol in enumerate(_SYMBOLS):
                self.oracle.books[name, symbol] = _Book()
                self.board.set_fee(venue, row, 0.001)
            self.board.set_venue_verdict(venue, FeedState.LIVE)

    def _on_closed(self, opportunity: Opportunity) -> None:
        self.lives[opportunity.id].append((self.ticked_ns, 0.0))
        self.ended.append(opportunity)

    def _on_signal(self, signal: ArbitrageSignal) -> None:
        """Answer like a money core: commit, deny, or not yet."""
        assert self.funnel.balanced
        assert signal.buy.tradeable
        assert signal.sell.tradeable
        self.signals.append(signal)
        answer = self.draw.random()
        if answer < 0.2:
            self.funnel.commit(signal.opportunity_id)
            self.opportunities.mark_traded(signal.opportunity_id, f"p{signal.opportunity_id}")
            self.traded.add((signal.symbol, signal.buy.venue, signal.sell.venue))
        elif answer < 0.8:
            self.funnel.count(signal.opportunity_id, Reason.COOLDOWN)
            self.opportunities.mark_denied(signal.opportunity_id, Reason.COOLDOWN)

    def step(self) -> None:
        """Let one thing happen and compare everything."""
        before = self.oracle.standing()
        traded = {pair for pair in self.traded if pair in before}
        candidates = self.funnel.candidates
        self.signals.clear()
        self.now_ns += self.draw.randrange(40 * MS) + 1
        ticked: tuple[str, str] | None = None
        if self.draw.random() < 0.9:
            ticked = self._tick()
        else:
            self._other()
        after = self.oracle.standing()
        if ticked is None:
            expected = before ^ after
            self._note_nearest(expected)
            due = {pair for pair in after - before if self.oracle.due(pair)}
        else:
            venue, symbol = ticked
            touched = [p for p in _all_pairs() if p[0] == symbol and venue in p[1:]]
            expected = {pair for pair in touched if self.oracle.gross(pair)}
            due = {pair for pair in touched if self.oracle.due(pair) and pair not in traded}
            self._assert_others_unmoved(before, after, touched)
            self._note_nearest(expected)
        assert self.funnel.candidates - candidates == len(expected)
        self.counted.update(expected)
        assert Counter((s.symbol, s.buy.venue, s.sell.venue) for s in self.signals) == Counter(due)
        self.traded &= after
        for opportunity in self.opportunities.opened():
            pair = (opportunity.symbol, opportunity.buy, opportunity.sell)
            life = self.lives.setdefault(opportunity.id, [])
            life.append((self.ticked_ns, self.oracle.net_pct(pair)))
        if self.draw.random() < 0.2:
            self.ticked_ns = self.now_ns
            self.strategy.advance(self.now_ns)
        self._assert_same(after)

    def _note_nearest(self, examined: set[Pair]) -> None:
        """Keep the highest bid for an ask that did not clear the fees, and compare."""
        for symbol, buy, sell in examined:
            pair = (symbol, buy, sell)
            tradeable = self.oracle.tradeable(buy, symbol) and self.oracle.tradeable(sell, symbol)
            if tradeable and self.oracle.gross(pair) and self.oracle.net_pct(pair) <= 0.0:
                bid = self.oracle.books[sell, symbol].bid
                self.nearest = max(self.nearest, bid / self.oracle.books[buy, symbol].ask)
        found = self.strategy.nearest
        if found is None:
            assert self.nearest == 1.0
        else:
            clears_at_pct = 100.0 * (self.nearest - 1.0) / (self.nearest + 1.0)
            assert abs(found.clears_at_pct - clears_at_pct) < 1e-9

    @staticmethod
    def _assert_others_unmoved(before: set[Pair], after: set[Pair], touched: list[Pair]) -> None:
        assert before - set(touched) == after - set(touched)

    def _tick(self) -> tuple[str, str] | None:
        venue, row = self.draw.randrange(len(_VENUES)), self.draw.randrange(len(_SYMBOLS))
        book = self.oracle.books[_VENUES[venue], _SYMBOLS[row]]
        mid = 100.0 * (1.0 + self.draw.gauss(0.0, 0.0020))
        half = mid * self.draw.choice([0.0001, 0.0003])
        quote = [mid - half, self.draw.uniform(0.1, 2.0), mid + half, self.draw.uniform(0.1, 2.0)]
        odd = self.draw.random()
        if odd < 0.05:
            quote = [book.bid, book.bid_size, book.ask, book.ask_size]  # the same again
        elif odd < 0.07:
            quote = [book.bid, quote[1], book.ask, quote[3]]  # other sizes
        elif odd < 0.1:
            quote[0], quote[2] = quote[2], quote[0]  # crossed
        elif odd < 0.13:
            quote[2:] = [0.0, 0.0]
        elif odd < 0.16:
            quote[:2] = [0.0, 0.0]
        elif odd < 0.2:
            bad = [float("nan"), float("inf"), 0.0, -1.0, 1e300]
            quote[self.draw.randrange(4)] = self.draw.choice(bad)
        bid, bid_size, ask, ask_size = quote
        stood = {pair[0] for pair in self.oracle.standing()}
        ticker = Ticker(venue, row, bid, bid_size, ask, ask_size, 0, self.now_ns)
        change = self.board.update(ticker)
        resized = change and book.usable and book.fresh and not book.stale
        resized = resized and (book.bid, book.ask) == (bid, ask)
        sides = ((bid, bid_size), (ask, ask_size))
        if all((p, s) == (0.0, 0.0) or (0 < p < 1e12 and 0 < s < 1e12) for p, s in sides):
            book.bid, book.bid_size, book.ask, book.ask_size = quote
            book.fresh, book.stale = True, False
            book.usable = bool(bid and ask) and bid < ask
        else:
            book.fresh = False
        if not change:
            return None
        self.ticked_ns = self.now_ns
        self.strategy.on_ticker(ticker, change)
        if resized and book.fresh and _SYMBOLS[row] not in stood:
            return None  # no size makes an edge of prices that were none
        return _VENUES[venue], _SYMBOLS[row]

    def _other(self) -> None:
        venue, row = self.draw.randrange(len(_VENUES)), self.draw.randrange(len(_SYMBOLS))
        name, symbol = _VENUES[venue], _SYMBOLS[row]
        book = self.oracle.books[name, symbol]
        what = self.draw.randrange(5)
        if what == 0:
            verdict = self.draw.choice([*FeedState, *[FeedState.LIVE] * 9])
            self.oracle.live[name] = verdict is FeedState.LIVE
            self.board.set_venue_verdict(venue, verdict)
        elif what == 1:
            book.depth = self.draw.choice([FeedState.LIVE, FeedState.GAPPED, FeedState.CROSSED])
            self.board.set_book_state(venue, row, book.depth)
        elif what == 2:
            book.stale = True
            self.board.set_book_state(venue, row, FeedState.STALE)
        elif what == 3:
            book.fee = self.draw.choice([0.001, 0.0008, 0.002])
            self.board.set_fee(venue, row, book.fee)
        else:
            for each in _SYMBOLS:
                other = self.oracle.books[name, each]
                other.fresh, other.stale, other.depth = False, False, FeedState.LIVE
            self.board.clear_venue(venue)
            # Most are back at once; otherwise the run would be spent disconnected.
            self.oracle.live[name] = True
            self.board.set_venue_verdict(venue, FeedState.LIVE)

    def assert_funnel_adds_up(self) -> None:
        """Compare the funnel per pair with what the oracle saw, and its sum with the totals."""
        pairs = self.funnel.pairs()
        found = {
            (_SYMBOLS[row], _VENUES[buy], _VENUES[sell]): funnel.candidates
            for (row, buy, sell), funnel in pairs.items()
        }
        assert found == dict(self.counted)
        rejected: Counter[str] = Counter()
        for funnel in pairs.values():
            ended = sum(funnel.rejected.values()) + funnel.committed
            assert funnel.candidates == ended + funnel.pending
            rejected.update({reason.value: n for reason, n in funnel.rejected.items()})
        assert rejected == Counter(self.funnel.counts())
        assert sum(funnel.committed for funnel in pairs.values()) == self.funnel.committed
        assert sum(funnel.pending for funnel in pairs.values()) == self.funnel.pending

    def assert_lives_are_right(self) -> None:
        """Recompute every ended opportunity's life from what the oracle saw."""
        for opportunity in self.ended:
            life = self.lives[opportunity.id]
            assert (opportunity.opened_ns, opportunity.closed_ns) == (life[0][0], life[-1][0])
            assert abs(opportunity.peak_pct - max(pct for _, pct in life)) < 1e-9
            for delay_ms, pct in zip(CAPTURE_DELAYS_MS, opportunity.capturable_pct, strict=True):
                until_ns = opportunity.opened_ns + delay_ms * MS
                expected = next(pct for at_ns, pct in reversed(life) if at_ns <= until_ns)
                assert abs(pct - expected) < 1e-9
            assert abs(opportunity.path.points[0][1] - life[0][1]) < 1e-9
            assert abs(opportunity.path.points[-1][1] - life[-2][1]) < 1e-9

    def _assert_same(self, standing: set[Pair]) -> None:
        opened = {(o.symbol, o.buy, o.sell) for o in self.opportunities.opened()}
        assert opened == standing
        assert self.funnel.balanced
        rows = Counter(self.universe.row(symbol) for symbol, _, _ in standing)
        assert self.opportunities.rows == dict(rows)
        highest: list[float] = []
        for row, symbol in enumerate(_SYMBOLS):
            usable = [v for v in _VENUES if self.oracle.tradeable(v, symbol)]
            edges = {
                (buy, sell): self.oracle.net_pct((symbol, buy, sell))
                for buy, sell in permutations(usable, 2)
            }
            best = self.strategy.ranking.best_edge(row)
            assert (best is None) is (not edges)
            if best is not None:
                highest.append(max(edges.values()))
                buy, sell, pct = best
                assert abs(pct - max(edges.values())) < 1e-9
                assert abs(pct - edges[_VENUES[buy], _VENUES[sell]]) < 1e-9
        ranked = self.strategy.ranking.best_edges()
        assert len(ranked) == len(highest)
        for edge, pct in zip(ranked, sorted(highest, reverse=True), strict=True):
            assert abs(edge[3] - pct) < 1e-9


@given(seed=st.integers(0, 2**32))
def test_detection_equals_brute_force_at_every_tick(seed: int) -> None:
    world = _World(random.Random(seed))
    for _ in range(250):
        world.step()
    world.assert_funnel_adds_up()
    world.assert_lives_are_right()


def test_what_it_counted_is_also_found_again_in_the_life_cycle() -> None:
    world = _World(random.Random(7))
    signalled: set[int] = set()
    closed: list[int] = []
    world.opportunities.add_closed_callback(lambda o: closed.append(o.id))
    for _ in range(6000):
        world.step()
        signalled |= {signal.opportunity_id for signal in world.signals}
    opened = [o.id for o in world.opportunities.opened()]
    world.assert_lives_are_right()
    assert any(o.capturable_pct[2] > 0.0 for o in world.ended)
    assert world.opportunities.signalled_total == len(signalled)
    assert sorted(closed + opened) == list(range(1, world.opportunities.opened_total + 1))
    # The world is rich enough for the comparison above to mean something.
    assert len(signalled) > 100
    assert set(world.funnel.counts()) == {
        "fee",
        "data_fresh",
        "crossed",
        "cooldown",
        "duplicate_intent",
    }
    assert world.funnel.committed > 20
