"""Everything the money core knows; changed by `step` alone."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.ledger import Ledger
from arbot_tui.domain.numbers import ZERO, exact
from arbot_tui.domain.states import LegState, PairState, TradingState
from arbot_tui.trading.core.levels import LossLevel
from arbot_tui.trading.core.limits import Limits
from arbot_tui.trading.core.pair import Leg, Outcome, Pair, pair_outcome, pair_profit

__all__ = ["CoreState", "VenueState"]

_ENDED_KEPT = 2_000
_FORGET_AT_ONCE = 200
# One told again after so many others would count twice: the balances would differ, and trading
# on that venue would stop.
_EXTERNAL_KEPT = 500


class VenueState:
    """What the core knows of one venue.

    Attributes:
        live: Its market data is live.
        stream: Its private stream is up; None where it has none, which proves nothing either way.
        reconciled: Its balances agreed with the ledger since the last doubt.
        blocked: Why nothing may be sent there; empty where it may.
        key_refusal: Why its key is not to be traded with; empty where it is fit.
        key_unbound: Its key works from any address; None before this run has looked at it.
        opened: Its opening balances are in the ledger.
        doubts: Balance answers in a row that differed from the ledger.
        mismatches: Assets on which ledger and venue differ: (ledger, venue).
        activity_ns: Last send, fill or final state; older balance answers prove nothing.
        sends_ns: Times of the orders of the last second.
        other_engine_ns: When an order of another engine was seen there last; 0 for never.
        external: Newest executions of other people's orders, each counted once.
        instruments: Rules by canonical symbol.
        fees: The account's own rates by canonical symbol.
    """

    def __init__(self) -> None:
        """Start with nothing known."""
        self.live = False
        self.stream: bool | None = None
        self.reconciled = False
        self.blocked = ""
        self.key_refusal = ""
        self.key_unbound: bool | None = None
        self.opened = False
        self.doubts = 0
        self.mismatches: dict[str, tuple[Decimal, Decimal]] = {}
        self.activity_ns = 0
        self.sends_ns: deque[int] = deque()
        self.other_engine_ns = 0
        self.external: deque[tuple[str, str]] = deque(maxlen=_EXTERNAL_KEPT)
        self.instruments: dict[str, Instrument] = {}
        self.fees: dict[str, TradingFees] = {}

    @property
    def settled(self) -> bool:
        """Nothing can have happened there unseen since it was last compared with the ledger."""
        return self.reconciled and self.stream is not False

    def digest(self) -> tuple[object, ...]:
        """Return a comparable picture of everything that the journal must reproduce."""
        return (
            self.live,
            self.stream,
            self.reconciled,
            self.blocked,
            self.key_refusal,
            self.key_unbound,
            self.opened,
            self.doubts,
            sorted(self.mismatches.items()),
            self.activity_ns,
            list(self.sends_ns),
            self.other_engine_ns,
            list(self.external),
            dict(self.instruments),
            dict(self.fees),
        )


class CoreState:
    """State of the money core for one account.

    Attributes:
        instance: Name used in client order ids; empty before `Started`.
        limits: Limits in force; None before `Started`.
        trading: Whether new pairs may start.
        trading_reason: Why it is not active.
        person_active: A person started trading and has not stopped it since.
        unbound_accepted: That person accepted keys that are bound to no address.
        journal_ok: The journal takes commits.
        commits: Number of the newest journal record.
        awaiting: Commits whose confirmation orders wait for, with their client ids.
        pairs: Pairs in flight, stuck ones, and the newest of the other ended ones, by id.
        in_flight: The pairs among them that have not ended.
        stuck: Ids of the pairs whose remainder waits for a person.
        by_client_id: Pair id of each order of those pairs.
        pair_no: Number of the newest pair.
        session_from: Number of the first pair that counts for this run.
        cooldowns: End of the wait per (symbol, buy, sell), nanoseconds.
        commits_ns: Times at which pairs were planned within the last hour.
        reserved: Amount held back per (venue, asset).
        ledger: Double-entry ledger of the account.
        venues: By name.
        outcomes: How the ended pairs of this run ended.
        realised: Profit by symbol of the pairs that ended in this run, in the symbol's quote
            currency; fees in third assets are not in it.
        fees_paid: Fees of those pairs by (symbol, asset): those taken in base or quote valued in
            quote currency, others as they were taken.
        day: Number of the UTC day that is counted, from 1970; 0 before any.
        day_equity: What the account was worth when it began, in the account currency.
        day_result: What ended pairs have brought and taken on it, by asset.
        loss_level: How far its loss had gone when it was last looked at.
        halting: Why trading halts once what is under way has ended; empty where it does not.
        touched: Pairs changed since the observer last looked; not part of the digest.
    """

    def __init__(self) -> None:
        """Start empty; `Started` fills it."""
        self.instance = ""
        self.limits: Limits | None = None
        self.trading = TradingState.STOPPED
        self.trading_reason = ""
        self.person_active = False
        self.unbound_accepted = False
        self.journal_ok = True
        self.commits = 0
        self.awaiting: dict[int, tuple[str, ...]] = {}
        self.pairs: dict[str, Pair] = {}
        self.in_flight: dict[str, Pair] = {}
        self.stuck: set[str] = set()
        self.by_client_id: dict[str, str] = {}
        self.pair_no = 0
        self.session_from = 1
        self.cooldowns: dict[tuple[str, str, str], int] = {}
        self.commits_ns: deque[int] = deque()
        self.reserved: dict[tuple[str, str], Decimal] = {}
        self.ledger = Ledger()
        self.venues: dict[str, VenueState] = {}
        self.outcomes: dict[Outcome, int] = dict.fromkeys(
            ("completed", "one_sided", "failed", "stuck"), 0
        )
        self.realised: dict[str, Decimal] = {}
        self.fees_paid: dict[tuple[str, str], Decimal] = {}
        self.day = 0
        self.day_equity: Decimal | None = None
        self.day_result: dict[str, Decimal] = {}
        self.loss_level = LossLevel.NONE
        self.halting = ""
        self.touched: set[str] = set()
        self._quotes: dict[str, str] = {}

    def rules(self) -> Limits:
        """Return the limits in force.

        Raises:
            RuntimeError: No run has started.
        """
        if self.limits is None:
            raise RuntimeError("the money core was asked before it was started")
        return self.limits

    def venue(self, name: str) -> VenueState:
        """Return the state of a venue, made on first mention."""
        return self.venues.setdefault(name, VenueState())

    def quote_of(self, symbol: str) -> str:
        """Return the quote asset of a symbol in which a profit was counted."""
        return self._quotes[symbol]

    def working(self) -> list[Pair]:
        """Return the pairs that have not ended."""
        return list(self.in_flight.values())

    def leg(self, client_id: str) -> tuple[Pair, Leg] | None:
        """Return the pair and leg of an order of ours, or None."""
        pair_id = self.by_client_id.get(client_id)
        if pair_id is None:
            return None
        pair = self.pairs[pair_id]
        return next((pair, leg) for leg in pair.legs if leg.client_id == client_id)

    def available(self, venue: str, asset: str) -> Decimal:
        """Return what the ledger holds and nothing has reserved."""
        held = self.ledger.balance(venue, asset)
        return exact.subtract(held, self.reserved.get((venue, asset), ZERO))

    def reserve(self, leg: Leg) -> None:
        """Hold back what the leg may spend."""
        key = (leg.venue, leg.reserved_asset)
        self.reserved[key] = exact.add(self.reserved.get(key, ZERO), leg.reserved)

    def spend(self, leg: Leg, qty: Decimal) -> None:
        """Give back what the leg held for `qty` that has executed; the ledger shows it now."""
        self._give_back(leg, min(leg.reserved, exact.multiply(leg.unit, qty)))

    def release(self, leg: Leg) -> None:
        """Give back what the leg still holds."""
        self._give_back(leg, leg.reserved)

    def _give_back(self, leg: Leg, amount: Decimal) -> None:
        key = (leg.venue, leg.reserved_asset)
        self.reserved[key] = exact.subtract(self.reserved[key], amount)
        leg.reserved = exact.subtract(leg.reserved, amount)

    def frozen_assets(self) -> set[tuple[str, str]]:
        """Return the (venue, asset) of orders whose fate is unknown."""
        frozen: set[tuple[str, str]] = set()
        for pair in self.in_flight.values():
            for leg in pair.legs:
                if leg.state is LegState.UNKNOWN:
                    frozen |= {(leg.venue, pair.base), (leg.venue, pair.quote)}
        return frozen

    def add_pair(self, pair: Pair) -> None:
        """Take in a new pair and forget the oldest ended ones beyond what is kept."""
        self.pairs[pair.id] = pair
        self.in_flight[pair.id] = pair
        for leg in pair.legs:
            self.add_order(pair, leg)
        if len(self.pairs) > _ENDED_KEPT + _FORGET_AT_ONCE:
            kept = self.in_flight.keys() | self.stuck
            ended = [pair_id for pair_id in self.pairs if pair_id not in kept]
            for pair_id in ended[:-_ENDED_KEPT]:
                for leg in self.pairs.pop(pair_id).legs:
                    del self.by_client_id[leg.client_id]

    def add_order(self, pair: Pair, leg: Leg) -> None:
        """Know the order from now on, and hold back what it may spend."""
        self.by_client_id[leg.client_id] = pair.id
        self.reserve(leg)

    def end_pair(self, pair: Pair) -> None:
        """Count a pair that has just ended."""
        del self.in_flight[pair.id]
        if pair.state is PairState.STUCK:
            self.stuck.add(pair.id)
        self._book(pair, 1)

    def reopen_pair(self, pair: Pair) -> None:
        """Take back that a pair ended, before anything of it changes."""
        self._book(pair, -1)
        self.stuck.discard(pair.id)
        self.in_flight[pair.id] = pair

    def _book(self, pair: Pair, sign: int) -> None:
        # A pair counts where it was committed; its money counts where it came to rest, which
        # is a later run for what recovery brought home.
        if pair.number >= self.session_from:
            self.outcomes[pair_outcome(pair)] += sign
        profit = pair_profit(pair)
        signed = Decimal(sign)
        self._quotes[pair.symbol] = pair.quote
        old = self.realised.get(pair.symbol, ZERO)
        self.realised[pair.symbol] = exact.add(old, exact.multiply(signed, profit.realised))
        self._book_day(pair.quote, exact.multiply(signed, profit.realised))
        for asset, amount in profit.other_fees.items():
            self._book_day(asset, exact.minus(exact.multiply(signed, amount)))
        for asset, amount in ((pair.quote, profit.fees), *profit.other_fees.items()):
            key = (pair.symbol, asset)
            paid = self.fees_paid.get(key, ZERO)
            self.fees_paid[key] = exact.add(paid, exact.multiply(signed, amount))

    def _book_day(self, asset: str, amount: Decimal) -> None:
        # What is corrected today counts today, whenever it was earned.
        self.day_result[asset] = exact.add(self.day_result.get(asset, ZERO), amount)

    def digest(self) -> tuple[object, ...]:
        """Return a comparable picture of everything that the journal must reproduce."""
        return (
            self.instance,
            self.limits,
            self.trading,
            self.trading_reason,
            self.person_active,
            self.unbound_accepted,
            self.commits,
            sorted(self.awaiting.items()),
            list(self.pairs.values()),
            list(self.in_flight),
            sorted(self.stuck),
            sorted(self.by_client_id.items()),
            self.pair_no,
            self.session_from,
            sorted(self.cooldowns.items()),
            list(self.commits_ns),
            sorted((key, amount) for key, amount in self.reserved.items() if amount),
            self.ledger.snapshot(),
            [(name, venue.digest()) for name, venue in self.venues.items()],
            sorted(self.outcomes.items()),
            sorted(self.realised.items()),
            sorted(self.fees_paid.items()),
            self.day,
            self.day_equity,
            sorted(self.day_result.items()),
            self.loss_level,
            self.halting,
        )
