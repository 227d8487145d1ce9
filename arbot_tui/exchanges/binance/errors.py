"""What Binance's error codes mean (spot API error page, 2026-07-21; facts page section 11).

Codes are stable, texts are not; only ``-2010``, ``-2011`` and ``-1010`` need their text read.
"""

from __future__ import annotations

import msgspec

from arbot_tui.domain.refusal import Reaction, Refusal
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.transport.rest import RestResponse, ban_on
from arbot_tui.exchanges.transport.retry_after import retry_after_s

__all__ = ["ARCHIVED", "ban_rule", "refusal"]

_VENUE = "binance"

ARCHIVED = "-2026"
"""The order is final with nothing filled, more than 90 days old."""

# The order-count window is ten seconds; without Retry-After a whole one has surely passed then.
_ORDER_COUNT = -1015
_ORDER_COUNT_S = 10.0
_BUSY_S = 2.0

_UNKNOWN = frozenset(
    {
        *(-1006, -1007),  # execution status unknown
        *(-1000, -1001),  # internal error
        *(-1008, -1004),  # overloaded; documented as refused, queried once all the same
        *(-2021, -2022),  # cancel-replace failed partly or wholly
    }
)
_LATE = frozenset({-1021})
_FATAL = frozenset(
    {
        *(-1002, -1022, -2008, -2014, -2015),  # key, signature, IP, permission
        *(-1016, -1020),  # the service or the operation does not exist (any more)
    }
)
_THROTTLED = frozenset({-1003, _ORDER_COUNT})
_GONE = frozenset({-2011, -2013})
_REFUSED = frozenset(
    {
        -1013,  # a filter
        *range(-1108, -1099),  # parameters
        *(-1111, -1114, -1115, -1116, -1117, -1118, -1119, -1120, -1121, -1128, -1130, -1131),
        -1220,  # symbol status
        -2026,  # archived
        -2039,  # client id and order id do not belong together
    }
)
_BY_CODE: dict[int, Reaction] = {
    code: reaction
    for codes, reaction in (
        (_UNKNOWN, Reaction.UNKNOWN),
        (_LATE, Reaction.LATE),
        (_FATAL, Reaction.FATAL),
        (_THROTTLED, Reaction.THROTTLED),
        (_GONE, Reaction.GONE),
        (_REFUSED, Reaction.REFUSED),
    )
    for code in codes
}
# The matching engine's answers: one code, many meanings.
_ORDER_REJECTED = -2010
_MATCHING_ENGINE = -1010
_DUPLICATE = "duplicate order"
_NO_SUCH_ORDER = "unknown order"
# The last one is that of a whole host: "WebSocket API trading is not enabled."
_ACCOUNT = ("on this account", "account may not", "trading is not enabled")

_BY_STATUS = {401: Reaction.FATAL, 410: Reaction.FATAL, 451: Reaction.FATAL}


class _Body(msgspec.Struct):
    code: int
    msg: str = ""


_decode = msgspec.json.Decoder(_Body).decode
_by_status = ban_on({429: 60.0, 418: 120.0, 403: 300.0})


def ban_rule(response: RestResponse) -> float:
    """Return for how many seconds `response` forbids every request of this address.

    429 and 418 name the time in ``Retry-After`` (seconds); 403 is the firewall. An exceeded
    order count is a 429, too, but concerns new orders alone: cancels and queries stay possible.
    """
    if response.status == 429 and (body := _body(response)) and body.code == _ORDER_COUNT:
        return 0.0
    return _by_status(response)


def refusal(response: RestResponse) -> Refusal | None:
    """Return what went wrong, or None for a success (HTTP 200)."""
    if response.status == 200:
        return None
    body = _body(response)
    if body is None or body.code == 0:
        # No code of its own: HTML of a gateway, or the region notice (451, code 0).
        reaction = _BY_STATUS.get(response.status, Reaction.UNLISTED)
        return Refusal(_VENUE, reaction, str(response.status), response.excerpt())
    reaction = _reaction(body)
    wait_s = 0.0
    if reaction is Reaction.THROTTLED:
        wait_s = retry_after_s(response.headers.get("retry-after")) or _ORDER_COUNT_S
    elif reaction is Reaction.UNKNOWN:
        wait_s = _BUSY_S
    return Refusal(_VENUE, reaction, str(body.code), sanitise(body.msg), wait_s)


def _reaction(body: _Body) -> Reaction:
    if body.code in (_ORDER_REJECTED, _MATCHING_ENGINE):
        text = body.msg.lower()
        if _DUPLICATE in text:
            # An order of this id is open: an earlier attempt went through.
            return Reaction.UNKNOWN
        if _NO_SUCH_ORDER in text:
            return Reaction.GONE
        return Reaction.FATAL if any(part in text for part in _ACCOUNT) else Reaction.REFUSED
    return _BY_CODE.get(body.code, Reaction.UNLISTED)


def _body(response: RestResponse) -> _Body | None:
    try:
        return _decode(response.body)
    except (ValueError, RecursionError):
        return None
