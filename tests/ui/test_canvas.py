"""The short way to the terminal shows the same picture as Textual's way."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import msgspec
import pytest
from rich.segment import Segment
from rich.style import Style

from arbot_tui.domain.clock import SECOND
from arbot_tui.tui.painter import Text
from tests.ui.fakes import COINS, START_NS, FakeClient, frame, opportunity, row, status, trade
from tests.ui.harness import Screen, dashboard

Cell = tuple[str, Style | None]


def cells(screen: Screen) -> list[list[Cell]]:
    """Return the picture as Textual composes it, cell by cell."""
    strips = screen.app.screen._compositor.render_strips()
    return [_split(strip) for strip in strips]


def _split(segments: Iterable[Segment]) -> list[Cell]:
    return [(char, style) for text, style, _ in segments for char in text]


def frames(count: int) -> Iterable[object]:
    draw = Random(3)
    for version in range(2, count):
        rows = tuple(
            row(
                number,
                f"{base}/USDT",
                mid * (1 + draw.choice((0.0, 0.0, 1e-4, 3.0))),
                decimals,
                net_edge_pct=draw.choice((None, -0.1, 0.2, 12.5)),
                trend=draw.choice((-1, 0, 1)),
            )
            for number, (base, mid, decimals) in enumerate(COINS)
        )
        yield msgspec.structs.replace(
            frame(version),
            now_ns=START_NS + version * SECOND // 2,
            rows=rows,
            rows_total=len(rows),
            status=status(realised=str(draw.randrange(10**6)), completed=version),
            opportunities=(opportunity(version, closed_ns=draw.choice((0, START_NS))),),
            trades=(trade(f"p{version}"),),
        )


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 48)])
async def test_both_ways_end_in_the_same_picture(size: tuple[int, int]) -> None:
    client = FakeClient()
    painted = 0
    async with dashboard(client, size) as screen:
        app = screen.app
        await screen.press("enter")
        shown = cells(screen)

        def paint(texts: Iterable[Text]) -> None:
            nonlocal painted
            for x, y, text, style in texts:
                painted += len(text)
                shown[y][x : x + len(text)] = [(char, style) for char in text]

        for made in frames(30):
            app.view.merge(made, START_NS)  # type: ignore[arg-type]
            with app._look.canvas.open(app.dashboard, paint):
                app.dashboard.show(app.view, app._asker.link, paused=None)
            # What went Textual's way is drawn by it.
            for widget in app.dashboard._dirty_widgets:
                region = widget.region
                fresh = cells(screen)
                for y in range(region.y, region.bottom):
                    shown[y][region.x : region.right] = fresh[y][region.x : region.right]
            assert shown == cells(screen)
    # Most of it did go the short way.
    assert painted > 30 * 200


async def test_under_a_dialog_and_behind_a_toast_nothing_goes_the_short_way() -> None:
    async with dashboard() as screen:
        app, matrix = screen.app, screen.app.dashboard.market.matrix
        canvas = app._look.canvas
        with canvas.open(app.dashboard, lambda texts: None):
            assert canvas.place(matrix, *matrix.area) == matrix.region
            feed = app.dashboard.market.venues
            assert canvas.place(feed, *feed.area) == feed.region
        assert canvas.place(matrix, *matrix.area) is None
        app.notify("something", markup=False)
        await screen.pilot.pause()
        with canvas.open(app.dashboard, lambda texts: None):
            assert canvas.place(feed, *feed.area) is None
            assert canvas.place(matrix, 3, 3) is None
