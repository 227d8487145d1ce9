"""The envelope around every Bybit REST answer."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from arbot_tui.simulator.wire.bybit.errors import ApiError
from arbot_tui.simulator.wire.common.json import JsonObject, respond

__all__ = ["refusal", "success"]


def success(
    result: JsonObject, now_ms: int, message: str = "OK", extra: JsonObject | None = None
) -> web.Response:
    """Return an answer with a result."""
    return respond(
        {
            "retCode": 0,
            "retMsg": message,
            "result": result,
            "retExtInfo": extra or {},
            "time": now_ms,
        }
    )


def refusal(error: ApiError, now_ms: int, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return an error: HTTP 200 with a `retCode`, or the gateway's bare status and text."""
    if error.status != 200:
        return web.Response(text=error.message, status=error.status, headers=headers)
    return respond(
        {
            "retCode": error.code,
            "retMsg": error.message,
            "result": {},
            "retExtInfo": {},
            "time": now_ms,
        },
        headers=headers,
    )
