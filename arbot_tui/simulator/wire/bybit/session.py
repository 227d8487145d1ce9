"""What Bybit's private and trade sockets have in common: frames, login, idle time."""

from __future__ import annotations

import re

from arbot_tui.simulator.credentials import VenueKeys
from arbot_tui.simulator.wire.common.json import Json, decode
from arbot_tui.simulator.wire.common.market import Market
from arbot_tui.simulator.wire.common.private import same_text, signed_hex

__all__ = ["control_frame", "idle_ms", "refused_login"]

_TIME = re.compile(r"(\d{1,3})(s|m)")
_SHORTEST_MS, _LONGEST_MS = 30_000, 600_000


def control_frame(text: str) -> dict[str, Json]:
    """Return a control frame; what is no JSON object has no operation either."""
    try:
        frame = decode(text)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}


def idle_ms(wish: str) -> int:
    """Return how long a connection may be silent, by its `max_active_time`."""
    match = _TIME.fullmatch(wish)
    if match is None:
        return _LONGEST_MS
    wished_ms = int(match[1]) * (60_000 if match[2] == "m" else 1000)
    return min(max(wished_ms, _SHORTEST_MS), _LONGEST_MS)


def refused_login(market: Market, keys: VenueKeys, args: Json) -> int | None:
    """Return the code with which a login is refused; None if it is good.

    `args` are the key, the time in milliseconds until which it counts, and the HMAC of
    `GET/realtime` followed by that time.
    """
    if not isinstance(args, list) or len(args) != 3:
        return 10001
    key, expires, signature = args
    if not isinstance(expires, int) or expires <= market.now_ms():
        return 10001
    if market.key_rights is None or not same_text(str(key), keys.api_key):
        return 10003
    if not same_text(str(signature), signed_hex(keys.api_secret, f"GET/realtime{expires}")):
        return 10004
    return None
