"""What happened at a venue while nobody here looked: before a start, or without its stream.

Orders of ours are asked for one by one; these two questions find what nobody would ask about. What
rests there that we do not know but bears our mark is cancelled; executions of our orders that were
missed are booked, each once; the mark of another engine means that two trade with one key, and
new pairs end. What other people have there is theirs.
"""

from __future__ import annotations

from itertools import islice

import msgspec

from arbot_tui.domain.clock import SECOND
from arbot_tui.domain.order_ids import id_parts, is_ours
from arbot_tui.domain.orders import OrderState
from arbot_tui.trading.core import orders, venues
from arbot_tui.trading.core.commands import Cancel, Query, QueryKind
from arbot_tui.trading.core.events import AccountFillsSeen, OpenOrdersSeen
from arbot_tui.trading.core.turn import Turn

__all__ = ["ask", "on_account_fills", "on_open_orders"]

_NEWEST_PAIRS = 20
"""Symbols of so many pairs are asked for: what has just ended is what a late fill belongs to."""
_LONGEST_NS = 24 * 3600 * SECOND


def ask(turn: Turn, name: str) -> None:
    """Ask a venue what rests there, and what has executed of the symbols traded there last."""
    turn.out.append(Query(QueryKind.OPEN_ORDERS, name))
    since: dict[str, int] = {}
    pairs = [turn.state.pairs[i] for i in sorted(turn.state.in_flight.keys() | turn.state.stuck)]
    pairs += islice(reversed(turn.state.pairs.values()), _NEWEST_PAIRS)
    for pair in pairs:
        for leg in pair.legs:
            if leg.venue == name:
                # An order whose send is not on record may have left since its pair was planned.
                sent_ns = leg.sent_ns or pair.planned_ns
                since[pair.symbol] = min(sent_ns, since.get(pair.symbol, sent_ns))
    for symbol, since_ns in sorted(since.items()):
        since_ns = max(min(since_ns, turn.now_ns), turn.now_ns - _LONGEST_NS)
        turn.out.append(Query(QueryKind.ACCOUNT_FILLS, name, symbol, since_ns=since_ns))


def on_open_orders(turn: Turn, event: OpenOrdersSeen) -> None:
    """Take what rests at a venue: ours goes, another engine's is a reason to stop."""
    for order in event.orders:
        client_id = order.client_id
        entry = turn.state.leg(client_id)
        if entry is not None and entry[1].venue == event.venue and not entry[1].is_final:
            seen = OrderState(
                event.venue, client_id, order.status, order.filled_qty, ("open",), order.venue_id
            )
            orders.on_state(turn, seen)
        elif is_ours(client_id, turn.state.instance):
            text = f"{event.venue}: order {client_id} of ours rests there and should not"
            _strange(turn, event.venue, client_id, text)
            turn.out.append(Cancel(event.venue, order.symbol, client_id))
        elif id_parts(client_id) is not None:
            orders.other_engine(turn, event.venue, client_id)


def on_account_fills(turn: Turn, event: AccountFillsSeen) -> None:
    """Book what our orders have executed unseen; leave what other people's have."""
    state = turn.state
    by_venue_id = {
        leg.venue_id: leg.client_id
        for pair in state.pairs.values()
        for leg in pair.legs
        if leg.venue == event.venue and leg.venue_id
    }
    for seen in event.fills:
        # Some venues name their own id alone.
        client_id = seen.fill.client_id or by_venue_id.get(seen.venue_id, "")
        fill = msgspec.structs.replace(seen.fill, client_id=client_id)
        parts = id_parts(client_id)
        if state.leg(client_id) is not None:
            orders.on_fill(turn, fill)
        elif parts is None:
            continue
        elif not is_ours(client_id, state.instance):
            if fill.event_ns > turn.now_ns - orders.OTHER_ENGINE_NS:
                orders.other_engine(turn, event.venue, client_id)
        elif parts[0] > state.pair_no or f"p{parts[0]}" in state.pairs:
            # Of other pairs nothing is known any more: they are forgotten, their books closed.
            text = f"{event.venue}: fill {fill.trade_id} of order {client_id} that is not on record"
            _strange(turn, event.venue, client_id, text)


def _strange(turn: Turn, venue: str, client_id: str, text: str) -> None:
    """An order bears our mark and is not as we know it: compare, and never use its id again."""
    venues.doubt(turn, venue)
    parts = id_parts(client_id)
    if parts is not None and parts[0] > turn.state.pair_no:
        text += "; this journal is older than what it has traded"
        venues.block(turn, venue, text)
    turn.alarm("unknown_order", text)
