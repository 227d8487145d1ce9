"""Makes frames: collects what changed, once per frame, however many viewers ask.

Every row, opportunity and pair carries the version in which it last changed; a viewer gets
those after the version it has. Nothing is kept per viewer.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from arbot_tui.domain.clock import MS
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.states import FeedState
from arbot_tui.engine.frames import (
    CellView,
    Frame,
    LogLine,
    OpportunityView,
    RowView,
    StatusView,
    TradeView,
    VenueView,
)
from arbot_tui.engine.trade_views import opportunity_view, signed, trade_view
from arbot_tui.strategy.verdict import Edge, no_edge_words
from arbot_tui.trading.core.pair import Pair

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["FrameBuilder"]

_SPARK_POINTS = 60
_TRADES_KEPT = 200
# Half of a basis point over a minute is noise of the mid price, not a direction.
_TREND_BPS = 0.5
_LOG_AT_ONCE = 200


class FrameBuilder:
    """Builds the frames of one engine."""

    def __init__(self, bot: ArBot) -> None:
        """Read from the parts of `bot`."""
        self._bot = bot
        self._version = 1
        self._rows: dict[int, RowView] = {}
        self._row_versions: dict[int, int] = {}
        self._trades: dict[str, tuple[int, TradeView]] = {}
        self._noted: dict[str, Pair] = {}
        self._opportunities: dict[int, tuple[int, OpportunityView]] = {}
        self._opportunity_version = 0
        self._log_versions: deque[tuple[int, LogLine]] = deque(maxlen=1000)
        self._log_seq = 0
        self._sparks: dict[int, deque[float]] = {}
        self._mids: dict[int, deque[float]] = {}
        self._decimals: dict[int, int] = {}
        self._quotes_before = 0
        self._quotes_per_s = 0.0
        self._dirty: set[int] = set()
        self._best: Edge | None = None

    def learn_decimals(self, instruments: Iterable[Instrument]) -> None:
        """Show as many decimals as the finest tick of any venue needs."""
        for instrument in instruments:
            row = self._bot.universe.row(instrument.symbol)
            exponent = instrument.tick_size.normalize().as_tuple().exponent
            decimals = max(0, -int(exponent))
            self._decimals[row] = max(decimals, self._decimals.get(row, 0))

    def note_pair(self, pair: Pair) -> None:
        """A pair changed; its view is made with the next frame."""
        self._noted[pair.id] = pair

    def sample(self) -> None:
        """Take one point of every spark, and the best edge; called once a second."""
        bot = self._bot
        found: tuple[int, int, int] | None = None
        highest = -math.inf
        self._quotes_per_s = float(bot.feed.quotes - self._quotes_before)
        self._quotes_before = bot.feed.quotes
        for row in range(len(bot.universe)):
            best = bot.strategy.ranking.best_edge(row)
            spark = self._sparks.setdefault(row, deque(maxlen=_SPARK_POINTS))
            spark.append(math.nan if best is None else best[2])
            if best is not None and best[2] > highest:
                highest, found = best[2], (row, best[0], best[1])
            mids = self._mids.setdefault(row, deque(maxlen=_SPARK_POINTS))
            if (mid := self._mid(row)) is not None:
                mids.append(mid)
            self._dirty.add(row)
        self._best = bot.strategy.ranking.edge(*found) if found else None

    def frame(self, since: int) -> Frame:
        """Return everything that changed after version `since`."""
        now_ns = self._bot.clock.now_ns()
        self._collect()
        return Frame(
            version=self._version,
            now_ns=now_ns,
            status=self._status(),
            venues=tuple(self._venue(i, name, now_ns) for i, name in enumerate(self._bot.venues)),
            rows_total=len(self._bot.universe),
            rows=tuple(
                self._rows[row]
                for row, version in sorted(self._row_versions.items())
                if version > since
            ),
            opportunities=tuple(v for n, v in self._opportunities.values() if n > since),
            trades=tuple(view for n, view in self._trades.values() if n > since),
            log=tuple(line for n, line in self._log_versions if n > since)[-_LOG_AT_ONCE:],
            funnel=tuple(
                sorted(self._bot.funnel.counts().items(), key=lambda item: (-item[1], item[0]))
            ),
        )

    def _collect(self) -> None:
        """Give everything that changed since the last frame the next version."""
        bot = self._bot
        version = self._version + 1
        changed = False
        for row in self._dirty | bot.board.take_dirty():
            if row >= len(bot.universe):
                continue
            view = self._row(row)
            if view != self._rows.get(row):
                self._rows[row], self._row_versions[row] = view, version
                changed = True
        self._dirty.clear()
        bot.strategy.advance(bot.clock.now_ns())
        for opportunity in bot.opportunities.changed_since(self._opportunity_version):
            self._opportunities.pop(opportunity.id, None)
            self._opportunities[opportunity.id] = (version, opportunity_view(opportunity))
            changed = True
        self._opportunity_version = bot.opportunities.version
        while len(self._opportunities) > _TRADES_KEPT:
            del self._opportunities[next(iter(self._opportunities))]
        for pair in self._noted.values():
            profit = bot.valuation.pair(pair)
            self._trades[pair.id] = (version, trade_view(pair, profit, self._rates(pair)))
            changed = True
        self._noted.clear()
        while len(self._trades) > _TRADES_KEPT:
            del self._trades[next(iter(self._trades))]
        for entry in bot.options.log.since(self._log_seq):
            self._log_seq = entry.seq
            line = LogLine(entry.seq, entry.at_ns, entry.level, entry.event, entry.fields)
            self._log_versions.append((version, line))
            changed = True
        if changed:
            self._version = version

    def _rates(self, pair: Pair) -> dict[str, Decimal]:
        """Return the taker fees of a pair's venues, as far as they are known."""
        found = {}
        for leg in (pair.buy, pair.sell):
            venue = self._bot.core.venues.get(leg.venue)
            fees = venue.fees.get(pair.symbol) if venue else None
            if fees is not None:
                found[leg.venue] = fees.taker
        return found

    def _row(self, row: int) -> RowView:
        bot = self._bot
        board = bot.board
        quotes = board.latest[row]
        cells: list[CellView | None] = []
        best_bid = best_ask = -1
        newest_ns = 0
        count = len(bot.venues)
        for venue in range(count):
            i = row * count + venue
            note = self._note(venue, row)
            if board.recv_ns[i] == 0 and not note:
                cells.append(None)
                continue
            state = board.book_state(venue, row).value
            changed_ns = quotes[venue].recv_ns
            newest_ns = max(newest_ns, changed_ns)
            bid, ask = quotes[venue].bid, quotes[venue].ask
            cells.append(CellView(bid, ask if math.isfinite(ask) else 0.0, state, changed_ns, note))
            if board.blocked[i]:
                continue
            if best_bid < 0 or bid > quotes[best_bid].bid:
                best_bid = venue
            if best_ask < 0 or ask < quotes[best_ask].ask:
                best_ask = venue
        best = bot.strategy.ranking.best_edge(row)
        return RowView(
            row=row,
            symbol=bot.universe.symbol(row),
            decimals=self._decimals.get(row, 2),
            cells=tuple(cells),
            best_bid=best_bid,
            best_ask=best_ask,
            buy=best[0] if best else -1,
            sell=best[1] if best else -1,
            net_edge_pct=best[2] if best else None,
            changed_ns=newest_ns,
            trend=self._trend(row),
            spark=tuple(self._sparks.get(row, ())),
        )

    def _note(self, venue: int, row: int) -> str:
        """Say why a book is not traded where its feed does not tell."""
        bot = self._bot
        if bot.board.is_closed(venue, row):
            listed = bot.listings.instruments.get(bot.venues[venue], {})
            instrument = listed.get(bot.universe.symbol(row))
            word = instrument.status if instrument is not None else ""
            return f"not traded here: {word or 'not listed'}"
        return bot.strategy.identity.why(venue, row)

    def _mid(self, row: int) -> float | None:
        board, count = self._bot.board, len(self._bot.venues)
        mids = [
            (quote.bid + quote.ask) / 2
            for i, quote in enumerate(board.latest[row], row * count)
            if not board.blocked[i]
        ]
        return sum(mids) / len(mids) if mids else None

    def _trend(self, row: int) -> int:
        """Compare the means of both halves of the last minute of mid prices."""
        mids = list(self._mids.get(row, ()))
        half = len(mids) // 2
        if half < 2:
            return 0
        older = sum(mids[:half]) / half
        newer = sum(mids[half:]) / (len(mids) - half)
        change_bps = (newer - older) / older * 10_000
        return (change_bps > _TREND_BPS) - (change_bps < -_TREND_BPS)

    def _venue(self, index: int, name: str, now_ns: int) -> VenueView:
        bot, monitor = self._bot, self._bot.monitor
        exchange = bot.exchanges[name]
        state, reason = bot.judge.verdict(index, now_ns)
        connections = bot.judge.connections(index, now_ns)
        quota = exchange.quota(now_ns)
        lag_ns = monitor.lag_ns(index)
        silence_ns = monitor.silence_ns(index, now_ns)
        rtt_ns = monitor.rtt_ns(index) or exchange.rtt_ns
        return VenueView(
            name=name,
            state=state.value,
            reason=reason,
            # Two clocks never agree to the last bit; nothing arrives before it was sent.
            lag_ms=None if lag_ns is None else max(0.0, lag_ns / MS),
            rtt_ms=rtt_ns / MS if rtt_ns else None,
            quotes=monitor.quotes(index),
            reconnects=monitor.reconnects(index),
            books=bot.depth.synced(index),
            connections=len(connections),
            connections_live=sum(one.state is FeedState.LIVE for one in connections),
            offset_ms=monitor.offset_ns(index) / MS,
            weight_used=quota.used if quota else None,
            weight_limit=quota.limit if quota else None,
            weight_period_s=quota.period_s if quota else 0.0,
            banned_s=exchange.banned_s(now_ns),
            silence_ms=None if silence_ns is None else max(0.0, silence_ns / MS),
            malformed=monitor.malformed(index),
        )

    def _status(self) -> StatusView:
        bot = self._bot
        core = bot.core
        trading, reason = bot.trading_word()
        realised = bot.valuation.run(core).realised
        return StatusView(
            mode=bot.options.mode.value,
            profile=bot.options.profile,
            trading=trading.value,
            trading_reason=reason,
            quote_currency=bot.quote_currency,
            realised=signed(realised),
            completed=core.outcomes["completed"],
            one_sided=core.outcomes["one_sided"],
            failed=core.outcomes["failed"],
            stuck=core.outcomes["stuck"],
            working=len(core.working()),
            opportunities=bot.opportunities.opened_total,
            signals=bot.opportunities.signalled_total,
            quotes=bot.feed.quotes,
            quotes_per_s=self._quotes_per_s,
            loop_lag_ms_p99=bot.loop_lag.p99_ms(),
            loop_late_ms=bot.loop_lag.worst_ns() / MS,
            config_source=bot.options.config_source,
            seed=bot.options.seed,
            world_id=bot.options.world.world_id if bot.options.world else "",
            started_ns=bot.started_ns,
            alarm=bot.watch.alarm,
            verdict=no_edge_words(self._best),
            clears_at_fee_pct=_clears_at(self._best),
            settings_version=bot.tuning.version,
            settings_unread=bot.tuning.unread(),
        )


def _clears_at(edge: Edge | None) -> float | None:
    return None if edge is None or edge.net_pct > 0.0 else edge.clears_at_pct
