"""The file `HALT` in the data folder: a halt asked for without keyboard, network or this program.

Whoever can make a file can halt: `touch HALT`, a backup job, a watchdog on another machine. Only a
person removes it again. While it is there trading stays halted; made or touched anew it asks
anew, which ends a flatten that was asked for in between.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from arbot_tui.domain.states import TradingState
from arbot_tui.domain.text import sanitise
from arbot_tui.trading.core.events import Operator, OperatorAction

if TYPE_CHECKING:
    from pathlib import Path

    from arbot_tui.engine.bot import ArBot

__all__ = ["HALT_NAME", "HaltFile", "halt_asked"]

HALT_NAME = "HALT"
_PERIOD_S = 0.05
"""Half of what may pass between a halt that is asked for and the last order that leaves."""

_Mark = tuple[object, ...]


def halt_asked(path: Path) -> tuple[_Mark, str] | None:
    """Return what tells one request from the next, and the request in words; None without one.

    A link that leads nowhere is a file all the same. Where it cannot be known whether the file is
    there, somebody may be asking.
    """
    where = sanitise(str(path.parent), 200)
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as e:
        return (e.errno,), f"file {path.name} cannot be looked for in {where}: {e.strerror}"
    return (found.st_dev, found.st_ino, found.st_mtime_ns), f"file {path.name} in {where}"


class HaltFile:
    """The engine's look at the file, twenty times a second."""

    def __init__(self, bot: ArBot) -> None:
        """Watch the data folder of `bot`."""
        self._bot = bot
        self._path = bot.options.data_dir / HALT_NAME
        self._heeded: _Mark | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(_PERIOD_S)

    def look(self) -> str:
        """Halt where the file asks for it; return its request in words, empty without one."""
        asked = halt_asked(self._path)
        if asked is None:
            self._heeded = None
            return ""
        mark, words = asked
        bot = self._bot
        if mark != self._heeded or bot.core.trading is not TradingState.HALTED:
            self._heeded = mark
            bot.executor.handle(Operator(OperatorAction.HALT, words))
        return words
