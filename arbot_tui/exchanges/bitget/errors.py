"""What Bitget's error codes mean (v2 and v3 error-code pages, 2025-12-05; facts section 11).

Most business errors come with HTTP 400 and a JSON body. HTTP 5xx never comes here: the REST
client calls it unknown.
"""

from __future__ import annotations

from arbot_tui.domain.errors import AuthRefused, MalformedMessage
from arbot_tui.domain.refusal import Reaction, Refusal
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.bitget.answers import Answer, parse_answer
from arbot_tui.exchanges.transport.rest import RestResponse

__all__ = ["OtherDialect", "judge", "refusal", "speaks_other"]

_VENUE = "bitget"
_OK = "00000"
_BACK_OFF_S = 2.0
# Two meanings: too many decimals, or a hiccup in a release window.
_AMBIGUOUS = "40808"
_PRECISION = ("checkScale", "checkBDScale")

_UNKNOWN = frozenset(
    {
        *("40010", "40725", "45001", "40015", "40200", "25000", "25001", "25003"),
        *("40910", "43059"),
        # Duplicate id: the earlier send is pending.
        *("43118", "45034", "50060", "25212"),
    }
)
_GONE = frozenset({"40109", "43001", "43004", "31007", "45055", "45057", "22001", "25204", "40768"})
_LATE = frozenset(
    {
        *("40078", "40079"),  # the deadline of requestTime and receiveWindow
        *("40005", "40008", "30014"),  # the timestamp of the signature
    }
)
_THROTTLED = frozenset({"429", "25004", "45129", "30006", "30007"})
# A unified account asked in v2, a Classic one asked in v3: nothing was done.
_OTHER_DIALECT = frozenset({"40085", "25245"})
_FATAL = frozenset(
    {
        *_OTHER_DIALECT,
        "30032",  # v1 is gone
        # key, signature, passphrase
        *("40001", "40002", "40003", "40006", "40009", "40011", "40012", "40036", "40037"),
        *("40041", "30005", "30011", "30012", "30013", "30015"),
        # permission, IP
        *("40014", "40018", "40025", "40038", "40068", "22010", "25620"),
        *("40099", "40081", "40110"),  # demo key on production or the reverse
        # account blocked, region
        *("40013", "40022", "40023", "40024", "40026", "40031", "40710", "40752", "40101"),
        *("40103", "40104", "40111", "40035", "45107", "25006", "25007", "25012"),
    }
)
_REFUSED = frozenset(
    {
        *("43012", "40754", "40762", "45002", "45008", "25202", "25203"),  # funds
        # size or value
        *("43006", "43007", "45110", "45111", "45112", "45113", "45114", "43027", "43037"),
        *("43038", "43010", "22034", "22038", "25207", "25208", "25610", "25611"),
        # price
        *("43008", "43009", "43028", "43039", "43040", "45035", "45115", "40815", "40816"),
        *("40706", "22006", "22007", "22008", "22009", "25205", "25206", "25244"),
        *("22045", "25209", "25210"),  # liquidity, volatility
        # symbol
        *("40034", "40102", "43115", "43119", "43120", "45043", "22004", "40309", "25013"),
        *("25100", "25101", "25102", "25103", "25104", "25105", "25106"),
        # net-buy or net-sell quota
        *("12002", "12003", "13007", "13009", "43122", "25213", "25214", "25215", "25216"),
        *("40723", "40761", "43005", "43128", "45118", "25211"),  # open-order cap
        # parameter
        *("40017", "40019", "40020", "40053", "40064", "40304", "40305", "40402", "40409"),
        *("40811", "40812", "40813", "43011", "43111", "25200", "00171", "00172", "40306"),
        *("30001", "30002", "30003", "30004", "30016", "22030"),
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
# Headers missing or a wrong path: a bug of ours, nothing was done. (403 and 429 are bans: the
# REST client keeps them.)
_BY_STATUS = {401: Reaction.FATAL, 404: Reaction.REFUSED}


class OtherDialect(AuthRefused):
    """The account is of the other kind: the same has to be asked in its dialect."""

    def __init__(self, refused: Refusal) -> None:
        """Carry what the venue said."""
        super().__init__(refused.venue, refused.code, refused.message)


def speaks_other(refused: Refusal) -> bool:
    """Tell whether a refusal says that the account is of the other kind."""
    return refused.code in _OTHER_DIALECT


def judge(response: RestResponse) -> Answer | Refusal:
    """Return the answer of a request that succeeded, or why it did not."""
    try:
        answer = parse_answer(response.body)
    except MalformedMessage:
        reaction = _BY_STATUS.get(response.status, Reaction.UNKNOWN)
        return Refusal(_VENUE, reaction, str(response.status), response.excerpt())
    if answer.code == _OK and response.status == 200:
        return answer
    return refusal(answer.code, answer.msg)


def refusal(code: str, message: str) -> Refusal:
    """Return what a failing `code` means.

    Args:
        code: The venue's code.
        message: Its text; sanitised here.
    """
    text = sanitise(message)
    reaction = _BY_CODE.get(code, Reaction.UNLISTED)
    if code == _AMBIGUOUS:
        precise = any(word in message for word in _PRECISION)
        reaction = Reaction.REFUSED if precise else Reaction.UNKNOWN
    wait_s = _BACK_OFF_S if reaction is Reaction.THROTTLED else 0.0
    return Refusal(_VENUE, reaction, sanitise(code, 32), text, wait_s)
