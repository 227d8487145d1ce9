"""Answers to what single views ask for: charts, paths, sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from arbot_tui.domain.clock import MS
from arbot_tui.domain.numbers import exact, plain
from arbot_tui.engine.answers import (
    BalancesView,
    EdgesView,
    LadderView,
    LatencyRow,
    LatencyView,
    PathView,
    PerformanceView,
    WalkView,
)
from arbot_tui.engine.history import KEPT_S
from arbot_tui.engine.holdings import balances
from arbot_tui.engine.trade_views import signed
from arbot_tui.engine.walking import Cap, walk

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["ANSWERS", "BOUNDS_MS", "size_walk"]

BOUNDS_MS = (0.1, 0.5, 1.0, 5.0, 10.0, 50.0, 100.0, 250.0, 1000.0)
"""Buckets of all latencies; 250 ms is where a feed stops being live."""

_BOUNDS_NS = [int(bound * MS) for bound in BOUNDS_MS]
_MAX_POINTS = 400
_CENT = Decimal("0.01")


def _edges(bot: ArBot, args: Mapping[str, str]) -> EdgesView:
    """Answer ``edges``: every direction of one symbol over time.

    Raises:
        ValueError: The symbol is not followed, or a number is none.
    """
    symbol = args.get("symbol", "")
    try:
        row = bot.universe.row(symbol)
    except KeyError:
        raise ValueError(f"symbol {symbol!r} is not followed") from None
    span_s = _number(args, "span_s", 60, KEPT_S)
    points = _number(args, "points", 120, _MAX_POINTS)
    return bot.edge_history.edges(row, symbol, span_s, points)


def _path(bot: ArBot, args: Mapping[str, str]) -> PathView:
    """Answer ``path``: an opportunity's life so far; empty where it is not known any more.

    Raises:
        ValueError: The id is no number.
    """
    number = _number(args, "id", 0, 1 << 62)
    found = bot.opportunities.get(number)
    return PathView(number, tuple(found.path.points) if found else ())


def _performance(bot: ArBot, args: Mapping[str, str]) -> PerformanceView:
    """Answer ``performance``: equity and profit over this run."""
    del args
    run = bot.valuation.run(bot.core)
    ranked = sorted(run.by_symbol.items(), key=lambda entry: (-entry[1], entry[0]))
    equity = bot.equity_quote
    return PerformanceView(
        points=bot.equity_history.points(),
        equity="" if equity is None else plain(exact.quantize(equity, _CENT)),
        realised=signed(run.realised),
        fees=plain(exact.quantize(run.fees, _CENT)),
        by_symbol=tuple((symbol, signed(amount)) for symbol, amount in ranked),
    )


def _latency(bot: ArBot, args: Mapping[str, str]) -> LatencyView:
    """Answer ``latency``: the delays of every feed and of our own steps."""
    del args
    rows = []
    for index, name in enumerate(bot.venues):
        p50, p99 = (bot.monitor.lag_percentile_ns(index, percent) for percent in (50, 99))
        rows.append(
            LatencyRow(
                name=name,
                kind="feed",
                p50_ms=None if p50 is None else max(0.0, p50 / MS),
                p99_ms=None if p99 is None else max(0.0, p99 / MS),
                counts=tuple(bot.monitor.lag_counts(index, _BOUNDS_NS)),
            )
        )
    for name, recorder in bot.latencies.items():
        p50_us, p99_us = recorder.percentile_us(50), recorder.percentile_us(99)
        rows.append(
            LatencyRow(
                name=name.replace("_", " "),
                kind="engine",
                p50_ms=None if p50_us is None else p50_us / 1000,
                p99_ms=None if p99_us is None else p99_us / 1000,
                counts=tuple(recorder.counts(_BOUNDS_NS)),
            )
        )
    return LatencyView(BOUNDS_MS, tuple(rows))


def _balances(bot: ArBot, args: Mapping[str, str]) -> BalancesView:
    """Answer ``balances``."""
    del args
    return balances(bot)


ANSWERS: Mapping[
    str,
    Callable[
        [ArBot, Mapping[str, str]],
        BalancesView | EdgesView | LatencyView | PathView | PerformanceView,
    ],
] = {
    "balances": _balances,
    "edges": _edges,
    "latency": _latency,
    "path": _path,
    "performance": _performance,
}
"""What answers a query of that name at once, from what the engine knows."""


def size_walk(bot: ArBot, row: int, ladders: Sequence[LadderView]) -> WalkView | None:
    """Return the edge by size of a row's best pair; None where no two books are tradeable."""
    best = bot.strategy.ranking.best_edge(row)
    if best is None:
        return None
    buy, sell, _ = best
    books = {ladder.venue: ladder for ladder in ladders}
    asks, bids = books[bot.venues[buy]].asks, books[bot.venues[sell]].bids
    i = row * len(bot.venues)
    ask = bot.board.latest[row][buy].ask
    return walk(
        bot.venues[buy],
        bot.venues[sell],
        asks,
        bids,
        bot.board.fee[i + buy],
        bot.board.fee[i + sell],
        _caps(bot, row, buy, sell, ask) if ask > 0 else (),
    )


def _caps(bot: ArBot, row: int, buy: int, sell: int, ask: float) -> list[Cap]:
    """Return what the limits and balances allow of one pair, in base quantity."""
    core = bot.core
    if core.limits is None:
        return []
    base, _, quote = bot.universe.symbol(row).partition("/")
    caps: list[Cap] = [
        ("the trade amount", float(core.limits.trade_amount_quote) / ask),
        ("the order limit", float(core.limits.max_order_quote) / ask),
        (f"{quote} on {bot.venues[buy]}", float(core.available(bot.venues[buy], quote)) / ask),
        (f"{base} on {bot.venues[sell]}", float(core.available(bot.venues[sell], base))),
    ]
    if bot.equity_quote is not None:
        share = float(bot.equity_quote) * float(core.limits.max_order_equity_pct) / 100.0
        caps.append(("the share of equity", share / ask))
    return caps


def _number(args: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = args.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise ValueError(f"{name}: allowed: a whole number up to {most}")
    return min(int(text), most)
