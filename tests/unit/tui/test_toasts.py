"""What is told in a corner: few things at a time, and each once."""

from __future__ import annotations

from typing import Literal

from textual.notifications import Notification

from arbot_tui.tui.toasts import MOST, Told, merge

Severity = Literal["information", "error"]


def said(text: str, at: float, severity: Severity = "information") -> Notification:
    return Notification(text, severity=severity, raised_at=at)


def shown_after(*said: Notification) -> list[Notification]:
    """Return what is to be seen once all of it was said, oldest first."""
    shown: list[Notification] = []
    for new in said:
        told, gone = merge(shown, new)
        shown = [one for one in shown if one not in gone] + [told]
    return shown


def texts(shown: list[Notification]) -> list[str]:
    return [one.message for one in shown]


def test_the_same_said_again_takes_its_place_and_counts() -> None:
    shown = shown_after(said("a", 1), said("b", 2), said("a", 3), said("a", 4))
    assert texts(shown) == ["b", "a (x3)"]
    assert isinstance(shown[1], Told)
    assert shown[1].raised_at == 4


def test_what_failed_is_not_what_went_well_though_it_reads_the_same() -> None:
    assert texts(shown_after(said("a", 1), said("a", 2, "error"))) == ["a", "a"]


def test_beyond_a_few_the_oldest_goes_but_faults_stay() -> None:
    many = [said("fault", 0, "error"), *(said(f"n{at}", at) for at in range(1, 9))]
    assert texts(shown_after(*many)) == ["fault", "n7", "n8"]
    faults = [said(f"f{at}", at, "error") for at in range(9)]
    assert texts(shown_after(*faults)) == ["f6", "f7", "f8"]
    assert len(shown_after(*many, *faults)) == MOST
