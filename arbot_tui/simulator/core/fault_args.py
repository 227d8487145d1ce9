"""What each fault can be told, with its defaults; anything else is refused when it is posted."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from arbot_tui.simulator.core.corruption import CorruptionKind
from arbot_tui.simulator.core.fees import FeeCoin
from arbot_tui.simulator.core.listing import ListingStatus

__all__ = [
    "AckCodeArgs",
    "AckLostArgs",
    "ArriveLateArgs",
    "AsyncRejectArgs",
    "BanArgs",
    "BandArgs",
    "BlackholeArgs",
    "ClockSkewArgs",
    "CorruptArgs",
    "DelayArgs",
    "DropArgs",
    "FaultArgs",
    "FeeArgs",
    "FiltersArgs",
    "FloodArgs",
    "FrameArgs",
    "FreezeArgs",
    "GapArgs",
    "NoArgs",
    "NoticeArgs",
    "OrderArgs",
    "PartialArgs",
    "PermsArgs",
    "RstArgs",
    "StatusArgs",
    "VisLagArgs",
]

_Chance = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
_Seconds = Annotated[float, msgspec.Meta(gt=0.0, le=86_400.0)]
_SecondsOrNow = Annotated[float, msgspec.Meta(ge=0.0, le=86_400.0)]
_Millis = Annotated[float, msgspec.Meta(gt=0.0, le=600_000.0)]
_Skew = Annotated[float, msgspec.Meta(ge=-86_400_000.0, le=86_400_000.0)]
_PerSecond = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
_Bytes = Annotated[int, msgspec.Meta(ge=1, le=1 << 26)]
_Sockets = Literal["all", "open"]
_MillisOrNone = Annotated[float, msgspec.Meta(ge=0.0, le=600_000.0)]
_Status = Annotated[int, msgspec.Meta(ge=400, le=599)]
_Requests = Literal["all", "place", "cancel"]


class FaultArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments of some fault."""


class NoArgs(FaultArgs, frozen=True):
    """A fault that cannot be told anything."""


class FreezeArgs(FaultArgs, frozen=True):
    """A channel that goes silent.

    Attributes:
        channel: `ticker`, `depth`, a channel of the venue, or `snapshot` for a REST order book
            that stays what it was; None for every frame with data.
        sockets: `open` leaves alone those that connect later.
    """

    channel: str | None = None
    sockets: _Sockets = "all"


class BlackholeArgs(FaultArgs, frozen=True):
    """A line on which nothing is answered.

    Attributes:
        sockets: `open` leaves alone what connects later, and REST.
    """

    sockets: _Sockets = "all"


class RstArgs(FaultArgs, frozen=True):
    """Sockets that are reset.

    Attributes:
        every_s: Do it again and again, with connecting allowed in between.
    """

    every_s: _Seconds | None = None


class DelayArgs(FaultArgs, frozen=True):
    """A slow line.

    Attributes:
        ms: How long everything takes to arrive; a REST call loses as much altogether.
        channel: As for a freeze, or `rest`; None for all frames, control frames and REST.
        spread_ms: With a channel: drawn per frame or call, by up to so much less or more.
    """

    ms: _Millis = 500.0
    channel: str | None = None
    spread_ms: _MillisOrNone = 0.0


class FrameArgs(FaultArgs, frozen=True):
    """Something that happens to a frame now and then.

    Attributes:
        p: How likely, per frame.
        channel: Of which channel; None for every frame with data.
    """

    p: _Chance = 1.0
    channel: str | None = None


class DropArgs(FrameArgs, frozen=True):
    """Frames that are lost; with the channel `rest` requests that never arrive.

    With the channel `trade` those requests are orders and cancels only, over REST and sockets.
    """


class CorruptArgs(FrameArgs, frozen=True):
    """Frames that are damaged; with the channel `rest` answers.

    Attributes:
        kinds: How; one is drawn per frame from those that apply to it. All if empty.
    """

    kinds: tuple[CorruptionKind, ...] = ()


class GapArgs(FaultArgs, frozen=True):
    """Book changes that are lost.

    Attributes:
        channel: Of which channel; None for every channel that tells changes.
    """

    channel: str | None = None


class FloodArgs(FaultArgs, frozen=True):
    """More than was asked for: one of the two, by default a thousand frames a second.

    Attributes:
        per_s: Extra frames per second on every socket: what it subscribed to, told again.
        bytes: Size of one single frame on every socket.
    """

    per_s: _PerSecond | None = None
    bytes: _Bytes | None = None


class BanArgs(FaultArgs, frozen=True):
    """An address that is not served: no REST, no new socket.

    Attributes:
        code: HTTP status of the answers.
        retry_after_s: What the header `Retry-After` promises; by default what is left of
            the ban. Without `for_s` it is also the length of the ban.
    """

    code: Literal[403, 418, 429] = 429
    retry_after_s: _Seconds | None = None


class StatusArgs(FaultArgs, frozen=True):
    """A symbol that cannot be traded, or whose base asset cannot be moved.

    Attributes:
        status: What has become of it.
        suspended: Which transfers of its base asset are suspended; then its market goes on. Only
            Bitget tells of that without a key, the others of it to holders of one.
    """

    status: ListingStatus = ListingStatus.HALTED
    suspended: Literal["deposits", "withdrawals", "both"] | None = None


