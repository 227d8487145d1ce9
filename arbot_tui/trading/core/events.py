"""What the money core is told.

Events that can lead to an order carry the quotes it is judged on; every event that changed
state is journalled with its time, so that replaying the journal gives the same state.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from arbot_tui.domain.account import AccountFill, OpenOrder
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderAck,
    OrderReject,
    OrderState,
    OrderUnknown,
)
from arbot_tui.domain.signal import ArbitrageSignal, QuoteView
from arbot_tui.trading.core.levels import LossLevel
from arbot_tui.trading.core.limits import Limits
from arbot_tui.trading.core.plans import PairPlan, Unwinding

__all__ = [
    "AccountFillsSeen",
    "BalancesMoved",
    "BalancesSeen",
    "CommitFailed",
    "Committed",
    "DayVerdict",
    "Deposited",
    "Event",
    "FeesChanged",
    "InstrumentsChanged",
    "KeyJudged",
    "LimitsChanged",
    "Marked",
    "OpenOrdersSeen",
    "Operator",
    "OperatorAction",
    "PrivateStream",
    "Signalled",
    "Started",
    "TimerFired",
    "TimerKind",
    "VenueLive",
]


class Started(msgspec.Struct, frozen=True, tag="started"):
    """A run begins on this account; trading is stopped, what is open is resolved.

    Attributes:
        instance: Name that the account's journal puts into client order ids.
        venues: Venues of this run.
        limits: Limits of this run.
    """

    instance: str
    venues: tuple[str, ...]
    limits: Limits


class Signalled(msgspec.Struct, frozen=True, tag="signal"):
    """Detection hands over an opportunity.

    Attributes:
        signal: The opportunity with its quotes.
        equity_quote: Value of the account in the account currency; None where it cannot be told.
        plan: What the core made of it; set in the journal alone, ignored from anyone else.
        quote_value: What a unit of the signal's quote currency is worth in the account currency,
            which the limits are in; None where no live rate tells.
    """

    signal: ArbitrageSignal
    equity_quote: Decimal | None = None
    plan: PairPlan | None = None
    quote_value: Decimal | None = Decimal(1)


class Committed(msgspec.Struct, frozen=True, tag="committed"):
    """A commit that asked for confirmation is durable.

    Attributes:
        commit_id: Of the `Commit` command.
        quotes: The pair's symbol on every venue, as it stands now.
        refusal: Why the orders must not leave after all, empty where they may; set in the
            journal alone, ignored from anyone else.
    """

    commit_id: int
    quotes: tuple[QuoteView, ...]
    refusal: str | None = None


class CommitFailed(msgspec.Struct, frozen=True, tag="commit_failed"):
    """The journal could not make a commit durable; nothing of it may be sent."""

    commit_id: int
    message: str


class TimerKind(StrEnum):
    """What a timer is for."""

    ACK = "ack"
    """`key` is a client id: silence since the send means unknown."""
    POLL = "poll"
    """`key` is a client id: ask the venue about the order."""
    UNWIND = "unwind"
    """`key` is a pair id: bring the remainder home."""
    BALANCES = "balances"
    """`key` is a venue: compare its balances with the ledger."""
    VENUES = "venues"
    """`key` is ``lost`` or ``back``: are there still too few, or enough, live venues?"""


class TimerFired(msgspec.Struct, frozen=True, tag="timer"):
    """A timer set by `SetTimer` is due.

    Attributes:
        kind: What it is for.
        key: Which order, pair or venue.
        n: The count given when it was set.
        quotes: For `UNWIND`: the pair's symbol on every venue.
        unwinding: For `UNWIND`: what the core decided; set in the journal alone, ignored from
            anyone else.
    """

    kind: TimerKind
    key: str
    n: int
    quotes: tuple[QuoteView, ...] = ()
    unwinding: Unwinding | None = None


class OpenOrdersSeen(msgspec.Struct, frozen=True, tag="open_orders"):
    """What rests at a venue, whoever placed it."""

    venue: str
    orders: tuple[OpenOrder, ...]


class AccountFillsSeen(msgspec.Struct, frozen=True, tag="account_fills"):
    """What a venue lists as executed on the account, whoever placed the orders."""

    venue: str
    fills: tuple[AccountFill, ...]


class BalancesSeen(msgspec.Struct, frozen=True, tag="balances"):
    """What a venue says the account holds, asked for at `asked_ns`."""

    venue: str
    asked_ns: int
    balances: tuple[Balance, ...]


class Deposited(msgspec.Struct, frozen=True, tag="deposited"):
    """A venue's account received something that no order explains; `amount` is above zero."""

    venue: str
    asset: str
    amount: Decimal


