"""What OKX's error codes mean (REST error-code table, 2026-07-13; facts page section 11).

A request fails by its ``code``, an order in it by its ``sCode``. HTTP 5xx never comes here: the
REST client calls it unknown.
"""

from __future__ import annotations

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.refusal import Reaction, Refusal
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.okx.answers import Answer, parse_answer, parse_item
from arbot_tui.exchanges.transport.rest import RestResponse

__all__ = ["judge", "refusal"]

_VENUE = "okx"
_BACK_OFF_S = 2.0
_CODE_DIGITS = 5
# All or some items failed: the reason is the item's own code.
_BY_ITEM = frozenset({"1", "2"})

_UNKNOWN = frozenset(
    {
        *("50004", "50026", "51054", "51149", "51412", "64007"),
        # Busy: not processed "as far as documented". A read is repeated, an order is looked for.
        *("50001", "50013", "50011"),
        # Duplicate id: an order of this id is pending.
        *("51016", "50071", "51011", "50042"),
    }
)
_WAITS = frozenset({"50001", "50013", "50011"})
_GONE = frozenset({"51603", "51400", "51401", "51402", "51503", "51410"})
_LATE = frozenset(
    {
        *("50036", "50037"),  # the deadline of expTime
        *("50102", "50112", "60004", "60006"),  # the timestamp of the signature
    }
)
_THROTTLED = frozenset({"50040", "50061", "60014"})
_FATAL = frozenset(
    {
        # key, signature, passphrase
        *("50100", "50103", "50104", "50105", "50106", "50107", "50111", "50113", "50114"),
        *("50119", "50120", "60005", "60007", "60009", "60024", "60032"),
        "50101",  # production key on demo or the reverse
        *("50110", "50035", "50121"),  # IP
        *("51010", "50030", "50033"),  # account mode
        # account blocked, compliance, KYC
        *("50007", "50008", "50009", "50012", "50019", "50022", "50027", "50028", "50029"),
        *("50032", "51009", "51024", "50051", "50052", "50059", "50060", "59113"),
        *("50005", "50046", "50062"),  # endpoint gone or disabled
    }
)
_REFUSED = frozenset(
    {
        *("51008", "51131", "51127", "51119"),  # funds
        # size or precision
        *("50122", "51005", "51020", "51033", "51120", "51121", "51150", "51101"),
        *("51201", "51202", "51203", "51185"),
        *("51006", "51116", "51122", "51137", "51138"),  # price band
        # bad parameter
        *("51000", "50002", "50006", "50014", "50015", "50016", "50024", "60012", "60013"),
        *("51001", "51021", "51022", "51027", "51087", "51155", "54072", "54073"),  # instrument
        *("51110", "51124", "51196", "51197", "51507", "54012"),  # phase of the market
        *("51174", "51025", "51102"),  # pending orders
        *("54084", "54085", "50038", "51513"),
    }
)
_BY_CODE: dict[str, Reaction] = {
    code: reaction
    for codes, reaction in (
        (_UNKNOWN, Reaction.UNKNOWN),
        (_GONE, Reaction.GONE),
        (_LATE, Reaction.LATE),
        (_THROTTLED, Reaction.THROTTLED),
        (_FATAL, Reaction.FATAL),
        (_REFUSED, Reaction.REFUSED),
    )
    for code in codes
}
# Headers missing or a wrong path: a bug of ours, nothing was done. (403 is the CDN refusing the
# address: the REST client keeps away for a while.)
_BY_STATUS = {401: Reaction.FATAL, 404: Reaction.REFUSED}


def judge(response: RestResponse) -> Answer | Refusal:
    """Return the answer of a request that succeeded, or why it did not."""
    try:
        answer = parse_answer(response.body)
        if answer.code == "0" and response.status == 200:
            # An item in it may still have failed by its own code.
            return answer
        item = parse_item(answer.data) if answer.code in _BY_ITEM else None
    except MalformedMessage:
        return _unreadable(response.status, response.excerpt())
    if item is not None and item.sCode not in ("", "0"):
        return refusal(item.sCode, item.sMsg)
    return refusal(answer.code, answer.msg)


def refusal(code: str, message: str) -> Refusal:
    """Return what a failing `code` or `sCode` means.

    Args:
        code: The venue's code; a suffix (``51008_1000``) is ignored.
        message: Its text; sanitised here.
    """
    plain = code[:_CODE_DIGITS]
    reaction = _BY_CODE.get(plain, Reaction.UNLISTED)
    waits = reaction is Reaction.THROTTLED or plain in _WAITS
    wait_s = _BACK_OFF_S if waits else 0.0
    return Refusal(_VENUE, reaction, sanitise(code, 32), sanitise(message), wait_s)


def _unreadable(http_status: int, excerpt: str) -> Refusal:
    """Return what an answer means whose body is not the documented JSON."""
    reaction = _BY_STATUS.get(http_status, Reaction.UNKNOWN)
    wait_s = _BACK_OFF_S if http_status == 429 else 0.0
    return Refusal(_VENUE, reaction, str(http_status), excerpt, wait_s)
