"""What each fault can be told, with its defaults; anything else is refused when it is posted."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from arbot_tui.simulator.core.corruption import CorruptionKind
from arbot_tui.simulator.core.listing import ListingStatus

__all__ = [
    "BanArgs",
    "BlackholeArgs",
    "ClockSkewArgs",
    "CorruptArgs",
    "DelayArgs",
    "DropArgs",
    "FaultArgs",
    "FiltersArgs",
    "FloodArgs",
    "FrameArgs",
    "FreezeArgs",
    "GapArgs",
    "NoArgs",
    "NoticeArgs",
    "RstArgs",
    "StatusArgs",
]

_Chance = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
_Seconds = Annotated[float, msgspec.Meta(gt=0.0, le=86_400.0)]
_SecondsOrNow = Annotated[float, msgspec.Meta(ge=0.0, le=86_400.0)]
_Millis = Annotated[float, msgspec.Meta(gt=0.0, le=600_000.0)]
_Skew = Annotated[float, msgspec.Meta(ge=-86_400_000.0, le=86_400_000.0)]
_PerSecond = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
_Bytes = Annotated[int, msgspec.Meta(ge=1, le=1 << 26)]
_Sockets = Literal["all", "open"]


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
    """

    ms: _Millis
    channel: str | None = None


class FrameArgs(FaultArgs, frozen=True):
    """Something that happens to a frame now and then.

    Attributes:
        p: How likely, per frame.
        channel: Of which channel; None for every frame with data.
    """

    p: _Chance = 1.0
    channel: str | None = None


class DropArgs(FrameArgs, frozen=True):
    """Frames that are lost; with the channel `rest` requests that never arrive."""


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
    """More than was asked for; one of the two has to be given.

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
    """A symbol that cannot be traded.

    Attributes:
        status: What has become of it.
    """

    status: ListingStatus = ListingStatus.HALTED


class FiltersArgs(FaultArgs, frozen=True):
    """Other order rules; by default a tick and a step ten times as large.

    Attributes:
        tick: Price step: ten, a hundred, … times the present one.
        step: Quantity step, likewise.
        min_qty: Smallest base quantity.
        min_notional: Smallest value in quote currency.
    """

    tick: Decimal | None = None
    step: Decimal | None = None
    min_qty: Decimal | None = None
    min_notional: Decimal | None = None


class ClockSkewArgs(FaultArgs, frozen=True):
    """A venue whose clock is wrong.

    Attributes:
        ms: By how much it is ahead; negative if it is behind.
    """

    ms: _Skew


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
