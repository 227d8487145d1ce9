"""Which columns fit, and what stands in them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import SECOND
from arbot_tui.engine.frames import CellView, RowView
from arbot_tui.tui.glyphs import UNICODE
from arbot_tui.tui.spans import Line, line_width
from arbot_tui.tui.widgets.matrix_columns import plan, row_age
from tests.ui.fakes import START_NS, VENUES, row

PRICES = st.floats(min_value=1e-6, max_value=5e5)


def text(line: Line) -> str:
    return "".join(part for part, _ in line)


@given(st.lists(st.tuples(PRICES, st.integers(0, 8)), min_size=1, max_size=6), st.integers(78, 300))
def test_every_line_is_as_wide_as_the_head(prices: list[tuple[float, int]], width: int) -> None:
    rows = [
        row(number, f"C{number}/USDT", price, decimals)
        for number, (price, decimals) in enumerate(prices)
    ]
    columns = plan(width, rows, VENUES)
    wide = line_width(columns.head(UNICODE))
    for entry in rows:
        line = columns.row(entry, row_age(entry, START_NS), UNICODE, selected=False)
        assert line_width(line) == wide


@given(st.integers(78, 300))
def test_usual_prices_fit_every_width(width: int) -> None:
    rows = [row(0, "BTC/USDT", 64211.0, 2), row(1, "DOGE/USDT", 0.14231, 5)]
    assert line_width(plan(width, rows, VENUES).head(UNICODE)) <= width


def test_columns_go_by_their_importance() -> None:
    rows = [row(0, "BTC/USDT", 64211.0, 2), row(1, "DOGE/USDT", 0.14231, 5)]
    seen = []
    for width in range(160, 60, -1):
        columns = plan(width, rows, VENUES)
        shown = (columns.full, columns.age, columns.trend, columns.spark > 0)
        if shown not in seen:
            seen.append(shown)
    assert seen == [
        (True, True, True, True),
        (True, True, True, False),
        (True, True, False, False),
        (True, False, False, False),
        (False, True, True, True),
        (False, True, True, False),
        (False, True, False, False),
        (False, False, False, False),
    ]


def test_a_wide_terminal_gives_its_room_to_the_history() -> None:
    rows = [row(0, "BTC/USDT", 64211.0, 2)]
    assert plan(125, rows, VENUES).spark > plan(118, rows, VENUES).spark


def drawn(entry: RowView, width: int = 116) -> str:
    columns = plan(width, [entry], VENUES)
    return text(columns.row(entry, row_age(entry, START_NS), UNICODE, selected=True))


def test_a_missing_quote_and_an_unknown_edge_are_dashes() -> None:
    plain = row(0, "BTC/USDT", 64211.0, 2)
    missing = msgspec.structs.replace(
        plain, cells=(None, None), best_bid=-1, best_ask=-1, buy=-1, sell=-1, net_edge_pct=None
    )
    assert drawn(missing).count(" - ") == 5
    assert drawn(missing, 78).split()[1:4] == ["-", "-", "-"]
    assert drawn(msgspec.structs.replace(missing, changed_ns=0)).count(" - ") == 6


@pytest.mark.parametrize(
    ("state", "sign"),
    [("delayed", "◐"), ("stale", "○"), ("down", "✗"), ("gapped", "◔"), ("odd", "?")],
)
def test_a_quote_that_is_not_live_is_marked(state: str, sign: str) -> None:
    plain = row(0, "BTC/USDT", 64211.0, 2)
    cell = CellView(64210.0, 64212.0, state, START_NS)
    entry = msgspec.structs.replace(plain, cells=(cell, *plain.cells[1:]))
    assert f"64212.00{sign}" in drawn(entry)


def test_the_age_is_that_of_the_older_of_the_two_quotes() -> None:
    plain = row(0, "BTC/USDT", 64211.0, 2)
    old = CellView(1.0, 2.0, "live", START_NS - 12 * SECOND)
    older_elsewhere = CellView(1.0, 2.0, "live", START_NS - 50 * SECOND)
    entry = msgspec.structs.replace(plain, cells=(older_elsewhere, plain.cells[1], old, None))
    assert " 10s" in drawn(entry)


def test_an_edge_of_zero_is_neither_up_nor_down() -> None:
    assert "· +0.000%" in drawn(row(0, "BTC/USDT", 64211.0, 2, net_edge_pct=0.0))


def test_whole_prices_stay_in_line_with_others() -> None:
    rows = [row(0, "A/USDT", 1234.0, 0), row(1, "B/USDT", 1.5, 2)]
    columns = plan(150, rows, VENUES)
    assert columns.aligned
    lines = [text(columns.row(entry, "<1s", UNICODE, selected=False)) for entry in rows]
    assert lines[0].index("1234") + 4 == lines[1].index(".")


def test_a_long_symbol_is_cut_with_a_sign() -> None:
    assert "ABCDEFGHIJK…" in drawn(row(0, "ABCDEFGHIJKLMNOP/USDT", 1.0, 2))
