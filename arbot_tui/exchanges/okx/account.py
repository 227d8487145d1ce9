"""What OKX says of the whole account and its key (facts page section 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from arbot_tui.domain.account import AccountFill, FeeTerms, KeyPermissions, OpenOrder
from arbot_tui.domain.clock import MS, SECOND, Clock
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, parse_decimal
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.text import sanitise
from arbot_tui.domain.transfers import Wallets
from arbot_tui.exchanges.okx import coins
from arbot_tui.exchanges.okx.answers import (
    BROKEN,
    OrderRow,
    malformed,
    order_state,
    parse_order_ids,
    parse_order_row,
    parse_rows,
)
from arbot_tui.exchanges.okx.execution import OkxExecution
from arbot_tui.exchanges.okx.fills import FillRow, fill_of, parse_fill_rows
from arbot_tui.exchanges.okx.quotas import Quotas
from arbot_tui.exchanges.transport.rows import Rows, read_rows

__all__ = ["OkxAccount", "parse_fee_terms", "parse_permissions"]

_VENUE = "okx"
_ROWS_PER_PAGE = 100
_MOST_PAGES = 400
# `trade/fills` reaches back three days; an hour less leaves no doubt at the edge.
_RECENT_NS = (3 * 24 - 1) * 3_600 * SECOND
_ALWAYS_QUOTE = "1"


class _Config(msgspec.Struct):
    perm: str
    ip: str = ""
    feeType: str = "0"
    level: str = ""
    enableSpotBorrow: bool = False
    autoLoan: bool = False


_configs = msgspec.json.Decoder(list[_Config]).decode


def parse_permissions(data: msgspec.Raw) -> KeyPermissions:
    """Return what the key may do, from ``account/config``.

    Transfers between accounts are part of the right to trade; the venue has no word of its own.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    config = _config(data)
    rights = {right.strip() for right in config.perm.split(",")}
    notes = []
    if config.enableSpotBorrow or config.autoLoan:
        notes.append("borrowing is switched on: an order may spend what the account does not own")
    ips = tuple(sanitise(ip.strip(), 64) for ip in config.ip.split(",") if ip.strip())
    if not ips:
        notes.append("a key without an address list expires after 14 days without use")
    return KeyPermissions(
        trade="trade" in rights,
        withdraw="withdraw" in rights,
        transfer=False,
        ips=ips,
        notes=tuple(notes),
    )


def parse_fee_terms(data: msgspec.Raw) -> FeeTerms:
    """Return tier and fee currency, from ``account/config``.

    Raises:
        MalformedMessage: `data` breaks its schema.
    """
    config = _config(data)
    return FeeTerms(tier=sanitise(config.level, 40), always_quote=config.feeType == _ALWAYS_QUOTE)


def _config(data: msgspec.Raw) -> _Config:
    try:
        return _configs(data)[0]
    except BROKEN as e:
        raise malformed("account", e) from e


class OkxAccount:
    """Reads of one account."""

    def __init__(
        self,
        execution: OkxExecution,
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
    ) -> Rows[OpenOrder]:
        """Return what rests, page by page.

        Raises:
            ExchangeError: They could not be fetched completely.
        """
        target = f"/api/v5/trade/orders-pending?instType=SPOT&limit={_ROWS_PER_PAGE}"
        if instrument is not None:
            target += f"&instId={instrument.wire_symbol}"
        found: Rows[OpenOrder] = Rows([])
        after = ""
        for _ in range(_MOST_PAGES):
            answer = await self._execution.get(target + after, charges=self._quotas.pending)
            rows = parse_rows(answer.data)
            found.add(
                read_rows(
                    rows,
                    lambda raw: _open_order(parse_order_row(raw), names),
                    lambda raw: parse_order_ids(raw).clOrdId,
                )
            )
            if len(rows) < _ROWS_PER_PAGE:
                return found
            after = f"&after={_id(parse_order_ids(rows[-1]).ordId)}"
        raise MalformedMessage(_VENUE, "open orders without an end")

    async def fills_since(self, instrument: Instrument, since_ns: int) -> list[AccountFill]:
        """Return executions since then, oldest first; pages go back by bill id.

        Raises:
            ExchangeError: They could not be fetched completely.
        """
        recent = self._clock.now_ns() - since_ns < _RECENT_NS
        path, quota = (
            ("fills", self._quotas.fills) if recent else ("fills-history", self._quotas.history)
        )
        since_ms = (since_ns + self._offset_ns()) // MS
        target = (
            f"/api/v5/trade/{path}?instType=SPOT&instId={instrument.wire_symbol}"
            f"&limit={_ROWS_PER_PAGE}"
        )
        found: dict[str, AccountFill] = {}
        after = ""
        for _ in range(_MOST_PAGES):
            answer = await self._execution.get(target + after, charges=quota)
            rows = parse_fill_rows(answer.data)
            for row in rows:
                if row.instId not in ("", instrument.wire_symbol):
                    continue
                seen = self._fill(row, instrument)
                if seen.fill.event_ns >= since_ms * MS:
                    found[seen.fill.trade_id] = seen
            if len(rows) < _ROWS_PER_PAGE or self._fill(rows[-1], instrument).fill.event_ns < (
                since_ms * MS
            ):
                return sorted(found.values(), key=lambda seen: seen.fill.event_ns)
            after = f"&after={_id(rows[-1].billId)}"
        raise MalformedMessage(_VENUE, "executions without an end")

    async def fee_terms(self, wire_symbol: str) -> FeeTerms:
        """Return tier, and whether fees are always taken in the quote currency.

        Raises:
            ExchangeError: It could not be fetched.
        """
        del wire_symbol
        return parse_fee_terms(await self._ask_config())

    async def permissions(self) -> KeyPermissions:
        """Return what the key may do.

        Raises:
            ExchangeError: It could not be fetched.
        """
        return parse_permissions(await self._ask_config())

    async def wallets(self) -> Wallets:
        """Return on which networks coins move, at what fee.

        Raises:
            ExchangeError: The list could not be fetched or read.
        """
        answer = await self._execution.get(coins.TARGET, charges=self._quotas.currencies)
        return coins.parse_coins(answer.data)

    async def _ask_config(self) -> msgspec.Raw:
        target = "/api/v5/account/config"
        return (await self._execution.get(target, charges=self._quotas.account)).data

    def _fill(self, row: FillRow, instrument: Instrument) -> AccountFill:
        try:
            fill = fill_of(row, sanitise(row.clOrdId, 64), instrument.symbol)
        except BROKEN as e:
            raise malformed("fills", e) from e
        return AccountFill(sanitise(row.ordId, 64), fill)


def _open_order(row: OrderRow, names: Mapping[str, str]) -> OpenOrder:
    try:
        state = order_state(row, "", "open")
        return OpenOrder(
            _VENUE,
            state.venue_id,
            state.client_id,
            names.get(row.instId, sanitise(row.instId, 40)),
            OrderSide(row.side),
            parse_decimal(row.px) if row.px else ZERO,
            parse_decimal(row.sz),
            state.filled_qty,
            state.status,
        )
    except BROKEN as e:
        raise malformed("open orders", e) from e


def _id(text: str) -> str:
    """Return an id of the venue for use in a query, which must need no quoting."""
    if not (text.isascii() and text.isalnum()):
        raise MalformedMessage(_VENUE, "an id that is no plain text")
    return text
