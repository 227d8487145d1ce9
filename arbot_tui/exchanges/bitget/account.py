"""What Bitget says of a Classic account and its key (facts page section 7, v2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from arbot_tui.domain.account import AccountFill, FeeTerms, KeyPermissions, OpenOrder
from arbot_tui.domain.clock import MS, Clock
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, parse_decimal
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.bitget.answers import OrderRow, fill_of, order_state
from arbot_tui.exchanges.bitget.execution import ClassicExecution
from arbot_tui.exchanges.bitget.quotas import Quotas

__all__ = ["ClassicAccount", "parse_fee_terms", "parse_permissions"]

_VENUE = "bitget"
_BROKEN = (ValueError, RecursionError, ArithmeticError)
_DEDUCTION_COIN = "BGB"
# Codes of the authority table, and the words that older keys show.
_MAY_TRADE = frozenset({"stow", "trade"})
_MAY_WITHDRAW = frozenset({"wwow", "withdraw"})
_MAY_TRANSFER = frozenset({"wtow", "transfer"})


class _Info(msgspec.Struct):
    authorities: list[str]
    ips: str | None = ""


class _Deduction(msgspec.Struct):
    deduct: str


_info = msgspec.json.Decoder(_Info).decode
_deduction = msgspec.json.Decoder(_Deduction).decode


def parse_permissions(data: msgspec.Raw) -> KeyPermissions:
    """Return what the key may do, from ``spot/account/info``.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        info = _info(data)
    except _BROKEN as e:
        raise _malformed("account info", e) from e
    rights = {right.lower() for right in info.authorities}
    return KeyPermissions(
        trade=bool(rights & _MAY_TRADE),
        withdraw=bool(rights & _MAY_WITHDRAW),
        transfer=bool(rights & _MAY_TRANSFER),
        ips=tuple(sanitise(ip.strip(), 64) for ip in (info.ips or "").split(",") if ip.strip()),
    )


def parse_fee_terms(data: msgspec.Raw) -> FeeTerms:
    """Return whether fees are deducted in BGB, from ``spot/account/deduct-info``.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    try:
        deducted = _deduction(data).deduct == "on"
    except _BROKEN as e:
        raise _malformed("deduction", e) from e
    return FeeTerms(discount_asset=_DEDUCTION_COIN if deducted else "")


class ClassicAccount:
    """Reads of one Classic account."""

    def __init__(
        self,
        execution: ClassicExecution,
        clock: Clock,
        *,
        offset_ns: Callable[[], int],
        quotas: Quotas,
    ) -> None:
        """Prepare; nothing is sent before it is asked for.

        Args:
            execution: Signs and sends.
            clock: Our clock.
            offset_ns: Returns venue clock minus ours, nanoseconds.
            quotas: What the venue allows.
        """
        self._execution = execution
        self._clock = clock
        self._offset_ns = offset_ns
        self._quotas = quotas

    async def open_orders(
        self, instrument: Instrument | None, names: Mapping[str, str]
    ) -> list[OpenOrder]:
        """Return what rests, page by page.

        Raises:
            ExchangeError: They could not be fetched completely.
        """
        target = "/api/v2/spot/trade/unfilled-orders?"
        if instrument is not None:
            target += f"symbol={instrument.wire_symbol}"
        rows, complete = await self._execution.orders(target, 0)
        if not complete:
            raise MalformedMessage(_VENUE, "open orders without an end")
        try:
            return [_open_order(row, names) for row in rows]
        except _BROKEN as e:
            raise _malformed("open orders", e) from e

    async def fills_since(self, instrument: Instrument, since_ns: int) -> list[AccountFill]:
        """Return executions since then, oldest first; pages go back by trade id.

        Rows name only the venue's order ids, so client ids are empty.

        Raises:
            ExchangeError: They could not be fetched completely.
        """
        since_ms = (since_ns + self._offset_ns()) // MS
        query = f"symbol={instrument.wire_symbol}"
        rows, complete = await self._execution.trades(query, since_ms)
        if not complete:
            raise MalformedMessage(_VENUE, "executions without an end")
        found: dict[str, AccountFill] = {}
        for row in rows:
            fill = fill_of(row, "", instrument.symbol)
            if fill.event_ns >= since_ms * MS:
                found[fill.trade_id] = AccountFill(sanitise(row.orderId, 64), fill)
        return sorted(found.values(), key=lambda seen: seen.fill.event_ns)

    async def fee_terms(self, wire_symbol: str) -> FeeTerms:
        """Return whether fees are deducted in BGB; how they are split is not documented.

        Raises:
            ExchangeError: It could not be fetched.
        """
        del wire_symbol
        target = "/api/v2/spot/account/deduct-info"
        return parse_fee_terms((await self._execution.get(target, self._quotas.assets)).data)

    async def permissions(self) -> KeyPermissions:
        """Return what the key may do; the venue allows one such question a second.

        Raises:
            ExchangeError: It could not be fetched.
        """
        target = "/api/v2/spot/account/info"
        return parse_permissions((await self._execution.get(target, self._quotas.info)).data)


def _open_order(row: OrderRow, names: Mapping[str, str]) -> OpenOrder:
    """Return a resting order; in this list ``priceAvg`` is its limit price."""
    state = order_state(row, "open")
    # Symbols arrive in lower case here (sample of the page).
    symbol = row.symbol.upper()
    return OpenOrder(
        _VENUE,
        state.venue_id,
        sanitise(state.client_id, 64),
        names.get(symbol, sanitise(symbol, 40)),
        OrderSide(row.side),
        parse_decimal(row.priceAvg) if row.priceAvg else ZERO,
        parse_decimal(row.size),
        state.filled_qty,
        state.status,
    )


def _malformed(what: str, cause: Exception) -> MalformedMessage:
    return MalformedMessage(_VENUE, f"{what}: {sanitise(str(cause))}")
