"""Carries out what a person asks for beyond looking: questions first, then the engine or a file."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import TYPE_CHECKING, Literal

import structlog
from textual.notifications import SeverityLevel

from arbot_tui.domain.actions import Action, action
from arbot_tui.domain.errors import ArbotError
from arbot_tui.domain.states import Mode
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.answers import ExposureView
from arbot_tui.tui.clipboard import copy_sequence
from arbot_tui.tui.exits import ExitReason
from arbot_tui.tui.exports import as_row, write_export
from arbot_tui.tui.screens.confirm import ChooseScreen, ConfirmScreen, TypedScreen
from arbot_tui.tui.spans import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arbot_tui.tui.app import ArbotApp

__all__ = ["Acting"]

FAULT_S = 10.0
"""How long a fault is told: twice as long as what went well."""
_QUIT = "quit"
"""Identity of the question whether to quit."""
_TOLD = (ArbotError, OSError, ValueError)
"""Errors that say themselves what is wrong; any other is a mistake of this program."""

_log = structlog.get_logger("tui")


class Acting:
    """What the app does when it is asked to act on the engine, a file, the clipboard or itself."""

    def __init__(self, app: ArbotApp) -> None:
        self._app = app
        self._commands: set[asyncio.Task[None]] = set()

    def perform(self, name: str) -> bool:
        """Carry out an action, if it is one of those; the others are the screen's own."""
        app, entry = self._app, action(name)
        if name == "paper":
            app.work(self._go_to_paper, "confirm")
        elif name == "resolve":
            app.work(self._resolve, "confirm")
        elif name == "adopt":
            app.work(self._adopt, "confirm")
        elif entry.confirm:
            app.work(partial(self._confirm, entry), "confirm")
        elif entry.engine:
            self.command(name)
        elif name == "quit":
            # Asked again, the question that is on the screen is answer enough.
            if app.screen.id != _QUIT:
                app.work(self._quit, "quit")
        elif name == "copy":
            self._copy()
        elif name in ("export", "export_json"):
            kind: Literal["csv", "json"] = "json" if name == "export_json" else "csv"
            app.work(partial(self._export, kind), "export")
        else:
            return False
        return True

    def say(self, text: str, *, ok: bool) -> None:
        """Tell the person in a corner of the screen."""
        severity: SeverityLevel = "information" if ok else "error"
        timeout = None if ok else FAULT_S
        self._app.notify(self._clean(text), severity=severity, timeout=timeout, markup=False)

    # The engine.

    def command(self, name: str, args: Mapping[str, str] | None = None) -> None:
        """Have the engine carry out a command, and say what came of it."""
        # A task of its own: a halt must not wait for, or be cancelled with, anything on screen.
        work = self._carry_out(name, args or {})
        task = asyncio.get_running_loop().create_task(work, name=f"tui-{name}")
        self._commands.add(task)
        task.add_done_callback(self._commands.discard)

    async def _carry_out(self, name: str, args: Mapping[str, str]) -> None:
        try:
            result = await self._app.client.command(name, args)
        except Exception as e:  # noqa: BLE001 (whatever is behind one command, the screen lives on)
            self.say(f"{name}: {_cause(name, e)}", ok=False)
        else:
            self.say(result.message or name, ok=result.ok)

    async def _confirm(self, entry: Action) -> None:
        """Ask, with what is open in sight, and then do it."""
        lines = [entry.help, *await self._open_lines()]
        name = entry.label.capitalize()
        if entry.typed:
            question: ConfirmScreen = TypedScreen(f"{name}?", lines, name, entry.typed)
        else:
            question = ConfirmScreen(f"{name}?", lines, name)
        if await self._app.push_screen_wait(question):
            self.command(entry.id)

    async def _resolve(self) -> None:
        """Resolve the stuck pair under the cursor: ask again, or accept it as it is."""
        trade = self._app.dashboard.current.stuck_pair()
        if trade is None:
            self.say("select a stuck pair first, in Orders and trades", ok=False)
            return
        lines = [
            f"{trade.pair_id}: {trade.symbol}, bought on {trade.buy}, sold on {trade.sell}.",
            *[line for line in await self._open_lines() if trade.pair_id in line],
            "Asking again changes nothing but what is known.",
            "Accepted, it ends as it is: what it holds stays yours to trade away.",
        ]
        answers = {"no": "Cancel", "ask": "Ask venues again", "accept": "Accept as it is"}
        question = ChooseScreen(f"Resolve {trade.pair_id}?", list(map(self._clean, lines)), answers)
        answer = await self._app.push_screen_wait(question)
        if answer is not None:
            accept = {"accept": "yes"} if answer == "accept" else {}
            self.command("resolve", {"id": trade.pair_id, **accept})

    async def _adopt(self) -> None:
        """Have the balances of a venue that differs taken for true, once the difference is seen."""
        names = [venue.name for venue in self._app.view.venues]
        try:
            shown = {n: await self._app.client.command("adopt", {"venue": n}) for n in names}
        except Exception as e:  # noqa: BLE001 (as `_carry_out`)
            self.say(f"adopt: {_cause('adopt', e)}", ok=False)
            return
        differing = {name: result for name, result in shown.items() if result.ok}
        if not differing:
            self.say("; ".join(result.message for result in shown.values()), ok=False)
            return
        for name, result in differing.items():
            lines = [
                action("adopt").help,
                *map(self._clean, result.message.split(", ")),
                "What explains it is not known: look for it first.",
            ]
            if await self._app.push_screen_wait(ConfirmScreen(f"Adopt {name}?", lines, "Adopt")):
                self.command("adopt", {"venue": name, "confirm": "yes"})

    async def _open_lines(self) -> list[str]:
        """Return a sentence for each leg or exposure that is open."""
        try:
            answer = await self._app.client.query("exposure", {})
        except Exception as e:  # noqa: BLE001 (nobody is kept from halting or leaving by it)
            return [self._clean(f"What is open is not known: {_cause('exposure', e)}")]
        lines = answer.lines if isinstance(answer, ExposureView) else ()
        return [self._clean(line) for line in lines]

    # The end.

    async def _quit(self) -> None:
        """End, but name what is open first."""
        lines = await self._open_lines()
        if lines:
            question = ConfirmScreen("Quit with open legs?", lines, "Drain and quit", "Stay")
            question.id = _QUIT
            if not await self._app.push_screen_wait(question):
                return
        self._app.exit(ExitReason.QUIT)

    async def _go_to_paper(self) -> None:
        """End here and go on with paper; there is a way from the simulation only."""
        status = self._app.view.status
        if status is None or status.mode != Mode.SIMULATE:
            self.say("this key leads from simulate to paper", ok=False)
            return
        lines = [action("paper").help, *await self._open_lines()]
        question = ConfirmScreen("Go to paper?", lines, "Go")
        if await self._app.push_screen_wait(question):
            self._app.exit(ExitReason.PAPER)

    # Data out.

    def _copy(self) -> None:
        """Copy the row under the cursor: through the terminal, so that it arrives over SSH too."""
        panel = self._app.dashboard.current.active
        keys = panel.keys()
        record = panel.record(panel.cursor) if panel.cursor in keys else {}
        if not record:
            self.say("there is no row to copy", ok=False)
            return
        text = as_row(record)
        if copy_sequence(text, os.environ) is None:
            self.say("the row is too long for the clipboard; e saves the list", ok=False)
            return
        self._app.copy_to_clipboard(text)
        self.say("copied the row, if your terminal allows it (OSC 52)", ok=True)

    async def _export(self, kind: Literal["csv", "json"]) -> None:
        """Write what the panel with the focus lists to a file, and say where it is."""
        app = self._app
        view = app.dashboard.current
        records = view.active.records()
        if app.exports is None or not records:
            why = "there is no folder for it" if app.exports is None else "the list is empty"
            self.say(f"nothing exported: {why}", ok=False)
            return
        name = "-".join(dict.fromkeys((view.NAME, view.active.id or view.NAME)))
        try:
            path = await asyncio.to_thread(
                write_export, app.exports, name, records, kind, app.clock.now_ns()
            )
        except ArbotError as e:
            self.say(str(e), ok=False)
        else:
            self.say(f"{len(records)} rows saved to {path}", ok=True)

    def _clean(self, text: str) -> str:
        return clean(sanitise(text, 300), ascii_only=self._app.glyphs.ascii_only)


def _cause(name: str, error: Exception) -> str:
    """Return what is said of an error; the log keeps where a mistake of ours came from."""
    if isinstance(error, _TOLD):
        return str(error)
    _log.error("command_failed", command=name, exc_info=error)
    return f"failed ({type(error).__name__}); the log says where"
