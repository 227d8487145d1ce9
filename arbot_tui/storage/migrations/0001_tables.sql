-- Money is TEXT: exact decimals. Quotes are REAL: they were floats when they were judged.
-- Times are UTC nanoseconds; `timestamp` in seconds is computed from them.

CREATE TABLE sessions (
    session_id TEXT PRIMARY KEY,
    mode TEXT NOT NULL,
    seed INTEGER,
    world_id TEXT NOT NULL,
    symbols TEXT NOT NULL,
    exchanges TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    ended_ns INTEGER NOT NULL,
    exit_code INTEGER,
    summary TEXT NOT NULL,
    timestamp REAL GENERATED ALWAYS AS (at_ns / 1e9) VIRTUAL
) STRICT;

CREATE TABLE tickers (
    id INTEGER PRIMARY KEY,
    exchange TEXT NOT NULL,
    symbol TEXT NOT NULL,
    bid REAL NOT NULL,
    ask REAL NOT NULL,
    bid_size REAL NOT NULL,
    ask_size REAL NOT NULL,
    at_ns INTEGER NOT NULL,
    event_ns INTEGER NOT NULL,
    timestamp REAL GENERATED ALWAYS AS (at_ns / 1e9) VIRTUAL
) STRICT;
CREATE INDEX tickers_by_time ON tickers (at_ns);
CREATE INDEX tickers_by_book ON tickers (symbol, exchange, at_ns);

CREATE TABLE arbitrage_opportunities (
    id INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL,
    opportunity_id INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    buy_exchange TEXT NOT NULL,
    sell_exchange TEXT NOT NULL,
    buy_price REAL NOT NULL,
    sell_price REAL NOT NULL,
    quantity REAL NOT NULL,
    profit REAL NOT NULL,
    profit_percent REAL NOT NULL,
    peak_profit REAL NOT NULL,
    peak_percent REAL NOT NULL,
    executed INTEGER NOT NULL,
    pair_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    last_ns INTEGER NOT NULL,
    closed_ns INTEGER NOT NULL,
    timestamp REAL GENERATED ALWAYS AS (at_ns / 1e9) VIRTUAL,
    UNIQUE (session_id, opportunity_id)
) STRICT;
CREATE INDEX opportunities_by_time ON arbitrage_opportunities (at_ns);
CREATE INDEX opportunities_by_symbol ON arbitrage_opportunities (symbol, at_ns);

CREATE TABLE trades (
    id INTEGER PRIMARY KEY,
    pair_id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL,
    opportunity_id INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    buy_exchange TEXT NOT NULL,
    sell_exchange TEXT NOT NULL,
    buy_price TEXT NOT NULL,
    sell_price TEXT NOT NULL,
    quantity TEXT NOT NULL,
    expected_profit TEXT NOT NULL,
    profit TEXT NOT NULL,
    profit_percent TEXT NOT NULL,
    fees TEXT NOT NULL,
    quote_currency TEXT NOT NULL,
    buy_order_id TEXT NOT NULL,
    sell_order_id TEXT NOT NULL,
    status TEXT NOT NULL,
    outcome TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    ended_ns INTEGER NOT NULL,
    timestamp REAL GENERATED ALWAYS AS (at_ns / 1e9) VIRTUAL,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) STRICT;
CREATE INDEX trades_by_time ON trades (at_ns);
CREATE INDEX trades_by_symbol ON trades (symbol, at_ns);

CREATE TABLE orders (
    client_id TEXT PRIMARY KEY,
    pair_id TEXT NOT NULL,
    exchange TEXT NOT NULL,
    order_id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    order_type TEXT NOT NULL,
    price TEXT NOT NULL,
    quantity TEXT NOT NULL,
    filled_quantity TEXT NOT NULL,
    average_price TEXT NOT NULL,
    status TEXT NOT NULL,
    message TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    updated_ns INTEGER NOT NULL,
    timestamp REAL GENERATED ALWAYS AS (at_ns / 1e9) VIRTUAL
) STRICT;
CREATE INDEX orders_by_time ON orders (at_ns);
CREATE INDEX orders_by_pair ON orders (pair_id);

CREATE TABLE fills (
    exchange TEXT NOT NULL,
    symbol TEXT NOT NULL,
    trade_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    side TEXT NOT NULL,
    price TEXT NOT NULL,
    quantity TEXT NOT NULL,
    fee TEXT NOT NULL,
    fee_asset TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    timestamp REAL GENERATED ALWAYS AS (at_ns / 1e9) VIRTUAL,
    PRIMARY KEY (exchange, symbol, trade_id)
) STRICT;
CREATE INDEX fills_by_time ON fills (at_ns);
CREATE INDEX fills_by_order ON fills (client_id);

CREATE TABLE balances (
    exchange TEXT NOT NULL,
    asset TEXT NOT NULL,
    free TEXT NOT NULL,
    locked TEXT NOT NULL,
    total TEXT NOT NULL,
    at_ns INTEGER NOT NULL,
    timestamp REAL GENERATED ALWAYS AS (at_ns / 1e9) VIRTUAL,
    PRIMARY KEY (exchange, asset)
) STRICT;
