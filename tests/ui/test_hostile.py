"""Text from outside changes nothing but its cell; no colours and no Unicode break nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import cycle

import msgspec
import pytest
from rich.style import Style

from arbot_tui.engine.client import CommandResult, QueryResult
from arbot_tui.engine.frames import LogLine
from arbot_tui.tui.app import ArbotApp
from arbot_tui.tui.glyphs import ASCII
from tests.ui.fakes import (
    START_NS,
    VENUES,
    FakeClient,
    depth,
    frame,
    leg,
    opportunity,
    row,
    status,
    trade,
    venue,
)
from tests.ui.harness import SIZES, dashboard

pytestmark = pytest.mark.ui

HOSTILE = (
    "[/x]",
    "[bold red]B[/]",
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31m",
    "a\rb\nc\td",
    "\u202egnihton\u202c",
    "漢字漢字漢字漢字",
    "e\u0301" * 40,
    "[@click=app.quit]Q",
    "$background {x}",
)
VIEW_KEYS = ("2", "3", "4", "5", "6")
WINDOWS = ("o", "enter", "question_mark", "x", "q", "ctrl+p", "slash", "s")


def hostile_client(*texts: str) -> FakeClient:
    """Return an engine that says `texts` wherever a venue's words can get to."""
    words = cycle(texts)

    class Hostile(FakeClient):
        async def command(self, name: str, args: object) -> CommandResult:
            return CommandResult(False, next(words))

    def text_fields(made: msgspec.Struct, *kept: str) -> msgspec.Struct:
        fields = {
            name: next(words)
            for name in made.__struct_fields__
            if isinstance(getattr(made, name), str) and name not in kept
        }
        return msgspec.structs.replace(made, **fields)

    plain = frame(
        rows=tuple(row(number, text, 1.0, 4) for number, text in enumerate(texts)),
        opportunities=tuple(
            text_fields(opportunity(number, closed_ns=START_NS * (number % 2)))
            for number in range(len(texts))
        ),
        trades=tuple(text_fields(trade(f"p{number}"), "pair_id") for number in range(4)),
        log=tuple(text_fields(LogLine(number, START_NS, "", "", "")) for number in range(10)),
        funnel=tuple((text, 3) for text in texts),
        status=text_fields(status()),
        venues=tuple(text_fields(venue(name)) for name in VENUES),
    )
    made = Hostile(plain)
    made.exposure = texts
    return made


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_text_changes_nothing_but_its_cell(size: tuple[int, int]) -> None:
    async with dashboard(hostile_client(*HOSTILE), size) as screen:
        for key in WINDOWS:
            await screen.press(key)
            picture = screen.text()
            assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", picture) is None
            strips = screen.app.screen._compositor.render_strips()
            assert {strip.cell_length for strip in strips} == {size[0]}
            await screen.close_dialogs()
        assert screen.app.return_value is None


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_text_changes_nothing_but_its_cell_in_any_view(size: tuple[int, int]) -> None:
    """What is asked for is as hostile as what comes by itself."""

    def damaged(value: object, words: Iterator[str]) -> object:
        if isinstance(value, str):
            # A number that is none has to be borne as well.
            return next(words)
        if isinstance(value, tuple):
            return tuple(damaged(each, words) for each in value)
        if isinstance(value, msgspec.Struct):
            fields = {n: damaged(getattr(value, n), words) for n in value.__struct_fields__}
            return msgspec.structs.replace(value, **fields)
        return value

    client = hostile_client(*HOSTILE)
    plain, words = client.query, cycle(HOSTILE)

    async def query(name: str, args: Mapping[str, str]) -> QueryResult:
        return damaged(await plain(name, args), words)  # type: ignore[return-value]

    client.query = query  # type: ignore[method-assign]
    legs = tuple(damaged(leg(side, "okx"), words) for side in ("buy", "sell"))
    made = tuple(
        msgspec.structs.replace(trade, legs=legs, outcome="") for trade in client.frames[0].trades
    )
    client.frames[0] = msgspec.structs.replace(client.frames[0], trades=made)
    async with dashboard(client, size) as screen:
        for key in VIEW_KEYS:
            await screen.press(key)
            for keys in ((), ("tab", "j"), ("o",)):
                await screen.press(*keys)
                screen.app._ask()
                await screen.pilot.pause()
                picture = screen.text()
                found = re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", picture)
                assert found is None, key
                strips = screen.app.screen._compositor.render_strips()
                assert {strip.cell_length for strip in strips} == {size[0]}, (key, keys)
        assert screen.app.return_value is None


async def test_markup_is_shown_as_it_came() -> None:
    client = hostile_client("[/x]", "[b]B[/b]", "[@click=app.quit]Q")
    async with dashboard(client) as screen:
        for text in ("[/x]", "[b]B[/b]", "[@click=app"):
            assert text in screen.text()
        await screen.press("s")
        assert "[/x]" in screen.text()
        await screen.press("q")
        assert "[@click=app.quit]Q" in screen.text()


async def test_ladders_of_a_hostile_venue() -> None:
    class Hostile(FakeClient):
        async def query(self, name: str, args: object) -> object:  # type: ignore[override]
            answer = depth("SOL/USDT", self.frames[0].rows)
            text = "[/x]\x1b[2J"
            broken = msgspec.structs.replace(answer.ladders[0], bids=(), asks=(), error=text)
            return msgspec.structs.replace(answer, ladders=(broken, *answer.ladders[1:]))

    async with dashboard(Hostile(), (120, 30)) as screen:
        await screen.press("enter")
        await screen.pilot.pause()
        assert "[/x]\N{REPLACEMENT CHARACTER}[2J" in screen.text()


def styles_of(app: ArbotApp) -> list[Style]:
    strips = app.screen._compositor.render_strips()
    return [segment.style for strip in strips for segment in strip if segment.style is not None]


@pytest.mark.parametrize("theme", ["ansi", "dark"])
async def test_no_color_sends_no_colour_and_every_screen_still_tells(
    monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with dashboard(size=(80, 24), theme=theme) as screen:
        screen.client.exposure = ("okx leg open",)
        for key in WINDOWS:
            await screen.press(key)
            for style in styles_of(screen.app):
                assert style.color is None or style.color.is_default
                assert style.bgcolor is None or style.bgcolor.is_default
            await screen.close_dialogs()
        assert "▸SOL/USDT" in screen.text()


@pytest.mark.parametrize("size", SIZES)
async def test_the_ascii_set_draws_with_ascii_alone(size: tuple[int, int]) -> None:
    client = hostile_client("漢é")
    client.frames[0] = msgspec.structs.replace(client.frames[0], rows=frame().rows)
    async with dashboard(client, size, glyphs=ASCII) as screen:
        for key in WINDOWS:
            await screen.press(key)
            assert not {char for char in screen.text() if not char.isascii()}, key
            await screen.close_dialogs()
        assert "^ +0.184%" in screen.row("SOL/USDT")


async def test_live_colours_every_frame() -> None:
    async with dashboard(FakeClient(frame(status=status(mode="live")))) as screen:
        red = screen.app.theme_variables["mode-live"]
        corners = [
            segment.style
            for strip in screen.app.screen._compositor.render_strips()
            for segment in strip
            if "╮" in segment.text
        ]
        assert " LIVE " in screen.lines()[0]
        assert "real prices, real money" in screen.lines()[1]
        colours = [style.color.name for style in corners if style and style.color]
        assert colours.count(red) == 5


async def test_signs_repeat_what_the_colours_say() -> None:
    async with dashboard(theme="high-contrast") as screen:
        text = screen.text()
        for sign in ("▲171.45", "171.42▼", "▲ +0.184%", "▼ −", "●", "✓ closed"):
            assert sign in text
