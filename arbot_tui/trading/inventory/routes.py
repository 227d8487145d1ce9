"""The ways on which an asset may go from one venue to another, or what bars them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from arbot_tui.domain.numbers import ZERO
from arbot_tui.domain.transfers import Network, Wallets

__all__ = ["Route", "routes_between"]


class Route(msgspec.Struct, frozen=True):
    """One network on which an asset can go from a venue to another at present.

    Attributes:
        source: Venue that it leaves.
        target: Venue at which it arrives.
        sends_on: The network, as the source writes it.
        takes_on: The same network, as the target writes it.
        fee: What the source takes besides what arrives, in the asset.
        least: What arrives must be at least so much.
        step: What arrives must be a multiple of it; 0 where nothing is told.
    """

    source: str
    target: str
    sends_on: str
    takes_on: str
    fee: Decimal
    least: Decimal = ZERO
    step: Decimal = ZERO


def routes_between(
    asset: str, source: str, target: str, wallets: Mapping[str, Wallets | None]
) -> tuple[tuple[Route, ...], str]:
    """Return every way from `source` to `target`, or none and what bars them in words.

    Whether a venue counts a minimum with its fee or without it is not the same everywhere, so
    what arrives is held to it: the smaller of both.

    Args:
        asset: What is to go.
        source: Venue that it would leave.
        target: Venue at which it would arrive.
        wallets: What the venues say; None where one does not say anything.
    """
    sends, takes = wallets.get(source), wallets.get(target)
    if sends is None or takes is None:
        return (), f"{source if sends is None else target} does not tell its networks"
    for venue, told in ((source, sends), (target, takes)):
        if asset not in told.networks:
            return (), f"{venue} does not tell of {asset}"
    if asset in sends.suspended.withdrawals:
        return (), f"{source} lets no {asset} out"
    if asset in takes.suspended.deposits:
        return (), f"{target} lets no {asset} in"
    ways = {n.key: n for n in takes.networks[asset] if n.deposits and n.key}
    shared = [(n, ways[n.key]) for n in sends.networks[asset] if n.withdrawals and n.key in ways]
    if not shared:
        return (), f"no network is open on both {source} and {target}"
    routes = [
        _route(source, target, out, into, out.fee)
        for out, into in shared
        if out.fee is not None and not out.by_share
    ]
    if not routes:
        if any(out.by_share for out, _ in shared):
            return (), f"{source} takes a share of the amount"
        return (), f"{source} does not tell its fee"
    return tuple(routes), ""


def _route(source: str, target: str, out: Network, into: Network, fee: Decimal) -> Route:
    return Route(
        source,
        target,
        out.name,
        into.name,
        fee,
        max(out.minimum or ZERO, into.least_deposit or ZERO),
        out.step or ZERO,
    )
