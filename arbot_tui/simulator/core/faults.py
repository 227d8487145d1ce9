"""Which faults are on, for what, and what they do to a frame; sans-I/O.

A fault is posted with a venue, mostly a symbol or all of them, arguments (`fault_args`), how
often it acts (`count`) and for how long (`for_s`). Time is passed in, and every draw is keyed
by (seed, fault, symbol, channel, update id), never by call order: the same frame meets the same
fate on every connection. Faults act on the wire alone; the world goes on truthfully, except for
what an operator of the venue would really do (halting a symbol, changing its rules).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import msgspec

from arbot_tui.simulator.core import fault_args as args_
from arbot_tui.simulator.core.fault_args import FaultArgs

__all__ = ["BadFault", "ChannelKind", "Fault", "FaultBoard", "FaultKind", "FaultRequest", "Mark"]

_SECOND = 1_000_000_000
_LONGEST_S = 86_400.0
_HUNDRED = 100
# A maker may be given a rebate.
_BEST_REBATE_PCT = -1
_FLOOD_PER_S = 1000
_MOST_ENDED = 1_000


class FaultKind(StrEnum):
    """What can go wrong."""

    FREEZE = "freeze"
    BLACKHOLE = "blackhole"
    RST = "rst"
    DELAY = "delay"
    DROP = "drop"
    DUP = "dup"
    REORDER = "reorder"
    GAP = "gap"
    SEQRESET = "seqreset"
    CORRUPT = "corrupt"
    FLOOD = "flood"
    BAN = "ban"
    STATUS = "status"
    FILTERS = "filters"
    CLOCK_SKEW = "clock_skew"
    NOTICE = "notice"
    ACK_LOST = "ack_lost"
    ACK_CODE = "ack_code"
    ARRIVE_LATE = "arrive_late"
    VIS_LAG = "vis_lag"
    ASYNC_REJECT = "async_reject"
    PARTIAL = "partial"
    BAND = "band"
    FEE = "fee"
    PERMS = "perms"
    EXPIRE = "expire"


class ChannelKind(StrEnum):
    """What a channel of a venue is about."""

    TICKER = "ticker"
    """Best bid and ask."""
    DEPTH = "depth"
    """More levels of the book."""
    ORDERS = "orders"
    """The account's orders; where a venue tells fills with them, fills too."""
    FILLS = "fills"
    """The account's fills."""
    BALANCES = "balances"
    """The account's balances."""
    PRIVATE = "private"
    """All of the account: what the three are together; no channel is just this."""


class _Traits(NamedTuple):
    """How a kind of fault is posted.

    Attributes:
        args: Its arguments.
        symbols: Whether it can be limited to a symbol.
        counts: Whether it can be limited by `count`.
        times: How often it acts if nothing is said; None for without end.
        channels: Channels it knows beside those of the venue.
    """

    args: type[FaultArgs]
    symbols: bool = True
    counts: bool = True
    times: int | None = None
    channels: tuple[str, ...] = ()


_TRAITS: Mapping[FaultKind, _Traits] = {
    FaultKind.FREEZE: _Traits(args_.FreezeArgs, channels=("snapshot",)),
    FaultKind.BLACKHOLE: _Traits(args_.BlackholeArgs, symbols=False, counts=False),
    FaultKind.RST: _Traits(args_.RstArgs, symbols=False),
    FaultKind.DELAY: _Traits(args_.DelayArgs, counts=False, channels=("rest",)),
    FaultKind.DROP: _Traits(args_.DropArgs, channels=("rest", "trade")),
    FaultKind.DUP: _Traits(args_.FrameArgs),
    FaultKind.REORDER: _Traits(args_.FrameArgs),
    FaultKind.GAP: _Traits(args_.GapArgs, times=1),
    FaultKind.SEQRESET: _Traits(args_.NoArgs, counts=False),
    FaultKind.CORRUPT: _Traits(args_.CorruptArgs, channels=("rest",)),
    FaultKind.FLOOD: _Traits(args_.FloodArgs, symbols=False, counts=False),
    FaultKind.BAN: _Traits(args_.BanArgs, symbols=False),
    FaultKind.STATUS: _Traits(args_.StatusArgs, counts=False),
    FaultKind.FILTERS: _Traits(args_.FiltersArgs, counts=False),
    FaultKind.CLOCK_SKEW: _Traits(args_.ClockSkewArgs, symbols=False, counts=False),
    FaultKind.NOTICE: _Traits(args_.NoticeArgs, symbols=False, counts=False),
    FaultKind.ACK_LOST: _Traits(args_.AckLostArgs),
    FaultKind.ACK_CODE: _Traits(args_.AckCodeArgs),
    FaultKind.ARRIVE_LATE: _Traits(args_.ArriveLateArgs),
    FaultKind.VIS_LAG: _Traits(args_.VisLagArgs, symbols=False, counts=False),
    FaultKind.ASYNC_REJECT: _Traits(args_.AsyncRejectArgs),
    FaultKind.PARTIAL: _Traits(args_.PartialArgs),
    FaultKind.BAND: _Traits(args_.BandArgs, counts=False),
    FaultKind.FEE: _Traits(args_.FeeArgs, counts=False),
    FaultKind.PERMS: _Traits(args_.PermsArgs, symbols=False, counts=False),
    FaultKind.EXPIRE: _Traits(args_.NoArgs, symbols=False, counts=False),
}


