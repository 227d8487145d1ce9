"""Pages of Bybit's lists: newest first, continued by an opaque cursor.

A cursor arrives already percent-encoded, as on Bybit: a client that encodes it again asks for a
page that does not exist. Source: bybit-exchange/docs `v5/guide` (pagination), 2026-07-24.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from arbot_tui.simulator.wire.bybit.errors import ApiError
from arbot_tui.simulator.wire.common.fields import Fields

__all__ = ["page", "span"]

_T = TypeVar("_T")
_CURSOR = re.compile(r"[0-9]+:[0-9]+,([0-9]+):[0-9]+")
_WEEK_MS = 7 * 86_400_000


def page(
    rows: Sequence[_T],
    fields: Fields,
    most: int,
    position: Callable[[_T], tuple[int, int]],
    default: int,
) -> tuple[list[_T], str]:
    """Return one page of `rows` and the cursor of the next, empty if there is none.

    Args:
        rows: Everything, oldest first.
        fields: The request, for `limit` and `cursor`.
        most: Largest page.
        position: Returns a row's id, which grows, and its time in milliseconds.
        default: Size of a page when none is asked for.

    Raises:
        ApiError: 10001, the cursor is none.
    """
    limit, cursor = fields.limit(default, most), fields.get("cursor")
    newest = list(reversed(rows))
    if cursor is not None:
        match = _CURSOR.fullmatch(cursor)
        if match is None:
            raise ApiError(10001, "params error: cursor is invalid")
        last_id = int(match[1])
        newest = [row for row in newest if position(row)[0] < last_id]
    chosen = newest[:limit]
    if len(newest) <= limit:
        return chosen, ""
    ends = (position(chosen[0]), position(chosen[-1]))
    return chosen, "%2C".join(f"{ident}%3A{at_ms}" for ident, at_ms in ends)


def span(fields: Fields, now_ms: int) -> tuple[int, int]:
    """Return first and last millisecond a request asks for: by default the last seven days.

    Raises:
        ApiError: 10001, the span is longer than seven days or turned around.
    """
    start, end = fields.integer("startTime"), fields.integer("endTime")
    if end is None:
        end = now_ms if start is None else start + _WEEK_MS
    if start is None:
        start = end - _WEEK_MS
    if not 0 <= end - start <= _WEEK_MS:
        raise ApiError(10001, "params error: the time range must be within 7 days")
    return start, end
