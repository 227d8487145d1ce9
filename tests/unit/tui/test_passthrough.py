"""What reaches the terminal outside of a multiplexer."""

from __future__ import annotations

from arbot_tui.tui.passthrough import to_terminal

OSC = "\x1b]52;c;YQ==\x1b\\"


def test_without_a_multiplexer_it_goes_as_it_is() -> None:
    assert to_terminal(OSC, {}) == OSC
    assert to_terminal(OSC, {"TMUX": "", "STY": ""}) == OSC


def test_tmux_gets_a_string_of_its_own_with_every_escape_doubled() -> None:
    sent = to_terminal(OSC, {"TMUX": "/tmp/tmux-0/default,1,0"})
    assert sent == "\x1bPtmux;\x1b\x1b]52;c;YQ==\x1b\x1b\\\x1b\\"


def test_in_a_string_of_screen_the_inner_one_ends_with_a_bell() -> None:
    assert to_terminal(OSC, {"STY": "1.pts"}) == "\x1bP\x1b]52;c;YQ==\x07\x1b\\"
