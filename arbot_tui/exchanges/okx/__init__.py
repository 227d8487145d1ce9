"""OKX spot (API v5), from the reference pages of 2026-06-29 to 2026-09-02."""
