"""Bybit spot (v5), from the official documentation as of 2026-07-24."""
