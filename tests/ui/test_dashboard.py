"""What each key does, and what the screen says, at every size."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import msgspec
import pytest
from textual import events
from textual.command import CommandPalette
from textual.geometry import Region
from textual.widgets import Input

from arbot_tui.domain.actions import ACTIONS
from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.errors import ArbotError
from arbot_tui.domain.keymap import written
from arbot_tui.engine.client import QueryResult
from arbot_tui.engine.frames import CellView
from arbot_tui.tui.exits import ExitReason
from arbot_tui.tui.link import Link
from arbot_tui.tui.screens.confirm import ConfirmScreen
from arbot_tui.tui.screens.help import HelpScreen, help_keys
from arbot_tui.tui.themes import load_themes, themes_folder
from arbot_tui.tui.view import ViewState
from tests.ui.fakes import (
    START_NS,
    VENUES,
    FakeClient,
    frame,
    opportunity,
    row,
    status,
    trade,
    venue,
)
from tests.ui.harness import SIZES, Screen, dashboard

pytestmark = pytest.mark.ui

NO_ROOM = (120, 30)
"""Where order books do not show by themselves."""


def focused(screen: Screen) -> str | None:
    widget = screen.app.focused
    assert widget is not None
    assert widget.display
    return widget.id


async def wait_for(screen: Screen, condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds; the palette searches in the background."""
    while not condition():
        await screen.pilot.pause(0.01)


def selected(screen: Screen) -> str:
    chosen = screen.app.dashboard.market.matrix.selected
    return chosen.symbol if chosen else ""


@pytest.mark.parametrize("size", SIZES)
async def test_the_status_bar_always_says_mode_state_venues_profit_and_best_edge(
    size: tuple[int, int],
) -> None:
    async with dashboard(size=size) as screen:
        bar = screen.lines()[0]
        assert bar.startswith(" SIM ")
        assert "● active" in bar
        assert all(name[:3] in bar for name in ("binance", "bybit", "okx", "bitget"))
        assert "P&L +12.84" in bar
        assert "best +0.184% SOL" in bar
        assert "14:03:22" in bar
        assert "simulated prices, no account" in screen.lines()[1]
        assert "simulate limits · " in screen.lines()[1]
        assert "arbot.toml" in screen.lines()[1]


@pytest.mark.parametrize("size", SIZES)
async def test_every_line_is_exactly_as_wide_as_the_terminal(size: tuple[int, int]) -> None:
    async with dashboard(size=size) as screen:
        for keys in ((), ("enter",), ("space",)):
            await screen.press(*keys)
            assert {len(line) for line in screen.lines()} == {size[0]}
            assert len(screen.lines()) == size[1]


@pytest.mark.parametrize("size", [(120, 40), (160, 48), (200, 60)])
async def test_best_bid_and_best_ask_are_marked_by_a_sign(size: tuple[int, int]) -> None:
    async with dashboard(size=size) as screen:
        line = screen.row("SOL/USDT")
        assert "▲171.45" in line
        assert "171.42▼" in line
        assert "▲ +0.184%" in line


async def test_the_narrow_matrix_says_where_to_buy_and_where_to_sell() -> None:
    async with dashboard(size=(80, 24)) as screen:
        words = screen.row("SOL/USDT").split()
        assert words[1:5] == ["okx", "171.42", "bybit", "171.45"]
        assert "+0.184%" in words


async def test_decimal_points_stand_in_a_column() -> None:
    async with dashboard(size=(80, 24)) as screen:
        await screen.press("o")
        assert len({line.index(".") for line in screen.rows()[:3]}) == 1


