"""Control sequences for the terminal itself, past a multiplexer that would keep them."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["to_terminal"]

_ESC, _ST = "\x1b", "\x1b\\"


def to_terminal(sequence: str, environ: Mapping[str, str]) -> str:
    """Return what to write so that the terminal outside of tmux or screen gets `sequence`.

    tmux hands it on where ``allow-passthrough`` is on, and drops it otherwise (tmux(1), "passing
    through escape sequences"); screen always does (screen(1), "control sequences", DCS).
    """
    if environ.get("TMUX"):
        return f"{_ESC}Ptmux;{sequence.replace(_ESC, _ESC * 2)}{_ST}"
    if environ.get("STY"):
        # A string within a string ends at the first terminator: an OSC has to end with BEL here.
        return f"{_ESC}P{sequence.replace(_ST, chr(7))}{_ST}"
    return sequence
