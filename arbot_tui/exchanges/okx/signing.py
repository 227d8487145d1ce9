"""Signatures of OKX v5 (API guide, signature and login, 2026-07-03): HMAC-SHA256 in Base64.

Pure: timestamps come in as arguments. What is signed must be byte for byte what is sent.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials

__all__ = ["iso_millis", "rest_headers", "signature", "ws_login"]


def signature(secret: Secret, text: str) -> str:
    """Return the Base64 HMAC-SHA256 of `text`."""
    digest = hmac.new(secret.reveal().encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def iso_millis(timestamp_ms: int) -> str:
    """Return UTC milliseconds as ISO 8601 with exactly three decimals and ``Z``."""
    seconds, millis = divmod(timestamp_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{millis:03d}Z"


def rest_headers(
    credentials: Credentials, timestamp_ms: int, method: str, target: str, body: str
) -> dict[str, str]:
    """Return the headers of one private REST call.

    Args:
        credentials: Key and passphrase that sign.
        timestamp_ms: Venue time of the request, UTC milliseconds; valid for 30 s.
        method: HTTP method, upper case.
        target: Path and query, exactly as sent.
        body: JSON text, exactly as sent; empty for GET.
    """
    timestamp = iso_millis(timestamp_ms)
    return {
        "OK-ACCESS-KEY": credentials.api_key,
        "OK-ACCESS-SIGN": signature(credentials.api_secret, timestamp + method + target + body),
        "OK-ACCESS-TIMESTAMP": timestamp,
        "OK-ACCESS-PASSPHRASE": _passphrase(credentials),
        "Content-Type": "application/json",
    }


def ws_login(credentials: Credentials, timestamp_s: int) -> str:
    """Return the frame that logs in to the private socket.

    Args:
        credentials: Key and passphrase that sign.
        timestamp_s: Venue time, UTC seconds; valid for 30 s.
    """
    sign = signature(credentials.api_secret, f"{timestamp_s}GET/users/self/verify")
    login = {
        "apiKey": credentials.api_key,
        "passphrase": _passphrase(credentials),
        "timestamp": str(timestamp_s),
        "sign": sign,
    }
    return json.dumps({"op": "login", "args": [login]}, separators=(",", ":"))


def _passphrase(credentials: Credentials) -> str:
    return "" if credentials.passphrase is None else credentials.passphrase.reveal()
