from collections.abc import Callable

from arbot_tui.domain.reasons import Reason
from arbot_tui.strategy.funnel import RejectFunnel


def test_every_candidate_is_accounted_for_at_every_step() -> None:
    funnel = RejectFunnel()
    steps: list[Callable[[], None]] = [
        lambda: funnel.reject(Reason.FEE),
        lambda: funnel.reject(Reason.DEPTH),
        funnel.hand,
        funnel.hand,
        funnel.hand,
        lambda: funnel.count(Reason.COOLDOWN),
        funnel.commit,
        lambda: funnel.count(Reason.FEE),
    ]
    for step in steps:
        step()
        assert funnel.balanced
    assert (funnel.candidates, funnel.pending, funnel.committed) == (5, 0, 1)
    assert funnel.counts() == {"fee": 2, "cooldown": 1, "depth": 1}


def test_an_answer_to_nothing_is_noticed() -> None:
    funnel = RejectFunnel()
    funnel.commit()
    assert not funnel.balanced


def test_counts_leave_out_what_never_happened() -> None:
    assert RejectFunnel().counts() == {}
