from __future__ import annotations

import msgspec
import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.simulator.core.faults import (
    BadFault,
    ChannelKind,
    Fault,
    FaultBoard,
    FaultKind,
    FaultRequest,
    Mark,
)

CHANNELS = {"best": ChannelKind.TICKER, "book": ChannelKind.DEPTH}
MARK = Mark("BTC/USDT", "book", ChannelKind.DEPTH, 7, delta=True)


def a_board() -> FaultBoard:
    return FaultBoard(7, {"okx": CHANNELS, "bybit": CHANNELS}, ["BTC/USDT", "ETH/USDT"])


def post(
    board: FaultBoard,
    fault: str,
    *,
    venue: str = "okx",
    symbol: str | None = None,
    count: int | None = None,
    for_s: float | None = None,
    now_ns: int = 0,
    **args: object,
) -> Fault:
    return board.post(FaultRequest(venue, fault, symbol, args, count, for_s), now_ns)


def test_a_fault_without_limits_stays_until_it_is_lifted() -> None:
    board = a_board()
    fault = post(board, "freeze")

    board.advance(10**18)

    assert board.on("okx") == (fault,)
    assert board.on("bybit") == ()
    assert board.lift(fault.number, 10**18)
    assert not board.lift(fault.number, 10**18)
    assert board.on() == ()
    assert board.ended == (fault,)


def test_for_s_ends_a_fault_at_that_moment() -> None:
    board = a_board()
    fault = post(board, "freeze", for_s=2.0, now_ns=SECOND)

    assert board.next_ns == 3 * SECOND
    assert fault.is_on(3 * SECOND - 1)
    assert not fault.is_on(3 * SECOND)
    board.advance(3 * SECOND - 1)
    assert board.on() == (fault,)
    board.advance(3 * SECOND)
    assert board.on() == ()
    assert board.next_ns is None


def test_count_ends_a_fault_with_its_last_hit() -> None:
    board = a_board()
    fault = post(board, "drop", count=2)

    board.hit(fault, 0)
    assert fault.is_on(0)
    board.hit(fault, 0)

    assert not fault.is_on(0)
    assert board.on() == ()
    assert fault.hits == 2


def test_a_gap_is_one_lost_change_unless_told_otherwise() -> None:
    board = a_board()

    assert post(board, "gap").count == 1
    assert post(board, "gap", count=3).count == 3


def test_clearing_lifts_everything_and_forgets_it() -> None:
    board = a_board()
    for venue in ("okx", "bybit"):
        post(board, "freeze", venue=venue)
    post(board, "freeze", for_s=1.0)

    assert board.clear(2 * SECOND) == 2
    assert board.on() == board.ended == ()


def test_watchers_hear_of_every_start_and_end_once() -> None:
    board = a_board()
    heard: list[tuple[int, bool]] = []
    board.watch(lambda fault, started: heard.append((fault.number, started)))

    first, second = post(board, "freeze"), post(board, "drop", count=1)
    board.hit(second, 0)
    board.clear(0)

    assert heard == [
        (first.number, True),
        (second.number, True),
        (second.number, False),
        (first.number, False),
    ]


def test_a_fault_that_a_watcher_refuses_was_never_posted() -> None:
    board = a_board()

    def refuse(fault: Fault, started: bool) -> None:
        raise BadFault("no")

    board.watch(refuse)

    with pytest.raises(BadFault, match="no"):
        post(board, "freeze")
    assert board.on() == ()


@pytest.mark.parametrize(
    ("symbol", "channel", "concerned"),
    [
        (None, None, True),
        ("BTC/USDT", None, True),
        ("ETH/USDT", None, False),
        (None, "book", True),
        (None, "depth", True),
        (None, "ticker", False),
        (None, "best", False),
        ("BTC/USDT", "snapshot", False),
    ],
)
def test_a_fault_concerns_the_frames_of_its_symbol_and_channel(
    symbol: str | None, channel: str | None, concerned: bool
) -> None:
    fault = post(a_board(), "freeze", symbol=symbol, channel=channel)

    assert fault.concerns(MARK) is concerned


@pytest.mark.parametrize("kind", [kind.value for kind in FaultKind])
def test_every_fault_can_be_posted_with_what_it_needs(kind: str) -> None:
    needed: dict[str, dict[str, object]] = {
        "delay": {"ms": 5},
        "flood": {"per_s": 10},
        "clock_skew": {"ms": -5},
        "arrive_late": {"ms": 5},
        "vis_lag": {"ms": 5},
    }
    board = a_board()

    request = FaultRequest("okx", kind, args=needed.get(kind), for_s=1.0)
    fault = board.post(request, 0)

    assert board.on("okx") == (fault,)
    assert fault.kind.value == kind


