"""What Bitget says of an account and its key, in whichever dialect (facts page section 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from arbot_tui.domain.account import AccountFill, FeeTerms, KeyPermissions, OpenOrder
from arbot_tui.domain.clock import MS
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.text import sanitise
from arbot_tui.exchanges.bitget.answers import parse_fee_terms
from arbot_tui.exchanges.bitget.calls import BitgetCalls
from arbot_tui.exchanges.bitget.dialect import Dialect
from arbot_tui.exchanges.bitget.lists import BitgetLists
from arbot_tui.exchanges.bitget.quotas import Quotas
from arbot_tui.exchanges.bitget.rows import VENUE, OrderRow, TradeRow, fill_of, open_orders
from arbot_tui.exchanges.transport.rows import Rows

__all__ = ["BitgetAccount"]


class BitgetAccount:
    """Reads of one account."""

    def __init__(
        self,
        calls: BitgetCalls,
        lists: BitgetLists,
        *,
        offset_ns: Callable[[], int],
        quotas: Quotas,
    ) -> None:
        """Prepare; nothing is sent before it is asked for.

        Args:
            calls: Signs and sends.
            lists: Reads lists of the account.
            offset_ns: Returns venue clock minus ours, nanoseconds.
            quotas: What the venue allows.
        """
        self._calls = calls
        self._lists = lists
        self._offset_ns = offset_ns
        self._quotas = quotas

    async def open_orders(
        self, instrument: Instrument | None, names: Mapping[str, str]
    ) -> Rows[OpenOrder]:
        """Return what rests, page by page.

        Raises:
            ExchangeError: They could not be fetched completely.
        """
        symbol = "" if instrument is None else instrument.wire_symbol

        async def ask(dialect: Dialect) -> tuple[list[OrderRow], bool]:
            return await self._lists.orders(dialect, dialect.open_target(symbol), 0)

        rows, complete = await self._calls.in_dialect(ask)
        if not complete:
            raise MalformedMessage(VENUE, "open orders without an end")
        return open_orders(rows, names)

    async def fills_since(self, instrument: Instrument, since_ns: int) -> list[AccountFill]:
        """Return executions since then, oldest first; pages go back from the newest.

        Client ids are empty where rows name only the venue's order ids.

        Raises:
            ExchangeError: They could not be fetched completely.
        """
        since_ms = (since_ns + self._offset_ns()) // MS

        async def ask(dialect: Dialect) -> tuple[list[TradeRow], bool]:
            return await self._lists.trades(dialect, instrument, "", since_ms)

        rows, complete = await self._calls.in_dialect(ask)
        if not complete:
            raise MalformedMessage(VENUE, "executions without an end")
        found: dict[str, AccountFill] = {}
        for row in rows:
            fill = fill_of(row, sanitise(row.client_id, 64), instrument.symbol)
            if fill.event_ns >= since_ms * MS:
                found[fill.trade_id] = AccountFill(sanitise(row.order_id, 64), fill)
        return sorted(found.values(), key=lambda seen: seen.fill.event_ns)

    async def fee_terms(self, wire_symbol: str) -> FeeTerms:
        """Return whether fees are deducted in BGB; how they are split is not documented.

        Raises:
            ExchangeError: It could not be fetched.
        """
        del wire_symbol

        async def ask(dialect: Dialect) -> FeeTerms:
            answer = await self._calls.get(dialect.deduction_target, self._quotas.assets)
            return parse_fee_terms(answer.data)

        return await self._calls.in_dialect(ask)

    async def permissions(self) -> KeyPermissions:
        """Return what the key may do; the venue allows one such question a second.

        Raises:
            ExchangeError: It could not be fetched.
        """

        async def ask(dialect: Dialect) -> KeyPermissions:
            answers = [
                (await self._calls.get(target, self._quotas.info)).data
                for target in dialect.permission_targets
            ]
            return dialect.permissions(answers)

        return await self._calls.in_dialect(ask)
