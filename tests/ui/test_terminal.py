"""The real program in a real terminal: start, keys, resize, every way to end."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ui.terminal import Terminal

pytestmark = [pytest.mark.ui, pytest.mark.timing]

Start = Callable[..., Terminal]


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    path = tmp_path / "frames"
    path.write_text("0")
    return path


@pytest.fixture
def start(counter: Path) -> Iterator[Start]:
    started: list[Terminal] = []

    def run(*words: str, columns: int = 80, rows: int = 24, **environment: str) -> Terminal:
        terminal = Terminal([str(counter), *words], columns, rows, **environment)
        started.append(terminal)
        terminal.wait_text("SOL/USDT")
        return terminal

    yield run
    for terminal in started:
        terminal.close()


def _end(counter: Path) -> str:
    return counter.with_name(f"{counter.name}.end").read_text()


def test_keys_and_resize_reach_the_dashboard(start: Start) -> None:
    # What a shell may export does not follow the terminal.
    terminal = start(COLUMNS="100", LINES="50")
    terminal.send("\r")
    terminal.wait_text("Details")
    terminal.send("?")
    terminal.wait_text("esc closes")
    terminal.send("\x1b")
    terminal.wait_for(lambda: "esc closes" not in "\n".join(terminal.screen.display))
    terminal.resize(79, 23)
    terminal.wait_text("79 x 23, needed 80 x 24")
    terminal.resize(160, 48)
    terminal.wait_text("Why not")
    terminal.send("q")
    assert terminal.wait_exit() == 0
    assert terminal.restored()


def test_the_theme_follows_the_background_and_its_answer_is_no_key(start: Start) -> None:
    terminal = start()
    assert terminal.raw.count(b"\x1b]11;?\x1b\\") == 1
    dark = terminal.screen.buffer[5][5].bg
    terminal.send("\x1b]11;rgb:eeee/eeee/cc")
    terminal.read()
    terminal.send("cc\x1b\\")
    terminal.wait_for(lambda: terminal.screen.buffer[5][5].bg not in (dark, "default"))
    # One that comes late, and unasked for: "c" would open the keys.
    terminal.send("\x1b]11;rgb:cccc/0000/0000\x07?")
    terminal.wait_text("esc closes")
    terminal.send("q")
    assert terminal.wait_exit() == 0


def test_a_storm_of_resizes_ends_with_the_picture_of_the_last_size(
    start: Start, counter: Path
) -> None:
    terminal = start()
    draw = random.Random(5)
    for number in range(300):
        terminal.resize(draw.randrange(20, 220), draw.randrange(5, 70))
        if number % 30 == 0:
            terminal.read()
    frames = int(counter.read_text() or 0)
    terminal.resize(160, 48)
    terminal.wait_text("Why not")
    # What other sizes left behind would stand where this one draws nothing new.
    terminal.wait_for(lambda: int(counter.read_text() or 0) > frames + 5)
    shown = terminal.screen.display
    assert (len(shown), {len(line) for line in shown}) == (48, {160})
    assert shown[-1].startswith(" s ")
    assert sum(line.count("Matrix") for line in shown) == 1
    assert sum(line.count("q quit") for line in shown) == 1
    terminal.send("q")
    assert terminal.wait_exit() == 0
    assert terminal.restored()


def test_every_view_is_a_key_away_and_the_terminal_is_restored(start: Start) -> None:
    terminal = start()
    for key, words in (
        ("2", "peak"),
        ("3", "realised"),
        ("4", "skew"),
        ("5", "Edge"),
        ("6", "Log"),
    ):
        terminal.send(key)
        terminal.wait_text(words)
    terminal.resize(160, 48)
    terminal.wait_text("quotes")
    terminal.send("1")
    terminal.wait_text("Why not")
    terminal.send("q")
    assert terminal.wait_exit() == 0
    assert terminal.restored()


@pytest.mark.parametrize("keys", ["\x0c", "\x1b[I"], ids=["ctrl+l", "focus"])
def test_what_others_wrote_on_the_screen_is_drawn_over(start: Start, keys: str) -> None:
    terminal = start()
    terminal.screen.erase_in_display(2)
    terminal.send(keys)
    terminal.wait_text("q quit")
    assert "Matrix" in terminal.screen.display[2]


def test_silencing_standard_error_does_not_silence_the_screen(start: Start, counter: Path) -> None:
    terminal = start("mute")
    terminal.wait_for(lambda: int(counter.read_text() or 0) > 20)
    before = list(terminal.screen.display)
    terminal.wait_for(lambda: list(terminal.screen.display) != before)
    terminal.send("q")
    assert terminal.wait_exit() == 0
    assert terminal.restored()


@pytest.mark.parametrize("key", ["q", "\x03"], ids=["q", "ctrl+c"])
def test_quit_restores_the_terminal(start: Start, counter: Path, key: str) -> None:
    terminal = start()
    terminal.send(key)
    assert terminal.wait_exit() == 0
    assert _end(counter) == "quit\n"
    assert terminal.restored()


def test_open_legs_are_named_before_quitting(start: Start) -> None:
    terminal = start("exposure")
    terminal.send("\x03")
    terminal.wait_text("0.02 BTC not hedged")
    terminal.send("\r")
    terminal.wait_for(lambda: "not hedged" not in "\n".join(terminal.screen.display))
    terminal.send("q")
    terminal.wait_text("not hedged")
    terminal.send("\t\r")
    assert terminal.wait_exit() == 0
    assert terminal.restored()


def test_sigterm_ends_with_the_terminal_restored(start: Start, counter: Path) -> None:
    terminal = start()
    terminal.kill(signal.SIGTERM)
    assert terminal.wait_exit() == 0
    assert _end(counter) == "sigterm\n"
    assert terminal.restored()


def test_sigterm_ends_a_dialog_too(start: Start) -> None:
    terminal = start("exposure")
    terminal.send("q")
    terminal.wait_text("not hedged")
    terminal.kill(signal.SIGTERM)
    assert terminal.wait_exit() == 0
    assert terminal.restored()


def test_sighup_with_the_terminal_still_there_restores_it(start: Start, counter: Path) -> None:
    terminal = start()
    terminal.kill(signal.SIGHUP)
    assert terminal.wait_exit() == 129
    assert _end(counter) == "sighup\n"
    assert terminal.restored()


def test_a_dropped_terminal_ends_the_program(start: Start) -> None:
    terminal = start()
    terminal.hang_up()
    assert terminal.wait_exit(reading=False) == 129


@pytest.mark.slow
def test_a_drain_that_hangs_after_a_hang_up_does_not_keep_the_process(start: Start) -> None:
    terminal = start("hang")
    terminal.hang_up()
    assert terminal.wait_exit(reading=False) == 129


def test_a_terminal_that_is_not_read_stops_neither_frames_nor_the_end(
    start: Start, counter: Path
) -> None:
    terminal = start(columns=200, rows=60)
    terminal.send("t")  # a theme change is a whole picture
    before = int(counter.read_text() or 0)

    def went_on() -> bool:
        return int(counter.read_text() or 0) > before + 60

    terminal.wait_for(went_on, reading=False)
    terminal.kill(signal.SIGTERM)
    assert terminal.wait_exit(reading=False) == 0


def test_after_a_stall_the_picture_is_the_newest(start: Start, counter: Path) -> None:
    terminal = start(columns=160, rows=48)
    before = int(counter.read_text() or 0)
    terminal.wait_for(lambda: int(counter.read_text() or 0) > before + 60, reading=False)
    terminal.send("?")
    terminal.wait_text("esc closes")
    terminal.send("\x1b")
    terminal.wait_for(lambda: "esc closes" not in "\n".join(terminal.screen.display))
    shown = terminal.screen.display
    assert shown[2].count("╭") == 2
    assert all(len(line) == 160 for line in shown)
    terminal.send("q")
    assert terminal.wait_exit() == 0
    assert terminal.restored()


def test_a_crash_restores_the_terminal_and_shows_no_local_variable(
    start: Start, counter: Path
) -> None:
    terminal = start("crash")
    assert terminal.wait_exit() == 1
    report = _end(counter)
    assert report.startswith("crash\n")
    assert "made to crash" in report
    assert "hunter2" not in report
    assert b"hunter2" not in terminal.raw
    assert terminal.restored()


def test_stopped_and_continued_from_the_shell_it_draws_itself_again(start: Start) -> None:
    terminal = start()
    terminal.kill(signal.SIGTSTP)
    terminal.wait_for(terminal.stopped)
    terminal.read()
    assert terminal.restored()
    terminal.screen.reset()
    terminal.kill(signal.SIGCONT)
    terminal.wait_text("SOL/USDT")
    terminal.send("q")
    assert terminal.wait_exit() == 0
    assert terminal.restored()


def test_a_halt_calls_who_looks_elsewhere_once(start: Start) -> None:
    call = b"\x1bPtmux;\x1b\x1b]9;arbot-tui: trading halted\x1b\x1b\\\x1b\\\a"
    terminal = start("alarm", TMUX="/tmp/tmux/default,1,0")
    terminal.wait_for(lambda: call in terminal.raw)
    terminal.send("q")
    assert terminal.wait_exit() == 0
    assert terminal.raw.count(call) == 1


def test_no_color_sends_no_colour(start: Start) -> None:
    terminal = start(NO_COLOR="1")
    terminal.send("q")
    assert terminal.wait_exit() == 0
    assert b"38;2;" not in terminal.raw
    assert b"48;2;" not in terminal.raw


def test_a_terminal_that_is_not_utf_gets_ascii_only(start: Start) -> None:
    terminal = start(PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    terminal.send("q")
    assert terminal.wait_exit() == 0
    assert terminal.raw.isascii()
    assert b"\\u" not in terminal.raw
