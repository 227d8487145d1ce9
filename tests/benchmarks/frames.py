"""Quotes as each venue sends them, and the least that a typed decoder can do with such a frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from arbot_tui.domain.quotes import Ticker
from arbot_tui.exchanges.binance.parsing import StreamParser as BinanceParser
from arbot_tui.exchanges.bitget.parsing import StreamParser as BitgetParser
from arbot_tui.exchanges.bybit.parsing import StreamParser as BybitParser
from arbot_tui.exchanges.okx.parsing import StreamParser as OkxParser

__all__ = ["BARE", "PARSERS", "Parser", "frame"]

Parser = BinanceParser | BitgetParser | BybitParser | OkxParser

PARSERS: Mapping[str, Callable[[int, Mapping[str, int]], Parser]] = {
    "binance": BinanceParser,
    "bybit": BybitParser,
    "okx": OkxParser,
    "bitget": BitgetParser,
}

_MS = 1_700_000_000_000


def frame(venue: str, symbol: str, number: int, quote: Ticker) -> bytes:
    """Return a quote as its venue sends it, in the documented shape.

    Args:
        venue: Name of the venue.
        symbol: As the venue writes it.
        number: Its update id, and its time after some start in milliseconds.
        quote: Prices and sizes.
    """
    bid, bid_size = f'"{quote.bid:.6f}"', f'"{quote.bid_size:.4f}"'
    ask, ask_size = f'"{quote.ask:.6f}"', f'"{quote.ask_size:.4f}"'
    ms = _MS + number
    match venue:
        case "binance":
            text = (
                f'{{"stream":"{symbol.lower()}@bookTicker","data":{{"u":{number},"s":"{symbol}",'
                f'"b":{bid},"B":{bid_size},"a":{ask},"A":{ask_size}}}}}'
            )
        case "bybit":
            text = (
                f'{{"topic":"orderbook.1.{symbol}","type":"snapshot","ts":{ms},"data":'
                f'{{"s":"{symbol}","b":[[{bid},{bid_size}]],"a":[[{ask},{ask_size}]],'
                f'"u":{number + 1},"seq":{number}}},"cts":{ms}}}'
            )
        case "okx":
            text = (
                f'{{"arg":{{"channel":"bbo-tbt","instId":"{symbol}"}},"data":[{{'
                f'"asks":[[{ask},{ask_size},"0","1"]],"bids":[[{bid},{bid_size},"0","1"]],'
                f'"ts":"{ms}","seqId":{number}}}]}}'
            )
        case _:
            text = (
                f'{{"action":"snapshot","arg":{{"instType":"SPOT","channel":"books1",'
                f'"instId":"{symbol}"}},"data":[{{"asks":[[{ask},{ask_size}]],'
                f'"bids":[[{bid},{bid_size}]],"checksum":0,"seq":{number},"ts":"{ms}"}}],"ts":{ms}}}'
            )
    return text.encode()


class _BookTicker(msgspec.Struct, gc=False):
    s: str
    b: float
    B: float
    a: float
    A: float


class _Binance(msgspec.Struct, gc=False):
    data: _BookTicker


class _Level(msgspec.Struct, array_like=True, gc=False):
    price: float
    size: float


class _BybitBook(msgspec.Struct, gc=False):
    b: tuple[_Level]
    a: tuple[_Level]


class _Bybit(msgspec.Struct, gc=False):
    topic: str
    cts: int
    data: _BybitBook


class _Arg(msgspec.Struct, gc=False):
    instId: str


class _Book(msgspec.Struct, gc=False):
    asks: tuple[_Level]
    bids: tuple[_Level]
    ts: int


class _OkxOrBitget(msgspec.Struct, gc=False):
    arg: _Arg
    data: tuple[_Book]


def _bare(kind: type[msgspec.Struct]) -> Callable[[bytes], object]:
    return msgspec.json.Decoder(kind, strict=False).decode


BARE: Mapping[str, Callable[[bytes], object]] = {
    "binance": _bare(_Binance),
    "bybit": _bare(_Bybit),
    "okx": _bare(_OkxOrBitget),
    "bitget": _bare(_OkxOrBitget),
}
"""Symbol, four numbers and the time where there is one: no id, no bound, no other kind of frame."""
