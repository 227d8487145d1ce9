"""Binance spot: market data, orders and account of one venue."""
