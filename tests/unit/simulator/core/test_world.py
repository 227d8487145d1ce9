"""The world in virtual time: pure prices, honest books, edges as promised."""

from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby, islice, permutations

import pytest

from arbot_tui.domain.orders import OrderSide
from arbot_tui.simulator.core.book import Book, BookChange
from arbot_tui.simulator.core.edges import Edge, schedule
from arbot_tui.simulator.core.orders import NewOrder, TimeInForce
from arbot_tui.simulator.core.truth import truth
from arbot_tui.simulator.core.world import World, WorldSpec

SECOND = 1_000_000_000
START = 1_760_000_000 * SECOND
VENUES = ("binance", "bybit", "okx", "bitget")


def world(
    seed: int = 7, symbols: int = 4, rate_hz: float = 80.0, edges_per_min: float = 12.0
) -> World:
    return World(WorldSpec(seed, symbols, rate_hz, edges_per_min), START, "w")


def edges(subject: World, count: int) -> list[Edge]:
    spec = subject.spec
    return list(islice(schedule(spec.seed, spec.symbols, 4, spec.edges_per_min), count))


def net_pct(subject: World, symbol: str, buy: str, sell: str) -> Decimal | None:
    """Return the edge after both taker fees, computed from the quoted books alone."""
    asks, bids = subject.books(buy)[symbol], subject.books(sell)[symbol]
    if not asks.best_ask.lots or not bids.best_bid.lots:
        return None
    ask = asks.instrument.price(asks.best_ask.ticks)
    bid = bids.instrument.price(bids.best_bid.ticks)
    return (bid * Decimal("0.999") - ask * Decimal("1.001")) / ask * 100


def best_net_pct(subject: World, symbol: str) -> Decimal:
    nets = [net_pct(subject, symbol, buy, sell) for buy, sell in permutations(VENUES, 2)]
    return max(net for net in nets if net is not None)


def scaled(subject: World) -> list[list[tuple[Book, int]]]:
    """Return by symbol each venue's book and what makes its ticks comparable."""
    books = [[subject.books(venue)[symbol] for venue in VENUES] for symbol in subject.symbols]
    return [[(book, 10 ** (8 - book.instrument.price_decimals)) for book in row] for row in books]


def clears(books: list[tuple[Book, int]]) -> bool:
    """Whether the highest bid clears both fees against the lowest ask; in whole numbers."""
    highest = max(book.best_bid.ticks * scale for book, scale in books)
    lowest = min(book.best_ask.ticks * scale for book, scale in books)
    return highest * 999 >= lowest * 1001


def top_usd(subject: World, symbol: str, venue: str) -> Decimal:
    """Return the value at the thinner top of a book."""
    book = subject.books(venue)[symbol]
    rules = book.instrument
    return min(
        rules.price(level.ticks) * rules.qty(level.lots) for level in (book.best_bid, book.best_ask)
    )


def moments(subject: World, until_ns: int) -> Iterator[tuple[int, list[BookChange]]]:
    """Advance from change to change; yield each moment with its changes."""
    while subject.next_ns <= until_ns:
        changes = subject.advance(subject.next_ns)
        for ts, group in groupby(changes, key=lambda change: change.ts_ns):
            yield ts, list(group)


def test_a_world_starts_with_full_uncrossed_books() -> None:
    subject = world(symbols=30)
    for venue in VENUES:
        for book in subject.books(venue).values():
            assert 0 < book.best_bid.ticks < book.best_ask.ticks
            assert len(book.bids) == len(book.asks) == 20
    assert len(subject.advance(START)) >= 30 * 4


def test_updates_come_at_the_rate_in_a_fixed_order() -> None:
    subject = world(edges_per_min=0.0)
    subject.advance(START)
    changes = subject.advance(START + 60 * SECOND)
    assert len(changes) == 80 * 60
    first, second = changes[:16], changes[16:32]
    books = [(change.venue, change.symbol) for change in first]
    assert len(set(books)) == 16
    assert [(change.venue, change.symbol) for change in second] == books


def test_one_large_step_equals_many_small_ones() -> None:
    large, small = world(), world()
    expected = large.advance(START + 30 * SECOND)
    got: list[BookChange] = []
    for ms in range(0, 30_001, 7):
        got += small.advance(START + ms * 1_000_000)
    got += small.advance(START + 30 * SECOND)
    assert got == expected


def test_update_ids_and_times_only_grow() -> None:
    subject = world()
    last: dict[tuple[str, int], tuple[int, int]] = {}
    for change in subject.advance(START + 120 * SECOND):
        key = (change.venue, change.symbol)
        before = last.get(key, (0, 0))
        assert change.update_id > before[0]
        assert change.ts_ns >= before[1]
        last[key] = (change.update_id, change.ts_ns)


