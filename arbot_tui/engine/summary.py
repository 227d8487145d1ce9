"""The one object a headless run prints (CONTRACT section 5)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.numbers import plain
from arbot_tui.domain.states import TradingState
from arbot_tui.strategy.verdict import run_words

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = [
    "ExchangeSummary",
    "Summary",
    "exchange_summaries",
    "exit_code",
    "shortfalls",
    "summarise",
]


class ExchangeSummary(msgspec.Struct, frozen=True):
    """One venue of the summary; lag in milliseconds, null where nothing was measured."""

    state: str
    quotes: int
    reconnects: int
    lag_ms_p50: float | None
    lag_ms_p99: float | None


class _TradesSummary(msgspec.Struct, frozen=True):
    """How pairs ended; attempted is the sum of the others."""

    attempted: int
    completed: int
    one_sided: int
    failed: int
    stuck: int


class _Pnl(msgspec.Struct, frozen=True):
    quote_currency: str
    realised: str
    fees: str
    by_symbol: dict[str, str]
    unvalued: dict[str, str]


class _LedgerSummary(msgspec.Struct, frozen=True):
    balanced: bool
    venue_mismatches: int


class _FunnelSummary(msgspec.Struct, frozen=True):
    """All candidates; committed, pending and what `reject_funnel` counts add up to them."""

    candidates: int
    committed: int
    pending: int


class _Verdict(msgspec.Struct, frozen=True):
    """The honest verdict: in words, and the taker fee per leg at which the closest pair clears."""

    words: str
    clears_at_fee_pct: float | None


class Summary(msgspec.Struct, frozen=True):
    """The summary object; keys are always present, money is decimal text."""

    mode: str
    seed: int | None
    world_id: str | None
    duration_s: float
    symbols: int
    exchanges: dict[str, ExchangeSummary]
    quotes: int
    opportunities: int
    signals: int
    trades: _TradesSummary
    reject_funnel: dict[str, int]
    pnl: _Pnl
    ledger: _LedgerSummary
    latency_us: dict[str, float | None]
    loop_lag_ms_p99: float
    rss_mib: float
    funnel: _FunnelSummary
    verdict: _Verdict


def summarise(bot: ArBot, exchanges: dict[str, ExchangeSummary]) -> Summary:
    """Return the summary of a run, `exchanges` as they stood before disconnecting."""
    state = bot.core
    outcomes = state.outcomes
    # What still works when the run ends is open, whatever it may become.
    stuck = outcomes["stuck"] + len(state.working())
    ended = {name: outcomes[name] for name in ("completed", "one_sided", "failed")}
    profit = bot.valuation.run(state)
    latency: dict[str, float | None] = {}
    for name, recorder in bot.latencies.items():
        latency[f"{name}_p50"] = recorder.percentile_us(50)
        latency[f"{name}_p99"] = recorder.percentile_us(99)
    return Summary(
        mode=bot.options.mode.value,
        seed=bot.options.seed,
        world_id=bot.options.world.world_id if bot.options.world else None,
        duration_s=round((bot.clock.now_ns() - bot.started_ns) / SECOND, 3),
        symbols=len(bot.universe),
        exchanges=exchanges,
        quotes=bot.feed.quotes,
        opportunities=bot.opportunities.opened_total,
        signals=bot.opportunities.signalled_total,
        trades=_TradesSummary(sum(ended.values()) + stuck, **ended, stuck=stuck),
        reject_funnel=bot.funnel.counts(),
        pnl=_Pnl(
            bot.quote_currency,
            plain(profit.realised),
            plain(profit.fees),
            {symbol: plain(amount) for symbol, amount in sorted(profit.by_symbol.items())},
            {asset: plain(amount) for asset, amount in sorted(profit.unvalued.items())},
        ),
        ledger=_LedgerSummary(
            state.ledger.is_balanced(),
            sum(len(venue.mismatches) for venue in state.venues.values()),
        ),
        latency_us=latency,
        loop_lag_ms_p99=round(bot.loop_lag.p99_ms(), 3),
        rss_mib=rss_mib(),
        funnel=_FunnelSummary(bot.funnel.candidates, bot.funnel.committed, bot.funnel.pending),
        verdict=_verdict(bot),
    )


def _verdict(bot: ArBot) -> _Verdict:
    opened, nearest = bot.opportunities.opened_total, bot.strategy.nearest
    clears_at = None if nearest is None or opened else round(nearest.clears_at_pct, 6)
    return _Verdict(run_words(nearest, opened), clears_at)


def exit_code(bot: ArBot, summary: Summary) -> int:
    """Return how the run ended: 0, or the worst of what is not as it should be.

    1 the core, the journal or the database failed; 4 halted, or with a stuck or unknown leg; 5
    another engine was seen to trade with one of the keys.
    """
    if bot.failed.is_set():
        return 1
    if bot.core.trading is TradingState.HALTED or summary.trades.stuck:
        return 4
    if not bot.core.journal_ok or bot.recording.loss:
        return 1
    venues = bot.core.venues.values()
    return 5 if any(venue.other_engine_ns >= bot.started_ns for venue in venues) else 0


def shortfalls(bot: ArBot) -> list[str]:
    """Return what could not be written down in this run, one sentence each."""
    journal = "" if bot.core.journal_ok else "the journal could not be written; trading has ended"
    return [words for words in (journal, bot.recording.loss) if words]


def rss_mib() -> float:
    """Return the resident memory of this process in MiB; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return round(pages * 4096 / (1 << 20), 1)


def exchange_summaries(bot: ArBot) -> dict[str, ExchangeSummary]:
    """Return how the venues stand now."""
    now_ns = bot.clock.now_ns()
    result = {}
    for index, name in enumerate(bot.venues):
        state, _ = bot.judge.verdict(index, now_ns)
        p50, p99 = (bot.monitor.lag_percentile_ns(index, p) for p in (50, 99))
        result[name] = ExchangeSummary(
            state.value,
            bot.monitor.quotes(index),
            bot.monitor.reconnects(index),
            None if p50 is None else round(p50 / MS, 3),
            None if p99 is None else round(p99 / MS, 3),
        )
    return result
