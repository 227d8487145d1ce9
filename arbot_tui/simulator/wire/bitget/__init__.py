"""Bitget Spot, v2 dialect, as documented: REST under `/api/v2`, socket at `/v2/ws/public`."""
