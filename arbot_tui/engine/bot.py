"""ArBot: builds the engine from its options, owns its tasks and its life.

    async with ArBot(options) as bot:
        ...                     # bot.client is what a screen or an API talks to
        await bot.stop()        # drain, resolve, reconcile, then close

Everything runs on the caller's loop. Leaving the context without `stop` closes without a drain;
what was in flight is in the journal and is resolved by the next start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from functools import partial
from types import TracebackType

import structlog

from arbot_tui.domain.clock import MS, SECOND, Clock, SystemClock
from arbot_tui.domain.numbers import ZERO, exact, from_float
from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
from arbot_tui.domain.states import TradingState
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.account_feed import AccountFeed
from arbot_tui.engine.client import EngineClient
from arbot_tui.engine.depth import DepthFollower
from arbot_tui.engine.fee_book import FeeBook
from arbot_tui.engine.feeding import MarketFeed
from arbot_tui.engine.frame_builder import FrameBuilder
from arbot_tui.engine.halt_file import HaltFile
from arbot_tui.engine.history import EdgeHistory, EquityHistory
from arbot_tui.engine.judging import FeedJudge
from arbot_tui.engine.key_watch import KeyWatch
from arbot_tui.engine.listings import Listings
from arbot_tui.engine.local import LocalClient
from arbot_tui.engine.loop_lag import LoopLag
from arbot_tui.engine.marking import marked_now
from arbot_tui.engine.operating import CORE_FAILED
from arbot_tui.engine.options import EngineOptions, HotSettings
from arbot_tui.engine.papering import open_accounts, own_impact, put_paper_exchanges
from arbot_tui.engine.quoting import judged_now, quotes_now
from arbot_tui.engine.recording import Recording
from arbot_tui.engine.retention import forget_old_worlds
from arbot_tui.engine.selection import QUOTE_CURRENCY
from arbot_tui.engine.summary import Summary, exchange_summaries, summarise
from arbot_tui.engine.supervisor import supervise
from arbot_tui.engine.transfers import TransferGuard
from arbot_tui.engine.tuning import Tuning
from arbot_tui.engine.valuation import Valuation
from arbot_tui.engine.watching import TradingWatch
from arbot_tui.exchanges.base import BaseExchange
from arbot_tui.exchanges.factory import ExchangeFactory
from arbot_tui.market.board import QuoteBoard
from arbot_tui.market.books import BookSet
from arbot_tui.market.feeds import FeedMonitor
from arbot_tui.market.rates import CrossRates
from arbot_tui.market.universe import Universe
from arbot_tui.strategy.config import FilterConfig
from arbot_tui.strategy.detector import ArbitrageStrategy, DetectionSettings
from arbot_tui.strategy.filters import BuiltinFilters
from arbot_tui.strategy.funnel import RejectFunnel
from arbot_tui.strategy.identity import IdentityGuard
from arbot_tui.strategy.lifecycle import OpportunityBook
from arbot_tui.strategy.plugins import load_strategies
from arbot_tui.strategy.trading_strategy import Market
from arbot_tui.strategy.verdict import run_words
from arbot_tui.trading.account import AccountLocks, make_private_dir, recover
from arbot_tui.trading.config import ArbitrageConfig, RiskConfig
from arbot_tui.trading.core.events import (
    Operator,
    OperatorAction,
    Signalled,
    Started,
)
from arbot_tui.trading.core.limits import Limits
from arbot_tui.trading.core.state import CoreState
from arbot_tui.trading.executor import PairExecutor
from arbot_tui.trading.latency import Latency
from arbot_tui.trading.policy import limits_from

__all__ = ["ArBot"]

_RECONCILE_S = 5.0
_PAR = Decimal(1)

_log = structlog.get_logger("engine")


class ArBot:
    """The composition root: one account, its venues, detection, trading and records."""

    def __init__(self, options: EngineOptions, clock: Clock | None = None) -> None:
        """Build the parts that need no file and no network.

        Raises:
            ConfigError: A strategy that was asked for is not installed or cannot be used.
        """
        self.options = options
        self.clock: Clock = clock or SystemClock()
        self.venues = tuple(config.name for config in options.venues)
        self.quote_currency = QUOTE_CURRENCY
        self.universe = Universe()
        self.board = QuoteBoard(self.venues)
        self.monitor = FeedMonitor(self.venues)
        self.opportunities = OpportunityBook()
        self.funnel = RejectFunnel(len(self.venues))
        self.loop_lag = LoopLag(self.clock)
        factory = ExchangeFactory()
        self.exchanges: dict[str, BaseExchange] = {
            config.name: factory.create(config, self.clock) for config in options.venues
        }
        continuity = [exchange.continuity for exchange in self.exchanges.values()]
        self.books = BookSet(self.board, continuity, self.resync_book)
        put_paper_exchanges(self)
        self.strategy = ArbitrageStrategy(
            self.board,
            self.universe,
            self.venues,
            _detection(options.arbitrage, options.filters),
            self.funnel,
            self.opportunities,
            self.books.depth,
            IdentityGuard(self.board, self.universe, options.identity),
        )
        self.market = Market(self.board, self.universe)
        self.transfers = TransferGuard(self)
        self.user_strategies = [
            *load_strategies(options.plugins.strategies, self.market, _log_strategy_failure),
            *own_impact(self),
            self.transfers,
        ]
        self.filters = BuiltinFilters(self.market, options.filters, options.trend, options.premium)
        self.strategy.filters = (*self.filters.active, *self.user_strategies)
        self.strategy.add_signal_callback(self._on_signal)
        self.rates = CrossRates(self.board, self.universe, self.quote_currency)
        self.valuation = Valuation(self.rates)
        if len(options.quotes.enabled_quote_currencies) > 1:
            self.strategy.follow_quotes(self.rates, options.quotes)
        self.fees = FeeBook(self)
        self.judge = FeedJudge(self)
        self.feed = MarketFeed(
            self.board, self.books, self.monitor, self.strategy, self.judge.judge
        )
        self.decode_to_signal = Latency()
        self.started_ns = self.clock.now_ns()
        self.listings = Listings(self)
        self.core = CoreState()
        self.depth = DepthFollower(self)
        self.watch = TradingWatch(self)
        self.keys = KeyWatch(self)
        self.halt_file = HaltFile(self)
        self.frames = FrameBuilder(self)
        self.edge_history = EdgeHistory(self.board, self.venues)
        self.equity_history = EquityHistory()
        self.tuning = Tuning(self)
        self.client: EngineClient = LocalClient(self)
        self.equity_quote: Decimal | None = None
        self._executor: PairExecutor | None = None
        self._recording: Recording | None = None
        self._stack = AsyncExitStack()
        self._group: asyncio.TaskGroup | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._instance = ""
        self.failed = asyncio.Event()
        """Set when the money core itself failed: nothing is traded any more."""

    def apply_strategy(self, hot: HotSettings) -> None:
        """Let detection go by `hot` from the next quote on, without losing what it has seen.

        The money core's share of it is an event of its own.
        """
        self.strategy.apply(_detection(hot.arbitrage, hot.filters))
        self.strategy.apply_identity(hot.identity)
        self.strategy.apply_quotes(hot.quotes)
        self.filters.apply(hot.filters, hot.trend, hot.premium)
        self.strategy.filters = (*self.filters.active, *self.user_strategies)

    def limits(self, arbitrage: ArbitrageConfig, risk: RiskConfig) -> Limits:
        """Return the limits of this run under these settings."""
        options = self.options
        return limits_from(
            arbitrage,
            risk,
            options.profile,
            real_money=options.real_money,
            orders_per_s={name: each.orders_per_s for name, each in self.exchanges.items()},
        )

    @property
    def executor(self) -> PairExecutor:
        """The executor; there is one between entering and leaving the context."""
        if self._executor is None:
            raise RuntimeError("the engine is not running")
        return self._executor

    @property
    def latencies(self) -> dict[str, Latency]:
        """Latency recorders by their name in the summary."""
        return {
            "decode_to_signal": self.decode_to_signal,
            "signal_to_commit": self.executor.signal_to_commit,
            "commit_to_send": self.executor.commit_to_send,
        }

    async def __aenter__(self) -> ArBot:
        """Initialise and start.

        Raises:
            ArbotError: The account is locked, a file or folder cannot be used, fewer than two
                venues answer, or a symbol is not known.
        """
        try:
            await self.initialize()
            await self.start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Cancel every task, close every connection and file."""
        for task in self._tasks:
            task.cancel()
        await self._stack.aclose()

    async def initialize(self) -> None:
        """Lock and recover the account, reach the venues, choose the symbols."""
        options = self.options
        make_private_dir(options.account_dir)
        keys = [(c.name, c.credentials.api_key) for c in options.venues if c.credentials]
        self._stack.enter_context(AccountLocks(options.account_dir, keys))
        if options.world is not None:
            forget_old_worlds(options.account_dir)
        journal, self.core = recover(options.account_dir)
        self._instance = journal.instance
        self._stack.callback(journal.close)
        for exchange in self.exchanges.values():
            self._stack.push_async_callback(exchange.close)
        self._executor = PairExecutor(
            self.core, journal, self.exchanges, self.clock, self.quotes, self.watch
        )
        self._stack.push_async_callback(self._executor.close)
        open_accounts(self)
        self._recording = await self._stack.enter_async_context(Recording(self))
        await self._recording.catch_up(self.core, journal.instance)
        await self.listings.load()

    async def start(self) -> None:
        """Begin to follow the market; trading starts stopped, or as the options say."""
        executor = self.executor
        options = self.options
        limits = self.limits(options.arbitrage, options.risk)
        executor.handle(Started(self._instance, self.venues, limits))
        # Before anything else can happen: asked for while nobody ran, it is asked for now.
        self.halt_file.look()
        self._group = await self._stack.enter_async_context(asyncio.TaskGroup())
        for name in self.venues:
            self._spawn(f"feed {name}", partial(self.listings.run_venue, name))
            exchange = self.exchanges[name]
            if exchange.has_private_stream:
                account = AccountFeed(name, executor.handle)
                self._spawn(f"account {name}", partial(exchange.connect_private, account))
            self._spawn(f"key {name}", partial(self.keys.run, name))
        self._spawn("halt file", self.halt_file.run)
        self._spawn("verdicts", self.judge.run)
        self._spawn("listings", self.listings.run_refresh)
        self._spawn("depth", self.depth.run)
        self._spawn("transfers", self.transfers.run)
        self._spawn("clocks", self.listings.run_clocks)
        self._spawn("loop lag", self.loop_lag.run)
        self._spawn("sampling", self._run_sampling)
        self._spawn("recording", self.recording.run)
        self._tasks.append(self._group.create_task(self._watch_core(), name="core watch"))

    async def _watch_core(self) -> None:
        """An error in the money core ends the run; whatever is open is in the journal."""
        error = await self.executor.failure()
        _log.critical("core_failed", error=type(error).__name__, message=str(error))
        self.watch.alarm = "core_failed: trading has ended, quit and start again"
        self.failed.set()

    @property
    def recording(self) -> Recording:
        """What writes to the database."""
        if self._recording is None:
            raise RuntimeError("the engine is not running")
        return self._recording

    async def stop(self, resolve_s: float = 30.0) -> Summary:
        """Drain, resolve for at most `resolve_s`, compare balances, and sum up the run."""
        self.judge.start_wanted = False
        executor = self.executor
        executor.handle(Operator(OperatorAction.DRAIN, "ending"))
        if not self.failed.is_set():
            await self._until(lambda: not self.core.working(), resolve_s)
            executor.handle(Operator(OperatorAction.RECONCILE))
            await self._until(self._reconciled, _RECONCILE_S)
        summary = summarise(self, exchange_summaries(self))
        opened = self.opportunities.opened_total
        _log.info("verdict", verdict=run_words(self.strategy.nearest, opened))
        await self.recording.finish(summary)
        return summary

    def _reconciled(self) -> bool:
        """Every venue's balances were compared, with whatever result.

        Those that only an earlier run traded on are asked nothing in this one.
        """
        venues = map(self.core.venue, self.venues)
        return all(venue.reconciled or venue.mismatches for venue in venues if venue.opened)

    async def _until(self, condition: Callable[[], bool], timeout_s: float) -> None:
        """Wait for the core to get there; returns either way."""
        try:
            async with asyncio.timeout(timeout_s):
                await self.executor.wait_until(condition)
        except TimeoutError:
            return

    def quotes(self, symbol: str) -> tuple[QuoteView, ...]:
        """Return a symbol's quote on every venue, with its verdict, as of now."""
        return quotes_now(self, symbol)

    def _spawn(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        if self._group is None:
            raise RuntimeError("the engine is not running")
        self._tasks.append(self._group.create_task(supervise(name, run), name=name))

    async def _run_sampling(self) -> None:
        """Once a second: identities, sparks, rates and the value of the account."""
        while True:
            await asyncio.sleep(1.0)
            for venue, row in self.strategy.check_identity(self.clock.now_ns()):
                why = self.strategy.identity.why(venue, row)
                symbol = self.universe.symbol(row)
                _log.warning("identity_doubted", venue=self.venues[venue], symbol=symbol, why=why)
            self.frames.sample()
            self.equity_quote, whole = self._worth()
            self.fees.review()
            self.edge_history.sample(len(self.universe))
            realised = self.valuation.run(self.core).realised
            now_ns, worth = self.clock.now_ns(), self.equity_quote
            self.equity_history.sample(now_ns, worth, realised, whole=whole)
            self.executor.handle(marked_now(self))

    def _worth(self) -> tuple[Decimal | None, bool]:
        """Return the value of all holdings in quote currency, and whether all have a price.

        It is None before the ledger opened.
        """
        total, whole = ZERO, True
        for index, name in enumerate(self.venues):
            for asset, amount in self.core.ledger.book(name).items():
                if asset == self.quote_currency:
                    total = exact.add(total, amount)
                    continue
                try:
                    row = self.universe.row(f"{asset}/{self.quote_currency}")
                except KeyError:
                    continue
                bid = self.board.quote_view(index, row).bid
                if bid > 0:
                    total = exact.add(total, exact.multiply(amount, from_float(bid)))
                else:
                    whole = whole and not amount
        return total if total > 0 else None, whole

    def _on_signal(self, signal: ArbitrageSignal) -> None:
        signal = judged_now(self, signal)
        newest_ns = max(signal.buy.recv_ns, signal.sell.recv_ns)
        self.decode_to_signal.add(self.clock.now_ns() - newest_ns)
        if self.equity_quote is None:
            # Nothing was sampled yet; without a value its share limits nothing.
            self.equity_quote, _ = self._worth()
        event = Signalled(signal, self.equity_quote, quote_value=self._quote_value(signal))
        self.executor.handle(event)

    def _quote_value(self, signal: ArbitrageSignal) -> Decimal | None:
        """Return what a unit of the signal's quote is worth now; None without a live rate."""
        quote = self.universe.quote(self.universe.row(signal.symbol))
        if quote == self.quote_currency:
            return _PAR
        max_age_ns = round(self.options.quotes.max_rate_age_s * SECOND)
        rate = self.rates.live(quote, signal.created_ns, max_age_ns)
        # The dearer side: an order is never worth more than the limits allow.
        return None if rate is None else from_float(rate.ask)

    def resync_book(self, venue: int, row: int) -> None:
        """Have one venue start the book of one row afresh."""
        self.exchanges[self.venues[venue]].resync_book(row)

    def trading_word(self) -> tuple[TradingState, str]:
        """Return the trading state and why it is not active."""
        if self.failed.is_set():
            # Whatever the core's own word was, it will not change and nothing follows from it.
            return TradingState.STOPPED, CORE_FAILED
        if not self.core.journal_ok and self.core.trading is not TradingState.HALTED:
            return TradingState.STOPPED, "the journal cannot be written; quit and start again"
        if self.judge.start_wanted and self.core.trading is TradingState.STOPPED:
            return TradingState.STOPPED, "starts when two venues are live"
        return self.core.trading, self.core.trading_reason


def _detection(arbitrage: ArbitrageConfig, filters: FilterConfig) -> DetectionSettings:
    return DetectionSettings(
        float(arbitrage.min_profit_pct),
        float(arbitrage.slippage_pct),
        filters.min_edge_life_ms * MS,
    )


def _log_strategy_failure(name: str, error: Exception) -> None:
    kind, message = type(error).__name__, sanitise(str(error))
    _log.error("strategy_failed", strategy=name, error=kind, message=message)
