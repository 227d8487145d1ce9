"""How a venue moves coins: on which networks, at what fee, and what it does not move at present."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache

import msgspec

from arbot_tui.domain.numbers import ZERO, parse_decimal
from arbot_tui.domain.text import sanitise

__all__ = [
    "Network",
    "SuspendedTransfers",
    "ToldAmount",
    "Wallets",
    "amount_told",
    "decimals_told",
    "network_name",
    "wallets_in",
]

ToldAmount = str | int | float | None
"""An amount as venues write it; whatever else it says, whether coins move must stay readable."""

# No amount has more digits, and nothing longer is worth remembering.
_LONGEST = 60


class Network(msgspec.Struct, frozen=True):
    """One network on which a venue moves an asset, as that venue tells it; it need not be true.

    Attributes:
        name: The network as the venue writes it; empty where it has none.
        key: The same name for the same network on every venue: Binance's, or the venue's own in
            upper case where nobody told that they are the same.
        deposits: Coins may come in.
        withdrawals: Coins may go out.
        fee: What a withdrawal costs, in the asset; None where it is not told.
        by_share: A share of the amount is taken as well, or instead.
        minimum: Least amount of a withdrawal; None where it is not told.
        least_deposit: Least amount that is credited when it comes in; None where it is not told.
        step: Amounts of withdrawals are multiples of it; None where it is not told.
    """

    name: str
    key: str
    deposits: bool
    withdrawals: bool
    fee: Decimal | None = None
    by_share: bool = False
    minimum: Decimal | None = None
    least_deposit: Decimal | None = None
    step: Decimal | None = None


class SuspendedTransfers(msgspec.Struct, frozen=True):
    """What no network of a coin allows, by the venue's own word.

    A price there may be far from the others for just this reason: nobody can bring coins in to
    sell them, or take them out to sell them elsewhere.

    Attributes:
        deposits: Assets that cannot be brought in, upper case.
        withdrawals: Assets that cannot be taken out.
    """

    deposits: frozenset[str] = frozenset()
    withdrawals: frozenset[str] = frozenset()


class Wallets(msgspec.Struct, frozen=True):
    """What a venue says of its wallets.

    Attributes:
        networks: Every network by asset; none for an asset that moves neither way.
        suspended: What no network allows.
    """

    networks: Mapping[str, tuple[Network, ...]]
    suspended: SuspendedTransfers


def amount_told(told: ToldAmount) -> Decimal | None:
    """Return an amount that a venue tells; None where it tells none, or what cannot be one."""
    text = str(told)
    return _amount(text) if len(text) <= _LONGEST else None


def decimals_told(told: ToldAmount) -> Decimal | None:
    """Return the step that so many decimals come to; None where they are not told."""
    decimals = amount_told(told)
    if decimals is None or decimals > 30 or decimals != int(decimals):
        return None
    return Decimal(1).scaleb(-int(decimals))


def network_name(told: str, same: Mapping[str, str]) -> tuple[str, str]:
    """Return a network's name and its key.

    Args:
        told: As the venue writes it.
        same: Keys by the venue's names in upper case, where they differ.
    """
    name = _name(told) if len(told) <= _LONGEST else sanitise(told, 30)
    upper = name.upper()
    return name, same.get(upper, upper)


# A venue tells thousands of them every few minutes, on the loop of the quotes, and nearly all of
# them are those that it told before.
@lru_cache(maxsize=16384)
def _amount(text: str) -> Decimal | None:
    try:
        amount = parse_decimal(text)
    except ValueError:
        return None
    return amount if amount >= ZERO else None


@lru_cache(maxsize=4096)
def _name(told: str) -> str:
    return sanitise(told, 30)


def wallets_in(
    rows: Iterable[msgspec.Raw], read: Callable[[msgspec.Raw], tuple[str, Iterable[Network]]]
) -> Wallets:
    """Return what a venue's list of coins says; of a row that cannot be read, nothing.

    Args:
        rows: As the venue sends them.
        read: Returns the asset of one row and its networks, as the venue writes the asset; an
            empty asset for a row that is none of ours. Raises `ValueError` or `RecursionError`
            where it cannot be read.
    """
    found: dict[str, list[Network]] = {}
    for raw in rows:
        try:
            told, networks = read(raw)
            asset = sanitise(told, 20).upper()
            mine = list(networks)
        except (ValueError, RecursionError):
            continue
        if asset:
            found.setdefault(asset, []).extend(mine)
    return Wallets(
        {asset: tuple(networks) for asset, networks in found.items()},
        SuspendedTransfers(
            frozenset(a for a, each in found.items() if not any(n.deposits for n in each)),
            frozenset(a for a, each in found.items() if not any(n.withdrawals for n in each)),
        ),
    )
