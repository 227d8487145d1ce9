"""When somebody is called, how often, and with which bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from arbot_tui.domain.clock import SECOND
from arbot_tui.engine.frames import Frame
from arbot_tui.tui.calling import DOWN_S, Caller, CallKind, call_bytes
from arbot_tui.tui.view import ViewState
from tests.ui.fakes import START_NS, VENUES, frame, status, venue


class Desk:
    """A screen to which frames come, and what it called for: (second, sentences)."""

    def __init__(self) -> None:
        self.view, self.caller = ViewState(), Caller()
        self.calls: list[tuple[float, tuple[str, ...]]] = []

    def at(self, second: float, *, down: Iterable[str] = (), **said: object) -> tuple[str, ...]:
        now = START_NS + int(second * SECOND)
        made: Frame = frame(
            version=self.view.version + 1,
            now_ns=now,
            status=status(**said),
            venues=tuple(venue(name, "down" if name in down else "live") for name in VENUES),
        )
        self.view.merge(made, now)
        called = self.caller.look(self.view)
        if called:
            self.calls.append((second, called))
        return called


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    assert made.at(0) == ()
    return made


def test_a_halt_is_called_for_once_and_again_when_it_comes_back(desk: Desk) -> None:
    assert desk.at(1, trading="halted", trading_reason="daily_loss") == (
        "trading halted: daily_loss",
    )
    assert desk.at(200, trading="halted", trading_reason="daily_loss") == ()
    assert desk.at(300) == ()
    assert desk.at(400, trading="halted", trading_reason="daily_loss") == (
        "trading halted: daily_loss",
    )


def test_what_a_person_does_calls_nobody(desk: Desk) -> None:
    for number, trading in enumerate(("active", "draining", "stopped")):
        assert desk.at(1 + number, trading=trading, trading_reason="operator") == ()


def test_a_second_stuck_pair_is_news_and_a_resolved_one_is_not(desk: Desk) -> None:
    assert desk.at(1, stuck=1) == ("a pair is stuck",)
    assert desk.at(100, stuck=3) == ("3 pairs stuck",)
    assert desk.at(2000, stuck=2) == ()
    assert desk.at(9000, stuck=0) == ()
    assert desk.at(9001, stuck=1) == ("a pair is stuck",)


def test_a_venue_is_down_when_it_stays_down(desk: Desk) -> None:
    assert desk.at(1, down=("okx",)) == ()
    assert desk.at(DOWN_S) == ()
    assert desk.at(DOWN_S + 1, down=("okx",)) == ()
    assert desk.at(2 * DOWN_S + 1, down=("okx",)) == ("okx is down",)


def test_two_matters_at_once_are_one_call(desk: Desk) -> None:
    called = desk.at(1, trading="halted", alarm="ledger: 0.1 BTC differ on okx")
    assert called == ("ledger: 0.1 BTC differ on okx", "trading halted")


def test_a_thousand_repeats_are_three_calls_and_a_digest(desk: Desk) -> None:
    for number in range(1000):
        desk.at(1 + number * 0.06, alarm="balance: differs" if number % 2 else "")
    for second in range(61, 5000):
        desk.at(second)
    texts = [text for _, called in desk.calls for text in called]
    assert texts == ["balance: differs", "balance: differs (499 times more since)"]


def test_a_matter_that_keeps_coming_back_is_called_for_ever_more_seldom(desk: Desk) -> None:
    for second in range(1, 8000):
        desk.at(second, stuck=second % 2)
    assert [second for second, _ in desk.calls] == [1, 61, 661, 4261, 7861]


def test_after_a_quiet_hour_it_is_new_again(desk: Desk) -> None:
    desk.at(1, stuck=1)
    desk.at(2)
    desk.at(4000, stuck=1)
    desk.at(4001)
    assert desk.at(4059, stuck=1) == ()
    assert desk.at(4061, stuck=1) == ("a pair is stuck (once more since)",)


@pytest.mark.parametrize(
    ("kind", "environ", "sent"),
    [
        ("off", {}, ""),
        ("bell", {}, "\a"),
        ("bell", {"TMUX": "x"}, "\a"),
        ("osc9", {}, "\x1b]9;arbot-tui: a; b\x1b\\\a"),
        ("osc777", {}, "\x1b]777;notify;arbot-tui;a, b\x1b\\\a"),
        ("osc9", {"TMUX": "x"}, "\x1bPtmux;\x1b\x1b]9;arbot-tui: a; b\x1b\x1b\\\x1b\\\a"),
    ],
)
def test_bytes(kind: CallKind, environ: dict[str, str], sent: str) -> None:
    assert call_bytes(kind, ("a", "b"), environ) == sent
    assert call_bytes(kind, (), environ) == ""


def test_what_a_venue_says_ends_no_sequence() -> None:
    sent = call_bytes("osc9", ("x\x1b\\\x07\x9c]0;owned\u202e" + "y" * 500,), {})
    assert re.fullmatch(r"\x1b\]9;[^\x00-\x1f\x7f-\x9f]{1,200}\x1b\\\a", sent)
