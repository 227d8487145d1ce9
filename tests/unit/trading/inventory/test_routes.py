"""What bars a coin from going from one venue to another, in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from arbot_tui.domain.transfers import Network, SuspendedTransfers, Wallets
from arbot_tui.trading.inventory.routes import Route, routes_between

TRON = Network(
    "TRC20", "TRX", True, True, Decimal(1), False, Decimal(10), Decimal(2), Decimal("0.01")
)
SHUT = frozenset({"USDT"})


def _told(
    *networks: Network, into: frozenset[str] = frozenset(), out: frozenset[str] = frozenset()
) -> Wallets:
    return Wallets({"USDT": networks}, SuspendedTransfers(into, out))


def _network(**changed: object) -> Network:
    return Network(**{name: getattr(TRON, name) for name in TRON.__struct_fields__} | changed)


def test_a_way_has_the_names_of_both_and_the_stricter_minimum() -> None:
    source = _told(TRON, _network(name="ERC20", key="ETH", minimum=None, step=None))
    target = _told(
        _network(name="Tron", least_deposit=Decimal(20)),
        _network(name="Ethereum", key="ETH", least_deposit=None, fee=None),
    )
    assert routes_between("USDT", "okx", "bybit", {"okx": source, "bybit": target}) == (
        (
            Route("okx", "bybit", "TRC20", "Tron", Decimal(1), Decimal(20), Decimal("0.01")),
            Route("okx", "bybit", "ERC20", "Ethereum", Decimal(1)),
        ),
        "",
    )


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        (None, _told(TRON), "okx does not tell its networks"),
        (_told(TRON), None, "bybit does not tell its networks"),
        (
            Wallets({}, SuspendedTransfers()),
            _told(TRON),
            "okx does not tell of USDT",
        ),
        (_told(TRON, out=SHUT), _told(TRON), "okx lets no USDT out"),
        (_told(TRON), _told(TRON, into=SHUT), "bybit lets no USDT in"),
        (
            _told(TRON),
            _told(_network(deposits=False), _network(key="ETH")),
            "no network is open on both okx and bybit",
        ),
        (
            _told(_network(withdrawals=False), _network(key="ETH")),
            _told(TRON),
            "no network is open on both okx and bybit",
        ),
        # Networks without a name are not one and the same.
        (
            _told(_network(key="")),
            _told(_network(key="")),
            "no network is open on both okx and bybit",
        ),
        (_told(_network(fee=None)), _told(TRON), "okx does not tell its fee"),
        (_told(_network(by_share=True)), _told(TRON), "okx takes a share of the amount"),
    ],
)
def test_what_bars_the_way(source: Wallets | None, target: Wallets | None, why: str) -> None:
    assert routes_between("USDT", "okx", "bybit", {"okx": source, "bybit": target}) == ((), why)
