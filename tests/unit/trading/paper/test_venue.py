"""Orders that meet a real book without touching it."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.numbers import plain
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderAck,
    OrderEvent,
    OrderReject,
    OrderRequest,
    OrderSide,
    OrderState,
    OrderStatus,
)
from arbot_tui.trading.paper.profile import OrderProfile
from arbot_tui.trading.paper.venue import SOURCES, PaperVenue
from tests.unit.trading.paper.parts import RULES, START_NS, Books, order, order_id, paper_venue


@pytest.fixture
def books() -> Books:
    books = Books()
    books.asks((99.9, 0.5), (100.0, 0.4), (100.1, 5.0))
    books.bids((99.7, 0.5), (99.6, 0.4), (99.5, 5.0))
    return books


def outcome(venue: PaperVenue, request: OrderRequest, now_ns: int = START_NS) -> list[OrderEvent]:
    return venue.advance(venue.submit(request, now_ns))


def fills_of(events: list[OrderEvent]) -> list[tuple[str, str]]:
    return [(plain(e.price), plain(e.qty)) for e in events if isinstance(e, Fill)]


def refusal(events: list[OrderEvent]) -> str:
    (event,) = events
    assert isinstance(event, OrderReject)
    assert (event.venue, event.code, event.fatal) == ("okx", "paper", False)
    return event.message


class TestFills:
    def test_a_buy_walks_the_asks_up_to_its_limit_and_the_rest_expires(self, books: Books) -> None:
        venue = paper_venue(books)

        events = outcome(venue, order(qty="2"))

        assert fills_of(events) == [("99.9", "0.5"), ("100", "0.4")]
        ack, first, second, state = events
        assert ack == OrderAck("okx", order_id(1), f"paper-{order_id(1)}")
        assert isinstance(first, Fill)
        assert isinstance(second, Fill)
        assert first.trade_id != second.trade_id
        assert (first.fee_asset, first.fee) == ("BTC", Decimal("0.0005"))
        assert state == OrderState(
            "okx", order_id(1), OrderStatus.EXPIRED, Decimal("0.9"), ("order",), ack.venue_id
        )

    def test_a_sell_walks_the_bids_and_pays_its_fee_in_the_quote(self, books: Books) -> None:
        venue = paper_venue(books, holdings={"BTC": "0.7", "USDT": "0"})

        events = outcome(venue, order(1, OrderSide.SELL, "99.6", "0.7"))

        assert fills_of(events) == [("99.7", "0.5"), ("99.6", "0.2")]
        last = events[-2]
        assert isinstance(last, Fill)
        assert (last.fee_asset, last.fee) == ("USDT", Decimal("0.01992000"))
        state = events[-1]
        assert isinstance(state, OrderState)
        assert state.status is OrderStatus.FILLED
        received = (Decimal("49.85") + Decimal("19.92")) * Decimal("0.999")
        assert venue.balances() == [Balance("USDT", received, Decimal(0))]

    def test_without_a_book_an_order_expires_unfilled(self, books: Books) -> None:
        books.asks()
        events = outcome(paper_venue(books), order())
        assert fills_of(events) == []
        assert isinstance(events[-1], OrderState)
        assert events[-1].status is OrderStatus.EXPIRED

    def test_the_book_that_counts_is_the_one_of_the_answer(self, books: Books) -> None:
        venue = paper_venue(books)
        due_ns = venue.submit(order(), START_NS)
        assert due_ns == venue.next_ns == START_NS + 100 * MS
        books.asks((99.8, 9.0))

        assert venue.advance(due_ns - 1) == []
        assert fills_of(venue.advance(due_ns)) == [("99.8", "1")]
        assert venue.next_ns is None

    def test_a_fill_carries_the_venues_time_of_the_arrival(self, books: Books) -> None:
        venue = paper_venue(books)
        venue.offset_ns = 7
        fill = outcome(venue, order())[1]
        assert isinstance(fill, Fill)
        assert fill.event_ns == START_NS + 50 * MS + 7

    def test_a_size_off_the_lot_step_is_taken_in_whole_lots(self, books: Books) -> None:
        books.asks((99.8, 0.0004), (99.9, 0.0599), (100.0, 4.0))
        events = outcome(paper_venue(books), order(qty="0.1"))
        assert fills_of(events) == [("99.9", "0.059"), ("100", "0.041")]

    def test_a_cut_order_trades_its_share_in_whole_lots(self, books: Books) -> None:
        profile = OrderProfile((MS,), cut_share=1, cuts=(0.2505,))
        assert fills_of(outcome(paper_venue(books, profile=profile), order())) == [("99.9", "0.25")]


class TestOwnImpact:
    def test_two_orders_never_take_the_same_quantity(self, books: Books) -> None:
        venue = paper_venue(books)
        first = outcome(venue, order(1, qty="0.7"))
        second = outcome(venue, order(2, qty="0.7"))
        assert fills_of(first) == [("99.9", "0.5"), ("100", "0.2")]
        assert fills_of(second) == [("100", "0.2")]

    def test_a_level_that_was_renewed_is_there_again(self, books: Books) -> None:
        venue = paper_venue(books)
        outcome(venue, order(1, qty="0.5"))
        books.asks((100.0, 0.4))
        assert venue.observe("BTC/USDT") is False
        books.asks((99.9, 0.5), (100.0, 0.4))
        assert fills_of(outcome(venue, order(2, qty="0.5"))) == [("99.9", "0.5")]

    def test_a_book_matters_while_what_we_took_may_still_be_shown(self, books: Books) -> None:
        venue = paper_venue(books)
        assert venue.observe("BTC/USDT") is False
        outcome(venue, order(1, qty="0.1"))
        outcome(venue, order(2, OrderSide.SELL, "99.7", "0.1"))
        assert venue.observe("BTC/USDT") is True
        books.asks((100.0, 0.4))
        assert venue.observe("BTC/USDT") is True
        books.bids((99.6, 0.4))
        assert venue.observe("BTC/USDT") is False

    def test_who_arrives_first_is_served_first(self, books: Books) -> None:
        books.asks((99.9, 1.0))
        profile = OrderProfile(tuple(range(MS, 100 * MS, MS)))
        venue = paper_venue(books, profile=profile)
        dues = {n: venue.submit(order(n, qty="0.6"), START_NS) for n in range(1, 6)}
        winner, second, *rest = sorted(dues, key=lambda n: dues[n])

        venue.advance(START_NS + SECOND)

        filled = {n: venue.query(order_id(n)).filled_qty for n in dues}
        assert filled[winner] == Decimal("0.6")
        assert filled[second] == Decimal("0.4")
        assert [filled[n] for n in rest] == [0, 0, 0]

    def test_at_the_same_time_the_one_sent_first_is(self, books: Books) -> None:
        books.asks((99.9, 1.0))
        venue = paper_venue(books)
        for number in (2, 1):
            venue.submit(order(number, qty="0.8"), START_NS)
        venue.advance(START_NS + SECOND)
        assert [venue.query(order_id(n)).filled_qty for n in (2, 1)] == [
            Decimal("0.8"),
            Decimal("0.2"),
        ]


class TestRejects:
    @pytest.mark.parametrize(
        ("request_", "why"),
        [
            (order(symbol="XRP/USDT"), "XRP/USDT is not listed"),
            (order(expires_ns=START_NS + 50 * MS - 3), "arrived 3 ns after it expired"),
            (order(qty="0.001"), "quantity 0.001 below the minimum 0.002"),
            (order(price="100.05"), "price 100.05 is no multiple of 0.1"),
            (order(price="10", qty="0.4"), "value 4.0 below the minimum 5"),
            (order(qty="1.001"), "needs 100.100 USDT, has 100"),
            (order(1, OrderSide.SELL, "99", "1.001"), "needs 1.001 BTC, has 1"),
        ],
    )
    def test_what_a_venue_would_refuse_is_refused(
        self, books: Books, request_: OrderRequest, why: str
    ) -> None:
        venue = paper_venue(books, holdings={"BTC": "1", "USDT": "100"})
        before = venue.balances()
        assert refusal(outcome(venue, request_)) == why
        assert venue.balances() == before
        assert venue.query(request_.client_id).status is OrderStatus.NOT_FOUND

    def test_a_halted_symbol_takes_no_orders(self, books: Books) -> None:
        venue = paper_venue(books)
        venue.set_instruments([msgspec.structs.replace(RULES, tradeable=False)])
        assert refusal(outcome(venue, order())) == "BTC/USDT is not open for trading"

    def test_an_id_is_taken_once(self, books: Books) -> None:
        venue = paper_venue(books)
        outcome(venue, order())
        assert refusal(outcome(venue, order())) == "an order of this id was there before"

    def test_the_share_of_the_profile_is_refused(self, books: Books) -> None:
        venue = paper_venue(books, profile=OrderProfile((MS,), reject_share=1))
        assert refusal(outcome(venue, order())).startswith("refused at random")


class TestQueries:
    def test_what_never_arrived_is_found_nowhere(self, books: Books) -> None:
        venue = paper_venue(books)
        venue.submit(order(), START_NS)
        state = venue.query(order_id(1))
        assert (state.status, state.sources) == (OrderStatus.NOT_FOUND, SOURCES)
        assert venue.fills(order_id(1)) == []

    def test_an_order_and_its_fills_can_be_asked_for(self, books: Books) -> None:
        venue = paper_venue(books)
        events = outcome(venue, order())
        assert venue.query(order_id(1)) == events[-1]
        assert venue.fills(order_id(1)) == [e for e in events if isinstance(e, Fill)]

    def test_an_order_of_an_earlier_run_ended_with_what_is_known_of_it(self, books: Books) -> None:
        fill = outcome(paper_venue(books), order(qty="0.2"))[1]
        assert isinstance(fill, Fill)
        venue = paper_venue(books)
        venue.restore(order_id(1), [fill])
        state = venue.query(order_id(1))
        assert (state.status, state.filled_qty) == (OrderStatus.EXPIRED, Decimal("0.2"))
        assert venue.fills(order_id(1)) == [fill]

    def test_the_oldest_orders_are_forgotten_in_the_end(self, books: Books) -> None:
        books.asks((99.9, 1e6))
        venue = paper_venue(books)
        for number in range(1, 5003):
            venue.submit(order(number, qty="0.1", expires_ns=START_NS + SECOND), START_NS)
        venue.advance(START_NS + SECOND)
        assert venue.query(order_id(2)).status is OrderStatus.NOT_FOUND
        assert venue.query(order_id(3)).status is OrderStatus.FILLED
