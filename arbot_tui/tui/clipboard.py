"""Copying through the terminal (OSC 52), so that it arrives where the person sits."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

from arbot_tui.tui.passthrough import to_terminal

__all__ = ["copy_sequence"]

_MOST_BYTES = 74_994
"""Of text: base64 of it stays below 100 000 characters, where terminals begin to cut or refuse."""
_MOST_SCREEN_BYTES = 540
"""Of text inside screen, which drops a string of more than 768 characters."""


def copy_sequence(text: str, environ: Mapping[str, str]) -> str | None:
    """Return what makes the terminal copy `text`; None where it is too long for that.

    tmux gets it twice. With ``set-clipboard on`` it takes the sequence itself and drops what is to
    be handed on unless ``allow-passthrough`` is on; with that alone it is the other way round.
    """
    data = text.encode()
    in_tmux = bool(environ.get("TMUX"))
    most = _MOST_SCREEN_BYTES if environ.get("STY") and not in_tmux else _MOST_BYTES
    if len(data) > most:
        return None
    plain = f"\x1b]52;c;{b64encode(data).decode()}\x07"
    handed_on = to_terminal(plain, environ)
    return plain + handed_on if in_tmux else handed_on
