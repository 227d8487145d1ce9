"""What a person may ask of trading, with one line that says what came of it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from typing import TYPE_CHECKING

from arbot_tui.domain.states import TradingState
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.client import CommandResult
from arbot_tui.trading.core.daily import start_obstacle
from arbot_tui.trading.core.events import Operator, OperatorAction
from arbot_tui.trading.core.manual import (
    acceptance_obstacle,
    adoption_obstacle,
    flattening_obstacle,
    held,
)
from arbot_tui.trading.core.operator import unbound_keys
from arbot_tui.trading.core.venues import difference

if TYPE_CHECKING:
    from arbot_tui.engine.bot import ArBot

__all__ = ["CORE_FAILED", "halt_on_signal", "operate"]

CORE_FAILED = "an error has ended trading; quit and start again"
"""What is said of everything once the money core has failed: it takes no event any more."""
_ASKED = "asked for"


def operate(bot: ArBot, name: str, args: Mapping[str, str]) -> CommandResult:
    """Carry out an action of trading; see `EngineClient.command`."""
    try:
        action = OperatorAction(name)
    except ValueError:
        return CommandResult(False, f"there is no command {sanitise(name, 40)!r}")
    if bot.failed.is_set():
        return CommandResult(False, f"{name}: {CORE_FAILED}")
    if action is OperatorAction.RESOLVE:
        return _resolve(bot, args)
    if action is OperatorAction.ADOPT:
        return _adopt(bot, args)
    if action is OperatorAction.START:
        return _start(bot, args)
    if args:
        return CommandResult(False, f"{name} takes no arguments")
    if action is OperatorAction.FLATTEN:
        return _flatten(bot)
    before = bot.core.trading
    if action is OperatorAction.RESET and before is not TradingState.HALTED:
        return CommandResult(False, f"trading is {before}, not halted")
    if action is OperatorAction.RESET and (asking := bot.halt_file.look()):
        return CommandResult(False, f"trading stays halted by {asking}: remove it, then reset")
    bot.executor.handle(Operator(action, _ASKED))
    if action is OperatorAction.RESET:
        bot.watch.alarm = ""
    return _said(bot)


def halt_on_signal(bot: ArBot) -> None:
    """Halt trading on SIGUSR1 for as long as the loop runs: it needs neither screen nor network."""
    halt = Operator(OperatorAction.HALT, "SIGUSR1")
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: bot.executor.handle(halt))


def _said(bot: ArBot) -> CommandResult:
    word, reason = bot.trading_word()
    return CommandResult(True, f"trading is {word}" + (f" ({reason})" if reason else ""))


def _start(bot: ArBot, args: Mapping[str, str]) -> CommandResult:
    """Start trading; keys that work from any address have to be accepted each time."""
    if why := _superfluous("start", args, ("unbound",)):
        return CommandResult(False, why)
    if bot.core.trading is TradingState.HALTED:
        return CommandResult(False, "trading is halted; reset it first")
    if why := start_obstacle(bot.core):
        return CommandResult(False, why)
    accept = args.get("unbound", "") == "accept"
    why = unbound_keys(bot.core)
    bot.executor.handle(Operator(OperatorAction.START, accept=accept))
    if why and not bot.core.unbound_accepted:
        return CommandResult(False, f"{why}; bind them at the exchange, or accept them this once")
    return _said(bot)


def _flatten(bot: ArBot) -> CommandResult:
    """Have exposure brought home; name what is under way and what cannot be, and why."""
    core = bot.core
    bot.executor.handle(Operator(OperatorAction.FLATTEN, _ASKED))
    going, not_going = [], []
    for pair in (*core.working(), *(core.pairs[pair_id] for pair_id in sorted(core.stuck))):
        what = f"{pair.id} {held(pair)}" if pair.remainder else f"{pair.id} orders under way"
        if why := flattening_obstacle(core, pair):
            not_going.append(f"{what} ({why})")
        else:
            going.append(what)
    if not going and not not_going:
        return CommandResult(True, "nothing is open")
    parts = []
    if going:
        parts.append("flattening " + ", ".join(going))
    if not_going:
        parts.append("cannot flatten " + ", ".join(not_going))
    return CommandResult(bool(going), "; ".join(parts))


def _resolve(bot: ArBot, args: Mapping[str, str]) -> CommandResult:
    """Ask about a pair again, or take it as it is."""
    if why := _superfluous("resolve", args, ("id", "accept")):
        return CommandResult(False, why)
    pair_id = sanitise(args.get("id", ""), 40)
    core = bot.core
    pair = core.pairs.get(pair_id)
    if pair is None:
        return CommandResult(False, f"there is no pair {pair_id!r}")
    if pair_id not in core.stuck and pair_id not in core.in_flight:
        return CommandResult(False, f"{pair_id} ended {pair.state.value}: nothing is open")
    accept = args.get("accept", "") == "yes"
    why = acceptance_obstacle(core, pair)
    bot.executor.handle(Operator(OperatorAction.RESOLVE, "", pair_id, accept))
    venues = " and ".join(sorted({leg.venue for leg in pair.legs}))
    asking = f"asking {venues} again about {pair_id}"
    if accept and why:
        return CommandResult(False, f"{pair_id} cannot be accepted as it is: {why}; {asking}")
    if accept:
        return CommandResult(True, f"{pair_id} ended {pair.state.value}, {pair.reason}")
    return CommandResult(True, asking)


def _adopt(bot: ArBot, args: Mapping[str, str]) -> CommandResult:
    """Show by how much a venue differs from the ledger; with `confirm`, take it for true."""
    if why := _superfluous("adopt", args, ("venue", "confirm")):
        return CommandResult(False, why)
    core = bot.core
    venue = sanitise(args.get("venue", ""), 40)
    if venue not in core.venues:
        return CommandResult(False, f"there is no venue {venue!r} in this run")
    if why := adoption_obstacle(core, venue):
        return CommandResult(False, why)
    text = difference(core, venue)
    if args.get("confirm", "") != "yes":
        return CommandResult(True, f"{venue}: {text}, not booked before it is confirmed")
    bot.executor.handle(Operator(OperatorAction.ADOPT, _ASKED, venue=venue))
    return CommandResult(True, f"{venue}: booked {text}")


def _superfluous(name: str, args: Mapping[str, str], allowed: tuple[str, ...]) -> str:
    """Return what is wrong with the names of the arguments; empty where nothing is."""
    unknown = sorted(args.keys() - set(allowed))
    if not unknown:
        return ""
    return f"{name} takes {' and '.join(allowed)}, not {sanitise(unknown[0], 40)}"
