"""What tests of the paper exchange are built from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.order_ids import client_order_id
from arbot_tui.domain.orders import OrderRequest, OrderSide
from arbot_tui.domain.quotes import Level
from arbot_tui.trading.paper.fees import PaperFees
from arbot_tui.trading.paper.profile import Draws, OrderProfile
from arbot_tui.trading.paper.venue import PaperVenue

__all__ = ["FEES", "RULES", "START_NS", "SYMBOL", "Books", "order", "order_id", "paper_venue"]

SYMBOL = "BTC/USDT"
START_NS = 1_790_000_000 * SECOND
FEES = TradingFees(Decimal("0.0008"), Decimal("0.001"))
RULES = Instrument(
    venue="okx",
    wire_symbol="BTC-USDT",
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.1"),
    lot_step=Decimal("0.001"),
    min_qty=Decimal("0.002"),
    max_qty=Decimal(50),
    min_notional=Decimal(5),
)


class Books(dict[tuple[str, OrderSide], Sequence[Level]]):
    """What a venue shows; tests write it."""

    def visible(self, symbol: str, side: OrderSide) -> Sequence[Level]:
        """Return the levels that such an order meets."""
        return self.get((symbol, side), ())

    def asks(self, *levels: Level) -> None:
        """Show these asks."""
        self[(SYMBOL, OrderSide.BUY)] = levels

    def bids(self, *levels: Level) -> None:
        """Show these bids."""
        self[(SYMBOL, OrderSide.SELL)] = levels


def paper_venue(
    books: Books,
    *,
    seed: int = 1,
    holdings: Mapping[str, str] | None = None,
    latencies_ns: tuple[int, ...] = (100 * MS,),
    profile: OrderProfile | None = None,
    fees: PaperFees | None = None,
) -> PaperVenue:
    """Return a venue whose answers take 100 ms, with plenty of money."""
    found = profile or OrderProfile(latencies_ns=latencies_ns)
    venue = PaperVenue("okx", Draws(seed, found), fees or PaperFees(FEES), books.visible)
    venue.set_instruments([RULES])
    for asset, amount in (holdings or {"BTC": "1000", "USDT": "100000000"}).items():
        venue.account.credit(asset, Decimal(amount))
    return venue


def order_id(pair: int, leg: int = 0, attempt: int = 0) -> str:
    """Return the id of an order."""
    return client_order_id("k3f9x0z", pair, leg, attempt)


def order(
    pair: int = 1,
    side: OrderSide = OrderSide.BUY,
    price: str = "100",
    qty: str = "1",
    *,
    symbol: str = SYMBOL,
    expires_ns: int = START_NS + 2 * SECOND,
) -> OrderRequest:
    """Return an order of that pair."""
    leg = 0 if side is OrderSide.BUY else 1
    return OrderRequest(
        order_id(pair, leg), "okx", symbol, side, Decimal(price), Decimal(qty), expires_ns
    )
