"""An engine whose venues are scripted and whose time is passed in; no file, no socket, no task.

The money core's executor is replaced by a list of what it was told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from arbot_tui.domain.account import KeyPermissions
from arbot_tui.domain.clock import MS, SECOND, Clock, VirtualClock
from arbot_tui.domain.errors import ExchangeError, ExchangeUnavailable
from arbot_tui.domain.feed import Continuity, FeedEvent, FeedEventKind
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import Balance, Fill, OrderEvent, OrderRequest, OrderState
from arbot_tui.domain.quotes import BookKind, BookUpdate, DepthSnapshot, Level, Ticker
from arbot_tui.domain.states import Mode
from arbot_tui.domain.transfers import Network, SuspendedTransfers, Wallets
from arbot_tui.engine.bot import ArBot
from arbot_tui.engine.options import EngineOptions
from arbot_tui.exchanges.base import (
    BaseExchange,
    ExchangeConfig,
    MarketDataSink,
    OrderEventSink,
    QuotaUse,
    VenueUrls,
)
from arbot_tui.log import LogRing
from arbot_tui.market.config import UniverseConfig
from arbot_tui.storage.config import StorageConfig
from arbot_tui.strategy.config import FilterConfig
from arbot_tui.trading.config import ArbitrageConfig, RiskConfig

__all__ = ["START_NS", "Rig", "ScriptedVenue", "instrument"]

START_NS = 1_790_000_000 * SECOND

_FEES = TradingFees(maker=Decimal("0.001"), taker=Decimal("0.001"))


def instrument(venue: str, symbol: str, *, tradeable: bool = True) -> Instrument:
    base, _, quote = symbol.partition("/")
    return Instrument(
        venue=venue,
        wire_symbol=f"{base}-{quote}",
        base=base,
        quote=quote,
        tick_size=Decimal("0.01"),
        lot_step=Decimal("0.001"),
        tradeable=tradeable,
    )


class ScriptedVenue(BaseExchange):
    """A venue that lists what it is told to, and writes down what it is asked for."""

    continuity = Continuity.SNAPSHOT_ONLY

    def __init__(self, config: ExchangeConfig, clock: VirtualClock, symbols: Sequence[str]) -> None:
        super().__init__(config, clock)
        self.listing = [instrument(config.name, symbol) for symbol in symbols]
        self.rows: dict[str, int] = {}
        self.depth: set[int] = set()
        self.asked: list[tuple[int, bool]] = []
        self.resynced: list[int] = []
        self.orderbooks = 0
        self.loads = 0
        self.failure: ExchangeError | None = None
        self.suspended: SuspendedTransfers | None = None
        self.networks: dict[str, tuple[Network, ...]] = {}
        self.away_s = 0.0
        self.permissions: KeyPermissions | None = None
        self.keys_asked = 0
        self.restarted: list[str] = []

    def quota(self, now_ns: int) -> QuotaUse:
        return QuotaUse(3, 10, 1.0)

    def banned_s(self, now_ns: int) -> float:
        return self.away_s

    async def sync_clock(self) -> None:
        self.rtt_ns = MS

    async def load_instruments(self) -> list[Instrument]:
        if self.failure is not None:
            raise self.failure
        self.loads += 1
        return list(self.listing)

    async def get_wallets(self) -> Wallets | None:
        if self.failure is not None:
            raise self.failure
        return None if self.suspended is None else Wallets(self.networks, self.suspended)

    async def get_volumes(self) -> dict[str, Decimal]:
        return {listed.wire_symbol: Decimal(10_000_000) for listed in self.listing}

    def set_universe(self, rows: Mapping[str, int], instruments: Sequence[Instrument]) -> None:
        self.rows = dict(rows)

    async def connect_ws(self, sink: MarketDataSink) -> None:
        raise NotImplementedError

    def request_depth(self, row: int, wanted: bool) -> None:
        self.asked.append((row, wanted))
        (self.depth.add if wanted else self.depth.discard)(row)

    def resync_book(self, row: int) -> None:
        self.resynced.append(row)

    async def get_orderbook(self, row: int, levels: int) -> DepthSnapshot:
        self.orderbooks += 1
        if self.failure is not None:
            raise self.failure
        return DepthSnapshot(7, [(1.0, 1.0)], [(2.0, 1.0)], 0, self.clock.now_ns())

    def submit(self, order: OrderRequest, sink: OrderEventSink) -> None:
        raise NotImplementedError

    async def place_order(self, order: OrderRequest) -> list[OrderEvent]:
        raise NotImplementedError

    async def cancel_order(self, symbol: str, client_id: str) -> None:
        raise NotImplementedError

    async def query_order(self, symbol: str, client_id: str) -> OrderState:
        raise NotImplementedError

    async def get_fills(self, symbol: str, client_id: str, venue_id: str) -> list[Fill]:
        raise NotImplementedError

    async def get_balance(self) -> list[Balance]:
        raise NotImplementedError

    async def get_trading_fees(self, symbols: Sequence[str]) -> dict[str, TradingFees]:
        raise ExchangeUnavailable(self.name, "no fees")

    async def get_key_permissions(self) -> KeyPermissions | None:
        self.keys_asked += 1
        if self.failure is not None:
            raise self.failure
        return self.permissions

    def restart_private(self, cause: str) -> None:
        self.restarted.append(cause)

    async def close(self) -> None:
        pass


class _Told:
    """Stands where the executor stands."""

    def __init__(self) -> None:
        self.events: list[object] = []

    def handle(self, event: object) -> None:
        self.events.append(event)


class Rig:
    """The engine, its venues and its time.

    Attributes:
        bot: The engine, not started.
        clock: Its clock.
        venues: The scripted venues by name.
        told: What the money core was told.
    """

    def __init__(
        self,
        listings: Mapping[str, Sequence[str]],
        *,
        universe: UniverseConfig | None = None,
        fallback: TradingFees = _FEES,
        clock: Clock | None = None,
    ) -> None:
        self.clock = VirtualClock(START_NS)
        told_by = clock or self.clock
        configs = tuple(
            ExchangeConfig(
                name, index, VenueUrls("http://127.0.0.1:1", "ws://127.0.0.1:1"), "custom", fallback
            )
            for index, name in enumerate(listings)
        )
        options = EngineOptions(
            mode=Mode.SIMULATE,
            profile="simulate",
            account="sim-test",
            data_dir=Path("/nowhere"),
            config_source="defaults",
            universe=universe or UniverseConfig(min_volume_24h_usd=Decimal(0)),
            arbitrage=ArbitrageConfig(),
            risk=RiskConfig(),
            storage=StorageConfig(),
            venues=configs,
            world=None,
            start=False,
            log=LogRing(),
            filters=FilterConfig(min_edge_life_ms=0),
        )
        self.bot = ArBot(options, told_by)
        self.venues = {
            config.name: ScriptedVenue(config, self.clock, listings[config.name])
            for config in configs
        }
        self.bot.exchanges.clear()
        self.bot.exchanges.update(self.venues)
        self._told = _Told()
        # The executor is the one part that needs files.
        self.bot._executor = self._told  # type: ignore[assignment]

    @property
    def told(self) -> list[object]:
        return self._told.events

    def event(
        self,
        venue: int,
        kind: FeedEventKind,
        connection: int = 0,
        rows: frozenset[int] | None = None,
    ) -> None:
        now_ns = self.bot.clock.now_ns()
        self.bot.feed.on_feed(FeedEvent(venue, kind, now_ns, "", 0, connection, rows))

    def quote(
        self, venue: int, row: int, mid: float, *, size: float = 1.0, late_ns: int = 0
    ) -> None:
        """Quote a spread of 0.02 % around `mid`, stamped now, or `late_ns` before."""
        now_ns = self.clock.now_ns()
        bid, ask = mid * 0.9999, mid * 1.0001
        told = Ticker(venue, row, bid, size, ask, size, now_ns - late_ns, now_ns)
        self.bot.feed.on_ticker(told)

    def book(self, venue: int, row: int, bids: list[Level], asks: list[Level]) -> None:
        """Send a whole book."""
        now_ns = self.clock.now_ns()
        update = BookUpdate(
            venue, row, BookKind.SNAPSHOT, 0, now_ns, -1, bids, asks, now_ns, now_ns
        )
        self.bot.feed.on_book(update)
