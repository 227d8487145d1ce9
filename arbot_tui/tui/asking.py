"""Asks the engine what the visible view needs beyond the frames, and no more often than it says.

One question of each name is under way at a time. While another symbol is asked about at once
after the last, the pace of the name holds: a cursor that runs through the rows must not spend
the venues' request quota.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from functools import partial

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.errors import ArbotError
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.client import EngineClient, QueryResult
from arbot_tui.tui.link import Link

__all__ = ["Asker", "Question"]

RETRY_MAX_NS = 10 * SECOND
QUIET_PERIODS = 4
"""An answer older than so many periods is stale."""


@dataclass(frozen=True)
class Question:
    """Something to ask the engine again and again.

    Attributes:
        name: Name of the query.
        args: Its arguments.
        every_ns: How often.
        awaited: What is awaited, in words.
    """

    name: str
    every_ns: int
    awaited: str
    args: tuple[tuple[str, str], ...] = ()


@dataclass
class _Asked:
    """What became of a question; 0 stands for a time that never was."""

    question: Question
    since_ns: int
    next_ns: int = 0
    good_ns: int = 0
    failures: int = 0
    error: str = ""
    busy: bool = False


Deliver = Callable[[Question, QueryResult | None], None]
Start = Callable[[Callable[[], Coroutine[None, None, None]], str], None]


class Asker:
    """Keeps the questions of the visible view asked."""

    def __init__(self, client: EngineClient, clock: Clock, start: Start, deliver: Deliver) -> None:
        """Connect it.

        Args:
            client: The engine.
            clock: The screen's clock.
            start: Runs a coroutine instead of what runs under the same name.
            deliver: Takes an answer, or None where there was none.
        """
        self._client = client
        self._clock = clock
        self._start = start
        self._deliver = deliver
        self._asked: dict[str, _Asked] = {}

    def ask(self, wanted: Iterable[Question]) -> None:
        """Ask what is wanted and due."""
        now = self._clock.now_ns()
        for question in wanted:
            asked = self._known(question, now)
            # A slow answer is waited for: asked again each second, it would never come.
            if not asked.busy and now >= asked.next_ns:
                asked.busy = True
                asked.next_ns = now + question.every_ns
                self._start(partial(self._fetch, asked), f"ask {question.name}")

    def link(self, name: str) -> Link:
        """Return how the answers to the question of that name are doing."""
        asked = self._asked.get(name)
        if asked is None:
            return Link("loading", 0, awaited=name)
        now = self._clock.now_ns()
        question = asked.question
        waited = (now - (asked.good_ns or asked.since_ns)) // SECOND
        link = Link("live", max(0, waited), awaited=question.awaited, good_ns=asked.good_ns)
        if asked.error:
            retry_s = -(-max(0, asked.next_ns - now) // SECOND)
            return replace(link, state="error", error=asked.error, retry_s=retry_s)
        if not asked.good_ns:
            return replace(link, state="loading")
        if now - asked.good_ns > QUIET_PERIODS * question.every_ns:
            return replace(link, state="stale")
        return link

    def forget(self) -> None:
        """Drop what was answered: another engine answers now."""
        self._asked.clear()

    def _known(self, question: Question, now: int) -> _Asked:
        asked = self._asked.get(question.name)
        if asked is None or asked.question.args != question.args:
            due = asked.next_ns if asked is not None and not asked.failures else 0
            asked = self._asked[question.name] = _Asked(question, now, due)
        return asked

    async def _fetch(self, asked: _Asked) -> None:
        question = asked.question
        answer: QueryResult | None = None
        try:
            answer = await self._client.query(question.name, dict(question.args))
        except (ArbotError, OSError, ValueError) as e:
            asked.failures += 1
            asked.error = sanitise(str(e)) or "no answer"
            wait_ns = min(question.every_ns << min(asked.failures, 10), RETRY_MAX_NS)
            asked.next_ns = self._clock.now_ns() + wait_ns
        else:
            asked.good_ns = self._clock.now_ns()
            asked.failures, asked.error = 0, ""
        finally:
            asked.busy = False
        if self._asked.get(question.name) is asked:
            self._deliver(question, answer)
