"""What every adapter has to do against the synthetic world, over sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

import aiohttp
import pytest

from arbot_tui.domain.clock import MS, SECOND, Clock, SystemClock
from arbot_tui.domain.errors import AuthRefused, OrderNotFound
from arbot_tui.domain.feed import FeedEventKind
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderAck,
    OrderReject,
    OrderRequest,
    OrderSide,
    OrderState,
    OrderStatus,
)
from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import BaseExchange, Credentials, ExchangeConfig, VenueUrls
from arbot_tui.exchanges.transport.adapter import VenueAdapter
from arbot_tui.simulator.core.world import WorldSpec
from arbot_tui.simulator.server import SyntheticVenues
from tests.unit.exchanges.loopback import Market, until

__all__ = ["AccountContract", "World", "WorldContract", "world_of"]

_LIVES_S = 20
_NONE = TradingFees(maker=Decimal(0), taker=Decimal(0))


class World:
    """A running world, one adapter on it, and the world's own truth about that venue."""

    def __init__(
        self,
        venues: SyntheticVenues,
        kind: Callable[[ExchangeConfig, Clock], BaseExchange],
        name: str,
    ) -> None:
        self.about = venues.description["venues"][name]
        self.control = venues.description["control"]
        self.kind = kind
        self.name = name
        self.adapter = self.make(self.about["api_secret"])
        self.instruments: dict[str, Instrument] = {}
        self.rows: dict[str, int] = {}

    def make(self, secret: str) -> BaseExchange:
        phrase = self.about["passphrase"]
        key = Credentials(
            self.about["api_key"], Secret(secret), None if phrase is None else Secret(phrase)
        )
        urls = VenueUrls(
            self.about["rest"],
            self.about["ws_public"],
            self.about.get("ws_private"),
            self.about.get("ws_trade"),
        )
        config = ExchangeConfig(self.name, 1, urls, "custom", _NONE, key)
        return self.kind(config, SystemClock())

    async def load(self) -> None:
        found = await self.adapter.load_instruments()
        self.instruments = {instrument.symbol: instrument for instrument in found}
        self.rows = {instrument.symbol: row for row, instrument in enumerate(found)}
        by_wire = {instrument.wire_symbol: row for row, instrument in enumerate(found)}
        self.adapter.set_universe(by_wire, found)

    async def become(self, kind: str) -> None:
        """Turn the account into another kind, where the venue has two."""
        body = {"action": "account", "venue": self.name, "kind": kind}
        url = f"{self.control}/world"
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
            assert answer.status < 300, await answer.text()

    async def truth(self) -> dict[str, object]:
        """Return what the world says about this venue."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.control}/truth") as got:
            truth = (await got.json())["venues"][self.name]
            assert isinstance(truth, dict)
            return truth

    async def move_price(self, symbol: str, mid: Decimal) -> None:
        """Have the other participants trade around another price."""
        body = {"action": "price", "symbol": symbol, "venue": self.name, "mid": str(mid)}
        url = f"{self.control}/world"
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
            assert answer.status < 300, await answer.text()

    async def fault(self, name: str, **options: object) -> None:
        """Have the venue misbehave (CONTRACT section 4)."""
        body = {"venue": self.name, "fault": name, **options}
        url = f"{self.control}/faults"
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
            assert answer.status < 300, await answer.text()

    async def order(
        self, client_id: str, side: OrderSide, factor: str, dollars: int = 100
    ) -> OrderRequest:
        """Return a BTC order priced at `factor` times the other side's best price."""
        btc = self.instruments["BTC/USDT"]
        book = await self.adapter.get_orderbook(self.rows["BTC/USDT"], 1)
        buying = side is OrderSide.BUY
        best = Decimal(repr(book.asks[0][0] if buying else book.bids[0][0]))
        price = (btc.buy_price if buying else btc.sell_price)(best * Decimal(factor))
        qty = btc.quantity(Decimal(dollars) / best)
        # A machine without time for us makes none of them late.
        expires_ns = SystemClock().now_ns() + _LIVES_S * SECOND
        return OrderRequest(client_id, self.name, "BTC/USDT", side, price, qty, expires_ns)

    async def final(self, client_id: str) -> OrderState:
        """Ask for an order until it is final."""
        async with asyncio.timeout(60):
            while True:
                state = await self.adapter.query_order("BTC/USDT", client_id)
                if state.status not in (
                    OrderStatus.NEW,
                    OrderStatus.PARTIALLY_FILLED,
                    OrderStatus.NOT_FOUND,
                ):
                    return state
                await asyncio.sleep(0.05)


