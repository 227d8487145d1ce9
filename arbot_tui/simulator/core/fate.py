"""What the faults that are on do to one frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from arbot_tui.simulator.core.corruption import LIES, CorruptionKind, corrupt
from arbot_tui.simulator.core.fault_args import CorruptArgs, DelayArgs, FrameArgs, FreezeArgs
from arbot_tui.simulator.core.faults import Fault, FaultBoard, FaultKind, Mark
from arbot_tui.simulator.core.hashing import draw_key, mix, text_key, unit

__all__ = ["FRAME_FAULTS", "Fate", "corruption_of", "draw", "fate_of"]

FRAME_FAULTS = frozenset(
    (
        FaultKind.FREEZE,
        FaultKind.DELAY,
        FaultKind.DROP,
        FaultKind.DUP,
        FaultKind.REORDER,
        FaultKind.GAP,
        FaultKind.CORRUPT,
    )
)
"""The faults that act on single frames."""

_MS = 1_000_000


@dataclass(slots=True)
class Fate:
    """What becomes of one frame.

    Attributes:
        lost: Nobody gets it.
        lost_before_ns: Connections that opened before this moment do not get it.
        copies: How often it is sent.
        held: It waits until the next one of its channel and symbol has gone.
        delay_ns: How long it is under way, beyond what everything is.
        damage: How it is corrupted, and the key of the damage.
    """

    lost: bool = False
    lost_before_ns: int = 0
    copies: int = 1
    held: bool = False
    delay_ns: int = 0
    damage: tuple[CorruptionKind, int] | None = None

    def reaches(self, opened_ns: int) -> bool:
        """Whether a connection that opened at this time gets the frame."""
        return not self.lost and opened_ns >= self.lost_before_ns

    def text(self, text: str) -> str | bytes:
        """Return the frame's text as it is sent."""
        if self.damage is None:
            return text
        damaged = corrupt(text, *self.damage)
        return text if damaged is None else damaged


def fate_of(
    board: FaultBoard, faults: Iterable[Fault], mark: Mark, text: str, now_ns: int
) -> Fate | None:
    """Return what the faults do to a frame; None if they leave it alone.

    Args:
        board: Counts what acts.
        faults: The faults of the venue that are on.
        mark: What the frame is.
        text: The frame.
        now_ns: The time.
    """
    fate: Fate | None = None
    for fault in faults:
        if fault.kind not in FRAME_FAULTS or not fault.concerns(mark) or not fault.is_on(now_ns):
            continue
        changed = fate or Fate()
        if _act(board.seed, fault, mark, text, changed):
            fate = changed
            board.hit(fault, now_ns)
            if fate.lost:
                # What is lost cannot be lost, doubled or damaged once more.
                break
    return fate


def draw(seed: int, fault: Fault, mark: Mark) -> int:
    """Return the key of everything drawn for a frame by a fault."""
    return draw_key(
        seed, fault.number, text_key(mark.symbol), text_key(mark.channel), mark.ident, mark.delta
    )


def corruption_of(kinds: Iterable[CorruptionKind], text: str, key: int) -> CorruptionKind | None:
    """Return one of the damages that apply to a text, any but the lies if none is named."""
    named = tuple(kinds) or tuple(kind for kind in CorruptionKind if kind not in LIES)
    start = mix(key) % len(named)
    for kind in named[start:] + named[:start]:
        if corrupt(text, kind, key) is not None:
            return kind
    return None


def _act(seed: int, fault: Fault, mark: Mark, text: str, fate: Fate) -> bool:
    """Write into `fate` what one fault does; return whether it does anything."""
    args = fault.args
    if isinstance(args, FreezeArgs):
        if args.sockets == "open":
            fate.lost_before_ns = max(fate.lost_before_ns, fault.since_ns)
        else:
            fate.lost = True
        return True
    if isinstance(args, DelayArgs):
        if fault.symbol is None and args.channel is None:
            # The line as a whole is slow: that is not this frame's own.
            return False
        spread_ms = args.spread_ms * (2 * unit(draw(seed, fault, mark)) - 1)
        fate.delay_ns += int((args.ms + spread_ms) * _MS)
        return True
    if fault.kind is FaultKind.GAP:
        fate.lost = mark.delta
        return mark.delta
    key = draw(seed, fault, mark)
    if not isinstance(args, FrameArgs) or unit(key) >= args.p:
        return False
    if fault.kind is FaultKind.DROP:
        fate.lost = True
    elif fault.kind is FaultKind.DUP:
        fate.copies += 1
    elif fault.kind is FaultKind.REORDER:
        fate.held = True
    elif isinstance(args, CorruptArgs):
        kind = corruption_of(args.kinds, text, key)
        fate.damage = None if kind is None else (kind, key)
        return kind is not None
    return True
