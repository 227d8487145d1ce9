"""The settings view: every key, changed, checked, applied and saved with keys alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from arbot_tui.commands.live_settings import LiveSettings
from arbot_tui.commands.template import template
from arbot_tui.engine.client import CommandResult, QueryResult
from arbot_tui.settings.keys import keys
from arbot_tui.settings.loading import load
from arbot_tui.tui.glyphs import ASCII
from arbot_tui.tui.views.settings import SettingsForm
from tests.ui.fakes import FakeClient, frame, status
from tests.ui.harness import SIZES, Screen, dashboard

_SCREEN_CHANGES = """[ui]
theme = "light"
notify = "osc9"
keys = ["theme=T"]
fps = 2
"""


class SettingsClient(FakeClient):
    """A made-up engine with the real settings of a real file."""

    def __init__(self) -> None:
        super().__init__()
        self.source = LiveSettings(load(), lambda over: load(None, over))
        self.changed: list[dict[str, str]] = []

    def read(self, text: str) -> None:
        """Take over a file that reads `text`."""
        Path("arbot.toml").write_text(text)
        self.source.apply(self.source.from_file())

    async def query(self, name: str, args: Mapping[str, str]) -> QueryResult:
        if name == "settings":
            return self.source.schema()
        if name == "settings_diff":
            return self.source.diff(args)
        return await super().query(name, args)

    async def command(self, name: str, args: Mapping[str, str]) -> CommandResult:
        if name != "settings":
            return await super().command(name, args)
        self.changed.append(dict(args))
        changes = {key: value for key, value in args.items() if "." in key}
        if "save" in args:
            self.source.save(changes)
        self.source.apply(changes)
        return CommandResult(True, "done")


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ARBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    Path("arbot.toml").write_text(template())


async def settle(screen: Screen) -> None:
    for _ in range(3):
        await screen.app.workers.wait_for_complete()
        await screen.pilot.pause()


async def open_settings(screen: Screen) -> SettingsForm:
    await screen.press("7")
    await screen.pilot.pause()
    await screen.pull()
    await settle(screen)
    view = screen.app.dashboard.current
    assert isinstance(view, SettingsForm)
    return view


async def go_to(screen: Screen, view: SettingsForm, key: str) -> None:
    view.list.move_to(list(view.list.keys()).index(key))
    await screen.pilot.pause()


def below(view: SettingsForm) -> str:
    """Return what stands below the list; on the screen a toast may lie over it."""
    return " ".join(text for line in view.list.foot(200) for text, _ in line)


@pytest.mark.parametrize("size", SIZES)
async def test_every_key_is_listed_with_all_about_it(size: tuple[int, int]) -> None:
    async with dashboard(SettingsClient(), size) as screen:
        view = await open_settings(screen)
        assert list(view.list.keys()) == list(keys())
        await go_to(screen, view, "arbitrage.min_profit_pct")
        text = screen.text()
        assert "arbitrage.min_profit_pct" in text
        assert "0.05 %" in text
        assert "allowed: a number 0…10 %" in text
        assert "takes effect at once" in text
        assert "from default" in text
        assert all(len(line) == size[0] for line in screen.lines())


async def test_tab_goes_from_section_to_section_and_the_filter_narrows() -> None:
    async with dashboard(SettingsClient(), (80, 24)) as screen:
        view = await open_settings(screen)
        seen = []
        for _ in range(3):
            await screen.press("tab")
            seen.append(str(view.list.cursor).rpartition(".")[0])
        assert len(set(seen)) == 3
        await screen.press("slash", "f", "p", "s", "enter")
        assert list(view.list.keys()) == ["ui.fps"]
        await screen.press("escape")
        assert len(view.list.keys()) == len(keys())


async def test_a_value_is_checked_while_it_is_typed_and_a_wrong_one_is_not_taken() -> None:
    async with dashboard(SettingsClient(), (80, 24)) as screen:
        view = await open_settings(screen)
        await go_to(screen, view, "ui.fps")
        await screen.press("enter", "backspace", "9", "9")
        await settle(screen)
        assert "ui.fps = 99: allowed: a whole number 1…20" in " ".join(screen.text().split())
        await screen.press("enter")
        await settle(screen)
        assert view.list.pending == {}
        assert screen.app.screen is not screen.app.dashboard
        await screen.press("backspace", "enter")
        await settle(screen)
        assert screen.app.screen is screen.app.dashboard
        assert view.list.pending == {"ui.fps": "9"}
        await screen.press("u")
        assert view.list.pending == {}


async def test_apply_shows_the_diff_and_the_safe_answer_has_the_focus() -> None:
    client = SettingsClient()
    async with dashboard(client, (80, 24)) as screen:
        view = await open_settings(screen)
        view.list.pending = {"risk.max_order_usd": "9000", "ui.fps": "2"}
        await screen.press("a")
        await screen.pilot.pause()
        text = screen.text()
        assert "risk.max_order_usd: 5000 → 9000 USD (LOOSENS A LIMIT)" in text
        assert "ui.fps: 5 → 2 1/s" in text
        assert "lets more be risked" in text
        await screen.press("enter")
        await settle(screen)
        assert client.changed == []
        assert len(view.list.pending) == 2
        await screen.press("a", "right", "enter")
        await settle(screen)
        assert client.changed == [{"risk.max_order_usd": "9000", "ui.fps": "2", "confirm": "yes"}]
        assert view.list.pending == {}
        assert screen.app._pacer.fps == 2
        await go_to(screen, view, "ui.fps")
        assert "from changed here" in below(view)
        assert load().settings.ui.fps == 5


async def test_what_needs_a_restart_can_only_be_saved() -> None:
    client = SettingsClient()
    async with dashboard(client, (80, 24)) as screen:
        view = await open_settings(screen)
        await go_to(screen, view, "ui.mouse")
        await screen.press("enter")
        assert view.list.pending == {"ui.mouse": "false"}
        await screen.press("a")
        await screen.pilot.pause()
        assert "Apply for now" not in screen.text()
        await screen.press("right", "enter")
        await settle(screen)
        assert "next start: false" in below(view)
    assert changed_lines() == ["mouse = false"]


def changed_lines() -> list[str]:
    """Return the lines of the file that differ from the shipped one."""
    pairs = zip(Path("arbot.toml").read_text().splitlines(), template().splitlines(), strict=True)
    return [line for line, old in pairs if line != old]


async def test_a_theme_is_changed_at_once_and_choices_go_round() -> None:
    async with dashboard(SettingsClient(), (120, 40)) as screen:
        view = await open_settings(screen)
        await go_to(screen, view, "ui.theme")
        view.list.pending = {"ui.theme": "light"}
        await screen.press("a", "right", "enter")
        await settle(screen)
        assert screen.app.theme == "light"
        await go_to(screen, view, "ui.glyphs")
        for expected in ("unicode", "ascii", None):
            await screen.press("enter")
            assert view.list.pending.get("ui.glyphs") == expected


async def test_what_the_file_says_of_the_screen_holds_without_a_look_at_the_settings() -> None:
    client = SettingsClient()
    async with dashboard(client) as screen:
        for version, text in enumerate(("", _SCREEN_CHANGES)):
            client.read(text)
            client.push(frame(2 + version, status=status(settings_version=version)))
            await screen.pull()
            await settle(screen)
        app = screen.app
        assert app.theme == "light"
        assert app.notify_by == "osc9"
        assert app.key_map.shown("theme") == "T"
        assert "T theme" in screen.lines()[-1]
        assert app._pacer.fps == 2


async def test_the_palette_takes_over_the_file() -> None:
    async with dashboard(SettingsClient()) as screen:
        screen.app.perform("settings_reload")
        await screen.pilot.pause()
        assert screen.client.commands == ["settings_reload"]


@pytest.mark.parametrize("size", SIZES)
async def test_a_saved_file_is_told_with_what_takes_it_over(size: tuple[int, int]) -> None:
    async with dashboard(SettingsClient(), size) as screen:
        screen.client.push(frame(2, status=status(settings_unread="arbot.toml")))
        await screen.pull()
        told = "arbot.toml was saved: ctrl+p settings reload"
        assert screen.lines()[1].rstrip().endswith(told)
        screen.client.push(frame(3))
        await screen.pull()
        assert "was saved" not in screen.text()


async def test_an_engine_without_settings_says_so() -> None:
    class Fixed(FakeClient):
        async def query(self, name: str, args: Mapping[str, str]) -> QueryResult:
            if name.startswith("settings"):
                raise ValueError("the settings of this engine are fixed")
            return await super().query(name, args)

    async with dashboard(Fixed(), (80, 24)) as screen:
        await screen.press("7")
        await screen.pull()
        await settle(screen)
        await screen.pull()
        assert "are fixed" in screen.text()
        await screen.press("enter", "a", "u", "tab")
        assert screen.app.screen is screen.app.dashboard


async def test_in_ascii_every_dialog_is_ascii() -> None:
    async with dashboard(SettingsClient(), (80, 24), glyphs=ASCII) as screen:
        view = await open_settings(screen)
        assert screen.text().isascii()
        await go_to(screen, view, "ui.fps")
        await screen.press("enter")
        await settle(screen)
        assert screen.text().isascii()
        await screen.press("escape")
        view.list.pending = {"ui.fps": "2"}
        await screen.press("a")
        await settle_dialog(screen)
        assert screen.text().isascii()


async def settle_dialog(screen: Screen) -> None:
    for _ in range(3):
        await screen.pilot.pause()
