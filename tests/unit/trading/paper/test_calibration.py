"""What a journal says of a venue, and whether paper then does the same.

The venue is the synthetic one, in virtual time, with its profile set by the faults that a person
would post to ``/faults``. What it does to ten thousand orders is written down as a journal has
it; paper is calibrated from that and given the same orders over the same market.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import fmean

import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import exact
from arbot_tui.domain.orders import (
    Fill,
    OrderAck,
    OrderEvent,
    OrderReject,
    OrderRequest,
    OrderSide,
)
from arbot_tui.domain.quotes import Level
from arbot_tui.simulator.core.conduct import Conduct, Op
from arbot_tui.simulator.core.faults import FaultBoard, FaultRequest
from arbot_tui.simulator.core.instruments import VENUES
from arbot_tui.simulator.core.orders import NewOrder, TimeInForce
from arbot_tui.simulator.core.world import World, WorldSpec
from arbot_tui.trading.core.commands import Commit
from arbot_tui.trading.core.events import (
    Committed,
    Event,
    Operator,
    OperatorAction,
    TimerFired,
    TimerKind,
)
from arbot_tui.trading.core.plans import PlannedOrder, Unwinding
from arbot_tui.trading.journal import Journal, newest_records
from arbot_tui.trading.paper.calibration import measured
from arbot_tui.trading.paper.fees import PaperFees
from arbot_tui.trading.paper.profile import Draws, OrderProfile, RoundTrips, quantile
from arbot_tui.trading.paper.venue import PaperVenue
from tests.unit.trading.paper.parts import FEES, START_NS, order, order_id
from tests.unit.trading.rig import Rig, Scripted
from tests.unit.trading.venue_model import Fate

SYMBOL = "BTC/USDT"
MANY = 10_000
EVERY_NS = 25 * MS
BASE_NS = 20 * MS
"""Round trip of a venue whose faults are off."""

_SHOWN = 5
"""Levels that paper sees; none of the orders needs more."""

Record = tuple[int, int, Event]


def unwinding(request: OrderRequest) -> TimerFired:
    """Return the record that plans one order."""
    plan = Unwinding(PlannedOrder(request, "USDT", Decimal(1)))
    return TimerFired(TimerKind.UNWIND, "p1", 1, unwinding=plan)


@dataclass
class Treated:
    """How a venue treated its orders."""

    latencies: list[float] = field(default_factory=list)
    rejected: int = 0
    shares: list[float] = field(default_factory=list)
    spent: Decimal = Decimal(0)

    def note(self, request: OrderRequest, latency_ns: int, events: Sequence[OrderEvent]) -> None:
        self.latencies.append(latency_ns)
        if isinstance(events[0], OrderReject):
            self.rejected += 1
            return
        fills = [event for event in events if isinstance(event, Fill)]
        filled = sum((fill.qty for fill in fills), Decimal(0))
        self.shares.append(float(exact.divide(filled, request.qty)))
        self.spent += sum((fill.price * fill.qty for fill in fills), Decimal(0))

    @property
    def cut(self) -> list[float]:
        return sorted(share for share in self.shares if share < 1)


class SyntheticOkx:
    """The synthetic OKX in virtual time, behind faults."""

    def __init__(self, *faults: FaultRequest) -> None:
        okx = tuple(profile for profile in VENUES if profile.name == "okx")
        spec = WorldSpec(seed=5, symbols=1, rate_hz=20.0, edges_per_min=0.0, venues=okx)
        self.world = World(spec, START_NS, "virtual")
        self.book = self.world.books("okx")[SYMBOL]
        board = FaultBoard(5, {"okx": {}}, self.world.symbols)
        self.conduct = Conduct(board, "okx")
        for fault in faults:
            board.post(fault, START_NS)

    def rules(self) -> Instrument:
        own = self.book.instrument
        tick = Decimal(1).scaleb(-own.price_decimals)
        lot = Decimal(1).scaleb(-own.qty_decimals)
        return Instrument("okx", "BTC-USDT", "BTC", "USDT", tick, lot)

    def request(self, number: int, side: OrderSide) -> OrderRequest:
        """Return an order of some 300 dollars that is good for half a percent."""
        rules, buying = self.rules(), side is OrderSide.BUY
        best = self.book.best_ask if buying else self.book.best_bid
        price = best.ticks * rules.tick_size
        limit = (rules.buy_price if buying else rules.sell_price)(
            price * Decimal("1.005" if buying else "0.995")
        )
        return order(number, side, str(limit), str(rules.quantity(300 / price)), expires_ns=1 << 62)

    def visible(self, symbol: str, side: OrderSide) -> list[Level]:
        assert symbol == SYMBOL
        own = self.book.instrument
        levels = (self.book.asks if side is OrderSide.BUY else self.book.bids)[:_SHOWN]
        return [(float(own.price(lv.ticks)), float(own.qty(lv.lots))) for lv in levels]

    def place(self, request: OrderRequest, now_ns: int) -> tuple[int, list[OrderEvent]]:
        """Return when the answer is there, and what it is."""
        journey = self.conduct.journey(Op.PLACE, SYMBOL, request.client_id, now_ns)
        answered_ns = now_ns + BASE_NS + (journey.late_ns if journey else 0)
        if journey is not None and journey.error is not None:
            return answered_ns, [OrderReject("okx", request.client_id, "51008", "as set")]
        new = NewOrder(
            request.symbol,
            request.side,
            request.price,
            request.qty,
            TimeInForce.IOC,
            request.client_id,
        )
        treatment = self.conduct.treatment(new, now_ns)
        placed = self.world.place("okx", new, answered_ns - BASE_NS // 2, treatment)
        ack = OrderAck("okx", request.client_id, str(placed.order_id))
        fills = [
            Fill(
                *("okx", request.client_id, SYMBOL, str(t.trade_id), t.side),
                *(t.price, t.qty, t.fee, t.fee_asset, t.ts_ns),
            )
            for t in placed.trades
        ]
        return answered_ns, [ack, *fills]


def turns(count: int) -> Iterator[tuple[int, int, OrderSide]]:
    """Yield number, time and side of all orders."""
    for number in range(1, count + 1):
        side = OrderSide.BUY if number % 2 else OrderSide.SELL
        yield number, START_NS + number * EVERY_NS, side


def really(count: int, *faults: FaultRequest) -> tuple[Treated, list[Record]]:
    """Send all orders to the synthetic venue; return what came of them and what a journal has."""
    venue, treated = SyntheticOkx(*faults), Treated()
    records: list[Record] = []
    for number, now_ns, side in turns(count):
        venue.world.advance(now_ns)
        request = venue.request(number, side)
        records.append((len(records) + 1, now_ns, unwinding(request)))
        records.append((len(records) + 1, now_ns, Committed(len(records), (), "")))
        answered_ns, events = venue.place(request, now_ns)
        records += [(len(records) + i, answered_ns, e) for i, e in enumerate(events, 1)]
        treated.note(request, answered_ns - now_ns, events)
    return treated, records


def on_paper(count: int, profile: OrderProfile) -> Treated:
    """Give paper the same orders over the same market."""
    market, treated = SyntheticOkx(), Treated()
    paper = PaperVenue("okx", Draws(77, profile), PaperFees(FEES), market.visible)
    paper.set_instruments([market.rules()])
    paper.account.credit("BTC", Decimal(10**6))
    paper.account.credit("USDT", Decimal(10**12))
    sent: dict[str, tuple[OrderRequest, int]] = {}

    def advance(until_ns: int) -> None:
        while (due_ns := paper.next_ns) is not None and due_ns <= until_ns:
            market.world.advance(due_ns)
            paper.observe(SYMBOL)
            by_order: dict[str, list[OrderEvent]] = {}
            for event in paper.advance(due_ns):
                by_order.setdefault(event.client_id, []).append(event)
            for client_id, events in by_order.items():
                request, sent_ns = sent.pop(client_id)
                treated.note(request, due_ns - sent_ns, events)

    for number, now_ns, side in turns(count):
        advance(now_ns)
        market.world.advance(now_ns)
        request = market.request(number, side)
        sent[request.client_id] = (request, now_ns)
        paper.submit(request, now_ns)
    advance(1 << 62)
    assert not sent
    return treated


def within_5_pct(paper: float, real: float) -> None:
    assert paper == pytest.approx(real, rel=0.05)


LATE = FaultRequest("okx", "arrive_late", args={"ms": 60, "spread_ms": 45, "op": "place"})
REFUSED = FaultRequest("okx", "ack_code", args={"p": 0.25, "op": "place"})
CUT = FaultRequest("okx", "partial", args={"f": 0.2, "f_max": 0.9, "p": 0.4})


@pytest.mark.parametrize(
    ("count", "faults"),
    [(MANY, (LATE, REFUSED, CUT)), (1000, ())],
    ids=["a bad venue", "a good one"],
)
def test_paper_does_to_the_same_orders_what_the_venue_did(
    count: int, faults: tuple[FaultRequest, ...]
) -> None:
    real, records = really(count, *faults)
    paper = on_paper(count, measured(records)["okx"])

    assert len(paper.latencies) == len(real.latencies) == count
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        within_5_pct(
            quantile(sorted(paper.latencies), share), quantile(sorted(real.latencies), share)
        )
    within_5_pct(paper.rejected, real.rejected)
    within_5_pct(len(paper.cut), len(real.cut))
    if faults:
        assert real.rejected > 2000
        assert len(real.cut) > 2500
        for share in (0.1, 0.25, 0.5, 0.75, 0.9):
            within_5_pct(quantile(paper.cut, share), quantile(real.cut, share))
    within_5_pct(float(paper.spent), float(real.spent))


LINE_MS, SPREAD_MS, BEYOND_MS = 60.0, 45.0, 8
"""What a question to the venue takes on top of its round trip, how far it varies, and how much
longer an order takes."""


def trip_ns(share: float) -> int:
    """Return the round trip below which `share` (0…1) of a line's round trips lie."""
    return BASE_NS + round((LINE_MS + SPREAD_MS * (2 * share - 1)) * MS)


