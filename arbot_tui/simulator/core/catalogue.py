"""The world's symbols: real coins with plausible prices first, plausible tickers after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from arbot_tui.simulator.core.hashing import draw_key, text_key, unit
from arbot_tui.simulator.core.instruments import Instrument, VenueProfile

__all__ = [
    "QUOTE",
    "SECOND_QUOTE",
    "Coin",
    "coins",
    "in_second_quote",
    "instrument",
    "opening_balances",
]

QUOTE = "USDT"
"""Quote currency of the world's symbols."""

SECOND_QUOTE = "USDC"
"""Quote currency of those that a world has a second market of."""

_PRICE, _VOLATILITY, _TURNOVER, _TICK, _LOT = range(101, 106)

# Price in USDT, daily volatility in percent. Never below half a cent: eight decimals, which is
# what venues print, must leave room for a tick of at most one basis point.
_REAL: tuple[tuple[str, str, float], ...] = (
    ("BTC", "64250", 2.4),
    ("ETH", "3180", 3.2),
    ("SOL", "152.4", 4.6),
    ("XRP", "2.13", 4.2),
    ("BNB", "584", 3.0),
    ("DOGE", "0.1642", 5.2),
    ("ADA", "0.612", 4.6),
    ("TRX", "0.2381", 2.8),
    ("LINK", "14.62", 4.8),
    ("AVAX", "28.4", 5.0),
    ("DOT", "5.84", 4.6),
    ("LTC", "84.2", 3.6),
    ("BCH", "412", 4.2),
    ("UNI", "7.92", 5.2),
    ("NEAR", "4.36", 5.4),
    ("APT", "8.14", 5.2),
    ("SUI", "2.46", 6.0),
    ("ATOM", "6.32", 4.4),
    ("FIL", "4.18", 5.0),
    ("ARB", "0.684", 5.6),
    ("OP", "1.524", 5.6),
    ("INJ", "21.3", 5.8),
    ("TIA", "5.12", 6.2),
    ("SEI", "0.3274", 6.0),
    ("ETC", "22.6", 4.2),
    ("XLM", "0.2864", 4.6),
    ("HBAR", "0.1832", 5.4),
    ("ICP", "9.24", 5.0),
    ("AAVE", "148.2", 5.0),
    ("MKR", "1520", 4.6),
    ("ALGO", "0.1921", 5.0),
    ("VET", "0.03124", 5.2),
    ("GRT", "0.1684", 5.4),
    ("SAND", "0.3462", 5.4),
    ("MANA", "0.3618", 5.2),
    ("AXS", "5.46", 5.2),
    ("THETA", "1.284", 5.4),
    ("EGLD", "31.2", 4.8),
    ("FLOW", "0.624", 5.0),
    ("CHZ", "0.0714", 5.6),
    ("RUNE", "4.92", 6.0),
    ("STX", "1.642", 5.8),
    ("IMX", "1.386", 5.6),
    ("LDO", "1.124", 5.8),
    ("CRV", "0.4126", 6.0),
    ("SNX", "1.684", 5.4),
    ("COMP", "52.4", 5.0),
    ("ENJ", "0.1642", 5.4),
    ("ZEC", "48.6", 4.8),
    ("DASH", "27.4", 4.4),
    ("XTZ", "0.724", 4.8),
    ("KAVA", "0.3862", 5.2),
    ("GALA", "0.02316", 6.0),
    ("DYDX", "1.062", 5.8),
    ("WLD", "2.14", 6.4),
    ("JUP", "0.842", 6.0),
    ("PYTH", "0.3214", 6.0),
    ("ENA", "0.524", 6.6),
    ("ONDO", "0.864", 5.8),
    ("FET", "1.362", 6.0),
    ("PENDLE", "4.24", 6.4),
    ("ZRO", "3.18", 6.0),
    ("APE", "0.924", 5.6),
    ("QTUM", "2.86", 4.6),
    ("NEO", "11.24", 4.6),
    ("ZIL", "0.01824", 5.4),
)

_ONSETS = ("B", "D", "F", "G", "K", "L", "M", "N", "P", "R", "S", "T", "V", "X", "Z", "CH", "ST")
_VOWELS = ("A", "E", "I", "O", "U")
_CODAS = ("", "", "N", "R", "X", "L", "S", "T", "K")


@dataclass(frozen=True, slots=True)
class Coin:
    """One base asset of the world.

    Attributes:
        name: Asset name.
        price: Price in quote currency around which it moves.
        volatility_pct: Standard deviation of a day's move, in percent.
        turnover_usd: Value traded in a day on one venue.
        quote: What it is priced in.
    """

    name: str
    price: Decimal
    volatility_pct: float
    turnover_usd: int
    quote: str = QUOTE

    @property
    def symbol(self) -> str:
        """Canonical symbol."""
        return f"{self.name}/{self.quote}"

    @property
    def key(self) -> int:
        """What is drawn for this market and no other is drawn with it."""
        return text_key(self.name if self.quote == QUOTE else self.symbol)


