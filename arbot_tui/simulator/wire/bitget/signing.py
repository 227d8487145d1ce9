"""Bitget's check of signed requests, over what was sent.

Source: Bitget signature page (commit of 2025-12-05): Base64 of HMAC-SHA256 over
`timestamp + METHOD + path + ("?" + query) + body`. The query is signed with its raw values, not
percent-encoded; 30 seconds of skew are accepted.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import unquote

from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.bitget.errors import ApiError
from arbot_tui.simulator.wire.common.fields import Fields
from arbot_tui.simulator.wire.common.json import JsonObject

__all__ = ["check_latency", "check_login", "check_request"]

_SKEW_MS = 30_000
_SECONDS_DIGITS = 11
_LONGEST_WINDOW_MS = 60_000

_MISSING = {
    "KEY": ("40001", "ACCESS_KEY cannot be empty"),
    "SIGN": ("40002", "ACCESS_SIGN cannot be empty"),
    "TIMESTAMP": ("40003", "ACCESS_TIMESTAMP cannot be empty"),
    "PASSPHRASE": ("40011", "ACCESS_PASSPHRASE cannot be empty"),
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
        ApiError: 40001, 40002, 40003 or 40011 for what is absent, 40006 for another key, 40012
            for another passphrase, 40005 for a malformed time, 40008 for one too far off, 40009
            for a wrong signature.
    """
    sent = {name: headers.get(f"ACCESS-{name}", "") for name in _MISSING}
    for name, value in sent.items():
        if not value:
            raise ApiError(*_MISSING[name])
    if not _equal(sent["KEY"], keys.api_key):
        raise ApiError("40006", "Invalid ACCESS_KEY")
    if not _equal(sent["PASSPHRASE"], keys.passphrase or ""):
        raise ApiError("40012", "apikey/password is incorrect")
    stamp = sent["TIMESTAMP"]
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 20):
        raise ApiError("40005", "Invalid ACCESS_TIMESTAMP")
    if abs(now_ms - int(stamp)) > _SKEW_MS:
        raise ApiError("40008", "Request timestamp expired")
    path, mark, query = raw_path.partition("?")
    text = f"{stamp}{method}{path}{mark}{unquote(query)}".encode() + body
    digest = hmac.new(keys.api_secret.encode(), text, hashlib.sha256).digest()
    if not _equal(sent["SIGN"], b64encode(digest).decode()):
        raise ApiError("40009", "sign signature error")


def check_login(
    arg: JsonObject, keys: VenueKeys, now_ms: int, *, valid: bool
) -> tuple[str, str] | None:
    """Return why a login on a socket fails, as code and text; None if it does not.

    The wire examples and the big clients send seconds, the prose says milliseconds: both count.

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
        return "30011", "Invalid ACCESS_KEY"
    if not _equal(phrase, keys.passphrase or ""):
        return "30012", "Invalid ACCESS_PASSPHRASE"
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 20):
        return "30013", "Invalid ACCESS_TIMESTAMP"
    sent_ms = int(stamp) * 1000 if len(stamp) <= _SECONDS_DIGITS else int(stamp)
    if abs(now_ms - sent_ms) > _SKEW_MS:
        return "30014", "Request timestamp expired"
    digest = hmac.new(
        keys.api_secret.encode(), f"{stamp}GET/user/verify".encode(), hashlib.sha256
    ).digest()
    if not _equal(sign, b64encode(digest).decode()):
        return "30015", "Invalid signature"
    return None


def check_latency(fields: Fields, now_ms: int) -> None:
    """Refuse a request that arrives after `requestTime` + `receiveWindow`, where it sent both.

    Raises:
        ApiError: 40078 for one that is late, 40079 for a window that is none.
    """
    sent_ms, window_ms = fields.integer("requestTime"), fields.integer("receiveWindow")
    if sent_ms is None and window_ms is None:
        return
    if sent_ms is None or window_ms is None or not 0 < window_ms < _LONGEST_WINDOW_MS:
        raise ApiError("40079", "requestTime and a receiveWindow below 60000 belong together")
    if now_ms > sent_ms + window_ms:
        raise ApiError("40078", "The request arrived later than requestTime plus receiveWindow")


def _equal(sent: str, ours: str) -> bool:
    return hmac.compare_digest(sent.encode(), ours.encode())