class BalancesMoved(msgspec.Struct, frozen=True, tag="balances_moved"):
    """What a private stream says the account holds of some assets; those not named stand.

    A hint, not a fact: streams and executions overtake each other. It asks for the whole account
    where it differs from the ledger, and is not journalled.
    """

    venue: str
    balances: tuple[Balance, ...]


class PrivateStream(msgspec.Struct, frozen=True, tag="private_stream"):
    """A venue's private stream is up, or is not; said once at start where there is one.

    Attributes:
        venue: Name of the venue.
        up: Orders and executions are told as they happen.
        message: Why not.
    """

    venue: str
    up: bool
    message: str = ""


class KeyJudged(msgspec.Struct, frozen=True, tag="key"):
    """What was found of the key that trades on a venue.

    Attributes:
        venue: Name of the venue.
        refusal: Why it is not to be traded with, in words that follow "its key"; empty where fit.
        unbound: It works from any address.
    """

    venue: str
    refusal: str
    unbound: bool = False


class VenueLive(msgspec.Struct, frozen=True, tag="venue_live"):
    """A venue's market data became live, or ceased to be."""

    venue: str
    live: bool


class InstrumentsChanged(msgspec.Struct, frozen=True, tag="instruments"):
    """Rules of a venue's instruments; replaces what was known of those named."""

    venue: str
    instruments: tuple[Instrument, ...]


class FeesChanged(msgspec.Struct, frozen=True, tag="fees"):
    """The account's own fee rates on a venue, by canonical symbol."""

    venue: str
    fees: dict[str, TradingFees]


class OperatorAction(StrEnum):
    """What a person, or the end of a run, asks for."""

    START = "start"
    DRAIN = "drain"
    STOP = "stop"
    HALT = "halt"
    RESET = "reset"
    FLATTEN = "flatten"
    RESOLVE = "resolve"
    ADOPT = "adopt"
    RECONCILE = "reconcile"


class Operator(msgspec.Struct, frozen=True, tag="operator"):
    """An operator's command.

    Attributes:
        action: What is asked for.
        reason: Shown for it.
        pair: For `RESOLVE`: id of the pair.
        accept: For `RESOLVE`: end it as it is, where all its orders have ended. For `START`: trade
            with keys that are bound to no address, until trading ends.
        venue: For `ADOPT`: whose balances are taken for true.
    """

    action: OperatorAction
    reason: str = ""
    pair: str = ""
    accept: bool = False
    venue: str = ""


class LimitsChanged(msgspec.Struct, frozen=True, tag="limits"):
    """A person changed limits while the run goes on; they hold from the next decision on."""

    limits: Limits


class DayVerdict(msgspec.Struct, frozen=True):
    """What the core made of a day so far, with the numbers."""

    level: LossLevel
    detail: str


class Marked(msgspec.Struct, frozen=True, tag="marked"):
    """What things are worth now, told about once a second.

    Attributes:
        mids: Middle of the market by pair id, where the pair holds a remainder and a live quote
            of its venue tells.
        rates: What a unit is worth in the account currency by asset, as last seen: quote
            currencies and the coins that fees were taken in.
        equity_quote: Value of the account in the account currency; None where it cannot be told.
        verdict: What the core made of it; set in the journal alone, ignored from anyone else.
    """

    mids: dict[str, Decimal]
    rates: dict[str, Decimal]
    equity_quote: Decimal | None
    verdict: DayVerdict | None = None


Event = (
    Started
    | Signalled
    | Committed
    | CommitFailed
    | TimerFired
    | OpenOrdersSeen
    | AccountFillsSeen
    | BalancesSeen
    | BalancesMoved
    | PrivateStream
    | Deposited
    | KeyJudged
    | VenueLive
    | InstrumentsChanged
    | FeesChanged
    | Operator
    | LimitsChanged
    | Marked
    | OrderAck
    | OrderReject
    | OrderUnknown
    | Fill
    | OrderState
)
