"""What is told in a corner of the screen: a few things at a time, and each of them once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from textual.css.query import NoMatches
from textual.notifications import Notification
from textual.screen import Screen
from textual.widgets._toast import ToastHolder, ToastRack

__all__ = ["MOST", "Told", "merge", "tidy"]

MOST = 3
"""More would cover what they are about."""


@dataclass
class Told(Notification):
    """A notification that knows how often it was said while it was to be seen.

    Attributes:
        said: Its text without the number.
        times: How often.
    """

    said: str = ""
    times: int = 1


def merge(shown: Sequence[Notification], new: Notification) -> tuple[Told, list[Notification]]:
    """Return what to show for `new`, and which of `shown` have to go for it.

    Said again, a thing takes the place of what was said before, with how often it was. Beyond
    `MOST` the oldest goes, faults last.
    """
    same = [
        one
        for one in shown
        if (one.said if isinstance(one, Told) else one.message) == new.message
        and one.severity == new.severity
    ]
    times = 1 + sum(one.times if isinstance(one, Told) else 1 for one in same)
    told = Told(
        message=new.message if times == 1 else f"{new.message} (x{times})",
        title=new.title,
        severity=new.severity,
        timeout=new.timeout,
        markup=new.markup,
        raised_at=new.raised_at,
        said=new.message,
        times=times,
    )
    rest = [one for one in shown if one not in same]
    rest.sort(key=lambda one: (one.severity == "error", one.raised_at))
    return told, same + rest[: max(0, len(rest) + 1 - MOST)]


def tidy(screen: Screen[Any], shown: Iterable[Notification]) -> None:
    """Take the frames of former toasts away: Textual leaves them, empty, for as long as it runs."""
    try:
        rack = screen.get_child_by_type(ToastRack)
    except NoMatches:
        return
    kept = {rack._toast_id(one) for one in shown}
    for holder in rack.query_children(ToastHolder):
        if holder.id not in kept:
            holder.remove()
