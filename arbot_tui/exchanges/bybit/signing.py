"""Signatures of Bybit v5 (integration guidance, 2026-07-24): HMAC-SHA256, lower-case hex.

Pure: timestamps come in as arguments. What is signed must be byte for byte what is sent.
"""

from __future__ import annotations

import hashlib
import hmac

from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials

__all__ = ["rest_headers", "signature", "ws_auth"]


def signature(secret: Secret, text: str) -> str:
    """Return the hex HMAC-SHA256 of `text`."""
    return hmac.new(secret.reveal().encode(), text.encode(), hashlib.sha256).hexdigest()


def rest_headers(
    credentials: Credentials, timestamp_ms: int, recv_window_ms: int, payload: str
) -> dict[str, str]:
    """Return the headers of one private REST call.

    Args:
        credentials: The key that signs.
        timestamp_ms: Venue time of the request, UTC milliseconds.
        recv_window_ms: How long after `timestamp_ms` the venue may still accept it.
        payload: Query string without ``?`` for GET, JSON text for POST, exactly as sent.
    """
    head = f"{timestamp_ms}{credentials.api_key}{recv_window_ms}"
    return {
        "X-BAPI-API-KEY": credentials.api_key,
        "X-BAPI-TIMESTAMP": str(timestamp_ms),
        "X-BAPI-RECV-WINDOW": str(recv_window_ms),
        "X-BAPI-SIGN": signature(credentials.api_secret, head + payload),
        # Also on GET: without a body it says nothing, and the venue accepts it.
        "Content-Type": "application/json",
    }


def ws_auth(credentials: Credentials, expires_ms: int) -> str:
    """Return the frame that authenticates a private or trade socket.

    Args:
        credentials: The key that signs.
        expires_ms: Venue time until which the frame is valid, UTC milliseconds, in the future.
    """
    sign = signature(credentials.api_secret, f"GET/realtime{expires_ms}")
    return f'{{"op":"auth","args":["{credentials.api_key}",{expires_ms},"{sign}"]}}'
