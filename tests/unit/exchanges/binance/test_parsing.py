"""Every documented public payload, and what must never come out of one."""

from random import Random

import pytest

from arbot_tui.domain.clock import MS
from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.quotes import BookKind, BookUpdate, Ticker
from arbot_tui.exchanges.base import UnreadableQuote
from arbot_tui.exchanges.binance.parsing import (
    Control,
    StreamParser,
    parse_depth,
    parse_seed_tickers,
    parse_server_time,
)

ROWS = {"BNBUSDT": 4, "BNBBTC": 9}
TICKER = (
    b'{"stream":"bnbusdt@bookTicker","data":{"u":400900217,"s":"BNBUSDT","b":"25.35190000",'
    b'"B":"31.21000000","a":"25.36520000","A":"40.66000000"}}'
)
DEPTH = (
    b'{"stream":"bnbbtc@depth@100ms","data":{"e":"depthUpdate","E":1672515782136,"s":"BNBBTC",'
    b'"U":157,"u":160,"b":[["0.0024","10"]],"a":[["0.0026","100"]]}}'
)
QUOTE = Ticker(2, 4, 25.3519, 31.21, 25.3652, 40.66, 0, 77)
CHANGE = BookUpdate(
    2, 9, BookKind.DELTA, 157, 160, -1, [(0.0024, 10.0)], [(0.0026, 100.0)], 1672515782136 * MS, 77
)


@pytest.fixture
def parser() -> StreamParser:
    return StreamParser(2, ROWS)


def _bare(frame: bytes) -> bytes:
    return frame.partition(b'"data":')[2][:-1]


def test_a_book_ticker_has_no_time_of_the_venue(parser: StreamParser) -> None:
    assert parser.parse(TICKER, 77) == QUOTE


def test_a_depth_change_has(parser: StreamParser) -> None:
    assert parser.parse(DEPTH, 77) == CHANGE


def test_raw_connections_are_read_as_well(parser: StreamParser) -> None:
    assert parser.parse(_bare(TICKER), 77) == QUOTE
    assert parser.parse(_bare(DEPTH), 77) == CHANGE


@pytest.mark.parametrize("frame", [TICKER, DEPTH])
def test_order_and_layout_of_the_fields_do_not_matter(parser: StreamParser, frame: bytes) -> None:
    stream, _, data = frame[1:-1].partition(b',"data":')
    turned = b'{ "new": {"x": [1]}, "data" : ' + data + b" , " + stream + b" }\n"

    assert parser.parse(turned, 77) == (QUOTE if frame is TICKER else CHANGE)


def test_numbers_may_come_as_numbers(parser: StreamParser) -> None:
    frame = (
        b'{"stream":"bnbusdt@bookTicker","data":{"u":1,"s":"BNBUSDT","b":25,"B":3,"a":26,"A":4}}'
    )

    assert parser.parse(frame, 1) == Ticker(2, 4, 25.0, 3.0, 26.0, 4.0, 0, 1)


def _ticker(u: int = 1, b: str = "1", bq: str = "1", a: str = "2", aq: str = "1") -> bytes:
    return (
        f'{{"stream":"bnbusdt@bookTicker","data":{{"u":{u},"s":"BNBUSDT","b":"{b}","B":"{bq}",'
        f'"a":"{a}","A":"{aq}"}}}}'
    ).encode()


def test_an_update_that_is_not_newer_is_dropped_within_a_connection(parser: StreamParser) -> None:
    assert parser.parse(_ticker(u=10), 1) is not None
    assert parser.parse(_ticker(u=10), 2) is None
    assert parser.parse(_ticker(u=9), 3) is None
    assert parser.parse(_ticker(u=11), 4) is not None

    parser.restart()

    assert parser.parse(_ticker(u=5), 5) is not None


@pytest.mark.parametrize("seed", range(20))
def test_of_two_connections_each_quote_is_taken_once_and_none_backwards(seed: int) -> None:
    """While one replaces the other both bring the same quotes, each at its own pace."""
    draw, parser = Random(seed), StreamParser(1, {"BNBUSDT": 4})
    begins, ends = draw.randint(50, 100), draw.randint(120, 150)
    old, new = 1, begins
    taken: list[int] = []
    while new <= 200:
        # Each brings everything from its beginning on; the old one has brought that much before.
        use_old = old < begins or (old <= ends and draw.random() < 0.5)
        u = old if use_old else new
        old, new = (old + 1, new) if use_old else (old, new + 1)
        quote = parser.parse(_ticker(u=u), 7)
        if isinstance(quote, Ticker):
            taken.append(u)
    assert taken == list(range(1, 201))


