"""The private socket of a unified account (v3): orders, executions, balances.

Pages of 2025-12-05 and changes to 2026-10-06; facts page section 8. One topic is for all
products: what is not spot is passed over. Executions come on a topic of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.bitget.private import PrivateStream
from arbot_tui.exchanges.bitget.rows import balance_of, fill_of, order_state
from arbot_tui.exchanges.bitget.unified.answers import orders_in, trades_in
from arbot_tui.exchanges.transport.signed_socket import BalancesTold, Told

__all__ = ["UnifiedStream"]

_TOPICS = ("order", "fill", "account")


class _Coin(msgspec.Struct):
    coin: str
    available: str
    locked: str


class _Account(msgspec.Struct):
    coin: list[_Coin] = []


_accounts = msgspec.json.Decoder(list[_Account]).decode


class UnifiedStream(PrivateStream):
    """The language of the v3 socket; see `SocketDialect`."""

    topics = frozenset(_TOPICS)
    _args = tuple({"instType": "UTA", "topic": topic} for topic in _TOPICS)

    def _news(self, topic: str, data: msgspec.Raw) -> Iterable[Told]:
        match topic:
            case "order":
                for order in orders_in(data):
                    yield order_state(order, "stream")
            case "fill":
                for row in trades_in(data):
                    yield fill_of(row, sanitise(row.client_id, 64), self._symbol(row.symbol))
            case "account":
                for account in _accounts(data):
                    coins = account.coin
                    yield BalancesTold(
                        tuple(balance_of(row.coin, row.available, row.locked) for row in coins)
                    )