@pytest.fixture(scope="module")
def unmeasured() -> tuple[list[int], list[float]]:
    """Return latencies of all orders and shares of the accepted ones, by the venue's profile."""
    slow = {"ms": LINE_MS + BEYOND_MS, "spread_ms": SPREAD_MS, "op": "place"}
    cut = FaultRequest("okx", "partial", args={"f": 0.0, "f_max": 1.0, "p": 0.4})
    venue = SyntheticOkx(FaultRequest("okx", "arrive_late", args=slow), REFUSED, cut)
    latencies: list[int] = []
    shares: list[float] = []
    for number in range(MANY):
        client_id = order_id(number)
        journey = venue.conduct.journey(Op.PLACE, SYMBOL, client_id, START_NS)
        assert journey is not None
        latencies.append(BASE_NS + journey.late_ns)
        if journey.error is None:
            one = NewOrder(
                SYMBOL, OrderSide.BUY, Decimal(1), Decimal(1), TimeInForce.IOC, client_id
            )
            share = venue.conduct.treatment(one, START_NS).share
            shares.append(1.0 if share is None else float(share))
    return latencies, shares


@pytest.mark.parametrize("seed", range(3))
def test_without_a_journal_round_trips_and_what_is_configured_do_the_same(
    seed: int, unmeasured: tuple[list[int], list[float]]
) -> None:
    """The line is as slow for a question as for an order; the rest is what a person knows.

    Its round trips are those of the line, evenly: what luck makes of 512 of them is not paper's.
    """
    latencies, shares = unmeasured
    line = RoundTrips(trip_ns((n + 0.5) / 512) for n in range(512))
    draws = Draws(seed, OrderProfile(reject_share=0.25, cut_share=0.4, beyond_ns=BEYOND_MS * MS))
    paper = [draws.fate(order_id(number), line) for number in range(MANY)]

    for part in (0.05, 0.25, 0.5, 0.75, 0.95):
        drawn = quantile(sorted(fate.latency_ns for fate in paper), part)
        within_5_pct(drawn, quantile(sorted(latencies), part))
    within_5_pct(sum(fate.refused for fate in paper), MANY - len(shares))
    accepted = [float(fate.share) for fate in paper if not fate.refused]
    within_5_pct(sum(share < 1 for share in accepted), sum(share < 1 for share in shares))
    for part in (0.5, 0.75, 0.9):
        cuts = [sorted(s for s in found if s < 1) for found in (accepted, shares)]
        within_5_pct(quantile(cuts[0], part), quantile(cuts[1], part))
    within_5_pct(fmean(accepted), fmean(shares))


