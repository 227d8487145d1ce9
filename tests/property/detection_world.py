"""Detection and gate beside `naive_detection`, whatever happens to quotes, venues and settings.

After every step: the list of edges, the opportunities that stand and why they are not traded, and
the funnel of every pair, reason by reason; of every pair that was traded, that no other quantity
would have earned more. Fees and bounds are chosen so that no edge of prices on the grid lies on
one: what floats find and decimals say is then the same.
"""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal

import msgspec

from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.ledger import OPENING
from arbot_tui.domain.quotes import BookKind, BookUpdate, Ticker
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.domain.states import FeedState
from arbot_tui.market.board import UNCHANGED, QuoteBoard
from arbot_tui.market.book import BookStatus
from arbot_tui.market.books import BookSet
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
from tests.property.detection_draws import PLENTY, SYMBOLS, VENUES
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
from tests.property.naive_filters import (
    LOOKBACK,
    SAMPLES,
    SIGMAS,
    TREND_PCT,
    WINDOW_NS,
    PremiumMemory,
    TrendMemory,
)
from tests.unit.trading.gate_state import tradeable_state
from tests.unit.trading.rig import LIMITS

__all__ = ["World"]

_FEES = (Decimal("0.00093"), Decimal("0.00071"), Decimal("0.00113"), Decimal("0.00083"))


