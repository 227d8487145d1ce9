"""What was taken for an execution, in one coin or in several."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.ledger import FEES, Ledger, external_postings, fill_postings
from arbot_tui.domain.orders import Fee, Fill, OrderSide, split_fees

TENTH, CENT = Decimal("0.1"), Decimal("0.01")


def fill(*fees: Fee, side: OrderSide = OrderSide.SELL) -> Fill:
    fee, asset, more = split_fees(fees)
    return Fill(
        "okx", "c1", "BTC/USDT", "t1", side, Decimal(100), Decimal(2), fee, asset, 1, more
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "fees"),
    [
        ([("USDT", TENTH)], (("USDT", TENTH),)),
        ([("USDT", TENTH), ("BTC", -CENT)], (("USDT", TENTH), ("BTC", -CENT))),
        ([("USDT", TENTH), ("INR", CENT), ("USDT", CENT)], (("USDT", TENTH + CENT), ("INR", CENT))),
        ([("BNB", Decimal(0)), ("USDT", TENTH)], (("USDT", TENTH),)),
        ([("USDT", TENTH), ("USDT", -TENTH), ("BNB", CENT)], (("BNB", CENT),)),
        ([("BNB", Decimal(0))], ()),
        ([("", Decimal(0))], ()),
    ],
)
def test_each_coin_is_told_once_and_those_of_nothing_not_at_all(
    told: list[Fee], fees: tuple[Fee, ...]
) -> None:
    assert fill(*told).fees == fees


def test_a_fee_of_nothing_keeps_its_name() -> None:
    found = fill(("BNB", Decimal(0)))
    assert (found.fee, found.fee_asset, found.fees) == (Decimal(0), "BNB", ())


def test_a_fee_needs_a_coin() -> None:
    with pytest.raises(ValueError, match=r"a fee of 0\.1 of nothing"):
        split_fees([("USDT", CENT), ("", TENTH)])


def test_all_of_them_are_booked_and_rebates_come_in() -> None:
    # row 49
    ledger = Ledger()
    ledger.post(fill_postings(fill(("USDT", TENTH), ("BTC", -CENT), ("BNB", CENT)), "BTC", "USDT"))
    assert ledger.book("okx") == {
        "USDT": Decimal("199.9"), "BTC": Decimal("-1.99"), "BNB": -CENT,
    }  # fmt: skip
    assert ledger.book(FEES) == {"USDT": TENTH, "BTC": -CENT, "BNB": CENT}
    assert ledger.is_balanced()


def test_fees_of_other_peoples_orders_move_our_holdings_as_well() -> None:
    ledger = Ledger()
    told = fill(("USDT", TENTH), ("BTC", -CENT))
    ledger.post(external_postings(told, "BTC", "USDT"))
    assert ledger.book("okx") == {"USDT": Decimal("199.9"), "BTC": Decimal("-1.99")}
    assert ledger.book(FEES) == {}


def test_records_of_one_fee_are_read_as_ever() -> None:
    old = (
        b'{"venue":"okx","client_id":"c1","symbol":"BTC/USDT","trade_id":"t1","side":"sell",'
        b'"price":"100","qty":"2","fee":"0.1","fee_asset":"USDT","event_ns":1,"type":"fill"}'
    )
    assert msgspec.json.decode(old, type=Fill) == fill(("USDT", TENTH))
    two = fill(("USDT", TENTH), ("BTC", -CENT))
    assert msgspec.json.decode(msgspec.json.encode(two), type=Fill) == two
