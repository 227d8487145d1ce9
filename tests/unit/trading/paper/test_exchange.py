"""PaperExchange in virtual time, over a venue that shows a market and takes no orders."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import NoReturn

import pytest

from arbot_tui.domain.account import AccountFill
from arbot_tui.domain.clock import MS, SECOND, Clock
from arbot_tui.domain.errors import ExchangeUnavailable, OrderNotFound
from arbot_tui.domain.feed import Continuity, FeedEvent, FeedEventKind
from arbot_tui.domain.instrument import Instrument
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
)
from arbot_tui.domain.quotes import BookKind, BookUpdate, DepthSnapshot, Level, Ticker
from arbot_tui.exchanges.base import (
    BaseExchange,
    DepthLimits,
    ExchangeConfig,
    MarketDataSink,
    QuotaUse,
    VenueUrls,
)
from arbot_tui.trading.core.events import Deposited
from arbot_tui.trading.core.state import CoreState
from arbot_tui.trading.core.step import replay
from arbot_tui.trading.paper.exchange import PaperExchange
from arbot_tui.trading.paper.terms import PaperTerms
from tests.unit.trading.paper.parts import FEES, RULES, order, order_id
from tests.unit.trading.rig import Rig, Scripted
from tests.unit.trading.venue_model import Fate
from tests.virtual_loop import START_NS, LoopClock, run_virtual

ROW = 4
TERMS = PaperTerms(cash=Decimal(10_000), coin_value=Decimal(1000))
RTT_NS = 80 * MS


class PublicVenue(BaseExchange):
    """Market data as a test tells it; asked for anything private it fails the test."""

    continuity = Continuity.PREVIOUS_ID
    depth_limits = DepthLimits(rows=7, starts_per_hour=70)

    def __init__(self, config: ExchangeConfig, clock: Clock) -> None:
        super().__init__(config, clock)
        self.sink: MarketDataSink | None = None
        self.depth: list[tuple[int, bool]] = []
        self.resynced: list[int] = []
        self.syncs = 0
        self.fails = False
        self.closed = False

    def quota(self, now_ns: int) -> QuotaUse | None:
        return QuotaUse(1, 2, 60.0)

    def banned_s(self, now_ns: int) -> float:
        return 7.0

    async def sync_clock(self) -> None:
        self.syncs += 1
        if self.fails:
            raise ExchangeUnavailable("okx", "no answer")
        self.offset_ns, self.rtt_ns = 3, RTT_NS

    async def load_instruments(self) -> list[Instrument]:
        return [RULES]

    async def get_volumes(self) -> dict[str, Decimal]:
        return {"BTC-USDT": Decimal(7)}

    def set_universe(self, rows: Mapping[str, int], instruments: Sequence[Instrument]) -> None:
        self.rows = dict(rows)

    async def connect_ws(self, sink: MarketDataSink) -> None:
        self.sink = sink
        await asyncio.Event().wait()

    def request_depth(self, row: int, wanted: bool) -> None:
        self.depth.append((row, wanted))

    def resync_book(self, row: int) -> None:
        self.resynced.append(row)

    async def get_orderbook(self, row: int, levels: int) -> DepthSnapshot:
        return DepthSnapshot(1, [], [], 0, 0)

    def submit(self, *args: object) -> NoReturn:
        raise AssertionError("an order would have left")

    place_order = cancel_order = query_order = submit  # type: ignore[assignment]
    get_fills = get_balance = get_trading_fees = submit  # type: ignore[assignment]

    async def close(self) -> None:
        self.closed = True


class Desk:
    """A paper exchange, what it stands on, and what it told."""

    def __init__(self) -> None:
        config = ExchangeConfig("okx", 0, VenueUrls("http://x", "ws://x"), "prod", FEES)
        clock = LoopClock()
        self.public = PublicVenue(config, clock)
        self.shown: list[Level] = [(99.9, 0.5), (100.0, 0.4)]
        self.bids: list[Level] = [(99.5, 3.0)]
        self.events: list[OrderEvent] = []
        self.deposits: list[Deposited] = []
        self.paper = PaperExchange(self.public, clock, seed=1, terms=TERMS, visible=self.visible)
        self.tickers: list[Ticker] = []
        self.books: list[BookUpdate] = []
        self.feed: list[FeedEvent] = []

    def visible(self, row: int, side: OrderSide) -> Sequence[Level]:
        assert row == ROW
        return self.shown if side is OrderSide.BUY else self.bids

    def on_ticker(self, ticker: Ticker) -> None:
        self.tickers.append(ticker)

    def on_book(self, update: BookUpdate) -> None:
        self.books.append(update)

    def on_feed(self, event: FeedEvent) -> None:
        self.feed.append(event)

    async def open(self, state: CoreState | None = None) -> asyncio.Task[None]:
        if state is not None:
            self.paper.open_account(state, self.deposits.append)
        await self.paper.sync_clock()
        await self.paper.load_instruments()
        self.paper.set_universe({"BTC-USDT": ROW}, [RULES])
        task = asyncio.create_task(self.paper.connect_ws(self))
        await asyncio.sleep(0)
        return task

    @property
    def sink(self) -> MarketDataSink:
        assert self.public.sink is not None
        return self.public.sink

    def quote(self, bid: float = 99.5, row: int = ROW) -> None:
        self.sink.on_ticker(Ticker(0, row, bid, 1.0, 99.9, 0.5, 0, 0))

    async def balance(self, asset: str) -> Decimal:
        held = await self.paper.get_balance()
        return sum((b.free for b in held if b.asset == asset), Decimal(0))


def scene(play: Callable[[Desk], Awaitable[None]], state: CoreState | None = None) -> None:
    """Play in virtual time on an open desk."""

    async def run() -> None:
        desk = Desk()
        feed = await desk.open(state or CoreState())
        try:
            await play(desk)
        finally:
            feed.cancel()
            await asyncio.gather(feed, return_exceptions=True)
            await desk.paper.close()
        assert desk.public.closed

    run_virtual(run())


async def funded(desk: Desk) -> None:
    desk.quote()
    await desk.paper.get_balance()


class TestMarketData:
    def test_it_passes_through(self) -> None:
        async def play(desk: Desk) -> None:
            paper = desk.paper
            desk.quote()
            update = BookUpdate(0, ROW, BookKind.SNAPSHOT, 0, 1, -1, [], [], 0, 0)
            event = FeedEvent(0, FeedEventKind.ALIVE, 0)
            desk.sink.on_book(update)
            desk.sink.on_feed(event)
            assert (len(desk.tickers), desk.books, desk.feed) == (1, [update], [event])
            assert await paper.get_volumes() == {"BTC-USDT": Decimal(7)}
            assert await paper.get_wallets() is None
            assert (await paper.get_orderbook(ROW, 5)).last_id == 1
            assert desk.public.rows == {"BTC-USDT": ROW}
            assert (paper.offset_ns, paper.rtt_ns) == (3, RTT_NS)
            assert paper.continuity is Continuity.PREVIOUS_ID
            assert paper.depth_limits == DepthLimits(rows=7, starts_per_hour=70)
            assert paper.quota(0) == QuotaUse(1, 2, 60.0)
            assert paper.banned_s(0) == 7.0
            paper.resync_book(ROW)
            assert desk.public.resynced == [ROW]

        scene(play)

    def test_round_trips_are_measured_all_the_while_whatever_fails(self) -> None:
        async def play(desk: Desk) -> None:
            await asyncio.sleep(25)
            assert desk.public.syncs == 1 + 12
            desk.public.fails = True
            await asyncio.sleep(10)
            desk.public.fails = False
            await asyncio.sleep(10)
            assert desk.public.syncs == 1 + 22
            # Once there are enough, a few a minute will do.
            await asyncio.sleep(300)
            before = desk.public.syncs
            await asyncio.sleep(60)
            assert desk.public.syncs == before + 6

        scene(play)


class TestOrders:
    def test_an_order_is_answered_after_a_round_trip_and_never_leaves(self) -> None:
        async def play(desk: Desk) -> None:
            await funded(desk)
            request = order(qty="0.6", expires_ns=START_NS + 60 * SECOND)
            desk.paper.submit(request, desk.events.append)
            await asyncio.sleep(0.0799)
            assert desk.events == []
            await asyncio.sleep(0.0002)
            kinds = [type(event) for event in desk.events]
            assert kinds == [OrderAck, Fill, Fill, OrderState]
            state = await desk.paper.query_order("BTC/USDT", order_id(1))
            assert state == desk.events[-1]
            fills = await desk.paper.get_fills("BTC/USDT", order_id(1), "")
            assert fills == desk.events[1:3]
            with pytest.raises(OrderNotFound):
                await desk.paper.cancel_order("BTC/USDT", order_id(1))

        scene(play)

    def test_an_order_can_be_asked_for_by_what_the_venue_calls_it(self) -> None:
        async def play(desk: Desk) -> None:
            await funded(desk)
            paper = desk.paper
            sent_ns = desk.paper.clock.now_ns()
            request = order(qty="0.6", expires_ns=START_NS + 60 * SECOND)
            ack, first, second, state = await paper.place_order(request)
            assert isinstance(ack, OrderAck)
            assert await paper.query_by_venue_id("BTC/USDT", ack.venue_id) == state
            with pytest.raises(OrderNotFound, match=order_id(1)):
                await paper.cancel_by_venue_id("BTC/USDT", ack.venue_id)
            assert await paper.get_open_orders() == []
            fills = [AccountFill(ack.venue_id, f) for f in (first, second) if isinstance(f, Fill)]
            assert await paper.get_account_fills("BTC/USDT", sent_ns) == fills
            assert await paper.get_account_fills("ETH/USDT", sent_ns) == []
            assert await paper.get_account_fills("BTC/USDT", sent_ns + 60 * MS) == []

        scene(play)

    def test_placing_waits_for_the_whole_answer(self) -> None:
        async def play(desk: Desk) -> None:
            await funded(desk)
            requests = [order(n, qty="0.3", expires_ns=START_NS + 60 * SECOND) for n in (1, 2)]
            first, second = await asyncio.gather(*map(desk.paper.place_order, requests))
            assert [f.qty for f in first if isinstance(f, Fill)] == [Decimal("0.3")]
            # The level that the first one left is what the second one finds.
            assert [f.price for f in second if isinstance(f, Fill)] == [
                Decimal("99.9"),
                Decimal("100.0"),
            ]

        scene(play)

    def test_an_id_that_is_sent_twice_is_answered_once(self) -> None:
        async def play(desk: Desk) -> None:
            await funded(desk)
            for _ in range(2):
                request = order(qty="0.3", expires_ns=START_NS + 60 * SECOND)
                desk.paper.submit(request, desk.events.append)
            await asyncio.sleep(1)
            assert [type(event) for event in desk.events][:3] == [OrderAck, Fill, OrderState]
            assert sum(isinstance(event, Fill) for event in desk.events) == 1

        scene(play)

    def test_a_symbol_that_is_not_followed_is_met_by_nothing(self) -> None:
        async def play(desk: Desk) -> None:
            await funded(desk)
            desk.paper.set_universe({}, [])
            events = await desk.paper.place_order(order(expires_ns=START_NS + 60 * SECOND))
            assert isinstance(events[-1], OrderState)
            assert events[-1].filled_qty == 0
            desk.quote()

        scene(play)

    def test_what_is_on_its_way_at_the_end_is_unknown(self) -> None:
        async def play(desk: Desk) -> None:
            desk.paper.submit(order(), desk.events.append)
            await desk.paper.close()
            await asyncio.sleep(1)
            assert [type(event) for event in desk.events] == [OrderUnknown]

        scene(play)

    def test_rules_are_those_that_were_fetched_last(self) -> None:
        async def play(desk: Desk) -> None:
            await funded(desk)
            events = await desk.paper.place_order(order(qty="0.001"))
            assert isinstance(events[0], OrderReject)

        scene(play)

    def test_fees_are_the_configured_ones(self) -> None:
        async def play(desk: Desk) -> None:
            assert await desk.paper.get_trading_fees(["A/B", "C/D"]) == {"A/B": FEES, "C/D": FEES}

        scene(play)

    def test_a_level_that_was_taken_is_free_again_once_the_feed_renewed_it(self) -> None:
        async def play(desk: Desk) -> None:
            await funded(desk)

            async def bought(pair: int) -> Decimal:
                request = order(pair, price="99.9", qty="0.5", expires_ns=START_NS + 60 * SECOND)
                events = await desk.paper.place_order(request)
                assert isinstance(events[-1], OrderState)
                return events[-1].filled_qty

            assert await bought(1) == Decimal("0.5")
            desk.quote()
            assert await bought(2) == 0
            desk.shown = [(100.0, 0.4)]
            desk.sink.on_book(BookUpdate(0, ROW, BookKind.SNAPSHOT, 0, 1, -1, [], [], 0, 0))
            desk.shown = [(99.9, 0.5)]
            assert await bought(3) == Decimal("0.5")

        scene(play)


class TestDepth:
    def test_it_is_asked_for_with_an_order_and_given_up_after_a_while(self) -> None:
        async def play(desk: Desk) -> None:
            desk.paper.submit(order(1), desk.events.append)
            desk.paper.submit(order(2), desk.events.append)
            assert desk.public.depth == [(ROW, True)]
            await asyncio.sleep(75)
            assert desk.public.depth == [(ROW, True), (ROW, False)]

        scene(play)

    def test_what_the_engine_wants_stays(self) -> None:
        async def play(desk: Desk) -> None:
            desk.paper.submit(order(1), desk.events.append)
            desk.paper.request_depth(ROW, True)
            await asyncio.sleep(75)
            assert desk.public.depth == [(ROW, True), (ROW, True)]
            desk.paper.submit(order(2), desk.events.append)
            desk.paper.request_depth(ROW, False)
            assert desk.public.depth[2:] == []
            await asyncio.sleep(75)
            assert desk.public.depth[2:] == [(ROW, False)]
            desk.paper.request_depth(ROW, True)
            desk.paper.request_depth(ROW, False)
            assert desk.public.depth[3:] == [(ROW, True), (ROW, False)]

        scene(play)


class TestAccount:
    def test_it_opens_with_cash_and_gets_coins_with_their_price(self) -> None:
        async def play(desk: Desk) -> None:
            assert await desk.paper.get_balance() == [Balance("USDT", Decimal(10_000), Decimal(0))]
            assert desk.deposits == []
            desk.quote(0.0)
            desk.quote(99.5)
            desk.quote(99.4)
            assert desk.deposits == [Deposited("okx", "BTC", Decimal("10.050"))]
            assert await desk.balance("BTC") == Decimal("10.050")

        scene(play)

    def test_a_symbol_that_left_is_looked_at_no_more(self) -> None:
        async def play(desk: Desk) -> None:
            desk.paper.set_universe({}, [])
            desk.quote()
            assert [b.asset for b in await desk.paper.get_balance()] == ["USDT"]

        scene(play)

    def test_a_coin_that_costs_more_than_is_given_is_not(self) -> None:
        async def play(desk: Desk) -> None:
            desk.quote(1e9)
            desk.quote(10.0)
            assert [b.asset for b in await desk.paper.get_balance()] == ["USDT"]

        scene(play)

    def test_what_is_given_before_it_was_asked_for_is_no_deposit(self) -> None:
        async def play(desk: Desk) -> None:
            desk.quote()
            assert await desk.balance("BTC") == Decimal("10.050")
            assert desk.deposits == []

        scene(play)

    def test_the_journal_says_what_is_there_after_a_restart(self) -> None:
        state = CoreState()
        state.venue("okx").opened = True
        state.ledger.post([("okx", "USDT", Decimal(42)), (":opening", "USDT", Decimal(-42))])

        async def play(desk: Desk) -> None:
            assert await desk.paper.get_balance() == [Balance("USDT", Decimal(42), Decimal(0))]
            desk.quote()
            assert desk.deposits == [Deposited("okx", "BTC", Decimal("10.050"))]

        scene(play, state)

    def test_orders_under_way_at_the_last_end_expired_with_what_is_known(self) -> None:
        rig = Rig(Scripted(Fate(parts=(400,))), venues=("okx", "bee"))
        rig.start()
        rig.run_for(2 * SECOND)
        rig.edge("okx", "bee")
        rig.run_for(SECOND)
        state = CoreState()
        seen: list[Fill] = []
        for (number, at_ns, _), event in zip(rig.journal, rig.events(), strict=True):
            replay(state, [(number, at_ns, event)])
            if isinstance(event, Fill) and event.venue == "okx":
                seen.append(event)
                break
        (pair,) = state.working()
        leg = next(leg for leg in pair.legs if leg.venue == "okx")

        async def play(desk: Desk) -> None:
            found = await desk.paper.query_order(leg.symbol, leg.client_id)
            assert (found.status, found.filled_qty) == (OrderStatus.EXPIRED, seen[0].qty)
            assert await desk.paper.get_fills(leg.symbol, leg.client_id, "") == seen
            held = {b.asset: b.free for b in await desk.paper.get_balance()}
            assert held == {a: q for a, q in state.ledger.book("okx").items() if q}

        scene(play, state)
