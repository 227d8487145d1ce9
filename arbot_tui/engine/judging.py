"""Judges every feed a few times a second, and tells whoever has to know of a new verdict."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import structlog

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.feed import FeedEventKind
from arbot_tui.domain.states import FeedState, TradingState
from arbot_tui.market.connection import Verdict
from arbot_tui.market.feeds import ConnectionHealth, FeedMonitor
from arbot_tui.trading.core.events import Operator, OperatorAction, VenueLive

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["FeedJudge"]

_PERIOD_S = 0.1
# Verdicts older than this say nothing: whoever takes them has failed, or the loop stands.
_UNJUDGED_NS = SECOND
_MIN_VENUES = 2

_log = structlog.get_logger("engine")


class FeedJudge:
    """The engine's timer over feeds and books.

    Attributes:
        start_wanted: Trading is to start once two venues are live and reconciled.
    """

    def __init__(self, bot: ArBot) -> None:
        """Judge the feeds of `bot`."""
        self._bot = bot
        self.start_wanted = bot.options.start
        self._judged_ns: int | None = None
        # The verdicts that were told of, by venue and connection, and by venue.
        self._told: dict[int, dict[int, tuple[FeedState, frozenset[int] | None]]] = {}
        self._states: dict[int, FeedState] = dict.fromkeys(
            range(len(bot.venues)), FeedState.CONNECTING
        )

    async def run(self) -> None:
        """Judge until cancelled."""
        bot = self._bot
        while True:
            self.notice_sleep()
            now_ns = bot.clock.now_ns()
            bot.strategy.loop_lag_ns = bot.loop_lag.now_ns()
            bot.strategy.advance(now_ns)
            for index in range(len(bot.venues)):
                self.judge(index)
            for index, row in bot.monitor.stale_books(bot.board, now_ns):
                bot.board.set_book_state(index, row, FeedState.STALE)
                bot.resync_book(index, row)
            bot.books.check(now_ns)
            self._judged_ns = now_ns
            self._maybe_start()
            self._log_feeds()
            await asyncio.sleep(_PERIOD_S)

    def unjudged(self) -> FeedState | None:
        """Return what every feed counts as where the timer has stopped; None where it runs.

        A feed that falls silent tells nobody: without the timer it would stay live for good.
        """
        judged_ns = self._judged_ns
        if judged_ns is None or self._bot.clock.now_ns() - judged_ns <= _UNJUDGED_NS:
            return None
        return FeedState.STALE

    def notice_sleep(self) -> bool:
        """See whether the machine slept, and if so trust no quote that was under way meanwhile.

        What lies in the sockets then looks fresh to a clock that stood still, and some of it has no
        time of its own to tell. So it is asked here, before anything is decided, and every feed
        and private connection is made anew: what an account did meanwhile is asked for then, and
        orders under way as well. A look costs less than a frame, where each frame would have to
        pay for it.
        """
        bot = self._bot
        slept_ns = bot.clock.catch_up()
        if not slept_ns:
            return False
        why = f"the machine slept for {slept_ns / SECOND:.1f} s"
        _log.warning("machine_slept", slept_s=round(slept_ns / SECOND, 1))
        # It was not the loop that stood.
        bot.loop_lag.expect()
        bot.monitor.distrust(why)
        for index in range(len(bot.venues)):
            self.judge(index)
        bot.listings.reconnect()
        for exchange in bot.exchanges.values():
            exchange.restart_private(why)
        return True

    def judge(self, index: int) -> None:
        """Take the verdicts of a venue's connections, and its own, as of now."""
        bot = self._bot
        now_ns = bot.clock.now_ns()
        bot.board.rtt_ns[index] = bot.monitor.slow_rtt_ns(index)
        found = self.connections(index, now_ns)
        told = self._told.setdefault(index, {})
        for one in found:
            if told.get(one.number) == (one.state, one.rows):
                continue
            told[one.number] = one.state, one.rows
            if bot.board.set_venue_verdict(index, one.state, one.rows) and len(found) > 1:
                _log.info(
                    "connection_state",
                    venue=bot.venues[index],
                    connection=one.number,
                    state=one.state.value,
                    reason=one.reason,
                )
        state, reason = self.verdict(index, now_ns)
        if state is not self._states.get(index):
            self._states[index] = state
            name = bot.venues[index]
            bot.executor.handle(VenueLive(name, state is FeedState.LIVE))
            _log.info("venue_state", venue=name, state=state.value, reason=reason)

    def connections(self, index: int, now_ns: int) -> list[ConnectionHealth]:
        """Return a venue's connections; none is live while the venue wants no request of ours.

        Quotes may still flow then, but an order could not follow.
        """
        found = self._monitor().connections(index, now_ns)
        if why := self._ban_words(index, now_ns):
            return [ConnectionHealth(c.number, FeedState.DOWN, why, c.rows) for c in found]
        return found

    def verdict(self, index: int, now_ns: int) -> Verdict:
        """Return a venue's state, and in words what is wrong where anything is."""
        if why := self._ban_words(index, now_ns):
            return FeedState.DOWN, why
        return self._monitor().verdict(index, now_ns)

    def _monitor(self) -> FeedMonitor:
        """Return the monitor, told how late we ourselves ran."""
        monitor = self._bot.monitor
        monitor.own_lag_ns = self._bot.loop_lag.worst_ns()
        return monitor

    def _ban_words(self, index: int, now_ns: int) -> str:
        banned_s = self._bot.exchanges[self._bot.venues[index]].banned_s(now_ns)
        return f"told to stay away for {banned_s:.0f} s more" if banned_s > 0.0 else ""

    def _log_feeds(self) -> None:
        for event in self._bot.feed.take_news():
            _log.log(
                logging.WARNING if event.kind is FeedEventKind.MALFORMED else logging.INFO,
                f"feed_{event.kind.value}",
                venue=self._bot.venues[event.exchange],
                detail=event.detail,
            )

    def _maybe_start(self) -> None:
        """Carry out `--start` once two venues are live and reconciled."""
        venues = self._bot.core.venues.values()
        ready = sum(1 for venue in venues if venue.live and venue.reconciled)
        if self.start_wanted and ready >= _MIN_VENUES:
            self.start_wanted = False
            if self._bot.core.trading is not TradingState.HALTED:
                # Else what halts it is said already; only a person goes on from there.
                self._bot.executor.handle(Operator(OperatorAction.START))
