"""What panels say in little room: figures whole or not at all."""

from __future__ import annotations

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.engine.answers import FunnelRow, FunnelView, SettingsView, SettingView
from arbot_tui.tui.glyphs import UNICODE
from arbot_tui.tui.look import Look
from arbot_tui.tui.plot import Series, line_chart
from arbot_tui.tui.spans import Line
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.pair_funnel import PairFunnel
from arbot_tui.tui.widgets.settings import SettingsList
from arbot_tui.tui.widgets.venues import VenueHealth
from tests.ui.fakes import START_NS, frame, venue


def text(line: Line) -> str:
    return "".join(piece for piece, _ in line)


def chart(height: int, low: float, high: float, *, label: str = "") -> list[str]:
    lines = line_chart(
        [Series((low, high), "gain", label)],
        60,
        height,
        UNICODE,
        value=lambda value: f"{value:.3f}",
        foot=("ago", "now"),
        least=0.01,
        zero=True,
    )
    return [text(line) for line in lines]


def test_a_high_axis_says_values_between_its_ends_and_none_beside_zero() -> None:
    figures = [line.partition("▏")[0].strip() for line in chart(18, 1.0, 2.0)[:-1]]
    said = [float(figure) for figure in figures if figure]
    assert said[0] == 2.0
    assert said[-1] == 1.0
    assert len(said) == 5
    assert said == sorted(said, reverse=True)
    assert [line.partition("▏")[0].strip() for line in chart(5, 1.0, 2.0)[1:3]] == ["", ""]
    around = [line.partition("▏")[0].strip() for line in chart(10, -1.0, 1.0)[:-1]]
    assert [figure for figure in around if figure] == ["1.000", "0.000", "-1.000"]


def test_what_a_line_is_called_keeps_off_the_frame() -> None:
    named = next(line for line in chart(8, 1.0, 2.0, label="realised") if "realised" in line)
    assert len(named) == 60
    assert named.endswith(" realised ")


@pytest.mark.parametrize("width", [30, 38, 44, 60])
def test_reasons_are_counted_whole_or_left_out(width: int) -> None:
    panel = PairFunnel(Look(UNICODE))
    rejected = (("fee", 12_345), ("duplicate_intent", 678), ("data_fresh", 90))
    panel.take(FunnelView((FunnelRow("A/USDT", "okx", "bybit", 9, 1, 0, rejected),)))
    said = text(panel.entry(("A/USDT", "okx", "bybit"), width)[1]).strip()
    assert said in (
        "fee 12 345",
        "fee 12 345  duplicate intent 678",
        "fee 12 345  duplicate intent 678  data fresh 90",
    )
    assert len(said) + 3 <= width


@pytest.mark.parametrize("width", [38, 70, 76, 140])
def test_no_figure_of_a_venue_is_cut(width: int) -> None:
    panel = VenueHealth(Look(UNICODE))
    state = ViewState(START_NS)
    slow = venue("okx", lag_ms=12_345.0, rtt_ms=1_027.0)
    late = venue(
        "bybit", lag_ms=412.0, rtt_ms=249.0, reason="our own loop is late by 1321 ms: " * 9
    )
    state.merge(frame(venues=(slow, late), now_ns=START_NS + SECOND), START_NS)
    panel.show(state)
    first = text(panel.entry("okx", width)[0])
    assert "12.3 s late ⇄ 1.0 s" in first
    lines = [text(line) for line in panel.entry("bybit", width)]
    assert "412 ms late ⇄249 ms" in lines[0]
    assert max(map(len, lines)) <= width
    assert any("…" in line for line in lines)


def test_a_key_that_is_too_long_keeps_what_tells_it_from_the_others() -> None:
    panel = SettingsList(Look(UNICODE))
    name = "exchanges.binance.paper_fee_coin_discount_pct"
    panel.show_settings(SettingsView("", "", "", (setting(name), setting("ui.fps"))))
    assert "…ance.paper_fee_coin_discount_pct" in text(panel.entry(name, 80)[0])
    assert text(panel.entry("ui.fps", 80)[0]).split()[0] == "ui.fps"


def setting(name: str) -> SettingView:
    return SettingView(name, "int", "", "", "", (), True, "1", "1", "default")
