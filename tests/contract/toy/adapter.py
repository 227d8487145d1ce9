"""A venue that exists nowhere but in these tests, added as somebody else would add one."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from arbot_tui.domain.clock import MS, Clock
from arbot_tui.domain.errors import (
    AuthRefused,
    ExchangeUnavailable,
    MalformedMessage,
    OrderNotFound,
    OutcomeUnknown,
    RequestRefused,
)
from arbot_tui.domain.feed import Continuity
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.instrument import Instrument
from arbot_tui.domain.numbers import ZERO, plain
from arbot_tui.domain.orders import (
    Balance,
    Fill,
    OrderAck,
    OrderEvent,
    OrderReject,
    OrderRequest,
    OrderState,
    OrderStatus,
    OrderUnknown,
)
from arbot_tui.domain.quotes import DepthSnapshot
from arbot_tui.domain.refusal import Reaction, Refusal, cancel_error, placement_event, read_error
from arbot_tui.exchanges.base import BaseExchange, ExchangeConfig, MarketDataSink, OrderEventSink
from arbot_tui.exchanges.transport.background import Background
from arbot_tui.exchanges.transport.ban import BanClock
from arbot_tui.exchanges.transport.clock_offset import ClockSample, measure_offset
from arbot_tui.exchanges.transport.rest import RestClient, RestResponse
from arbot_tui.exchanges.transport.submissions import Submissions
from tests.contract.toy.feed import ToyFeed
from tests.contract.toy.parsing import VENUE, ToyAnswers

__all__ = ["ToyExchange"]

_REACTIONS = {
    "funds": Reaction.REFUSED,
    "late": Reaction.LATE,
    "key": Reaction.FATAL,
    "gone": Reaction.GONE,
}


class ToyExchange(BaseExchange):
    """The toy venue; see `BaseExchange` for the contract."""

    continuity = Continuity.SNAPSHOT_ONLY

    def __init__(self, config: ExchangeConfig, clock: Clock) -> None:
        super().__init__(config, clock)
        ban = BanClock()
        self._rest = RestClient(venue=VENUE, base_url=config.urls.rest, clock=clock, ban=ban)
        self._feed = ToyFeed(config.urls.ws_public, config.index, clock, ban)
        self._submissions = Submissions(VENUE)
        self._background = Background()
        self._instruments: dict[str, Instrument] = {}

    async def sync_clock(self) -> None:
        sample = await measure_offset(self._ask_time)
        self.offset_ns, self.rtt_ns = sample.offset_ns, sample.rtt_ns

    async def load_instruments(self) -> list[Instrument]:
        found = ToyAnswers.instruments((await self._get("/markets")).body)
        self._instruments = {instrument.symbol: instrument for instrument in found}
        return found

    async def get_volumes(self) -> dict[str, Decimal]:
        return ToyAnswers.volumes((await self._get("/volumes")).body)

    def set_universe(self, rows: Mapping[str, int], instruments: Sequence[Instrument]) -> None:
        self._feed.set_rows(rows)
        self._instruments.update({given.symbol: given for given in instruments})

    async def connect_ws(self, sink: MarketDataSink) -> None:
        await self._feed.run(sink)

    def request_depth(self, row: int, wanted: bool) -> None:
        self._feed.request_depth(row, wanted)

    def resync_book(self, row: int) -> None:
        self._feed.resync(row)

    async def get_orderbook(self, row: int, levels: int) -> DepthSnapshot:
        symbol = self._feed.symbol_of(row)
        if symbol is None:
            raise RequestRefused(VENUE, "row", f"row {row} is not followed")
        response = await self._get(f"/book?name={symbol}")
        return ToyAnswers.book(response.body, levels, response.recv_ns)

    def submit(self, order: OrderRequest, sink: OrderEventSink) -> None:
        self._submissions.start(order, self.place_order, sink)

    async def place_order(self, order: OrderRequest) -> list[OrderEvent]:
        instrument = self._instruments.get(order.symbol)
        if instrument is None:
            return [OrderReject(VENUE, order.client_id, "symbol", order.symbol)]
        wish = {
            "name": instrument.wire_symbol,
            "id": order.client_id,
            "side": order.side.value,
            "price": plain(order.price),
            "qty": plain(order.qty),
            "until_ms": (order.expires_ns + self.offset_ns) // MS,
        }
        try:
            response = await self._signed("POST", "/orders", wish)
            refused = _refusal(response)
            if refused is None:
                return [OrderAck(VENUE, order.client_id, ToyAnswers.order_id(response.body))]
        except (OutcomeUnknown, MalformedMessage) as e:
            return [OrderUnknown(VENUE, order.client_id, str(e))]
        except ExchangeUnavailable as e:
            return [OrderReject(VENUE, order.client_id, "not_sent", str(e))]
        if refused.reaction is Reaction.LATE:
            self._background.start(self.sync_clock())
        return [placement_event(refused, order.client_id)]

    async def cancel_order(self, symbol: str, client_id: str) -> None:
        refused = _refusal(await self._signed("POST", "/cancel", {"id": client_id}))
        if refused is not None:
            raise cancel_error(refused)

    async def query_order(self, symbol: str, client_id: str) -> OrderState:
        try:
            return ToyAnswers.state((await self._read(f"/order?id={client_id}")).body, client_id)
        except OrderNotFound:
            fills = await self.get_fills(symbol, client_id, "")
            if fills:
                raise MalformedMessage(VENUE, "fills of an order that is not there") from None
            sources = ("order", "fills")
            return OrderState(VENUE, client_id, OrderStatus.NOT_FOUND, ZERO, sources)

    async def get_fills(self, symbol: str, client_id: str, venue_id: str) -> list[Fill]:
        response = await self._read(f"/fills?id={client_id}")
        return ToyAnswers.fills(response.body, client_id, symbol)

    async def get_balance(self) -> list[Balance]:
        return ToyAnswers.balances((await self._read("/balances")).body)

    async def get_trading_fees(self, symbols: Sequence[str]) -> dict[str, TradingFees]:
        wanted = {self._instruments[symbol].wire_symbol: symbol for symbol in symbols}
        return ToyAnswers.fees((await self._read("/fees")).body, wanted)

    async def close(self) -> None:
        await self._submissions.close()
        await self._background.close()
        await self._rest.close()

    async def _ask_time(self) -> ClockSample:
        response = await self._get("/time")
        server_ns = ToyAnswers.time_ms(response.body) * MS
        return ClockSample.from_times(server_ns, response.sent_ns, response.recv_ns)

    async def _get(self, target: str) -> RestResponse:
        response = await self._rest.request("GET", target)
        if (refused := _refusal(response)) is not None:
            raise read_error(refused)
        return response

    async def _read(self, target: str) -> RestResponse:
        response = await self._signed("GET", target)
        if (refused := _refusal(response)) is not None:
            raise read_error(refused)
        return response

    async def _signed(
        self, method: str, target: str, wish: Mapping[str, object] | None = None
    ) -> RestResponse:
        key = self.config.credentials
        if key is None:
            raise AuthRefused(VENUE, "key", "there is none")
        body = b"" if wish is None else msgspec.json.encode(wish)
        secret = key.api_secret.reveal().encode()
        sign = hmac.new(secret, f"{method} {target}\n".encode() + body, hashlib.sha256)
        headers = {"X-Toy-Key": key.api_key, "X-Toy-Sign": sign.hexdigest()}
        effect = method == "POST"
        return await self._rest.request(method, target, headers=headers, body=body, effect=effect)


def _refusal(response: RestResponse) -> Refusal | None:
    if response.status == 200:
        return None
    code = ToyAnswers.error(response.body)
    return Refusal(VENUE, _REACTIONS.get(code, Reaction.UNLISTED), code, "")
