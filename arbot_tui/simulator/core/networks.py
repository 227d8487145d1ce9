"""On which networks a synthetic venue moves a coin, and what it takes for it.

Nothing is ever moved: the world only tells its terms, as plausible as its prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from arbot_tui.simulator.core.catalogue import QUOTE, SECOND_QUOTE
from arbot_tui.simulator.core.hashing import draw_key, text_key
from arbot_tui.simulator.core.instruments import Instrument

__all__ = ["Chain", "ChainTerms", "Movable", "chains_of_base", "chains_of_quote"]

_FEE = 401


class Chain(Enum):
    """A network; each venue has a name of its own for it."""

    OWN = auto()
    ETHEREUM = auto()
    TRON = auto()
    BSC = auto()


_NATIVE = {"ETH": Chain.ETHEREUM, "TRX": Chain.TRON, "BNB": Chain.BSC}
_STABLECOIN_FEES = {
    Chain.ETHEREUM: Decimal(4),
    Chain.TRON: Decimal(1),
    Chain.BSC: Decimal("0.3"),
}
_QUOTES = (QUOTE, SECOND_QUOTE)


@dataclass(frozen=True, slots=True)
class ChainTerms:
    """What a venue asks for moving a coin over a network.

    Attributes:
        chain: The network.
        fee: What a withdrawal costs, in the coin.
        minimum: Least amount of a withdrawal.
        least_deposit: Least amount that is credited.
        decimals: Of amounts.
    """

    chain: Chain
    fee: Decimal
    minimum: Decimal
    least_deposit: Decimal
    decimals: int


@dataclass(frozen=True, slots=True)
class Movable:
    """A coin of a venue's wallets.

    Attributes:
        asset: The coin.
        deposits: It may come in.
        withdrawals: It may go out.
        chains: The networks on which it does, each of them.
    """

    asset: str
    deposits: bool
    withdrawals: bool
    chains: tuple[ChainTerms, ...]


def chains_of_base(instrument: Instrument) -> tuple[ChainTerms, ...]:
    """Return the networks of an instrument's base asset: its own one, or those of a stablecoin.

    A lot step is worth a few cents to a dollar, and a withdrawal costs a few of them.
    """
    if instrument.base in _QUOTES:
        return chains_of_quote(instrument.venue, instrument.base)
    draw = draw_key(_FEE, text_key(instrument.base), text_key(instrument.venue))
    fee = Decimal(2 + draw % 8).scaleb(-instrument.qty_decimals)
    chain = _NATIVE.get(instrument.base, Chain.OWN)
    return (ChainTerms(chain, fee, 10 * fee, fee, instrument.qty_decimals + 2),)


def chains_of_quote(venue: str, asset: str) -> tuple[ChainTerms, ...]:
    """Return the networks of a stablecoin: three, one of them dear."""
    terms = []
    for chain, usual in _STABLECOIN_FEES.items():
        draw = draw_key(_FEE, text_key(asset), text_key(venue), chain.value)
        fee = usual * (8 + draw % 5) / 10
        terms.append(ChainTerms(chain, fee, Decimal(10), Decimal(1), 6))
    return tuple(terms)
