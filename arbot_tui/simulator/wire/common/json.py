"""JSON in and out, typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Union

import msgspec
from aiohttp import web

__all__ = ["Json", "JsonObject", "decode", "encode", "respond"]

Json = Union[None, bool, int, float, str, Sequence["Json"], Mapping[str, "Json"]]  # noqa: UP007 - recursive
"""Any JSON value."""
JsonObject = Mapping[str, Json]
"""A JSON object."""

_encoder = msgspec.json.Encoder()


def encode(value: Json) -> str:
    """Return compact JSON text."""
    return _encoder.encode(value).decode()


def decode(text: str | bytes) -> Json:
    """Return the value of JSON text.

    Raises:
        ValueError: It is no JSON.
    """
    value: Json = msgspec.json.decode(text)
    return value


def respond(
    value: Json, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return an answer with a JSON body."""
    return web.Response(
        body=_encoder.encode(value),
        status=status,
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )
