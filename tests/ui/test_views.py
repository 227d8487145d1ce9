"""Each view at every size, in every look; what its keys do, and its five states."""

from __future__ import annotations

import asyncio
import csv
import json
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from rich.style import Style

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.errors import ArbotError
from arbot_tui.engine.answers import RebalanceView
from arbot_tui.engine.client import QueryResult
from arbot_tui.engine.frames import Frame, LogLine
from arbot_tui.tui.glyphs import ASCII, UNICODE, Glyphs
from arbot_tui.tui.screens.help import HelpScreen
from arbot_tui.tui.views import VIEWS
from tests.ui.fakes import (
    START_NS,
    VENUES,
    FakeClient,
    ended,
    frame,
    leg,
    opportunity,
    row,
    status,
    trade,
    venue,
)
from tests.ui.harness import SIZES, Screen, dashboard
from tests.ui.pictures import check

pytestmark = pytest.mark.ui

KEYS = {name: str(number) for number, name in enumerate(VIEWS, 1)}


def world() -> Frame:
    """Return a frame with something of everything in it."""
    unwound = trade(
        "p2",
        symbol="SOL/USDT",
        at_ns=START_NS - 31 * SECOND,
        qty="4",
        buy="bitget",
        buy_price="171.2",
        sell_price="171.55",
        expected="0.7201",
        realised="-0.1102",
        size_effect="-0.7201",
        price_effect="-0.1074",
        fee_effect="-0.0028",
        state="flat",
        outcome="one_sided",
        reason="unwound",
        legs=(
            leg("buy", "bitget", qty="4", filled="4", price="171.22", average="171.2"),
            leg(
                "sell",
                "bybit",
                qty="4",
                filled="0",
                average="",
                fee="",
                state="rejected",
                reject="insufficient balance",
            ),
            leg("sell", "bitget", qty="4", filled="4", average="171.18", unwinding=True),
        ),
    )
    working = trade("p4", symbol="BTC/USDT", outcome="", state="working", realised="", ended_ns=0)
    stuck = trade("p3", symbol="ETH/USDT", at_ns=START_NS - 90 * SECOND, outcome="stuck")
    levels = ("info", "warning", "error", "debug")
    log = tuple(
        LogLine(
            number,
            START_NS - (12 - number) * SECOND,
            levels[number % 4],
            "venue_state" if number % 2 else "pair_ended",
            f"logger=engine venue={VENUES[number % 4]} reason=made up no {number}",
        )
        for number in range(1, 13)
    )
    return frame(
        opportunities=(
            *(ended(n, s) for n, s in enumerate(("ETH/USDT", "XRP/USDT", "BTC/USDT"), 1)),
            ended(4, "DOGE/USDT", outcome="traded", pair_id="p1", peak_pct=0.61),
            opportunity(5),
        ),
        trades=(trade("p1"), unwound, stuck, working),
        log=log,
        venues=(
            *(venue(name) for name in VENUES[:2]),
            venue("okx", "delayed", reason="events arrive 412 ms late", lag_ms=412.0),
            venue("bitget", "down", banned_s=42.0, reason="asked to stay away", lag_ms=None),
        ),
    )


async def settle(screen: Screen) -> None:
    """Ask what the view wants to know, and draw it."""
    for _ in range(2):
        screen.app._ask()
        await screen.pilot.pause()
        await screen.pull()


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


async def visit(screen: Screen, name: str) -> None:
    await screen.press(KEYS[name])
    await settle(screen)


@pytest.mark.parametrize("size", SIZES)
async def test_every_view_looks_as_it_is_kept_whatever_the_theme(size: tuple[int, int]) -> None:
    # What a theme changes does not depend on the size.
    themes = ("dark", "light", "high-contrast") if size == SIZES[0] else ("dark",)
    async with dashboard(FakeClient(world()), size) as screen:
        looks: dict[str, set[frozenset[Style]]] = {name: set() for name in VIEWS}
        for theme in themes:
            screen.app.theme = theme
            for name, seen in looks.items():
                await visit(screen, name)
                check(f"{name}-{size[0]}x{size[1]}", screen.lines()[2:-1])
                drawn = styles(screen)
                assert all(style.color and style.bgcolor for style in drawn), (name, theme)
                seen.add(frozenset(drawn))
        assert {len(seen) for seen in looks.values()} == {len(themes)}
        # Where few symbols leave room for them, the books were there already; else they come now.
        await visit(screen, "matrix")
        await screen.press("enter")
        await settle(screen)
        check(f"matrix-entered-{size[0]}x{size[1]}", screen.lines()[2:-1])


