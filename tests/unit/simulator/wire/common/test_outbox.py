from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.simulator.wire.common.outbox import Outbox

BTC, ETH = ("BTC/USDT", "books"), ("ETH/USDT", "books")


def drain(outbox: Outbox, now_ns: int) -> list[object]:
    items: list[object] = []
    while (item := outbox.pop(now_ns)) is not None:
        items.append(item)
    return items


def test_without_delays_first_in_is_first_out() -> None:
    outbox = Outbox()
    for item in "abc":
        outbox.put(item)

    assert outbox.settled
    assert len(outbox) == 3
    assert drain(outbox, 0) == ["a", "b", "c"]


def test_a_slow_line_keeps_the_order_of_everything() -> None:
    outbox = Outbox()
    outbox.put("a", 0, line_ns=100)
    outbox.put("b", 10, line_ns=100, lane=BTC)
    outbox.put("c", 20, line_ns=0)

    assert (outbox.next_ns, outbox.delayed, outbox.settled) == (100, 3, False)
    assert drain(outbox, 99) == []
    assert drain(outbox, 100) == ["a"]
    # The third was sent when the line was quick again, and overtakes nothing.
    assert drain(outbox, 110) == ["b", "c"]
    assert outbox.settled
    assert outbox.next_ns is None


def test_a_slow_lane_is_overtaken_by_the_others_only() -> None:
    outbox = Outbox()
    outbox.put("slow", 0, lane=BTC, lane_ns=100)
    outbox.put("quick", 1, lane=ETH)
    outbox.put("after", 2, lane=BTC)

    assert drain(outbox, 3) == ["quick"]
    assert drain(outbox, 100) == ["slow", "after"]


def test_a_held_item_goes_after_the_next_of_its_lane() -> None:
    outbox = Outbox()
    assert outbox.hold("first", BTC, 0)
    assert not outbox.hold("second", BTC, 0)
    outbox.put("second", 1, lane=BTC)
    held = outbox.release(BTC)
    assert held == "first"
    outbox.put(held, 1, lane=BTC)

    assert drain(outbox, 1) == ["second", "first"]
    assert outbox.release(BTC) is None


def test_a_held_item_goes_by_itself_after_a_second() -> None:
    outbox = Outbox()
    outbox.hold("lonely", BTC, 0)

    assert outbox.next_ns == 10**9
    assert drain(outbox, 10**9 - 1) == []
    assert drain(outbox, 10**9) == ["lonely"]


def test_clearing_forgets_everything() -> None:
    outbox = Outbox()
    outbox.put("a")
    outbox.put("b", 0, line_ns=5)
    outbox.hold("c", BTC, 0)
    outbox.clear()

    assert drain(outbox, 10**12) == []
    assert outbox.settled


@given(
    st.lists(
        st.tuples(
            st.integers(0, 50),
            st.sampled_from([0, 0, 30, 200]),
            st.sampled_from([None, BTC, ETH]),
            st.sampled_from([0, 0, 100]),
        )
    )
)
def test_no_lane_is_ever_out_of_order(
    puts: list[tuple[int, int, tuple[str, str] | None, int]],
) -> None:
    outbox, now_ns = Outbox(), 0
    got: list[object] = []
    lanes: dict[str, tuple[str, str] | None] = {}
    for number, (wait, line_ns, lane, lane_ns) in enumerate(puts):
        now_ns += wait
        got += drain(outbox, now_ns)
        lanes[str(number)] = lane
        outbox.put(str(number), now_ns, line_ns, lane, lane_ns if lane else 0)
    got += drain(outbox, now_ns + 1000)

    assert sorted(map(str, got)) == sorted(lanes)
    for lane in (None, BTC, ETH):
        own = [int(str(item)) for item in got if lanes[str(item)] == lane]
        assert own == sorted(own)
