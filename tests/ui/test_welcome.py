"""The first run's card: once, over a corner, in nobody's way."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.events import Key
from textual.widgets import Input

from arbot_tui.domain.clock import SECOND
from arbot_tui.tui.glyphs import ASCII, UNICODE
from arbot_tui.tui.look import Look
from arbot_tui.tui.screens.help import HelpScreen
from arbot_tui.tui.screens.welcome import WelcomeCard, first_time
from arbot_tui.tui.view import ViewState
from tests.ui.fakes import START_NS, FakeClient, frame, row, status, venue
from tests.ui.harness import dashboard

pytestmark = pytest.mark.ui


def said(client: FakeClient) -> dict[str, tuple[str, str]]:
    state = ViewState(START_NS)
    state.merge(client.frame(0), START_NS)
    lines = WelcomeCard(Look(UNICODE), state).checklist()
    return {name: (sign, text) for sign, name, text in lines}


def test_somebody_is_welcomed_once_and_only_where_that_can_be_remembered(tmp_path: Path) -> None:
    mark = tmp_path / "welcomed"
    assert first_time(mark)
    assert mark.stat().st_mode & 0o777 == 0o600
    assert not first_time(mark)
    assert not first_time(tmp_path / "missing" / "welcomed")


async def test_a_frame_that_comes_before_the_card_does_no_harm() -> None:
    # On a machine without time for the first start it does, and the program crashed.
    async with dashboard() as screen:
        screen.app.push_screen(WelcomeCard(Look(UNICODE), screen.app.view))
        screen.app.screen.show()  # type: ignore[attr-defined]
        await screen.pilot.pause()
        assert "not needed here; c sets" in screen.text()


def test_the_checklist_says_what_is_there_and_what_comes_next() -> None:
    plain = said(FakeClient(frame(status=status(config_source="defaults", trading="stopped"))))
    assert plain["config"] == ("✓", "defaults; 'arbot-tui config init' writes one")
    assert plain["API keys"][1].startswith("not needed here; c sets")
    assert plain["clock"] == ("✓", "within 2 ms, 4 of 4 live")
    assert plain["next"] == ("→", "s starts trading, ? all keys")
    found = said(FakeClient(frame()))
    assert found["next"] == ("→", "s drains: it is trading, ? all keys")
    assert found["config"][1] == "/home/me/.config/arbot-tui/arbot.toml"
    long = said(FakeClient(frame(status=status(config_source=f"/{'x' * 60}/arbot.toml"))))
    assert long["config"][1] == "arbot.toml"
    wrong = (venue("okx", offset_ms=-1500.0), venue("bybit"))
    assert said(FakeClient(frame(venues=wrong)))["clock"] == ("!", "1.5 s off okx: correct it")
    waiting = (venue("okx", rtt_ms=None), venue("bybit"))
    assert said(FakeClient(frame(venues=waiting)))["clock"][1].startswith("comparing")


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_prices_move_beneath_it_and_a_key_closes_it_and_counts(size: tuple[int, int]) -> None:
    client = FakeClient(frame(status=status(trading="stopped")))
    async with dashboard(client, size, welcome=True) as screen:
        assert isinstance(screen.app.screen, WelcomeCard)
        text = screen.text()
        assert "Welcome" in text
        assert "s starts trading, ? all keys" in text
        client.push(
            frame(
                2,
                now_ns=START_NS + SECOND,
                rows=(row(2, "SOL/USDT", 175.43, 2),),
                status=status(trading="stopped"),
            )
        )
        await screen.pull()
        below = screen.app.dashboard.market.matrix
        assert any("175.4" in span[0] for line in below._painted for span in line)
        await screen.press("s")
        assert not isinstance(screen.app.screen, WelcomeCard)
        assert client.commands == ["start"]
        assert "Welcome" not in screen.text()


@pytest.mark.parametrize("key", ["escape", "enter", "z"])
async def test_keys_that_mean_nothing_here_only_close_it(key: str) -> None:
    async with dashboard(size=(120, 30), welcome=True, glyphs=ASCII) as screen:
        assert "+- Welcome" in screen.text()
        await screen.press(key)
        assert screen.app.screen.id == screen.app.dashboard.id
        assert screen.client.commands == []
        assert "Details" not in screen.text()


async def test_a_halt_and_a_filter_come_through_it() -> None:
    async with dashboard(welcome=True) as screen:
        await screen.press("ctrl+x")
        assert screen.client.commands == ["halt"]
        await screen.press("slash", "e", "t", "h")
        assert screen.app.screen.query_one(Input).value == "eth"


async def test_keys_that_come_at_once_close_only_the_card() -> None:
    async with dashboard(welcome=True) as screen:
        for key in ("escape", "escape", "question_mark"):
            screen.app.post_message(Key(key, None))
        await screen.pilot.pause()
        await screen.pilot.pause()
        assert isinstance(screen.app.screen, HelpScreen)
        await screen.press("escape")
        assert screen.app.screen.id == screen.app.dashboard.id
