"""The words of CONTRACT sections 7 and 8: scripts and screens hold on to them."""

import pytest

from arbot_tui.domain.actions import ACTIONS, action
from arbot_tui.domain.feed import Continuity, FeedEvent, FeedEventKind
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.numbers import ZERO
from arbot_tui.domain.opportunity import Opportunity
from arbot_tui.domain.quotes import BookKind, BookUpdate, DepthSnapshot, Ticker
from arbot_tui.domain.reasons import Reason
from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
from arbot_tui.domain.states import (
    FINAL_LEG_STATES,
    FeedState,
    LegState,
    Mode,
    PairState,
    TradingState,
)


def test_the_words_of_states_are_those_of_the_contract() -> None:
    assert " ".join(FeedState) == "connecting live delayed stale gapped crossed down"
    assert " ".join(TradingState) == "stopped active draining reducing halted"
    assert " ".join(LegState) == (
        "planned intent sent acked filled partial expired rejected unknown not_accepted"
    )
    assert " ".join(list(PairState)[-5:]) == "closed flat hedged dust stuck"
    assert {mode.value for mode in Mode} >= {"simulate", "paper", "live"}


def test_a_final_leg_is_known_to_be_over() -> None:
    assert FINAL_LEG_STATES.isdisjoint(
        {LegState.PLANNED, LegState.INTENT, LegState.SENT, LegState.ACKED, LegState.UNKNOWN}
    )


def test_reasons_are_lower_case_words() -> None:
    assert {"fee", "crossed", "filter", "cooldown", "vanished", "depth"} <= {*Reason}
    assert all(reason.value == reason.name.lower() for reason in Reason)


def test_every_action_is_found_by_its_id_and_no_id_is_used_twice() -> None:
    assert len({entry.id for entry in ACTIONS}) == len(ACTIONS)
    for entry in ACTIONS:
        assert action(entry.id) is entry
    with pytest.raises(KeyError):
        action("panic")


def test_only_start_and_drain_share_a_key() -> None:
    owners: dict[str, list[str]] = {}
    for entry in ACTIONS:
        for key in entry.keys:
            owners.setdefault(key, []).append(entry.id)
    assert {key: ids for key, ids in owners.items() if len(ids) > 1} == {"s": ["start", "drain"]}


def test_value_types_say_what_they_hold() -> None:
    ticker = Ticker(0, 1, 2.0, 3.0, 4.0, 5.0, 6, 7)
    assert (ticker.exchange, ticker.bid, ticker.ask_size, ticker.recv_ns) == (0, 2.0, 5.0, 7)
    update = BookUpdate(0, 1, BookKind.DELTA, 2, 3, -1, [(1.0, 0.0)], [], 4, 5)
    assert (update.kind, update.prev_id) == (BookKind.DELTA, -1)
    assert DepthSnapshot(1, [], [], 0, 2).recv_ns == 2
    assert FeedEvent(0, FeedEventKind.ALIVE, 1).detail == ""
    assert TradingFees(ZERO, ZERO).taker == 0
    assert {"range", "previous_id", "snapshot_only"} <= {rule.value for rule in Continuity}
    view = QuoteView("okx", 1.0, 1.0, 2.0, 1.0, 3, True, "live")
    signal = ArbitrageSignal(1, "BTC/USDT", view, view, 0.1, 1.0, 0.5, 4, 5)
    assert signal.buy is view
    opportunity = Opportunity(1, "A/B", "x", "y", 1, 1, 0.1, 0.1, 1.0, 2.0, 3.0, 4.0, 4.0)
    assert (opportunity.closed_ns, opportunity.closed_reason) == (0, "")
