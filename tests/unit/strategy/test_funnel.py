from collections.abc import Callable

from arbot_tui.domain.reasons import Reason
from arbot_tui.strategy.funnel import RejectFunnel

_ONE, _OTHER = (7, 0, 2), (7, 1, 0)


def test_every_candidate_is_accounted_for_at_every_step() -> None:
    funnel = RejectFunnel(3)
    steps: list[Callable[[], None]] = [
        lambda: funnel.reject(_ONE, Reason.FEE),
        lambda: funnel.reject(_OTHER, Reason.DEPTH),
        lambda: funnel.hand(_ONE, 1),
        lambda: funnel.hand(_OTHER, 2),
        lambda: funnel.hand(_ONE, 1),
        lambda: funnel.count(1, Reason.COOLDOWN),
        lambda: funnel.commit(2),
        lambda: funnel.count(1, Reason.FEE),
    ]
    for step in steps:
        step()
        assert funnel.balanced
        for pair in funnel.pairs().values():
            ended = sum(pair.rejected.values()) + pair.committed
            assert pair.candidates == ended + pair.pending
    assert (funnel.candidates, funnel.pending, funnel.committed) == (5, 0, 1)
    assert funnel.counts() == {"fee": 2, "cooldown": 1, "depth": 1}
    pairs = funnel.pairs()
    assert pairs[_ONE].rejected == {Reason.FEE: 2, Reason.COOLDOWN: 1}
    assert (pairs[_OTHER].rejected, pairs[_OTHER].committed) == ({Reason.DEPTH: 1}, 1)


def test_what_the_hot_path_adds_is_told_apart_by_pair() -> None:
    funnel = RejectFunnel(3)
    below_fees = funnel.below_fees
    funnel.room(7)
    below_fees[_OTHER[1]][_OTHER[2]][_OTHER[0]] += 4
    below_fees[_ONE[1]][_ONE[2]][_ONE[0]] += 4
    # Asked for again, nothing is lost.
    funnel.room(7)
    funnel.reject(_ONE, Reason.FEE)
    pairs = funnel.pairs()
    assert {pair: found.candidates for pair, found in pairs.items()} == {_ONE: 5, _OTHER: 4}
    assert pairs[_ONE].rejected == {Reason.FEE: 5}
    assert (funnel.candidates, funnel.counts(), funnel.balanced) == (9, {"fee": 9}, True)
    # A copy: what a screen holds does not change under it.
    assert funnel.pairs() == pairs


def test_an_answer_to_nothing_is_noticed() -> None:
    funnel = RejectFunnel(2)
    funnel.commit(1)
    assert not funnel.balanced


def test_counts_leave_out_what_never_happened() -> None:
    assert RejectFunnel(2).counts() == {}
    assert RejectFunnel(2).pairs() == {}
