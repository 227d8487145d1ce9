"""What faults make of orders: how requests travel, how the venue deals with them; sans-I/O.

Every draw is keyed by (seed, fault, client id), never by call order: the same order meets the
same fate whatever else is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from arbot_tui.simulator.core.fault_args import (
    AckCodeArgs,
    AckLostArgs,
    ArriveLateArgs,
    AsyncRejectArgs,
    BandArgs,
    DropArgs,
    OrderArgs,
    PartialArgs,
)
from arbot_tui.simulator.core.faults import Fault, FaultBoard, FaultKind
from arbot_tui.simulator.core.hashing import draw_key, mix, text_key, unit
from arbot_tui.simulator.core.orders import NewOrder
from arbot_tui.simulator.core.treatment import AS_EVER, Treatment

__all__ = ["Conduct", "ErrorAnswer", "Journey", "Op"]

_DRAW = 801
_MS = 1_000_000
_JOURNEY = (FaultKind.DROP, FaultKind.ARRIVE_LATE, FaultKind.ACK_CODE, FaultKind.ACK_LOST)
_TREATMENT = (FaultKind.ASYNC_REJECT, FaultKind.PARTIAL, FaultKind.BAND)


class Op(StrEnum):
    """What a request asks for."""

    PLACE = "place"
    CANCEL = "cancel"


class ErrorAnswer(NamedTuple):
    """An error that a venue answers with although it has no reason.

    Attributes:
        code: The venue's code; empty where a gateway answers; None for short balance.
        status: HTTP status; None for the one that goes with the code.
    """

    code: str | None
    status: int | None


@dataclass(slots=True)
class Journey:
    """What becomes of a request and of its answer.

    Attributes:
        lost: It never arrives.
        late_ns: How long it is under way.
        lenient: It is late only after its deadline was looked at.
        error: It is answered with this.
        executes: It is dealt with all the same.
        silent: It is not answered.
        reset: It is not answered, and the connection is reset.
    """

    lost: bool = False
    late_ns: int = 0
    lenient: bool = False
    error: ErrorAnswer | None = None
    executes: bool = True
    silent: bool = False
    reset: bool = False


class Conduct:
    """How one venue deals with orders while faults are on.

    Args:
        board: The faults of the world.
        venue: Name of the venue.
    """

    def __init__(self, board: FaultBoard, venue: str) -> None:
        self._board = board
        self._venue = venue
        self._faults: tuple[Fault, ...] = ()
        board.watch(self._changed)

    def journey(self, op: Op, symbol: str | None, ident: str, now_ns: int) -> Journey | None:
        """Return what becomes of a request about an order; None if it just arrives.

        Args:
            op: What it asks for.
            symbol: Canonical symbol; None if it names none that exists.
            ident: The client's id of the order, or the venue's.
            now_ns: The time.
        """
        journey: Journey | None = None
        for fault in self._acting(_JOURNEY, symbol, now_ns):
            key = self._draw(fault, ident, op)
            changed = journey or Journey()
            if self._travel(fault, op, key, changed):
                journey = changed
                self._board.hit(fault, now_ns)
                if journey.lost:
                    break
        return journey

    def treatment(self, new: NewOrder, now_ns: int) -> Treatment:
        """Return how the venue deals with an order."""
        treatment = AS_EVER
        for fault in self._acting(_TREATMENT, new.symbol, now_ns):
            args, key = fault.args, self._draw(fault, new.client_id, Op.PLACE)
            if isinstance(args, BandArgs):
                expires = self._venue == "binance" if args.expire is None else args.expire
                treatment = replace(treatment, band_pct=args.pct, band_expires=expires)
                continue
            if not isinstance(args, OrderArgs) or unit(key) >= args.p:
                continue
            if isinstance(args, AsyncRejectArgs):
                treatment = replace(treatment, reject_after_ns=int(args.ms * _MS))
            elif isinstance(args, PartialArgs):
                high = args.f if args.f_max is None else args.f_max
                share = args.f + (high - args.f) * unit(mix(key))
                treatment = replace(treatment, share=Decimal(share))
            self._board.hit(fault, now_ns)
        return treatment

    def _acting(self, kinds: tuple[FaultKind, ...], symbol: str | None, now_ns: int) -> list[Fault]:
        return [
            fault
            for fault in self._faults
            if fault.kind in kinds and fault.symbol in (None, symbol) and fault.is_on(now_ns)
        ]

    def _draw(self, fault: Fault, ident: str, op: Op) -> int:
        return draw_key(self._board.seed, _DRAW, fault.number, text_key(ident), text_key(op))

    @staticmethod
    def _travel(fault: Fault, op: Op, key: int, journey: Journey) -> bool:
        """Write into `journey` what one fault does; return whether it does anything."""
        args = fault.args
        if isinstance(args, DropArgs):
            journey.lost = args.channel == "trade" and unit(key) < args.p
            return journey.lost
        if not isinstance(args, AckLostArgs | AckCodeArgs | ArriveLateArgs):
            return False
        if args.op not in ("all", op) or unit(key) >= args.p:
            return False
        if isinstance(args, ArriveLateArgs):
            spread_ms = args.spread_ms * (2 * unit(mix(key)) - 1)
            journey.late_ns += int((args.ms + spread_ms) * _MS)
            journey.lenient |= args.lenient
        elif isinstance(args, AckCodeArgs):
            journey.error = ErrorAnswer(_code(args), args.status)
            journey.executes = unit(mix(key)) < args.executed
        else:
            journey.silent, journey.reset = args.how == "silence", args.how == "reset"
        return True

    def _changed(self, fault: Fault, started: bool) -> None:
        if fault.venue == self._venue:
            kinds = (*_JOURNEY, *_TREATMENT)
            self._faults = tuple(f for f in self._board.on(self._venue) if f.kind in kinds)


def _code(args: AckCodeArgs) -> str | None:
    if args.code is None:
        return "" if args.status is not None and args.status >= 500 else None
    return str(args.code)
