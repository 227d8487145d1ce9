"""OKX v5 Spot as documented: REST under `/api/v5`, the public socket at `/ws/v5/public`."""