def test_two_worlds_of_one_seed_quote_alike_and_have_their_own_name() -> None:
    one, two = world(), World(WorldSpec(7, 4, 80.0, 12.0), START, "other")
    assert one.advance(START + 20 * SECOND) == two.advance(START + 20 * SECOND)
    assert truth(one)["world_id"] != truth(two)["world_id"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "symbols", "rate_hz"), [(1, 4, 40.0), (7, 2, 20.0), (23, 100, 20.0)]
)
def test_no_pair_clears_the_fees_outside_edges_in_an_hour(
    seed: int, symbols: int, rate_hz: float
) -> None:
    subject = world(seed, symbols, rate_hz)
    books = scaled(subject)
    for _, changes in moments(subject, START + 3600 * SECOND):
        alive = {edge.symbol for edge in subject.live_edges}
        for index in {change.symbol for change in changes} - alive:
            assert not clears(books[index])


def test_edges_hold_their_promise_while_they_live() -> None:
    subject = world(symbols=6, rate_hz=60.0, edges_per_min=60.0)
    plan = edges(subject, 350)
    seen: set[int] = set()
    # In their order of opening; those that are over are left behind.
    coming, alive = deque(plan), list[Edge]()
    for ts, _ in moments(subject, START + 300 * SECOND):
        while coming and START + coming[0].open_ns <= ts:
            alive.append(coming.popleft())
        alive = [edge for edge in alive if ts < START + edge.close_ns]
        for edge in alive:
            seen.add(edge.number)
            symbol, venue = subject.symbols[edge.symbol], VENUES[edge.venue]
            others = [name for name in VENUES if name != venue]
            nets = [
                (net_pct(subject, symbol, other, venue), other)
                if edge.high
                else (net_pct(subject, symbol, venue, other), other)
                for other in others
            ]
            best, counterpart = max((net, other) for net, other in nets if net is not None)
            planned = Decimal(edge.net_e8) / 1_000_000
            assert planned <= best <= planned + Decimal("0.015")
            assert Decimal("0.15") <= best <= Decimal("0.80")
            assert top_usd(subject, symbol, venue) >= 2000
            assert top_usd(subject, symbol, counterpart) >= 2000
    assert len(seen) > 250


def test_edges_open_and_close_at_their_moment() -> None:
    subject = world(symbols=20, rate_hz=4.0)
    edge = edges(subject, 1)[0]
    symbol = subject.symbols[edge.symbol]
    subject.advance(START + edge.open_ns - 1)
    assert best_net_pct(subject, symbol) < 0
    opened = subject.advance(START + edge.open_ns)
    assert best_net_pct(subject, symbol) > Decimal("0.14")
    # The dislocated book comes last: its other side is already deep enough.
    assert [c.venue for c in opened if c.symbol == edge.symbol][-1] == VENUES[edge.venue]
    subject.advance(START + edge.close_ns - 1)
    assert best_net_pct(subject, symbol) > Decimal("0.14")
    closed = subject.advance(START + edge.close_ns)
    assert best_net_pct(subject, symbol) < 0
    assert {c.ts_ns for c in closed if c.symbol == edge.symbol} == {START + edge.close_ns}


