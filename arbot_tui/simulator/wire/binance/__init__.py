"""Binance Spot as documented: REST under `/api/v3`, streams under `/ws` and `/stream`."""
