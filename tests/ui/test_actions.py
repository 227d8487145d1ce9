"""Keys that were changed, and actions that ask for a word or an answer first."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest
from structlog.testing import capture_logs
from textual.events import Key
from textual.widgets import Input

from arbot_tui.domain.actions import ACTIONS
from arbot_tui.engine.answers import SettingsView
from arbot_tui.engine.client import CommandResult, QueryResult
from arbot_tui.tui.screens.confirm import ChooseScreen, TypedScreen
from arbot_tui.tui.screens.help import HelpScreen
from tests.ui.fakes import FakeClient, frame, settings, status, trade
from tests.ui.harness import dashboard

pytestmark = pytest.mark.ui

CHANGED = (
    "halt=f12",
    "start=S",
    "help=!",
    "palette=f2",
    "back=backspace",
    "quit=Q",
    "next_panel=",
    "down=d",
    "theme=",
)


async def test_changed_keys_work_everywhere_and_are_shown_everywhere() -> None:
    client = FakeClient(frame(status=status(trading="stopped"), trades=()))
    async with dashboard(client, keys=CHANGED) as screen:
        footer, banner = screen.lines()[-1], screen.lines()[1]
        assert "S start" in footer
        assert "f12 halt" in footer
        assert "! keys" in footer
        assert "f2 palette" in footer
        assert "Q quit" in footer
        assert " panel" not in footer
        assert "S starts trading" in banner
        assert "! all keys" in banner
        assert "S starts it" in screen.text()
        matrix = screen.app.dashboard.market.matrix
        before = matrix.cursor
        # What was given up does nothing any more, Textual's own tab included.
        await screen.press("ctrl+x", "q", "tab", "t", "j")
        assert client.commands == []
        assert screen.app.focused is matrix
        assert screen.app.theme == "dark"
        assert matrix.cursor == before
        await screen.press("d")
        assert matrix.cursor != before
        await screen.press("S")
        assert client.commands == ["start"]
        await screen.press("slash", "z", "z")
        assert "backspace clears the filter" in screen.text()
        await screen.press("f12")
        assert client.commands == ["start", "halt"]
        await screen.press("enter", "backspace", "exclamation_mark")
        assert isinstance(screen.app.screen, HelpScreen)
        assert "f12" in screen.text()
        assert "^x" not in screen.text()
        await screen.press("d", "exclamation_mark")
        assert not isinstance(screen.app.screen, HelpScreen)
        await screen.press("x", "f12", "escape")
        assert client.commands == ["start", "halt", "halt"]


async def test_keys_changed_in_the_settings_hold_at_once() -> None:
    async with dashboard() as screen:
        plain = settings({})
        entry = msgspec.structs.replace(plain.settings[-1], name="ui.keys", value="")
        for value in ("", "halt=f12, theme=T"):
            changed = msgspec.structs.replace(entry, value=value)
            screen.app.own_settings.use(
                SettingsView(plain.file, plain.save_to, plain.profile, (*plain.settings, changed))
            )
        await screen.pilot.pause()
        assert "f12 halt" in screen.lines()[-1]
        assert "T theme" in screen.lines()[-1]
        await screen.press("ctrl+x", "f12")
        assert screen.client.commands == ["halt"]


@pytest.mark.parametrize("name", ["flatten", "reset"])
async def test_what_is_grave_asks_for_a_word(name: str) -> None:
    async with dashboard() as screen:
        screen.client.exposure = ("pair 7f: 0.02 BTC long on okx",)
        screen.app.perform(name)
        await screen.pilot.pause()
        assert isinstance(screen.app.screen, TypedScreen)
        text = screen.text()
        assert f"{name.capitalize()}?" in text
        assert "pair 7f: 0.02 BTC long on okx" in text
        assert f"Type {name} and press enter" in text
        # Neither enter alone, nor another word, nor the button does it; letters are text.
        await screen.press("enter", *"yes", "enter", "q", "tab", "tab", "enter")
        assert screen.client.commands == []
        assert isinstance(screen.app.screen, TypedScreen)
        assert screen.app.screen.query_one(Input).value == ""
        await screen.press("ctrl+x")
        assert screen.client.commands == ["halt"]
        await screen.press(*name, "enter")
        assert screen.client.commands == ["halt", name]
        screen.app.perform(name)
        await screen.pilot.pause()
        await screen.press(*name, "escape")
        assert screen.client.commands == ["halt", name]


async def test_enter_on_a_stuck_pair_resolves_it_and_on_any_other_folds_its_orders() -> None:
    trades = (
        trade("p1"),
        trade("p2", outcome="stuck", state="stuck", realised="0", symbol="ADA/USDT"),
    )
    async with dashboard(FakeClient(frame(trades=trades))) as screen:
        screen.client.exposure = ("p2 ADA/USDT: 12 ADA long on okx", "p3: working")
        screen.app.perform("resolve")
        await screen.pilot.pause()
        assert "not in Matrix" in screen.text()
        await screen.press("3")
        table = screen.app.dashboard.current.main
        table.move_to(list(table.keys()).index("p2"))
        await screen.press("enter")
        assert isinstance(screen.app.screen, ChooseScreen)
        assert "Resolve p2?" in screen.text()
        assert "12 ADA long on okx" in screen.text()
        assert "p3: working" not in screen.text()
        # The answer that has the focus changes nothing.
        await screen.press("enter")
        assert screen.client.commands == []
        await screen.press("enter", "right", "enter")
        await screen.press("enter", "right", "right", "enter")
        assert screen.client.commands == ["resolve", "resolve"]
        assert screen.client.arguments == [{"id": "p2"}, {"id": "p2", "accept": "yes"}]
        table.move_to(list(table.keys()).index("p1"))
        await screen.press("enter")
        assert screen.app.dashboard.current.has_class("-folded")


async def test_every_action_does_something_or_says_why_not_in_every_view() -> None:
    opening = {"help", "palette", "credentials", "quit", "filter", "theme"}
    async with dashboard() as screen:
        said: list[str] = []
        screen.app.acting.say = lambda text, *, ok: said.append(text)  # type: ignore[method-assign]
        for view in "1234567":
            await screen.press(view)
            shown = screen.app.dashboard.current
            for entry in ACTIONS:
                if entry.id.startswith("view_") or entry.confirm or entry.id in opening:
                    continue
                screen.app.perform(entry.id)
                if entry.id in shown.lacks:
                    assert said.pop() == f"{entry.id.replace('_', ' ')}: not in {shown.TITLE}"
            await screen.pilot.pause()
        assert screen.app.screen is screen.app.dashboard
        assert screen.client.commands.count("halt") == 7


@pytest.mark.parametrize(
    ("opened", "key"), [("x", "enter"), ("x", "escape"), ("ctrl+p", "enter"), ("ctrl+p", "escape")]
)
async def test_keys_that_come_faster_than_a_dialog_closes_close_only_that(
    opened: str, key: str
) -> None:
    async with dashboard() as screen:
        await screen.press(opened)
        assert screen.app.screen is not screen.app.dashboard
        for _ in range(4):
            screen.app.post_message(Key(key, None))
        await screen.pilot.pause()
        await screen.pilot.pause()
        assert screen.app.dashboard in screen.app.screen_stack
        assert screen.app.return_value is None


async def test_balances_are_adopted_once_the_difference_was_seen() -> None:
    class Differing(FakeClient):
        async def command(self, name: str, args: Mapping[str, str]) -> CommandResult:
            await super().command(name, args)
            if args.get("venue") != "okx":
                return CommandResult(False, f"{args['venue']} does not differ from the ledger")
            return CommandResult(True, "okx: BTC ledger 4 venue 3 (-1), USDT ledger 5 venue 6 (+1)")

    async with dashboard(Differing()) as screen:
        screen.app.perform("adopt")
        await screen.pilot.pause()
        assert "Adopt okx?" in screen.text()
        assert "BTC ledger 4 venue 3 (-1)" in screen.text()
        assert "USDT ledger 5 venue 6 (+1)" in screen.text()
        # The answer that has the focus changes nothing.
        await screen.press("enter")
        assert not any("confirm" in args for args in screen.client.arguments)
        screen.app.perform("adopt")
        await screen.pilot.pause()
        await screen.press("right", "enter")
        assert screen.client.arguments[-1] == {"venue": "okx", "confirm": "yes"}


async def test_where_no_venue_differs_nothing_is_adopted() -> None:
    class Agreeing(FakeClient):
        async def command(self, name: str, args: Mapping[str, str]) -> CommandResult:
            await super().command(name, args)
            return CommandResult(False, f"{args['venue']} does not differ")

    async with dashboard(Agreeing()) as screen:
        screen.app.perform("adopt")
        await screen.pilot.pause()
        assert "binance does not differ" in screen.text()
        assert not any("confirm" in args for args in screen.client.arguments)


async def test_a_mistake_behind_a_command_is_one_line_and_the_screen_lives() -> None:
    class Broken(FakeClient):
        async def command(self, name: str, args: Mapping[str, str]) -> CommandResult:
            await super().command(name, args)
            raise KeyError("planted")

        async def query(self, name: str, args: Mapping[str, str]) -> QueryResult:
            if name == "exposure":
                raise RuntimeError("planted")
            return await super().query(name, args)

    async with dashboard(Broken()) as screen:
        with capture_logs() as logs:
            await screen.press("ctrl+x")
            await screen.pilot.pause()
            assert "halt: failed (KeyError); the log says where" in screen.text()
            screen.app.perform("adopt")
            await screen.pilot.pause()
            assert "adopt: failed (KeyError); the log says where" in screen.text()
            await screen.press("x")
            assert "What is open is not known: failed (RuntimeError)" in screen.text()
            await screen.press("escape")
        assert [(one["event"], one["command"]) for one in logs] == [
            ("command_failed", "halt"),
            ("command_failed", "adopt"),
            ("command_failed", "exposure"),
        ]
        assert screen.app.screen is screen.app.dashboard
