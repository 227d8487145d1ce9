"""What Binance says of the whole account and its key (facts page sections 7.2 and 10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec

from arbot_tui.domain.account import AccountFill, FeeTerms, KeyPermissions, OpenOrder
from arbot_tui.domain.clock import MS, Clock
from arbot_tui.domain.errors import AuthRefused, MalformedMessage, RequestRefused
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import parse_decimal
from arbot_tui.domain.text import sanitise
from arbot_tui.domain.transfers import Wallets
from arbot_tui.exchanges.binance import coins
from arbot_tui.exchanges.binance.answers import (
    OpenOrderRow,
    TradeRow,
    fill_of,
    order_state,
    parse_client_id,
    parse_open_order,
    parse_open_rows,
    parse_trade_rows,
    side_of,
)
from arbot_tui.exchanges.binance.execution import BinanceExecution
from arbot_tui.exchanges.transport.rows import Rows, read_rows

__all__ = ["BinanceAccount", "parse_fee_terms", "parse_permissions"]

_VENUE = "binance"
_DAY_MS = 24 * 3_600_000
_ROWS_PER_PAGE = 1000
_MOST_PAGES = 400


class _Discount(msgspec.Struct):
    enabledForAccount: bool = False
    enabledForSymbol: bool = False
    discountAsset: str = ""
    discount: str = ""


class _Commission(msgspec.Struct):
    discount: _Discount | None = None


class _Restrictions(msgspec.Struct):
    ipRestrict: bool
    enableWithdrawals: bool
    enableSpotAndMarginTrading: bool
    enableInternalTransfer: bool = False
    permitsUniversalTransfer: bool = False
    tradingAuthorityExpirationTime: int = 0  # ms; of a key without IP restriction, older answers


_decode_commission = msgspec.json.Decoder(_Commission).decode
_decode_restrictions = msgspec.json.Decoder(_Restrictions).decode


def parse_fee_terms(body: bytes) -> FeeTerms:
    """Return how fees are paid, from ``account/commission`` of one symbol.

    Raises:
        MalformedMessage: It breaks its schema.
    """
    try:
        found = _decode_commission(body).discount
        if found is None or not (found.enabledForAccount and found.enabledForSymbol):
            return FeeTerms()
        # "Multiplied by": 0.75 is a quarter off (commission FAQ; a comment there reads otherwise).
        factor = parse_decimal(found.discount)
        if not 0 <= factor <= 1:
            raise ValueError(f"discount {factor} is no factor")
        return FeeTerms(discount_asset=sanitise(found.discountAsset, 20).upper(), discount=factor)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"commission: {sanitise(str(e))}") from e


def parse_permissions(body: bytes) -> KeyPermissions:
    """Return what the key may do, from ``apiRestrictions``.

    The answer says that a key is bound to addresses, not to which.

    Raises:
        MalformedMessage: It breaks its schema.
    """
    try:
        found = _decode_restrictions(body)
    except (ValueError, RecursionError) as e:
        raise MalformedMessage(_VENUE, f"permissions: {sanitise(str(e))}") from e
    return KeyPermissions(
        trade=found.enableSpotAndMarginTrading,
        withdraw=found.enableWithdrawals,
        transfer=found.enableInternalTransfer or found.permitsUniversalTransfer,
        ips=("restricted",) if found.ipRestrict else (),
        expires_ns=max(0, found.tradingAuthorityExpirationTime) * MS,
    )


class BinanceAccount:
    """Reads of one account."""

    def __init__(
        self,
        execution: BinanceExecution,
        clock: Clock,
        *,
        offset_ns: Callable[[], int],
        has_permissions: bool,
    ) -> None:
        """Prepare; nothing is sent before it is asked for.

        Args:
            execution: Signs and sends.
            clock: Our clock.
            offset_ns: Returns venue clock minus ours, nanoseconds.
            has_permissions: The environment serves ``/sapi`` (testnet and demo do not).
        """
        self._execution = execution
        self._clock = clock
        self._offset_ns = offset_ns
        self._has_permissions = has_permissions

    async def open_orders(
        self, instrument: Instrument | None, names: Mapping[str, str]
    ) -> Rows[OpenOrder]:
        """Return what rests; of all symbols it costs 80 units of weight instead of 6.

        Raises:
            ExchangeError: They could not be fetched.
        """
        params = () if instrument is None else (("symbol", instrument.wire_symbol),)
        weight = 80 if instrument is None else 6
        body = await self._execution.read("/api/v3/openOrders", params, weight, urgent=True)
        return read_rows(
            parse_open_rows(body),
            lambda raw: _open_order(parse_open_order(raw), names),
            parse_client_id,
        )

    async def fills_since(self, instrument: Instrument, since_ns: int) -> list[AccountFill]:
        """Return executions since then, oldest first.

        Time windows are at most a day long; from the first execution found on, pages follow by
        id, which no two executions share.

        Raises:
            ExchangeError: They could not be fetched completely.
        """
        symbol = ("symbol", instrument.wire_symbol)
        limit = ("limit", str(_ROWS_PER_PAGE))
        start_ms = (since_ns + self._offset_ns()) // MS
        end_ms = (self._clock.now_ns() + self._offset_ns()) // MS
        rows: list[TradeRow] = []
        while not rows and start_ms <= end_ms:
            until_ms = start_ms + _DAY_MS - 1
            window = (("startTime", str(start_ms)), ("endTime", str(until_ms)))
            rows = await self._trades((symbol, *window, limit))
            start_ms = until_ms + 1
        page = rows
        for _ in range(_MOST_PAGES):
            if not page:
                return self._fills(rows, instrument)
            from_id = ("fromId", str(max(row.id for row in page) + 1))
            page = await self._trades((symbol, from_id, limit))
            rows += page
        raise MalformedMessage(_VENUE, "executions without an end")

    async def fee_terms(self, wire_symbol: str) -> FeeTerms:
        """Return the discount for paying in BNB; the venue names no tier.

        Raises:
            ExchangeError: It could not be fetched.
        """
        params = (("symbol", wire_symbol),)
        return parse_fee_terms(await self._execution.read("/api/v3/account/commission", params, 20))

    async def permissions(self) -> KeyPermissions | None:
        """Return what the key may do; None where the host has no ``/sapi``.

        Raises:
            ExchangeError: It could not be fetched.
        """
        if not self._has_permissions:
            return None
        try:
            body = await self._execution.read("/sapi/v1/account/apiRestrictions", (), 1)
        except AuthRefused:
            raise
        except RequestRefused as e:
            if e.code == "404":
                return None
            raise
        return parse_permissions(body)

    async def wallets(self) -> Wallets | None:
        """Return on which networks coins move, at what fee; None where the host has no ``/sapi``.

        Raises:
            ExchangeError: The list could not be fetched or read.
        """
        if not self._has_permissions:
            return None
        return coins.parse_coins(await self._execution.read(coins.PATH, (), coins.WEIGHT))

    async def _trades(self, params: tuple[tuple[str, str], ...]) -> list[TradeRow]:
        return parse_trade_rows(
            await self._execution.read("/api/v3/myTrades", params, 20, urgent=True)
        )

    def _fills(self, rows: list[TradeRow], instrument: Instrument) -> list[AccountFill]:
        found = []
        for row in sorted(rows, key=lambda row: row.id):
            if row.symbol != instrument.wire_symbol:
                continue
            venue_id = str(row.orderId)
            client_id = self._execution.client_id_of(venue_id)
            found.append(AccountFill(venue_id, fill_of(row, client_id, instrument.symbol)))
        return found


def _open_order(row: OpenOrderRow, names: Mapping[str, str]) -> OpenOrder:
    state = order_state(row, row.clientOrderId, "open")
    return OpenOrder(
        _VENUE,
        state.venue_id,
        sanitise(row.clientOrderId, 64),
        names.get(row.symbol, sanitise(row.symbol, 40)),
        side_of(row),
        _decimal(row.price),
        _decimal(row.origQty),
        state.filled_qty,
        state.status,
    )


def _decimal(text: str) -> Decimal:
    try:
        return parse_decimal(text)
    except ValueError as e:
        raise MalformedMessage(_VENUE, f"open order: {sanitise(str(e))}") from e
