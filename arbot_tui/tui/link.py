"""How what a panel shows is doing: the five states of every panel, in one place.

A panel shows entries of the frames, or the answer to a question of its own (`Asker`). Either way
it is told by a `Link` whether they are awaited, live, stale or not to be had; that there are none
(`empty`) it sees itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arbot_tui.tui import numbers
from arbot_tui.tui.glyphs import Glyphs

__all__ = ["Link", "link_mark", "link_words"]


@dataclass(frozen=True)
class Link:
    """How what is shown is doing.

    Attributes:
        state: ``loading`` before the first answer, ``live``, ``stale`` or ``error``.
        for_s: Whole seconds since the last good answer, or since it was first awaited.
        error: Why there is no answer; empty unless ``error``.
        awaited: What is awaited, in words.
        good_ns: When the last good answer came, on the screen's clock; 0 before the first.
        retry_s: Whole seconds until it is asked for again; 0: with every redraw.
    """

    state: str
    for_s: int
    error: str = ""
    awaited: str = "the engine"
    good_ns: int = 0
    retry_s: int = 0

    def under(self, frames: Link) -> Link:
        """Return the link of the frames where these do not come: nothing else will then."""
        return self if frames.state == "live" else frames


def link_words(link: Link, glyphs: Glyphs) -> tuple[Sequence[str], str]:
    """Return what stands in a panel that has nothing to show yet, and its role."""
    if link.state == "error":
        again = (
            f"asked again in {link.retry_s} s" if link.retry_s else "asked again at every redraw"
        )
        last = f"last good answer at {numbers.clock_time(link.good_ns)}" if link.good_ns else ""
        waited = last or f"awaited for {link.for_s} s"
        said = f"{link.awaited[:1].upper()}{link.awaited[1:]}: {link.error}"
        return (said, f"{waited} {glyphs.dot} {again}"), "bad"
    return (f"waiting for {link.awaited} {glyphs.dot} {link.for_s} s",), "dim"


def link_mark(link: Link) -> tuple[str, str] | None:
    """Return what the title of a panel says about its link, and its role; None while live."""
    if link.state == "stale":
        return f" stale {link.for_s} s ", "warn"
    if link.state == "error":
        return f" no answer {link.for_s} s ", "bad"
    return None
