"""The fill core against an oracle in which every resting lot has an identity.

Sizes and quantities are whole lots; each lot that a level shows is an object of its own. Which
lots leave when a level shrinks is Hypothesis's choice, since a venue does not tell: whatever it
chooses, there must be lots left that none of our orders has taken before.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.ledger import OPENING, Ledger, fill_postings
from arbot_tui.domain.orders import Fill, OrderRequest, OrderSide, OrderState
from arbot_tui.trading.paper.profile import OrderProfile
from tests.unit.trading.paper.parts import (
    RULES,
    START_NS,
    SYMBOL,
    Books,
    order,
    paper_venue,
)

# Nothing is too small: what is refused takes nothing from the book.
ANY_SIZE = msgspec.structs.replace(RULES, min_qty=Decimal(0), min_notional=Decimal(0))
LOT = RULES.lot_step
OPENED = {"BTC": "40", "USDT": "4000"}
PROFILE = OrderProfile(
    tuple(range(MS, 90 * MS, 7 * MS)), reject_share=0.1, cut_share=0.3, cuts=(0.0, 0.4, 0.9)
)
TICKS = st.integers(998, 1002)
LOTS = st.integers(1, 30)


class _Side:
    """One side of the venue's book: the identities of the lots shown at each tick."""

    def __init__(self, side: OrderSide) -> None:
        self.side = side
        self.lots: dict[int, list[object]] = {}
        self.ours: set[object] = set()

    def show(self, tick: int, size: int, data: st.DataObject) -> None:
        """Have the level show `size` lots: new ones come, or some leave, nobody knows which."""
        lots = self.lots.setdefault(tick, [])
        while len(lots) > size:
            lots.pop(data.draw(st.integers(0, len(lots) - 1), label="which lot leaves"))
        lots.extend(object() for _ in range(size - len(lots)))
        if not lots:
            del self.lots[tick]

    def levels(self) -> list[tuple[float, float]]:
        ticks = sorted(self.lots, reverse=self.side is OrderSide.SELL)
        return [(tick / 10, len(self.lots[tick]) / 1000) for tick in ticks]

    def take(self, fill: Fill) -> None:
        """Give the fill lots that nobody of us has; the last ones, as if our queue were unlucky."""
        wanted = int(fill.qty / LOT)
        free = [lot for lot in self.lots[int(fill.price * 10)] if lot not in self.ours]
        assert len(free) >= wanted, f"{wanted} lots at {fill.price} of {len(free)}"
        self.ours.update(free[-wanted:])


_BOOK = st.tuples(st.just("book"), st.sampled_from(OrderSide), TICKS, st.integers(0, 30))
_ORDER = st.tuples(st.just("order"), st.sampled_from(OrderSide), TICKS, LOTS)
_WAIT = st.tuples(st.just("wait"), st.just(OrderSide.BUY), st.integers(1, 60), st.just(0))

_Step = tuple[str, OrderSide, int, int]


def _one_level(rounds: list[tuple[int, int]]) -> list[_Step]:
    """Return steps in which one level shows a size, and an order meets it, again and again."""
    buy, wait_ms = OrderSide.BUY, 60
    steps: list[_Step] = []
    for size, lots in rounds:
        steps += [("book", buy, 1000, size), ("order", buy, 1000, lots), ("wait", buy, wait_ms, 0)]
    return steps


_ANY = st.lists(_BOOK | _ORDER | _WAIT, min_size=10, max_size=60)
_HAMMER = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 12)), min_size=3, max_size=20)


@given(_ANY | _HAMMER.map(_one_level), st.data())
def test_nothing_is_taken_twice_and_no_money_is_made_or_lost(
    steps: list[_Step], data: st.DataObject
) -> None:
    books = Books()
    venue = paper_venue(books, holdings=OPENED, profile=PROFILE)
    venue.set_instruments([ANY_SIZE])
    sides = {side: _Side(side) for side in OrderSide}
    sent: dict[str, OrderRequest] = {}
    ledger = Ledger()
    for asset, amount in OPENED.items():
        ledger.post([("okx", asset, Decimal(amount)), (OPENING, asset, -Decimal(amount))])
    now_ns = START_NS
    for what, side, tick, size in [*steps, ("wait", OrderSide.BUY, 100, 0)]:
        if what == "book":
            sides[side].show(tick, size, data)
            books[(SYMBOL, side)] = sides[side].levels()
            venue.observe(SYMBOL)
        elif what == "order":
            request = order(
                len(sent) + 1,
                side,
                str(Decimal(tick) / 10),
                str(size * LOT),
                expires_ns=now_ns + SECOND,
            )
            sent[request.client_id] = request
            venue.submit(request, now_ns)
        else:
            now_ns += tick * MS
            told: dict[str, Decimal] = {}
            for event in venue.advance(now_ns):
                if isinstance(event, Fill):
                    request = sent[event.client_id]
                    buying = request.side is OrderSide.BUY
                    assert event.price <= request.price if buying else event.price >= request.price
                    told[event.client_id] = told.get(event.client_id, Decimal(0)) + event.qty
                    assert told[event.client_id] <= request.qty
                    sides[request.side].take(event)
                    ledger.post(fill_postings(event, "BTC", "USDT"))
                elif isinstance(event, OrderState):
                    assert event.filled_qty == told.get(event.client_id, 0)
    held = {balance.asset: balance.free for balance in venue.balances()}
    assert all(amount > 0 for amount in held.values())
    assert held == {asset: amount for asset, amount in ledger.book("okx").items() if amount}
    assert venue.next_ns is None


@given(
    st.dictionaries(TICKS, LOTS, max_size=8),
    st.lists(st.tuples(TICKS, LOTS, st.integers(0, 50)), max_size=8),
)
def test_over_a_book_that_stands_still_orders_share_one_ladder_in_the_order_they_arrive(
    ladder: dict[int, int], orders: list[tuple[int, int, int]]
) -> None:
    books = Books()
    books.asks(*((tick / 10, lots / 1000) for tick, lots in sorted(ladder.items())))
    venue = paper_venue(books, latencies_ns=(10 * MS,))
    venue.set_instruments([ANY_SIZE])
    sent = [(at_ms, number, tick, lots) for number, (tick, lots, at_ms) in enumerate(orders, 1)]
    requests = {}
    for at_ms, number, tick, lots in sent:
        requests[number] = order(number, price=str(Decimal(tick) / 10), qty=str(lots * LOT))
        venue.submit(requests[number], START_NS + at_ms * MS)
    venue.advance(START_NS + SECOND)
    left = dict(ladder)
    for _, number, limit, lots in sorted(sent):
        expected = []
        for tick in sorted(left):
            took = min(lots, left[tick]) if tick <= limit else 0
            if took:
                expected.append((Decimal(tick) / 10, took * LOT))
                left[tick] -= took
                lots -= took
        fills = venue.fills(requests[number].client_id)
        assert [(fill.price, fill.qty) for fill in fills] == expected
