"""A hand-made engine: frames that a test writes, and a small world for pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random

import msgspec

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.engine.answers import BalancesView
from arbot_tui.engine.client import CommandResult, QueryResult
from arbot_tui.engine.frames import (
    CellView,
    DepthView,
    ExposureView,
    Frame,
    LadderView,
    LogLine,
    OpportunityView,
    RowView,
    StatusView,
    TradeView,
    VenueView,
)

START_NS = 1_767_276_202 * SECOND
VENUES = ("binance", "bybit", "okx", "bitget")

COINS = (
    ("BTC", 64211.0, 2),
    ("ETH", 3120.4, 2),
    ("SOL", 171.43, 2),
    ("XRP", 2.1312, 4),
    ("BNB", 584.1, 1),
    ("DOGE", 0.14231, 5),
    ("ADA", 0.6123, 4),
    ("TRX", 0.23812, 5),
    ("LINK", 14.621, 3),
    ("AVAX", 38.12, 2),
    ("DOT", 5.843, 3),
    ("LTC", 84.21, 2),
    ("BCH", 412.3, 1),
    ("UNI", 7.922, 3),
    ("NEAR", 4.361, 3),
    ("APT", 8.142, 3),
    ("SUI", 2.4612, 4),
    ("ATOM", 6.321, 3),
    ("FIL", 4.182, 3),
    ("ARB", 0.6841, 4),
)


def status(**changes: object) -> StatusView:
    """Return a plausible status with `changes`."""
    plain = StatusView(
        mode="simulate",
        profile="simulate",
        trading="active",
        trading_reason="",
        quote_currency="USDT",
        realised="12.8391",
        completed=38,
        one_sided=1,
        failed=2,
        stuck=0,
        working=0,
        opportunities=212,
        signals=120,
        quotes=48_211,
        quotes_per_s=402.0,
        loop_lag_ms_p99=2.1,
        config_source="/home/me/.config/arbot-tui/arbot.toml",
        seed=7,
        world_id="w1",
        started_ns=START_NS - 30 * SECOND,
        alarm="",
    )
    return msgspec.structs.replace(plain, **changes)


def venue(name: str, state: str = "live", **changes: object) -> VenueView:
    """Return a venue's health with `changes`."""
    plain = VenueView(name, state, "", 8.2, 3.1, 12_000, 0)
    return msgspec.structs.replace(plain, **changes)


def row(number: int, symbol: str, mid: float, decimals: int, **changes: object) -> RowView:
    """Return a row on which bybit bids highest and okx asks lowest, with `changes`."""
    tick = 10.0**-decimals
    offsets = (0.0, 2.0, -2.0, 1.0)
    cells = tuple(
        CellView(mid + off * tick, mid + (off + 1) * tick, "live", START_NS - 200 * MS)
        for off in offsets
    )
    plain = RowView(
        row=number,
        symbol=symbol,
        decimals=decimals,
        cells=cells,
        best_bid=1,
        best_ask=2,
        buy=2,
        sell=1,
        net_edge_pct=-0.19 + number * 0.003,
        changed_ns=START_NS - 200 * MS,
        trend=(number % 3) - 1,
        spark=tuple(-0.2 + 0.05 * math.sin(i / 5 + number) for i in range(60)),
    )
    return msgspec.structs.replace(plain, **changes)


def opportunity(number: int, symbol: str = "SOL/USDT", **changes: object) -> OpportunityView:
    """Return an open opportunity with `changes`."""
    plain = OpportunityView(
        id=number,
        symbol=symbol,
        buy="okx",
        sell="bybit",
        edge_pct=0.184,
        peak_pct=0.201,
        qty=6.2,
        profit_quote=0.31,
        opened_ns=START_NS - 420 * MS,
        closed_ns=0,
        outcome="open",
    )
    return msgspec.structs.replace(plain, **changes)


def trade(pair_id: str, **changes: object) -> TradeView:
    """Return a completed pair with `changes`."""
    plain = TradeView(
        pair_id=pair_id,
        at_ns=START_NS - 4 * SECOND,
        symbol="DOGE/USDT",
        buy="bybit",
        sell="okx",
        qty="7040",
        buy_price="0.14229",
        sell_price="0.14246",
        expected="0.4801",
        realised="0.4402",
        fees="1.0021",
        state="closed",
        outcome="completed",
    )
    return msgspec.structs.replace(plain, **changes)


def frame(version: int = 1, **changes: object) -> Frame:
    """Return a frame with three rows, two opportunities, one trade, and `changes`."""
    plain = Frame(
        version=version,
        now_ns=START_NS,
        status=status(),
        venues=tuple(venue(name) for name in VENUES),
        rows_total=3,
        rows=(
            row(0, "BTC/USDT", 64211.0, 2),
            row(1, "ETH/USDT", 3120.4, 2),
            row(2, "SOL/USDT", 171.43, 2, net_edge_pct=0.184),
        ),
        opportunities=(
            opportunity(1, "ETH/USDT", closed_ns=START_NS - 100 * MS, outcome="cooldown"),
            opportunity(2),
        ),
        trades=(trade("p1"),),
        log=(LogLine(1, START_NS - SECOND, "info", "venue_live", "venue=okx"),),
        funnel=(("fee", 18402), ("cooldown", 14)),
    )
    return msgspec.structs.replace(plain, **changes)


class FakeClient:
    """Gives the frames it was given; remembers what it was asked."""

    def __init__(self, *frames: Frame) -> None:
        self.frames = list(frames) or [frame()]
        self.commands: list[str] = []
        self.queries: list[tuple[str, dict[str, str]]] = []
        self.exposure: tuple[str, ...] = ()
        self.error: Exception | None = None

    def push(self, new: Frame) -> None:
        self.frames.append(new)

    def frame(self, since: int) -> Frame:
        if self.error is not None:
            raise self.error
        for entry in self.frames:
            if entry.version > since:
                return entry
        last = self.frames[-1]
        return msgspec.structs.replace(last, rows=(), opportunities=(), trades=(), log=())

    async def command(self, name: str, args: Mapping[str, str]) -> CommandResult:
        del args
        self.commands.append(name)
        return CommandResult(True, f"{name} done")

    async def query(self, name: str, args: Mapping[str, str]) -> QueryResult:
        self.queries.append((name, dict(args)))
        if name == "depth":
            return depth(args["symbol"], self.frames[0].rows)
        if name == "balances":
            return BalancesView(())
        return ExposureView(self.exposure)


def depth(symbol: str, rows: tuple[RowView, ...], at_ns: int = START_NS) -> DepthView:
    """Return ladders of ten levels around the row's quotes."""
    found = next((entry for entry in rows if entry.symbol == symbol), None)
    ladders = []
    for index, name in enumerate(VENUES):
        cell = found.cells[index] if found else None
        if found is None or cell is None:
            ladders.append(LadderView(name, (), (), 0, "no book"))
            continue
        tick, draw = 10.0**-found.decimals, Random(f"{symbol}{index}")
        bids = tuple((cell.bid - level * tick, draw.uniform(0.5, 40)) for level in range(10))
        asks = tuple((cell.ask + level * tick, draw.uniform(0.5, 40)) for level in range(10))
        ladders.append(LadderView(name, bids, asks, at_ns, ""))
    return DepthView(symbol, tuple(ladders))
