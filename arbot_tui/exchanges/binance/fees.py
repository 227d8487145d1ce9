"""What Binance charges the account, of its private REST (facts page section 7).

Pure: bytes in, rates or `MalformedMessage` out.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from arbot_tui.domain.fees import TradingFees, believable
from arbot_tui.domain.numbers import ZERO, exact, parse_decimal
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.binance.answers import asset, read

__all__ = ["parse_account_fees", "parse_commission"]


class _Rates(msgspec.Struct):
    maker: str
    taker: str
    buyer: str
    seller: str


class _Discount(msgspec.Struct):
    enabledForAccount: bool
    enabledForSymbol: bool
    discountAsset: str
    discount: str


class _Commission(msgspec.Struct):
    symbol: str
    standardCommission: _Rates
    specialCommission: _Rates | None = None
    taxCommission: _Rates | None = None
    discount: _Discount | None = None


class _Account(msgspec.Struct):
    commissionRates: _Rates


_decode_account = msgspec.json.Decoder(_Account).decode
_decode_commission = msgspec.json.Decoder(_Commission).decode


def parse_account_fees(body: bytes) -> TradingFees:
    """Return the account's general rates in an answer of ``account``.

    Raises:
        MalformedMessage: It breaks its schema, or holds a value that cannot be.
    """
    return read("account", lambda: _fees([_decode_account(body).commissionRates]))


def parse_commission(body: bytes, wire_symbol: str) -> TradingFees:
    """Return the rates of one symbol in an answer of ``account/commission``.

    The sum over standard, special and tax; of buying and selling the dearer one counts. Paying
    in BNB multiplies the standard part alone; whether it applies depends on the BNB balance.

    Raises:
        MalformedMessage: It breaks its schema, is about another symbol, or holds a value that
            cannot be.
    """

    def rates() -> TradingFees:
        answer = _decode_commission(body)
        if answer.symbol != wire_symbol:
            raise ValueError(f"answer about {sanitise(answer.symbol)!r}")
        parts = (answer.standardCommission, answer.specialCommission, answer.taxCommission)
        fees = _fees([part for part in parts if part is not None])
        discount = answer.discount
        if discount is None or not (discount.enabledForAccount and discount.enabledForSymbol):
            return fees
        return msgspec.structs.replace(
            fees,
            coin=asset(discount.discountAsset),
            coin_taker=_discounted(answer.standardCommission, fees.taker, discount.discount),
        )

    return read("commission", rates)


def _fees(parts: list[_Rates]) -> TradingFees:
    maker = taker = buyer = seller = ZERO
    for part in parts:
        maker = exact.add(maker, parse_decimal(part.maker))
        taker = exact.add(taker, parse_decimal(part.taker))
        buyer = exact.add(buyer, parse_decimal(part.buyer))
        seller = exact.add(seller, parse_decimal(part.seller))
    side = max(buyer, seller)
    return TradingFees(believable(exact.add(maker, side)), believable(exact.add(taker, side)))


def _discounted(standard: _Rates, taker: Decimal, multiplier: str) -> Decimal:
    """Return the taker rate while the standard part is paid in the discount coin.

    Of buying and selling the part that saves less counts.
    """
    factor = parse_decimal(multiplier)
    if not 0 <= factor <= 1:
        raise ValueError(f"discount {factor} is no fraction")
    side = min(parse_decimal(standard.buyer), parse_decimal(standard.seller))
    part = max(exact.add(parse_decimal(standard.taker), side), ZERO)
    return exact.subtract(taker, exact.multiply(part, exact.subtract(Decimal(1), factor)))
