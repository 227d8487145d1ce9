"""REST over one pooled session, with an honest answer to "did it happen?".

The client sends exactly the bytes that were signed, follows no redirect, bounds time and size,
and sorts every failure by what may have become of the request:

* surely not sent, or refused unread (no connection, ban, quota): `ExchangeUnavailable`;
* perhaps performed (time-out or reset after writing, HTTP 5xx, unreadable answer):
  `OutcomeUnknown` where the request was an `effect`, `ExchangeUnavailable` for reads.

HTTP 2xx and 4xx come back as they are: their bodies are the venue's own language.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace

import aiohttp
import msgspec
from yarl import URL

from arbot_tui.domain.clock import SECOND, Clock
from arbot_tui.domain.errors import ExchangeError, ExchangeUnavailable, OutcomeUnknown
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.departure import DEPARTING, Departure
from arbot_tui.exchanges.transport.limiter import Charge, acquire
from arbot_tui.exchanges.transport.retry_after import retry_after_s
from arbot_tui.exchanges.transport.traffic import RemainingHeader, Traffic

__all__ = ["BanRule", "RestClient", "RestOptions", "RestResponse", "ban_on"]

_USER_AGENT = "arbot-tui"


class RestResponse(msgspec.Struct, frozen=True):
    """An answer of HTTP 2xx or 4xx.

    Attributes:
        status: HTTP status.
        headers: Header values by lower-case name.
        body: The body as sent, decompressed.
        sent_ns: `Clock.now_ns` just before the request was handed to the connection pool.
        recv_ns: `Clock.now_ns` when the body was complete.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent_ns: int
    recv_ns: int

    @property
    def rtt_ns(self) -> int:
        """Time from sending to the complete answer, nanoseconds."""
        return self.recv_ns - self.sent_ns

    def excerpt(self) -> str:
        """Return the beginning of the body as clean text, for error messages."""
        return sanitise(self.body[:400].decode("utf-8", "replace"), 160)


BanRule = Callable[[RestResponse], float]
"""Returns the seconds for which an answer forbids every further request; 0.0 for none."""


def ban_on(stays_s: Mapping[int, float]) -> BanRule:
    """Return the rule that heeds ``Retry-After`` on the given statuses.

    Args:
        stays_s: Seconds to stay away by HTTP status where the venue names no time.
    """

    def rule(response: RestResponse) -> float:
        if response.status not in stays_s:
            return 0.0
        return retry_after_s(response.headers.get("retry-after")) or stays_s[response.status]

    return rule


class RestOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of every request.

    Attributes:
        total_timeout_s: Longest time from call to complete answer, seconds.
        connect_timeout_s: Longest time for a free or new connection, seconds.
        max_body_bytes: Larger answers are refused.
        max_connections: Size of the pool; further requests wait.
        keepalive_s: How long an idle connection is kept for the next request, seconds.
        headers: Sent with every request (demo environments).
    """

    total_timeout_s: float = 5.0
    connect_timeout_s: float = 3.0
    max_body_bytes: int = 32 << 20
    max_connections: int = 16
    keepalive_s: float = 30.0
    headers: Mapping[str, str] = {}


class RestClient:
    """All REST traffic of one adapter to one host."""

    def __init__(
        self,
        *,
        venue: str,
        base_url: str,
        clock: Clock,
        ban: BanClock | None = None,
        ban_rule: BanRule | None = None,
        hold_rule: BanRule | None = None,
        traffic: Traffic | None = None,
        remaining: RemainingHeader | None = None,
        options: RestOptions | None = None,
    ) -> None:
        """Prepare; the pool is opened by the first request.

        Args:
            venue: Name of the venue, for errors.
            base_url: Scheme, host and port, no path. Requests go nowhere else.
            clock: Stamps requests and answers.
            ban: Stops requests while the venue wants us away; shared with WebSocket sessions.
            ban_rule: Which answers start a ban; without one, HTTP 429, 418 and 403 do.
            hold_rule: Which answers hold up further requests and are handed back all the same,
                because what they say of an order has to be read; none by default.
            traffic: Notes which quotas are used; shared by the clients of a venue.
            remaining: Where the venue tells what remains of a quota; None where it does not.
            options: Bounds; the defaults suit public REST over the internet.
        """
        self._venue = venue
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._ban = ban if ban is not None else BanClock()
        self._ban_rule = ban_rule or ban_on({429: 60.0, 418: 120.0, 403: 300.0})
        self._hold_rule = hold_rule
        self._traffic = traffic if traffic is not None else Traffic()
        self._remaining = remaining
        self._options = options or RestOptions()
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        effect: bool = False,
        charges: Sequence[Charge] = (),
        urgent: bool = False,
        max_wait_s: float = 0.0,
        timeout_s: float | None = None,
    ) -> RestResponse:
        """Send one request and return the answer.

        Args:
            method: HTTP method, upper case.
            target: Path and query, percent-encoded already; sent byte for byte.
            headers: Headers of this request.
            body: Body, sent byte for byte; name its type in `headers`.
            effect: Whether the request changes something at the venue: then a lost answer is
                `OutcomeUnknown`.
            charges: What the request costs of which quota.
            urgent: Whether it may use the reserve of the quotas (cancels, queries).
            max_wait_s: Longest wait for quota, seconds; 0 refuses at once, as orders need.
            timeout_s: Total time-out of this request instead of the client's, seconds.

        Raises:
            ExchangeUnavailable: Not sent, or (reads) not answered usably.
            OutcomeUnknown: With `effect`: sent or perhaps sent, and not answered usably.
        """
        self._traffic.note(charges)
        departure = DEPARTING.get() if effect else None
        admitted = departure is not None and departure.admitted
        await self._admit(() if admitted else charges, urgent=urgent, max_wait_s=max_wait_s)
        lost: type[ExchangeError] = OutcomeUnknown if effect else ExchangeUnavailable
        try:
            response = await self._exchange(
                method, target, headers or {}, body, timeout_s, departure
            )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as e:
            raise ExchangeUnavailable(self._venue, sanitise(f"no connection: {e}")) from e
        except TimeoutError as e:
            raise lost(self._venue, f"no answer in time to {method} {_path(target)}") from e
        except (aiohttp.ClientError, OSError, _BodyTooLarge) as e:
            raise lost(self._venue, sanitise(f"{type(e).__name__} {e}".strip())) from e
        if self._remaining is not None:
            self._remaining.heed(response.headers, charges, response.recv_ns)
        if (stay_s := self._ban_rule(response)) > 0.0:
            self._ban.stay_away(stay_s, response.recv_ns)
            # Every venue documents these as refused before anything was done.
            raise ExchangeUnavailable(
                self._venue, f"HTTP {response.status}: {response.excerpt()}", stay_s
            )
        if self._hold_rule is not None and (hold_s := self._hold_rule(response)) > 0.0:
            self._ban.stay_away(hold_s, response.recv_ns)
        if not (200 <= response.status < 300 or 400 <= response.status < 500):
            raise lost(self._venue, f"HTTP {response.status}: {response.excerpt()}")
        return response

    async def close(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _admit(self, charges: Sequence[Charge], *, urgent: bool, max_wait_s: float) -> None:
        """Return once ban and quotas allow the request.

        Raises:
            ExchangeUnavailable: They do not, within `max_wait_s`.
        """
        waited_s = 0.0
        while True:
            now_ns = self._clock.now_ns()
            if (banned_s := self._ban.remaining_s(now_ns)) > 0.0:
                raise ExchangeUnavailable(
                    self._venue, f"told to stay away for {banned_s:.1f} s more", banned_s
                )
            wait_s = acquire(charges, now_ns, urgent=urgent) / SECOND
            if wait_s == 0.0:
                return
            if waited_s + wait_s > max_wait_s:
                raise ExchangeUnavailable(self._venue, "our share of the quota is used up", wait_s)
            await asyncio.sleep(wait_s)
            waited_s += wait_s

    async def _exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout_s: float | None,
        departure: Departure | None,
    ) -> RestResponse:
        session = self._session
        if session is None:
            session = self._session = self._open()
        options = self._options
        timeout = aiohttp.ClientTimeout(
            total=options.total_timeout_s if timeout_s is None else timeout_s,
            connect=options.connect_timeout_s,
        )
        sent_ns = self._clock.now_ns()
        async with session.request(
            method,
            # encoded=True: yarl must not re-quote what was signed.
            URL(self._base_url + target, encoded=True),
            headers=headers,
            data=body,
            allow_redirects=False,
            timeout=timeout,
            trace_request_ctx=departure,
        ) as answer:
            content = await _read(answer, options.max_body_bytes)
            return RestResponse(
                answer.status,
                {name.lower(): value for name, value in answer.headers.items()},
                content,
                sent_ns,
                self._clock.now_ns(),
            )

    def _open(self) -> aiohttp.ClientSession:
        options = self._options
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=options.max_connections, keepalive_timeout=options.keepalive_s
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": _USER_AGENT, **options.headers},
            trace_configs=[_noting_departures()],
        )


def _noting_departures() -> aiohttp.TraceConfig:
    """Return what notes that a request has its connection, which is when it begins to leave."""

    async def note(
        session: aiohttp.ClientSession, context: SimpleNamespace, params: object
    ) -> None:
        del session, params
        if (departure := context.trace_request_ctx) is not None:
            departure.left = True

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(note)
    trace.on_connection_reuseconn.append(note)
    return trace


class _BodyTooLarge(Exception):
    """The answer exceeds its bound."""


async def _read(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in answer.content.iter_any():
        size += len(chunk)
        if size > max_bytes:
            # Leaving the response unread closes the connection instead of reusing it.
            raise _BodyTooLarge(f"more than {max_bytes} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def _path(target: str) -> str:
    """Return `target` without its query: a signature has no place in a message."""
    return target.partition("?")[0]