def coins(seed: int, count: int) -> tuple[Coin, ...]:
    """Return the first `count` coins of the world with this seed; BTC and ETH lead."""
    made: list[Coin] = []
    taken = {name for name, _, _ in _REAL} | {QUOTE}
    for rank in range(count):
        if rank < len(_REAL):
            name, text, volatility = _REAL[rank]
            # A few per cent either way, so that two worlds are told apart at a glance.
            factor = 0.94 + 0.12 * unit(draw_key(seed, _PRICE, text_key(name)))
            price = _three_to_five_digits(float(text) * factor)
        else:
            name = _ticker(rank, taken)
            taken.add(name)
            price = _invented_price(draw_key(seed, _PRICE, text_key(name)))
            volatility = 4.0 + 3.0 * unit(draw_key(seed, _VOLATILITY, text_key(name)))
        scatter = 0.6 + 0.8 * unit(draw_key(seed, _TURNOVER, text_key(name)))
        turnover = int(1_600_000_000 * scatter / (1 + rank) ** 0.5 / (1 + rank / 8))
        made.append(Coin(name, price, volatility, turnover))
    return tuple(made)


def in_second_quote(listed: Sequence[Coin], count: int) -> tuple[Coin, ...]:
    """Return the markets that a world with `count` symbols in a second quote has besides.

    The second quote's own market, which tells what it is worth, and the first symbols in it.
    """
    if not count:
        return ()
    rate = Coin(SECOND_QUOTE, Decimal(1), 0.01, 400_000_000)
    return (rate, *(replace(coin, quote=SECOND_QUOTE) for coin in listed[:count]))


def instrument(seed: int, index: int, coin: Coin, venue: VenueProfile) -> Instrument:
    """Return the trading rules of `coin` on `venue`.

    A tick is worth 0.1 to 1 basis point, a lot step a few cents to a dollar, as on the real
    venues; some venues quote a decimal finer than others.
    """
    place = text_key(venue.name)
    price_decimals, qty_decimals = _steps(coin)
    # Whoever trades in cents does so everywhere.
    finer = unit(draw_key(seed, _TICK, text_key(coin.name), place)) < venue.finer_ticks
    if finer and price_decimals > 2:
        price_decimals += 1
    if unit(draw_key(seed, _LOT, text_key(coin.name), place)) < venue.finer_lots:
        qty_decimals += 1
    # Price and quantity decimals together stay within eight, so that a notional is exact in
    # the eight decimals in which venues book money.
    qty_decimals = min(qty_decimals, 8 - price_decimals)
    lots_per_unit = 10**qty_decimals
    return Instrument(
        venue=venue.name,
        index=index,
        symbol=coin.symbol,
        base=coin.name,
        quote=coin.quote,
        price_decimals=price_decimals,
        qty_decimals=qty_decimals,
        min_lots=venue.min_lots,
        # Ten million dollars: far above any order the program may send.
        max_lots=max(1, int(10_000_000 / coin.price)) * lots_per_unit,
        min_notional=venue.min_notional,
    )


def _steps(coin: Coin) -> tuple[int, int]:
    """Return decimals of (price, quantity)."""
    price_decimals = 0
    while Decimal(1).scaleb(-price_decimals) > coin.price * Decimal("0.0001"):
        price_decimals += 1
    # No venue quotes whole dollars: the big two trade in cents.
    price_decimals = max(price_decimals, 2)
    qty_decimals = 0
    while Decimal(1).scaleb(-qty_decimals) * coin.price > 1:
        qty_decimals += 1
    return price_decimals, qty_decimals


def _three_to_five_digits(price: float) -> Decimal:
    return Decimal(f"{price:.5g}") if price >= 1 else Decimal(f"{price:.4g}")


def _invented_price(key: int) -> Decimal:
    """Return a price from two cents to fifty dollars, small ones more often."""
    draw = unit(key)
    return Decimal(f"{0.02 + 50.0 * draw * draw * draw:.4g}")


def _ticker(rank: int, taken: set[str]) -> str:
    """Return an unused ticker of three to six letters; the same for every seed."""
    attempt = 0
    while True:
        key = draw_key(rank, attempt)
        syllables: list[str] = []
        for _ in range(2):
            for part in (_ONSETS, _VOWELS):
                key, choice = divmod(key, len(part))
                syllables.append(part[choice])
        key, choice = divmod(key, len(_CODAS))
        name = "".join(syllables) + _CODAS[choice]
        if name not in taken:
            return name
        attempt += 1


def opening_balances(
    listed: Sequence[Coin], trades: int = 500, trade_usd: int = 1000
) -> dict[str, Decimal]:
    """Return what an account opens with on one venue, by asset.

    Covers `trades` default trades per symbol and side with a third to spare for prices that
    have moved, in round numbers.
    """
    reserve = Decimal(trades * trade_usd * 4) / 3
    quotes = [coin.quote for coin in listed]
    needed = {quote: reserve * quotes.count(quote) for quote in dict.fromkeys(quotes)}
    for coin in listed:
        needed[coin.name] = needed.get(coin.name, Decimal(0)) + reserve / coin.price
    return {asset: _round_up(amount) for asset, amount in needed.items()}


def _round_up(amount: Decimal) -> Decimal:
    """Return the next number of two significant digits."""
    step = Decimal(1).scaleb(amount.adjusted() - 1)
    # Through text, because a sum of "4.1E+7" and eight decimals should print plainly.
    return Decimal(f"{(amount // step + 1) * step:f}")
