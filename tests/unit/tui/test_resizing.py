"""When new sizes are laid out and drawn, on a loop whose time a test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from unittest import mock

import pytest

from arbot_tui.tui.resizing import Resizing


class Handle:
    def __init__(self, due_s: float, call: Callable[[], None]) -> None:
        self.due_s = due_s
        self.call = call
        self.over = False

    def cancel(self) -> None:
        self.over = True


class Loop:
    """Time and timers."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.handles: list[Handle] = []

    def time(self) -> float:
        return self.now_s

    def call_later(self, delay_s: float, call: Callable[[], None]) -> Handle:
        self.handles.append(Handle(self.now_s + delay_s, call))
        return self.handles[-1]

    def run(self, until_s: float) -> None:
        while True:
            due = [h for h in self.handles if not h.over and h.due_s <= until_s]
            if not due:
                break
            first = min(due, key=lambda handle: handle.due_s)
            first.over = True
            self.now_s = max(self.now_s, first.due_s)
            first.call()
        self.now_s = until_s


class Window:
    """Notes when it was laid out and drawn."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.laid_out: list[float] = []
        self.drawn: list[float] = []
        self.resizing = Resizing(
            lambda: self.laid_out.append(self.loop.now_s),
            lambda: self.drawn.append(self.loop.now_s),
        )

    def storm(self, for_s: float, step_s: float) -> None:
        """Change the size again and again."""
        for _ in range(round(for_s / step_s)):
            self.resizing.changed()
            self.loop.run(self.loop.now_s + step_s)


@pytest.fixture
def window() -> Iterator[Window]:
    found = Window()
    with mock.patch(
        "arbot_tui.tui.resizing.asyncio.get_running_loop", side_effect=lambda: found.loop
    ):
        yield found


def test_a_size_that_comes_alone_is_laid_out_at_once_and_drawn_when_that_has_settled(
    window: Window,
) -> None:
    window.resizing.changed()
    assert window.resizing.undecided
    window.loop.run(100.02)
    assert not window.resizing.undecided
    assert window.resizing.waits
    window.loop.run(100.1)
    assert not window.resizing.waits
    assert [round(at, 3) for at in window.laid_out] == [100.008]
    assert [round(at, 3) for at in window.drawn] == [100.038]


def test_a_storm_is_laid_out_once_a_second_and_once_when_it_rests(window: Window) -> None:
    window.storm(10.0, 0.04)
    assert 9 <= len(window.laid_out) <= 11
    assert all(b - a > 0.9 for a, b in zip(window.laid_out[1:], window.laid_out[2:], strict=False))
    before, last_s = len(window.laid_out), window.loop.now_s
    window.loop.run(last_s + 0.2)
    assert len(window.laid_out) == before + 1
    assert window.drawn[-1] > window.laid_out[-1] > last_s


def test_a_size_that_comes_between_layout_and_picture_is_not_forgotten(window: Window) -> None:
    window.resizing.changed()
    window.loop.run(100.01)
    window.resizing.changed()
    window.loop.run(101.0)
    assert len(window.laid_out) == len(window.drawn) == 2


def test_nothing_follows_once_it_has_stopped(window: Window) -> None:
    window.resizing.changed()
    window.resizing.stop()
    window.loop.run(110.0)
    assert not window.laid_out
    assert not window.resizing.waits
