"""Whatever changes, the terminal ends up showing exactly the last picture."""

from __future__ import annotations

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from arbot_tui.tui.painter import Painter

COLUMNS, ROWS = 24, 4
STYLES = (
    Style.parse("#c5cedb on #0d1117"),
    Style.parse("bold #56d39b on #0d1117"),
    Style.parse("dim #8b98a9 on #1d3148"),
    Style.parse("reverse bold red on default"),
    Style.parse("bright_blue on color(237)"),
    Style.parse("underline bold dim default on default"),
)
PIECES = st.lists(st.tuples(st.text("ab0.▲─あ", max_size=6), st.sampled_from(STYLES)), max_size=6)
PICTURES = st.lists(st.lists(PIECES, min_size=ROWS, max_size=ROWS), min_size=1, max_size=6)


def strip(pieces: list[tuple[str, Style]], width: int) -> Strip:
    made = Strip([Segment(text, style) for text, style in pieces if text])
    return made.adjust_cell_length(width, STYLES[0])


def whole(picture: list[list[tuple[str, Style]]]) -> LayoutUpdate:
    return LayoutUpdate([[strip(line, COLUMNS)] for line in picture], Region(0, 0, COLUMNS, ROWS))


def partly(picture: list[list[tuple[str, Style]]], cut: int) -> ChopsUpdate:
    chops: list[dict[int, Strip | None]] = []
    for line in picture:
        full = strip(line, COLUMNS)
        left, right = full.divide([cut, COLUMNS])
        chops.append({0: left, cut: right})
    return ChopsUpdate(chops, [(y, 0, COLUMNS) for y in range(ROWS)], [[cut, COLUMNS]] * ROWS)


def spelled_out(update: LayoutUpdate | ChopsUpdate, colors: ColorSystem) -> str:
    """Return the picture the way Rich sends it."""
    if isinstance(update, LayoutUpdate):
        lines = [list(strips) for strips in update.strips]
    else:
        lines = [[piece for piece in line.values() if piece] for line in update.chops]
    sent = ""
    for y, strips in enumerate(lines):
        sent += f"\x1b[{y + 1};1H"
        for piece in strips:
            for text, style, _ in piece:
                sent += (style or Style()).render(text, color_system=colors)
    return sent


def shown(sent: str) -> list[list[pyte.screens.Char]]:
    screen = pyte.Screen(COLUMNS, ROWS)
    # What Textual sets at the start: text at the right edge does not wrap.
    screen.reset_mode(7, private=True)
    pyte.Stream(screen).feed(sent)
    return [[screen.buffer[y][x] for x in range(COLUMNS)] for y in range(ROWS)]


@given(PICTURES, st.integers(1, COLUMNS - 1), st.sampled_from(list(ColorSystem)[1:4]))
def test_after_any_changes_the_terminal_shows_the_last_picture(
    pictures: list[list[list[tuple[str, Style]]]], cut: int, colors: ColorSystem
) -> None:
    painter = Painter()
    sent = ""
    for number, picture in enumerate(pictures):
        update = partly(picture, cut) if number % 2 else whole(picture)
        sent += painter.paint(update, (COLUMNS, ROWS), colors)
    assert shown(sent) == shown(spelled_out(update, colors))


def test_the_same_picture_again_sends_nothing() -> None:
    painter = Painter()
    picture = [[("0.1234", STYLES[0])]] * ROWS
    painter.paint(whole(picture), (COLUMNS, ROWS), ColorSystem.TRUECOLOR)
    assert painter.paint(whole(picture), (COLUMNS, ROWS), ColorSystem.TRUECOLOR) == ""


