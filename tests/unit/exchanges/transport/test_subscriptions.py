from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from arbot_tui.domain.clock import SECOND
from arbot_tui.exchanges.transport.subscriptions import (
    Operation,
    RequestLimits,
    Subscriptions,
    Topic,
)


def _write(operation: Operation, request_id: str, topics: Sequence[Topic]) -> bytes:
    names = ",".join(symbol for _, symbol in topics)
    return f"{operation[:-6].rstrip('s')}{request_id}:{names}".replace("sub", "+").encode()


def _topics(names: str) -> list[Topic]:
    return [("best", name) for name in names]


def _made(names: str = "", *, per_frame: int = 3, per_hour: int | None = None) -> Subscriptions:
    made = Subscriptions(_write, RequestLimits(topics_per_frame=per_frame, per_hour=per_hour))
    made.follow(_topics(names))
    return made


def _said(subscriptions: Subscriptions, at_s: int = 0) -> list[tuple[str, str, str]]:
    """Return what is sent now as (operation, id, symbols)."""
    said = []
    for frame in subscriptions.due(at_s * SECOND):
        head, _, names = frame.decode().partition(":")
        operation = "leave" if head.startswith("un") else "ask"
        said.append((operation, head.lstrip("un+crib"), names.replace(",", "")))
    return said


def test_what_is_wanted_is_asked_for_once_in_frames_of_the_allowed_size() -> None:
    made = _made("abcde")
    assert not made.answered
    assert _said(made) == [("ask", "1", "abc"), ("ask", "2", "de")]
    assert _said(made) == []
    made.accepted("1", None)
    assert not made.answered
    made.accepted("2", None)
    assert made.answered
    assert made.any


def test_asking_to_and_fro_before_it_is_sent_costs_nothing() -> None:
    made = _made("a")
    made.leave(_topics("a"))
    assert _said(made) == []
    made.follow(_topics("a"))
    _said(made)
    made.leave(_topics("a"))
    made.follow(_topics("a"))
    assert _said(made) == []
    made.leave(_topics("a"))
    assert _said(made) == [("leave", "2", "a")]
    assert ("best", "a") not in made


def test_renewing_leaves_before_it_asks() -> None:
    made = _made("ab")
    made.renew(_topics("a"))
    assert _said(made) == [("ask", "1", "ab")]
    made.renew(_topics("az"))
    assert _said(made) == [("leave", "2", "a"), ("ask", "3", "a")]
    made.renew(_topics("a"))
    made.leave(_topics("a"))
    assert _said(made) == [("leave", "4", "a")]


def test_a_fresh_connection_is_asked_for_everything() -> None:
    made = _made("abc")
    _said(made)
    made.leave(_topics("b"))
    made.restart()
    assert _said(made) == [("ask", "2", "ac")]


def test_answers_per_topic_are_counted_with_and_without_an_id() -> None:
    made = _made("abc")
    _said(made)
    made.accepted("1", ("best", "a"))
    made.accepted("", ("best", "b"))
    assert not made.answered
    made.accepted("", ("best", "nobody"))
    made.accepted("", ("best", "c"))
    assert made.answered


def test_a_blamed_topic_is_given_up_and_the_others_are_asked_for_together() -> None:
    made = _made("abc")
    _said(made)
    assert made.refused("1", ("best", "b"), alone=False, now_ns=0) == [("best", "b")]
    assert _said(made) == [("ask", "2", "ac")]
    made.accepted("2", None)
    made.restart()
    assert _said(made) == [("ask", "3", "ac")]


def test_without_blame_each_topic_has_to_prove_itself() -> None:
    made = _made("abc")
    _said(made)
    assert made.refused("", None, alone=False, now_ns=0) == []
    assert _said(made) == [("ask", "2", "a"), ("ask", "3", "b"), ("ask", "4", "c")]
    assert made.refused("3", None, alone=False, now_ns=0) == [("best", "b")]
    made.accepted("2", None)
    made.accepted("4", None)
    assert made.answered


def test_a_topic_refused_alone_leaves_the_rest_of_its_request_waiting() -> None:
    made = _made("abc")
    _said(made)
    assert made.refused("", ("best", "b"), alone=True, now_ns=0) == [("best", "b")]
    assert _said(made) == []
    made.accepted("", ("best", "a"))
    made.accepted("", ("best", "c"))
    assert made.answered


def test_a_refusal_of_nothing_we_asked_is_told_apart() -> None:
    made = _made("a")
    assert made.refused("", None, alone=False, now_ns=0) is None
    _said(made)
    assert made.refused("9", ("best", "z"), alone=True, now_ns=0) is None


