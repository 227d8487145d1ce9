"""Protocol shells: what a venue's clients see of the world, one folder per venue.

How a venue is added:

1. a folder `wire/<venue>` with the file names of `wire/binance` where they apply; its `shell.py`
   holds a subclass of `wire.common.shell.VenueShell` with `name`, `application()` (an `aiohttp`
   application with the REST and WebSocket endpoints), `publish()` (one book change to those who
   subscribed) and `run()` (timed streams and pings, until cancelled);
2. one row in `simulator.endpoints.ENDPOINTS`: module, class and path of the public WebSocket;
3. its `VenueProfile` in `core/instruments.py` (order rules, fees) and the shape of its keys in
   `credentials.py`; both exist for the four venues.

A shell parses, checks signatures and words answers by its venue's documentation alone. It reads
the world through `self.market` (instruments, books, orders, account, time) and trades through
`self.market.place` and `self.market.cancel`, which publish what changed before they return.
Subscriptions go through a `Hub` (`wire.common.hub`), frames to a client through its `Connection`
(`wire.common.connection`), which never blocks: a client that reads too slowly is dropped. Shells
import nothing from each other and never anything from `arbot_tui.exchanges`.
"""
