"""What lies between one venue and its clients: who gets through, and what arrives how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from arbot_tui.domain.clock import Clock
from arbot_tui.simulator.core.fate import FRAME_FAULTS, Fate, fate_of
from arbot_tui.simulator.core.fault_args import (
    BlackholeArgs,
    DelayArgs,
    FloodArgs,
    NoticeArgs,
    RstArgs,
)
from arbot_tui.simulator.core.faults import Fault, FaultBoard, FaultKind, Mark

if TYPE_CHECKING:
    from arbot_tui.simulator.wire.common.link import Link

__all__ = ["Network", "PublicVoice", "Voice"]

_SECOND = 1_000_000_000
_MS = 1_000_000
_GOING_AWAY = 1001
_NEVER = 1 << 63
# Frames that a fault of order held back are out after a second at most.
_SETTLED_NS = _SECOND


class Voice(Protocol):
    """What an endpoint of a venue does when a fault asks it to."""

    lifetime_s: float | None
    """Age at which the venue cuts its connections; None if it does not."""
    notice_s: float
    """Seconds from its notice of a shutdown, if it gives one, to the end."""

    def notice(self, link: Link) -> str | None:
        """Return the frame that announces the end of a connection; None if there is none."""

    def told_again(self, link: Link) -> Sequence[tuple[str, Mark]]:
        """Return, for each subscription of a connection, a frame that tells it once more."""

    def serves(self, link: Link) -> bool:
        """Whether a connection is one of this endpoint."""


class PublicVoice(Voice, Protocol):
    """The endpoint that tells books."""

    def restart(self, symbols: Sequence[str]) -> None:
        """Number the books of these symbols afresh, as after a restart of the service."""


class Network:
    """The network of one venue, and what the faults on the board do to it; sans-I/O.

    Args:
        board: All faults of the world.
        venue: Name of the venue.
        symbols: Canonical symbols of the venue.
        clock: The world's clock, which no venue's wrong clock changes.

    Attributes:
        board: As given.
        venue: As given.
        calm: No fault acts on single frames.
        clear: No fault acts on lines as a whole.
        line_ns: How long everything is under way.
        links: The connected clients, in the order of connecting.
    """

    def __init__(self, board: FaultBoard, venue: str, symbols: Sequence[str], clock: Clock) -> None:
        self.board = board
        self.venue = venue
        self.calm = self.clear = True
        self.line_ns = 0
        self.links: dict[Link, None] = {}
        self._clock = clock
        self._symbols = symbols
        self._public: PublicVoice | None = None
        self._voices: list[Voice] = []
        self._faults: tuple[Fault, ...] = ()
        self._frame_faults: tuple[Fault, ...] = ()
        self._holes: tuple[Fault, ...] = ()
        self._unsettled_ns = 0
        self._rounds: dict[Fault, int] = {}
        board.watch(self._changed)

    def now_ns(self) -> int:
        """Return the time, UTC nanoseconds."""
        return self._clock.now_ns()

    def speak_through(self, voice: PublicVoice) -> None:
        """Let `voice` do what faults ask of the venue, unless another one serves a client."""
        self._public = voice

    def also_through(self, voice: Voice) -> None:
        """Let `voice` do what faults ask about the clients that it serves."""
        self._voices.append(voice)

    def _voice_of(self, link: Link) -> Voice | None:
        return next((voice for voice in self._voices if voice.serves(link)), self._public)

    def join(self, link: Link) -> None:
        """Note a client that has connected."""
        self.links[link] = None

    def leave(self, link: Link) -> None:
        """Forget a client."""
        self.links.pop(link, None)

    # Frames

    def fate(self, mark: Mark, text: str) -> Fate | None:
        """Return what becomes of a frame with data; None if it just arrives."""
        return fate_of(self.board, self._frame_faults, mark, text, self.now_ns())

    def swallows(self, opened_ns: int | None) -> bool:
        """Whether a connection that opened at this time is in a black hole.

        Args:
            opened_ns: None for a REST call or a connection that is just being opened.
        """
        for fault in self._holes:
            if fault.is_on(self.now_ns()) and isinstance(fault.args, BlackholeArgs):
                if fault.args.sockets == "all":
                    return True
                if opened_ns is not None and opened_ns < fault.since_ns:
                    return True
        return False

    def on(self, kind: FaultKind) -> list[Fault]:
        """Return the faults of one kind that act on this venue now."""
        now_ns = self.now_ns()
        return [f for f in self._faults if f.kind is kind and f.is_on(now_ns)]

    # Time

    @property
    def busy(self) -> bool:
        """Whether `turn` has something to do soon."""
        return bool(self._rounds)

    def turn(self) -> None:
        """Do what is due: floods, repeated resets, ends of connections."""
        now_ns = self.now_ns()
        if now_ns >= self._unsettled_ns:
            self.calm = not self._frame_faults
        for fault, last_ns in tuple(self._rounds.items()):
            if not fault.is_on(now_ns):
                continue
            if isinstance(fault.args, FloodArgs) and fault.args.per_s is not None:
                self._flood(fault, fault.args.per_s, last_ns, now_ns)
            elif isinstance(fault.args, RstArgs):
                every_s = fault.args.every_s
                if every_s is not None and now_ns - last_ns >= every_s * _SECOND:
                    self._rounds[fault] = now_ns
                    self._reset(fault)
        self._end_old(now_ns)

    def _flood(self, fault: Fault, per_s: int, last_ns: int, now_ns: int) -> None:
        done = (last_ns - fault.since_ns) * per_s // _SECOND
        due = (now_ns - fault.since_ns) * per_s // _SECOND
        # No more than a second's worth at once, after the process was asleep.
        extra = min(due - done, per_s)
        if extra <= 0:
            return
        self._rounds[fault] = now_ns
        fault.hits += extra
        for link in tuple(self.links):
            voice = self._voice_of(link)
            frames = () if voice is None else voice.told_again(link)
            for number in range(extra if frames else 0):
                frame, mark = frames[(done + number) % len(frames)]
                link.tell(frame, mark, None)

    def _end_old(self, now_ns: int) -> None:
        notices = [f.args for f in self.on(FaultKind.NOTICE) if isinstance(f.args, NoticeArgs)]
        for link in tuple(self.links):
            voice = self._voice_of(link)
            spans = [notice.lifetime_s for notice in notices]
            spans.append(None if voice is None else voice.lifetime_s)
            shortest_s = min((span for span in spans if span is not None), default=None)
            if shortest_s is None or link.gone:
                continue
            if link.opened_ns <= now_ns - int(shortest_s * _SECOND):
                link.close(_GOING_AWAY, "")

    # Faults that come and go

    def _changed(self, fault: Fault, started: bool) -> None:
        if fault.venue != self.venue:
            return
        self._refresh()
        if started:
            self._start(fault)
        else:
            self._stop(fault)

    def _refresh(self) -> None:
        self._faults = self.board.on(self.venue)
        self._frame_faults = tuple(f for f in self._faults if f.kind in FRAME_FAULTS)
        self._holes = tuple(f for f in self._faults if f.kind is FaultKind.BLACKHOLE)
        line_ms = [
            f.args.ms
            for f in self._faults
            if isinstance(f.args, DelayArgs) and f.symbol is None and f.args.channel is None
        ]
        self.line_ns = int(sum(line_ms) * _MS)
        self.clear = not self._holes and not self.line_ns
        self.calm = not self._frame_faults and self.now_ns() >= self._unsettled_ns

    def _start(self, fault: Fault) -> None:
        args = fault.args
        if isinstance(args, RstArgs):
            if fault.until_ns is None and fault.count is None and args.every_s is None:
                fault.count = 1
            if args.every_s is not None:
                self._rounds[fault] = fault.since_ns
            self._reset(fault)
        elif isinstance(args, FloodArgs):
            if args.bytes is None:
                self._rounds[fault] = fault.since_ns
            else:
                self._send_big(fault, args.bytes)
        elif isinstance(args, NoticeArgs):
            self._announce(fault, args)
        elif fault.kind is FaultKind.SEQRESET and self._public is not None:
            fault.count = 1
            self._public.restart(self._symbols if fault.symbol is None else [fault.symbol])
            self.board.hit(fault, self.now_ns())

    def _stop(self, fault: Fault) -> None:
        now_ns = self.now_ns()
        self._rounds.pop(fault, None)
        slow_ns = int(fault.args.ms * _MS) if isinstance(fault.args, DelayArgs) else 0
        if fault.kind is FaultKind.REORDER or slow_ns:
            # What is still under way or held keeps its place among what follows.
            self._unsettled_ns = max(self._unsettled_ns, now_ns + max(slow_ns, _SETTLED_NS))
            self.calm = False
        announced = isinstance(fault.args, NoticeArgs) and fault.args.lifetime_s is None
        if announced and fault.until_ns is not None and now_ns >= fault.until_ns:
            for link in tuple(self.links):
                if link.opened_ns <= fault.since_ns:
                    link.close(_GOING_AWAY, "")

    def _reset(self, fault: Fault) -> None:
        for link in tuple(self.links):
            link.reset()
        self.board.hit(fault, self.now_ns())

    def _send_big(self, fault: Fault, size: int) -> None:
        fault.count = 1
        frame = f'{{"x":"{"x" * max(0, size - 8)}"}}'
        for link in tuple(self.links):
            link.send(frame)
        self.board.hit(fault, self.now_ns())

    def _announce(self, fault: Fault, args: NoticeArgs) -> None:
        if args.lifetime_s is not None or self._public is None:
            return
        if fault.until_ns is None or args.close_after_s is not None:
            wait_s = self._public.notice_s if args.close_after_s is None else args.close_after_s
            fault.until_ns = fault.since_ns + int(wait_s * _SECOND)
        fault.hits += 1
        if args.announce:
            for link in tuple(self.links):
                voice = self._voice_of(link)
                frame = None if voice is None else voice.notice(link)
                if frame is not None:
                    link.send(frame)
