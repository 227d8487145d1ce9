"""What a person who looks elsewhere is called for, how often, and with which bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.states import FeedState, TradingState
from arbot_tui.domain.text import sanitise
from arbot_tui.tui.passthrough import to_terminal
from arbot_tui.tui.view import ViewState

__all__ = ["DOWN_S", "CallKind", "Caller", "call_bytes"]

CallKind = Literal["off", "bell", "osc9", "osc777"]
"""``bell`` rings; the others send a desktop notification as well."""

DOWN_S = 30
"""Seconds for which a venue gave no quotes before anybody is called."""

_WAITS_S = (60, 600, 3600)
"""How long the same matter is quiet after the first call, the second, and every later one."""

_TEXT_CHARS = 160


@dataclass(slots=True)
class _Matter:
    """One thing to call for, with what was held back of it."""

    calls: int = 0
    held: int = 0
    quiet_until_ns: int = 0
    text: str = ""


class Caller:
    """Decides when to call: once when something begins, then ever more seldom, counting the rest.

    Time is the engine's, passed in.
    """

    def __init__(self) -> None:
        self._matters: dict[str, _Matter] = {}
        self._standing: dict[str, str] = {}
        self._down_since: dict[str, int] = {}
        self._stuck = 0

    def look(self, view: ViewState) -> tuple[str, ...]:
        """Return what to call for now, one sentence each; empty most of the time.

        Args:
            view: What is known, its time included; must not be empty of a status.
        """
        now = view.now_ns
        standing = dict(self._found(view))
        begun = {key for key, text in standing.items() if self._standing.get(key) != text}
        self._standing = standing
        said = [text for key in sorted(begun) if (text := self._called(key, standing[key], now))]
        for key, matter in self._matters.items():
            if matter.held and now >= matter.quiet_until_ns:
                said.append(self._digest(key, now))
        return tuple(said)

    def _found(self, view: ViewState) -> Iterator[tuple[str, str]]:
        """Yield what is wrong now, as (matter, sentence)."""
        status = view.status
        if status is None:
            return
        if status.trading in (TradingState.HALTED, TradingState.REDUCING):
            why = f": {status.trading_reason}" if status.trading_reason else ""
            yield "trading", f"trading {status.trading}{why}"
        if status.alarm:
            yield f"alarm {status.alarm.partition(':')[0]}", status.alarm
        if status.stuck:
            # One resolved of several is good news, and no reason to call.
            more = status.stuck > self._stuck or "stuck" not in self._standing
            text = f"{status.stuck} pairs stuck" if status.stuck > 1 else "a pair is stuck"
            yield "stuck", text if more else self._standing["stuck"]
        self._stuck = status.stuck
        for venue in view.venues:
            if venue.state != FeedState.DOWN:
                self._down_since.pop(venue.name, None)
                continue
            since = self._down_since.setdefault(venue.name, view.now_ns)
            if view.now_ns - since >= DOWN_S * SECOND:
                yield f"down {venue.name}", f"{venue.name} is down"

    def _called(self, key: str, text: str, now_ns: int) -> str:
        """Return `text`, or nothing where the same matter was called for a moment ago."""
        matter = self._matters.setdefault(key, _Matter())
        matter.text = text
        if now_ns < matter.quiet_until_ns:
            matter.held += 1
            return ""
        if now_ns >= matter.quiet_until_ns + _WAITS_S[-1] * SECOND:
            matter.calls = 0
        self._quieten(matter, now_ns)
        return text

    def _digest(self, key: str, now_ns: int) -> str:
        matter = self._matters[key]
        more = f"{matter.held} times more" if matter.held > 1 else "once more"
        text = f"{matter.text} ({more} since)"
        matter.held = 0
        self._quieten(matter, now_ns)
        return text

    def _quieten(self, matter: _Matter, now_ns: int) -> None:
        wait_s = _WAITS_S[min(matter.calls, len(_WAITS_S) - 1)]
        matter.calls += 1
        matter.quiet_until_ns = now_ns + wait_s * SECOND


def call_bytes(kind: CallKind, said: tuple[str, ...], environ: Mapping[str, str]) -> str:
    """Return what to write to the terminal so that it calls; empty where nothing is to be said.

    OSC 9 is iTerm2's ("Proprietary Escape Codes"), OSC 777 that of urxvt, foot and others; both
    pass a multiplexer. The bell goes with them: a tmux that lets nothing pass marks the window.
    """
    if kind == "off" or not said:
        return ""
    text = sanitise("; ".join(said), _TEXT_CHARS)
    bell = "\a"
    if kind == "osc9":
        return to_terminal(f"\x1b]9;arbot-tui: {text}\x1b\\", environ) + bell
    if kind == "osc777":
        # A semicolon would begin another field.
        body = text.replace(";", ",")
        return to_terminal(f"\x1b]777;notify;arbot-tui;{body}\x1b\\", environ) + bell
    return bell