@asynccontextmanager
async def world_of(
    kind: type[BaseExchange], name: str, account: str | None = None
) -> AsyncIterator[World]:
    """Run a world and an adapter on it; `account` is the kind of account that it has there."""
    spec = WorldSpec(seed=7, symbols=4, rate_hz=200.0, edges_per_min=0.0)
    async with SyntheticVenues(spec) as venues:
        world = World(venues, kind, name)
        try:
            if account is not None:
                await world.become(account)
            await world.adapter.sync_clock()
            await world.load()
            yield world
        finally:
            await world.adapter.close()


def _of(balances: list[Balance], asset: str) -> Decimal:
    return next(row.free + row.locked for row in balances if row.asset == asset)


class AccountContract:
    """What an account can be asked and told; a test class names its adapter in `world`."""

    async def test_account_has_money_and_fees(self, world: World) -> None:
        balances = await world.adapter.get_balance()
        assert _of(balances, "USDT") > 0 < _of(balances, "BTC")
        symbols = list(world.instruments)
        fees = await world.adapter.get_trading_fees(symbols)
        assert set(fees) == set(symbols)
        assert all(rate.taker == Decimal("0.001") for rate in fees.values())

    @pytest.mark.parametrize("side", [OrderSide.BUY, OrderSide.SELL])
    async def test_marketable_order_is_filled_and_every_number_agrees(
        self, world: World, side: OrderSide
    ) -> None:
        before = await world.adapter.get_balance()
        order = await world.order("t1x0y1", side, "1.01" if side is OrderSide.BUY else "0.99")
        events = await world.adapter.place_order(order)
        assert isinstance(events[0], OrderAck)
        state = await world.final("t1x0y1")
        assert (state.status, state.filled_qty) == (OrderStatus.FILLED, order.qty)
        fills = await world.adapter.get_fills("BTC/USDT", "t1x0y1", state.venue_id)
        assert fills == await world.adapter.get_fills("BTC/USDT", "t1x0y1", events[0].venue_id)
        self._check(order, fills)
        truth = await world.truth()
        rows = truth["fills"]
        assert isinstance(rows, list)
        assert [(row["trade_id"], Decimal(row["qty"])) for row in rows] == [
            (fill.trade_id, fill.qty) for fill in fills
        ]
        assert [Decimal(row["fee"]) for row in rows] == [fill.fee for fill in fills]
        after = await world.adapter.get_balance()
        sign = 1 if side is OrderSide.BUY else -1
        gross = {"BTC": sign * sum(fill.qty for fill in fills)}
        gross["USDT"] = -sign * sum(fill.qty * fill.price for fill in fills)
        for asset, moved in gross.items():
            fees = sum(fill.fee for fill in fills if fill.fee_asset == asset)
            assert _of(after, asset) - _of(before, asset) == moved - fees, asset

    def _check(self, order: OrderRequest, fills: list[Fill]) -> None:
        assert fills
        for fill in fills:
            assert (fill.client_id, fill.symbol, fill.side) == (
                order.client_id,
                "BTC/USDT",
                order.side,
            )
            better = fill.price <= order.price
            assert better if order.side is OrderSide.BUY else fill.price >= order.price
            assert fill.fee > 0
            assert fill.fee_asset == ("BTC" if order.side is OrderSide.BUY else "USDT")
            assert abs(fill.event_ns - SystemClock().now_ns()) < 60 * SECOND

    async def test_order_off_the_market_expires_without_a_fill(self, world: World) -> None:
        order = await world.order("t1x0y2", OrderSide.BUY, "0.99")
        ack, *others = await world.adapter.place_order(order)
        assert isinstance(ack, OrderAck)
        # Some venues tell the order's end in the answer already.
        assert all(isinstance(event, OrderState) for event in others)
        state = await world.final("t1x0y2")
        assert (state.status, state.filled_qty) == (OrderStatus.EXPIRED, Decimal(0))
        assert await world.adapter.get_fills("BTC/USDT", "t1x0y2", state.venue_id) == []
        with pytest.raises(OrderNotFound):
            await world.adapter.cancel_order("BTC/USDT", "t1x0y2")

    async def test_order_without_the_money_is_rejected_and_leaves_nothing(
        self, world: World
    ) -> None:
        order = await world.order("t1x0y3", OrderSide.BUY, "1.001", dollars=900_000_000)
        (event,) = await world.adapter.place_order(order)
        assert isinstance(event, OrderReject)
        assert not event.fatal
        assert (await world.truth())["fills"] == []

    async def test_id_that_was_never_sent_is_found_nowhere(self, world: World) -> None:
        state = await world.adapter.query_order("BTC/USDT", "t1x0y9")
        assert state.status is OrderStatus.NOT_FOUND
        assert {"order", "fills"} <= set(state.sources)
        with pytest.raises(OrderNotFound):
            await world.adapter.cancel_order("BTC/USDT", "t1x0y9")

    async def test_signature_of_a_wrong_secret_is_refused_for_good(self, world: World) -> None:
        adapter = world.make(world.about["api_secret"] + "x")
        adapter.set_universe({}, list(world.instruments.values()))
        order = await world.order("t1x0y4", OrderSide.BUY, "1.01")
        (event,) = await adapter.place_order(order)
        assert isinstance(event, OrderReject)
        assert event.fatal
        with pytest.raises(AuthRefused):
            await adapter.get_balance()
        await adapter.close()
        assert (await world.truth())["orders"] == []

    async def test_order_that_arrives_after_its_deadline_is_refused(self, world: World) -> None:
        # A clock that is so far behind makes every deadline lie in the past there.
        world.adapter.offset_ns -= (_LIVES_S + 1) * SECOND
        order = await world.order("t1x0y5", OrderSide.BUY, "1.01")
        (event,) = await world.adapter.place_order(order)
        assert isinstance(event, OrderReject)
        assert not event.fatal
        assert (await world.truth())["fills"] == []
        # The clock is measured again without being asked.
        await until(lambda: abs(world.adapter.offset_ns) < 10 * SECOND)