def test_rest_tells_quotes_that_the_stream_has_not(parser: StreamParser) -> None:
    seed = Ticker(2, 4, 1.0, 1.0, 2.0, 1.0, 0, 9)
    assert parser.take_seed(seed) == "new"
    assert parser.take_seed(seed) == "late"
    parser.forget(4)
    assert parser.take_seed(seed) == "same"
    parser.forget(4)
    # The stream is faster; what REST says is older.
    assert parser.parse(_ticker(u=3, b="1.5"), 1) is not None
    assert parser.take_seed(seed) == "late"
    parser.forget(4)
    assert parser.take_seed(seed) == "new"
    parser.restart()
    assert parser.take_seed(seed) == "new"


def test_a_venue_that_numbers_afresh_is_read_again_once_the_row_is_doubted(
    parser: StreamParser,
) -> None:
    assert parser.parse(_ticker(u=9_000), 1) is not None
    # Smaller is late, as far as anybody can tell.
    assert parser.parse(_ticker(u=5), 2) is None
    parser.forget(4)
    assert parser.parse(_ticker(u=6), 3) is not None
    assert parser.parse(_ticker(u=6), 4) is None


def test_symbol_that_was_left_is_passed_over_and_can_come_back(parser: StreamParser) -> None:
    assert parser.parse(_ticker(u=3), 1) is not None
    parser.leave("BNBUSDT")
    parser.leave("BNBUSDT")
    assert parser.parse(_ticker(u=4), 2) is None
    # Neither a doubt nor an answer of REST that comes after it brings the row back.
    parser.forget(4)
    assert parser.take_seed(Ticker(2, 4, 1.0, 1.0, 2.0, 1.0, 0, 9)) == "late"
    parser.follow("BNBUSDT", 7)
    ticker = parser.parse(_ticker(u=2), 3)
    assert isinstance(ticker, Ticker)
    assert ticker.row == 7


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ({"b": "0", "bq": "0"}, (0.0, 0.0, 2.0, 1.0)),
        ({"a": "0.00000000", "aq": "0.00000000"}, (1.0, 1.0, 0.0, 0.0)),
        ({"b": "0", "bq": "0", "a": "0", "aq": "0"}, (0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_an_empty_side_is_zero_and_replaces_the_former_quote(
    parser: StreamParser, sides: dict[str, str], expected: tuple[float, ...]
) -> None:
    ticker = parser.parse(_ticker(**sides), 1)  # type: ignore[arg-type]

    assert isinstance(ticker, Ticker)
    assert (ticker.bid, ticker.bid_size, ticker.ask, ticker.ask_size) == expected


def test_a_crossed_quote_is_handed_on_for_the_board_to_judge(parser: StreamParser) -> None:
    assert isinstance(parser.parse(_ticker(b="3", a="2"), 1), Ticker)


IMPOSSIBLE = [
    "NaN",
    "nan",
    "inf",
    "-inf",
    "Infinity",
    "-1",
    "1e18",
    "1e400",
    "0x1p3",
    "",
    "1,5",
    " 1",
]


@pytest.mark.parametrize("side", ["b", "bq", "a", "aq"])
@pytest.mark.parametrize("value", [*IMPOSSIBLE, "0"])
def test_an_impossible_quote_is_named_so_that_the_former_one_can_be_withdrawn(
    parser: StreamParser, side: str, value: str
) -> None:
    with pytest.raises(UnreadableQuote) as caught:
        parser.parse(_ticker(**{side: value}), 1)  # type: ignore[arg-type]

    assert caught.value.row == 4
    assert parser.take_seed(Ticker(2, 4, 1.0, 1.0, 2.0, 1.0, 0, 9)) == "new"


@pytest.mark.parametrize("u", [0, -1, 1 << 62, 10**30])
def test_an_impossible_update_id_is_no_quote(parser: StreamParser, u: int) -> None:
    with pytest.raises(UnreadableQuote):
        parser.parse(_ticker(u=u), 1)


def test_a_symbol_that_was_not_asked_for_is_refused(parser: StreamParser) -> None:
    for frame in (TICKER.replace(b"BNBUSDT", b"XXXUSDT"), DEPTH.replace(b"BNBBTC", b"XXXBTC")):
        with pytest.raises(MalformedMessage, match=r"symbol 'XXX\w+' was not asked for"):
            parser.parse(frame, 1)


def test_a_hostile_symbol_is_cleaned_before_it_is_told(parser: StreamParser) -> None:
    with pytest.raises(MalformedMessage) as caught:
        parser.parse(TICKER.replace(b"BNBUSDT", b"\\u001b[2J\\u202eX"), 1)

    assert "\x1b" not in str(caught.value)
    assert "‮" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *((b'"0.0024"', f'"{value}"'.encode()) for value in [*IMPOSSIBLE, "0"]),
        *((b'"10"', f'"{value}"'.encode()) for value in IMPOSSIBLE),
        (b'["0.0024","10"]', b'["0.0024"]'),
        (b'["0.0024","10"]', b'["0.0024","10","x"]'),
        (b'["0.0024","10"]', b"{}"),
        (b'"U":157', b'"U":161'),
        (b'"U":157', b'"U":0'),
        (b'"u":160', b'"u":"x"'),
        (b"1672515782136", b"0"),
        (b"1672515782136", b"1672515782136000"),
        (b'"b":[["0.0024","10"]],', b""),
        (b'"s":"BNBBTC",', b""),
    ],
)
def test_an_impossible_depth_change_is_refused_and_voids_no_quote(
    parser: StreamParser, old: bytes, new: bytes
) -> None:
    assert old in DEPTH
    with pytest.raises(MalformedMessage) as caught:
        parser.parse(DEPTH.replace(old, new), 1)

    assert not isinstance(caught.value, UnreadableQuote)


