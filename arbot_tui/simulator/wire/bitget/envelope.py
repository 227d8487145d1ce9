"""The envelope around every Bitget REST answer, and the paging of its lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from aiohttp import web

from arbot_tui.simulator.wire.bitget.errors import ApiError
from arbot_tui.simulator.wire.common.fields import Fields
from arbot_tui.simulator.wire.common.json import Json, respond

__all__ = ["page", "refusal", "span", "success"]

_T = TypeVar("_T")
_PAGE = 100
_KEPT_MS = 90 * 86_400_000


def success(
    data: Json, now_ms: int, message_key: str = "msg", *, left: int | None = None
) -> web.Response:
    """Return an answer with data.

    Args:
        data: The data.
        now_ms: The venue's time.
        message_key: `message` on the page that spells it so.
        left: Requests left on this endpoint, for the header that is said to tell it.
    """
    headers = {} if left is None else {"x-mbx-used-remain-limit": str(left)}
    body: Json = {"code": "00000", message_key: "success", "requestTime": now_ms, "data": data}
    return respond(body, headers=headers)


def refusal(error: ApiError, now_ms: int) -> web.Response:
    """Return an error: its code, and `data` null."""
    return respond(
        {"code": error.code, "msg": error.message, "requestTime": now_ms, "data": None},
        error.status,
    )


def page(rows: Sequence[_T], fields: Fields, ident: Callable[[_T], int]) -> list[_T]:
    """Return one page, newest first: those with an id below `idLessThan`.

    Args:
        rows: Everything, oldest first.
        fields: The request.
        ident: Returns a row's id, which grows.
    """
    below = fields.integer("idLessThan")
    chosen = [row for row in reversed(rows) if below is None or ident(row) < below]
    return chosen[: fields.limit(_PAGE, _PAGE)]


def span(fields: Fields, now_ms: int) -> tuple[int, int]:
    """Return first and last millisecond a request asks for: at most the last ninety days."""
    start, end = fields.integer("startTime"), fields.integer("endTime")
    return max(start or 0, now_ms - _KEPT_MS), now_ms if end is None else end
