"""What the engine keeps in ``arbot.sqlite``: projections, opportunities, sessions, tickers."""

from __future__ import annotations

import asyncio
import secrets
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING

import msgspec

from arbot_tui.domain.errors import StorageError
from arbot_tui.domain.numbers import ZERO, exact, plain
from arbot_tui.domain.opportunity import CAPTURE_DELAYS_MS, Opportunity
from arbot_tui.domain.orders import Fill
from arbot_tui.engine.summary import Summary, exit_code
from arbot_tui.storage.database import Database
from arbot_tui.storage.recorder import Recorder
from arbot_tui.storage.rows import (
    BalanceRow,
    FillRow,
    OpportunityRow,
    OrderRow,
    SessionRow,
    TradeRow,
)
from arbot_tui.storage.upkeep import keep_in_shape
from arbot_tui.trading.account import JOURNAL, WAY_OUT, unknown_orders
from arbot_tui.trading.core.pair import ENDED, Leg, Pair, pair_outcome
from arbot_tui.trading.core.state import CoreState

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["Recording"]

_BALANCES_PERIOD_S = 5.0
_TICKERS_PERIOD_S = 1.0
_CATCH_UP = 3_000
_HUNDRED = Decimal(100)


class Recording:
    """Owns the account's database; use as an async context manager.

    Everything but the session row goes through the bounded recorder: a slow or full disk is
    reported and counted, and never waited for. The journal, not this, is what money rests on.
    """

    def __init__(self, bot: ArBot) -> None:
        """Record `bot`; opens nothing yet."""
        self._bot = bot
        self._database = Database(bot.options.account_dir / "arbot.sqlite", bot.clock)
        self._recorder = Recorder(self._database, bot.options.storage)
        self._opportunity_version = 0
        self._sessions: dict[str, str] = {}
        self._session = SessionRow(
            at_ns=bot.started_ns,
            session_id=secrets.token_hex(8),
            mode=bot.options.mode.value,
            seed=bot.options.seed,
            world_id=bot.options.world.world_id if bot.options.world else "",
            symbols="",
            exchanges=",".join(bot.venues),
            ended_ns=0,
            exit_code=None,
            summary="",
        )

    async def __aenter__(self) -> Recording:
        """Open the database.

        Raises:
            StorageError: It cannot be opened, or is damaged.
        """
        await self._database.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what waits, and close."""
        self._note_opportunities()
        await self._recorder.close()
        await self._database.close()

    @property
    def loss(self) -> str:
        """What could not be kept in the database, in words; empty where nothing is missing."""
        return self._recorder.loss

    async def catch_up(self, core: CoreState, instance: str) -> None:
        """Write again what the journal knows and the database does not, after a crash.

        The journal comes first always: what only the database knows was cut off the journal.

        Raises:
            StorageError: The database cannot be read, or knows more than the journal.
        """
        orders = await self._database.get_historical_data(OrderRow, limit=_CATCH_UP)
        left = [order.client_id for order in orders if order.order_id or order.filled_quantity]
        if lost := unknown_orders(left, instance, core.pair_no):
            path = self._bot.options.account_dir / JOURNAL
            raise StorageError(
                f"journal {path} does not know order {lost[-1]}, which {self._database.path.name}"
                f" beside it lists: {WAY_OUT}"
            )
        known = {
            row.pair_id: row
            for row in await self._database.get_historical_data(TradeRow, limit=_CATCH_UP)
        }
        for pair in core.pairs.values():
            row = known.get(pair.id)
            if row is not None:
                self._sessions[pair.id] = row.session_id
            if row is None or row.ended_ns != pair.ended_ns:
                self.note_pair(pair)

    async def run(self) -> None:
        """Write until cancelled."""
        self._session = msgspec.structs.replace(self._session, symbols=self._symbols())
        self._recorder.put(self._session)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._recorder.run(), name="recorder")
            group.create_task(
                keep_in_shape(self._database, self._bot.options.storage), name="database upkeep"
            )
            group.create_task(self._run_tickers(), name="recording tickers")
            group.create_task(self._run_balances(), name="recording balances")

    async def finish(self, summary: Summary) -> None:
        """Close the session's row with its summary; a failing disk is logged."""
        self._note_balances()
        self._recorder.put(
            msgspec.structs.replace(
                self._session,
                symbols=self._symbols(),
                ended_ns=self._bot.clock.now_ns(),
                exit_code=exit_code(self._bot, summary),
                summary=msgspec.json.encode(summary).decode(),
            )
        )
        await self._recorder.flush()

    def note_pair(self, pair: Pair) -> None:
        """Project a pair, its orders and its fills."""
        put = self._recorder.put
        put(self._trade_row(pair))
        for leg in pair.legs:
            put(_order_row(pair, leg, self._bot.clock.now_ns()))
            for fill in leg.fills:
                put(
                    FillRow(
                        at_ns=fill.event_ns,
                        exchange=fill.venue,
                        symbol=fill.symbol,
                        trade_id=fill.trade_id,
                        client_id=fill.client_id,
                        side=fill.side,
                        price=fill.price,
                        quantity=fill.qty,
                        fee=fill.fee,
                        fee_asset=fill.fee_asset,
                        more_fees=_more_fees(fill),
                    )
                )

    def _symbols(self) -> str:
        universe = self._bot.universe
        return ",".join(universe.symbol(row) for row in range(len(universe)))

    async def _run_tickers(self) -> None:
        """Hand the newest quotes and opportunities over once a second, off the hot path."""
        while True:
            await asyncio.sleep(_TICKERS_PERIOD_S)
            for venue, taken in zip(self._bot.venues, self._bot.feed.take_newest(), strict=True):
                for row, ticker in taken.items():
                    self._recorder.put_ticker(venue, self._bot.universe.symbol(row), ticker)
            self._note_opportunities()

    def _note_opportunities(self) -> None:
        opportunities = self._bot.opportunities
        self._bot.strategy.advance(self._bot.clock.now_ns())
        for opportunity in opportunities.changed_since(self._opportunity_version):
            self._recorder.put(self._opportunity_row(opportunity))
        self._opportunity_version = opportunities.version

    async def _run_balances(self) -> None:
        while True:
            await asyncio.sleep(_BALANCES_PERIOD_S)
            self._note_balances()

    def _note_balances(self) -> None:
        core = self._bot.core
        now_ns = self._bot.clock.now_ns()
        for name in self._bot.venues:
            for asset, total in core.ledger.book(name).items():
                locked = core.reserved.get((name, asset), ZERO)
                self._recorder.put(
                    BalanceRow(
                        at_ns=now_ns,
                        exchange=name,
                        asset=asset,
                        free=exact.subtract(total, locked),
                        locked=locked,
                        total=total,
                    )
                )

    def _opportunity_row(self, opportunity: Opportunity) -> OpportunityRow:
        missing = len(CAPTURE_DELAYS_MS) - len(opportunity.capturable_pct)
        captured = [*opportunity.capturable_pct, *[None] * missing]
        return OpportunityRow(
            at_ns=opportunity.opened_ns,
            session_id=self._session.session_id,
            opportunity_id=opportunity.id,
            symbol=opportunity.symbol,
            buy_exchange=opportunity.buy,
            sell_exchange=opportunity.sell,
            buy_price=opportunity.buy_price,
            sell_price=opportunity.sell_price,
            quantity=opportunity.qty,
            profit=opportunity.profit_quote,
            profit_percent=opportunity.edge_pct,
            peak_profit=opportunity.peak_profit_quote,
            peak_percent=opportunity.peak_pct,
            executed=bool(opportunity.pair_id),
            pair_id=opportunity.pair_id,
            reason=opportunity.reason,
            last_ns=opportunity.last_ns,
            closed_ns=opportunity.closed_ns,
            closed_reason=opportunity.closed_reason,
            signalled=opportunity.signalled,
            capturable_0ms=captured[0],
            capturable_50ms=captured[1],
            capturable_100ms=captured[2],
            capturable_250ms=captured[3],
            capturable_500ms=captured[4],
            path=msgspec.json.encode(opportunity.path.points).decode(),
        )

    def _trade_row(self, pair: Pair) -> TradeRow:
        profit = self._bot.valuation.pair(pair)
        spent = pair.buy.value
        percent = exact.divide(exact.multiply(_HUNDRED, profit.realised), spent) if spent else ZERO
        return TradeRow(
            at_ns=pair.planned_ns,
            pair_id=pair.id,
            session_id=self._sessions.get(pair.id, self._session.session_id),
            opportunity_id=pair.opportunity_id,
            symbol=pair.symbol,
            buy_exchange=pair.buy.venue,
            sell_exchange=pair.sell.venue,
            buy_price=_average(pair.buy) or pair.buy.price,
            sell_price=_average(pair.sell) or pair.sell.price,
            quantity=pair.buy.qty,
            expected_profit=pair.expected,
            profit=profit.realised,
            profit_percent=percent,
            fees=profit.fees,
            quote_currency=pair.quote,
            buy_order_id=pair.buy.venue_id,
            sell_order_id=pair.sell.venue_id,
            status=pair.state.value,
            outcome=pair_outcome(pair) if pair.state in ENDED else "",
            ended_ns=pair.ended_ns,
        )


def _more_fees(fill: Fill) -> str:
    amounts = {asset: plain(amount) for asset, amount in fill.more_fees}
    return msgspec.json.encode(amounts).decode()


def _average(leg: Leg) -> Decimal:
    filled = leg.filled
    return exact.divide(leg.value, filled) if filled else ZERO


def _order_row(pair: Pair, leg: Leg, now_ns: int) -> OrderRow:
    return OrderRow(
        at_ns=leg.sent_ns or pair.planned_ns,
        client_id=leg.client_id,
        pair_id=pair.id,
        exchange=leg.venue,
        order_id=leg.venue_id,
        symbol=leg.symbol,
        side=leg.side,
        order_type="limit_ioc",
        price=leg.price,
        quantity=leg.qty,
        filled_quantity=leg.filled,
        average_price=_average(leg),
        status=leg.state.value,
        message=leg.reject,
        updated_ns=now_ns,
    )
