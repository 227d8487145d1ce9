"""Bybit v5 Spot as documented: REST under `/v5`, the public socket at `/v5/public/spot`."""