@pytest.mark.parametrize(
    ("trading", "command"),
    [("stopped", "start"), ("draining", "start"), ("active", "drain"), ("reducing", "drain")],
)
async def test_s_starts_or_drains(trading: str, command: str) -> None:
    client = FakeClient(frame(status=status(trading=trading)))
    async with dashboard(client) as screen:
        assert f"s {command}" in screen.lines()[-1]
        await screen.press("s")
        assert client.commands == [command]
        assert f"{command} done" in screen.text()


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_what_drains_for_want_of_venues_says_that_no_key_is_needed(
    size: tuple[int, int],
) -> None:
    lost = tuple(venue(name, "down", lag_ms=None, rtt_ms=8.0) for name in VENUES)
    drained = status(trading="draining", trading_reason="venues")
    async with dashboard(FakeClient(frame(status=drained, venues=lost)), size) as screen:
        top, banner, *_ = screen.lines()
        assert "waits for two live venues, then active again" in banner
        assert "starts again" not in banner
        # How long the way was says nothing of a venue that is not there.
        assert "8ms" not in top


async def test_a_halt_says_why_and_what_lifts_it() -> None:
    halted = status(trading="halted", alarm="halted: " + "daily loss " * 20)
    async with dashboard(FakeClient(frame(status=halted)), (80, 24)) as screen:
        banner = screen.lines()[1]
        assert "halted: daily loss" in banner
        assert banner.rstrip().endswith("lifts the halt")
        assert "reset" in banner


async def test_stop_asks_and_enter_is_the_safe_answer() -> None:
    async with dashboard() as screen:
        await screen.press("x")
        assert "Stop?" in screen.text()
        await screen.press("enter")
        assert screen.client.commands == []
        await screen.press("x", "escape")
        assert screen.client.commands == []
        screen.client.exposure = ("pair 7f: okx leg acked",)
        await screen.press("x")
        assert "pair 7f: okx leg acked" in screen.text()
        await screen.press("tab", "enter")
        assert screen.client.commands == ["stop"]


@pytest.mark.parametrize("before", [(), ("x",), ("question_mark",), ("ctrl+p",), ("slash",)])
async def test_halt_works_from_every_screen_and_asks_nothing(before: tuple[str, ...]) -> None:
    async with dashboard() as screen:
        await screen.press(*before)
        await screen.press("ctrl+x")
        assert screen.client.commands == ["halt"]


async def test_a_command_that_fails_says_so() -> None:
    class Refusing(FakeClient):
        async def command(self, name: str, args: object) -> object:  # type: ignore[override]
            raise ArbotError(f"{name}: [/] not now")

    async with dashboard(Refusing()) as screen:
        await screen.press("s")
        assert "[/] not now" in screen.text()


async def test_pause_freezes_the_panels_but_not_the_header() -> None:
    async with dashboard() as screen:
        await screen.press("space")
        assert "screen paused" in screen.lines()[0]
        screen.client.push(
            frame(
                2,
                now_ns=START_NS + SECOND,
                rows=(row(0, "BTC/USDT", 70000.0, 2),),
                status=status(opportunities=249),
            )
        )
        await screen.pull()
        assert "+37 new" in screen.lines()[0]
        assert "14:03:23" in screen.lines()[0]
        assert "64211.00" in screen.text()
        assert "70000.00" not in screen.text()
        assert "space resume" in screen.lines()[-1]
        await screen.press("j")
        assert selected(screen) == "ETH/USDT"
        await screen.press("space")
        assert "70000.00" in screen.text()
        assert "paused" not in screen.text()


async def test_the_filter_narrows_while_typing_and_escape_clears_it() -> None:
    async with dashboard() as screen:
        await screen.press("slash", "e", "t", "h")
        text = screen.text()
        assert "1 of 3 symbols · /eth" in text
        assert "BTC/USDT" not in text
        assert selected(screen) == "ETH/USDT"
        await screen.press("enter")
        assert screen.app.focused is screen.app.dashboard.market.matrix
        assert "/eth" in screen.text()
        await screen.press("escape")
        assert "BTC/USDT" in screen.text()
        await screen.press("escape", "escape")
        assert screen.app.is_running


