"""Bitget spot (v2, "Classic"), from the pages of 2025-12-05 with changes to 2026-10-06."""