class WorldContract(AccountContract):
    """The same, and what the market is told to be."""

    async def test_clock_and_instruments_are_plausible(self, world: World) -> None:
        # Half of what a request took is the most that it can be off; both clocks are one.
        assert abs(world.adapter.offset_ns) <= world.adapter.rtt_ns // 2 + 2 * MS
        assert world.adapter.rtt_ns > 0
        # The first of three may have had to connect: what a request takes the others tell.
        assert len(world.adapter.rtts_ns) == (2 if isinstance(world.adapter, VenueAdapter) else 0)
        assert len(world.instruments) == 4
        btc = world.instruments["BTC/USDT"]
        assert btc.tradeable
        assert btc.tick_size > 0 < btc.lot_step

    async def test_every_symbol_is_quoted_as_its_order_book_says(self, world: World) -> None:
        market = Market()
        task = asyncio.create_task(world.adapter.connect_ws(market))
        try:
            await until(lambda: {ticker.row for ticker in market.tickers} == {0, 1, 2, 3})
            for ticker in market.tickers:
                assert 0.0 < ticker.bid < ticker.ask
                assert min(ticker.bid_size, ticker.ask_size) > 0.0
                # Binance's best bid and ask carries no time; what OKX begins with tells none.
                untimed = world.name in ("binance", "okx") and ticker.event_ns == 0
                assert untimed or abs(ticker.recv_ns - ticker.event_ns) < 60 * SECOND
            best: set[tuple[int, float, float, float, float]] = set()

            def told() -> bool:
                quotes = {(t.row, t.bid, t.bid_size, t.ask, t.ask_size) for t in market.tickers}
                return bool(best & quotes)

            # Some of the books fall between two quotes; one that does not is enough.
            async with asyncio.timeout(60):
                while not told():
                    row = market.tickers[-1].row
                    book = await world.adapter.get_orderbook(row, 5)
                    best.add((row, *book.bids[0], *book.asks[0]))
            assert market.of(FeedEventKind.MALFORMED) == []
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