class World:
    """The program's parts and the plain ones, told the same."""

    def __init__(self, venues: int) -> None:
        names = VENUES[:venues]
        self.names = names
        self.universe, self.board = Universe(), QuoteBoard(names)
        self.funnel, self.lives = RejectFunnel(venues), OpportunityBook()
        for symbol in SYMBOLS:
            self.universe.add(*symbol.split("/"))
        self.strategy = ArbitrageStrategy(
            self.board,
            self.universe,
            names,
            DetectionSettings(float(MIN_PROFIT_PCT), float(SLIPPAGE_PCT)),
            self.funnel,
            self.lives,
            lambda *book: self.books.depth(*book),
        )
        self.books = BookSet(self.board, [Continuity.CONSECUTIVE] * venues, lambda venue, row: None)
        self.messages: Counter[tuple[int, int]] = Counter()
        # Prices here are never so far apart that they alone would tell of another coin.
        self.strategy.apply_identity(IdentityConfig(identity_ratio_pct=50.0))
        self.strategy.add_signal_callback(self._on_signal)
        self.filter_config = FilterConfig()
        self.filters = BuiltinFilters(
            Market(self.board, self.universe), FilterConfig(), TrendConfig(), PremiumConfig()
        )
        rules = [
            Instrument(venue, symbol, base, quote, TICK, LOT, min_notional=MIN_NOTIONAL)
            for venue in names
            for symbol in SYMBOLS
            for base, quote in [symbol.split("/")]
        ]
        fees = [TradingFees(fee, fee) for fee in _FEES[:venues] for _ in SYMBOLS]
        held = {(venue, asset): PLENTY for venue in names for asset in ("AAA", "BBB", "USDT")}
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
            {(v, s): Book(fee) for v, fee in zip(names, _FEES, strict=False) for s in SYMBOLS},
            names,
            SYMBOLS,
            feeds=dict.fromkeys(names, "live"),
            balances=held,
        )
        self.plans: list[tuple[ArbitrageSignal, Decimal, Decimal]] = []
        self.deep = 0
        self.now_ns = 10**18
        for venue in range(venues):
            for row in range(len(SYMBOLS)):
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
                self.plans.append((signal, pair.buy.qty, pair.expected))
                step(self.core, Committed(command.commit_id, ()), self.now_ns)
        assert not self.core.in_flight

    def take(self, wait_ms: int, action: tuple[object, ...]) -> None:
        """Let some time pass and one thing happen."""
        self.now_ns += wait_ms * MS
        self.strategy.advance(self.now_ns)
        match action:
            case (str(what), int(venue), *rest) if venue >= len(self.names):
                self.take(0, (what, venue - 1, *rest))
            case ("quote", int(venue), int(row), (int(mid), int(half), *sizes), tuple(levels)):
                bid, ask = Decimal(10_000 + mid - half) / 100, Decimal(10_000 + mid + half) / 100
                if levels:
                    # The order book comes on its own connection, and here it comes first.
                    self._show(venue, row, "whole", bid, ask, levels)
                self._good(venue, row, bid, ask, *map(str, sizes))
            case ("again", int(venue), int(row), bool(resized)):
                self._again(venue, row, resized=resized)
            case ("odd", int(venue), int(row), str(kind)):
                self._odd(venue, row, kind)
            case ("feed", int(venue), str(verdict)):
                self.naive.feeds[self.names[venue]] = verdict
                self.board.set_venue_verdict(venue, FeedState(verdict))
                self.naive.disturbed(self.now_ns)
            case ("halt", int(venue), int(row), bool(halted)):
                self.naive.books[self.names[venue], SYMBOLS[row]].halted = halted
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
            case ("filters", (bool(volume), bool(age), bool(off)), str(trend), str(premium)):
                self._filter(volume=volume, age=age, deviation=off)
                self._remember(trend, premium)
            case ("depth", int(venue), int(row), str(kind), tuple(levels)):
                book = self.naive.books[self.names[venue], SYMBOLS[row]]
                if book.condition == "good" and book.bid and book.ask:
                    self._show(venue, row, kind, book.bid, book.ask, levels)
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
        self.filter_config = FilterConfig(
            min_top_volume_usd=naive.least_value,
            max_signal_age_ms=naive.oldest_ns // MS,
            max_price_deviation_pct=float(naive.farthest_pct),
        )

    def _remember(self, trend: str, premium: str) -> None:
        """Switch trend and premium; one that stays on keeps what it has seen."""
        naive = self.naive
        naive.trend = (naive.trend or TrendMemory(trend)) if trend else None
        naive.premium = (naive.premium or PremiumMemory(premium)) if premium else None
        if naive.trend:
            naive.trend.mode = trend
        if naive.premium:
            naive.premium.mode = premium
        self.filters.apply(
            self.filter_config,
            TrendConfig.model_validate(
                {
                    "use_trend_filter": bool(trend),
                    "trend_filter_mode": trend or "both",
                    "moving_average_s": WINDOW_NS / 1e9,
                    "trend_confirmation_threshold_pct": float(TREND_PCT),
                }
            ),
            PremiumConfig.model_validate(
                {
                    "enabled": bool(premium),
                    "premium_filter_mode": premium or "skip_outliers",
                    "lookback_periods": LOOKBACK,
                    "min_samples": SAMPLES,
                    "outlier_threshold": float(SIGMAS),
                }
            ),
        )
        self.strategy.filters = self.filters.active

    def _show(
        self,
        venue: int,
        row: int,
        kind: str,
        bid: Decimal,
        ask: Decimal,
        levels: tuple[tuple[str, str], ...],
    ) -> None:
        """Send a depth message: the whole book, what changed in it, or one after a lost one."""
        book = self.naive.books[self.names[venue], SYMBOLS[row]]
        known = book.asks is not None and not book.gapped
        far = {"worse": Decimal("0.02"), "crossed": Decimal("-0.2")}.get(kind, Decimal(0))
        away = [(Decimal(0), Decimal("1.9")), *((Decimal(p), Decimal(s)) for p, s in levels)]
        asks = {ask + far + step: size for step, size in away}
        bids = {bid - far - step: size for step, size in away}
        if kind in ("changed", "gap"):
            if not known:
                return
            self._send_depth(venue, row, BookKind.DELTA, asks, bids, lost=kind == "gap")
            book.gapped = kind == "gap"
            asks, bids = {**(book.asks or {}), **asks}, {**(book.bids or {}), **bids}
        else:
            self._send_depth(venue, row, BookKind.SNAPSHOT, asks, bids, lost=False)
            book.gapped = False
        book.asks, book.bids, book.shown_ns = asks, bids, self.now_ns
        self.naive.disturbed(self.now_ns)

    def _send_depth(
        self,
        venue: int,
        row: int,
        kind: BookKind,
        asks: dict[Decimal, Decimal],
        bids: dict[Decimal, Decimal],
        *,
        lost: bool,
    ) -> None:
        self.messages[venue, row] += 1 + lost
        number, now_ns = self.messages[venue, row], self.now_ns
        demand, supply = (
            [(float(price), float(size)) for price, size in side.items()] for side in (bids, asks)
        )
        update = BookUpdate(venue, row, kind, 0, number, -1, demand, supply, now_ns, now_ns)
        status = self.books.apply(update)
        assert status is (BookStatus.GAP if lost else BookStatus.APPLIED)

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
        self, venue: int, row: int, bid: Decimal, ask: Decimal, bid_size: str, ask_size: str
    ) -> None:
        name, symbol = self.names[venue], SYMBOLS[row]
        book = self.naive.books[name, symbol]
        before = (book.condition, book.bid, book.ask)
        sizes = (book.bid_size, book.ask_size)
        book.condition, book.bid, book.ask, book.heard_ns = "good", bid, ask, self.now_ns
        book.bid_size, book.ask_size = Decimal(bid_size), Decimal(ask_size)
        moved = before != ("good", bid, ask)
        news = moved or sizes != (book.bid_size, book.ask_size)
        if news:
            book.changed_ns = self.now_ns
        change = self._tell(venue, row, float(bid), float(bid_size), float(ask), float(ask_size))
        assert (change != UNCHANGED) is news
        if news:
            self.naive.quoted(name, symbol, self.now_ns, moved=moved)

    def _again(self, venue: int, row: int, *, resized: bool) -> None:
        book = self.naive.books[self.names[venue], SYMBOLS[row]]
        if book.condition == "good" and book.bid and book.ask:
            bid_size = "7.7" if resized else str(book.bid_size)
            self._good(venue, row, book.bid, book.ask, bid_size, str(book.ask_size))

    def _odd(self, venue: int, row: int, kind: str) -> None:
        """Quote what cannot be traded upon: each is news only where it was not so before."""
        name, symbol = self.names[venue], SYMBOLS[row]
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
            book.changed_ns = self.now_ns
            self.naive.quoted(name, symbol, self.now_ns, moved=True)

    def compare(self) -> None:
        """Compare everything that a trader sees."""
        naive = self.naive
        listed = {SYMBOLS[row]: (buy, sell, pct) for row, buy, sell, pct in self._ranked()}
        best = {symbol: found for symbol in SYMBOLS if (found := naive.best(symbol))}
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
        self._compare_plans()
        assert self.funnel.balanced
        assert self.funnel.candidates == sum(naive.counts.values())

    def _compare_plans(self) -> None:
        """Compare what was traded in this step: each as much as pays best, and what it brings."""
        traded = self.naive.traded
        assert len(traded) == len(self.plans)
        for signal, qty, expected in self.plans:
            earned = traded[signal.symbol, signal.buy.venue, signal.sell.venue]
            assert expected == earned[qty] == max(earned.values())
            self.deep += qty > Decimal(repr(min(signal.asks[0][1], signal.bids[0][1])))
        self.plans.clear()
        traded.clear()

    def _ranked(self) -> list[tuple[int, int, int, float]]:
        ranked = self.strategy.ranking.best_edges()
        assert ranked == sorted(ranked, key=lambda edge: -edge[3])
        return ranked

    def _counts(self) -> Counter[tuple[Pair, str]]:
        found: Counter[tuple[Pair, str]] = Counter()
        for (row, buy, sell), funnel in self.funnel.pairs().items():
            pair = (SYMBOLS[row], self.names[buy], self.names[sell])
            assert funnel.pending == 0
            for reason, count in funnel.rejected.items():
                found[pair, reason.value] += count
            if funnel.committed:
                found[pair, "committed"] += funnel.committed
        return found
