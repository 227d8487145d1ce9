"""Lines of text with a role for each piece, before any colour is chosen.

Every panel composes plain lines; `LineWidget` alone turns roles into styles. So what a panel shows
is tested without a terminal, and text from outside passes one place on its way to it.
"""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len, set_cell_size

__all__ = [
    "Line",
    "Span",
    "blank",
    "cells",
    "clean",
    "clip",
    "fit",
    "join",
    "line_width",
    "on_cursor",
    "pad",
]

Span = tuple[str, str]
"""(text, role); the role is the name of a component class of `LineWidget` without its prefix."""
Line = tuple[Span, ...]
"""What one line of the screen says, from left to right."""

_cell_len = lru_cache(4096)(cell_len)

CURSOR = "@"
"""Prefix of a role that is drawn on the cursor's ground."""


def clean(text: str, *, ascii_only: bool = False) -> str:
    """Return `text` with everything that is not a visible character replaced, cell for cell.

    The engine sanitises at ingest; this is the last door before the terminal, where an escape
    sequence would move the cursor or change a mode.
    """
    if text.isprintable() and (not ascii_only or text.isascii()):
        return text
    lost = "?" if ascii_only else "\N{REPLACEMENT CHARACTER}"
    return "".join(
        char if char.isprintable() and not (ascii_only and char > "~") else lost for char in text
    )


def cells(text: str) -> int:
    """Return how many cells `text` takes."""
    return len(text) if text.isascii() else _cell_len(text)


def clip(text: str, width: int, more: str = "…") -> str:
    """Return `text` in at most `width` cells, its end replaced by `more` where it is cut."""
    if cells(text) <= width:
        return text
    if width < 1:
        return ""
    return set_cell_size(text, width - len(more)) + more


def pad(text: str, width: int, align: str = "<") -> str:
    """Return `text` in exactly `width` cells, aligned ``<``, ``>`` or ``^``; cut if too long."""
    text = clip(text, width)
    free = width - cells(text)
    if not free:
        return text
    if align == ">":
        return " " * free + text
    if align == "^":
        left = free // 2
        return " " * left + text + " " * (free - left)
    return text + " " * free


def line_width(line: Line) -> int:
    """Return the number of cells of `line`."""
    return sum(cells(text) for text, _ in line)


def blank(width: int, role: str = "text") -> Line:
    """Return a line of `width` spaces."""
    return ((" " * width, role),) if width > 0 else ()


def fit(line: Line, width: int, role: str = "text") -> Line:
    """Return `line` in exactly `width` cells: cut, or padded with spaces of `role`."""
    have = line_width(line)
    if have == width:
        return line
    if have < width:
        return (*line, (" " * (width - have), role))
    kept: list[Span] = []
    left = width
    for text, span_role in line:
        wide = cells(text)
        if wide <= left:
            kept.append((text, span_role))
            left -= wide
            continue
        if left:
            kept.append((set_cell_size(text, left), span_role))
        break
    return tuple(kept)


def join(left: Line, right: Line, width: int) -> Line:
    """Return `left` and `right` pushed to the two ends of `width` cells; `left` gives way."""
    room = width - line_width(right)
    if room < 0:
        return fit(left, width)
    return (*fit(left, room), *right)


def on_cursor(line: Line) -> Line:
    """Return `line` on the cursor's ground."""
    return tuple((text, CURSOR + role) for text, role in line)