async def test_keys_typed_into_the_filter_are_text() -> None:
    async with dashboard() as screen:
        await screen.press("slash", "s", "x", "q", "t")
        assert screen.client.commands == []
        assert screen.app.screen.query_one(Input).value == "sxqt"
        assert "No symbol contains 'sxqt'" in screen.text()
        assert "esc clears the filter" in screen.text()
        await screen.press("escape")
        assert "BTC/USDT" in screen.text()


async def test_the_cursor_stays_on_its_symbol_when_the_order_changes() -> None:
    async with dashboard() as screen:
        assert selected(screen) == "SOL/USDT"
        await screen.press("j")
        assert selected(screen) == "ETH/USDT"
        await screen.press("o")
        assert "symbol ▴" in screen.text()
        assert selected(screen) == "ETH/USDT"
        await screen.press("o", "o")
        changed = row(0, "BTC/USDT", 64211.0, 2, net_edge_pct=0.5)
        screen.client.push(frame(2, now_ns=START_NS + 10 * SECOND, rows=(changed,)))
        await screen.pull()
        order = [line.split()[0] for line in screen.rows()]
        assert order == ["BTC/USDT", "SOL/USDT", "ETH/USDT"]
        assert selected(screen) == "ETH/USDT"
        assert "▸ETH/USDT" in screen.text()


async def test_rows_keep_still_while_the_cursor_moves() -> None:
    async with dashboard() as screen:
        await screen.press("j")
        changed = row(0, "BTC/USDT", 64211.0, 2, net_edge_pct=0.5)
        screen.client.push(frame(2, now_ns=START_NS + 2 * SECOND, rows=(changed,)))
        await screen.pull()
        assert screen.rows()[0].startswith("SOL/USDT")
        screen.client.push(frame(3, now_ns=START_NS + 4 * SECOND, rows=()))
        await screen.pull()
        assert screen.rows()[0].startswith("BTC/USDT")


async def test_vim_keys_arrows_and_page_keys_move() -> None:
    async with dashboard() as screen:
        for keys, where in (
            ("G", "BTC/USDT"),
            ("g", "SOL/USDT"),
            ("down", "ETH/USDT"),
            ("up", "SOL/USDT"),
            ("pagedown", "BTC/USDT"),
            ("pageup", "SOL/USDT"),
            ("end", "BTC/USDT"),
            ("home", "SOL/USDT"),
            ("ctrl+d", "BTC/USDT"),
            ("ctrl+u", "SOL/USDT"),
        ):
            await screen.press(keys)
            assert selected(screen) == where, keys


async def test_details_show_four_ladders_with_buy_and_sell_marked() -> None:
    async with dashboard(size=NO_ROOM) as screen:
        assert not any(name == "depth" for name, _ in screen.client.queries)
        await screen.press("enter")
        await screen.pilot.pause()
        assert screen.client.queries[-1] == ("depth", {"symbol": "SOL/USDT"})
        text = screen.text()
        assert "Details · SOL/USDT · buy okx 171.42 · sell bybit 171.45" in text
        assert any("▼ 171.42" in line and " buy " in line for line in screen.lines())
        assert any("▲ 171.45" in line and " sell " in line for line in screen.lines())
        assert "edge by size" in text
        await screen.press("j")
        assert "Details · ETH/USDT" in screen.text()
        assert screen.client.queries[-1] == ("depth", {"symbol": "SOL/USDT"})
        screen.clock.advance(SECOND)
        screen.app._ask()
        await screen.pilot.pause()
        assert screen.client.queries[-1] == ("depth", {"symbol": "ETH/USDT"})
        await screen.press("enter")
        assert "Details" not in screen.text()
        asked = len(screen.client.queries)
        screen.clock.advance(SECOND)
        screen.app._ask()
        await screen.pilot.pause()
        assert len(screen.client.queries) == asked


async def test_books_show_by_themselves_where_few_symbols_leave_room_for_them() -> None:
    async with dashboard() as screen:
        market = screen.app.dashboard.market
        screen.app._ask()
        await screen.pilot.pause()
        assert "Details · SOL/USDT" in screen.text()
        assert screen.client.queries[-1] == ("depth", {"symbol": "SOL/USDT"})
        trades = market.trades.size.height
        await screen.press("escape")
        assert "Details" not in screen.text()
        assert market.trades.size.height > trades
        await screen.press("enter")
        assert "Details · SOL/USDT" in screen.text()


