"""The real program in a real terminal: start, keys, resize, every way to end."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.ui.terminal import PROGRAM, Terminal

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

    def run(
        *words: str,
        columns: int = 80,
        rows: int = 24,
        program: Sequence[str] = (),
        **environment: str,
    ) -> Terminal:
        arguments = [str(counter), *words]
        terminal = Terminal(arguments, columns, rows, program=program, **environment)
        started.append(terminal)
        terminal.wait_text("SOL/USDT")
        return terminal

    yield run
    for terminal in started:
        terminal.close()


def _end(counter: Path) -> str:
    return counter.with_name(f"{counter.name}.end").read_text()


def frames(counter: Path) -> int:
    return int(counter.read_text() or 0)


def quit_by_key(terminal: Terminal) -> None:
    terminal.send("q")
    assert terminal.wait_exit() == 0
    assert terminal.restored()


def test_keys_and_resize_reach_the_dashboard(start: Start, counter: Path) -> None:
    # What a shell may export does not follow the terminal.
    terminal = start(COLUMNS="100", LINES="50")
    terminal.send("\r")
    terminal.wait_text("Details")
    terminal.send("?")
    terminal.wait_text("esc closes")
    terminal.send("\x1b")
    terminal.wait_no_text("esc closes")
    for key, words in zip("23456", ("peak", "realised", "skew", "Edge", "Log"), strict=True):
        terminal.send(key)
        terminal.wait_text(words)
    terminal.resize(79, 23)
    terminal.wait_text("79 x 23, needed 80 x 24")
    terminal.resize(160, 48)
    terminal.wait_text("quotes")
    terminal.send("1")
    terminal.wait_text("Why not")
    quit_by_key(terminal)
    assert _end(counter) == "quit\n"


def test_the_theme_follows_the_background_and_its_answer_is_no_key(start: Start) -> None:
    terminal = start("patient")
    assert terminal.raw.count(b"\x1b]11;?\x1b\\") == 1
    dark = terminal.screen.buffer[5][5].bg
    terminal.send("\x1b]11;rgb:eeee/eeee/cc")
    terminal.read()
    terminal.send("cc\x1b\\")
    terminal.wait_for(lambda: terminal.screen.buffer[5][5].bg not in (dark, "default"))
    # One that comes late, and unasked for: "c" would open the keys.
    terminal.send("\x1b]11;rgb:cccc/0000/0000\x07?")
    terminal.wait_text("esc closes")
    quit_by_key(terminal)


def test_a_storm_of_resizes_ends_with_the_picture_of_the_last_size(
    start: Start, counter: Path
) -> None:
    terminal = start()
    draw = random.Random(5)
    for number in range(300):
        terminal.resize(draw.randrange(20, 220), draw.randrange(5, 70))
        if number % 30 == 0:
            terminal.read()
    before = frames(counter)
    terminal.resize(160, 48)
    terminal.wait_text("Why not")
    # What other sizes left behind would stand where this one draws nothing new.
    terminal.wait_for(lambda: frames(counter) > before + 5)
    shown = terminal.screen.display
    assert (len(shown), {len(line) for line in shown}) == (48, {160})
    assert shown[-1].startswith(" s ")
    assert sum(line.count("Matrix") for line in shown) == 1
    assert sum(line.count("q quit") for line in shown) == 1
    quit_by_key(terminal)


def test_what_others_wrote_on_the_screen_is_drawn_over(start: Start) -> None:
    terminal = start()
    for name, keys in (("ctrl+l", "\x0c"), ("focus", "\x1b[I")):
        terminal.clear()
        terminal.send(keys)
        terminal.wait_for(lambda: "q quit" in terminal.screen.display[-1])
        assert "Matrix" in terminal.screen.display[2], name


def test_silencing_standard_error_does_not_silence_the_screen(start: Start, counter: Path) -> None:
    terminal = start("mute")
    terminal.wait_for(lambda: frames(counter) > 5)
    before = terminal.text()
    terminal.wait_for(lambda: terminal.text() != before)
    quit_by_key(terminal)


def test_open_legs_are_named_before_quitting(start: Start) -> None:
    terminal = start("exposure")
    terminal.send("\x03")
    terminal.wait_text("0.02 BTC not hedged")
    terminal.send("\r")
    terminal.wait_no_text("not hedged")
    terminal.send("q")
    terminal.wait_text("not hedged")
    terminal.send("\t\r")
    assert terminal.wait_exit() == 0
    assert terminal.restored()


@pytest.mark.parametrize(
    ("signum", "code", "reason"),
    [(signal.SIGTERM, 0, "sigterm"), (signal.SIGHUP, 129, "sighup")],
    ids=["term", "hup"],
)
def test_a_signal_ends_it_with_the_terminal_restored(
    start: Start, counter: Path, signum: signal.Signals, code: int, reason: str
) -> None:
    terminal = start()
    terminal.kill(signum)
    assert terminal.wait_exit() == code
    assert _end(counter) == f"{reason}\n"
    assert terminal.restored()


def test_ctrl_c_quits(start: Start, counter: Path) -> None:
    terminal = start()
    terminal.send("\x03")
    assert terminal.wait_exit() == 0
    assert _end(counter) == "quit\n"
    assert terminal.restored()


def test_sigterm_ends_a_dialog_too(start: Start) -> None:
    terminal = start("exposure")
    terminal.send("q")
    terminal.wait_text("not hedged")
    terminal.kill(signal.SIGTERM)
    assert terminal.wait_exit() == 0
    assert terminal.restored()


def test_a_dropped_terminal_ends_the_program(start: Start) -> None:
    terminal = start()
    terminal.hang_up()
    assert terminal.wait_exit(reading=False) == 129


def test_a_drain_that_hangs_after_a_hang_up_does_not_keep_the_process(start: Start) -> None:
    terminal = start("hang")
    terminal.hang_up()
    assert terminal.wait_exit(reading=False) == 129


def test_a_terminal_that_is_not_read_stops_neither_frames_nor_the_end(
    start: Start, counter: Path
) -> None:
    terminal = start(columns=200, rows=60)

    def stall() -> None:
        # Whole pictures, more of them than fit into what lies in between.
        terminal.send("\x0c" * 20)
        before = frames(counter)
        terminal.wait_for(lambda: frames(counter) > before + 10, reading=False)

    stall()
    terminal.send("?")
    terminal.wait_text("esc closes")
    terminal.send("\x1b")
    terminal.wait_no_text("esc closes")
    # What was skipped is drawn by now.
    shown = terminal.screen.display
    assert shown[2].count("╭") == 2
    assert all(len(line) == 200 for line in shown)
    stall()
    terminal.kill(signal.SIGTERM)
    assert terminal.wait_exit(reading=False) == 0


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
    for _ in range(3):
        terminal.kill(signal.SIGTSTP)
        terminal.wait_for(terminal.stopped)
        # It has written all of it; that it has also arrived takes a moment more.
        terminal.wait_for(terminal.restored)
        terminal.clear()
        terminal.kill(signal.SIGCONT)
        terminal.wait_text("SOL/USDT")
    quit_by_key(terminal)


def test_a_halt_calls_who_looks_elsewhere_once(start: Start, counter: Path) -> None:
    call = b"\x1bPtmux;\x1b\x1b]9;arbot-tui: trading halted\x1b\x1b\\\x1b\\\a"
    terminal = start("alarm", TMUX="/tmp/tmux/default,1,0")
    terminal.wait_for(lambda: call in terminal.raw)
    before = frames(counter)
    terminal.wait_for(lambda: frames(counter) > before + 3)
    quit_by_key(terminal)
    assert terminal.raw.count(call) == 1


def test_no_color_sends_no_colour(start: Start) -> None:
    terminal = start(NO_COLOR="1")
    quit_by_key(terminal)
    assert b"38;2;" not in terminal.raw
    assert b"48;2;" not in terminal.raw


def test_a_terminal_that_is_not_utf_gets_ascii_only(start: Start) -> None:
    # What decides it is read at the start of Python.
    terminal = start(program=(str(PROGRAM),), PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    quit_by_key(terminal)
    assert terminal.raw.isascii()
    assert b"\\u" not in terminal.raw
