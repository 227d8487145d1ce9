"""What detection hands to the money core."""

from __future__ import annotations

import msgspec

from arbot_tui.domain.quotes import Level

__all__ = ["ArbitrageSignal", "QuoteView"]


class QuoteView(msgspec.Struct, frozen=True, gc=False):
    """One venue's best bid and ask as it stood when something was judged on it.

    Attributes:
        venue: Name of the venue.
        bid: Best bid, quote per base.
        bid_size: Base quantity at `bid`.
        ask: Best ask, quote per base.
        ask_size: Base quantity at `ask`.
        recv_ns: When it was received, `Clock.now_ns`.
        tradeable: The feed verdict was `live` and the book neither gapped nor crossed.
        verdict: The verdict's word, for the record.
        rtt_ns: How long a request there and back takes of late; 0 where that is not measured.
        order_wait_ns: How long the venue takes no order yet, for a ban or a quota; 0 where it does.
    """

    venue: str
    bid: float
    bid_size: float
    ask: float
    ask_size: float
    recv_ns: int
    tradeable: bool
    verdict: str
    rtt_ns: int = 0
    order_wait_ns: int = 0


class ArbitrageSignal(msgspec.Struct, frozen=True):
    """An opportunity worth trading, with the quotes it is judged on.

    Attributes:
        opportunity_id: Identity of the opportunity; the same while it stays open.
        symbol: Canonical symbol, ``BTC/USDT``.
        buy: Quote of the venue to buy on (its ask is taken).
        sell: Quote of the venue to sell on (its bid is taken).
        edge_pct: Net edge in percent after both taker fees.
        qty: Base quantity that both tops of book, and depth where known, offer.
        expected_quote: Expected profit of `qty` in quote currency, after both taker fees.
        created_ns: When it was made, `Clock.now_ns`.
        loop_lag_ns: Lag of the event loop when it was made.
        asks: Levels to buy from, best first, that are within the slippage; empty where only the
            top of the book is known.
        bids: Levels to sell to, likewise.
        median: Median of the mids of every tradeable book of the symbol, this pair's among them;
            0 where there are fewer than three, and the pair's own two say as much.
    """

    opportunity_id: int
    symbol: str
    buy: QuoteView
    sell: QuoteView
    edge_pct: float
    qty: float
    expected_quote: float
    created_ns: int
    loop_lag_ns: int
    asks: tuple[Level, ...] = ()
    bids: tuple[Level, ...] = ()
    median: float = 0.0