class BadFault(ValueError):
    """A fault that cannot be posted; the text says why and what is allowed."""


class FaultRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fault as it is posted.

    Attributes:
        venue: Name of the venue.
        fault: Name of the fault.
        symbol: Canonical symbol; None for all of the venue.
        args: See `fault_args`.
        count: Acts this often and has then ended; None for the fault's own default.
        for_s: Ends after this time; None for not by itself.
    """

    venue: str
    fault: str
    symbol: str | None = None
    args: dict[str, object] | None = None
    count: int | None = None
    for_s: float | None = None


class Mark(NamedTuple):
    """What is known about a frame with data.

    Attributes:
        symbol: Canonical symbol.
        channel: The venue's name of the channel.
        kind: What the channel is about.
        ident: Update id of the book state it tells.
        delta: Whether it tells changes that continue a chain.
    """

    symbol: str
    channel: str
    kind: ChannelKind
    ident: int
    delta: bool = False


@dataclass(slots=True, eq=False)
class Fault:
    """A fault that was posted.

    Attributes:
        number: Its name on this board; grows.
        venue: Name of the venue.
        kind: What it does.
        symbol: Canonical symbol; None for all of the venue.
        args: How.
        count: It ends when it has acted this often; None for never.
        since_ns: When it was posted.
        until_ns: When it ends by itself; None for never.
        hits: How often it has acted.
    """

    number: int
    venue: str
    kind: FaultKind
    symbol: str | None
    args: FaultArgs
    count: int | None
    since_ns: int
    until_ns: int | None
    hits: int = 0

    def is_on(self, now_ns: int) -> bool:
        """Whether it acts at this time."""
        spent = self.count is not None and self.hits >= self.count
        return not spent and (self.until_ns is None or now_ns < self.until_ns)

    def concerns(self, mark: Mark) -> bool:
        """Whether a frame is one of those it acts on."""
        if self.symbol is not None and self.symbol != mark.symbol:
            return False
        channel = getattr(self.args, "channel", None)
        if channel == ChannelKind.PRIVATE:
            return mark.kind not in (ChannelKind.TICKER, ChannelKind.DEPTH)
        return channel is None or channel in (mark.channel, mark.kind.value)


class FaultBoard:
    """All faults of a world.

    Args:
        seed: Every draw follows from it.
        channels: What each venue's channels are about, by venue and name.
        symbols: Canonical symbols of the world.
    """

    def __init__(
        self,
        seed: int,
        channels: Mapping[str, Mapping[str, ChannelKind]],
        symbols: Iterable[str],
    ) -> None:
        self.seed = seed
        self._channels = channels
        self._symbols = frozenset(symbols)
        self._on: dict[int, Fault] = {}
        self._ended: list[Fault] = []
        self._numbers = 0
        self._watchers: list[Callable[[Fault, bool], None]] = []

    def watch(self, watcher: Callable[[Fault, bool], None]) -> None:
        """Call `watcher` with every fault that starts (True) or ends (False), as it happens."""
        self._watchers.append(watcher)

    def post(self, request: FaultRequest, now_ns: int) -> Fault:
        """Start a fault.

        Raises:
            BadFault: It does not exist or cannot be like this; nothing has changed.
        """
        kind = self._kind(request)
        traits = _TRAITS[kind]
        self._check_scope(request, kind, traits)
        args = self._args(request, traits)
        self._check_channel(request.venue, request.symbol, args, traits)
        count = traits.times if request.count is None else request.count
        until_ns = None if request.for_s is None else now_ns + int(request.for_s * _SECOND)
        if isinstance(args, args_.BanArgs) and until_ns is None and args.retry_after_s is not None:
            until_ns = now_ns + int(args.retry_after_s * _SECOND)
        self._numbers += 1
        fault = Fault(
            self._numbers, request.venue, kind, request.symbol, args, count, now_ns, until_ns
        )
        self._on[fault.number] = fault
        try:
            self._tell(fault, True)
        except BadFault:
            del self._on[fault.number]
            raise
        return fault

    def advance(self, now_ns: int) -> None:
        """End what is over."""
        for fault in tuple(self._on.values()):
            if not fault.is_on(now_ns):
                self._end(fault)

    def lift(self, number: int, now_ns: int) -> bool:
        """End one fault; return whether it was on."""
        self.advance(now_ns)
        fault = self._on.get(number)
        if fault is not None:
            self._end(fault)
        return fault is not None

    def clear(self, now_ns: int) -> int:
        """End all faults and forget those that have ended; return how many were on."""
        self.advance(now_ns)
        lifted = tuple(self._on.values())
        for fault in lifted:
            self._end(fault)
        self._ended.clear()
        return len(lifted)

    def hit(self, fault: Fault, now_ns: int) -> None:
        """Count that a fault has acted."""
        fault.hits += 1
        if not fault.is_on(now_ns):
            self._end(fault)

    def on(self, venue: str | None = None) -> tuple[Fault, ...]:
        """Return the faults that are on, of one venue or of all, in order of posting.

        One that is over by time stays until `advance` says so; ask its `is_on`.
        """
        return tuple(f for f in self._on.values() if venue is None or f.venue == venue)

    @property
    def ended(self) -> tuple[Fault, ...]:
        """The faults that have ended since the last `clear`, in order of ending."""
        return tuple(self._ended)

    @property
    def next_ns(self) -> int | None:
        """When the next fault ends by itself; None if none will."""
        return min((f.until_ns for f in self._on.values() if f.until_ns is not None), default=None)

    def _end(self, fault: Fault) -> None:
        if self._on.pop(fault.number, None) is None:
            return
        self._ended.append(fault)
        del self._ended[:-_MOST_ENDED]
        self._tell(fault, False)

    def _tell(self, fault: Fault, started: bool) -> None:
        for watcher in self._watchers:
            watcher(fault, started)

    # Checking what is posted

    def _kind(self, request: FaultRequest) -> FaultKind:
        if request.venue not in self._channels:
            raise BadFault(f"unknown venue {request.venue!r}: one of {_listed(self._channels)}")
        try:
            return FaultKind(request.fault)
        except ValueError as error:
            known = _listed(FaultKind)
            raise BadFault(f"unknown fault {request.fault!r}: one of {known}") from error

    def _check_scope(self, request: FaultRequest, kind: FaultKind, traits: _Traits) -> None:
        if request.symbol is not None:
            if not traits.symbols:
                raise BadFault(f"{kind} concerns the whole venue: leave symbol out")
            if request.symbol not in self._symbols:
                raise BadFault(f"unknown symbol {request.symbol!r}")
        if request.count is not None:
            if not traits.counts:
                raise BadFault(f"{kind} cannot be limited by count; for_s can end it")
            if request.count < 1:
                raise BadFault("count must be at least 1")
        if request.for_s is not None and not 0 < request.for_s <= _LONGEST_S:
            raise BadFault(f"for_s must be above 0 and at most {_LONGEST_S:.0f}")

    @staticmethod
    def _args(request: FaultRequest, traits: _Traits) -> FaultArgs:
        given = request.args or {}
        known = traits.args.__struct_fields__
        for name in given:
            if name not in known:
                allowed = _listed(known) or "none"
                raise BadFault(f"{request.fault} has no argument {name!r}: allowed are {allowed}")
        try:
            args = msgspec.convert(given, traits.args)
        except msgspec.ValidationError as error:
            raise BadFault(f"args: {error}") from error
        for name in args.__struct_fields__:
            percent = getattr(args, name)
            lowest = _BEST_REBATE_PCT if name == "maker_pct" else 0
            if name.endswith("pct") and percent is not None and not lowest <= percent <= _HUNDRED:
                raise BadFault(f"{name} must be from {lowest} to {_HUNDRED}")
        if isinstance(args, args_.AckCodeArgs) and not _is_code(args.code):
            raise BadFault(f"code {args.code!r} is no number")
        if isinstance(args, args_.PartialArgs) and args.f_max is not None and args.f_max < args.f:
            raise BadFault("f_max must not be below f")
        if isinstance(args, args_.DelayArgs) and args.spread_ms:
            if args.channel is None:
                raise BadFault("spread_ms needs a channel")
            if args.spread_ms > args.ms:
                raise BadFault("spread_ms must not exceed ms")
        if isinstance(args, args_.ArriveLateArgs) and args.spread_ms > args.ms:
            raise BadFault("spread_ms must not exceed ms")
        if isinstance(args, args_.FloodArgs):
            if args.per_s is not None and args.bytes is not None:
                raise BadFault("flood takes either per_s or bytes")
            if args.bytes is None and args.per_s is None:
                return args_.FloodArgs(per_s=_FLOOD_PER_S)
        return args

    def _check_channel(
        self, venue: str, symbol: str | None, args: FaultArgs, traits: _Traits
    ) -> None:
        channel = getattr(args, "channel", None)
        if channel is None:
            return
        if channel == "rest" and symbol is not None:
            raise BadFault("the channel rest concerns the whole venue: leave symbol out")
        known = (*ChannelKind, *traits.channels, *self._channels[venue])
        if channel not in known:
            raise BadFault(f"{venue} has no channel {channel!r}: one of {_listed(known)}")


def _is_code(code: int | str | None) -> bool:
    """Whether a venue could send this as a code: they all number their errors."""
    return not isinstance(code, str) or (code.isascii() and code.removeprefix("-").isdigit())


def _listed(names: Iterable[str]) -> str:
    return ", ".join(str(name) for name in names)
