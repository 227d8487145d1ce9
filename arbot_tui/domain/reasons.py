"""Why a candidate was not traded: one typed code each, counted and shown."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Reason"]


class Reason(StrEnum):
    """Reject reasons: the pre-trade checks, lower case, plus what detection itself finds.

    The words are stable (CONTRACT section 8): scripts and screens hold on to them.
    """

    # detection
    FEE = "fee"
    CROSSED = "crossed"
    FILTER = "filter"
    COOLDOWN = "cooldown"
    VANISHED = "vanished"
    DEPTH = "depth"
    # pre-trade checks
    TRADING_STATE = "trading_state"
    KILL_SWITCH = "kill_switch"
    RECONCILED = "reconciled"
    IDENTITY_OK = "identity_ok"
    STATUS_OK = "status_ok"
    DATA_FRESH = "data_fresh"
    QUOTE_PEG = "quote_peg"
    PRICE_COLLAR = "price_collar"
    WORST_CASE_EDGE = "worst_case_edge"
    EDGE_TOO_GOOD = "edge_too_good"
    MAX_ORDER_VALUE = "max_order_value"
    MAX_MESSAGES = "max_messages"
    REPEAT_EXECUTION = "repeat_execution"
    DUPLICATE_INTENT = "duplicate_intent"
    BALANCE_RESERVED = "balance_reserved"
    INSTRUMENT_RULES = "instrument_rules"
    IN_FLIGHT = "in_flight"
    NET_EXPOSURE = "net_exposure"
    UNKNOWN_ORDERS = "unknown_orders"
    DAILY_LOSS = "daily_loss"
    JOURNAL_OK = "journal_ok"
    LEDGER_OK = "ledger_ok"