def test_one_changed_digit_sends_one_digit() -> None:
    painter = Painter()
    painter.paint(whole([[("0.1234", STYLES[0])]] * ROWS), (COLUMNS, ROWS), ColorSystem.EIGHT_BIT)
    changed = [[("0.1234", STYLES[0])]] * (ROWS - 1) + [[("0.1235", STYLES[0])]]
    sent = painter.paint(whole(changed), (COLUMNS, ROWS), ColorSystem.EIGHT_BIT)
    assert sent.startswith("\x1b[4;6H\x1b[")
    assert sent.endswith("m5\x1b[0m")


def test_after_reset_and_after_a_resize_everything_is_sent_again() -> None:
    painter = Painter()
    picture = whole([[("0.1234", STYLES[0])]] * ROWS)
    first = painter.paint(picture, (COLUMNS, ROWS), ColorSystem.TRUECOLOR)
    painter.reset()
    assert painter.paint(picture, (COLUMNS, ROWS), ColorSystem.TRUECOLOR) == first
    assert painter.paint(picture, (COLUMNS, ROWS + 1), ColorSystem.TRUECOLOR) == first


def test_what_lies_beyond_the_edge_of_a_smaller_terminal_is_not_sent() -> None:
    lines = [[(str(y) * COLUMNS, STYLES[0])] for y in range(ROWS)]
    sent = Painter().paint(whole(lines), (COLUMNS - 5, 2), ColorSystem.TRUECOLOR)
    screen = pyte.Screen(COLUMNS - 5, 2)
    pyte.Stream(screen).feed(sent)
    assert screen.display == ["0" * (COLUMNS - 5), "1" * (COLUMNS - 5)]


def test_a_style_without_a_colour_is_the_terminals_own() -> None:
    painter = Painter()
    update = LayoutUpdate(
        [[Strip([Segment("x", None), Segment("y", Style())])]], Region(0, 0, 2, 1)
    )
    assert painter.paint(update, (2, 1), ColorSystem.TRUECOLOR) == "\x1b[1;1Hxy"


def test_control_segments_and_marks_on_letters_take_no_cell() -> None:
    painter = Painter()
    update = LayoutUpdate(
        [[Strip([Segment("", None, []), Segment("e\u0301\u0301x", Style())])]], Region(0, 0, 2, 1)
    )
    assert painter.paint(update, (2, 1), ColorSystem.TRUECOLOR) == "\x1b[1;1He\u0301\u0301x"


def test_many_styles_are_forgotten_again() -> None:
    painter = Painter()
    for number in range(5000):
        style = Style.parse(f"#{number:06x}")
        update = LayoutUpdate([[Strip([Segment("x", style)])]], Region(0, 0, 1, 1))
        painter.paint(update, (1, 1), ColorSystem.TRUECOLOR)
    assert len(painter._pens) < 2100


def test_what_lies_beneath_a_dialog_stays_there() -> None:
    painter = Painter()
    under, over = STYLES[0], STYLES[2]
    dialog = [("uuuu", under), ("dddddddddddddddd", over), ("uuuu", under)]
    sent = painter.paint(whole([dialog] * ROWS), (COLUMNS, ROWS), ColorSystem.TRUECOLOR)
    # Columns 2 to 6 are drawn again; the dialog covers 4 to 20, but only its part in there was
    # rendered, and beyond it the line below shines through.
    full = strip([("n" * COLUMNS, under)], COLUMNS)
    left, _, beneath, right = full.divide([4, 8, 20, COLUMNS])
    inside = strip([("DDDD", over)], 4)
    line: dict[int, Strip | None] = {0: left, 4: inside, 8: beneath, 20: right}
    update = ChopsUpdate([line] * ROWS, [(1, 2, 6)], [[4, 8, 20, COLUMNS]] * ROWS)
    sent += painter.paint(update, (COLUMNS, ROWS), ColorSystem.TRUECOLOR)
    lines = ["".join(cell.data for cell in row) for row in shown(sent)]
    assert lines[0] == "uuuu" + "d" * 16 + "uuuu"
    assert lines[1] == "uunnDD" + "d" * 14 + "uuuu"
