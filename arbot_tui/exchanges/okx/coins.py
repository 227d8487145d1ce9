"""Which coins OKX's wallets take and give: ``GET /api/v5/asset/currencies``, signed.

Not on the facts page; by the venue's documentation (Funding Account, Get currencies, six requests
a second): one row per currency and chain, with ``canDep`` and ``canWd``, ``fee`` (the fixed one),
``burningFeeRate`` (0.05 for 5 %), ``minWd``, ``minDep`` and ``wdTickSz`` (decimals).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.text import sanitise
from arbot_tui.domain.transfers import (
    Network,
    ToldAmount,
    Wallets,
    amount_told,
    decimals_told,
    network_name,
    wallets_in,
)

__all__ = ["TARGET", "parse_coins"]

_VENUE = "okx"
TARGET = "/api/v5/asset/currencies"
"""Path of the list of all currencies."""
# As other clients of it name them; what a bridge brought there has a name of its own.
_SAME = {
    "ERC20": "ETH",
    "TRC20": "TRX",
    "BITCOIN": "BTC",
    "SOLANA": "SOL",
    "ARBITRUM ONE": "ARBITRUM",
    "AVALANCHE C-CHAIN": "AVAXC",
    "POLYGON": "MATIC",
    "APTOS": "APT",
    "RIPPLE": "XRP",
    "DOGECOIN": "DOGE",
    "LITECOIN": "LTC",
    "BITCOINCASH": "BCH",
    "CARDANO": "ADA",
    "POLKADOT": "DOT",
    "COSMOS": "ATOM",
    "FILECOIN": "FIL",
    "ETHEREUM CLASSIC": "ETC",
    "STELLAR LUMENS": "XLM",
}


class _Currency(msgspec.Struct):
    ccy: str
    canDep: bool
    canWd: bool
    chain: str = ""
    fee: ToldAmount = None
    burningFeeRate: ToldAmount = None
    minWd: ToldAmount = None
    minDep: ToldAmount = None
    wdTickSz: ToldAmount = None


_decode_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_currency = msgspec.json.Decoder(_Currency).decode


def parse_coins(data: bytes | msgspec.Raw) -> Wallets:
    """Return each currency's chains.

    Of a row that cannot be read nothing is known.

    Raises:
        MalformedMessage: There is no list of currencies at all.
    """
    try:
        rows = _decode_rows(data)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"currencies: {sanitise(str(e))}") from e
    return wallets_in(rows, _networks)


def _networks(raw: msgspec.Raw) -> tuple[str, Iterable[Network]]:
    row = _decode_currency(raw)
    # Written as ``USDT-TRC20``: the currency, then the chain, which may have a hyphen itself.
    name, key = network_name(row.chain.removeprefix(f"{row.ccy}-"), _SAME)
    network = Network(
        name,
        key,
        deposits=row.canDep,
        withdrawals=row.canWd,
        fee=amount_told(row.fee),
        by_share=bool(amount_told(row.burningFeeRate)),
        minimum=amount_told(row.minWd),
        least_deposit=amount_told(row.minDep),
        step=decimals_told(row.wdTickSz),
    )
    return row.ccy, (network,)
