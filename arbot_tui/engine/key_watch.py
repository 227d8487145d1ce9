"""Asks every venue, at start and each hour, what the key that trades there may do.

A key that got the right to withdraw, or lost that to trade, is a key in somebody else's hands, or
one about to fail with a leg open: its venue starts nothing new until the key is fit again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.errors import AuthRefused, ExchangeError
from arbot_tui.domain.key_policy import days_left, is_unbound, refusal
from arbot_tui.domain.text import sanitise
from arbot_tui.trading.core.commands import Alarm
from arbot_tui.trading.core.events import KeyJudged

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["KeyWatch"]

_PERIOD_S = 3600.0
_RETRY_S = 60.0
"""A venue that did not answer is asked again sooner."""
_DAY_NS = 86_400 * SECOND

_log = structlog.get_logger("engine")


class KeyWatch:
    """The engine's hourly look at the rights of its keys."""

    def __init__(self, bot: ArBot) -> None:
        """Watch the keys that the venues of `bot` were given."""
        self._bot = bot
        self._warned_ns: dict[str, int] = {}

    async def run(self, name: str) -> None:
        """Look at one venue's key until cancelled; returns at once where it has none."""
        if self._bot.exchanges[name].config.credentials is None:
            return
        while True:
            answered = await self.look(name)
            await asyncio.sleep(_PERIOD_S if answered else _RETRY_S)

    async def look(self, name: str) -> bool:
        """Judge the key of one venue as of now, and tell whether the venue answered."""
        bot = self._bot
        try:
            permissions = await bot.exchanges[name].get_key_permissions()
        except AuthRefused as e:
            why = sanitise(str(e).removeprefix(f"{name}: "), 160)
            bot.executor.handle(KeyJudged(name, f"is refused: {why}"))
            return True
        except ExchangeError as e:
            _log.warning("key_not_checked", venue=name, message=sanitise(str(e)))
            return False
        # Some environments do not tell; the venue's refusals are all there is then.
        now_ns = bot.clock.now_ns()
        if permissions is None:
            bot.executor.handle(KeyJudged(name, ""))
        else:
            judged = KeyJudged(name, refusal(permissions, now_ns), is_unbound(permissions))
            bot.executor.handle(judged)
            self._warn(name, days_left(permissions, now_ns), now_ns)
        return True

    def _warn(self, name: str, days: int | None, now_ns: int) -> None:
        """Say once a day that a key ends soon."""
        if days is None or now_ns < self._warned_ns.get(name, -_DAY_NS) + _DAY_NS:
            return
        self._warned_ns[name] = now_ns
        left = "within a day" if days < 1 else f"in {days} day{'' if days == 1 else 's'}"
        text = f"the key of {name} expires {left}: renew it at the exchange"
        self._bot.watch.on_alarm(Alarm("key_expires", text))