async def test_a_view_that_is_first_seen_while_the_screen_is_paused_asks_once() -> None:
    async with dashboard(FakeClient(world())) as screen:
        await screen.press("space", KEYS["charts"])
        await settle(screen)
        assert "waiting" not in screen.text()
        asked = len(screen.client.queries)
        screen.clock.advance(10 * SECOND)
        await settle(screen)
        assert len(screen.client.queries) == asked


async def test_every_view_says_the_same_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    size = SIZES[1]
    async with dashboard(FakeClient(world()), size, theme="ansi") as screen:
        for name in VIEWS:
            await visit(screen, name)
            check(f"{name}-{size[0]}x{size[1]}", screen.lines()[2:-1])
            for style in styles(screen):
                assert style.color is None or style.color.is_default
                assert style.bgcolor is None or style.bgcolor.is_default


@pytest.mark.parametrize("size", SIZES)
async def test_every_view_draws_with_ascii_alone(size: tuple[int, int]) -> None:
    async with dashboard(FakeClient(world()), size, glyphs=ASCII) as screen:
        for name in VIEWS:
            await visit(screen, name)
            assert screen.text().isascii(), name
            check(f"{name}-ascii-{size[0]}x{size[1]}", screen.lines()[2:-1])


def styles(screen: Screen) -> list[Style]:
    strips = screen.app.screen._compositor.render_strips()
    return [segment.style for strip in strips for segment in strip if segment.style is not None]


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
async def test_every_line_of_every_view_is_as_wide_as_the_terminal(glyphs: Glyphs) -> None:
    async with dashboard(FakeClient(world()), (97, 31), glyphs=glyphs) as screen:
        for name in VIEWS:
            await visit(screen, name)
            for keys in ((), ("tab",), ("enter",)):
                await screen.press(*keys)
                strips = screen.app.screen._compositor.render_strips()
                assert {strip.cell_length for strip in strips} == {97}, (name, keys)


async def test_a_hidden_view_is_given_nothing_and_asks_nothing() -> None:
    client = FakeClient(world())
    async with dashboard(client) as screen:
        await visit(screen, "balances")
        drawn: list[str] = []
        for name, view in screen.app.dashboard._views.items():
            plain = view.draw

            def noted(state: object, name: str = name, plain: object = plain) -> None:
                drawn.append(name)
                plain(state)  # type: ignore[operator]

            view.draw = noted  # type: ignore[method-assign]
        client.queries.clear()
        client.push(msgspec.structs.replace(world(), version=2, now_ns=START_NS + SECOND))
        screen.clock.advance(2 * SECOND)
        await settle(screen)
        assert set(drawn) == {"balances"}
        assert {name for name, _ in client.queries} <= {"balances", "rebalance"}
        assert "balances" in {name for name, _ in client.queries}


async def test_the_same_keys_work_in_every_view() -> None:
    client = FakeClient(world())
    async with dashboard(client, (80, 24)) as screen:
        for name in VIEWS:
            await visit(screen, name)
            client.commands.clear()
            await screen.press("s", "ctrl+x")
            assert client.commands == ["drain", "halt"], name
            await screen.press("x")
            assert "Stop?" in screen.text(), name
            await screen.press("escape", "question_mark")
            assert isinstance(screen.app.screen, HelpScreen), name
            await screen.press("escape")
            assert "SIM" in screen.lines()[0]


async def test_help_tells_what_this_view_means_and_only_its_keys() -> None:
    async with dashboard(FakeClient(world()), (160, 90)) as screen:
        await visit(screen, "balances")
        await screen.press("question_mark")
        text = screen.text()
        assert "trades of the default amount" in text
        assert "Show only assets" in text
        assert "order books of the selected" not in text
        await screen.press("escape")
        await visit(screen, "orders")
        await screen.press("question_mark")
        assert "a remainder that waits for a person" in screen.text()


