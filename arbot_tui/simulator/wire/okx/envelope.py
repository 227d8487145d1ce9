"""The envelope around every OKX REST answer, and the paging of its lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from aiohttp import web

from arbot_tui.simulator.wire.common.fields import Fields
from arbot_tui.simulator.wire.common.json import JsonObject, respond
from arbot_tui.simulator.wire.okx.errors import ApiError

__all__ = ["page", "refusal", "success"]

_T = TypeVar("_T")
_PAGE = 100


def success(data: Sequence[JsonObject]) -> web.Response:
    """Return an answer with data."""
    return respond({"code": "0", "msg": "", "data": data})


def refusal(error: ApiError) -> web.Response:
    """Return a request-level error: no `sCode`, empty `data`."""
    return respond({"code": error.code, "msg": error.message, "data": []}, error.status)


def page(rows: Sequence[_T], fields: Fields, ident: Callable[[_T], int]) -> list[_T]:
    """Return one page, newest first: those older than `after` and newer than `before`.

    Args:
        rows: Everything, oldest first.
        fields: The request.
        ident: Returns the id, which grows, that `after` and `before` speak of.
    """
    after, before = fields.integer("after"), fields.integer("before")
    chosen = [
        row
        for row in reversed(rows)
        if (after is None or ident(row) < after) and (before is None or ident(row) > before)
    ]
    return chosen[: fields.limit(_PAGE, _PAGE)]
