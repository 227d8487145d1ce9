"""What Bybit says of the whole account and its key (facts page sections 7.2 and 10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from arbot_tui.domain.account import AccountFill, FeeTerms, KeyPermissions, OpenOrder
from arbot_tui.domain.clock import MS, SECOND, Clock
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, amount, parse_decimal
from arbot_tui.domain.orders import OrderSide
from arbot_tui.domain.text import sanitise
from arbot_tui.domain.transfers import Wallets
from arbot_tui.exchanges.bybit import coins
from arbot_tui.exchanges.bybit.answers import (
    BROKEN,
    ExecutionRow,
    OrderRow,
    fill_of,
    is_trade,
    malformed,
    order_status,
)
from arbot_tui.exchanges.bybit.execution import BybitExecution
from arbot_tui.exchanges.transport.limiter import Charge
from arbot_tui.exchanges.transport.rows import Rows, read_rows

__all__ = ["BybitAccount", "parse_fee_terms", "parse_permissions"]

_VENUE = "bybit"
_MOST_PAGES = 200
_ORDERS_PER_PAGE = 50
_FILLS_PER_PAGE = 100
# "Times at most 7 days apart"; a minute less than that leaves no doubt at the edge.
_WINDOW_MS = 7 * 24 * 3_600_000 - 60_000
_DEDUCTION_COIN = "MNT"


class _Named(msgspec.Struct):
    """What the sender of an order called it, whatever else is in its row."""

    orderLinkId: str | None = None


class _Orders(msgspec.Struct):
    rows: list[msgspec.Raw] = msgspec.field(name="list")
    nextPageCursor: str = ""


class _Executions(msgspec.Struct):
    rows: list[ExecutionRow] = msgspec.field(name="list")
    nextPageCursor: str = ""


class _Settings(msgspec.Struct):
    smsef: bool = False


class _Permissions(msgspec.Struct):
    Spot: list[str] = []
    Wallet: list[str] = []


class _Key(msgspec.Struct):
    readOnly: int
    permissions: _Permissions
    ips: list[str] = []
    expiredAt: str = ""
    uta: int = 1
    vipLevel: str = ""


_orders = msgspec.json.Decoder(_Orders).decode
_order = msgspec.json.Decoder(OrderRow).decode
_named = msgspec.json.Decoder(_Named).decode
_executions = msgspec.json.Decoder(_Executions).decode
_settings = msgspec.json.Decoder(_Settings, strict=False).decode
_key = msgspec.json.Decoder(_Key).decode


def parse_permissions(result: msgspec.Raw) -> KeyPermissions:
    """Return what the key may do, from ``user/query-api``.

    Raises:
        MalformedMessage: `result` breaks its schema.
    """
    try:
        key = _key(result)
        expires_ns = _utc_ns(key.expiredAt)
    except BROKEN as e:
        raise malformed("key", e) from e
    wallet = key.permissions.Wallet
    notes = []
    if key.readOnly == 1:
        notes.append("the key is read-only")
    if key.uta == 0:
        notes.append("the account is not unified; only unified accounts can trade here")
    return KeyPermissions(
        trade=key.readOnly == 0 and key.uta != 0 and "SpotTrade" in key.permissions.Spot,
        withdraw="Withdraw" in wallet,
        transfer=any("Transfer" in right for right in wallet),
        # A star is the venue's word for "anywhere".
        ips=tuple(sanitise(ip, 64) for ip in key.ips if ip not in ("", "*")),
        expires_ns=expires_ns,
        notes=tuple(notes),
    )


def _utc_ns(text: str) -> int:
    """Return ``2025-10-13T03:20:45Z`` as UTC nanoseconds; the epoch means never."""
    return int(datetime.fromisoformat(text).timestamp()) * SECOND if text else 0


def parse_fee_terms(settings: msgspec.Raw, key: msgspec.Raw | None) -> FeeTerms:
    """Return how fees are paid.

    Args:
        settings: The ``result`` of ``account/user-setting-config``.
        key: The ``result`` of ``user/query-api``, which names the tier; None where not served.

    Raises:
        MalformedMessage: One of them breaks its schema.
    """
    try:
        coin = _DEDUCTION_COIN if _settings(settings).smsef else ""
        tier = sanitise(_key(key).vipLevel, 40) if key is not None else ""
    except BROKEN as e:
        raise malformed("fee terms", e) from e
    return FeeTerms(tier=tier, discount_asset=coin)


class BybitAccount:
    """Reads of one account."""

    def __init__(
        self,
        execution: BybitExecution,
        clock: Clock,
        *,
        offset_ns: Callable[[], int],
        key_quota: tuple[Charge, ...],
        coins_quota: tuple[Charge, ...],
        demo: bool,
    ) -> None:
        """Prepare; nothing is sent before it is asked for.

        Args:
            execution: Signs and sends.
            clock: Our clock.
            offset_ns: Returns venue clock minus ours, nanoseconds.
            key_quota: What asking for the key's rights costs.
            coins_quota: What asking for all coins costs.
            demo: The environment serves neither.
        """
        self._execution = execution
        self._clock = clock
        self._offset_ns = offset_ns
        self._key_quota = key_quota
        self._coins_quota = coins_quota
        self._demo = demo

    async def open_orders(
        self, instrument: Instrument | None, names: Mapping[str, str]
    ) -> Rows[OpenOrder]:
        """Return what rests, page by page.

        Raises:
            ExchangeError: They could not be fetched completely.
        """
        query = f"category=spot&openOnly=0&limit={_ORDERS_PER_PAGE}"
        if instrument is not None:
            query += f"&symbol={instrument.wire_symbol}"
        found: Rows[OpenOrder] = Rows([])
        cursor = ""
        for _ in range(_MOST_PAGES):
            answer = await self._execution.get(
                "/v5/order/realtime",
                query + cursor,
                charges=self._execution.query_quota,
                urgent=True,
            )
            try:
                page = _orders(answer.result)
                found.add(
                    read_rows(
                        page.rows,
                        lambda raw: _open_order(_order(raw), names),
                        lambda raw: _named(raw).orderLinkId,
                    )
                )
            except BROKEN as e:
                raise malformed("open orders", e) from e
            if not page.rows or not page.nextPageCursor:
                return found
            cursor = f"&cursor={page.nextPageCursor}"
        raise MalformedMessage(_VENUE, "open orders without an end")

    async def fills_since(self, instrument: Instrument, since_ns: int) -> list[AccountFill]:
        """Return executions since then, oldest first, in windows of at most seven days.

        Raises:
            ExchangeError: They could not be fetched completely.
        """
        start_ms = (since_ns + self._offset_ns()) // MS
        end_ms = (self._clock.now_ns() + self._offset_ns()) // MS
        found: dict[str, AccountFill] = {}
        while start_ms <= end_ms:
            until_ms = start_ms + _WINDOW_MS
            # The last window is open: what executes while it is read belongs to it.
            query = (
                f"category=spot&symbol={instrument.wire_symbol}&startTime={start_ms}"
                f"&endTime={until_ms}&limit={_FILLS_PER_PAGE}"
            )
            for row in filter(is_trade, await self._pages(query)):
                if row.symbol != instrument.wire_symbol:
                    continue
                fill = self._fill(row, instrument)
                found[fill.fill.trade_id] = fill
            start_ms = until_ms + 1
        return sorted(found.values(), key=lambda seen: seen.fill.event_ns)

    async def fee_terms(self, wire_symbol: str) -> FeeTerms:
        """Return tier, and whether fees are deducted in MNT; the rate then is not told.

        Raises:
            ExchangeError: It could not be fetched.
        """
        del wire_symbol
        settings = await self._execution.get(
            "/v5/account/user-setting-config", "", charges=self._execution.query_quota
        )
        key = None if self._demo else (await self._ask_key())
        return parse_fee_terms(settings.result, key)

    async def permissions(self) -> KeyPermissions | None:
        """Return what the key may do; demo does not tell.

        Raises:
            ExchangeError: It could not be fetched.
        """
        return None if self._demo else parse_permissions(await self._ask_key())

    async def wallets(self) -> Wallets | None:
        """Return on which networks coins move, at what fee; demo does not tell.

        Raises:
            ExchangeError: The list could not be fetched or read.
        """
        if self._demo:
            return None
        answer = await self._execution.get(coins.PATH, "", charges=self._coins_quota)
        return coins.parse_coins(answer.result)

    async def _ask_key(self) -> msgspec.Raw:
        answer = await self._execution.get("/v5/user/query-api", "", charges=self._key_quota)
        return answer.result

    async def _pages(self, query: str) -> list[ExecutionRow]:
        rows: list[ExecutionRow] = []
        cursor = ""
        for _ in range(_MOST_PAGES):
            answer = await self._execution.get(
                "/v5/execution/list",
                query + cursor,
                charges=self._execution.query_quota,
                urgent=True,
            )
            try:
                page = _executions(answer.result)
            except BROKEN as e:
                raise malformed("executions", e) from e
            rows += page.rows
            if not page.rows or not page.nextPageCursor:
                return rows
            cursor = f"&cursor={page.nextPageCursor}"
        raise MalformedMessage(_VENUE, "executions without an end")

    def _fill(self, row: ExecutionRow, instrument: Instrument) -> AccountFill:
        try:
            fill = fill_of(row, sanitise(row.orderLinkId, 64), instrument)
        except BROKEN as e:
            raise malformed("executions", e) from e
        return AccountFill(sanitise(row.orderId, 64), fill)


def _open_order(row: OrderRow, names: Mapping[str, str]) -> OpenOrder:
    filled = amount(row.cumExecQty)
    return OpenOrder(
        _VENUE,
        sanitise(row.orderId, 64),
        sanitise(row.orderLinkId, 64),
        names.get(row.symbol, sanitise(row.symbol, 40)),
        OrderSide(row.side.lower()),
        parse_decimal(row.price) if row.price else ZERO,
        parse_decimal(row.qty),
        filled,
        order_status(row, filled),
    )
