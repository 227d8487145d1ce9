"""The private socket of a Classic account (v2): orders with their executions, balances.

Pages of 2025-12-05; facts page section 8. The ``orders`` channel carries each execution with our
own id; the ``fill`` channel names only the venue's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from arbot_tui.domain.numbers import exact, parse_decimal
from arbot_tui.domain.orders import Fee
from arbot_tui.exchanges.bitget.private import PrivateStream
from arbot_tui.exchanges.bitget.rows import OrderRow, TradeRow, balance_of, fill_of, order_state
from arbot_tui.exchanges.transport.signed_socket import BalancesTold, Told

__all__ = ["ClassicStream"]

_DEDUCTED = "BGB"
_MAKER = "M"


class _Fee(msgspec.Struct):
    feeCoin: str
    fee: str


class _Order(msgspec.Struct):
    """An order push: the order, and the execution that this push tells of."""

    instId: str
    orderId: str
    status: str
    side: str
    accBaseVolume: str
    clientOid: str | None = None
    force: str = ""
    baseVolume: str = ""
    fillPrice: str = ""
    fillFee: str = ""
    fillFeeCoin: str = ""
    fillTime: str = ""
    tradeId: str = ""
    feeDetail: list[_Fee] | str | None = None
    tradeScope: str = ""


class _Asset(msgspec.Struct):
    coin: str
    available: str
    frozen: str


_orders = msgspec.json.Decoder(list[_Order]).decode
_assets = msgspec.json.Decoder(list[_Asset]).decode


class ClassicStream(PrivateStream):
    """The language of the v2 socket; see `SocketDialect`."""

    topics = frozenset({"orders", "account"})
    _args = (
        {"instType": "SPOT", "channel": "orders", "instId": "default"},
        {"instType": "SPOT", "channel": "account", "coin": "default"},
    )

    def _news(self, topic: str, data: msgspec.Raw) -> Iterable[Told]:
        match topic:
            case "orders":
                for row in _orders(data):
                    yield from self._order(row)
            case "account":
                rows = _assets(data)
                yield BalancesTold(
                    tuple(balance_of(row.coin, row.available, row.frozen) for row in rows)
                )

    def _order(self, row: _Order) -> Iterable[Told]:
        order = OrderRow(
            order_id=row.orderId,
            client_id=row.clientOid or "",
            status=row.status,
            filled=row.accBaseVolume,
            force=row.force,
        )
        state = order_state(order, "stream")
        told = (row.tradeId, row.fillPrice, row.baseVolume, row.fillFee, row.fillFeeCoin)
        # What does not say what it cost is left to the list of executions, which does.
        if all(told) and parse_decimal(row.baseVolume) and (fees := _fees(row)):
            trade = TradeRow(
                symbol=row.instId,
                order_id=row.orderId,
                trade_id=row.tradeId,
                side=row.side,
                price=row.fillPrice,
                qty=row.baseVolume,
                fees=fees,
                created=row.fillTime,
            )
            yield fill_of(trade, state.client_id, self._symbol(row.instId))
        yield state


def _fees(row: _Order) -> Sequence[Fee]:
    """Return what the execution of this push cost; nothing where the push cannot tell.

    ``fillFee`` names one coin, ``feeDetail`` all of them, but of the order so far: only of its
    first execution is that the same. Negative is paid here, positive elsewhere and in BGB: only a
    maker can have been given anything, and never in BGB.
    """
    detail = row.feeDetail if isinstance(row.feeDetail, list) else []
    told = [(fee.feeCoin, parse_decimal(fee.fee)) for fee in detail]
    if all(coin == row.fillFeeCoin or not amount for coin, amount in told):
        told = [(row.fillFeeCoin, parse_decimal(row.fillFee))]
    elif parse_decimal(row.accBaseVolume) != parse_decimal(row.baseVolume):
        return ()
    given = row.tradeScope == _MAKER
    return [
        (coin, exact.minus(amount) if given and coin.upper() != _DEDUCTED else exact.abs(amount))
        for coin, amount in told
    ]