def test_what_was_refused_is_asked_for_again_only_when_it_is_followed_anew() -> None:
    made = _made("a")
    _said(made)
    made.refused("1", None, alone=False, now_ns=0)
    assert not made.any
    made.follow(_topics("a"))
    assert _said(made) == []
    made.leave(_topics("a"))
    made.follow(_topics("a"))
    assert _said(made) == [("ask", "2", "a")]


def test_what_was_refused_is_tried_alone_now_and_then_ever_more_seldom() -> None:
    made = _made("ab")
    _said(made)
    made.refused("1", ("best", "b"), alone=False, now_ns=0)
    assert _said(made) == [("ask", "2", "a")]
    made.accepted("2", None)
    # A venue in trouble refuses what it knows; on a fresh connection the wait goes on.
    made.restart()
    assert _said(made, 59) == [("ask", "3", "a")]
    made.accepted("3", None)
    assert _said(made, 60) == [("ask", "4", "b")]
    made.refused("4", None, alone=False, now_ns=60 * SECOND)
    assert _said(made, 179) == []
    assert _said(made, 180) == [("ask", "5", "b")]
    made.accepted("5", None)
    # What was accepted since is like any other.
    made.renew(_topics("b"))
    _said(made, 181)
    made.refused("7", None, alone=False, now_ns=181 * SECOND)
    assert [_said(made, at_s) for at_s in (240, 241)] == [[], [("ask", "8", "b")]]
    made.refused("8", None, alone=False, now_ns=241 * SECOND)
    made.leave(_topics("b"))
    assert _said(made, 9_999) == []
    assert made.answered


def test_an_unsubscription_that_fails_is_not_blamed_on_what_else_is_asked() -> None:
    made = _made("a")
    _said(made)
    made.accepted("1", None)
    made.leave(_topics("a"))
    made.follow(_topics("b"))
    # The symbol is gone from the venue, and with it its channel.
    assert _said(made) == [("leave", "2", "a"), ("ask", "3", "b")]
    assert made.refused("2", None, alone=False, now_ns=0) == []
    made.postponed("2", 0)
    assert not made.answered
    assert made.accepted("3", None) == _topics("b")
    assert made.answered
    # Of a request long answered there is nothing more to say.
    assert made.refused("3", None, alone=False, now_ns=0) == []


def test_too_soon_means_later() -> None:
    made = _made("ab")
    _said(made)
    made.postponed("1", 5 * SECOND)
    assert _said(made, 14) == []
    assert _said(made, 15) == [("ask", "2", "ab")]
    made.postponed("unknown, and nothing else is asked: the oldest", 20 * SECOND)
    assert _said(made, 30) == [("ask", "3", "ab")]


def test_an_answer_that_does_not_come_is_noticed() -> None:
    made = _made("a")
    assert not made.overdue(0)
    _said(made)
    assert not made.overdue(9 * SECOND)
    assert made.overdue(10 * SECOND)
    made.accepted("1", None)
    assert not made.overdue(99 * SECOND)


def test_the_hour_is_shared_out_and_a_renewal_is_whole_or_not_at_all() -> None:
    made = _made("a", per_hour=4)
    assert len(_said(made)) == 1
    made.renew(_topics("a"))
    assert len(_said(made, 1)) == 2
    made.renew(_topics("a"))
    # One request is left, a renewal takes two: better subscribed and stale than not at all.
    assert _said(made, 2) == []
    assert made.blocked
    assert len(_said(made, 3601)) == 2
    assert not made.blocked
    made.restart()
    assert len(_said(made, 3602)) == 1


@given(
    st.lists(
        st.tuples(st.sampled_from(["follow", "leave", "renew", "send"]), st.sampled_from("abcd")),
        max_size=40,
    )
)
def test_the_venue_ends_up_with_exactly_what_is_wanted(steps: list[tuple[str, str]]) -> None:
    made, wanted, venue = _made(), set[str](), set[str]()
    for step, name in [*steps, ("send", "")]:
        if step == "send":
            for operation, request_id, names in _said(made):
                if operation == "ask":
                    assert not venue & set(names)
                    venue |= set(names)
                    made.accepted(request_id, None)
                else:
                    assert venue >= set(names)
                    venue -= set(names)
        else:
            getattr(made, step)(_topics(name))
            if step == "follow":
                wanted.add(name)
            elif step == "leave":
                wanted.discard(name)
    assert venue == wanted
