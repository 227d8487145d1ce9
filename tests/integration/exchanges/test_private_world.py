"""The private side of four adapters against the synthetic venues, over sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.account import OpenOrder
from arbot_tui.domain.clock import SystemClock
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderAck,
    OrderEvent,
    OrderReject,
    OrderSide,
    OrderState,
    OrderStatus,
    OrderUnknown,
    TimeInForce,
)
from arbot_tui.exchanges.base import BaseExchange
from arbot_tui.exchanges.binance.adapter import BinanceExchange
from arbot_tui.exchanges.bitget.adapter import BitgetExchange
from arbot_tui.exchanges.bybit.adapter import BybitExchange
from arbot_tui.exchanges.okx.adapter import OKXExchange
from tests.integration.exchanges.world import AccountContract, World, world_of
from tests.unit.exchanges.loopback import until

KINDS: dict[str, type[BaseExchange]] = {
    "binance": BinanceExchange,
    "bybit": BybitExchange,
    "okx": OKXExchange,
    "bitget": BitgetExchange,
}
# Bitget's account in both its dialects.
ACCOUNTS = {**{name: (name, None) for name in KINDS}, "bitget-unified": ("bitget", "unified")}
_OPEN = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)


class Account:
    """An account sink that keeps everything."""

    def __init__(self) -> None:
        self.events: list[OrderEvent] = []
        self.balances: dict[str, Balance] = {}
        self.streams: list[tuple[bool, str]] = []

    def on_order_event(self, event: OrderEvent) -> None:
        self.events.append(event)

    def on_balances(self, balances: Sequence[Balance]) -> None:
        self.balances.update({balance.asset: balance for balance in balances})

    def on_stream(self, up: bool, detail: str) -> None:
        self.streams.append((up, detail))

    def fills(self, client_id: str) -> list[Fill]:
        return [e for e in self.events if isinstance(e, Fill) and e.client_id == client_id]

    def ended(self, client_id: str) -> OrderState | None:
        states = (e for e in self.events if isinstance(e, OrderState) and e.client_id == client_id)
        return next((state for state in states if state.status not in _OPEN), None)


@asynccontextmanager
async def following(world: World) -> AsyncIterator[Account]:
    """Follow the account from when the stream is up to the end of the context."""
    account = Account()
    task = asyncio.create_task(world.adapter.connect_private(account))
    try:
        await until(lambda: account.streams)
        assert account.streams == [(True, "")]
        yield account
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def account_of(which: str) -> AsyncIterator[World]:
    name, kind = ACCOUNTS[which]
    async with world_of(KINDS[name], name, kind) as world:
        # At start an account is read before anything is sent: its dialect is known then.
        await world.adapter.get_balance()
        yield world


@pytest.fixture(params=list(ACCOUNTS))
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with account_of(request.param) as running:
        yield running


class TestUnifiedAccount(AccountContract):
    """What every venue's account has to do (`tests/contract`), in Bitget's other dialect."""

    @pytest.fixture
    async def world(self) -> AsyncIterator[World]:
        async with account_of("bitget-unified") as running:
            yield running


async def test_the_stream_tells_what_answers_and_queries_tell(world: World) -> None:
    async with following(world) as account:
        filled = await world.order("t2x0y1", OrderSide.BUY, "1.01")
        missed = await world.order("t2x0y2", OrderSide.SELL, "1.02")
        for order in (filled, missed):
            events = await world.adapter.place_order(order)
            assert isinstance(events[0], OrderAck)
        await until(lambda: account.ended("t2x0y1") and account.ended("t2x0y2"))

        state = await world.final("t2x0y1")
        told = account.ended("t2x0y1")
        assert told is not None
        assert told.sources == ("stream",)
        assert (told.status, told.filled_qty) == (OrderStatus.FILLED, filled.qty)
        assert told.venue_id == state.venue_id
        asked = await world.adapter.get_fills("BTC/USDT", "t2x0y1", state.venue_id)
        heard = {fill.trade_id: fill for fill in account.fills("t2x0y1")}
        assert heard == {fill.trade_id: fill for fill in asked}
        unfilled = account.ended("t2x0y2")
        assert unfilled is not None
        assert (unfilled.status, unfilled.filled_qty) == (OrderStatus.EXPIRED, Decimal(0))
        assert account.fills("t2x0y2") == []
        held = {balance.asset: balance for balance in await world.adapter.get_balance()}
        for asset in ("BTC", "USDT"):
            await until(lambda asset=asset: account.balances.get(asset) == held[asset])  # type: ignore[misc]


@pytest.mark.parametrize("by_venue_id", [False, True])
async def test_what_rests_is_listed_and_cancelled(world: World, by_venue_id: bool) -> None:
    async with following(world) as account:
        order = await world.order("t3x0y1", OrderSide.BUY, "0.98")
        resting = msgspec.structs.replace(order, time_in_force=TimeInForce.GTC)
        await world.adapter.place_order(resting)
        rows = await _listed(world, "t3x0y1")
        (row,) = rows
        assert (row.price, row.qty, row.side) == (order.price, order.qty, order.side)
        everywhere = await world.adapter.get_open_orders()
        assert [known for known in everywhere if known.client_id == "t3x0y1"] == rows
        state = await world.adapter.query_by_venue_id("BTC/USDT", row.venue_id)
        assert (state.client_id, state.status) == ("t3x0y1", OrderStatus.NEW)

        if by_venue_id:
            await world.adapter.cancel_by_venue_id("BTC/USDT", row.venue_id)
        else:
            await world.adapter.cancel_order("BTC/USDT", "t3x0y1")
        await until(lambda: account.ended("t3x0y1"))

        ended = account.ended("t3x0y1")
        assert ended is not None
        assert (ended.status, ended.venue_id) == (OrderStatus.CANCELED, row.venue_id)
        assert await world.adapter.get_open_orders("BTC/USDT") == []


async def _listed(world: World, client_id: str) -> list[OpenOrder]:
    async with asyncio.timeout(60):
        while True:
            rows = await world.adapter.get_open_orders("BTC/USDT")
            if found := [row for row in rows if row.client_id == client_id]:
                return found
            await asyncio.sleep(0.05)


async def test_account_reads_agree_with_the_truth(world: World) -> None:
    start_ns = SystemClock().now_ns()
    for number in (1, 2):
        order = await world.order(f"t4x0y{number}", OrderSide.BUY, "1.01")
        await world.adapter.place_order(order)
        await world.final(f"t4x0y{number}")

    fills = await world.adapter.get_account_fills("BTC/USDT", start_ns)
    rows = (await world.truth())["fills"]
    assert isinstance(rows, list)
    assert sorted(row.fill.trade_id for row in fills) == sorted(r["trade_id"] for r in rows)
    assert sum(row.fill.qty for row in fills) == sum(Decimal(row["qty"]) for row in rows)
    rights = await world.adapter.get_key_permissions()
    assert rights is not None
    assert (rights.trade, rights.withdraw) == (True, False)
    assert await world.adapter.get_fee_terms() is not None


async def test_a_stream_that_is_cut_comes_back_and_tells_on(world: World) -> None:
    async with following(world) as account:
        await world.fault("rst")
        await until(lambda: (True, "") in account.streams[1:])
        assert account.streams[1][0] is False
        order = await world.order("t5x0y1", OrderSide.BUY, "1.01")
        await world.adapter.place_order(order)
        await until(lambda: account.ended("t5x0y1"))
        assert sum(fill.qty for fill in account.fills("t5x0y1")) == order.qty


async def test_after_a_sleep_the_account_is_followed_on_new_connections(world: World) -> None:
    async with following(world) as account:
        why = "the machine slept for 3.0 s"
        world.adapter.restart_private(why)
        assert account.streams[1:] == [(False, why)]
        await until(lambda: account.streams[2:])
        assert account.streams[2:] == [(True, "")]
        order = await world.order("t5x1y1", OrderSide.BUY, "1.01")
        told: list[OrderEvent] = []
        world.adapter.submit(order, told.append)
        await until(lambda: account.ended("t5x1y1") and told)
        assert isinstance(told[0], OrderAck)
        assert sum(fill.qty for fill in account.fills("t5x1y1")) == order.qty


async def test_a_key_that_is_wrong_follows_nothing(world: World) -> None:
    adapter = world.make(world.about["api_secret"] + "x")
    account = Account()
    task = asyncio.create_task(adapter.connect_private(account))
    try:
        await until(lambda: account.streams)
        assert account.streams[0][0] is False
        assert account.events == []
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await adapter.close()


@pytest.mark.parametrize("name", ["binance", "bybit", "okx"])
async def test_orders_go_over_their_socket_where_the_venue_has_one(name: str) -> None:
    async with world_of(KINDS[name], name) as world, following(world) as account:
        # At start the account is read: how it trades is known from then on.
        await world.adapter.get_balance()
        entry = world.adapter._entry  # type: ignore[attr-defined]
        await until(lambda: entry.ready)
        sent = _count_requests(world.adapter)
        told: list[OrderEvent] = []
        filled = await world.order("t6x0y1", OrderSide.BUY, "1.01")
        refused = await world.order("t6x0y2", OrderSide.BUY, "1.01", dollars=40_000_000)
        missed = await world.order("t6x0y3", OrderSide.SELL, "1.02")
        late = msgspec.structs.replace(filled, client_id="t6x0y4", expires_ns=1)
        sent.clear()
        for order in (filled, refused, missed, late):
            world.adapter.submit(order, told.append)
        await until(lambda: {event.client_id for event in told} >= {f"t6x0y{n}" for n in "1234"})
        await until(lambda: account.ended("t6x0y1") and account.ended("t6x0y3"))

        assert [path for path in sent if "order" in path] == []
        first = {event.client_id: event for event in reversed(told)}
        assert isinstance(first["t6x0y1"], OrderAck)
        assert isinstance(first["t6x0y3"], OrderAck)
        assert isinstance(first["t6x0y2"], OrderReject)
        assert not first["t6x0y2"].fatal
        assert isinstance(first["t6x0y4"], OrderReject)
        assert first["t6x0y4"].code == "expired"
        assert sum(fill.qty for fill in account.fills("t6x0y1")) == filled.qty
        state = await world.final("t6x0y1")
        assert first["t6x0y1"].venue_id == state.venue_id


def _count_requests(adapter: BaseExchange) -> list[str]:
    """Have every REST request of the adapter noted."""
    sent: list[str] = []
    execution = adapter._execution  # type: ignore[attr-defined]
    request = execution._rest.request

    async def noting(method: str, target: str, **options: object) -> object:
        sent.append(f"{method} {target}")
        return await request(method, target, **options)

    execution._rest.request = noting
    return sent


@pytest.mark.parametrize("name", ["binance", "bybit", "okx"])
async def test_a_lost_socket_leaves_orders_unknown_and_later_ones_go_by_rest(name: str) -> None:
    async with world_of(KINDS[name], name) as world, following(world) as account:
        await world.adapter.get_balance()
        entry = world.adapter._entry  # type: ignore[attr-defined]
        await until(lambda: entry.ready)
        told: list[OrderEvent] = []
        first = await world.order("t7x0y1", OrderSide.BUY, "1.01")
        second = await world.order("t7x0y2", OrderSide.BUY, "1.01")
        # Written, and the connection gone before its answer.
        world.adapter.submit(first, told.append)
        await world.fault("rst")
        await until(lambda: told and not entry.ready)
        world.adapter.submit(second, told.append)
        await until(lambda: {event.client_id for event in told} == {"t7x0y1", "t7x0y2"})
        # What was in flight may or may not have arrived; what came later did, once.
        state = await world.final("t7x0y2")
        assert (state.status, state.filled_qty) == (OrderStatus.FILLED, second.qty)
        orders = (await world.truth())["orders"]
        assert isinstance(orders, list)
        ids = [row["client_id"] for row in orders]
        assert len(ids) == len(set(ids))
        await until(lambda: account.streams[-1] == (True, "") and len(account.streams) > 1)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("binance", "reset"),
        ("bybit", "silence"),
        ("okx", "reset"),
        ("bitget", "silence"),
        ("bitget-unified", "reset"),
    ],
)
async def test_with_every_answer_lost_each_order_exists_once_and_is_found(
    name: str, how: str
) -> None:
    """Rows 35 and 39: by whichever way an order goes, its answer lost makes it no second one."""
    async with account_of(name) as world, following(world) as account:
        await world.adapter.get_balance()
        orders = [await world.order(f"t8x0y{n}", OrderSide.BUY, "1.01") for n in range(3)]
        await world.fault("ack_lost", args={"op": "place", "how": how})
        told: list[OrderEvent] = []
        for order in orders:
            world.adapter.submit(order, told.append)
        await until(lambda: {event.client_id for event in told} == {o.client_id for o in orders})

        assert {type(event) for event in told} == {OrderUnknown}
        for order in orders:
            state = await world.final(order.client_id)
            assert (state.status, state.filled_qty) == (OrderStatus.FILLED, order.qty)
        rows = (await world.truth())["orders"]
        assert isinstance(rows, list)
        assert sorted(row["client_id"] for row in rows) == [o.client_id for o in orders]
        if how == "silence":
            # The stream tells what the answer did not.
            for order in orders:
                assert sum(f.qty for f in account.fills(order.client_id)) == order.qty


async def test_an_account_that_becomes_a_unified_one_is_followed_and_traded_on() -> None:
    async with account_of("bitget") as world, following(world) as account:
        before = await world.order("t9x0y1", OrderSide.BUY, "1.01")
        await world.adapter.place_order(before)
        await until(lambda: account.ended("t9x0y1"))
        await world.become("unified")
        # Refused for certain, and not sent again; from then on the other dialect is spoken.
        (refused,) = await world.adapter.place_order(
            await world.order("t9x0y2", OrderSide.BUY, "1.01")
        )
        assert isinstance(refused, OrderReject)
        assert (refused.code, refused.fatal) == ("40085", False)
        await until(lambda: account.streams[-1] == (True, ""))
        assert account.streams[1] == (False, "the account has become a unified one")
        after = await world.order("t9x0y3", OrderSide.BUY, "1.01")
        await world.adapter.place_order(after)
        await until(lambda: account.ended("t9x0y3"))
        assert sum(fill.qty for fill in account.fills("t9x0y3")) == after.qty
        rows = (await world.truth())["orders"]
        assert isinstance(rows, list)
        assert [row["client_id"] for row in rows] == ["t9x0y1", "t9x0y3"]
        # What it did as the other kind is still known.
        assert (await world.final("t9x0y1")).filled_qty == before.qty


async def test_rebates_and_taxes_are_told_as_they_move_the_account(world: World) -> None:
    # row 49
    taxed = {"tax_pct": "1"} if world.name == "bybit" else {}
    await world.fault("fee", args={"maker_pct": "-0.5", **taxed})
    before = {held.asset: held.free + held.locked for held in await world.adapter.get_balance()}
    async with following(world) as account:
        taken = await world.order("t7x0y1", OrderSide.BUY, "1.01")
        rests = await world.order("t7x0y2", OrderSide.SELL, "1.0002")
        await world.adapter.place_order(taken)
        await world.adapter.place_order(
            msgspec.structs.replace(rests, time_in_force=TimeInForce.GTC)
        )
        # The others come up to what rests.
        await world.move_price("BTC/USDT", rests.price * Decimal("1.01"))
        await until(lambda: account.ended("t7x0y1") and account.ended("t7x0y2"))
        fills = []
        for client_id in ("t7x0y1", "t7x0y2"):
            state = await world.final(client_id)
            asked = await world.adapter.get_fills("BTC/USDT", client_id, state.venue_id)
            heard = {fill.trade_id: fill for fill in account.fills(client_id)}
            # What a push cannot tell for sure is left to the list.
            assert heard.items() <= {fill.trade_id: fill for fill in asked}.items()
            fills += asked

    assert any(fee < 0 for fill in fills for _, fee in fill.fees)
    assert any(len(fill.fees) > 1 for fill in fills) == (world.name == "bybit")
    moved = {"BTC": Decimal(0), "USDT": Decimal(0)}
    for fill in fills:
        sign = 1 if fill.side is OrderSide.BUY else -1
        moved["BTC"] += sign * fill.qty
        moved["USDT"] -= sign * fill.qty * fill.price
        for asset, fee in fill.fees:
            moved[asset] -= fee
    after = {held.asset: held.free + held.locked for held in await world.adapter.get_balance()}
    assert {asset: after[asset] - before[asset] for asset in moved} == moved
