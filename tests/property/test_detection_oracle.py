"""Detection and gate against `naive_detection`, whatever happens to quotes, venues and settings.

After every step: the list of edges, the opportunities that stand and why they are not traded, and
the funnel of every pair, reason by reason. Fees and bounds are chosen so that no edge of prices on
the grid lies on one: what floats find and decimals say is then the same.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.ledger import OPENING
from arbot_tui.domain.quotes import Ticker
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import UNCHANGED, QuoteBoard
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.config import FilterConfig, IdentityConfig, PremiumConfig, TrendConfig
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.filters import BuiltinFilters
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.lifecycle import OpportunityBook
from arbot_tui.strategy.trading_strategy import Market
from arbot_tui.trading.core.commands import Commit, Deny
from arbot_tui.trading.core.events import Committed, Signalled
from arbot_tui.trading.core.step import step
from tests.property.naive_detection import (
    AMOUNT,
    COOLDOWN_NS,
    LOT,
    MAX_PROFIT_PCT,
    MIN_NOTIONAL,
    MIN_PROFIT_PCT,
    MS,
    SLIPPAGE_PCT,
    TICK,
    Book,
    Naive,
    Pair,
)
from tests.unit.trading.gate_state import tradeable_state
from tests.unit.trading.rig import LIMITS

_VENUES = ("ant", "bee", "cow", "dog")
_SYMBOLS = ("AAA/USDT", "BBB/USDT")
_FEES = (Decimal("0.00093"), Decimal("0.00071"), Decimal("0.00113"), Decimal("0.00083"))
_PLENTY = Decimal(100_000)

_SIZES = ("0.3", "2.5", "40")
_NAMES = ("AAA", "BBB", "AAA@ANT", "BBB@COW")


def _drawn(draw: random.Random) -> tuple[object, ...]:
    """Return something that happens, mostly a quote.

    A quote is its middle in hundredths above 100, half its spread in hundredths, and both sizes.
    """
    venue, row = draw.randrange(len(_VENUES)), draw.randrange(len(_SYMBOLS))
    match draw.randrange(40):
        case 0 | 1:
            return "again", venue, row, draw.random() < 0.5
        case 2 | 3:
            return "odd", venue, row, draw.choice(["crossed", "no bid", "no ask", "nan"])
        case 4 | 5:
            return "feed", venue, draw.choice(["live", "live", "live", "delayed", "down"])
        case 6:
            return "halt", venue, row, draw.random() < 0.3
        case 7:
            denied, allowed = (tuple(draw.sample(_NAMES, draw.randrange(2))) for _ in range(2))
            return "lists", denied, allowed
        case 8:
            return "filters", *(draw.random() < 0.3 for _ in range(3))
        case 9:
            return "life", draw.choice([0, 80])
        case 10:
            held = draw.choice([Decimal(0), _PLENTY, _PLENTY, _PLENTY])
            return "balance", venue, draw.choice(["AAA", "BBB", "USDT"]), held
        case _:
            quote = (
                draw.choice([draw.randint(-25, 25), draw.randint(-80, 80)]),
                draw.choice([1, 4]),
                *draw.choices(_SIZES, k=2),
            )
            return "quote", venue, row, quote


class _World:
    """The program's parts and the plain ones, told the same."""

    def __init__(self, venues: int) -> None:
        names = _VENUES[:venues]
        self.names = names
        self.universe, self.board = Universe(), QuoteBoard(names)
        self.funnel, self.lives = RejectFunnel(venues), OpportunityBook()
        for symbol in _SYMBOLS:
            self.universe.add(*symbol.split("/"))
        self.strategy = ArbitrageStrategy(
            self.board,
            self.universe,
            names,
            DetectionSettings(float(MIN_PROFIT_PCT), float(SLIPPAGE_PCT)),
            self.funnel,
            self.lives,
        )
        # Prices here are never so far apart that they alone would tell of another coin.
        self.strategy.apply_identity(IdentityConfig(identity_ratio_pct=50.0))
        self.strategy.add_signal_callback(self._on_signal)
        self.filters = BuiltinFilters(
            Market(self.board, self.universe), FilterConfig(), TrendConfig(), PremiumConfig()
        )
        rules = [
            Instrument(venue, symbol, base, quote, TICK, LOT, min_notional=MIN_NOTIONAL)
            for venue in names
            for symbol in _SYMBOLS
            for base, quote in [symbol.split("/")]
        ]
        fees = [TradingFees(fee, fee) for fee in _FEES[:venues] for _ in _SYMBOLS]
        held = {(venue, asset): _PLENTY for venue in names for asset in ("AAA", "BBB", "USDT")}
        limits = msgspec.structs.replace(
            LIMITS,
            min_profit_pct=MIN_PROFIT_PCT,
            max_profit_pct=MAX_PROFIT_PCT,
            trade_amount_quote=AMOUNT,
            slippage_pct=SLIPPAGE_PCT,
            cooldown_ns=COOLDOWN_NS,
            collar_pct=Decimal(50),
            collar_median_pct=Decimal(50),
        )
        self.core = tradeable_state(rules, fees, held, limits)
        self.naive = Naive(
            {(v, s): Book(fee) for v, fee in zip(names, _FEES, strict=False) for s in _SYMBOLS},
            names,
            _SYMBOLS,
            feeds=dict.fromkeys(names, "live"),
            balances=held,
        )
        self.now_ns = 10**18
        for venue in range(venues):
            for row in range(len(_SYMBOLS)):
                self.board.set_fee(venue, row, float(_FEES[venue]))
            self.board.set_venue_verdict(venue, FeedState.LIVE)

    def _on_signal(self, signal: ArbitrageSignal) -> None:
        """Let the money core judge; a pair of it ends before its orders leave."""
        for command in step(self.core, Signalled(signal, Decimal(10**6)), self.now_ns):
            if isinstance(command, Deny):
                self.funnel.count(command.opportunity_id, command.reason)
                self.lives.mark_denied(command.opportunity_id, command.reason)
            elif isinstance(command, Commit):
                pair = self.core.pairs[f"p{self.core.pair_no}"]
                self.funnel.commit(pair.opportunity_id)
                self.lives.mark_traded(pair.opportunity_id, pair.id)
                step(self.core, Committed(command.commit_id, ()), self.now_ns)
        assert not self.core.in_flight

    def take(self, wait_ms: int, action: tuple[object, ...]) -> None:
        """Let some time pass and one thing happen."""
        self.now_ns += wait_ms * MS
        self.strategy.advance(self.now_ns)
        match action:
            case (str(what), int(venue), *rest) if venue >= len(self.names):
                self.take(0, (what, venue - 1, *rest))
            case ("quote", int(venue), int(row), tuple(quote)):
                self._good(venue, row, *quote)
            case ("again", int(venue), int(row), bool(resized)):
                self._again(venue, row, resized=resized)
            case ("odd", int(venue), int(row), str(kind)):
                self._odd(venue, row, kind)
            case ("feed", int(venue), str(verdict)):
                self.naive.feeds[self.names[venue]] = verdict
                self.board.set_venue_verdict(venue, FeedState(verdict))
                self.naive.disturbed(self.now_ns)
            case ("halt", int(venue), int(row), bool(halted)):
                self.naive.books[self.names[venue], _SYMBOLS[row]].halted = halted
                self.board.set_closed(venue, row, halted)
                self.naive.disturbed(self.now_ns)
            case ("lists", tuple(denied), tuple(allowed)):
                self.naive.denied, self.naive.allowed = denied, allowed
                self.strategy.apply_identity(
                    IdentityConfig(
                        identity_ratio_pct=50.0, identity_deny=denied, identity_allow=allowed
                    )
                )
                self.naive.disturbed(self.now_ns)
            case ("filters", bool(volume), bool(age), bool(deviation)):
                self._filter(volume=volume, age=age, deviation=deviation)
            case ("life", int(ms)):
                self.naive.least_life_ns = ms * MS
                self.strategy.apply(
                    msgspec.structs.replace(self.strategy.settings, min_life_ns=ms * MS)
                )
            case ("balance", int(venue), str(asset), Decimal() as amount):
                name = self.names[venue]
                more = amount - self.naive.balances[name, asset]
                self.naive.balances[name, asset] = amount
                self.core.ledger.post([(name, asset, more), (OPENING, asset, -more)])
            case _:
                raise AssertionError(action)

    def _filter(self, *, volume: bool, age: bool, deviation: bool) -> None:
        naive = self.naive
        naive.least_value = Decimal("121.37") if volume else Decimal(0)
        naive.oldest_ns = 300 * MS if age else 0
        naive.farthest_pct = Decimal("0.1713") if deviation else Decimal(0)
        config = FilterConfig(
            min_top_volume_usd=naive.least_value,
            max_signal_age_ms=naive.oldest_ns // MS,
            max_price_deviation_pct=float(naive.farthest_pct),
        )
        self.filters.apply(config, TrendConfig(), PremiumConfig())
        self.strategy.filters = self.filters.active

    def _tell(
        self, venue: int, row: int, bid: float, bid_size: float, ask: float, ask_size: float
    ) -> int:
        """Hand a quote on as the engine does; return what it was to the board."""
        ticker = Ticker(venue, row, bid, bid_size, ask, ask_size, 0, self.now_ns)
        change = self.board.update(ticker)
        if change:
            self.strategy.on_ticker(ticker, change)
        return change

    def _good(
        self, venue: int, row: int, middle: int, half: int, bid_size: str, ask_size: str
    ) -> None:
        name, symbol = self.names[venue], _SYMBOLS[row]
        book = self.naive.books[name, symbol]
        bid = Decimal(10_000 + middle - half) / 100
        ask = Decimal(10_000 + middle + half) / 100
        before = (book.condition, book.bid, book.ask)
        sizes = (book.bid_size, book.ask_size)
        book.condition, book.bid, book.ask, book.heard_ns = "good", bid, ask, self.now_ns
        book.bid_size, book.ask_size = Decimal(bid_size), Decimal(ask_size)
        moved = before != ("good", bid, ask)
        news = moved or sizes != (book.bid_size, book.ask_size)
        change = self._tell(venue, row, float(bid), float(bid_size), float(ask), float(ask_size))
        assert (change != UNCHANGED) is news
        if news:
            self.naive.quoted(name, symbol, self.now_ns, moved=moved)

    def _again(self, venue: int, row: int, *, resized: bool) -> None:
        book = self.naive.books[self.names[venue], _SYMBOLS[row]]
        if book.condition == "good" and book.bid and book.ask:
            half = (book.ask - book.bid) * 50
            middle = (book.ask + book.bid) * 50 - 10_000
            bid_size = "7.7" if resized else str(book.bid_size)
            self._good(venue, row, int(middle), int(half), bid_size, str(book.ask_size))

    def _odd(self, venue: int, row: int, kind: str) -> None:
        """Quote what cannot be traded upon: each is news only where it was not so before."""
        name, symbol = self.names[venue], _SYMBOLS[row]
        book = self.naive.books[name, symbol]
        before = (book.condition, book.bid, book.bid_size, book.ask, book.ask_size)
        if kind == "nan":
            if book.condition != "none":
                book.condition = "broken"
            change = self._tell(venue, row, math.nan, 1.0, 100.0, 1.0)
        else:
            bid = None if kind == "no bid" else Decimal("100.4")
            ask = None if kind == "no ask" else Decimal("99.8")
            book.condition = "crossed" if bid and ask else "one-sided"
            book.bid, book.bid_size = bid, Decimal(bool(bid))
            book.ask, book.ask_size = ask, Decimal(bool(ask))
            book.heard_ns = self.now_ns
            sizes = (float(book.bid_size), float(book.ask_size))
            change = self._tell(venue, row, float(bid or 0), sizes[0], float(ask or 0), sizes[1])
        after = (book.condition, book.bid, book.bid_size, book.ask, book.ask_size)
        assert (change != UNCHANGED) is (after != before)
        if change:
            self.naive.quoted(name, symbol, self.now_ns, moved=True)

    def compare(self) -> None:
        """Compare everything that a trader sees."""
        naive = self.naive
        listed = {_SYMBOLS[row]: (buy, sell, pct) for row, buy, sell, pct in self._ranked()}
        best = {symbol: found for symbol in _SYMBOLS if (found := naive.best(symbol))}
        assert set(listed) == set(best)
        for symbol, (pct, pairs) in best.items():
            buy, sell, shown = listed[symbol]
            assert (symbol, self.names[buy], self.names[sell]) in pairs
            assert abs(Decimal(shown) - pct) < Decimal("1e-9")
        opened = {(o.symbol, o.buy, o.sell): o for o in self.lives.opened()}
        assert set(opened) == set(naive.open)
        for pair, life in naive.open.items():
            opportunity = opened[pair]
            assert (opportunity.opened_ns, opportunity.reason) == (life.since_ns, life.refused)
            assert bool(opportunity.pair_id) is life.traded
            assert abs(Decimal(opportunity.edge_pct) - naive.net_pct(pair)) < Decimal("1e-9")
            assert Decimal(repr(opportunity.qty)) == naive.offered(pair)
        assert self._counts() == naive.counts
        assert self.funnel.balanced
        assert self.funnel.candidates == sum(naive.counts.values())

    def _ranked(self) -> list[tuple[int, int, int, float]]:
        ranked = self.strategy.ranking.best_edges()
        assert ranked == sorted(ranked, key=lambda edge: -edge[3])
        return ranked

    def _counts(self) -> Counter[tuple[Pair, str]]:
        found: Counter[tuple[Pair, str]] = Counter()
        for (row, buy, sell), funnel in self.funnel.pairs().items():
            pair = (_SYMBOLS[row], self.names[buy], self.names[sell])
            assert funnel.pending == 0
            for reason, count in funnel.rejected.items():
                found[pair, reason.value] += count
            if funnel.committed:
                found[pair, "committed"] += funnel.committed
        return found


def _play(venues: int, seed: int, steps: int) -> _World:
    draw, world = random.Random(seed), _World(venues)
    for _ in range(steps):
        world.take(draw.randint(1, 120), _drawn(draw))
        world.compare()
    return world


@given(venues=st.integers(3, 4), seed=st.integers(0, 2**32))
def test_detection_says_what_a_plain_calculation_says(venues: int, seed: int) -> None:
    _play(venues, seed, 60)


def test_what_is_compared_holds_every_end_of_a_candidate() -> None:
    # But for `worst_case_edge`: limits are rounded to the safe side of what detection asked for.
    counts = _play(4, 1, 1000).naive.counts
    assert {reason for _, reason in counts} == {
        "fee",
        "status_ok",
        "crossed",
        "data_fresh",
        "identity_ok",
        "filter",
        "duplicate_intent",
        "cooldown",
        "edge_too_good",
        "depth",
        "balance_reserved",
        "committed",
    }
