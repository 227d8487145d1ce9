"""Binance's check of signed requests, over the bytes as they were sent."""

from __future__ import annotations

import hashlib
import hmac
from decimal import Decimal

from arbot_tui.simulator.wire.binance.errors import ApiError, missing

__all__ = ["check_key", "check_signature", "check_window", "signed_payload"]

_DEFAULT_WINDOW_MS = Decimal(5000)
_LONGEST_WINDOW_MS = 60_000
_AHEAD_MS = 1000
# A timestamp of sixteen digits is in microseconds (X-MBX-TIME-UNIT).
_MICROSECONDS_FROM = 10**15


def check_key(sent: str | None, key: str) -> None:
    """Check the X-MBX-APIKEY header.

    Raises:
        ApiError: -2014 without a key, -2015 for one that is not the account's.
    """
    if not sent:
        raise ApiError(-2014, "API-key format invalid.", 401)
    if not hmac.compare_digest(sent.encode(), key.encode()):
        raise ApiError(-2015, "Invalid API-key, IP, or permissions for action.", 401)


def check_window(timestamp: str | None, window: str | None, now_ms: int) -> None:
    """Check `timestamp` and `recvWindow` against the venue's clock.

    Raises:
        ApiError: -1102 or -1100 for a bad timestamp, -1131 for too long a window, -1021 for a
            request from another time.
    """
    if not timestamp:
        raise missing("timestamp")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 20):
        raise ApiError(
            -1100,
            "Illegal characters found in parameter 'timestamp'; legal range is '^[0-9]{1,20}$'.",
        )
    sent_ms = int(timestamp)
    if sent_ms >= _MICROSECONDS_FROM:
        sent_ms //= 1000
    window_ms = _DEFAULT_WINDOW_MS
    if window is not None:
        window_ms = _window(window)
    if sent_ms >= now_ms + _AHEAD_MS:
        raise ApiError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if now_ms - sent_ms > window_ms:
        raise ApiError(-1021, "Timestamp for this request is outside of the recvWindow.")


def _window(text: str) -> Decimal:
    whole, _, part = text.partition(".")
    if not (text.isascii() and whole.isdigit() and len(part) <= 3 and (part + "0").isdigit()):
        raise ApiError(
            -1100, "Illegal characters found in parameter 'recvWindow'; legal range is '^[0-9]+$'."
        )
    window = Decimal(text.rstrip("."))
    if window > _LONGEST_WINDOW_MS:
        raise ApiError(-1131, "recvWindow must be less than 60000.")
    return window


def signed_payload(query: str, body: str) -> tuple[str, str | None]:
    """Return what a request's signature covers, and the signature.

    That is the query string followed directly by the body, both exactly as sent, without the
    `signature` parameter itself.
    """
    signature: str | None = None
    kept: list[str] = []
    for part in (query, body):
        pairs: list[str] = []
        for pair in part.split("&"):
            if pair.startswith("signature="):
                signature = pair.removeprefix("signature=")
            else:
                pairs.append(pair)
        kept.append("&".join(pairs))
    return "".join(kept), signature


def check_signature(query: str, body: str, secret: str) -> None:
    """Check the HMAC-SHA256 signature of a request.

    Raises:
        ApiError: -1102 without a signature, -1022 for a wrong one.
    """
    payload, signature = signed_payload(query, body)
    if not signature:
        raise missing("signature")
    digest = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(digest.encode(), signature.lower().encode()):
        raise ApiError(-1022, "Signature for this request is not valid.")