class FiltersArgs(FaultArgs, frozen=True):
    """Other order rules; by default a tick and a step ten times as large.

    Attributes:
        tick: Price step: ten, a hundred, … times the present one.
        step: Quantity step, likewise.
        min_qty: Smallest base quantity.
        min_notional: Smallest value in quote currency.
        max_qty: Largest base quantity.
        max_notional: Largest value in quote currency.
    """

    tick: Decimal | None = None
    step: Decimal | None = None
    min_qty: Decimal | None = None
    min_notional: Decimal | None = None
    max_qty: Decimal | None = None
    max_notional: Decimal | None = None


class ClockSkewArgs(FaultArgs, frozen=True):
    """A venue whose clock is wrong.

    Attributes:
        ms: By how much it is ahead; negative if it is behind.
    """

    ms: _Skew = 2000.0


class NoticeArgs(FaultArgs, frozen=True):
    """Sockets that are closed by the venue, as announced or at a certain age.

    Attributes:
        close_after_s: Seconds from the notice to the end; the venue's usual time by default.
        announce: Whether the venue says so before.
        lifetime_s: Instead, with no word: the age at which every socket is cut, also those
            that connect while the fault is on.
    """

    close_after_s: _SecondsOrNow | None = None
    announce: bool = True
    lifetime_s: _Seconds | None = None


class OrderArgs(FaultArgs, frozen=True):
    """Something that happens to an order, or to a request about one.

    Attributes:
        p: How likely, per order.
    """

    p: _Chance = 1.0


class AckLostArgs(OrderArgs, frozen=True):
    """Requests that are dealt with and never answered.

    Attributes:
        op: Which requests.
        how: In silence, or with the connection reset.
    """

    op: _Requests = "all"
    how: Literal["silence", "reset"] = "silence"


class AckCodeArgs(OrderArgs, frozen=True):
    """Requests that are answered with an error.

    Attributes:
        op: Which requests.
        code: The venue's code; None for a balance that does not suffice.
        status: HTTP status; None for the one that goes with the code. From 500 on and without
            a code a gateway answers, with a page instead of JSON.
        executed: How likely the venue deals with the request in spite of its answer.
    """

    op: _Requests = "place"
    code: int | str | None = None
    status: _Status | None = None
    executed: _Chance = 0.0


class ArriveLateArgs(OrderArgs, frozen=True, kw_only=True):
    """Requests that are a long time under way to the venue.

    Attributes:
        ms: How long.
        spread_ms: Drawn per order, by up to so much less or more.
        op: Which requests.
        lenient: The venue has looked at the deadline before: it deals with what is late.
    """

    ms: _Millis = 1000.0
    spread_ms: _MillisOrNone = 0.0
    op: _Requests = "place"
    lenient: bool = False


class VisLagArgs(FaultArgs, frozen=True):
    """Queries that are answered with what was.

    Attributes:
        ms: How long ago.
        what: About what.
    """

    ms: _Millis = 1000.0
    what: Literal["all", "orders", "fills", "balances"] = "all"


class AsyncRejectArgs(OrderArgs, frozen=True):
    """Orders that are accepted, do not trade, and are rejected later.

    Attributes:
        ms: How much later.
    """

    ms: _MillisOrNone = 50.0


class PartialArgs(OrderArgs, frozen=True):
    """Orders of which only a part can trade at once: others were quicker.

    Attributes:
        f: That part; 0 for nothing.
        f_max: Instead drawn per order, evenly between `f` and this.
    """

    f: _Chance = 0.5
    f_max: _Chance | None = None


class BandArgs(FaultArgs, frozen=True):
    """A narrow price band around the mid.

    Attributes:
        pct: Its half width in percent.
        expire: What would trade beyond expires, instead of being refused; None for what the
            venue does: only Binance lets it expire.
    """

    pct: Decimal = Decimal("0.05")
    expire: bool | None = None


class FeeArgs(FaultArgs, frozen=True):
    """Other fees.

    Attributes:
        coin: In which coin: what was `received`, the `quote`, or the venue's `discount` coin
            (BNB, MNT, BGB) as long as there is any of it.
        taker_pct: In percent; None for as ever.
        maker_pct: In percent, below zero a rebate; None for as ever.
        discount_pct: By how much it is lower in the discount coin.
        tax_pct: What a state takes of the value beside it, in quote currency; Bybit alone tells
            of such.
    """

    coin: FeeCoin = FeeCoin.RECEIVED
    taker_pct: Decimal | None = None
    maker_pct: Decimal | None = None
    discount_pct: Decimal = Decimal(25)
    tax_pct: Decimal = Decimal(0)


class PermsArgs(FaultArgs, frozen=True):
    """Other rights of the key.

    Attributes:
        trade: It may trade.
        withdraw: It may withdraw.
        transfer: It may move funds between accounts.
        ip_bound: It is bound to addresses.
    """

    trade: bool = True
    withdraw: bool = False
    transfer: bool = False
    ip_bound: bool = True
