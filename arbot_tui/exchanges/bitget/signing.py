"""Signatures of Bitget (signature page, 2025-12-05; the same for v2 and v3): HMAC-SHA256, Base64.

Pure: timestamps come in as arguments. What is signed must be byte for byte what is sent; the
query is signed before percent-encoding, so nothing in it may need any.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from arbot_tui.domain.secret import Secret
from arbot_tui.exchanges.base import Credentials

__all__ = ["VALID_MS", "rest_headers", "signature", "ws_login"]

VALID_MS = 30_000
"""How long after its timestamp the venue takes a signed request, milliseconds."""


def signature(secret: Secret, text: str) -> str:
    """Return the Base64 HMAC-SHA256 of `text`."""
    digest = hmac.new(secret.reveal().encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def rest_headers(
    credentials: Credentials, timestamp_ms: int, method: str, target: str, body: str
) -> dict[str, str]:
    """Return the headers of one private REST call.

    Args:
        credentials: Key and passphrase that sign.
        timestamp_ms: Venue time of the request, UTC milliseconds; valid for 30 s.
        method: HTTP method, upper case.
        target: Path, and query after ``?``, exactly as sent.
        body: JSON text, exactly as sent; empty for GET.
    """
    text = f"{timestamp_ms}{method}{target}{body}"
    return {
        "ACCESS-KEY": credentials.api_key,
        "ACCESS-SIGN": signature(credentials.api_secret, text),
        "ACCESS-TIMESTAMP": str(timestamp_ms),
        "ACCESS-PASSPHRASE": _passphrase(credentials),
        "Content-Type": "application/json",
        "locale": "en-US",
    }


def ws_login(credentials: Credentials, timestamp_s: int) -> str:
    """Return the frame that logs in to the private socket.

    Args:
        credentials: Key and passphrase that sign.
        timestamp_s: Venue time, UTC seconds (the prose says milliseconds, the wire example and
            both big SDKs send seconds); valid for 30 s.
    """
    login = {
        "apiKey": credentials.api_key,
        "passphrase": _passphrase(credentials),
        "timestamp": str(timestamp_s),
        "sign": signature(credentials.api_secret, f"{timestamp_s}GET/user/verify"),
    }
    return json.dumps({"op": "login", "args": [login]}, separators=(",", ":"))


def _passphrase(credentials: Credentials) -> str:
    return "" if credentials.passphrase is None else credentials.passphrase.reveal()
