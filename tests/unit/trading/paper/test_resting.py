"""Orders that rest on paper, through the interface that every adapter has."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.account import FeeTerms
from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.errors import OrderNotFound
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderAck,
    OrderRequest,
    OrderSide,
    OrderState,
    OrderStatus,
    TimeInForce,
)
from tests.unit.trading.paper.parts import RULES, Books, order, order_id, paper_venue
from tests.unit.trading.paper.test_exchange import Desk, funded, scene
from tests.virtual_loop import START_NS


def resting(pair: int = 1, price: str = "99.0", qty: str = "1") -> OrderRequest:
    """Return a purchase that waits below the market."""
    request = order(pair, price=price, qty=qty, expires_ns=START_NS + 60 * SECOND)
    return msgspec.structs.replace(request, time_in_force=TimeInForce.GTC)


async def cash(desk: Desk) -> tuple[Decimal, Decimal]:
    """Return what is free and what is locked of the quote currency."""
    found = {balance.asset: balance for balance in await desk.paper.get_balance()}
    return found["USDT"].free, found["USDT"].locked


class TestResting:
    def test_what_the_market_comes_to_trades_at_the_orders_price_and_is_told(self) -> None:
        async def play(desk: Desk) -> None:
            await funded(desk)
            desk.paper.submit(resting(), desk.events.append)
            await asyncio.sleep(0.1)
            ack, state = desk.events
            assert isinstance(ack, OrderAck)
            assert isinstance(state, OrderState)
            assert state.status is OrderStatus.NEW
            (waiting,) = await desk.paper.get_open_orders("BTC/USDT")
            assert (waiting.venue_id, waiting.client_id) == (ack.venue_id, order_id(1))
            assert await desk.paper.get_open_orders("ETH/USDT") == []
            assert await cash(desk) == (Decimal(9901), Decimal(99))

            desk.shown = [(98.5, 0.4), (99.0, 0.1), (99.5, 3.0)]
            desk.quote()
            fills = [event for event in desk.events if isinstance(event, Fill)]
            assert {fill.price for fill in fills} == {Decimal("99.0")}
            assert sum(fill.qty for fill in fills) == Decimal("0.5")
            assert {fill.fee for fill in fills} == {Decimal("0.00032"), Decimal("0.00008")}
            last = desk.events[-1]
            assert isinstance(last, OrderState)
            assert last.status is OrderStatus.PARTIALLY_FILLED
            assert await desk.paper.query_by_venue_id("BTC/USDT", ack.venue_id) == last

            # The same quantity is not there a second time, whatever is told of it.
            desk.quote()
            assert desk.events[-1] is last
            desk.shown = [(98.0, 5.0)]
            desk.quote()
            done = desk.events[-1]
            assert isinstance(done, OrderState)
            assert (done.status, done.filled_qty) == (OrderStatus.FILLED, Decimal(1))
            assert await cash(desk) == (Decimal(9901), Decimal(0))
            found = await desk.paper.get_account_fills("BTC/USDT", START_NS)
            assert [each.fill for each in found] == [e for e in desk.events if isinstance(e, Fill)]

        scene(play)

    @pytest.mark.parametrize("by", ["our id", "theirs"])
    def test_a_cancel_ends_it_and_frees_its_money(self, by: str) -> None:
        async def play(desk: Desk) -> None:
            await funded(desk)
            desk.paper.submit(resting(), desk.events.append)
            await asyncio.sleep(0.1)
            if by == "our id":
                await desk.paper.cancel_order("BTC/USDT", order_id(1))
            else:
                await desk.paper.cancel_by_venue_id("BTC/USDT", f"paper-{order_id(1)}")
            state = desk.events[-1]
            assert isinstance(state, OrderState)
            assert state.status is OrderStatus.CANCELED
            assert await cash(desk) == (Decimal(10_000), Decimal(0))
            desk.shown = [(90.0, 5.0)]
            desk.quote()
            assert desk.events[-1] is state
            with pytest.raises(OrderNotFound):
                await desk.paper.cancel_order("BTC/USDT", order_id(1))

        scene(play)

    def test_a_fill_that_comes_before_the_cancel_stands(self) -> None:
        async def play(desk: Desk) -> None:
            await funded(desk)
            desk.paper.submit(resting(), desk.events.append)
            await asyncio.sleep(0.1)
            cancelling = asyncio.create_task(desk.paper.cancel_order("BTC/USDT", order_id(1)))
            await asyncio.sleep(0.01)
            desk.shown = [(99.0, 1.0)]
            desk.quote()
            with pytest.raises(OrderNotFound):
                await cancelling
            state = await desk.paper.query_order("BTC/USDT", order_id(1))
            assert state.status is OrderStatus.FILLED

        scene(play)

    def test_placing_returns_the_first_answer_and_the_end_of_the_run_says_nothing(self) -> None:
        async def play(desk: Desk) -> None:
            await funded(desk)
            events = await desk.paper.place_order(resting())
            desk.paper.submit(resting(2), desk.events.append)
            await asyncio.sleep(0.1)
            told = list(desk.events)
            desk.shown = [(99.0, 0.5)]
            desk.quote()
            assert [type(event) for event in events] == [OrderAck, OrderState]
            assert desk.events == told
            await desk.paper.close()
            assert desk.events == told

        scene(play)

    def test_money_that_rests_cannot_be_spent_again(self) -> None:
        venue = paper_venue(Books(), holdings={"USDT": "150"})
        venue.advance(venue.submit(resting(), START_NS))
        events = venue.advance(venue.submit(resting(2), START_NS))
        assert [type(event).__name__ for event in events] == ["OrderReject"]
        assert venue.balances() == [Balance("USDT", Decimal("51.0"), Decimal("99.0"))]

    def test_one_that_rests_is_remembered_however_many_come_after_it(self) -> None:
        books = Books()
        books.asks((99.9, 1e6))
        venue = paper_venue(books)
        venue.advance(venue.submit(resting(), START_NS))
        for number in range(2, 5003):
            venue.submit(order(number, qty="0.1", expires_ns=START_NS + SECOND), START_NS)
        venue.advance(START_NS + SECOND)
        assert venue.query(order_id(1)).status is OrderStatus.NEW
        assert venue.query(order_id(2)).status is OrderStatus.NOT_FOUND

    def test_a_market_that_is_not_listed_any_more_can_be_cancelled_on(self) -> None:
        venue = paper_venue(Books())
        venue.advance(venue.submit(resting(), START_NS))
        venue.set_instruments([msgspec.structs.replace(RULES, base="ETH")])
        assert venue.meet("BTC/USDT", START_NS) == []
        assert venue.cancel(order_id(1)) is not None

    def test_a_sale_holds_the_coin(self) -> None:
        venue = paper_venue(Books(), holdings={"BTC": "1"})
        request = msgspec.structs.replace(
            order(1, OrderSide.SELL, "101", "0.4"), time_in_force=TimeInForce.GTC
        )
        venue.advance(venue.submit(request, START_NS))
        assert venue.balances() == [Balance("BTC", Decimal("0.6"), Decimal("0.4"))]


def test_the_account_says_how_it_pays() -> None:
    async def play(desk: Desk) -> None:
        assert await desk.paper.get_fee_terms() == FeeTerms("paper")

    scene(play)
