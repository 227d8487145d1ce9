"""Protocol shells: what a venue's clients see of the world, one folder per venue.

How a venue is added:

1. a folder `wire/<venue>` with the file names of `wire/okx` where they apply: `streams.py` holds a
   subclass of `wire.common.streams.StreamServer` (the public socket, sans-I/O), `private.py` one of
   `wire.common.private.PrivateServer` (a socket that needs a login), `calls.py` what is answered
   to signed requests over HTTP and over sockets alike, `shell.py` a subclass of
   `wire.common.shell.VenueShell` with `name`, `channels`, `connects`, `banned()` and
   `application()` (an `aiohttp` application with the REST and WebSocket endpoints);
2. one row in `simulator.endpoints.ENDPOINTS`: module, class and paths of the WebSockets;
3. its `VenueProfile` in `core/instruments.py` (order rules, fees) and the shape of its keys in
   `credentials.py`; both exist for the four venues.

A shell parses, checks signatures and words answers by its venue's documentation alone. It reads
the world through `self.market` (instruments, books, orders, account, time), answers queries from
`self.market.seen`, and trades through `self.market.place` and `self.market.cancel`, which publish
what changed before they return. Requests about orders go through `wire.common.entry.OrderEntry`.
Subscriptions go through a `Hub` (`wire.common.hub`), frames to a client through its `Link`
(`wire.common.link`), which never blocks: a client that reads too slowly is dropped.

Faults are not a shell's business. Between it and its clients lies a `Network`
(`wire.common.network`) for sockets and a `Guard` (`wire.common.guard`) for requests; they decide
what arrives, and how. A shell only names what it sends (`StreamServer.tell`) and does what a
fault asks of the venue itself: announce a shutdown, number its books afresh, tell them again.
Shells import nothing from each other and never anything from `arbot_tui.exchanges`.
"""
