"""What makes a terminal copy, alone and inside a multiplexer."""

from __future__ import annotations

from base64 import b64decode

import pytest

from arbot_tui.tui.clipboard import copy_sequence

PLAIN = "\x1b]52;c;QlRDCTY0IDAwMA==\x07"
TMUX = {"TMUX": "/tmp/tmux-0/default,1,0"}


def test_a_terminal_gets_the_text_in_base64() -> None:
    assert copy_sequence("BTC\t64 000", {}) == PLAIN
    assert b64decode(PLAIN.split(";")[2].rstrip("\x07")) == b"BTC\t64 000"


def test_tmux_gets_it_for_itself_and_to_hand_on() -> None:
    sent = copy_sequence("BTC\t64 000", TMUX)
    assert sent == PLAIN + "\x1bPtmux;\x1b" + PLAIN + "\x1b\\"


def test_screen_gets_it_to_hand_on_alone() -> None:
    assert copy_sequence("BTC\t64 000", {"STY": "1.pts"}) == f"\x1bP{PLAIN}\x1b\\"


@pytest.mark.parametrize(
    ("environ", "most"), [({}, 74_994), (TMUX, 74_994), ({"STY": "1.pts"}, 540)]
)
def test_what_a_terminal_would_cut_off_is_refused(environ: dict[str, str], most: int) -> None:
    fits = copy_sequence("x" * most, environ)
    assert fits is not None
    assert len(fits) < 768 or most > 540
    assert copy_sequence("x" * (most + 1), environ) is None
    # Bytes count, not characters.
    assert copy_sequence("é" * (most // 2 + 1), environ) is None
