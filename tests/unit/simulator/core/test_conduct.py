"""What faults make of orders: drawn per order, never by call order, as likely as they say."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.orders import OrderSide
from arbot_tui.simulator.core.conduct import Conduct, ErrorAnswer, Journey, Op
from arbot_tui.simulator.core.faults import ChannelKind, Fault, FaultBoard, FaultRequest
from arbot_tui.simulator.core.orders import NewOrder, TimeInForce
from arbot_tui.simulator.core.treatment import AS_EVER, Treatment

BTC, ETH = "BTC/USDT", "ETH/USDT"
MANY = 10_000
Post = Callable[..., Fault]


def a_board(seed: int = 3) -> FaultBoard:
    channels = {"okx": {"bbo-tbt": ChannelKind.TICKER}, "binance": {"depth": ChannelKind.DEPTH}}
    return FaultBoard(seed, channels, (BTC, ETH))


def post(board: FaultBoard, kind: str, venue: str = "okx", **how: Any) -> Fault:
    symbol, count = how.pop("symbol", None), how.pop("count", None)
    request = FaultRequest(venue, kind, symbol, how, count)
    return board.post(request, 0)


def an_order(ident: str, symbol: str = BTC) -> NewOrder:
    return NewOrder(symbol, OrderSide.BUY, Decimal(100), Decimal(1), TimeInForce.IOC, ident)


def journeys(conduct: Conduct, count: int = MANY, op: Op = Op.PLACE) -> list[Journey | None]:
    return [conduct.journey(op, BTC, f"order-{n}", 1) for n in range(count)]


def treatments(conduct: Conduct, count: int = MANY) -> list[Treatment]:
    return [conduct.treatment(an_order(f"order-{n}"), 1) for n in range(count)]


def near(measured: float, expected: float) -> bool:
    return abs(measured - expected) <= 0.05 * expected


def test_without_faults_everything_is_as_ever() -> None:
    conduct = Conduct(a_board(), "okx")

    assert conduct.journey(Op.PLACE, BTC, "a", 1) is None
    assert conduct.treatment(an_order("a"), 1) is AS_EVER


def test_a_latency_a_reject_and_a_partial_profile_hold_over_ten_thousand_orders() -> None:
    board = a_board()
    conduct = Conduct(board, "okx")
    post(board, "arrive_late", ms=80.0, spread_ms=40.0)
    post(board, "ack_code", p=0.05)
    post(board, "partial", p=0.3, f=0.2, f_max=0.8)

    travelled = [journey for journey in journeys(conduct) if journey is not None]
    assert len(travelled) == MANY
    late_ms = sorted(journey.late_ns / 1e6 for journey in travelled)
    assert near(sum(late_ms) / MANY, 80.0)
    assert near(late_ms[MANY // 10], 48.0)
    assert near(late_ms[9 * MANY // 10], 112.0)
    assert 40.0 <= late_ms[0] < late_ms[-1] <= 120.0
    assert near(sum(journey.error is not None for journey in travelled) / MANY, 0.05 * 1.0)
    shares = [float(t.share) for t in treatments(conduct) if t.share is not None]
    assert near(len(shares) / MANY, 0.3)
    assert near(sum(shares) / len(shares), 0.5)
    assert min(shares) >= 0.2
    assert max(shares) <= 0.8


@given(st.permutations(range(40)), st.integers(0, 2**32))
def test_the_order_of_asking_changes_nothing(order: list[int], seed: int) -> None:
    def play(numbers: list[int]) -> dict[int, tuple[Journey | None, Treatment]]:
        board = a_board(seed)
        conduct = Conduct(board, "okx")
        post(board, "arrive_late", ms=50.0, spread_ms=50.0, p=0.5)
        post(board, "ack_lost", p=0.5)
        post(board, "partial", f=0.0, f_max=1.0)
        post(board, "async_reject", p=0.5)
        return {
            n: (
                conduct.journey(Op.PLACE, BTC, f"c{n}", 1),
                conduct.treatment(an_order(f"c{n}"), 1),
            )
            for n in numbers
        }

    assert play(order) == play(sorted(order))


def test_faults_concern_their_venue_symbol_and_kind_of_request() -> None:
    board = a_board()
    conduct = Conduct(board, "okx")
    post(board, "ack_lost", venue="binance")
    assert conduct.journey(Op.PLACE, BTC, "a", 1) is None
    post(board, "ack_lost", symbol=ETH, op="cancel")
    assert conduct.journey(Op.CANCEL, BTC, "a", 1) is None
    assert conduct.journey(Op.CANCEL, None, "a", 1) is None
    assert conduct.journey(Op.PLACE, ETH, "a", 1) is None
    lost = conduct.journey(Op.CANCEL, ETH, "a", 1)
    assert lost is not None
    assert lost.silent


def test_a_count_ends_a_fault() -> None:
    board = a_board()
    conduct = Conduct(board, "okx")
    post(board, "async_reject", count=2, ms=5.0)

    acted = [treatment.reject_after_ns for treatment in treatments(conduct, 4)]
    assert acted == [5_000_000, 5_000_000, None, None]
    assert board.on("okx") == ()


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"code": -1007}, ErrorAnswer("-1007", None)),
        ({"code": "50026", "status": 500}, ErrorAnswer("50026", 500)),
        ({}, ErrorAnswer(None, None)),
        ({"status": 400}, ErrorAnswer(None, 400)),
        ({"status": 502}, ErrorAnswer("", 502)),
    ],
)
def test_what_an_error_answer_says(how: dict[str, Any], expected: ErrorAnswer) -> None:
    board = a_board()
    conduct = Conduct(board, "okx")
    post(board, "ack_code", **how)

    journey = conduct.journey(Op.PLACE, BTC, "a", 1)
    assert journey is not None
    assert (journey.error, journey.executes) == (expected, False)


def test_how_likely_it_was_done_all_the_same() -> None:
    board = a_board()
    conduct = Conduct(board, "okx")
    post(board, "ack_code", code=1, executed=0.25)

    done = sum(journey is not None and journey.executes for journey in journeys(conduct))
    assert near(done / MANY, 0.25)


def test_what_is_lost_is_neither_late_nor_answered() -> None:
    board = a_board()
    conduct = Conduct(board, "okx")
    post(board, "drop", channel="trade", p=0.5)
    late = post(board, "arrive_late", ms=5.0)

    found = journeys(conduct, 1000)
    lost = [journey for journey in found if journey is not None and journey.lost]
    assert 400 < len(lost) < 600
    assert {journey.late_ns for journey in lost} == {0}
    assert late.hits == 1000 - len(lost)


def test_lost_frames_are_no_lost_orders() -> None:
    board = a_board()
    conduct = Conduct(board, "okx")
    post(board, "drop")
    post(board, "drop", channel="rest")

    assert conduct.journey(Op.PLACE, BTC, "a", 1) is None


@pytest.mark.parametrize(("venue", "expires"), [("binance", True), ("okx", False)])
def test_each_venue_treats_its_band_in_its_own_way(venue: str, expires: bool) -> None:
    board = a_board()
    conduct = Conduct(board, venue)
    fault = post(board, "band", venue=venue, pct="0.2")
    assert conduct.treatment(an_order("a"), 1) == Treatment(
        band_pct=Decimal("0.2"), band_expires=expires
    )
    board.lift(fault.number, 1)
    post(board, "band", venue=venue, expire=not expires)
    assert conduct.treatment(an_order("a"), 1).band_expires is not expires
