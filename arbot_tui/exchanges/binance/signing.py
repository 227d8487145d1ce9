"""Signatures of Binance spot (request security, 2026-07-21): HMAC-SHA256, lower-case hex.

Pure: timestamps come in as arguments. What is signed must be byte for byte what is sent:
values are percent-encoded first, then signed (enforced since 2026-01-15, else ``-1022``).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from arbot_tui.exchanges.base import Credentials

__all__ = ["Signer", "query_string", "ws_payload"]


def query_string(params: Sequence[tuple[str, str]]) -> str:
    """Return `params` in their order, values percent-encoded (everything but unreserved)."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in params)


def ws_payload(params: Mapping[str, str]) -> str:
    """Return what a WebSocket API request signs: all parameters, sorted, raw UTF-8.

    Args:
        params: Every parameter but ``signature``, ``apiKey`` included, numbers in the text form
            in which they are sent.
    """
    return "&".join(f"{name}={params[name]}" for name in sorted(params))


class Signer:
    """Signs with one key; the keyed hash is prepared once and copied for every request."""

    __slots__ = ("_keyed", "headers")

    def __init__(self, credentials: Credentials) -> None:
        """Prepare the hash of `credentials`."""
        self._keyed = hmac.new(credentials.api_secret.reveal().encode(), digestmod=hashlib.sha256)
        self.headers: Mapping[str, str] = {"X-MBX-APIKEY": credentials.api_key}
        """Headers of every signed request."""

    def sign(self, payload: str) -> str:
        """Return the hex signature of `payload`."""
        keyed = self._keyed.copy()
        keyed.update(payload.encode())
        return keyed.hexdigest()

    def signed_query(
        self, params: Sequence[tuple[str, str]], timestamp_ms: int, recv_window_ms: int
    ) -> str:
        """Return the query string of a signed request, the signature last.

        Args:
            params: The call's own parameters, unencoded.
            timestamp_ms: Venue time of the request, UTC milliseconds.
            recv_window_ms: How long after `timestamp_ms` the venue may still act on it.
        """
        payload = query_string(
            (
                *params,
                ("recvWindow", str(recv_window_ms)),
                ("timestamp", str(timestamp_ms)),
            )
        )
        return f"{payload}&signature={self.sign(payload)}"
