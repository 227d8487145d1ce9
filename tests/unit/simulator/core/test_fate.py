from __future__ import annotations

import json

import pytest

from arbot_tui.simulator.core.corruption import CorruptionKind
from arbot_tui.simulator.core.fate import Fate, fate_of
from arbot_tui.simulator.core.faults import ChannelKind, Fault, FaultBoard, FaultRequest, Mark

TEXT = '{"b":[["1.5","2"]],"a":[["1.6","3"]],"ts":1790000000000}'


def a_board(seed: int = 7) -> FaultBoard:
    return FaultBoard(seed, {"okx": {"books": ChannelKind.DEPTH}}, ["BTC/USDT"])


def post(board: FaultBoard, fault: str, count: int | None = None, **args: object) -> Fault:
    return board.post(FaultRequest("okx", fault, None, args, count), 100)


def fate(board: FaultBoard, ident: int = 1, *, delta: bool = True) -> Fate | None:
    mark = Mark("BTC/USDT", "books", ChannelKind.DEPTH, ident, delta)
    return fate_of(board, board.on("okx"), mark, TEXT, 100)


def test_without_faults_a_frame_has_no_fate() -> None:
    assert fate(a_board()) is None


def test_a_freeze_loses_frames_for_all_or_for_those_who_were_there() -> None:
    board = a_board()
    post(board, "freeze", sockets="open")
    found = fate(board)
    assert found is not None
    assert (found.reaches(99), found.reaches(100)) == (False, True)

    post(board, "freeze")
    found = fate(board)
    assert found is not None
    assert not found.reaches(100)


def test_a_gap_takes_changes_and_leaves_whole_books_alone() -> None:
    board = a_board()
    gap = post(board, "gap")

    assert fate(board, delta=False) is None
    assert gap.hits == 0
    found = fate(board)
    assert found is not None
    assert found.lost
    assert fate(board, 2) is None


def test_a_drop_hits_as_often_as_it_should() -> None:
    board = a_board()
    drop = post(board, "drop", p=0.3)

    lost = sum(fate(board, ident) is not None for ident in range(2000))

    assert 500 < lost < 700
    assert drop.hits == lost


def test_draws_belong_to_the_frame_and_not_to_the_order_of_asking() -> None:
    fates: list[list[bool]] = []
    for idents in (range(200), reversed(range(200))):
        board = a_board()
        post(board, "drop", p=0.5)
        found = {ident: fate(board, ident) is not None for ident in idents}
        fates.append([found[ident] for ident in range(200)])
    other = a_board(seed=8)
    post(other, "drop", p=0.5)

    assert fates[0] == fates[1]
    assert fates[0] != [fate(other, ident) is not None for ident in range(200)]


def test_faults_add_up_on_one_frame() -> None:
    board = a_board()
    post(board, "dup")
    post(board, "dup")
    post(board, "reorder")
    post(board, "delay", ms=20, channel="books")
    post(board, "delay", ms=5, channel="depth")
    found = fate(board)

    assert found is not None
    assert (found.copies, found.held, found.delay_ns) == (3, True, 25_000_000)


def test_a_slow_line_is_not_a_matter_of_single_frames() -> None:
    board = a_board()
    post(board, "delay", ms=20)

    assert fate(board) is None


def test_corruption_keeps_to_its_kinds_and_counts_only_damage() -> None:
    board = a_board()
    corrupt = post(board, "corrupt", count=1, kinds=["checksum"])
    assert fate(board) is None
    assert corrupt.hits == 0
    board.clear(100)

    post(board, "corrupt", kinds=["negative"], count=1)
    found = fate(board)

    assert found is not None
    assert found.damage is not None
    assert found.damage[0] is CorruptionKind.NEGATIVE
    damaged = json.loads(found.text(TEXT))
    assert "-1.5" in damaged["b"][0] or "-1.6" in damaged["a"][0]
    assert fate(board, 2) is None


def test_what_is_lost_is_not_hit_by_later_faults() -> None:
    board = a_board()
    post(board, "drop")
    dup = post(board, "dup")

    assert fate(board) is not None
    assert dup.hits == 0


@pytest.mark.parametrize("fault", ["ban", "blackhole", "rst", "notice", "status", "seqreset"])
def test_other_faults_leave_frames_alone(fault: str) -> None:
    board = a_board()
    post(board, fault)

    assert fate(board) is None