async def test_a_filter_holds_for_its_own_view_and_n_goes_through_the_matches() -> None:
    async with dashboard(FakeClient(world())) as screen:
        await visit(screen, "opportunities")
        await screen.press("slash", *"cooldown", "enter")
        assert "/cooldown" in screen.text()
        assert "DOGE/USDT" not in screen.text()
        table = screen.app.dashboard.current.main
        seen = []
        for _ in range(4):
            seen.append(table.cursor)
            await screen.press("n")
        assert seen == [3, 2, 1, 3]
        await screen.press("N")
        assert table.cursor == 3
        await visit(screen, "orders")
        assert "cooldown" not in screen.line("Pairs")
        await visit(screen, "opportunities")
        await screen.press("escape")
        assert "DOGE/USDT" in screen.text()
        await screen.press("slash", *"zzz", "enter")
        assert "Nothing here contains 'zzz'." in screen.text()
        assert "esc clears the filter" in screen.text()


async def test_o_sorts_by_the_next_column_and_the_cursor_stays_on_its_row() -> None:
    async with dashboard(FakeClient(world())) as screen:
        await visit(screen, "opportunities")
        await screen.press("j", "j")
        table = screen.app.dashboard.current.main
        assert (list(table.keys()), table.cursor) == ([5, 4, 3, 2, 1], 3)
        await screen.press("o")
        assert "peak▾" in screen.text()
        assert next(iter(table.keys())) == 4
        assert table.cursor == 3
        for _ in range(3):
            await screen.press("o")
        assert "newest ▾" in screen.text()


async def test_rows_do_not_change_places_under_a_moving_cursor() -> None:
    client = FakeClient(world())
    async with dashboard(client) as screen:
        await visit(screen, "opportunities")
        await screen.press("o", "j")
        table = screen.app.dashboard.current.main
        before = list(table.keys())
        better = ended(2, "XRP/USDT", peak_pct=2.0)
        now = START_NS + 2 * SECOND
        client.push(frame(2, now_ns=now, opportunities=(better,)))
        await screen.pull()
        assert list(table.keys()) == before
        client.push(frame(3, now_ns=START_NS + 6 * SECOND, opportunities=()))
        await screen.pull()
        assert next(iter(table.keys())) == 2


async def test_the_life_of_an_open_opportunity_is_asked_for_and_a_closed_one_brings_its_own() -> (
    None
):
    client = FakeClient(world())
    async with dashboard(client) as screen:
        await visit(screen, "opportunities")
        assert ("path", {"id": "5"}) in client.queries
        assert "still open" in screen.text()
        client.queries.clear()
        screen.clock.advance(2 * SECOND)
        await screen.press("j")
        await settle(screen)
        assert not any(name == "path" for name, _ in client.queries)
        assert "Life · DOGE/USDT" in screen.text()
        assert "in pair p1" in screen.text()
        await screen.press("enter")
        assert "Life" not in screen.text()
        await screen.press("enter")
        assert "Life" in screen.text()


async def test_the_orders_of_a_pair_and_the_way_from_expected_to_realised() -> None:
    async with dashboard(FakeClient(world())) as screen:
        await visit(screen, "orders")
        # What needs a person comes first.
        assert list(screen.app.dashboard.current.main.keys()) == ["p4", "p3", "p1", "p2"]
        await screen.press("G")
        text = screen.text()
        assert "refused: insufficient balance" in text
        assert "unwind" in text
        assert "✗ rejected" in text
        assert any("price" in line and "−0.107" in line for line in screen.lines()[2:-1])
        await screen.press("/", *"p9")


async def test_balances_tell_what_runs_out_first() -> None:
    async with dashboard(FakeClient(world())) as screen:
        await visit(screen, "balances")
        sol = screen.line("▸SOL ") if "▸SOL " in screen.text() else screen.line(" SOL     ")
        assert "▲bitget +100.0%" in sol
        assert " 0  " in sol
        assert "binance" in sol
        assert "0.1500*" in next(
            line for line in screen.lines() if line.strip("│▸ ").startswith("BTC")
        )
        assert "1 skewed" in screen.line("Assets")


async def test_the_rebalance_plan_names_each_transfer_what_cannot_be_and_what_it_costs() -> None:
    async with dashboard(FakeClient(world())) as screen:
        await visit(screen, "balances")
        assert "nothing moves by itself · costs 2.37 USDT · 1 out of reach" in screen.line(
            "Rebalance plan"
        )
        usdt = next(line for line in screen.lines() if "TRC20" in line)
        assert [cell for cell in usdt.strip("│▸ ").split() if cell != "│"] == [
            *("USDT", "okx", "bybit", "TRC20", "TRX", "2501", "2500", "1", "1")
        ]
        assert "BTC: 0.02 too little stays on okx: okx lets no BTC in" in screen.text()
        await screen.press("tab", "end")
        view = screen.app.dashboard.current
        assert view.active.record(view.active.cursor)["cannot"] == (
            "BTC: 0.02 too little stays on okx: okx lets no BTC in"
        )