async def test_books_that_came_by_themselves_go_where_there_is_no_room() -> None:
    async with dashboard() as screen:
        await screen.press("tab")
        assert focused(screen) == "detail"
        await screen.pilot.resize_terminal(*NO_ROOM)
        assert "Details" not in screen.text()
        await screen.press("j")
        assert selected(screen) == "ETH/USDT"


async def test_a_slow_answer_is_waited_for_and_one_for_another_symbol_is_dropped() -> None:
    answers: list[asyncio.Future[None]] = []

    class Slow(FakeClient):
        async def query(self, name: str, args: Mapping[str, str]) -> QueryResult:
            answers.append(asyncio.get_running_loop().create_future())
            await answers[-1]
            return await super().query(name, args)

    async with dashboard(Slow(), NO_ROOM) as screen:
        await screen.press("enter")
        for _ in range(3):
            screen.clock.advance(2 * SECOND)
            screen.app._ask()
            await screen.pilot.pause()
        assert len(answers) == 1
        assert "asked for" in screen.text()
        await screen.press("j")
        screen.clock.advance(2 * SECOND)
        screen.app._ask()
        await screen.pilot.pause()
        assert answers[0].cancelled()
        answers[1].set_result(None)
        await screen.pilot.pause()
        assert screen.client.queries == [("depth", {"symbol": "ETH/USDT"})]
        assert "asked for" not in screen.text()


async def test_hidden_panels_catch_up_when_they_are_shown() -> None:
    async with dashboard(size=(80, 24)) as screen:
        screen.client.push(frame(2, trades=(trade("p9", symbol="NEW/USDT"),)))
        await screen.pull()
        assert "NEW/USDT" not in screen.text()
        await screen.press("tab", "tab")
        assert "NEW/USDT" in screen.text()


async def test_books_that_cannot_be_had_say_why() -> None:
    class Silent(FakeClient):
        async def query(self, name: str, args: object) -> object:  # type: ignore[override]
            raise ArbotError("venue asleep")

    async with dashboard(Silent(), NO_ROOM) as screen:
        await screen.press("enter")
        await screen.pilot.pause()
        assert "books: venue asleep" in screen.text()
        assert screen.text().count("asked again in 2 s") == screen.text().count("asked again") > 0


async def test_enter_on_an_opportunity_shows_its_symbol() -> None:
    client = FakeClient(frame(opportunities=(opportunity(1, "ETH/USDT"),)))
    async with dashboard(client) as screen:
        await screen.press("slash", "b", "t", "c", "enter")
        while screen.app.focused is not screen.app.dashboard.market.feed:
            await screen.press("tab")
        await screen.press("enter")
        assert selected(screen) == "ETH/USDT"
        assert "Details · ETH/USDT" in screen.text()


@pytest.mark.parametrize("size", SIZES)
async def test_tab_visits_every_panel_and_comes_back(size: tuple[int, int]) -> None:
    async with dashboard(size=size) as screen:
        books = [] if size[0] < 120 else ["detail"]
        seen = []
        for _ in range(5 + len(books)):
            seen.append(focused(screen))
            await screen.press("tab")
        assert seen == ["matrix", *books, "feed", "trades", "funnel", "venues"]
        assert focused(screen) == "matrix"
        await screen.press("shift+tab")
        assert focused(screen) == "venues"


async def test_t_goes_through_the_themes() -> None:
    async with dashboard() as screen:
        shipped = list(load_themes(themes_folder()).themes)
        names = [screen.app.theme]
        for _ in shipped:
            await screen.press("t")
            names.append(screen.app.theme)
        assert names == [*shipped, "dark"]


