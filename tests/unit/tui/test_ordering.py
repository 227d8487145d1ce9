"""The order of rows: lazy, tolerant, and never under the hand."""

from __future__ import annotations

from arbot_tui.domain.clock import SECOND
from arbot_tui.engine.frames import RowView
from arbot_tui.tui.ordering import RowOrder, SortKey
from tests.ui.fakes import START_NS, row


def rows(*edges: float | None) -> dict[int, RowView]:
    return {
        number: row(number, f"{name}/USDT", 1.0, 2, net_edge_pct=edge)
        for number, (name, edge) in enumerate(zip("ABCDEF", edges, strict=False))
    }


def test_the_highest_edge_comes_first_and_unknown_ones_last() -> None:
    assert RowOrder().arrange(rows(-0.2, 0.1, None, float("nan")), START_NS) == [1, 0, 2, 3]


def test_rows_are_put_in_order_once_a_second() -> None:
    order = RowOrder()
    order.arrange(rows(-0.2, 0.1), START_NS)
    swapped = rows(0.4, 0.1)
    assert order.arrange(swapped, START_NS + SECOND // 2) == [1, 0]
    assert order.arrange(swapped, START_NS + SECOND) == [0, 1]


def test_rows_keep_still_while_held() -> None:
    order = RowOrder()
    order.arrange(rows(-0.2, 0.1), START_NS)
    assert order.arrange(rows(0.4, 0.1), START_NS + 9 * SECOND, hold=True) == [1, 0]


def test_a_small_move_keeps_the_place() -> None:
    order = RowOrder()
    order.arrange(rows(-0.200, -0.205), START_NS)
    assert order.arrange(rows(-0.200, -0.190), START_NS + SECOND) == [0, 1]
    assert order.arrange(rows(-0.200, -0.180), START_NS + 2 * SECOND) == [1, 0]


def test_an_edge_that_turns_positive_moves_at_once() -> None:
    order = RowOrder()
    order.arrange(rows(-0.001, -0.002), START_NS)
    assert order.arrange(rows(-0.001, 0.002), START_NS + SECOND) == [1, 0]


def test_a_new_row_or_order_or_filter_is_shown_at_once() -> None:
    order = RowOrder()
    order.arrange(rows(-0.2, 0.1), START_NS)
    assert order.arrange(rows(-0.2, 0.1, 0.3), START_NS, hold=True) == [2, 1, 0]
    order.sort = SortKey.SYMBOL
    assert order.arrange(rows(-0.2, 0.1, 0.3), START_NS, hold=True) == [0, 1, 2]
    order.filter = "b/us"
    assert order.arrange(rows(-0.2, 0.1, 0.3), START_NS, hold=True) == [1]


def test_by_age_the_longest_unchanged_comes_first() -> None:
    order = RowOrder()
    order.sort = SortKey.AGE
    made = rows(0.1, 0.1)
    made[1] = row(1, "B/USDT", 1.0, 2, changed_ns=START_NS - 9 * SECOND)
    assert order.arrange(made, START_NS) == [1, 0]


def test_the_orders_follow_each_other_in_a_circle() -> None:
    assert [key.next for key in SortKey] == [SortKey.SYMBOL, SortKey.AGE, SortKey.EDGE]
