"""Every action of the product, once (CONTRACT section 7).

Keys, footer, help, palette, README and the check that each action has its doors are all made
from this table. Engine actions are carried out by `EngineClient.command`; screen actions belong
to the viewer alone.
"""

from __future__ import annotations

import msgspec

__all__ = ["ACTIONS", "Action", "action"]


class Action(msgspec.Struct, frozen=True):
    """One thing a person can do.

    Attributes:
        id: Stable name; for engine actions the command's name.
        keys: Keys that do it on the dashboard, the first one is shown.
        label: One or two words for the footer.
        help: One sentence that says what happens.
        engine: It changes the engine, not only the screen.
        confirm: It asks before it acts.
        typed: What has to be typed before it acts; empty where a press is enough.
        everywhere: It works from every screen, dialogs included.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    engine: bool = False
    confirm: bool = False
    typed: str = ""
    everywhere: bool = False


ACTIONS: tuple[Action, ...] = (
    Action("start", ("s",), "start", "Start trading: new pairs may open.", engine=True),
    Action("drain", ("s",), "drain", "Drain: open no new pairs, finish those open.", engine=True),
    Action(
        "stop",
        ("x",),
        "stop",
        "Stop: drain, cancel what is open, keep resolving legs.",
        engine=True,
        confirm=True,
    ),
    Action(
        "halt",
        ("ctrl+x",),
        "halt",
        "Halt now: no order leaves any more, only cancels and a flatten asked for later; latched.",
        engine=True,
        everywhere=True,
    ),
    Action(
        "reset",
        (),
        "reset",
        "Reset a halt: trading is stopped and may be started again.",
        engine=True,
        confirm=True,
        typed="reset",
    ),
    Action(
        "flatten",
        (),
        "flatten",
        "Flatten: bring home what pairs hold, reduce-only, after a halt as well.",
        engine=True,
        confirm=True,
        typed="flatten",
    ),
    Action(
        "resolve",
        (),
        "resolve",
        "Resolve the selected stuck pair: ask its venues again, or accept it as it is.",
        engine=True,
        confirm=True,
    ),
    Action(
        "adopt",
        (),
        "adopt",
        "Adopt a venue's balances; how the ledger differs is shown, then booked.",
        engine=True,
        confirm=True,
    ),
    Action(
        "settings_reload",
        (),
        "reload settings",
        "Take over what the settings file says now; where it is not sound, nothing changes.",
        engine=True,
    ),
    Action("view_matrix", ("1",), "matrix", "The price matrix: every symbol on every venue."),
    Action("view_opportunities", ("2",), "opportunities", "What could be earned, for how long."),
    Action("view_orders", ("3",), "orders", "Orders and trades: expected against realised."),
    Action("view_balances", ("4",), "balances", "Balances: what lies where, how long it lasts."),
    Action("view_charts", ("5",), "charts", "Charts: edges, equity, delays."),
    Action("view_log", ("6",), "log", "The log, and the health of every venue."),
    Action("view_settings", ("7",), "settings", "Settings: see, change and save every one."),
    Action("down", ("j", "down"), "down", "Select the next row."),
    Action("up", ("k", "up"), "up", "Select the previous row."),
    Action("left", ("h", "left"), "left", "Go to the panel on the left."),
    Action("right", ("l", "right"), "right", "Go to the panel on the right."),
    Action("top", ("g", "home"), "top", "Select the first row."),
    Action("bottom", ("G", "end"), "bottom", "Select the last row."),
    Action("page_down", ("pagedown", "ctrl+d"), "page", "Move one page down."),
    Action("page_up", ("pageup", "ctrl+u"), "page", "Move one page up."),
    Action("next_panel", ("tab",), "panel", "Go to the next panel."),
    Action("previous_panel", ("shift+tab",), "panel", "Go to the previous panel."),
    Action("filter", ("slash",), "filter", "Show only symbols that contain what you type."),
    Action("back", ("escape",), "back", "Clear the filter or close what is open; never quits."),
    Action("next_match", ("n",), "next", "Go to the next match of the filter."),
    Action("previous_match", ("N",), "previous", "Go to the previous match of the filter."),
    Action("sort", ("o",), "sort", "Change the sort order."),
    Action("details", ("enter",), "detail", "Show or hide the selected row's order books."),
    Action("apply", ("a",), "apply", "Apply or save changed settings, after showing the changes."),
    Action("undo", ("u",), "take back", "Take back what was typed for the selected setting."),
    Action("pause", ("space",), "pause", "Freeze the screen; trading goes on."),
    Action("copy", ("y",), "copy", "Copy the selected row to your clipboard."),
    Action("export", ("e",), "export", "Write what this panel lists to a CSV file."),
    Action("export_json", (), "export json", "Write what this panel lists to a JSON file."),
    Action("theme", ("t",), "theme", "Next colour theme."),
    Action("credentials", ("c",), "API keys", "API keys: where each is kept, what it may do."),
    Action(
        "paper",
        ("p",),
        "paper",
        "From simulate to paper: real prices, simulated fills.",
        confirm=True,
    ),
    Action("redraw", ("ctrl+l",), "redraw", "Draw the whole screen anew."),
    Action("help", ("question_mark", "f1"), "keys", "Show the keys and what this view means."),
    Action("palette", ("ctrl+p",), "palette", "Find any action by name."),
    Action(
        "quit",
        ("q", "ctrl+c"),
        "quit",
        "Quit: drain, then exit; asks only when legs or exposure are open.",
        everywhere=True,
    ),
)


def action(action_id: str) -> Action:
    """Return the action of that id.

    Raises:
        KeyError: There is none.
    """
    for entry in ACTIONS:
        if entry.id == action_id:
            return entry
    raise KeyError(action_id)
