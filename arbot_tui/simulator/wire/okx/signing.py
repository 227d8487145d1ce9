"""OKX's check of signed requests, over the bytes as they were sent.

Source: OKX API guide, making requests and signature, 2026-06-29: Base64 of HMAC-SHA256 over
`timestamp + METHOD + requestPath (with query) + body`; 30 seconds of skew are accepted.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.common.json import Json
from arbot_tui.simulator.wire.okx.errors import ApiError

__all__ = ["check_login", "check_request"]

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_SKEW_MS = 30_000
_UNAUTHORIZED = 401

_MISSING = {
    "KEY": ("50103", "Request header OK-ACCESS-KEY can not be empty."),
    "PASSPHRASE": ("50104", "Request header OK-ACCESS-PASSPHRASE can not be empty."),
    "SIGN": ("50106", "Request header OK-ACCESS-SIGN can not be empty."),
    "TIMESTAMP": ("50107", "Request header OK-ACCESS-TIMESTAMP can not be empty."),
}


def check_request(
    headers: Mapping[str, str],
    method: str,
    raw_path: str,
    body: bytes,
    keys: VenueKeys,
    now_ms: int,
) -> None:
    """Check key, passphrase, time and signature of a private request.

    Args:
        headers: Of the request.
        method: HTTP method, upper case.
        raw_path: Path and query string exactly as sent.
        body: Raw body.
        keys: The account's credentials.
        now_ms: The venue's time.

    Raises:
        ApiError: 50103 to 50107 for what is absent or wrong, 50111 for another key, 50112 for a
            malformed time, 50102 for one too far off, 50113 for a wrong signature.
    """
    sent = {name: headers.get(f"OK-ACCESS-{name}", "") for name in _MISSING}
    for name, value in sent.items():
        if not value:
            raise ApiError(*_MISSING[name], _UNAUTHORIZED)
    if not _equal(sent["KEY"], keys.api_key):
        raise ApiError("50111", "Invalid OK-ACCESS-KEY.", _UNAUTHORIZED)
    if not _equal(sent["PASSPHRASE"], keys.passphrase or ""):
        raise ApiError("50105", "Request header OK-ACCESS-PASSPHRASE incorrect.", _UNAUTHORIZED)
    if abs(now_ms - _milliseconds(sent["TIMESTAMP"])) > _SKEW_MS:
        raise ApiError("50102", "Timestamp request expired.", _UNAUTHORIZED)
    text = f"{sent['TIMESTAMP']}{method}{raw_path}".encode() + body
    digest = hmac.new(keys.api_secret.encode(), text, hashlib.sha256).digest()
    if not _equal(sent["SIGN"], b64encode(digest).decode()):
        raise ApiError("50113", "Invalid signature.", _UNAUTHORIZED)


def check_login(
    arg: Mapping[str, Json], keys: VenueKeys, now_ms: int, *, valid: bool
) -> tuple[str, str] | None:
    """Return why a login on a socket fails, as code and text; None if it does not.

    Unlike over HTTP the time is in seconds, and what is signed is no path of a request.

    Args:
        arg: The login's argument.
        keys: The account's credentials.
        now_ms: The venue's time.
        valid: Whether the key still exists.
    """
    key, phrase, stamp, sign = (
        str(arg.get(name) or "") for name in ("apiKey", "passphrase", "timestamp", "sign")
    )
    if not valid or not _equal(key, keys.api_key):
        return "60005", "Invalid apiKey"
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return "60004", "Invalid timestamp"
    if abs(now_ms - int(stamp) * 1000) > _SKEW_MS:
        return "60006", "Timestamp request expired"
    if not _equal(phrase, keys.passphrase or ""):
        return "60024", "Wrong passphrase"
    text = f"{stamp}GET/users/self/verify".encode()
    digest = hmac.new(keys.api_secret.encode(), text, hashlib.sha256).digest()
    if not _equal(sign, b64encode(digest).decode()):
        return "60007", "Invalid sign"
    return None


def _equal(sent: str, ours: str) -> bool:
    return hmac.compare_digest(sent.encode(), ours.encode())


def _milliseconds(timestamp: str) -> int:
    """Return an ISO-8601 time with exactly three decimals and `Z` as Unix milliseconds."""
    try:
        if not _ISO.fullmatch(timestamp):
            raise ValueError
        return (datetime.fromisoformat(timestamp) - _EPOCH) // _MS
    except ValueError as error:
        raise ApiError("50112", "Invalid OK-ACCESS-TIMESTAMP.", _UNAUTHORIZED) from error
