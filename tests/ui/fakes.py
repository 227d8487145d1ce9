"""A hand-made engine: frames that a test writes, and a small world for pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from random import Random

import msgspec

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.engine.answers import (
    BalanceRow,
    BalancesView,
    DepthView,
    EdgesView,
    ExposureView,
    FunnelRow,
    FunnelView,
    LadderView,
    LatencyRow,
    LatencyView,
    PairEdges,
    PathView,
    PerformancePoint,
    PerformanceView,
    RebalanceView,
    SettingsDiff,
    SettingsView,
    SettingView,
    TransferRow,
    UnreachedRow,
    WalkView,
)
from arbot_tui.engine.client import CommandResult, QueryResult
from arbot_tui.engine.frames import (
    CellView,
    Frame,
    LegView,
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
    plain = VenueView(
        name,
        state,
        "",
        8.2,
        3.1,
        12_000,
        0,
        books=3,
        connections_live=1,
        offset_ms=-2.4,
        weight_used=120,
        weight_limit=1200,
        weight_period_s=60.0,
        silence_ms=210.0,
    )
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
        peak_profit_quote=0.42,
        capturable_pct=(0.184, 0.201, 0.15),
    )
    return msgspec.structs.replace(plain, **changes)


def ended(number: int, symbol: str = "SOL/USDT", **changes: object) -> OpportunityView:
    """Return an opportunity that has ended, with `changes`."""
    fields: dict[str, object] = {
        "closed_ns": START_NS - 100 * MS,
        "outcome": "cooldown",
        "closed_reason": "vanished",
        "capturable_pct": (0.184, 0.201, 0.15, 0.06, 0.0),
        "path": ((0.0, 0.1, 4.0), (40.0, 0.201, 6.2), (180.0, 0.15, 5.0), (300.0, 0.06, 1.0)),
        **changes,
    }
    return opportunity(number, symbol, **fields)


def leg(side: str, venue: str, **changes: object) -> LegView:
    """Return a filled order with `changes`."""
    plain = LegView(
        client_id=f"x{side}",
        venue=venue,
        side=side,
        unwinding=False,
        state="filled",
        price="0.14231",
        qty="7040",
        filled="7040",
        average="0.14229",
        fee="0.5008 USDT",
        sent_ns=START_NS - 4 * SECOND,
        reject="",
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
        ended_ns=START_NS - 3 * SECOND,
        size_effect="+0",
        price_effect="-0.0399",
        fee_effect="+0",
        legs=(leg("buy", "bybit"), leg("sell", "okx", average="0.14246")),
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
        self.arguments: list[dict[str, str]] = []
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
        self.commands.append(name)
        self.arguments.append(dict(args))
        return CommandResult(True, f"{name} done")

    async def query(self, name: str, args: Mapping[str, str]) -> QueryResult:
        self.queries.append((name, dict(args)))
        if name == "depth":
            return depth(args["symbol"], self.frames[0].rows)
        if name == "exposure":
            return ExposureView(self.exposure)
        return ANSWERS[name](args)


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
    walk = None
    if found is not None and min(found.buy, found.sell) >= 0:
        points = ((2.0, 0.21), (6.0, 0.19), (9.0, 0.12), (14.0, 0.02), (18.0, -0.05))
        buy, sell = VENUES[found.buy], VENUES[found.sell]
        walk = WalkView(buy, sell, points, 9.0, 0.31, f"{sell} level 2")
    return DepthView(symbol, tuple(ladders), walk)


def balances(args: Mapping[str, str]) -> BalancesView:
    """Return holdings of two assets on four venues, one of them running out."""
    del args
    rows = []
    for index, name in enumerate(VENUES):
        rows.append(BalanceRow(name, "BTC", "0.15", "0.01", "9631.65", 8))
        rows.append(BalanceRow(name, "SOL", str(40 * index), "0", str(6857.2 * index), 6 * index))
        rows.append(BalanceRow(name, "USDT", "9951.2", "0", "9951.2", 9))
    return BalancesView(tuple(rows), "USDT", "1000")


def rebalance(args: Mapping[str, str]) -> RebalanceView:
    """Return two transfers of what lies unevenly, and something that cannot be reached."""
    del args
    return RebalanceView(
        transfers=(
            TransferRow("SOL", "bitget", "binance", "SOL", "SOL", "60", "60.008", "0.008", "1.37"),
            TransferRow("USDT", "okx", "bybit", "TRC20", "TRX", "2500", "2501", "1", "1"),
        ),
        unreached=(UnreachedRow("BTC", "okx", "-0.02", "okx lets no BTC in"),),
        cost_quote="2.37",
        moved_quote="12785.8",
        cost_per_trade="0.19",
        threshold_pct=15.0,
        quote_currency="USDT",
    )


def edges(args: Mapping[str, str]) -> EdgesView:
    """Return two directions over a minute."""
    better = tuple(None if i < 5 else round(-0.1 + 0.3 * math.sin(i / 9), 4) for i in range(60))
    worse = tuple(round(-0.2 + 0.02 * math.cos(i / 5), 4) for i in range(60))
    pairs = (PairEdges("okx", "bybit", better), PairEdges("bybit", "okx", worse))
    return EdgesView(args["symbol"], 60, 1.0, pairs)


def performance(args: Mapping[str, str]) -> PerformanceView:
    """Return half a minute of a run that earns."""
    del args
    points = tuple(
        PerformancePoint(
            START_NS - (30 - i) * SECOND, None if i < 2 else 39_800 + 3 * math.sin(i), i * 0.42
        )
        for i in range(31)
    )
    by_symbol = (("SOL/USDT", "+8.21"), ("ETH/USDT", "+5.02"), ("DOGE/USDT", "-0.39"))
    return PerformanceView(points, "39812.44", "+12.84", "31.05", by_symbol)


def latency(args: Mapping[str, str]) -> LatencyView:
    """Return histograms of four feeds and one step of ours."""
    del args
    bounds = (1.0, 5.0, 10.0, 50.0, 250.0)
    rows = [
        LatencyRow(name, "feed", 8.2 + index, 40.0, (index, 400, 300, 20, 1, 0))
        for index, name in enumerate(VENUES)
    ]
    rows.append(LatencyRow("decode to signal", "engine", 0.04, 0.31, (90, 0, 0, 0, 0, 0)))
    rows.append(LatencyRow("commit to send", "engine", None, None, (0,) * 6))
    return LatencyView(bounds, tuple(rows))


def funnel(args: Mapping[str, str]) -> FunnelView:
    """Return one pair of the symbol asked for."""
    rejected = (("fee", 210), ("cooldown", 14))
    return FunnelView(
        (FunnelRow(args.get("symbol", "SOL/USDT"), "okx", "bybit", 227, 3, 0, rejected),)
    )


def path(args: Mapping[str, str]) -> PathView:
    """Return the path of an opportunity that is open."""
    return PathView(int(args["id"]), ((0.0, 0.1, 4.0), (200.0, 0.201, 6.0), (420.0, 0.184, 6.2)))


def settings(args: Mapping[str, str]) -> SettingsView:
    """Return a few settings of each kind, from each source."""
    del args
    entries = (
        ("engine.mode", "choice", "simulate", "", '"simulate" or "paper"', False, "default"),
        ("arbitrage.min_profit_pct", "number", "0.05", "%", "a number 0…10 %", True, "default"),
        ("arbitrage.symbols", "list", "BTC/USDT, ETH/USDT", "", "a list", False, "--symbols"),
        ("risk.max_order_usd", "number", "250", "USD", "a number", True, "/etc/arbot.toml:12"),
        ("ui.mouse", "bool", "true", "", "true or false", False, "ARBOT_UI__MOUSE"),
        ("ui.theme", "text", "dark", "", "a text", True, "changed here"),
    )
    choices = {"choice": ("simulate", "paper"), "bool": ("true", "false")}
    return SettingsView(
        file="/etc/arbot.toml",
        save_to="/etc/arbot.toml",
        profile="simulate",
        settings=tuple(
            SettingView(
                name=name,
                kind=kind,
                meaning=f"What {name} means, in one line.",
                unit=unit,
                allowed=allowed,
                choices=choices.get(kind, ()),
                hot=hot,
                value=value,
                default=value,
                source=source,
            )
            for name, kind, value, unit, allowed, hot, source in entries
        ),
    )


ANSWERS: Mapping[str, Callable[[Mapping[str, str]], QueryResult]] = {
    "balances": balances,
    "rebalance": rebalance,
    "edges": edges,
    "performance": performance,
    "latency": latency,
    "funnel": funnel,
    "path": path,
    "settings": settings,
    "settings_diff": lambda args: SettingsDiff(()),
}
