"""What trading does, told to everything that counts, shows or keeps it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import structlog

from arbot_tui.domain.errors import ExchangeError
from arbot_tui.domain.numbers import plain
from arbot_tui.domain.states import LegState
from arbot_tui.domain.text import sanitise
from arbot_tui.trading.core.commands import Alarm, Deny, Query
from arbot_tui.trading.core.pair import ENDED, Pair, pair_outcome

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["TradingWatch"]

_log = structlog.get_logger("trading")

_ENDS_KEPT = 64
"""What is said of a pair after its end comes within moments, while few others end."""


class TradingWatch:
    """The executor's observer.

    Attributes:
        alarm: The newest alarm, until a person has acted on it.
    """

    def __init__(self, bot: ArBot) -> None:
        """Tell the parts of `bot`."""
        self._bot = bot
        self._newest_pair = 0
        self._ends: deque[tuple[str, int]] = deque(maxlen=_ENDS_KEPT)
        self.alarm = ""

    def on_deny(self, deny: Deny) -> None:
        """Count why a signal was refused."""
        self._bot.funnel.count(deny.opportunity_id, deny.reason)
        self._bot.opportunities.mark_denied(deny.opportunity_id, deny.reason)

    def on_alarm(self, alarm: Alarm) -> None:
        """Show it until it is acted on."""
        self.alarm = sanitise(f"{alarm.code}: {alarm.message}")
        _log.error("alarm", code=alarm.code, message=alarm.message)

    def on_pairs(self, pairs: list[Pair]) -> None:
        """Show, keep and count what changed."""
        bot = self._bot
        for pair in pairs:
            # A pair of this run is told of first when it is planned.
            if pair.number >= bot.core.session_from and pair.number > self._newest_pair:
                self._newest_pair = pair.number
                bot.funnel.commit(pair.opportunity_id)
                bot.opportunities.mark_traded(pair.opportunity_id, pair.id)
            if pair.state in ENDED and self._ends_now(pair):
                profit = bot.valuation.pair(pair)
                _log.info(
                    "pair_ended",
                    pair=pair.id,
                    symbol=pair.symbol,
                    outcome=pair_outcome(pair),
                    state=pair.state.value,
                    realised=plain(profit.realised),
                    expected=plain(pair.expected),
                    reason=pair.reason,
                )
            for leg in pair.legs:
                if leg.state is LegState.REJECTED:
                    bot.listings.doubt()
            bot.frames.note_pair(pair)
            bot.recording.note_pair(pair)

    def _ends_now(self, pair: Pair) -> bool:
        """Tell whether it has not been told of this end: what changes later does not end it."""
        end = (pair.id, pair.ended_ns)
        if not pair.ended_ns or end in self._ends:
            return False
        self._ends.append(end)
        return True

    def on_query_failed(self, query: Query, error: ExchangeError) -> None:
        """Log it; the core asks again by itself."""
        _log.warning(
            "query_failed",
            venue=query.venue,
            kind=query.kind.value,
            order=query.client_id,
            message=sanitise(str(error)),
        )
