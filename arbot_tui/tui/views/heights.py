"""How the matrix's view shares its lines out: no line stays empty under few symbols. Pure."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Heights", "share"]

_WIDE, _MEDIUM = 160, 120
_TALL = 33
"""Lines of a view from which on its panels are not cut short."""
_ABOUT_ROWS = 3
"""Frame and titles of the matrix."""
_MATRIX_LEAST = 11
"""What the matrix keeps before the trades get anything, if it has as many rows."""
_MATRIX_MIN = 6
"""What it keeps before the books get anything."""
_LADDERS = 23
"""Beyond it there is no further level of a book to show."""


class Heights(NamedTuple):
    """Lines of each panel, frames included; 0 where it is not shown.

    Attributes:
        matrix: The matrix.
        detail: The selected row's books, beside or below the others; 0 on a narrow screen.
        trades: The trades; 0 on a narrow screen.
        right: What stands under all of these on a medium screen; 0 on others.
        below: The one panel under the matrix on a narrow screen; 0 on others.
    """

    matrix: int
    detail: int = 0
    trades: int = 0
    right: int = 0
    below: int = 0


def share(width: int, height: int, rows: int, *, detail: bool | None) -> Heights:
    """Share `height` lines of `width` columns out to the panels.

    Args:
        width: Columns of the view.
        height: Lines of the view.
        rows: Symbols there are, whether the filter lets them through or not; 0 before it is known.
        detail: Whether a person opened the books or closed them; None: they show where every
            symbol stays in sight.
    """
    need = rows + _ABOUT_ROWS if rows else height
    if width < _MEDIUM:
        below = max(14 if height >= _TALL else 9, height - need)
        return Heights(matrix=height - below, below=below)
    if width < _WIDE:
        right = 10 if height >= _TALL else 8
        books, trades = 11, 7
    else:
        right = 0
        books, trades = 13, 9 if height >= _TALL else 6
    room = height - right
    if detail is None:
        detail = need + books + trades <= room
    books = min(books, room - _MATRIX_MIN) if detail else 0
    if room - books - trades < min(need, _MATRIX_LEAST):
        trades = 0
    spare = max(0, room - need - books - trades)
    if books:
        # Each further level takes two lines, one for each side.
        grown = min(_LADDERS - books, (spare // 2 if trades else spare) // 2 * 2)
        books, spare = books + grown, spare - grown
    if trades:
        trades += spare
    return Heights(room - books - trades, books, trades, right)
