"""How pairs, their orders and opportunities are shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from arbot_tui.domain.numbers import ZERO, exact, plain
from arbot_tui.domain.opportunity import Opportunity
from arbot_tui.engine.attribution import effects
from arbot_tui.engine.frames import LegView, OpportunityView, TradeView
from arbot_tui.trading.core.pair import ENDED, Leg, Pair, Profit, pair_outcome

__all__ = ["opportunity_view", "signed", "trade_view"]

_CENT = Decimal("0.01")
_MILL = Decimal("0.0001")
"""What is told of a result may be smaller than a cent."""


def signed(value: Decimal, unit: Decimal = _CENT) -> str:
    """Return an amount rounded to `unit`, always with its sign."""
    text = plain(exact.quantize(value, unit))
    return text if text.startswith("-") else f"+{text}"


def opportunity_view(opportunity: Opportunity) -> OpportunityView:
    """Return an opportunity as it is shown."""
    if opportunity.pair_id:
        outcome = "traded"
    elif opportunity.closed_ns:
        outcome = opportunity.reason
    else:
        outcome = "open"
    return OpportunityView(
        id=opportunity.id,
        symbol=opportunity.symbol,
        buy=opportunity.buy,
        sell=opportunity.sell,
        edge_pct=opportunity.edge_pct,
        peak_pct=opportunity.peak_pct,
        qty=opportunity.qty,
        profit_quote=opportunity.profit_quote,
        opened_ns=opportunity.opened_ns,
        closed_ns=opportunity.closed_ns,
        outcome=outcome,
        closed_reason=opportunity.closed_reason,
        pair_id=opportunity.pair_id,
        peak_profit_quote=opportunity.peak_profit_quote,
        capturable_pct=tuple(opportunity.capturable_pct),
        # Sent once: an open one changes with every quote.
        path=tuple(opportunity.path.points) if opportunity.closed_ns else (),
        reason=opportunity.reason,
    )


def trade_view(pair: Pair, profit: Profit, rates: Mapping[str, Decimal]) -> TradeView:
    """Return a pair as it is shown.

    Args:
        pair: The pair.
        profit: Its profit, fees in other assets valued in.
        rates: Taker fee by venue, a fraction.
    """
    ended = pair.state in ENDED
    found = effects(pair, profit, rates) if ended else None
    return TradeView(
        pair_id=pair.id,
        at_ns=pair.planned_ns,
        symbol=pair.symbol,
        buy=pair.buy.venue,
        sell=pair.sell.venue,
        qty=plain(pair.buy.qty),
        buy_price=_price(pair.buy),
        sell_price=_price(pair.sell),
        expected=signed(pair.expected, _MILL),
        realised=signed(profit.realised, _MILL) if ended else "",
        fees=plain(exact.quantize(profit.fees, _MILL)),
        state=pair.state.value,
        outcome=pair_outcome(pair) if ended else "",
        ended_ns=pair.ended_ns,
        reason=pair.reason,
        size_effect=signed(found.size, _MILL) if found else "",
        price_effect=signed(found.price, _MILL) if found else "",
        fee_effect=signed(found.fee, _MILL) if found else "",
        legs=tuple(map(_leg_view, pair.legs)),
    )


def _leg_view(leg: Leg) -> LegView:
    fees: dict[str, Decimal] = {}
    for fill in leg.fills:
        for asset, fee in fill.fees:
            fees[asset] = exact.add(fees.get(asset, ZERO), fee)
    filled = leg.filled
    return LegView(
        client_id=leg.client_id,
        venue=leg.venue,
        side=leg.side.value,
        unwinding=leg.unwinding,
        state=leg.state.value,
        price=plain(leg.price),
        qty=plain(leg.qty),
        filled=plain(filled),
        average=_price(leg) if filled else "",
        fee=" + ".join(f"{plain(fee)} {asset}" for asset, fee in fees.items() if fee),
        sent_ns=leg.sent_ns,
        reject=leg.reject,
    )


def _price(leg: Leg) -> str:
    """Return the average price of the leg, on as many decimals as its limit; else the limit."""
    filled = leg.filled
    if not filled:
        return plain(leg.price)
    average = exact.divide(leg.value, filled)
    return plain(exact.quantize(average, leg.price) if average != leg.price else average)
