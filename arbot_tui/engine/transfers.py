"""Keeps trading off edges that stand only because a coin cannot be moved (row 31)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import structlog

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.errors import ExchangeError
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal
from arbot_tui.domain.transfers import SuspendedTransfers, Wallets
from arbot_tui.strategy.trading_strategy import TradingStrategy

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["TransferGuard"]

_PERIOD_S = 240.0
# What was heard longer ago is not known any more.
_KNOWN_NS = 600 * SECOND

_log = structlog.get_logger("engine")


class _Heard(msgspec.Struct, frozen=True):
    wallets: Wallets
    at_ns: int


class TransferGuard(TradingStrategy):
    """Refuses a pair whose coin cannot leave where it is bought, or enter where it is sold.

    Venues that do not tell are taken at their prices.
    """

    reason = Reason.STATUS_OK

    def __init__(self, bot: ArBot) -> None:
        """Guard the signals of `bot`; nothing is known before `run`."""
        super().__init__(bot.market)
        self._bot = bot
        self._heard: dict[str, _Heard] = {}

    def should_execute_trade(self, signal: ArbitrageSignal) -> bool:
        """Tell whether nothing is known to trap the coin."""
        return not self.trapped(signal.symbol, signal.buy.venue, signal.sell.venue)

    def trapped(self, symbol: str, buy: str, sell: str) -> str:
        """Return in words what cannot be moved and since when that is known; empty for nothing."""
        base = symbol.partition("/")[0]
        out, into = self._known(buy), self._known(sell)
        if out is not None and base in out.wallets.suspended.withdrawals:
            return f"{buy} lets no {base} out ({self._age(out)})"
        if into is not None and base in into.wallets.suspended.deposits:
            return f"{sell} lets no {base} in ({self._age(into)})"
        return ""

    def wallets(self, venue: str) -> Wallets | None:
        """Return what a venue last said of its wallets; None where that is not known any more."""
        heard = self._known(venue)
        return None if heard is None else heard.wallets

    async def run(self) -> None:
        """Ask the venues every four minutes until cancelled."""
        while True:
            for name in self._bot.venues:
                await self._ask(name)
            await asyncio.sleep(_PERIOD_S)

    async def _ask(self, name: str) -> None:
        try:
            wallets = await self._bot.exchanges[name].get_wallets()
        except ExchangeError as e:
            _log.warning("transfers_not_known", venue=name, message=str(e))
            return
        if wallets is None:
            return
        heard = self._heard.get(name)
        before = SuspendedTransfers() if heard is None else heard.wallets.suspended
        self._heard[name] = _Heard(wallets, self._bot.clock.now_ns())
        if before != wallets.suspended:
            self._say(name, wallets.suspended)

    def _say(self, name: str, suspended: SuspendedTransfers) -> None:
        ours = {i.base for i in self._bot.listings.instruments.get(name, {}).values()}
        _log.info(
            "transfers_suspended",
            venue=name,
            deposits=sorted(suspended.deposits & ours),
            withdrawals=sorted(suspended.withdrawals & ours),
        )

    def _known(self, name: str) -> _Heard | None:
        heard = self._heard.get(name)
        if heard is None or self._bot.clock.now_ns() - heard.at_ns > _KNOWN_NS:
            return None
        return heard

    def _age(self, heard: _Heard) -> str:
        return f"told {(self._bot.clock.now_ns() - heard.at_ns) // SECOND} s ago"