def test_size_zero_removes_a_level(parser: StreamParser) -> None:
    update = parser.parse(DEPTH.replace(b'"10"', b'"0.00000000"'), 1)

    assert isinstance(update, BookUpdate)
    assert update.bids == [(0.0024, 0.0)]


@pytest.mark.parametrize(
    ("frame", "control"),
    [
        (b'{"result":null,"id":1}', Control("ack", 1)),
        (b'{"result":["btcusdt@bookTicker"],"id":"q-3"}', Control("ack", "q-3")),
        (
            b'{"code":2,"msg":"Invalid request: \\u001bx","id":"a"}',
            Control("error", "a", "Invalid request: x"),
        ),
        (b'{"error":{"code":2,"msg":"no"},"id":1}', Control("error", 1, "no")),
        (
            b'{"error":{"code":4,"msg":"Too many subscriptions"},"id":19}',
            Control("error", 19, "Too many subscriptions"),
        ),
        (b'{"e":"serverShutdown","E":1770123456789}', Control("shutdown")),
        (
            b'{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}',
            Control("shutdown"),
        ),
    ],
)
def test_control_frames_and_notices(parser: StreamParser, frame: bytes, control: Control) -> None:
    assert parser.parse(frame, 1) == control


@pytest.mark.parametrize(
    "frame",
    [
        b'{"stream":"bnbbtc@depth5@100ms","data":{"lastUpdateId":160,"bids":[["0.0024","10"]],'
        b'"asks":[["0.0026","100"]]}}',
        b'{"stream":"bnbusdt@aggTrade","data":{"e":"aggTrade","E":1,"s":"BNBUSDT","a":1,"p":"1",'
        b'"q":"1","f":1,"l":1,"T":1,"m":true,"M":true}}',
        b'{"stream":"bnbusdt@miniTicker","data":{"e":"24hrMiniTicker","E":1,"s":"BNBUSDT",'
        b'"c":"1","o":"1","h":"1","l":"1","v":"1","q":"1"}}',
        b'{"e":"24hrTicker","E":1,"s":"BNBUSDT","b":"1","B":"1","a":"1","A":"1"}',
        b'{"e":"referencePrice","s":"BNBUSDT","r":null,"t":1}',
    ],
)
def test_streams_of_others_are_left_alone(parser: StreamParser, frame: bytes) -> None:
    assert parser.parse(frame, 1) is None


