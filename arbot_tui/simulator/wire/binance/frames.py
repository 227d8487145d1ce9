"""The payloads of Binance's market streams, as texts: they are made too often for a tree."""

from __future__ import annotations

from arbot_tui.simulator.core.book import BookChange, Level
from arbot_tui.simulator.core.instruments import Instrument
from arbot_tui.simulator.wire.binance.depth import DepthEvent
from arbot_tui.simulator.wire.binance.formats import DIGITS, wire_symbol
from arbot_tui.simulator.wire.common.market import Market

__all__ = ["book_ticker", "depth_update", "partial_depth"]


def book_ticker(market: Market, change: BookChange) -> str:
    """Return a bookTicker payload; it has no time."""
    instrument = market.instruments[change.symbol]
    bid, ask = change.bid, change.ask
    return (
        f'{{"u":{market.wire_id(change.symbol, change.update_id)},'
        f'"s":"{wire_symbol(instrument)}",'
        f'"b":"{instrument.price_text(bid.ticks, DIGITS)}",'
        f'"B":"{instrument.qty_text(bid.lots, DIGITS)}",'
        f'"a":"{instrument.price_text(ask.ticks, DIGITS)}",'
        f'"A":"{instrument.qty_text(ask.lots, DIGITS)}"}}'
    )


def partial_depth(market: Market, symbol: int, levels: int) -> str:
    """Return a payload with the best levels; it has neither time nor symbol."""
    instrument = market.instruments[symbol]
    book = market.book_of(instrument)
    return (
        f'{{"lastUpdateId":{market.wire_id(symbol, book.update_id)},'
        f'"bids":{_rows(instrument, book.bids[:levels])},'
        f'"asks":{_rows(instrument, book.asks[:levels])}}}'
    )


def depth_update(market: Market, symbol: int, event: DepthEvent) -> str:
    """Return a payload with the levels that changed."""
    instrument = market.instruments[symbol]
    return (
        f'{{"e":"depthUpdate","E":{market.now_ms()},"s":"{wire_symbol(instrument)}",'
        f'"U":{market.wire_id(symbol, event.first_id)},'
        f'"u":{market.wire_id(symbol, event.last_id)},'
        f'"b":{_rows(instrument, event.bids)},"a":{_rows(instrument, event.asks)}}}'
    )


def _rows(instrument: Instrument, levels: list[Level]) -> str:
    rows = [
        f'["{instrument.price_text(ticks, DIGITS)}","{instrument.qty_text(lots, DIGITS)}"]'
        for ticks, lots in levels
    ]
    return f"[{','.join(rows)}]"
