"""What the venues list: loaded at start, chosen from, kept up to date while running."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
import structlog

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.errors import ConfigError, ExchangeError, ExchangeUnavailable
from arbot_tui.domain.instrument import Instrument
from arbot_tui.engine.selection import followed, nothing_to_follow, select_symbols
from arbot_tui.exchanges.base import BaseExchange
from arbot_tui.trading.core.events import InstrumentsChanged

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["Listings"]

_LOAD_TIMEOUT_S = 10.0
_MIN_VENUES = 2
_CLOCK_PERIOD_S = 60.0
_FEES_RETRY_S = 30.0
# A halted or delisted symbol has to be noticed within a minute.
_REFRESH_S = 50.0
# After a refused order the rules are fetched at once, but not more often than this.
_SOON_S = 2.0

_log = structlog.get_logger("engine")


class Listings:
    """Instruments of every venue, and which of their symbols are followed.

    Attributes:
        instruments: The followed instruments by venue, then canonical symbol.
    """

    def __init__(self, bot: ArBot) -> None:
        """Serve `bot`; nothing is fetched yet."""
        self._bot = bot
        self.instruments: dict[str, dict[str, Instrument]] = {}
        self._wanted: set[str] = set()
        self._doubt = asyncio.Event()
        self._streams: dict[str, asyncio.Task[None]] = {}

    async def load(self) -> None:
        """Reach the venues and choose the symbols to follow.

        Raises:
            ExchangeUnavailable: Fewer than two venues answer.
            ConfigError: A symbol that was asked for is not open on two of them, or none is left
                to follow.
        """
        listings = await self._load_all()
        self._select(listings, await self._volumes(listings))
        if not self._wanted:
            options = self._bot.options
            raise ConfigError(
                nothing_to_follow(options.universe, options.quotes.enabled_quote_currencies)
            )
        for name, listing in listings.items():
            self._follow(name, listing)

    def doubt(self) -> None:
        """A venue refused an order: fetch the rules again within 2 s."""
        self._doubt.set()

    async def run_venue(self, name: str) -> None:
        """Bring one venue up and follow it; restarted by the supervisor after a failure."""
        bot = self._bot
        exchange = bot.exchanges[name]
        if name not in self.instruments:
            await exchange.sync_clock()
            self._follow(name, await exchange.load_instruments())
        self._note_clock(bot.venues.index(name), exchange)
        self._tell(name)
        async with asyncio.TaskGroup() as group:
            # Some venues tell fees one symbol at a time: quotes do not wait for that.
            group.create_task(self._learn_fees(name), name=f"fees {name}")
            while True:
                stream = group.create_task(exchange.connect_ws(bot.feed), name=f"stream {name}")
                self._streams[name] = stream
                await asyncio.wait((stream,))
                if not stream.cancelled():
                    return

    def reconnect(self) -> None:
        """Have every venue's stream begin anew, on new connections."""
        for stream in self._streams.values():
            stream.cancel()

    async def run_refresh(self) -> None:
        """Fetch the rules again and again: status, filters and, more rarely, the selection."""
        bot = self._bot
        selected_ns = bot.clock.now_ns()
        period_ns = round(bot.options.universe.symbol_refresh_s * SECOND)
        while True:
            try:
                async with asyncio.timeout(_REFRESH_S - _SOON_S):
                    await self._doubt.wait()
            except TimeoutError:
                pass
            self._doubt.clear()
            listings = await self._load_all(needed=0)
            # Symbols that a person named are followed whatever becomes of them.
            due = not bot.options.universe.symbols and (
                bot.clock.now_ns() - selected_ns >= period_ns
            )
            if due and len(listings) == len(bot.venues):
                selected_ns = bot.clock.now_ns()
                self._select(listings, await self._volumes(listings))
            for name, listing in listings.items():
                if self._refresh(name, listing):
                    await self._ask_fees(name)
            await asyncio.sleep(_SOON_S)

    async def run_clocks(self) -> None:
        """Measure every venue's clock again now and then."""
        bot = self._bot
        while True:
            await asyncio.sleep(_CLOCK_PERIOD_S)
            for index, name in enumerate(bot.venues):
                exchange = bot.exchanges[name]
                try:
                    await exchange.sync_clock()
                except ExchangeError as e:
                    _log.warning("clock_not_measured", venue=name, message=str(e))
                else:
                    self._note_clock(index, exchange)

    def _note_clock(self, index: int, exchange: BaseExchange) -> None:
        """Have lags corrected by a measured clock, and know the round trips it took."""
        monitor = self._bot.monitor
        monitor.set_offset(index, exchange.offset_ns)
        for rtt_ns in exchange.rtts_ns or (exchange.rtt_ns,):
            monitor.set_rtt(index, rtt_ns)

    async def _load_all(self, needed: int = _MIN_VENUES) -> dict[str, list[Instrument]]:
        """Load every venue's instruments at once; `needed` that answer are enough to go on."""

        async def load(exchange: BaseExchange) -> list[Instrument]:
            async with asyncio.timeout(_LOAD_TIMEOUT_S):
                if exchange.name not in self.instruments:
                    await exchange.sync_clock()
                return await exchange.load_instruments()

        names = list(self._bot.exchanges)
        results = await asyncio.gather(
            *(load(self._bot.exchanges[name]) for name in names), return_exceptions=True
        )
        listings: dict[str, list[Instrument]] = {}
        why = ""
        for name, result in zip(names, results, strict=True):
            if isinstance(result, ExchangeError | TimeoutError):
                why = str(result) or f"{name}: no answer in {_LOAD_TIMEOUT_S:g} s"
                _log.warning("venue_not_loaded", venue=name, message=why)
            elif isinstance(result, BaseException):
                raise result
            else:
                listings[name] = result
        if len(listings) < needed:
            raise ExchangeUnavailable("engine", f"fewer than two venues answer ({why})")
        return listings

    async def _volumes(self, listings: dict[str, list[Instrument]]) -> dict[str, Decimal]:
        """Return what was traded in a day by canonical symbol, over all venues."""
        config = self._bot.options.universe
        volumes: dict[str, Decimal] = {}
        if config.symbols:
            return volumes
        for name, listing in listings.items():
            by_wire = {i.wire_symbol: i.symbol for i in listing}
            try:
                async with asyncio.timeout(_LOAD_TIMEOUT_S):
                    found = await self._bot.exchanges[name].get_volumes()
            except (ExchangeError, TimeoutError) as e:
                _log.warning("volumes_not_known", venue=name, message=str(e))
                continue
            for wire_symbol, volume in found.items():
                if symbol := by_wire.get(wire_symbol):
                    volumes[symbol] = volumes.get(symbol, Decimal(0)) + volume
        return volumes

    def _select(self, listings: dict[str, list[Instrument]], volumes: dict[str, Decimal]) -> None:
        """Choose the symbols; what was followed before keeps its row whatever comes."""
        bot = self._bot
        quotes = bot.options.quotes.enabled_quote_currencies
        chosen = select_symbols(listings, bot.options.universe, volumes, quotes)
        if not bot.options.universe.symbols:
            chosen += self._held(listings, chosen)
        before, self._wanted = self._wanted, set(chosen)
        for symbol in chosen:
            base, _, quote = symbol.partition("/")
            bot.universe.add(base, quote)
        bot.board.grow(len(bot.universe))
        if before and before != self._wanted:
            _log.info(
                "symbols_selected",
                added=sorted(self._wanted - before),
                dropped=sorted(before - self._wanted),
            )

    def _held(
        self, listings: Mapping[str, Sequence[Instrument]], chosen: Sequence[str]
    ) -> list[str]:
        """Return what else has to be followed: without quotes no remainder is brought home."""
        core = self._bot.core
        open_pairs = (*core.in_flight.values(), *(core.pairs[i] for i in sorted(core.stuck)))
        listed = {i.symbol for listing in listings.values() for i in listing}
        held = dict.fromkeys(pair.symbol for pair in open_pairs)
        return [symbol for symbol in held if symbol in listed and symbol not in chosen]

    def _follow(self, name: str, listing: Sequence[Instrument]) -> None:
        """Hand an adapter its symbols."""
        bot = self._bot
        instruments = followed(self._wanted, listing)
        self.instruments[name] = instruments
        rows = {i.wire_symbol: bot.universe.row(i.symbol) for i in instruments.values()}
        bot.exchanges[name].set_universe(rows, list(instruments.values()))
        bot.frames.learn_decimals(instruments.values())

    def _refresh(self, name: str, listing: Sequence[Instrument]) -> bool:
        """Take what changed, and tell whether there are symbols whose fees are not known yet."""
        before = self.instruments.get(name)
        if before is None:
            return False
        now = followed(self._wanted, listing)
        gone = {
            symbol: msgspec.structs.replace(instrument, tradeable=False)
            for symbol, instrument in before.items()
            if symbol not in now
        }
        for symbol in gone.keys() & self._wanted:
            _log.warning("symbol_gone", venue=name, symbol=symbol)
        for symbol, instrument in now.items():
            old = before.get(symbol)
            if old is not None and old != instrument:
                _log.warning(
                    "rules_changed", venue=name, symbol=symbol, tradeable=instrument.tradeable
                )
        if before.keys() != now.keys():
            self._follow(name, listing)
        else:
            self._bot.frames.learn_decimals(now.values())
        self.instruments[name] = now
        if gone:
            self._bot.executor.handle(InstrumentsChanged(name, tuple(gone.values())))
        self._close(name, gone)
        self._tell(name)
        return bool(now.keys() - before.keys())

    def _tell(self, name: str) -> None:
        """Tell the core the rules, and fees where none are known yet."""
        bot = self._bot
        instruments = self.instruments[name]
        bot.executor.handle(InstrumentsChanged(name, tuple(instruments.values())))
        self._close(name, instruments)
        fallback = bot.exchanges[name].config.fallback_fees
        bot.fees.take(
            name, {symbol: bot.fees.said(name, symbol) or fallback for symbol in instruments}
        )

    def _close(self, name: str, instruments: Mapping[str, Instrument]) -> None:
        """Have no book judged whose symbol the venue does not trade, and only those."""
        bot = self._bot
        index = bot.venues.index(name)
        for symbol, instrument in instruments.items():
            bot.board.set_closed(index, bot.universe.row(symbol), not instrument.tradeable)

    async def _learn_fees(self, name: str) -> None:
        """Replace the configured fee rates by the account's own, once they can be had."""
        while True:
            if await self._ask_fees(name):
                return
            await asyncio.sleep(_FEES_RETRY_S)

    async def _ask_fees(self, name: str) -> bool:
        """Ask for the account's own fees, and tell whether they are known now."""
        exchange = self._bot.exchanges[name]
        if not exchange.has_account:
            return True
        try:
            fees = await exchange.get_trading_fees(list(self.instruments[name]))
        except ExchangeError as e:
            _log.warning("fees_not_known", venue=name, message=str(e))
            return False
        try:
            terms = await exchange.get_fee_terms()
        except ExchangeError as e:
            # Without them no discount is counted on.
            _log.info("fee_terms_not_known", venue=name, message=str(e))
            terms = None
        self._bot.fees.take(name, {symbol: rates.under(terms) for symbol, rates in fees.items()})
        return True
