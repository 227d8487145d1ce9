"""What venues and networks do to a pair: the fault catalogue (RELIABILITY section b, rows 35-62).

Times are virtual; orders leave a millisecond after the signal, when their commit is durable.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from arbot_tui.domain.clock import MS, SECOND
from arbot_tui.domain.orders import (
    Fill,
    OrderAck,
    OrderEvent,
    OrderReject,
    OrderSide,
    OrderState,
    OrderStatus,
    OrderUnknown,
)
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.states import LegState, PairState, TradingState
from arbot_tui.trading.core.events import BalancesSeen, OperatorAction
from tests.unit.trading.rig import FEES, LIMITS, Rig, Scripted
from tests.unit.trading.venue_model import Answer, Fate

GOOD = Fate()
NONE = Fate(parts=())


def traded(*fates: Fate, **options: object) -> Rig:
    """Return a rig on which one pair has been sent, buying on ant and selling on bee."""
    rig = Rig(Scripted(*fates), **options)  # type: ignore[arg-type]
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(2 * MS)
    assert len(rig.sent) == 2
    return rig


def codes(rig: Rig) -> list[str]:
    return [alarm.code for alarm in rig.alarms]


def test_both_legs_filled_close_the_pair() -> None:
    rig = traded()

    rig.run_for(50 * MS)

    assert rig.pair_state() is PairState.CLOSED
    assert rig.state.outcomes["completed"] == 1
    assert rig.state.realised["BTC/USDT"] > 0
    rig.settle()


def test_an_order_is_sent_in_the_instant_its_commit_is_durable_and_both_together() -> None:
    rig = Rig(Scripted())
    rig.start()
    rig.edge("ant", "bee")

    rig.run_for(MS - 1)
    assert rig.sent == []

    rig.run_for(1)
    assert [order.side for order in rig.sent] == [OrderSide.BUY, OrderSide.SELL]
    assert rig.pair.buy.sent_ns == rig.pair.sell.sent_ns == rig.now_ns


def test_a_lost_answer_makes_the_order_unknown_and_it_is_found_by_its_id() -> None:
    # row 35
    rig = traded(GOOD, Fate(answer=Answer.NONE))

    rig.run_for(1_990 * MS)
    assert rig.pair.sell.state is LegState.SENT
    rig.run_for(12 * MS)
    assert rig.pair_state() is PairState.RESOLVING
    rig.run_for(990 * MS)

    assert rig.pair_state() is PairState.CLOSED
    assert len(rig.sent) == 2
    rig.settle()


def test_a_lost_request_is_not_accepted_only_after_expiry_and_margin() -> None:
    # row 36
    rig = traded(GOOD, Fate(lost=True))
    ripe_ns = rig.pair.sell.expires_ns + LIMITS.visibility_margin_ns

    while rig.pair.sell.state is not LegState.NOT_ACCEPTED:
        assert rig.now_ns < ripe_ns + 3 * SECOND
        rig.run_for(100 * MS)

    assert rig.now_ns > ripe_ns
    rig.run_for(SECOND)
    assert rig.pair_state() is PairState.FLAT
    assert len(rig.sent) == 3
    rig.settle()


def test_a_verdict_of_absence_is_checked_against_the_balances() -> None:
    rig = traded(GOOD, Fate(lost=True))
    while not rig.pair.sell.is_final:
        rig.run_for(MS)
    assert not rig.state.venue("bee").reconciled

    rig.run_for(SECOND)

    assert rig.state.venue("bee").reconciled
    rig.settle()


def test_not_found_is_no_verdict_from_one_source_alone() -> None:
    rig = traded(GOOD, Fate(lost=True))
    choices = rig.choices
    assert isinstance(choices, Scripted)
    choices.asked.extend([("order",)] * 1000)

    rig.run_for(60 * SECOND)

    assert rig.pair.sell.state is LegState.UNKNOWN
    choices.asked.clear()
    rig.settle()


@pytest.mark.parametrize("executed", [True, False])
def test_through_ten_minutes_without_a_network_an_order_stays_unknown(executed: bool) -> None:
    # row 12: questions cannot even be sent, which is no answer, and its expiry is long over
    rig = traded(GOOD, Fate(answer=Answer.NONE) if executed else Fate(lost=True))
    choices = rig.choices
    assert isinstance(choices, Scripted)
    choices.questions.extend([-1] * 10_000)
    rig.set_up("bee", False)
    for _ in range(600):
        rig.run_for(SECOND)
        sell = rig.pair.sell
        assert sell.state in (LegState.SENT, LegState.UNKNOWN)
    asked = 10_000 - len(choices.questions)
    assert 300 < asked < 1_300
    # What the other leg did was brought home; nothing more is bought or sold there meanwhile.
    rig.set_up("bee", True)
    rig.edge("ant", "bee", "ETH/USDT")
    assert rig.denied[-1].reason in (Reason.RECONCILED, Reason.UNKNOWN_ORDERS)

    choices.questions.clear()
    rig.run_for(5 * SECOND)

    assert sell.state is (LegState.FILLED if executed else LegState.NOT_ACCEPTED)
    rig.settle()


def test_two_answers_at_once_are_one_round() -> None:
    rig = traded(GOOD, Fate(lost=True))
    sell = rig.pair.sell
    rig.run_for(2_100 * MS)
    rig.set_up("bee", False)
    rig.run_for(4 * SECOND)
    gone = OrderState("bee", sell.client_id, OrderStatus.NOT_FOUND, Decimal(0), ("order", "fills"))

    rig.handle(gone)
    rig.handle(gone)
    assert (sell.state, sell.negatives) == (LegState.UNKNOWN, 1)

    rig.run_for(300 * MS)
    rig.handle(gone)
    assert sell.state is LegState.NOT_ACCEPTED


def test_a_slow_answer_to_an_early_question_says_nothing_of_later() -> None:
    # row 40: it left the venue before the order had to be seen there, however late it comes
    rig = traded(GOOD, Fate(lost=True))
    sell = rig.pair.sell
    ripe_ns = sell.expires_ns + LIMITS.visibility_margin_ns
    rig.run_for(2_100 * MS)
    gone = OrderState("bee", sell.client_id, OrderStatus.NOT_FOUND, Decimal(0), ("order", "fills"))
    rig.set_up("bee", False)
    rig.run_for(10 * SECOND)

    def answered(asked_ns: int) -> int:
        rig.handle(msgspec.structs.replace(gone, asked_ns=asked_ns))
        return sell.negatives

    assert rig.now_ns > ripe_ns + 5 * SECOND
    assert answered(ripe_ns - 1) == 0
    assert answered(ripe_ns) == 1
    # Both were asked before the first was answered: what appeared since, neither can have seen.
    assert answered(ripe_ns + SECOND) == 1
    assert answered(rig.now_ns + 199 * MS) == 1
    before = sell.state
    rig.run_for(SECOND)
    assert answered(rig.now_ns - 800 * MS) == 2
    assert (before, sell.state) == (LegState.UNKNOWN, LegState.NOT_ACCEPTED)


@pytest.mark.parametrize("answer", [Answer.UNKNOWN, Answer.NONE])
@pytest.mark.parametrize("parts", [(), (1000,), (300, 200)])
def test_an_error_that_says_nothing_is_never_taken_for_a_refusal(
    answer: Answer, parts: tuple[int, ...]
) -> None:
    # row 37
    rig = traded(Fate(answer=answer, parts=parts), Fate(answer=answer, parts=parts))

    rig.run_for(10 * SECOND)

    expected = "completed" if parts else "failed"
    assert rig.state.outcomes[expected] == 1
    assert len(rig.sent) == 2
    rig.settle()


def test_an_order_that_arrives_late_is_refused_by_its_expiry_and_unwound() -> None:
    # row 38
    rig = traded(GOOD, Fate(travel_ns=30 * SECOND, answer=Answer.FULL))

    rig.run_for(8 * SECOND)

    assert rig.pair.sell.state is LegState.NOT_ACCEPTED
    assert rig.pair_state() is PairState.FLAT
    rig.run_for(30 * SECOND)
    assert rig.venues["bee"].arrived == [rig.pair.sell.client_id]
    rig.settle()


def test_a_late_order_that_fills_all_the_same_is_brought_home_and_alarms() -> None:
    # row 38, the venue breaks its promise
    rig = traded(GOOD, Fate(lost=True), honest=False)
    rig.run_for(8 * SECOND)
    assert rig.pair_state() is PairState.FLAT
    late = msgspec.structs.replace(rig.sent[1], expires_ns=rig.now_ns + SECOND)

    for event in rig.venues["bee"].arrive(late, GOOD, rig.now_ns):
        rig.handle(event)
    assert not rig.state.venue("bee").reconciled
    rig.run_for(2 * SECOND)

    assert {"late_fill", "late_order"} <= set(codes(rig))
    assert rig.state.venue("bee").reconciled
    assert rig.pair_state() is PairState.CLOSED
    assert rig.pair.net == 0
    assert rig.state.outcomes == {"completed": 1, "one_sided": 0, "failed": 0, "stuck": 0}
    assert rig.agrees()


def test_a_late_sign_of_life_is_followed_up_although_no_fill_was_told() -> None:
    rig = traded(GOOD, Fate(lost=True), honest=False)
    rig.run_for(8 * SECOND)
    sell = rig.pair.sell
    late = msgspec.structs.replace(rig.sent[1], expires_ns=rig.now_ns + SECOND)
    rig.venues["bee"].arrive(late, GOOD, rig.now_ns)

    rig.handle(OrderState("bee", sell.client_id, OrderStatus.FILLED, sell.qty, ("stream",)))
    assert not rig.state.venue("bee").reconciled
    rig.run_for(2 * SECOND)

    assert "late_order" in codes(rig)
    assert rig.agrees()
    assert rig.state.venue("bee").reconciled


def test_a_late_ack_is_doubted_and_the_balances_decide() -> None:
    rig = traded(GOOD, Fate(lost=True))
    rig.run_for(8 * SECOND)

    rig.handle(OrderAck("bee", rig.pair.sell.client_id, "77"))

    assert not rig.state.venue("bee").reconciled
    rig.run_for(SECOND)
    assert rig.state.venue("bee").reconciled
    rig.settle()


def test_an_ack_that_comes_after_the_end_changes_nothing_but_the_order_id() -> None:
    rig = traded(GOOD, Fate(refused=True, answer=Answer.ACK))
    rig.run_for(SECOND)
    records, state = len(rig.journal), rig.pair_state()
    buy, sell = rig.pair.buy, rig.pair.sell
    assert (bool(buy.venue_id), sell.venue_id) == (True, "")

    for _ in range(2):
        rig.handle(OrderAck("bee", sell.client_id, "77"))
        rig.handle(OrderAck("ant", buy.client_id, "78"))

    assert len(rig.journal) == records + 1
    assert (sell.venue_id, sell.state, rig.pair_state()) == ("77", LegState.REJECTED, state)
    rig.settle()


def test_an_ack_told_twice_changes_nothing_the_second_time() -> None:
    rig = traded(Fate(answer=Answer.NONE, order_lag_ns=SECOND, fills_lag_ns=SECOND))
    buy = rig.pair.buy
    rig.handle(OrderAck("ant", buy.client_id, "77"))
    records = len(rig.journal)

    rig.handle(OrderAck("ant", buy.client_id, "78"))
    rig.handle(OrderUnknown("ant", buy.client_id, "connection lost"))

    assert len(rig.journal) == records
    assert (buy.venue_id, buy.state) == ("77", LegState.ACKED)
    rig.settle()


@pytest.mark.parametrize("by", ["ack", "state"])
def test_the_venues_order_id_is_kept_though_it_comes_after_the_end(by: str) -> None:
    # Bybit: both streams may come before the answer, and executions name no order of the venue's.
    rig = traded(Fate(answer=Answer.NONE), GOOD)
    buy = rig.pair.buy
    while rig.pair_state() is not PairState.CLOSED:
        rig.handle(
            Fill(
                "ant", buy.client_id, "BTC/USDT", "9", buy.side, buy.price, buy.qty, Decimal(0),
                "USDT", 0,
            )
        )  # fmt: skip
        rig.run_for(MS)
    assert buy.venue_id == ""
    ended_ns, booked = rig.pair.ended_ns, dict(rig.state.outcomes)

    for venue_id in ("77", "78"):
        if by == "ack":
            rig.handle(OrderAck("ant", buy.client_id, venue_id))
        else:
            status, qty = OrderStatus.FILLED, buy.qty
            rig.handle(OrderState("ant", buy.client_id, status, qty, ("stream",), venue_id))

    assert buy.venue_id == "77"
    assert (rig.pair.ended_ns, dict(rig.state.outcomes)) == (ended_ns, booked)


def test_a_fill_that_is_late_for_its_leg_but_not_for_its_pair_counts_all_the_same() -> None:
    rig = traded(Fate(parts=(), answer=Answer.FULL), Fate(answer=Answer.NONE), honest=False)
    rig.run_for(10 * MS)
    buy = rig.pair.buy
    assert buy.state is LegState.EXPIRED

    rig.handle(
        Fill(
            "ant", buy.client_id, "BTC/USDT", "9", buy.side, buy.price, buy.qty, Decimal(0),
            "USDT", 0,
        )
    )  # fmt: skip
    assert buy.is_final
    assert rig.pair_state() is PairState.WORKING
    rig.run_for(5 * SECOND)

    assert rig.pair_state() is PairState.CLOSED
    assert "late_fill" not in codes(rig)
    assert "late_order" in codes(rig)


@pytest.mark.parametrize("lag", [100 * MS, 1_900 * MS])
def test_an_order_that_queries_do_not_show_yet_stays_unknown(lag: int) -> None:
    # row 40
    hidden = Fate(answer=Answer.NONE, order_lag_ns=lag, fills_lag_ns=lag, parts=(400,))
    rig = traded(hidden, hidden)

    rig.run_for(10 * SECOND)

    assert rig.pair_state() is PairState.CLOSED
    assert len(rig.sent) == 2
    rig.settle()


def test_an_order_refused_after_its_ack_has_the_other_leg_unwound() -> None:
    # row 41
    rig = traded(GOOD, Fate(refused=True, answer=Answer.FULL))

    rig.run_for(300 * MS)

    assert rig.pair.sell.state is LegState.REJECTED
    assert rig.pair.sell.reject == "-2010 refused"
    assert rig.pair_state() is PairState.FLAT
    assert rig.state.outcomes["one_sided"] == 1
    rig.settle()


@pytest.mark.parametrize("bought", [True, False])
def test_one_leg_filled_and_one_refused_is_unwound_at_once_where_it_was_filled(
    bought: bool,
) -> None:
    # row 42
    refused = Fate(refused=True, answer=Answer.ACK)
    rig = traded(GOOD, refused) if bought else traded(refused, GOOD)

    rig.run_for(250 * MS)

    assert len(rig.sent) == 3
    unwinding = rig.sent[2]
    assert unwinding.venue == ("ant" if bought else "bee")
    assert unwinding.side is (OrderSide.SELL if bought else OrderSide.BUY)
    assert rig.pair_state() is PairState.FLAT
    rig.settle()


@pytest.mark.parametrize("one", [0, 1, 250, 500, 999, 1000])
@pytest.mark.parametrize("other", [0, 3, 500, 501, 1000])
def test_partial_fills_of_every_ratio_end_flat_or_as_dust(one: int, other: int) -> None:
    # rows 43, 44, 45
    rig = traded(
        Fate(parts=(one,) if one else (), fee_asset="quote"),
        Fate(parts=(other,) if other else (), fee_asset="quote"),
    )

    rig.run_for(2 * SECOND)

    pair = rig.pair
    if one == other:
        assert pair.state is (PairState.CLOSED if one else PairState.FLAT)
        assert rig.state.outcomes["completed" if one else "failed"] == 1
    else:
        assert rig.state.outcomes["one_sided"] == 1
        # 5 USDT at about 100 is the smallest order.
        small = abs(pair.buy.filled - pair.sell.filled) < Decimal("0.05")
        assert pair.state is (PairState.DUST if small else PairState.FLAT)
    rig.settle()


def test_two_empty_legs_cost_nothing_and_count_for_the_cooldown() -> None:
    # row 45
    rig = traded(NONE, NONE, limits=msgspec.structs.replace(LIMITS, cooldown_ns=SECOND))
    rig.run_for(100 * MS)
    assert rig.pair_state() is PairState.FLAT
    assert rig.state.realised["BTC/USDT"] == 0

    rig.edge("ant", "bee")
    assert rig.denied[-1].reason is Reason.COOLDOWN
    rig.run_for(SECOND)
    rig.edge("ant", "bee")
    rig.run_for(2 * MS)
    assert len(rig.sent) == 4
    rig.settle()


@pytest.mark.parametrize("answer", [Answer.FILLS_FIRST, Answer.STATE_FIRST, Answer.OPEN_FIRST])
def test_fills_and_states_before_the_ack_belong_to_their_order(answer: Answer) -> None:
    # row 46
    rig = traded(Fate(answer=answer, parts=(300, 300)), Fate(answer=answer, parts=(300, 300)))

    rig.run_for(300 * MS)

    assert rig.pair_state() is PairState.CLOSED
    rig.settle()


def test_a_fill_before_the_ack_is_followed_up_without_waiting_for_silence() -> None:
    rig = traded(GOOD, Fate(answer=Answer.NONE, parts=(500, 500)))
    sell = rig.pair.sell
    rig.run_for(10 * MS)
    first = rig.venues["bee"].fills(sell.client_id, rig.now_ns)[0]

    rig.handle(first)

    assert sell.state is LegState.ACKED
    rig.run_for(100 * MS)
    assert rig.pair_state() is PairState.CLOSED


def test_everything_told_twice_counts_once() -> None:
    # row 47
    rig = traded(Fate(twice=True, parts=(400, 600)), Fate(twice=True))
    rig.run_for(100 * MS)
    for venue in rig.venues.values():
        for client_id in list(venue.orders):
            for fill in venue.fills(client_id, rig.now_ns):
                rig.handle(fill)

    assert rig.pair_state() is PairState.CLOSED
    rig.settle()


@pytest.mark.parametrize("asset", ["base", "quote", "GAS"])
def test_fees_in_any_asset_keep_the_ledger_exact(asset: str) -> None:
    # row 49
    rig = traded(Fate(fee_asset=asset), Fate(fee_asset=asset))

    rig.run_for(100 * MS)

    assert rig.agrees()
    rig.settle()


@pytest.mark.parametrize("asset", ["base", "quote", "GAS"])
def test_several_fees_of_one_execution_and_rebates_keep_the_ledger_exact(asset: str) -> None:
    # row 49
    tenth = Decimal("0.1")
    taxed = Fate(fee_asset=asset, more_fees=(("quote", tenth), ("GAS", tenth)))
    given = Fate(fee_asset=asset, more_fees=(("base", -tenth), ("NEW", -tenth)))
    rig = traded(taxed, given)
    rig.run_for(SECOND)
    assert rig.pair_state() is PairState.CLOSED
    assert rig.ours("bee")["NEW"] == tenth
    rig.settle()


def test_a_remainder_is_sold_as_far_as_the_fee_left_any_of_it() -> None:
    # row 49: what was bought is all there is, less the fee in base
    opening = {
        "ant": {"USDT": Decimal(1000)},
        "bee": {"USDT": Decimal(1000), "BTC": Decimal(10)},
    }
    refused = Fate(refused=True, answer=Answer.ACK)
    rig = traded(GOOD, refused, venues=("ant", "bee"), opening=opening)

    rig.run_for(SECOND)

    assert rig.sent[2].qty == Decimal("3.996")
    assert rig.pair.net == Decimal("0.004")
    assert rig.pair.remainder == 0
    assert rig.pair_state() is PairState.FLAT
    rig.settle()


@pytest.mark.parametrize(
    ("price", "qty", "side"),
    [
        ("100.02", "1", OrderSide.BUY),
        ("99.99", "5", OrderSide.BUY),
        ("99.99", "1", OrderSide.SELL),
    ],
)
def test_a_fill_outside_its_order_blocks_the_venue_and_is_booked(
    price: str, qty: str, side: OrderSide
) -> None:
    # row 52; the order is to buy 4 at 100.01 at most
    rig = traded(Fate(answer=Answer.NONE), GOOD, honest=False)
    buy = rig.pair.buy
    fee = Decimal("0.1")
    fill = Fill(
        "ant", buy.client_id, "BTC/USDT", "9001", side, Decimal(price), Decimal(qty), fee, "USDT", 0
    )
    before = rig.state.ledger.balance("ant", "BTC")

    rig.handle(fill)

    assert "outside order" in rig.state.venue("ant").blocked
    assert rig.state.ledger.balance("ant", "BTC") != before
    rig.run_for(SECOND)
    rig.edge("ant", "cat", "ETH/USDT")
    assert rig.denied[-1].reason is Reason.RECONCILED
    assert codes(rig).count("venue_blocked") == 1


@pytest.mark.parametrize(
    ("symbol", "price", "qty"),
    [("ETH/USDT", "100", "1"), ("BTC/USDT", "0", "1"), ("BTC/USDT", "100", "-1")],
)
def test_a_fill_that_cannot_be_is_not_booked_and_blocks_the_venue(
    symbol: str, price: str, qty: str
) -> None:
    rig = traded(Fate(answer=Answer.NONE))
    buy = rig.pair.buy
    before = rig.state.ledger.snapshot()
    buying = OrderSide.BUY
    zero = Decimal(0)

    rig.handle(
        Fill("ant", buy.client_id, symbol, "9", buying, Decimal(price), Decimal(qty), zero, "A", 0)
    )

    assert "nonsense" in rig.state.venue("ant").blocked
    assert rig.state.ledger.snapshot() == before
    rig.run_for(3 * SECOND)
    rig.settle()


def test_a_venue_has_no_say_in_the_orders_of_another() -> None:
    rig = traded(Fate(answer=Answer.NONE, parts=()), Fate(answer=Answer.NONE, parts=()))
    buy = rig.pair.buy
    price, qty = buy.price, buy.qty
    zero = Decimal(0)

    rig.handle(OrderAck("bee", buy.client_id, "1"))
    rig.handle(OrderReject("bee", buy.client_id, "1", "no", fatal=True))
    rig.handle(OrderUnknown("bee", buy.client_id, "?"))
    rig.handle(OrderState("bee", buy.client_id, OrderStatus.FILLED, qty, ("order",)))
    rig.handle(
        Fill("bee", buy.client_id, "BTC/USDT", "1", OrderSide.BUY, price, qty, zero, "BTC", 0)
    )

    assert buy.state is LegState.SENT
    assert buy.fills == []
    assert not rig.state.venue("bee").blocked
    rig.settle()


def test_more_reported_than_ordered_blocks_the_venue() -> None:
    rig = traded(Fate(answer=Answer.NONE))
    buy = rig.pair.buy

    rig.handle(
        OrderState("ant", buy.client_id, OrderStatus.PARTIALLY_FILLED, Decimal(9), ("order",))
    )

    assert "9 executed" in rig.state.venue("ant").blocked


def test_filled_without_a_quantity_means_all_of_it() -> None:
    rig = traded(Fate(answer=Answer.NONE, fills_lag_ns=SECOND))
    buy = rig.pair.buy

    rig.handle(OrderState("ant", buy.client_id, OrderStatus.FILLED, Decimal(0), ("stream",)))
    rig.run_for(500 * MS)
    assert not buy.is_final

    rig.run_for(2 * SECOND)
    assert buy.state is LegState.FILLED
    rig.settle()


def test_a_refusal_of_what_has_executed_is_not_believed() -> None:
    rig = traded(Fate(answer=Answer.ACK, parts=(400,)))
    buy = rig.pair.buy
    rig.run_for(8 * MS)
    rig.handle(OrderState("ant", buy.client_id, OrderStatus.PARTIALLY_FILLED, Decimal(1), ()))

    rig.handle(OrderReject("ant", buy.client_id, "-1", "no"))

    assert buy.final_status is None
    rig.settle()
    assert buy.state is LegState.PARTIAL


def test_not_found_does_not_undo_what_was_reported() -> None:
    rig = traded(Fate(answer=Answer.NONE))
    buy = rig.pair.buy
    rig.set_up("ant", False)
    rig.handle(OrderState("ant", buy.client_id, OrderStatus.PARTIALLY_FILLED, Decimal(1), ()))
    rig.run_for(10 * SECOND)

    for _ in range(3):
        rig.handle(
            OrderState("ant", buy.client_id, OrderStatus.NOT_FOUND, Decimal(0), ("order", "fills"))
        )
        rig.run_for(SECOND)

    assert not buy.is_final
    assert buy.negatives == 0
    rig.settle()


def test_being_found_again_starts_the_count_of_absences_anew() -> None:
    rig = traded(Fate(answer=Answer.NONE, parts=()))
    buy = rig.pair.buy
    rig.set_up("ant", False)
    rig.run_for(10 * SECOND)
    gone = OrderState("ant", buy.client_id, OrderStatus.NOT_FOUND, Decimal(0), ("order", "fills"))

    rig.handle(gone)
    assert buy.negatives == 1
    rig.handle(OrderState("ant", buy.client_id, OrderStatus.NEW, Decimal(0), ("open",), "17"))
    assert (buy.negatives, buy.venue_id, buy.state) == (0, "17", LegState.UNKNOWN)
    rig.run_for(SECOND)
    rig.handle(gone)
    assert not buy.is_final
    rig.settle()


def test_a_fatal_refusal_stops_the_venue_until_the_next_run() -> None:
    rig = traded(GOOD, Fate(answer=Answer.NONE, lost=True))
    sell = rig.pair.sell

    rig.handle(OrderReject("bee", sell.client_id, "-2015", "key revoked", fatal=True))
    rig.handle(OrderReject("bee", sell.client_id, "-2015", "key revoked", fatal=True))

    assert rig.state.venue("bee").blocked == "-2015 key revoked"
    assert codes(rig).count("venue_blocked") == 1
    rig.run_for(SECOND)
    assert rig.pair_state() is PairState.FLAT
    rig.crash()
    rig.start()
    assert not rig.state.venue("bee").blocked
    rig.settle()


@pytest.mark.parametrize("event", ["ack", "fill", "state", "reject", "unknown"])
def test_an_order_that_a_venue_speaks_of_before_it_was_sent_is_never_sent(event: str) -> None:
    rig = Rig(Scripted(), honest=False)
    rig.start()
    rig.edge("ant", "bee")
    buy, sell = rig.pair.legs
    price, qty = buy.price, buy.qty
    zero = Decimal(0)
    for leg in (buy, sell):
        name, client_id = leg.venue, leg.client_id
        said: dict[str, OrderEvent] = {
            "ack": OrderAck(name, client_id, "1"),
            "fill": Fill(name, client_id, "BTC/USDT", "1", leg.side, price, qty, zero, "BTC", 0),
            "state": OrderState(name, client_id, OrderStatus.EXPIRED, zero, ("order",)),
            "reject": OrderReject(name, client_id, "-1", "no"),
            "unknown": OrderUnknown(name, client_id, "?"),
        }
        rig.handle(said[event])

    rig.run_for(60 * SECOND)

    assert rig.sent == []
    assert sum(rig.state.outcomes.values()) == 1
    assert rig.state.pairs["p1"].state is not PairState.RESERVED


def test_what_is_held_back_shrinks_with_each_fill_and_never_exceeds_what_is_there() -> None:
    opening = {
        "ant": {"USDT": Decimal("400.45")},
        "bee": {"USDT": Decimal(1), "BTC": Decimal(4)},
    }
    # The rig compares what is held back with the ledger after every event.
    rig = traded(
        Fate(answer=Answer.OPEN_FIRST, parts=(300, 300, 300), order_lag_ns=SECOND),
        Fate(answer=Answer.OPEN_FIRST, parts=(300, 300, 300), order_lag_ns=SECOND),
        venues=("ant", "bee"),
        opening=opening,
    )
    assert rig.state.reserved["ant", "USDT"] == Decimal("400.44004")

    rig.run_for(500 * MS)
    assert rig.pair.buy.filled == Decimal("3.6")
    assert rig.state.reserved["ant", "USDT"] == Decimal("40.044004")
    assert rig.state.reserved["bee", "BTC"] == Decimal("0.4")

    rig.run_for(SECOND)
    assert not any(rig.state.reserved.values())
    rig.settle()


def test_five_hundred_signals_share_one_balance() -> None:
    # row 56: no order is answered, so nothing that is held back is given back
    silent = Fate(travel_ns=3_600 * SECOND)
    limits = msgspec.structs.replace(LIMITS, cooldown_ns=0, max_concurrent_pairs=100)
    poor = {"USDT": Decimal(900), "BTC": Decimal(100), "ETH": Decimal(100), "SOL": Decimal(100)}
    opening = dict.fromkeys(("ant", "bee", "cat"), poor | {"XRP": Decimal(100)})
    rig = Rig(Scripted(*[silent] * 1000), limits=limits, opening=opening)
    rig.start()

    for i in range(500):
        rig.edge("ant", "bee", rig.symbols[i % 4])
        rig.run_for(MS // 4)

    assert {deny.reason for deny in rig.denied} >= {
        Reason.DUPLICATE_INTENT,
        Reason.BALANCE_RESERVED,
    }
    buys = [order for order in rig.sent if order.side is OrderSide.BUY]
    assert len(buys) > 1
    assert sum(order.price * order.qty * (1 + FEES.taker) for order in buys) <= 900


def test_a_runaway_strategy_is_held_back_by_the_hourly_limit() -> None:
    # row 57
    limits = msgspec.structs.replace(LIMITS, cooldown_ns=0, max_pairs_per_hour=7)
    rig = Rig(Scripted(), limits=limits)
    rig.start()
    for _ in range(60):
        rig.edge("ant", "bee")
        rig.run_for(SECOND)
    assert rig.state.pair_no == 7
    assert rig.denied[-1].reason is Reason.REPEAT_EXECUTION

    rig.run_for(3600 * SECOND)
    rig.edge("ant", "bee")
    rig.run_for(SECOND)

    assert rig.state.pair_no == 8
    rig.settle()


def test_buying_high_and_selling_low_is_blocked_always() -> None:
    # row 58
    rig = Rig(Scripted())
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(SECOND)

    rig.signal("bee", "ant", "BTC/USDT")

    assert rig.denied[-1].reason is Reason.WORST_CASE_EDGE


@pytest.mark.parametrize("after_ns", [0, MS // 2, MS, 2 * MS, 3 * MS, 8 * MS, 2_500 * MS])
def test_after_a_halt_nothing_leaves_and_what_is_out_is_resolved(after_ns: int) -> None:
    # row 59
    rig = Rig(Scripted(GOOD, Fate(answer=Answer.NONE, parts=(300,))))
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(after_ns)

    rig.operate(OperatorAction.HALT)
    sent = len(rig.sent)
    rig.run_for(10 * SECOND)

    assert len(rig.sent) == sent
    assert all(leg.is_final for leg in rig.pair.legs)
    assert rig.trading() is TradingState.HALTED
    rig.operate(OperatorAction.RESET)
    rig.run_for(SECOND)
    assert not rig.state.in_flight
    rig.settle()


def test_a_remainder_that_a_halt_holds_up_too_long_is_stuck() -> None:
    rig = traded(GOOD, Fate(refused=True, answer=Answer.ACK, answer_ns=20 * MS))
    rig.operate(OperatorAction.HALT)

    rig.run_for(LIMITS.unwind_give_up_ns + SECOND)

    assert rig.pair_state() is PairState.STUCK
    assert "stuck" in codes(rig)
    assert rig.state.outcomes["stuck"] == 1
    rig.settle()


def test_a_person_who_stops_has_open_orders_asked_for_and_legs_brought_home() -> None:
    rig = traded(GOOD, Fate(refused=True, answer=Answer.ACK, answer_ns=20 * MS))

    rig.operate(OperatorAction.STOP)
    assert rig.trading() is TradingState.DRAINING
    rig.run_for(SECOND)

    assert rig.pair_state() is PairState.FLAT
    assert rig.trading() is TradingState.STOPPED
    rig.settle()


def test_balances_older_than_our_own_orders_prove_nothing() -> None:
    # row 60
    rig = Rig(Scripted(Fate(balance_lag_ns=700 * MS), GOOD))
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(100 * MS)

    rig.operate(OperatorAction.RECONCILE)
    rig.run_for(300 * MS)
    assert not rig.state.venue("ant").reconciled
    rig.run_for(2 * SECOND)

    assert rig.state.venue("ant").reconciled
    assert not rig.state.venue("ant").mismatches
    rig.settle()


def test_an_answer_that_was_asked_for_before_our_last_order_raises_no_doubt() -> None:
    # row 60: it shows what was there before the fills, and must not count as a difference
    rig = Rig(Scripted())
    rig.start()
    before = rig.venues["ant"].holdings(rig.now_ns)
    asked_ns = rig.now_ns
    rig.edge("ant", "bee")
    rig.run_for(SECOND)
    assert rig.pair_state() is PairState.CLOSED

    for _ in range(5):
        rig.handle(BalancesSeen("ant", asked_ns, before))

    known = rig.state.venue("ant")
    assert (known.doubts, known.mismatches, known.reconciled) == (0, {}, True)
    rig.settle()


def test_a_balance_that_moved_without_us_closes_the_venue_until_it_agrees_again() -> None:
    # rows 61, 62
    rig = Rig(Scripted())
    rig.start()
    rig.venues["ant"].balances["BTC"] += 1

    rig.operate(OperatorAction.RECONCILE)
    rig.run_for(3 * SECOND)

    known = rig.state.venue("ant")
    assert known.mismatches == {"BTC": (Decimal(100), Decimal(101))}
    assert codes(rig) == ["ledger_mismatch"]
    rig.edge("ant", "bee")
    assert rig.denied[-1].reason is Reason.LEDGER_OK
    records = len(rig.journal)
    rig.run_for(60 * SECOND)
    assert len(rig.journal) == records

    rig.venues["ant"].balances["BTC"] += 1
    rig.run_for(6 * SECOND)
    assert known.mismatches == {"BTC": (Decimal(100), Decimal(102))}
    rig.venues["ant"].balances["BTC"] -= 2
    rig.run_for(6 * SECOND)
    assert known.reconciled
    assert not known.mismatches
    rig.settle()


@pytest.mark.parametrize("cancel_first", [True, False])
def test_a_fill_wins_over_a_cancel_that_crossed_it(cancel_first: bool) -> None:
    # row 53
    rig = traded(Fate(answer=Answer.NONE), Fate(answer=Answer.NONE))
    rig.operate(OperatorAction.STOP)
    buy = rig.pair.buy
    fill = Fill(
        "ant", buy.client_id, buy.symbol, "1", buy.side, buy.price, buy.qty, Decimal(0), "USDT", 0
    )
    cancelled = OrderState("ant", buy.client_id, OrderStatus.CANCELED, buy.qty, ("stream",), "v")
    for event in (cancelled, fill) if cancel_first else (fill, cancelled):
        rig.handle(event)

    assert buy.state is LegState.FILLED
    assert buy.filled == buy.qty
    assert "late_order" not in codes(rig)


def test_a_key_that_ends_with_a_pair_on_its_way_stops_the_venue_and_the_other_leg_goes_home() -> (
    None
):
    # row 87: the venue is told by name, the key by nothing
    rig = Rig(Scripted(Fate(answer=Answer.NONE, lost=True), GOOD))
    rig.start()
    rig.edge("ant", "bee")
    rig.run_for(2 * MS)
    rig.handle(OrderReject("ant", rig.pair.buy.client_id, "33004", "key expired", fatal=True))

    rig.run_for(2 * SECOND)

    assert rig.pair_state() is PairState.FLAT
    assert rig.state.venue("ant").blocked == "33004 key expired"
    assert [alarm.message for alarm in rig.alarms] == ["ant: 33004 key expired"]
    rig.edge("ant", "cat")
    assert rig.denied[-1].reason is Reason.RECONCILED
    # The venue that is well goes on.
    rig.edge("bee", "cat", "ETH/USDT")
    rig.run_for(SECOND)
    assert rig.pair_state() is PairState.CLOSED