def test_a_ban_lasts_as_long_as_it_says() -> None:
    board = a_board()

    assert post(board, "ban", retry_after_s=30).until_ns == 30 * SECOND
    assert post(board, "ban", retry_after_s=30, for_s=5.0).until_ns == 5 * SECOND
    assert post(board, "ban").until_ns is None


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (FaultRequest("nowhere", "freeze"), "unknown venue 'nowhere': one of okx, bybit"),
        (FaultRequest("okx", "dance"), "unknown fault 'dance': one of freeze, "),
        (FaultRequest("okx", "ack_code", args={"code": "no"}), "code 'no' is no number"),
        (FaultRequest("okx", "arrive_late", args={"ms": 5, "spread_ms": 6}), "not exceed ms"),
        (FaultRequest("okx", "delay", args={"ms": 5, "spread_ms": 1}), "spread_ms needs a channel"),
        (
            FaultRequest("okx", "delay", args={"ms": 5, "spread_ms": 6, "channel": "rest"}),
            "spread_ms must not exceed ms",
        ),
        (FaultRequest("okx", "partial", args={"f": 0.5, "f_max": 0.4}), "f_max must not be below"),
        (FaultRequest("okx", "band", args={"pct": "-1"}), "pct must be from 0 to 100"),
        (FaultRequest("okx", "fee", args={"taker_pct": "101"}), "taker_pct must be from 0 to 100"),
        (FaultRequest("okx", "fee", args={"taker_pct": "-1"}), "taker_pct must be from 0 to 100"),
        (FaultRequest("okx", "fee", args={"maker_pct": "-2"}), "maker_pct must be from -1 to 100"),
        (FaultRequest("okx", "vis_lag", "BTC/USDT", {"ms": 1}), "vis_lag concerns the whole venue"),
        (FaultRequest("okx", "freeze", "NO/USDT"), "unknown symbol 'NO/USDT'"),
        (FaultRequest("okx", "ban", "BTC/USDT"), "ban concerns the whole venue"),
        (FaultRequest("okx", "freeze", count=0), "count must be at least 1"),
        (FaultRequest("okx", "status", count=1), "status cannot be limited by count"),
        (FaultRequest("okx", "freeze", for_s=0.0), "for_s must be above 0 and at most 86400"),
        (FaultRequest("okx", "freeze", for_s=1e9), "for_s must be above 0 and at most 86400"),
        (FaultRequest("okx", "freeze", for_s=float("nan")), "for_s must be above 0"),
        (FaultRequest("okx", "freeze", args={"chanel": "x"}), "no argument 'chanel': allowed are"),
        (FaultRequest("okx", "seqreset", args={"x": 1}), "no argument 'x': allowed are none"),
        (FaultRequest("okx", "freeze", args={"channel": "x"}), "okx has no channel 'x': one of"),
        (FaultRequest("okx", "dup", args={"channel": "rest"}), "okx has no channel 'rest'"),
        (FaultRequest("okx", "delay", args={"ms": -1}), "args: Expected `float` > 0.0 - at `$.ms`"),
        (
            FaultRequest("okx", "delay", "BTC/USDT", {"ms": 1, "channel": "rest"}),
            "the channel rest concerns the whole venue",
        ),
        (FaultRequest("okx", "drop", args={"p": 1.5}), "Expected `float` <= 1.0"),
        (FaultRequest("okx", "drop", args={"p": "often"}), "Expected `float`, got `str`"),
        (FaultRequest("okx", "corrupt", args={"kinds": ["rot"]}), "Invalid enum value 'rot'"),
        (FaultRequest("okx", "flood", args={"per_s": 1, "bytes": 1}), "flood takes either"),
        (FaultRequest("okx", "ban", args={"code": 500}), "Invalid enum value 500"),
        (FaultRequest("okx", "status", args={"status": "gone"}), "Invalid enum value 'gone'"),
    ],
)
def test_a_bad_request_is_refused_with_the_reason(request_: FaultRequest, words: str) -> None:
    board = a_board()

    with pytest.raises(BadFault) as refused:
        board.post(request_, 0)

    assert words in str(refused.value)
    assert board.on() == ()


@pytest.mark.parametrize("kind", list(FaultKind))
def test_every_fault_can_be_posted_by_its_name_alone(kind: FaultKind) -> None:
    board = a_board()

    fault = board.post(FaultRequest("okx", kind.value), 0)

    # What it does is told, not left to be guessed: a fault without size would do nothing.
    args = msgspec.to_builtins(fault.args)
    if "ms" in args:
        assert args["ms"] > 0
    if kind is FaultKind.FLOOD:
        assert args["per_s"] == 1000
    assert fault.is_on(1)
