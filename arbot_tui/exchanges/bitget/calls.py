"""Signed requests of a Bitget account, in whichever dialect it speaks.

Pages of 2025-12-05; facts page sections 6 and 10. An account is taken for a Classic one until it
says otherwise, and may become the other kind at any time: a read is then asked again in the
other dialect, an order is not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from arbot_tui.domain.clock import MS, Clock
from arbot_tui.domain.errors import AuthRefused
from arbot_tui.domain.refusal import Reaction, Refusal, read_error
from arbot_tui.exchanges.base import Credentials
from arbot_tui.exchanges.bitget.answers import Answer
from arbot_tui.exchanges.bitget.classic.requests import Classic
from arbot_tui.exchanges.bitget.dialect import Dialect
from arbot_tui.exchanges.bitget.errors import OtherDialect, judge, speaks_other
from arbot_tui.exchanges.bitget.rows import VENUE
from arbot_tui.exchanges.bitget.signing import rest_headers
from arbot_tui.exchanges.bitget.unified.requests import Unified
from arbot_tui.exchanges.transport.limiter import Charge
from arbot_tui.exchanges.transport.rest import RestClient

__all__ = ["QUOTA_WAIT_S", "BitgetCalls"]

QUOTA_WAIT_S = 2.0
"""How long what resolves an order may wait for its quota."""
_PLACE_TIMEOUT_S = 2.0

T = TypeVar("T")


class BitgetCalls:
    """Signs and sends, and knows which dialect the account speaks.

    Attributes:
        dialect: The one that it was last found to speak.
    """

    def __init__(
        self,
        rest: RestClient,
        clock: Clock,
        credentials: Credentials | None,
        *,
        offset_ns: Callable[[], int],
        resync: Callable[[], Awaitable[None]],
        on_dialect: Callable[[str], None],
    ) -> None:
        """Prepare; nothing is sent before it is asked for.

        Args:
            rest: Client of the account's host.
            clock: Our clock.
            credentials: Key to sign with; without one every call is refused here.
            offset_ns: Returns venue clock minus ours, nanoseconds.
            resync: Measures that offset again.
            on_dialect: Is told the name of the dialect when it turns out to be another one.
        """
        self.dialect: Dialect = Classic()
        self._other: Dialect = Unified()
        self._rest = rest
        self._clock = clock
        self._credentials = credentials
        self._offset_ns = offset_ns
        self._resync = resync
        self._on_dialect = on_dialect

    async def in_dialect(self, ask: Callable[[Dialect], Awaitable[T]]) -> T:
        """Return what `ask` returns in the dialect that the account speaks.

        Raises:
            ExchangeError: It failed; `AuthRefused` where the account speaks neither dialect.
        """
        dialect, other = self.dialect, self._other
        try:
            return await ask(dialect)
        except OtherDialect:
            answer = await ask(other)
        if self.dialect is dialect:
            self.dialect, self._other = other, dialect
            self._on_dialect(other.name)
        return answer

    async def get(
        self, target: str, charges: Sequence[Charge], *, max_wait_s: float = QUOTA_WAIT_S
    ) -> Answer:
        """Return the answer to a signed read that succeeded.

        Raises:
            ExchangeError: It did not.
        """
        answer = await self._get_once(target, charges, max_wait_s)
        if isinstance(answer, Refusal) and answer.reaction is Reaction.LATE:
            await self._resync()
            answer = await self._get_once(target, charges, max_wait_s)
        if isinstance(answer, Refusal):
            raise OtherDialect(answer) if speaks_other(answer) else read_error(answer)
        return answer

    async def _get_once(
        self, target: str, charges: Sequence[Charge], max_wait_s: float
    ) -> Answer | Refusal:
        response = await self._rest.request(
            "GET",
            target,
            headers=self._headers("GET", target, "", self.venue_ms(self._clock.now_ns())),
            charges=charges,
            urgent=True,
            max_wait_s=max_wait_s,
        )
        return judge(response)

    async def post(
        self,
        path: str,
        body: bytes,
        charges: Sequence[Charge],
        timestamp_ms: int,
        *,
        max_wait_s: float = 0.0,
    ) -> Answer | Refusal:
        """Return the answer to a placement or a cancel."""
        response = await self._rest.request(
            "POST",
            path,
            headers=self._headers("POST", path, body.decode(), timestamp_ms),
            body=body,
            effect=True,
            charges=charges,
            max_wait_s=max_wait_s,
            timeout_s=_PLACE_TIMEOUT_S,
        )
        return judge(response)

    def _headers(self, method: str, target: str, body: str, timestamp_ms: int) -> dict[str, str]:
        if self._credentials is None:
            raise AuthRefused(VENUE, "no_key", "no API key is set")
        return rest_headers(self._credentials, timestamp_ms, method, target, body)

    def venue_ms(self, now_ns: int) -> int:
        """Return the venue's time at `now_ns` of our clock, UTC milliseconds."""
        return (now_ns + self._offset_ns()) // MS