async def test_help_is_made_from_the_table_of_actions() -> None:
    async with dashboard(size=(160, 100)) as screen:
        await screen.press("question_mark")
        text = screen.text()
        view = screen.app.dashboard.current
        for entry in ACTIONS:
            sentence = view.SAYS.get(entry.id, entry.help)
            meant = sentence in [said for _, said in help_keys(view, screen.app.key_map)]
            assert (sentence.split(";")[0][:60] in text) is meant, entry.id
            assert not meant or all(written(key) in text for key in entry.keys)
        assert "where to sell" in text
        await screen.press("j", "k", "escape")
        assert not isinstance(screen.app.screen, HelpScreen)


async def test_pages_of_a_palette_that_has_no_room_yet_end_nothing() -> None:
    async with dashboard(size=(80, 24)) as screen:
        await screen.pilot.resize_terminal(20, 3)
        await screen.press("ctrl+p", "down", "pageup", "pagedown")
        await screen.pilot.resize_terminal(80, 24)
        await screen.press("pagedown", "escape")
        assert screen.app.screen is screen.app.dashboard
        assert not screen.app.crash_report


async def test_the_palette_finds_every_action() -> None:
    async with dashboard() as screen:
        await screen.press("ctrl+p")
        assert isinstance(screen.app.screen, CommandPalette)
        await wait_for(screen, lambda: "Start trading:" in screen.text())
        await screen.pilot.press(*"reset")
        await wait_for(screen, lambda: "Start trading:" not in screen.text())
        await screen.press("enter")
        await wait_for(screen, lambda: isinstance(screen.app.screen, ConfirmScreen))
        assert "Reset?" in screen.text()
        await screen.press(*"reset", "enter")
        assert screen.client.commands == ["reset"]


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quit_asks_nothing_when_nothing_is_open(key: str) -> None:
    async with dashboard() as screen:
        await screen.press(key)
        assert screen.app.return_value is ExitReason.QUIT


async def test_quit_names_what_is_open_and_stays_by_default() -> None:
    async with dashboard() as screen:
        screen.client.exposure = ("okx leg: 0.02 BTC [not] hedged",)
        await screen.press("q")
        assert "okx leg: 0.02 BTC [not] hedged" in screen.text()
        await screen.press("enter")
        assert screen.app.return_value is None
        await screen.press("x", "q", "q", "ctrl+c")
        assert "Quit with open legs?" in screen.text()
        await screen.press("escape")
        assert "Stop?" in screen.text()
        await screen.press("escape", "question_mark", "q")
        assert "0.02 BTC" in screen.text()
        await screen.press("tab", "enter")
        assert screen.app.return_value is ExitReason.QUIT


async def test_quit_says_when_it_is_not_known_what_is_open() -> None:
    class Silent(FakeClient):
        async def query(self, name: str, args: object) -> object:  # type: ignore[override]
            raise OSError("gone")

    async with dashboard(Silent()) as screen:
        await screen.press("q")
        assert "What is open is not known: gone" in screen.text()


@pytest.mark.parametrize("size", [(79, 24), (80, 23), (30, 5)])
async def test_a_terminal_too_small_is_told_the_sizes(size: tuple[int, int]) -> None:
    async with dashboard(size=size) as screen:
        assert f"{size[0]} x {size[1]}, needed 80 x 24" in screen.text()
        assert "SOL/USDT" not in screen.text()
        await screen.press("ctrl+x")
        assert screen.client.commands == ["halt"]
        await screen.pilot.resize_terminal(80, 24)
        await screen.pilot.pause()
        assert "SOL/USDT" in screen.text()


async def test_a_click_puts_the_cursor_on_a_row() -> None:
    async with dashboard() as screen:
        await screen.pilot.click("#matrix", offset=(5, 3))
        assert selected(screen) == "ETH/USDT"
        await screen.pilot.click("#feed", offset=(5, 1))
        assert screen.app.focused is screen.app.dashboard.market.feed


