"""Order entry of one venue: checks, fills, fees, balances."""

from decimal import Decimal

import pytest

from arbot_tui.domain.orders import OrderSide, OrderStatus
from arbot_tui.simulator.core.account import Account
from arbot_tui.simulator.core.book import Book, Level
from arbot_tui.simulator.core.instruments import ClientIdRule, Instrument, VenueProfile
from arbot_tui.simulator.core.matching import Matcher
from arbot_tui.simulator.core.orders import NewOrder, Refusal, Refused, TimeInForce

RULES = Instrument("okx", 0, "BTC/USDT", "BTC", "USDT", 2, 5, 2, 10**8, Decimal(5))
BUY, SELL = OrderSide.BUY, OrderSide.SELL
NOTHING = Decimal(0)
IOC, FOK, GTC = TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTC


class Venue:
    """A matcher over one book: 0.5 BTC at 60000.00, 0.4 BTC at 60000.02."""

    def __init__(self, rule: ClientIdRule = ClientIdRule.WHILE_OPEN) -> None:
        self.book = Book(RULES, seed=1, unit_lots=1500, grid=300, first_id=1000)
        self.requote()
        self.account = Account({"USDT": Decimal(100_000), "BTC": Decimal(2)})
        profile = VenueProfile("okx", rule, Decimal(5), 2, 0, 0)
        self.matcher = Matcher(profile, {"BTC/USDT": self.book}, self.account, 100, 7)

    def requote(self, bid: int = 6_000_000, ask: int = 6_000_002) -> None:
        self.book.quote(Level(bid, 50_000), Level(ask, 40_000), step=0, now_ns=1)

    def holds(self, asset: str) -> tuple[Decimal, Decimal]:
        holding = self.account.holdings[asset]
        return holding.free, holding.locked


def order(
    side: OrderSide = BUY,
    price: str = "60000.02",
    qty: str = "0.1",
    tif: TimeInForce = IOC,
    client_id: str = "a",
    symbol: str = "BTC/USDT",
) -> NewOrder:
    return NewOrder(symbol, side, Decimal(price), Decimal(qty), tif, client_id)


def test_a_buy_pays_the_ask_and_its_fee_in_base() -> None:
    venue = Venue()
    done = venue.matcher.place(order(), 5)
    assert done.status is OrderStatus.FILLED
    (trade,) = done.trades
    assert (trade.price, trade.qty) == (Decimal("60000.02"), Decimal("0.1"))
    assert (trade.fee, trade.fee_asset, trade.maker) == (Decimal("0.0001"), "BTC", False)
    assert venue.holds("BTC") == (Decimal("2.0999"), NOTHING)
    assert venue.holds("USDT") == (Decimal("93999.998"), NOTHING)


def test_a_sell_gets_the_bid_and_pays_its_fee_in_quote() -> None:
    venue = Venue()
    done = venue.matcher.place(order(SELL, "59990", "0.1"), 5)
    (trade,) = done.trades
    assert trade.price == 60_000
    assert (trade.fee, trade.fee_asset) == (Decimal(6), "USDT")
    assert venue.holds("USDT") == (Decimal(105_994), NOTHING)
    assert venue.holds("BTC") == (Decimal("1.9"), NOTHING)


def test_the_rest_of_an_ioc_expires() -> None:
    venue = Venue()
    done = venue.matcher.place(order(qty="0.7"), 5)
    assert (done.status, done.filled) == (OrderStatus.EXPIRED, Decimal("0.4"))
    assert venue.holds("USDT")[1] == 0
    assert not venue.matcher.open_orders


def test_an_ioc_off_the_book_expires_untouched() -> None:
    venue = Venue()
    done = venue.matcher.place(order(price="60000.01"), 5)
    assert (done.status, done.filled) == (OrderStatus.EXPIRED, NOTHING)
    assert not done.trades
    assert venue.holds("USDT") == (Decimal(100_000), NOTHING)


def test_fok_takes_all_or_nothing() -> None:
    venue = Venue()
    assert venue.matcher.place(order(qty="0.41", tif=FOK), 5).filled == 0
    assert venue.matcher.place(order(qty="0.4", tif=FOK), 5).status is OrderStatus.FILLED


def test_levels_trade_one_by_one_best_first() -> None:
    venue = Venue()
    second = venue.book.asks[1]
    done = venue.matcher.place(order(price=str(RULES.price(second.ticks)), qty="0.40001"), 5)
    assert [(t.price, t.qty) for t in done.trades] == [
        (Decimal("60000.02"), Decimal("0.4")),
        (RULES.price(second.ticks), Decimal("0.00001")),
    ]
    assert [t.trade_id for t in done.trades] == [7, 8]
    assert done.value == sum(t.price * t.qty for t in done.trades)


def test_what_was_taken_is_gone_until_the_next_quote() -> None:
    venue = Venue()
    assert venue.matcher.place(order(qty="0.3"), 5).filled == Decimal("0.3")
    assert venue.matcher.place(order(qty="0.3"), 6).filled == Decimal("0.1")
    venue.requote()
    assert venue.matcher.place(order(qty="0.3"), 7).filled == Decimal("0.3")


