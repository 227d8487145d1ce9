"""Bitget's Classic accounts: API v2."""