async def test_only_rows_that_read_differently_are_repainted() -> None:
    async with dashboard() as screen:
        matrix = screen.app.dashboard.market.matrix
        regions: list[Region] = []
        plain = matrix.refresh

        def noted(*parts: Region, **options: bool) -> object:
            regions.extend(parts)
            return plain(*parts, **options)

        matrix.refresh = noted  # type: ignore[method-assign, assignment]
        screen.client.push(frame(2, rows=(row(1, "ETH/USDT", 3125.4, 2),)))
        await screen.pull()
        assert regions == [Region(0, 3, matrix.size.width, 1)]


async def test_nothing_is_done_where_nothing_changed() -> None:
    async with dashboard(size=NO_ROOM) as screen:
        shown: list[int] = []
        plain = screen.app.dashboard.show

        def noted(
            state: ViewState,
            links: Callable[[str], Link],
            *,
            paused: int | None,
            clock_only: bool = False,
        ) -> None:
            shown.append(state.version)
            plain(state, links, paused=paused, clock_only=clock_only)

        screen.app.dashboard.show = noted  # type: ignore[method-assign]
        await screen.pull()
        assert shown == []
        screen.client.push(frame(2))
        await screen.pull()
        assert shown == [2]


async def test_before_the_first_frame_and_without_an_engine_every_panel_says_so() -> None:
    client = FakeClient()
    client.error = OSError("connection refused")
    async with dashboard(client) as screen:
        assert "The engine: connection refused" in screen.text()
        assert "engine: connection refused" in screen.lines()[1]
        client.error = None
        await screen.pull()
        assert "BTC/USDT" in screen.text()
        client.error = OSError("connection lost")
        screen.clock.advance(5 * SECOND)
        await screen.pull()
        assert "no answer 5 s" in screen.text()
        assert "BTC/USDT" in screen.text()


async def test_a_panel_is_no_longer_called_stale_once_its_answer_has_come() -> None:
    async with dashboard() as screen:
        await screen.press("5")
        screen.clock.advance(7 * SECOND)
        screen.client.push(frame(2, now_ns=START_NS + 7 * SECOND))
        screen.app.pull()
        assert screen.app.dashboard.current.panels[-1].link.state == "stale"
        await screen.pilot.pause()
        assert screen.app.dashboard.current.panels[-1].link.state == "live"
        assert "stale" not in screen.text()


async def test_a_frozen_picture_is_called_stale() -> None:
    async with dashboard() as screen:
        screen.clock.advance(4 * SECOND)
        await screen.pull()
        assert "stale 4 s" in screen.text()
        screen.client.push(frame(2, now_ns=START_NS + SECOND))
        await screen.pull()
        assert "stale 4 s" not in screen.text()


async def test_empty_panels_say_why_and_what_to_press() -> None:
    empty = frame(
        rows=(),
        opportunities=(),
        trades=(),
        log=(),
        funnel=(),
        status=status(trading="stopped"),
        venues=(venue("okx", "connecting", reason="handshake"), venue("bybit")),
    )
    async with dashboard(FakeClient(empty)) as screen:
        text = screen.text()
        assert "okx connecting: handshake" in text
        assert "None yet: trading is stopped." in text
        assert "s starts it" in text
        assert "Nothing was refused" in text
        # Whole, in a panel that is narrower than the sentence.
        assert "None yet: no two venues are far " in text
        assert "enough apart to pay both fees. " in text
        await screen.press("6")
        assert "Nothing has been logged yet." in screen.text()


async def test_cells_that_are_not_live_are_marked_and_an_alarm_is_not_missed() -> None:
    stale = CellView(171.4, 171.5, "stale", START_NS - 9 * SECOND)
    plain = row(2, "SOL/USDT", 171.43, 2)
    rows = (msgspec.structs.replace(plain, cells=(None, stale, *plain.cells[2:])),)
    alarm = status(
        alarm="okx: ledger mismatch",
        trading="halted",
        trading_reason="ledger_ok",
        loop_late_ms=430.2,
    )
    async with dashboard(FakeClient(frame(rows=rows, status=alarm))) as screen:
        assert "171.50○" in screen.row("SOL/USDT")
        assert "okx: ledger mismatch" in screen.lines()[1]
        assert "■ halted" in screen.lines()[0]
        assert "our loop 430 ms late" in screen.lines()[0]