async def test_a_plan_without_a_transfer_says_that_all_is_well() -> None:
    class Even(FakeClient):
        async def query(self, name: str, args: Mapping[str, str]) -> QueryResult:
            if name == "rebalance":
                return RebalanceView((), threshold_pct=15.0)
            return await super().query(name, args)

    async with dashboard(Even(world()), (80, 24)) as screen:
        await visit(screen, "balances")
        assert "Nothing to move: every venue's share of each coin is within 15 %" in screen.text()


async def test_charts_ask_at_most_once_a_second_and_only_for_what_is_in_sight() -> None:
    client = FakeClient(world())
    async with dashboard(client, (80, 24)) as screen:
        await visit(screen, "charts")
        client.queries.clear()
        for _ in range(10):
            screen.clock.advance(100 * MS)
            await settle(screen)
        asked = [name for name, _ in client.queries]
        assert sorted(asked) == ["edges", "performance"]
        await screen.press("tab", "tab")
        await settle(screen)
        assert "latency" in [name for name, _ in client.queries]
        assert "Latency" in screen.text()
        assert "Equity" not in screen.text()


async def test_moving_in_the_charts_draws_another_symbol_and_o_looks_further_back() -> None:
    client = FakeClient(world())
    async with dashboard(client) as screen:
        await visit(screen, "charts")
        assert "SOL/USDT · 3 of 3 · last 5 min" in screen.line("Edge")
        await screen.press("k")
        screen.clock.advance(SECOND)
        await settle(screen)
        assert "ETH/USDT · 2 of 3" in screen.line("Edge")
        assert client.queries[-3][1]["symbol"] == "ETH/USDT" or any(
            args.get("symbol") == "ETH/USDT" for _, args in client.queries
        )
        await screen.press("o")
        screen.clock.advance(SECOND)
        await settle(screen)
        assert "last 15 min" in screen.line("Edge")
        assert any(args.get("span_s") == "900" for _, args in client.queries)
        await screen.press("slash", *"btc", "enter")
        assert "BTC/USDT · 1 of 3" in screen.line("Edge")


async def test_the_log_follows_until_the_cursor_is_moved_up() -> None:
    client = FakeClient(world())
    async with dashboard(client) as screen:
        await visit(screen, "log")
        await screen.press("k")
        assert "held" in screen.line("Log")
        more = tuple(
            LogLine(n, START_NS, "info", "later", f"made up no {n}") for n in range(13, 16)
        )
        client.push(frame(2, log=more))
        await screen.pull()
        assert "held, +3 new" in screen.line("Log")
        await screen.press("G")
        assert "held" not in screen.line("Log")
        await screen.press("o", "o")
        assert "warning and graver" in screen.line("Log")
        assert "later" not in screen.text()
        await screen.press("slash", *"no 6", "enter")
        assert "error" in screen.line("made up no 6") or "x" in screen.line("made up no 6")
        await screen.press("escape", "o", "o")
        assert "later" in screen.text()


async def test_a_panel_whose_question_fails_says_why_since_when_and_when_it_asks_again() -> None:
    class Broken(FakeClient):
        broken = False

        async def query(self, name: str, args: Mapping[str, str]) -> QueryResult:
            if self.broken and name == "balances":
                raise ArbotError("the ledger is [busy]")
            return await super().query(name, args)

    client = Broken(world())
    client.broken = True
    async with dashboard(client) as screen:
        await screen.press(KEYS["balances"])
        screen.clock.advance(2 * SECOND)
        await settle(screen)
        assert "The balances: the ledger is [busy]" in screen.text()
        assert "asked again in" in screen.text()
        client.broken = False
        screen.clock.advance(11 * SECOND)
        await settle(screen)
        assert "BTC" in screen.text()
        assert "no answer" not in screen.text()
        client.broken = True
        screen.clock.advance(3 * SECOND)
        client.push(msgspec.structs.replace(world(), version=2, now_ns=START_NS + 16 * SECOND))
        await settle(screen)
        assert "no answer 3 s" in screen.line("Assets")
        assert "BTC" in screen.text()


