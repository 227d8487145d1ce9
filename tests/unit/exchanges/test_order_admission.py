"""Whether an order may leave is known before it does; one that has not left can be taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from arbot_tui.domain.clock import MS, SECOND, VirtualClock
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import OrderEvent, OrderReject, OrderRequest, OrderSide
from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials, ExchangeConfig, VenueUrls
from arbot_tui.exchanges.factory import ExchangeFactory
from arbot_tui.exchanges.transport.adapter import VenueAdapter

NOW_NS = 1_790_000_000 * SECOND
SYMBOL = "BTC/USDT"
NAMES = ("binance", "bybit", "okx", "bitget")


@pytest.fixture(params=NAMES)
async def adapter(request: pytest.FixtureRequest) -> AsyncIterator[VenueAdapter]:
    """An adapter of each venue that knows one market; nothing listens where it would go."""
    config = ExchangeConfig(
        request.param,
        0,
        VenueUrls("http://127.0.0.1:1", "ws://127.0.0.1:1"),
        "custom",
        TradingFees(Decimal("0.001"), Decimal("0.001")),
        Credentials("key", Secret("secret"), Secret("word")),
    )
    made = ExchangeFactory().create(config, VirtualClock(NOW_NS))
    assert isinstance(made, VenueAdapter)
    made._learn(
        [Instrument(made.name, "BTCUSDT", "BTC", "USDT", Decimal("0.01"), Decimal("0.001"))]
    )
    yield made
    await made.close()


def order(number: int) -> OrderRequest:
    price, qty, expires_ns = Decimal(100), Decimal(1), NOW_NS + 2 * SECOND
    return OrderRequest(
        f"a{number}", "venue", SYMBOL, OrderSide.BUY, price, qty, expires_ns
    )  # fmt: skip


async def test_what_is_submitted_is_counted_before_the_next_is_asked_about(
    adapter: VenueAdapter,
) -> None:
    told: list[OrderEvent] = []
    sent = 0
    while not adapter.order_wait_ns(SYMBOL, NOW_NS):
        adapter.submit(order(sent), told.append)
        sent += 1
    assert 1 <= sent <= 100
    # Nothing of it has run yet: those that were let through are under way, the next is refused.
    adapter.submit(order(sent), told.append)
    assert told == []
    await asyncio.sleep(0)
    (refusal,) = [event for event in told if event.client_id == f"a{sent}"]
    assert isinstance(refusal, OrderReject)
    assert refusal.code == "not_sent"
    assert "quota is used up" in refusal.message


async def test_a_ban_that_is_learnt_counts_at_once(adapter: VenueAdapter) -> None:
    assert adapter.order_wait_ns(SYMBOL, NOW_NS) == 0
    adapter._ban.stay_away(30.0, NOW_NS)
    assert adapter.order_wait_ns(SYMBOL, NOW_NS) == 30 * SECOND
    # It stops everything, symbols that are not known included.
    assert adapter.order_wait_ns("NONE/USDT", NOW_NS + SECOND) == 29 * SECOND
    told: list[OrderEvent] = []
    adapter.submit(order(0), told.append)
    await asyncio.sleep(0)
    (refusal,) = told
    assert isinstance(refusal, OrderReject)
    assert "stay away for 30.0 s" in refusal.message


@pytest.mark.parametrize("turns", [0, 1])
async def test_an_order_that_has_not_left_is_taken_back_by_a_cancel(
    adapter: VenueAdapter, turns: int
) -> None:
    # row 59: nothing may leave a tenth of a second after a halt, and a halt cancels
    told: list[OrderEvent] = []
    adapter.submit(order(0), told.append)
    for _ in range(turns):
        await asyncio.sleep(0)
    await adapter.cancel_order(SYMBOL, "a0")
    while not told:  # noqa: ASYNC110 (the sink has no event)
        await asyncio.sleep(0)
    text = "taken back before it left"
    assert told == [OrderReject(adapter.name, "a0", "not_sent", text)]


async def test_what_the_venue_would_refuse_costs_nothing(adapter: VenueAdapter) -> None:
    used = adapter.order_wait_ns(SYMBOL, NOW_NS)
    told: list[OrderEvent] = []
    for number in range(200):
        wrong = OrderRequest(
            f"a{number}", "venue", "NONE/USDT", OrderSide.BUY, Decimal(1), Decimal(1), NOW_NS + MS
        )
        adapter.submit(wrong, told.append)
    assert adapter.order_wait_ns(SYMBOL, NOW_NS) == used == 0
    while len(told) < 200:  # noqa: ASYNC110 (the sink has no event)
        await asyncio.sleep(0)
    assert {event.code for event in told if isinstance(event, OrderReject)} == {"symbol"}
