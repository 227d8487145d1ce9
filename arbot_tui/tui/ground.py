"""What the terminal's background is: asked with OSC 11, its answer taken out of the keys.

An answer is ``ESC ] 11 ; rgb:RRRR/GGGG/BBBB``, ended by BEL or by ESC and a backslash. It may
come in pieces, late, or never; taken for keys it would be "alt+]" and a dozen letters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from arbot_tui.tui.passthrough import to_terminal

__all__ = ["ASK_GROUND", "Ground", "GroundAnswers", "ground_questions"]

Ground = Literal["dark", "light"]

ASK_GROUND = "\x1b]11;?\x1b\\"
_START = "\x1b]11;"
_BODY = re.compile(r"\x1b\]11;[0-9a-fA-Frgb:/#]{0,40}")
_COLOR = re.compile(r"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
_HALF_PCT = 50.0


def ground_questions(environ: Mapping[str, str]) -> str:
    """Return what to write so that somebody answers.

    tmux answers itself from 3.4 on. Before, it keeps the question (tried with 3.3a) and hands on
    one that is wrapped, where ``allow-passthrough`` is on. A second answer does no harm.
    """
    outside = to_terminal(ASK_GROUND, environ)
    return ASK_GROUND if outside == ASK_GROUND else ASK_GROUND + outside


class GroundAnswers:
    """Takes answers out of what comes from the terminal.

    Attributes:
        ground: What the last answer said; None before the first.
        awaited: An answer may come at any moment; a lone ESC may be the begin of it then.
    """

    def __init__(self) -> None:
        self.ground: Ground | None = None
        self.awaited = False
        self._held = ""

    @property
    def undecided(self) -> bool:
        """Whether something is held back of which more has to come before it is known."""
        return bool(self._held) and not self._held.startswith(_START)

    def feed(self, text: str) -> str:
        """Return what of `text` is no part of an answer, and keep what may be one."""
        keys = ""
        text, self._held = self._held + text, ""
        while text:
            before, escape, after = text.partition("\x1b")
            keys += before
            if not escape:
                break
            text = escape + after
            if text == _START[: len(text)]:
                if len(text) > 1 or self.awaited:
                    self._held = text
                    break
            elif text.startswith(_START):
                body = _BODY.match(text)
                end = body.end() if body else len(_START)
                rest = text[end:]
                if rest in ("", "\x1b"):
                    self._held = text
                    break
                self._take(text[:end])
                # Whatever else stands in its place is a key, and the answer was cut off.
                text = rest.removeprefix("\x07").removeprefix("\x1b\\")
                continue
            keys += escape
            text = after
        return keys

    def give_up(self) -> str:
        """Return what was held back and is no answer after all: nothing more has come."""
        if not self.undecided:
            return ""
        held, self._held = self._held, ""
        return held

    def _take(self, answer: str) -> None:
        self.awaited = False
        if (color := _COLOR.match(answer)) is not None:
            parts = color.groups()
            red, green, blue = (100 * int(part, 16) / (16 ** len(part) - 1) for part in parts)
            # Rec. 709: green is most of what an eye takes for brightness.
            bright_pct = 0.2126 * red + 0.7152 * green + 0.0722 * blue
            self.ground = "light" if bright_pct > _HALF_PCT else "dark"