@pytest.mark.parametrize("part", [0.05, 0.25, 0.5, 0.75, 0.95])
def test_measured_round_trips_are_off_by_chance_alone(part: float) -> None:
    """What paper keeps of a line is a sample, and leans to no side.

    A quantile of n round trips has a deviation of sqrt(p (1 - p) / n) of their spread: for a line
    that varies as this one, 512 put one first quartile in twenty more than 5 % off.
    """
    chance = Random(1)
    off = []
    for _ in range(200):
        line = RoundTrips(trip_ns(chance.random()) for _ in range(512))
        off.append(quantile(line.ranked, part) / trip_ns(part) - 1)

    expected = (part * (1 - part) / 512) ** 0.5 * 2 * SPREAD_MS * MS / trip_ns(part)
    assert abs(fmean(off)) < 4 * expected / len(off) ** 0.5
    assert fmean(one * one for one in off) ** 0.5 == pytest.approx(expected, rel=0.25)


class TestMeasuring:
    def test_a_journal_of_the_money_core_tells_latencies_rejects_and_cuts(self) -> None:
        fates = [Fate(), Fate(parts=(400,)), Fate(refused=True), Fate(answer_ns=30 * MS)]
        rig = Rig(Scripted(*fates), venues=("ant", "bee"))
        rig.start()
        rig.run_for(2 * SECOND)
        rig.edge("ant", "bee")
        rig.run_for(5 * SECOND)
        records = [
            (number, at_ns, event)
            for (number, at_ns, _), event in zip(rig.journal, rig.events(), strict=True)
        ]

        found = measured(records, enough=1)

        sends = {request.client_id for request in rig.sent}
        assert sum(len(profile.latencies_ns) for profile in found.values()) == len(sends)
        assert all(latency > 0 for p in found.values() for latency in p.latencies_ns)
        assert [cut for profile in found.values() for cut in profile.cuts] == [0.4]

    def test_what_was_planned_and_not_sent_says_nothing(self) -> None:
        request = order()
        ack = OrderAck("okx", request.client_id, "1")
        records: list[Record] = [
            (1, START_NS, unwinding(request)),
            (2, START_NS, Committed(1, (), "halted")),
            (3, START_NS, ack),
            (4, START_NS, TimerFired(TimerKind.UNWIND, "p1", 1)),
            (5, START_NS, Committed(4, (), "")),
            (6, START_NS, Operator(OperatorAction.DRAIN)),
        ]
        assert measured(records, enough=1) == {}

    def test_an_order_without_an_answer_and_a_venue_with_few_say_nothing(self) -> None:
        request = order()
        records: list[Record] = [
            (1, START_NS, unwinding(request)),
            (2, START_NS, Committed(1, (), "")),
        ]
        assert measured(records, enough=1) == {}
        records.append((3, START_NS + 5, OrderReject("okx", request.client_id, "1", "no")))
        records.append((4, START_NS + 9, OrderAck("okx", request.client_id, "1")))
        assert measured(records) == {}
        assert measured(records, enough=1) == {
            "okx": OrderProfile(latencies_ns=(5,), reject_share=1.0)
        }


class TestReading:
    def test_the_newest_records_are_read_while_the_journal_is_in_use(self, tmp_path: Path) -> None:
        path = tmp_path / "journal.sqlite"
        journal = Journal.open(path, "k3f9x0z")
        list(journal.records())
        journal.start()
        written = [Operator(OperatorAction.DRAIN, str(number)) for number in range(1, 6)]
        for number, event in enumerate(written, 1):
            journal.append(Commit(number, START_NS + number, event))
        journal.close()
        again = Journal.open(path, "k3f9x0z")
        try:
            assert newest_records(path, 3) == [
                (number, START_NS + number, written[number - 1]) for number in (3, 4, 5)
            ]
        finally:
            again.close()

    def test_what_is_no_journal_has_no_records(self, tmp_path: Path) -> None:
        assert newest_records(tmp_path / "none.sqlite", 3) == []
        broken = tmp_path / "broken.sqlite"
        broken.write_bytes(b"no database at all" * 100)
        assert newest_records(broken, 3) == []
