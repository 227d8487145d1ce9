"""Rows and a database in a temporary folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from arbot_tui.domain.clock import SECOND, VirtualClock
from arbot_tui.domain.orders import OrderSide
from arbot_tui.storage.database import Database
from arbot_tui.storage.rows import (
    BalanceRow,
    FillRow,
    OpportunityRow,
    OrderRow,
    Row,
    SessionRow,
    TickerRow,
    TradeRow,
)

DAY = 86_400 * SECOND


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(1_000 * DAY)


@pytest.fixture
async def database(tmp_path: Path, clock: VirtualClock) -> AsyncIterator[Database]:
    async with Database(tmp_path / "accounts" / "sim-1" / "arbot.sqlite", clock) as opened:
        yield opened


@pytest.fixture
def ticker_row() -> Callable[..., TickerRow]:
    def make(at_ns: int = 5, symbol: str = "BTC/USDT", exchange: str = "okx") -> TickerRow:
        return TickerRow(
            exchange=exchange,
            symbol=symbol,
            bid=99.5,
            ask=100.5,
            bid_size=1.0,
            ask_size=2.0,
            at_ns=at_ns,
            event_ns=4,
        )

    return make


@pytest.fixture
def one_of_each(ticker_row: Callable[..., TickerRow]) -> list[Row]:
    return [
        SessionRow(
            session_id="s1",
            mode="simulate",
            seed=7,
            world_id="w1",
            symbols="BTC/USDT",
            exchanges="binance,okx",
            at_ns=1,
            ended_ns=0,
            exit_code=None,
            summary="",
        ),
        ticker_row(),
        OpportunityRow(
            session_id="s1",
            opportunity_id=3,
            symbol="BTC/USDT",
            buy_exchange="okx",
            sell_exchange="bybit",
            buy_price=100.0,
            sell_price=101.0,
            quantity=0.5,
            profit=0.4,
            profit_percent=0.8,
            peak_profit=0.5,
            peak_percent=0.9,
            executed=True,
            pair_id="p1",
            reason="",
            at_ns=10,
            last_ns=11,
            closed_ns=12,
            closed_reason="fee",
            signalled=True,
            capturable_0ms=0.8,
            capturable_50ms=0.0,
            capturable_100ms=0.0,
            capturable_250ms=0.0,
            capturable_500ms=None,
            path="[[0.0,0.8,0.5]]",
        ),
        TradeRow(
            pair_id="p1",
            session_id="s1",
            opportunity_id=3,
            symbol="BTC/USDT",
            buy_exchange="okx",
            sell_exchange="bybit",
            buy_price=Decimal("100.00000001"),
            sell_price=Decimal("101.2"),
            quantity=Decimal("0.500000000000000001"),
            expected_profit=Decimal("0.4"),
            profit=Decimal("-0.1"),
            profit_percent=Decimal("-0.02"),
            fees=Decimal("0.2"),
            quote_currency="USDT",
            buy_order_id="c1",
            sell_order_id="c2",
            status="closed",
            outcome="completed",
            at_ns=10,
            ended_ns=20,
        ),
        OrderRow(
            client_id="c1",
            pair_id="p1",
            exchange="okx",
            order_id="v1",
            symbol="BTC/USDT",
            side=OrderSide.BUY,
            order_type="limit_ioc",
            price=Decimal("100.1"),
            quantity=Decimal("0.5"),
            filled_quantity=Decimal("0.5"),
            average_price=Decimal("100.00000001"),
            status="filled",
            message="",
            at_ns=10,
            updated_ns=15,
        ),
        FillRow(
            exchange="okx",
            symbol="BTC/USDT",
            trade_id="t1",
            client_id="c1",
            side=OrderSide.SELL,
            price=Decimal("100"),
            quantity=Decimal("0.5"),
            fee=Decimal("1E-8"),
            fee_asset="BTC",
            at_ns=14,
        ),
        BalanceRow(
            exchange="okx",
            asset="BTC",
            free=Decimal("1.5"),
            locked=Decimal(0),
            total=Decimal("1.5"),
            at_ns=16,
        ),
    ]