async def test_a_question_that_is_not_answered_yet_tells_what_is_awaited_and_for_how_long() -> None:
    class Slow(FakeClient):
        async def query(self, name: str, args: Mapping[str, str]) -> QueryResult:
            await asyncio.Event().wait()
            raise AssertionError("never")

    client = Slow(world())
    async with dashboard(client) as screen:
        await screen.press(KEYS["balances"])
        screen.clock.advance(2 * SECOND)
        client.push(msgspec.structs.replace(world(), version=2, now_ns=START_NS + 2 * SECOND))
        await screen.pull()
        assert "waiting for the balances · 2 s" in screen.text()


async def test_empty_views_say_why() -> None:
    empty = frame(
        rows=(), opportunities=(), trades=(), log=(), funnel=(), status=status(trading="stopped")
    )
    client = FakeClient(empty)
    said = {
        "opportunities": "no two venues are far enough apart",
        "orders": "s starts it",
        "charts": "waiting for",
        "log": "Nothing has been logged yet.",
    }
    async with dashboard(client) as screen:
        for name, words in said.items():
            await visit(screen, name)
            assert words in screen.text(), name


async def test_what_is_listed_is_exported_as_it_is_shown(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    hostile = ended(9, "=1+1", outcome="@cmd")
    client = FakeClient(msgspec.structs.replace(world(), opportunities=(hostile, opportunity(5))))
    async with dashboard(client, exports=folder) as screen:
        await visit(screen, "opportunities")
        await screen.press("e")
        await screen.pilot.pause()
        [path] = files(folder)
        assert "2 rows saved to" in screen.text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        rows = list(csv.DictReader(path.read_text().splitlines()))
        assert [entry["symbol"] for entry in rows] == ["SOL/USDT", "'=1+1"]
        assert rows[1]["became"] == "'@cmd"
        assert rows[0]["peak"] == "0.201"
        screen.app.perform("export_json")
        await screen.pilot.pause()
        [found] = [entry for entry in files(folder) if entry.suffix == ".json"]
        assert json.loads(found.read_text())[0]["symbol"] == "SOL/USDT"
        await screen.press("e")
        await screen.pilot.pause()
        assert len(files(folder)) == 3


async def test_every_view_can_be_exported_and_its_row_copied(tmp_path: Path) -> None:
    copied: list[str] = []
    async with dashboard(FakeClient(world()), (80, 24), exports=tmp_path) as screen:
        screen.app.copy_to_clipboard = copied.append  # type: ignore[method-assign, assignment]
        for name in VIEWS:
            await visit(screen, name)
            await screen.press("y", "e")
            [path] = [path for path in files(tmp_path) if path.name.startswith(f"{name}-")]
            assert len(path.read_text().splitlines()) > 1, name
            text = copied.pop()
            assert "\n" not in text, name
            assert len(text.split("\t")) > 1, name
            assert not copied, name


async def test_an_export_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    async with dashboard(FakeClient(world()), exports=blocked / "exports") as screen:
        await screen.press("e")
        await screen.pilot.pause()
        assert "export to" in screen.text()
    async with dashboard(FakeClient(world())) as screen:
        await screen.press("e")
        assert "there is no folder for it" in screen.text()


async def test_a_frozen_screen_shows_another_view_as_it_was_when_it_was_opened() -> None:
    client = FakeClient(world())
    async with dashboard(client) as screen:
        await screen.press("space")
        await screen.press(KEYS["orders"])
        assert "DOGE/USDT" in screen.text()
        client.push(frame(2, trades=(trade("p9", symbol="NEW/USDT"),)))
        await screen.pull()
        assert "NEW/USDT" not in screen.text()
        assert "screen paused" in screen.line("Pairs")
        await screen.press("space")
        assert "NEW/USDT" in screen.text()


async def test_the_edge_by_size_says_how_much_and_what_limits_it() -> None:
    async with dashboard(FakeClient(world()), (120, 30)) as screen:
        await screen.press("enter")
        await settle(screen)
        assert "size 9.000, limited by bybit level 2" in screen.line("Details")
        assert "edge by size" in screen.text()
    async with dashboard(FakeClient(world()), (80, 24)) as screen:
        await screen.press("enter")
        await settle(screen)
        assert "size 9.000 SOL +0.31, limited by bybit level 2" in screen.text()
    rows = (row(0, "BTC/USDT", 64211.0, 2, buy=-1, sell=-1, net_edge_pct=None),)
    async with dashboard(FakeClient(frame(rows=rows)), (120, 30)) as screen:
        await screen.press("enter")
        await settle(screen)
        assert "net edge, last 60 s" in screen.text()
