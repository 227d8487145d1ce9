"""The signs that the screen draws, once with Unicode and once with ASCII alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from arbot_tui.domain.states import FeedState, TradingState

__all__ = ["ASCII", "UNICODE", "Glyphs", "choose_glyphs"]


@dataclass(frozen=True)
class Glyphs:
    """One set of signs; each is one cell wide.

    Attributes:
        ascii_only: Text from outside must be ASCII as well.
        up: Best bid, positive edge.
        down: Best ask, negative edge.
        flat: Neither.
        minus: Sign of a negative number.
        arrow: From the buying to the selling venue.
        trend: Falling, flat, rising.
        bar: Eight heights of a bar, lowest first.
        block: A full cell of a horizontal bar.
        sliver: The smallest horizontal bar.
        cut: Between bid and ask.
        cursor: The selected row.
        done: Completed.
        half: Partly done.
        failed: Nothing came of it.
        more: Text that was cut off.
        round_trip: In front of a round trip's time.
        dot: Between words.
        sort_down: Sorted downwards.
        sort_up: Sorted upwards.
        frame: Corners and edges: top left, top right, bottom left, bottom right, horizontal,
            vertical.
        feed: Sign of each feed verdict.
        trading: Sign of each trading state.
    """

    ascii_only: bool
    up: str
    down: str
    flat: str
    minus: str
    arrow: str
    trend: tuple[str, str, str]
    bar: str
    block: str
    sliver: str
    cut: str
    cursor: str
    done: str
    half: str
    failed: str
    more: str
    round_trip: str
    dot: str
    sort_down: str
    sort_up: str
    frame: tuple[str, str, str, str, str, str]
    feed: Mapping[str, str]
    trading: Mapping[str, str]


UNICODE = Glyphs(
    ascii_only=False,
    up="▲",
    down="▼",
    flat="·",
    minus="−",
    arrow="→",
    trend=("↘", "→", "↗"),
    bar="▁▂▃▄▅▆▇█",
    block="▇",
    sliver="▏",
    cut="▏",
    cursor="▸",
    done="✓",
    half="◐",
    failed="✗",
    more="…",
    round_trip="⇄",
    dot="·",
    sort_down="▾",
    sort_up="▴",
    frame=("╭", "╮", "╰", "╯", "─", "│"),
    feed={
        FeedState.CONNECTING: "◌",
        FeedState.LIVE: "●",
        FeedState.DELAYED: "◐",
        FeedState.STALE: "○",
        FeedState.GAPPED: "◔",
        FeedState.CROSSED: "◇",
        FeedState.DOWN: "✗",
    },
    trading={
        TradingState.STOPPED: "○",
        TradingState.ACTIVE: "●",
        TradingState.DRAINING: "◐",
        TradingState.REDUCING: "◑",
        TradingState.HALTED: "■",
    },
)

ASCII = Glyphs(
    ascii_only=True,
    up="^",
    down="v",
    flat=".",
    minus="-",
    arrow=">",
    trend=("\\", "-", "/"),
    bar="_.,-=+*#",
    block="#",
    sliver=":",
    cut="|",
    cursor=">",
    done="+",
    half="~",
    failed="x",
    more="~",
    round_trip="r",
    dot="-",
    sort_down="v",
    sort_up="^",
    frame=("+", "+", "+", "+", "-", "|"),
    feed={
        FeedState.CONNECTING: ".",
        FeedState.LIVE: "*",
        FeedState.DELAYED: "~",
        FeedState.STALE: "?",
        FeedState.GAPPED: "!",
        FeedState.CROSSED: "%",
        FeedState.DOWN: "x",
    },
    trading={
        TradingState.STOPPED: "o",
        TradingState.ACTIVE: "*",
        TradingState.DRAINING: "~",
        TradingState.REDUCING: "%",
        TradingState.HALTED: "#",
    },
)


def choose_glyphs(option: Literal["auto", "unicode", "ascii"], encoding: str | None) -> Glyphs:
    """Return the set for `option`; ``auto`` asks whether `encoding` is a Unicode one.

    A stream that is not UTF prints escapes instead of signs, which breaks every column.
    """
    if option == "ascii":
        return ASCII
    if option == "unicode":
        return UNICODE
    name = (encoding or "").lower().replace("-", "").replace("_", "")
    return UNICODE if name.startswith("utf") else ASCII
