"""Bitget's unified accounts: API v3."""
