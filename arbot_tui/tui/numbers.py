"""Numbers as the screen writes them: a sign where it matters, and always the same width."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.tui.glyphs import Glyphs

__all__ = [
    "age",
    "amount",
    "clock_time",
    "duration",
    "edge",
    "grouped",
    "money",
    "number_of",
    "price",
    "quantity",
    "role_of",
    "same_decimals",
    "spark",
]


def price(value: float, decimals: int) -> str:
    """Return a price with the decimals of its tick; a dash where it is no number."""
    return f"{value:.{decimals}f}" if math.isfinite(value) else "-"


def edge(value: float | None, glyphs: Glyphs) -> str:
    """Return a net edge in percent: three decimals, always a sign, at most 8 cells."""
    if value is None or not math.isfinite(value):
        return "-"
    text = f"{value:+.3f}" if abs(value) < 100 else f"{value:+.0f}"
    return text.replace("-", glyphs.minus) + "%"


def money(text: str, glyphs: Glyphs, decimals: int = 2) -> str:
    """Return an amount with a sign and `decimals`; as it came where it is no number."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite():
        return text
    shown = f"{value:+.{decimals}f}"
    return shown.replace("-", glyphs.minus)


def number_of(text: str) -> float | None:
    """Return the finite number in `text`; None where it is none."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return float(value) if value.is_finite() else None


def role_of(text: str) -> str:
    """Return ``gain``, ``loss`` or ``neutral`` for the amount in `text`."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return "neutral"
    if not value.is_finite() or value == 0:
        return "neutral"
    return "gain" if value > 0 else "loss"


def quantity(value: float) -> str:
    """Return a base quantity in at most seven cells: about four digits that matter."""
    if not math.isfinite(value):
        return "-"
    size = abs(value)
    if size >= 1e9:
        return f"{value / 1e9:.2f}G" if size < 1e12 else f"{value:.0e}"
    if size >= 1e6:
        return f"{value / 1e6:.2f}M" if size < 1e8 else f"{value / 1e6:.1f}M"
    if size >= 1e4:
        return f"{value / 1e3:.1f}k"
    if size >= 1000:
        return f"{value:.0f}"
    if size >= 100:
        return f"{value:.1f}"
    if size >= 10:
        return f"{value:.2f}"
    if size >= 1:
        return f"{value:.3f}"
    return f"{value:.4f}" if size >= 0.001 or size == 0 else f"{value:.0e}"


def same_decimals(values: Sequence[float]) -> list[str]:
    """Return quantities with as many decimals each, so that their points stand in a column."""
    top = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    decimals = next((n for bound, n in _DECIMALS if top >= bound), 4)
    return [f"{value:.{decimals}f}" if math.isfinite(value) else "-" for value in values]


_DECIMALS = ((1000.0, 0), (100.0, 1), (10.0, 2), (1.0, 3))


def grouped(value: int) -> str:
    """Return a count with a space between thousands."""
    return f"{value:,}".replace(",", " ")


def amount(value: float) -> str:
    """Return an amount of money without a sign: cents as long as they matter."""
    decimals = 2 if abs(value) < 1e6 else 0
    return f"{value:,.{decimals}f}".replace(",", " ") if math.isfinite(value) else "-"


def age(age_ns: int) -> str:
    """Return the age of a quote in at most three cells.

    Below a second it does not count up, and from ten on in steps of five: a figure that changes
    all the time says nothing more, and costs a repaint of each row.
    """
    seconds = age_ns // SECOND
    if seconds < 1:
        return "<1s"
    if seconds < 10:
        return f"{seconds}s"
    if seconds < 100:
        return f"{seconds // 5 * 5}s"
    if seconds < 6000:
        return f"{seconds // 60}m"
    if seconds < 360_000:
        return f"{seconds // 3600}h"
    return "old"


def duration(span_ns: int) -> str:
    """Return how long something lasted, in at most six cells."""
    if span_ns < SECOND:
        return f"{max(span_ns, 0) // MS} ms"
    if span_ns < 100 * SECOND:
        return f"{span_ns / SECOND:.1f} s"
    if span_ns < 6000 * SECOND:
        return f"{span_ns // (60 * SECOND)} min"
    return f"{span_ns // (3600 * SECOND)} h"


def clock_time(at_ns: int) -> str:
    """Return the local time of day of UTC nanoseconds."""
    return time.strftime("%H:%M:%S", time.localtime(at_ns // SECOND))


def spark(values: tuple[float, ...], width: int, glyphs: Glyphs) -> str:
    """Return the last `width` values as bars between their own lowest and highest."""
    tail = values[-width:] if width > 0 else ()
    known = [value for value in tail if math.isfinite(value)]
    if not known:
        return " " * width
    low, high = min(known), max(known)
    # A flat line stays low: without a floor, noise of a thousandth would fill the height.
    span = max(high - low, 0.02)
    # The full block is left out: rows of a table would run into each other.
    top = len(glyphs.bar) - 2
    bars = "".join(
        glyphs.bar[min(top, int((value - low) / span * (top + 0.999)))]
        if math.isfinite(value)
        else " "
        for value in tail
    )
    return bars.rjust(width)
