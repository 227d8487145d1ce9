"""What became of an opportunity, and what keeps an open one from being traded."""

from __future__ import annotations

from arbot_tui.tui.glyphs import ASCII
from arbot_tui.tui.widgets.feed import outcome_span
from tests.ui.fakes import ended, opportunity, status


def test_an_open_edge_that_is_refused_says_why() -> None:
    crossing = opportunity(1, "BTC/USDC>USDT", reason="quote_peg")
    assert outcome_span(crossing, status(), ASCII) == ("quote peg", "text")
    assert outcome_span(opportunity(1, reason="cooldown"), None, ASCII) == ("cooldown", "text")


def test_an_open_edge_that_nothing_refuses_is_open() -> None:
    assert outcome_span(opportunity(1), status(), ASCII) == ("open", "gain")
    # The status bar says that nothing is traded; it is no fault of the edge.
    stopped = status(trading="stopped")
    assert outcome_span(opportunity(1, reason="trading_state"), stopped, ASCII) == ("open", "text")


def test_what_has_ended_says_what_became_of_it() -> None:
    assert outcome_span(ended(1, outcome="data_fresh"), None, ASCII) == ("data fresh", "dim")
    assert outcome_span(ended(1, outcome="traded"), None, ASCII)[1] == "gain"