async def test_trades_show_expected_and_realised_with_signs() -> None:
    trades = (
        trade("p1"),
        trade("p2", outcome="one_sided", state="flat", realised="-0.1123", symbol="LINK/USDT"),
        trade("p3", outcome="", state="working", realised="", symbol="UNI/USDT"),
        trade("p4", outcome="stuck", state="stuck", realised="0", symbol="ADA/USDT"),
        trade("p5", outcome="failed", state="closed", realised="0", symbol="XRP/USDT"),
    )
    async with dashboard(FakeClient(frame(trades=trades))) as screen:
        assert "+0.480   +0.440  −1.002  −0.040 ✓ closed" in screen.text()
        assert "−0.112" in screen.line("LINK/USDT")
        assert "◐ one-sided flat" in screen.line("LINK/USDT")
        assert "· working" in screen.line("UNI/USDT")
        assert "✗ stuck" in screen.line("ADA/USDT")
        assert "✗ not filled" in screen.line("XRP/USDT")


async def test_open_opportunities_come_first_and_the_cursor_follows_its_own() -> None:
    first = (
        opportunity(1, "ETH/USDT"),
        opportunity(2, "BTC/USDT", closed_ns=START_NS - 60 * MS, outcome="worst_case_edge"),
    )
    async with dashboard(FakeClient(frame(opportunities=first))) as screen:
        feed = screen.app.dashboard.market.feed
        feed.focus()
        await screen.press("j")
        assert feed.selected is not None
        assert feed.selected.id == 2
        screen.client.push(frame(2, opportunities=(opportunity(3),)))
        await screen.pull()
        assert list(feed.keys()) == [3, 1, 2]
        assert feed.selected.id == 2
        assert "worst case edge" in screen.text()


async def test_a_terminal_in_the_background_keeps_its_place() -> None:
    many = tuple(opportunity(number) for number in range(1, 9))
    async with dashboard(FakeClient(frame(opportunities=many)), NO_ROOM) as screen:
        await screen.press("tab", "j", "j")
        feed = screen.app.dashboard.market.feed
        assert feed.selected is not None
        before = feed.selected.id
        screen.app.post_message(events.AppBlur())
        await screen.pilot.pause()
        assert focused(screen) == "feed"
        screen.app.post_message(events.AppFocus())
        screen.client.push(frame(2, opportunities=(opportunity(9),)))
        await screen.pull()
        assert feed.selected.id == before


async def test_feeds_show_the_newest_until_somebody_moves_in_them() -> None:
    many = tuple(opportunity(number) for number in range(1, 40))
    async with dashboard(FakeClient(frame(opportunities=many))) as screen:
        feed = screen.app.dashboard.market.feed
        feed.focus()
        await screen.press("G", "g")
        screen.client.push(frame(2, opportunities=(opportunity(40, "TOP/USDT"),)))
        await screen.pull()
        assert "▸▲ TOP/USDT" in screen.text()
        await screen.press("G", "tab")
        screen.client.push(frame(3, opportunities=(opportunity(41, "NEW/USDT"),)))
        await screen.pull()
        assert "▲ NEW/USDT" in screen.text()


async def test_a_crash_keeps_a_report_without_local_variables() -> None:
    class Broken(FakeClient):
        def frame(self, since: int) -> object:  # type: ignore[override]
            if since:
                hidden = "hunter2"
                raise AssertionError(f"made to crash {len(hidden)}")
            return super().frame(since)

    reports: list[str] = []

    async def crash() -> None:
        async with dashboard(Broken()) as screen:
            screen.app.call_later(screen.app.pull)
            await screen.pilot.pause()
            reports.append(screen.app.crash_report)

    with pytest.raises(AssertionError, match="made to crash"):
        await crash()
    assert "made to crash 7" in reports[0]
    assert "hunter2" not in reports[0]
