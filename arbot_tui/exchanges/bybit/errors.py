"""What Bybit's error codes mean (v5 error page, 2026-07-24; facts page section 11).

Business errors come with HTTP 200 and ``retCode`` other than 0; the CDN and the rate limiter
answer with an HTTP status and sometimes no JSON at all.
"""

from __future__ import annotations

from arbot_tui.domain.refusal import Reaction, Refusal
from arbot_tui.domain.text import sanitise

__all__ = ["IP_BAN_S", "refusal", "unreadable"]

IP_BAN_S = 600.0
"""After HTTP 403 every request stops for ten minutes (rate limit rules, 2026-07-24)."""

_BACK_OFF_S = 2.0

_UNKNOWN = frozenset(
    {
        # timeouts and restarts
        *(10000, 10016, 170007, 170001, 170032, 170146, 170147, 170234),
        170035,  # "submitted to the system for processing"
        *(10429, 429),  # system protection: query first where it was an order
        *(170141, 110072, 10014),  # duplicate orderLinkId: the first attempt arrived
        *(170144, 170191, 170212, 110079),  # order busy
        *(170210, 170149, 170150),  # rejected, to be confirmed by one query
        10019,  # server restarting; running requests still finish
    }
)
_GONE = frozenset(
    {
        *(170213, 110001, 170143),  # not found: filled, cancelled or not visible yet
        *(170139, 170142, 110010, 110008, 170190),  # the cancel came too late
    }
)
_LATE = frozenset({10002, -1})
_FATAL = frozenset(
    {
        *(10003, 10004, 10005, 10007, 10010, 33004, -2015),  # key, signature, permission, IP
        *(10009, 10024, 10027, 170209, 170348),  # region, compliance, banned
        *(10008, 10028, 100028),  # account mode
    }
)
_THROTTLED = frozenset({10006, 170005, 170222, 20003, 10403})
_REFUSED = frozenset(
    {
        # parameter or symbol
        *(10001, 10029, 170105, 170115, 170116, 170117, 170121, 170130, 20006, 10404),
        *(170131, 170033, 110004, 110007, 110012, 176015),  # balance
        # filters
        *(170134, 170136, 170137, 170140, 170148, 170124, 170341, 170381, 170382),
        *(170197, 170198, 170228, 170229),  # would move the price too far
        170218,  # post-only would take
        # price band
        *(170132, 170133, 170192, 170193, 170194, 170371, 170372, 30208, 30209, 110003),
        *(170810, 110020),  # open-order cap
        *(170151, 170157, 170217, 170159, 170206, 170224),  # symbol state
    }
)
_BY_CODE: dict[int, Reaction] = {
    code: reaction
    for codes, reaction in (
        (_UNKNOWN, Reaction.UNKNOWN),
        (_GONE, Reaction.GONE),
        (_LATE, Reaction.LATE),
        (_FATAL, Reaction.FATAL),
        (_THROTTLED, Reaction.THROTTLED),
        (_REFUSED, Reaction.REFUSED),
    )
    for code in codes
}
# Headers missing, wrong path or category: a bug of ours, nothing was done. (403 is a ban: the
# REST client keeps it.)
_BY_STATUS = {401: Reaction.FATAL, 404: Reaction.REFUSED}


def refusal(
    http_status: int, code: int, message: str, retry_after_s: float = 0.0
) -> Refusal | None:
    """Return what went wrong, or None for a success.

    Args:
        http_status: HTTP status of the answer.
        code: ``retCode``.
        message: ``retMsg``; sanitised here.
        retry_after_s: Seconds until the limit resets, where a header said so.
    """
    if code == 0:
        return None if http_status == 200 else unreadable(http_status, message)
    reaction = _BY_CODE.get(code, Reaction.UNLISTED)
    waits = reaction is Reaction.THROTTLED or code in (10429, 429)
    wait_s = (retry_after_s or _BACK_OFF_S) if waits else 0.0
    return Refusal("bybit", reaction, str(code), sanitise(message), wait_s)


def unreadable(http_status: int, excerpt: str) -> Refusal:
    """Return what an answer means whose body is not the documented JSON.

    Args:
        http_status: HTTP status of the answer.
        excerpt: Beginning of the body; sanitised here.
    """
    reaction = _BY_STATUS.get(http_status, Reaction.UNKNOWN)
    return Refusal("bybit", reaction, str(http_status), sanitise(excerpt))
