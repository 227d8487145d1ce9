"""Bybit's check of signed requests, over the bytes as they were sent.

Source: bybit-exchange/docs `v5/guide`, 2026-07-24: HMAC-SHA256 in lower-case hex over
`timestamp + key + recvWindow + (query string or body)`, no separators; accepted while
`server - recvWindow <= timestamp < server + 1000`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bybit.errors import ApiError

__all__ = ["DEFAULT_WINDOW", "check_request", "check_window"]

DEFAULT_WINDOW = "5000"
"""Milliseconds a request may be under way unless it says so."""

_AHEAD_MS = 1000


def check_request(headers: Mapping[str, str], payload: bytes, keys: VenueKeys, now_ms: int) -> None:
    """Check key, time and signature of a private request.

    Args:
        headers: Of the request.
        payload: The raw query string of a GET, the raw body of a POST.
        keys: The account's credentials.
        now_ms: The venue's time.

    Raises:
        ApiError: HTTP 401 without the headers, 10003 for another key, 10001 for a time that is
            no number, 10002 for one outside the window, 10004 for a wrong signature.
    """
    key, timestamp, signature = (
        headers.get(f"X-BAPI-{name}", "") for name in ("API-KEY", "TIMESTAMP", "SIGN")
    )
    if not (key and timestamp and signature):
        raise ApiError(0, "Unauthorized", 401)
    if not hmac.compare_digest(key.encode(), keys.api_key.encode()):
        raise ApiError(10003, "API key is invalid.")
    window = headers.get("X-BAPI-RECV-WINDOW") or ""
    check_window(timestamp, window or DEFAULT_WINDOW, now_ms)
    signed = f"{timestamp}{key}{window}".encode() + payload
    digest = hmac.new(keys.api_secret.encode(), signed, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(digest.encode(), signature.encode()):
        raise ApiError(10004, "error sign! please check your signature generation algorithm.")


def check_window(timestamp: str, window: str, now_ms: int) -> None:
    """Check when a request was sent.

    Raises:
        ApiError: 10001 for a time that is no number, 10002 for one outside the window.
    """
    for text in (timestamp, window):
        if not (text.isascii() and text.isdigit() and len(text) <= 20):
            raise ApiError(10001, "params error: invalid timestamp or recv_window")
    if not now_ms - int(window) <= int(timestamp) < now_ms + _AHEAD_MS:
        raise ApiError(
            10002,
            "invalid request, please check your server timestamp or recv_window param. "
            f"req_timestamp[{timestamp}],server_timestamp[{now_ms}],recv_window[{window}]",
        )