@pytest.mark.parametrize(
    "frame",
    [
        *(b"", b"null", b"[]", b"{}", b'{"id":1}', b"pong", b"\xff\xfe", b'{"stream":5}'),
        b'{"stream":"bnbusdt@bookTicker"}',
        b'{"stream":"bnbusdt@bookTicker","data":null}',
        b'{"stream":"bnbusdt@bookTicker","data":{"s":7}}',
        b'{"stream":"bnbusdt@bookTicker","data":{"u":1,"s":"\xff"}}',
        b"[" * 100_000,
        b'{"data":' * 5_000 + b"1" + b"}" * 5_000,
        TICKER[:-1],
        TICKER[:60],
        DEPTH[:-2],
    ],
)
def test_what_cannot_be_read_is_refused(parser: StreamParser, frame: bytes) -> None:
    with pytest.raises(MalformedMessage):
        parser.parse(frame, 1)


def test_a_ticker_cut_in_its_numbers_still_names_its_symbol(parser: StreamParser) -> None:
    frame = b'{"stream":"bnbusdt@bookTicker","data":{"s":"BNBUSDT","u":7,"b":"1"}}'

    with pytest.raises(UnreadableQuote):
        parser.parse(frame, 1)


SEEDS = (
    b'[{"symbol":"BNBUSDT","bidPrice":"4.00000000","bidQty":"431.00000000",'
    b'"askPrice":"4.00000200","askQty":"9.00000000"},'
    b'{"symbol":"OTHER","bidPrice":"1","bidQty":"1","askPrice":"2","askQty":"1"},'
    b'{"symbol":"BNBBTC","bidPrice":"0.00000000","bidQty":"0.00000000",'
    b'"askPrice":"0.00000000","askQty":"0.00000000"},{"symbol":5}]'
)


def test_seeds_are_the_two_sided_quotes_of_our_symbols() -> None:
    assert parse_seed_tickers(SEEDS, ROWS, 2, 5) == [Ticker(2, 4, 4.0, 431.0, 4.000002, 9.0, 0, 5)]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"code":-1121,"msg":"Invalid symbol."}', b"[1"])
def test_seeds_that_are_no_list_are_refused(body: bytes) -> None:
    with pytest.raises(MalformedMessage, match="bookTicker"):
        parse_seed_tickers(body, ROWS, 2, 5)


def test_a_rest_book_comes_best_first() -> None:
    body = (
        b'{"lastUpdateId":1027024,"bids":[["4.00000000","431.00000000"],["3.9","1"]],'
        b'"asks":[["4.00000200","12.00000000"],["4.1","2"]]}'
    )

    book = parse_depth(body, 5)

    assert (book.last_id, book.event_ns, book.recv_ns) == (1027024, 0, 5)
    assert book.bids == [(4.0, 431.0), (3.9, 1.0)]
    assert book.asks == [(4.000002, 12.0), (4.1, 2.0)]


def test_an_empty_rest_book_is_a_book() -> None:
    book = parse_depth(b'{"lastUpdateId":1,"bids":[],"asks":[]}', 5)

    assert (book.bids, book.asks) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        b'{"lastUpdateId":0,"bids":[],"asks":[]}',
        b'{"lastUpdateId":1,"bids":[["1","0"]],"asks":[]}',
        b'{"lastUpdateId":1,"bids":[["1","1"],["2","1"]],"asks":[]}',
        b'{"lastUpdateId":1,"bids":[["1","1"],["1","1"]],"asks":[]}',
        b'{"lastUpdateId":1,"bids":[],"asks":[["2","1"],["1","1"]]}',
        b'{"lastUpdateId":1,"bids":[["nan","1"]],"asks":[]}',
        b'{"lastUpdateId":1,"bids":[]}',
        b'{"code":-1121}',
    ],
)
def test_a_rest_book_that_cannot_be_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedMessage, match="depth"):
        parse_depth(body, 5)


def test_server_time_is_milliseconds() -> None:
    assert parse_server_time(b'{"serverTime":1499827319559}') == 1499827319559 * MS


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"serverTime":0}', b'{"serverTime":1499827319559000}']
)
def test_server_time_in_another_unit_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedMessage, match="time"):
        parse_server_time(body)