def test_an_edge_stays_deep_after_orders() -> None:
    subject = world(symbols=5, rate_hz=1.0)
    edge = edges(subject, 1)[0]
    symbol, venue = subject.symbols[edge.symbol], VENUES[edge.venue]
    now = START + edge.open_ns
    subject.advance(now)
    side = OrderSide.SELL if edge.high else OrderSide.BUY
    for number in range(40):
        book = subject.books(venue)[symbol]
        best = book.best_bid if edge.high else book.best_ask
        new = NewOrder(
            symbol,
            side,
            book.instrument.price(best.ticks),
            book.instrument.qty(max(1, best.lots * 9 // 10)),
            TimeInForce.IOC,
            f"o{number}",
        )
        now += 1_000_000
        assert subject.place(venue, new, now).filled > 0
        assert top_usd(subject, symbol, venue) >= 2000
        assert best_net_pct(subject, symbol) >= Decimal("0.15")


def test_orders_publish_what_they_took() -> None:
    subject = world(edges_per_min=0.0)
    subject.advance(START + SECOND)
    book = subject.books("okx")["BTC/USDT"]
    before = book.change()
    new = NewOrder(
        "BTC/USDT",
        OrderSide.BUY,
        book.instrument.price(before.ask.ticks),
        book.instrument.qty(before.ask.lots),
        TimeInForce.IOC,
    )
    subject.place("okx", new, START + SECOND)
    (change,) = subject.advance(START + SECOND)
    assert change.update_id > before.update_id
    assert change.ask.ticks > before.ask.ticks
    assert change.bid == before.bid


def test_resting_orders_fill_when_quotes_reach_them() -> None:
    subject = world(edges_per_min=0.0)
    subject.advance(START + SECOND)
    book = subject.books("okx")["BTC/USDT"]
    price = book.instrument.price(book.best_ask.ticks) * Decimal("0.98")
    new = NewOrder(
        "BTC/USDT",
        OrderSide.BUY,
        price.quantize(book.instrument.tick),
        Decimal("0.001"),
        TimeInForce.GTC,
    )
    order = subject.place("okx", new, START + SECOND)
    assert order.is_open
    subject.set_price("BTC/USDT", "okx", price * Decimal("0.99"), START + SECOND)
    assert order.filled == Decimal("0.001")
    assert subject.advance(START + SECOND)[-1].update_id == book.update_id


def test_cancelling_frees_what_was_locked() -> None:
    subject = world(edges_per_min=0.0)
    new = NewOrder("BTC/USDT", OrderSide.BUY, Decimal(40000), Decimal("0.5"), TimeInForce.GTC, "c")
    order = subject.place("bitget", new, START)
    assert truth(subject)["venues"]["bitget"]["balances"]["USDT"]["locked"].startswith("20000")
    subject.cancel("bitget", order, START + 1)
    row = truth(subject)["venues"]["bitget"]
    assert Decimal(row["balances"]["USDT"]["locked"]) == 0
    assert row["orders"][0]["status"] == "canceled"


@pytest.mark.parametrize("pct", ["0.5", "3.5", "-0.05"])
def test_an_operator_opens_an_edge_between_two_venues(pct: str) -> None:
    subject = world(symbols=3, edges_per_min=0.0)
    subject.advance(START + SECOND)
    size = Decimal("0.25")
    subject.open_edge("BTC/USDT", "okx", "bybit", Decimal(pct), size, 2.0, START + SECOND)
    for ms in range(1000, 2990, 10):
        subject.advance(START + ms * 1_000_000)
        net = net_pct(subject, "BTC/USDT", "okx", "bybit")
        assert net is not None
        assert Decimal(pct) <= net <= Decimal(pct) + Decimal("0.001")
        if Decimal(pct) > 0:
            assert best_net_pct(subject, "BTC/USDT") == net
        for venue in ("okx", "bybit"):
            book = subject.books(venue)["BTC/USDT"]
            assert book.instrument.qty(book.best_bid.lots) == size
            assert book.instrument.qty(book.best_ask.lots) == size
    subject.advance(START + 3 * SECOND)
    assert best_net_pct(subject, "BTC/USDT") < 0


def test_an_operators_edge_wins_over_the_schedule() -> None:
    subject = world(symbols=1)
    edge = edges(subject, 1)[0]
    subject.open_edge("BTC/USDT", "okx", "bybit", Decimal(2), None, 60.0, START + SECOND)
    subject.advance(START + edge.open_ns + 1)
    assert best_net_pct(subject, "BTC/USDT") > Decimal("1.9")
    subject.advance(START + edge.close_ns + 1)
    assert best_net_pct(subject, "BTC/USDT") > Decimal("1.9")
    assert top_usd(subject, "BTC/USDT", "okx") >= 2000


def test_an_edge_needs_two_venues_and_known_names() -> None:
    subject = world()
    with pytest.raises(ValueError, match="two venues"):
        subject.open_edge("BTC/USDT", "okx", "okx", Decimal(1), None, 1.0, START)
    with pytest.raises(KeyError):
        subject.open_edge("NOPE/USDT", "okx", "bybit", Decimal(1), None, 1.0, START)
    with pytest.raises(KeyError):
        subject.set_price("BTC/USDT", "nowhere", Decimal(1), START)


def test_a_price_is_held_until_it_is_given_back() -> None:
    subject = world(edges_per_min=0.0)
    subject.set_price("BTC/USDT", "bybit", Decimal(50_000), START)
    for second in range(1, 5):
        subject.advance(START + second * SECOND)
        book = subject.books("bybit")["BTC/USDT"]
        mid = book.instrument.price(book.best_bid.ticks + book.best_ask.ticks) / 2
        assert abs(mid - 50_000) < 1
    subject.set_price("BTC/USDT", "bybit", None, START + 5 * SECOND)
    assert best_net_pct(subject, "BTC/USDT") < 0


def test_a_suspended_world_goes_on_from_now() -> None:
    subject = world()
    subject.advance(START + SECOND)
    late = START + 180 * SECOND
    subject.skip_to(late)
    changes = subject.advance(late)
    assert {(change.venue, change.symbol) for change in changes} == {
        (venue, symbol) for venue in VENUES for symbol in range(4)
    }
    alive = {edge.symbol for edge in subject.live_edges}
    for index in set(range(4)) - alive:
        assert best_net_pct(subject, subject.symbols[index]) < 0
    assert late < subject.next_ns <= late + SECOND // 80 + 1
    fresh = world()
    fresh.advance(late)
    assert {e.symbol for e in fresh.live_edges} == alive


def test_daily_statistics_are_in_order_and_follow_the_book() -> None:
    subject = world()
    for hours in (0, 1, 25):
        for book in subject.books("okx").values():
            day = subject.daily.stats(book, START + hours * 3600 * SECOND)
            assert day.low <= day.open <= day.high
            assert day.low <= day.last <= day.high
            assert day.last == book.instrument.price(book.best_bid.ticks)
            assert day.base_volume > 0
            assert day.quote_volume > 1_000_000


def test_daily_statistics_survive_an_empty_book() -> None:
    subject = world()
    book = subject.books("okx")["BTC/USDT"]
    book.take(False, 1, 10**15, START)
    assert subject.daily.stats(book, START).last == book.instrument.price(book.best_ask.ticks)
    book.take(True, 10**15, 10**15, START)
    assert subject.daily.stats(book, START).last > 0


def test_time_never_goes_back() -> None:
    subject = world()
    subject.advance(START + SECOND)
    assert subject.advance(START) == []
    assert subject.now_ns == START + SECOND


def usdc_world(edges_per_min: float = 0.0) -> World:
    return World(WorldSpec(7, 4, 80.0, edges_per_min, usdc_symbols=2), START, "w")


def test_a_second_quote_comes_after_everything_else_and_changes_none_of_it() -> None:
    plain, more = world(), usdc_world(edges_per_min=12.0)
    assert more.symbols == (*plain.symbols, "USDC/USDT", "BTC/USDC", "ETH/USDC")
    for venue in VENUES:
        assert more.instruments(venue)[:4] == plain.instruments(venue)
        # At the start: a world with more books, and as many quotes, is calmer later on.
        for symbol in plain.symbols:
            assert more.mid(venue, symbol, START) == pytest.approx(
                plain.mid(venue, symbol, START), rel=0.05
            )
    # The schedule knows the first four symbols only, as it did.
    assert [edge.symbol for edge in edges(more, 50)] == [edge.symbol for edge in edges(plain, 50)]


def test_what_an_account_opens_with_covers_the_second_quote_too() -> None:
    balances = {
        asset: holding.total
        for asset, holding in usdc_world().matchers["okx"].account.holdings.items()
    }
    per_symbol = 500 * 1000
    assert balances["USDT"] >= 5 * per_symbol
    # Two markets are paid in USDC, in one it is sold.
    assert balances["USDC"] >= 3 * per_symbol
    assert balances["BTC"] * 60_000 >= 2 * per_symbol


def test_across_quotes_nothing_clears_the_fees_at_the_venues_own_rates() -> None:
    subject = usdc_world()
    for number in range(1, 200):
        subject.advance(START + number * SECOND // 2)
        rates = [subject.books(venue)["USDC/USDT"] for venue in VENUES]
        rate_bid = sorted(r.instrument.price(r.best_bid.ticks) for r in rates)[1]
        rate_ask = sorted(r.instrument.price(r.best_ask.ticks) for r in rates)[2]
        for buy, sell in permutations(VENUES, 2):
            for coin in ("BTC", "ETH"):
                dollar = subject.books(sell)[f"{coin}/USDT"]
                other = subject.books(buy)[f"{coin}/USDC"]
                ask = other.instrument.price(other.best_ask.ticks) * rate_ask
                bid = dollar.instrument.price(dollar.best_bid.ticks)
                assert bid * Decimal("0.999") < ask * Decimal("1.001")
                ask = dollar.instrument.price(dollar.best_ask.ticks)
                bid = other.instrument.price(other.best_bid.ticks) * rate_bid
                assert bid * Decimal("0.999") < ask * Decimal("1.001")


def test_a_lost_peg_lifts_the_prices_in_that_quote_at_that_venue() -> None:
    subject = usdc_world()
    before = subject.mid("okx", "BTC/USDC", START)
    subject.set_price("USDC/USDT", "okx", Decimal("0.5"), START)
    assert subject.mid("okx", "BTC/USDC", START) == pytest.approx(before * 2, rel=1e-3)
    assert subject.mid("okx", "BTC/USDT", START) == pytest.approx(before, rel=1e-2)
    assert subject.mid("bybit", "BTC/USDC", START) == pytest.approx(before, rel=1e-2)
    subject.set_price("USDC/USDT", "okx", None, START)
    assert subject.mid("okx", "BTC/USDC", START) == before