def test_a_resting_order_locks_and_waits_for_the_quotes() -> None:
    venue = Venue()
    resting = venue.matcher.place(order(price="59999", qty="1", tif=GTC), 5)
    assert resting.status == "new"
    assert venue.holds("USDT") == (Decimal(40_001), Decimal(59_999))
    assert venue.matcher.open_orders == (resting,)
    venue.requote(5_999_800, 5_999_850)
    assert venue.matcher.match_resting(venue.book, 9)
    assert resting.status == "partially_filled"
    (trade,) = resting.trades
    # At its own price, not the better one that came to it.
    assert (trade.price, trade.qty, trade.maker) == (Decimal(59_999), Decimal("0.4"), True)
    venue.requote(5_999_800, 5_999_850)
    venue.matcher.match_resting(venue.book, 10)
    venue.requote(5_999_800, 5_999_850)
    venue.matcher.match_resting(venue.book, 11)
    assert resting.status is OrderStatus.FILLED
    assert venue.holds("USDT") == (Decimal(40_001), NOTHING)
    assert not venue.matcher.match_resting(venue.book, 12)


def test_a_gtc_takes_first_and_rests_after() -> None:
    venue = Venue()
    resting = venue.matcher.place(order(qty="0.5", tif=GTC), 5)
    assert (resting.status, resting.filled) == (OrderStatus.PARTIALLY_FILLED, Decimal("0.4"))
    venue.matcher.cancel(resting, 6, "c")
    assert (resting.status, resting.cancel_id) == (OrderStatus.CANCELED, "c")
    assert venue.holds("USDT")[1] == 0


def test_a_resting_sell_fills_too() -> None:
    venue = Venue()
    resting = venue.matcher.place(order(SELL, "60001", "0.2", GTC), 5)
    assert venue.holds("BTC") == (Decimal("1.8"), Decimal("0.2"))
    venue.requote(6_000_150, 6_000_160)
    venue.matcher.match_resting(venue.book, 6)
    assert resting.status is OrderStatus.FILLED
    assert venue.holds("BTC") == (Decimal("1.8"), NOTHING)


def test_what_has_ended_cannot_be_cancelled() -> None:
    venue = Venue()
    done = venue.matcher.place(order(), 5)
    with pytest.raises(Refused) as refused:
        venue.matcher.cancel(done, 6)
    assert refused.value.reason is Refusal.UNKNOWN_ORDER


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (order(symbol="XYZ/USDT"), Refusal.UNKNOWN_SYMBOL),
        (order(price="60000.005"), Refusal.PRICE_STEP),
        (order(price="0"), Refusal.PRICE_STEP),
        (order(price="-1"), Refusal.PRICE_STEP),
        (order(price="NaN"), Refusal.PRICE_STEP),
        (order(price="300000.11"), Refusal.PRICE_BAND),
        (order(SELL, "11999.99"), Refusal.PRICE_BAND),
        (order(qty="0.000015"), Refusal.LOT_STEP),
        (order(qty="-1"), Refusal.LOT_STEP),
        (order(qty="0"), Refusal.MIN_QTY),
        (order(qty="0.00001"), Refusal.MIN_QTY),
        (order(qty="1000.00001"), Refusal.MAX_QTY),
        (order(qty="0.00008"), Refusal.MIN_NOTIONAL),
        (order(qty="1.67"), Refusal.INSUFFICIENT_BALANCE),
        (order(SELL, "60000", "2.00001"), Refusal.INSUFFICIENT_BALANCE),
    ],
)
def test_refused_orders_change_nothing(new: NewOrder, reason: Refusal) -> None:
    venue = Venue()
    before = venue.book.change()
    with pytest.raises(Refused) as refused:
        venue.matcher.place(new, 5)
    assert refused.value.reason is reason
    assert venue.matcher.orders == ()
    assert venue.book.change() == before
    assert venue.holds("USDT") == (Decimal(100_000), NOTHING)
    assert venue.holds("BTC") == (Decimal(2), NOTHING)


def test_a_shortage_names_its_asset() -> None:
    with pytest.raises(Refused) as refused:
        Venue().matcher.place(order(SELL, "60000", "3"), 5)
    assert refused.value.asset == "BTC"


@pytest.mark.parametrize("rule", list(ClientIdRule))
def test_an_open_client_id_is_taken(rule: ClientIdRule) -> None:
    venue = Venue(rule)
    venue.matcher.place(order(price="59000", tif=GTC), 5)
    with pytest.raises(Refused) as refused:
        venue.matcher.place(order(), 6)
    assert refused.value.reason is Refusal.DUPLICATE_CLIENT_ID


def test_a_closed_client_id_makes_a_second_order_where_the_venue_forgets() -> None:
    venue = Venue(ClientIdRule.WHILE_OPEN)
    first, second = venue.matcher.place(order(), 5), venue.matcher.place(order(), 6)
    assert first.order_id < second.order_id
    assert venue.matcher.find_client("a") is second
    assert venue.matcher.find(first.order_id) is first


def test_a_closed_client_id_stays_taken_where_the_venue_remembers() -> None:
    venue = Venue(ClientIdRule.FOR_EVER)
    venue.matcher.place(order(), 5)
    with pytest.raises(Refused) as refused:
        venue.matcher.place(order(), 6)
    assert refused.value.reason is Refusal.DUPLICATE_CLIENT_ID


def test_orders_without_a_client_id_never_collide() -> None:
    venue = Venue(ClientIdRule.FOR_EVER)
    venue.matcher.place(order(client_id=""), 5)
    venue.matcher.place(order(client_id=""), 6)
    assert len(venue.matcher.orders) == 2
    assert venue.matcher.find_client("") is None


def test_a_fee_is_rounded_once_to_eight_decimals() -> None:
    venue = Venue()
    # 0.1 % of 60000.00 x 0.00123 is 0.0738 exactly; of 0.00123 BTC 0.00000123.
    done = venue.matcher.place(order(qty="0.00123"), 5)
    assert done.trades[0].fee == Decimal("0.00000123")
    assert done.trades[0].fee.as_tuple().exponent == -8
