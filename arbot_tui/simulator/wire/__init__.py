"""Protocol shells: what a venue's clients see of the world, one folder per venue.

How a venue is added:

1. a folder `wire/<venue>` with the file names of `wire/binance`; `shell.py` holds a subclass of
   `wire.common.shell.VenueShell` with `name`, `ws_public_path`, `routes()` (REST and WebSocket
   handlers on an `aiohttp` router) and `publish()` (one book change to subscribers);
2. its `VenueProfile` in `core/instruments.py` (order rules, fees);
3. its shell class in `server.py` (`SHELLS`) and the shape of its keys in `credentials.py`.

A shell parses, checks signatures and words answers by its venue's documentation alone. It reads
the world through `self.market` (instruments, books, orders, account, time) and trades through
`self.market.place` and `self.market.cancel`, which publish what changed before they return.
Subscriptions go through `self.topics` (`wire.common.hub`), frames to a client through its
`Connection` (`wire.common.connection`), which never blocks: a client that reads too slowly is
dropped. Shells import nothing from each other and never anything from `arbot_tui.exchanges`.
"""
