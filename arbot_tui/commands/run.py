"""The dashboard and the headless run: composes settings, synthetic venues, engine and screen.

The venues' process is started first, so that it comes up while this one imports the rest.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from arbot_tui.commands.outcome import Crashed, ExitCode, UsageRefused, complain, say
from arbot_tui.domain.errors import ArbotError, ConfigError, StorageError
from arbot_tui.domain.secret import Secret
from arbot_tui.domain.states import Mode
from arbot_tui.settings.loading import Loaded, load
from arbot_tui.settings.places import data_folder
from arbot_tui.settings.variables import LogLevel, log_level

if TYPE_CHECKING:
    from arbot_tui.engine.client import KeySource, SettingsSource
    from arbot_tui.engine.options import EngineOptions, HotSettings
    from arbot_tui.engine.summary import Summary
    from arbot_tui.engine.world import WorldInfo
    from arbot_tui.log import Logs
    from arbot_tui.tui.config import UiConfig

__all__ = ["RunRequest", "run"]

_Result = TypeVar("_Result")
_Describe = Callable[[], "WorldInfo | None"]
"""Returns the synthetic world of the run, if there is one."""

# After a hang-up the whole drain has ten seconds, reconciling included.
_HANG_UP_RESOLVE_S = 4.0
_HANG_UP_DRAIN_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What the command line asked for; None and empty where it said nothing.

    Attributes:
        mode: ``simulate``, ``paper`` or ``live``.
        control: Control URL of a running synthetic world.
        headless: No screen.
        start: Start trading as soon as two venues are live.
        seed: Seed of the synthetic world, and of what is drawn for paper orders.
        duration_s: End a headless run after this time.
        as_json: Print the summary of a headless run.
        symbols: Symbols to follow, comma-separated.
        exchanges: Venues to use, comma-separated.
        config: Configuration file.
        theme: Colour theme.
        no_mouse: Leave the mouse to the terminal.
    """

    mode: str | None = None
    control: str | None = None
    headless: bool = False
    start: bool = False
    seed: int | None = None
    duration_s: float | None = None
    as_json: bool = False
    symbols: str | None = None
    exchanges: str | None = None
    config: Path | None = None
    theme: str | None = None
    no_mouse: bool = False


def run(request: RunRequest) -> int:
    """Run as asked and return the exit code.

    Raises:
        ArbotError: It could not start, or crashed.
    """
    code = _run_once(request)
    if code is None:
        # A person went from the simulation to paper; trading starts stopped there.
        code = _run_once(replace(request, mode="paper", start=False))
    return ExitCode.DONE if code is None else code


def _run_once(request: RunRequest) -> int | None:
    """Run as asked; None where the person wants to go on with paper."""
    _refuse_contradictions(request)
    loaded = load(request.config, _options(request))
    if loaded.settings.engine.mode == "live":
        _check_live_keys(loaded)
        raise UsageRefused("live is not released")
    if not request.headless:
        _require_terminal()
    folder = data_folder(loaded.settings)
    level = log_level()
    _make_folder(folder, own=not loaded.settings.storage.path)
    _catch_early_signals(request.headless)
    with ExitStack() as stack:
        describe = _world(request, loaded, stack)
        logs = stack.enter_context(_logs(folder, level, stderr=request.headless))
        with _crashes_logged(logs):
            return _run(request, loaded, folder, logs, describe)


def _make_folder(folder: Path, *, own: bool) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if own:
            # The platform's folder is ours alone; one that was named may serve others as well.
            folder.chmod(0o700)
    except OSError as e:
        raise StorageError(f"data folder {folder}: {e.strerror or e}") from None


def _refuse_contradictions(request: RunRequest) -> None:
    if not request.headless:
        for option, given in (
            ("--duration", request.duration_s is not None),
            ("--json", request.as_json),
        ):
            if given:
                raise UsageRefused(f"{option} needs --headless")
    duration_s = request.duration_s
    if duration_s is not None and not (math.isfinite(duration_s) and duration_s > 0):
        raise UsageRefused(f"--duration {duration_s:g}: allowed: a number of seconds above 0")
    if request.symbols is not None and not request.symbols.strip(", "):
        raise UsageRefused(f'--symbols "{request.symbols}": allowed: BASE/QUOTE,…')
    if request.control is not None and request.mode == "live":
        raise UsageRefused("--control goes with --simulate and --paper")
    if request.control is not None and request.seed is not None:
        raise UsageRefused("--seed does not go with --control: that world has its own")


def _options(request: RunRequest) -> dict[str, tuple[str, object]]:
    """Return what was said on the command line as settings."""
    options: dict[str, tuple[str, object]] = {}
    for name, option, value in (
        ("engine.mode", f"--{request.mode}", request.mode),
        ("simulator.seed", "--seed", request.seed),
        ("arbitrage.symbols", "--symbols", request.symbols),
        ("ui.theme", "--theme", request.theme),
        ("ui.mouse", "--no-mouse", False if request.no_mouse else None),
    ):
        if value is not None:
            options[name] = (option, value)
    if request.control is not None:
        options.setdefault("engine.mode", ("--control", "simulate"))
    if request.exchanges is not None:
        options |= _enabled(request.exchanges)
    return options


def _enabled(text: str) -> dict[str, tuple[str, object]]:
    from arbot_tui.exchanges.config import ExchangesConfig

    known = list(ExchangesConfig.model_fields)
    wanted = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in wanted:
        if name not in known:
            raise ConfigError(f'--exchanges: "{name}": allowed: {", ".join(known)}')
    return {f"exchanges.{name}.enabled": ("--exchanges", name in wanted) for name in known}


def _check_live_keys(loaded: Loaded) -> None:
    from arbot_tui.commands.prompts import passphrase_prompt
    from arbot_tui.credentials.finding import KeySources, find_keys

    settings = loaded.settings
    environments = {name: venue.environment for name, venue in settings.exchanges.enabled.items()}
    sources = KeySources(folder=data_folder(settings), ask_passphrase=passphrase_prompt())
    find_keys(environments, settings.credentials.backend, sources)


def _require_terminal() -> None:
    # The screen is drawn on stderr, so that stdout stays free.
    for stream in (sys.__stdin__, sys.__stderr__):
        if stream is None or not stream.isatty():
            raise UsageRefused("no terminal to draw on; use --headless")
    if os.environ.get("TERM") == "dumb":
        raise UsageRefused(
            "TERM=dumb cannot show a dashboard; use --headless, or export TERM=xterm-256color"
        )


def _catch_early_signals(headless: bool) -> None:
    """End in good order before the loop and the screen have their own handlers."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(ExitCode.HUNG_UP if number == signal.SIGHUP else ExitCode.DONE)

    signal.signal(signal.SIGTERM, leave)
    if headless:
        # The first one drains; there is nothing to drain yet.
        signal.signal(signal.SIGINT, leave)
    # Without a screen a lost terminal is no reason to end; once it runs, this reloads settings.
    signal.signal(signal.SIGHUP, signal.SIG_IGN if headless else leave)


def _world(request: RunRequest, loaded: Loaded, stack: ExitStack) -> _Describe:
    """Start the synthetic venues, or find those that run; return what describes them.

    Paper needs none: without a control URL it is about the real venues.
    """
    control = request.control
    if control is None and loaded.settings.engine.mode == "paper":
        return lambda: None
    from arbot_tui.engine.world import WorldProcess, connect

    if control is None:
        return stack.enter_context(WorldProcess(loaded.settings.simulator)).info
    try:
        info = connect(control)
    except ValueError as e:
        raise UsageRefused(f"--control {control}: {e}") from None
    return lambda: info


def _logs(folder: Path, level: LogLevel, *, stderr: bool) -> Logs:
    from arbot_tui.domain.clock import SystemClock
    from arbot_tui.log import Logs

    return Logs(folder / "logs", SystemClock(), level=level, stderr=stderr)


@contextmanager
def _crashes_logged(logs: Logs) -> Iterator[None]:
    """Put a mistake of this program into the log, without its variables, and say one line."""
    import structlog

    try:
        yield
    except ArbotError:
        raise
    except Exception as e:  # noqa: BLE001 (the last line of defence: no traceback, no locals)
        expected = _expected(e)
        if expected is not None:
            raise expected from None
        structlog.get_logger().critical("crashed", exc_info=e)
        raise Crashed(type(e).__name__, logs.path) from None


def _expected(error: BaseException) -> ArbotError | None:
    """Return the error of ours that a task group has wrapped, if all it holds is ours."""
    if isinstance(error, BaseExceptionGroup):
        found = [_expected(inner) for inner in error.exceptions]
        return found[0] if all(found) else None
    return error if isinstance(error, ArbotError) else None


def _run(
    request: RunRequest, loaded: Loaded, folder: Path, logs: Logs, describe: _Describe
) -> int | None:
    if request.headless:
        from arbot_tui.engine.run import run_headless

        if request.theme is not None:
            # Nothing is drawn, but a name that does not exist is a mistake all the same.
            from arbot_tui.commands.names import check_theme

            check_theme(loaded)

        options = _engine_options(request, loaded, folder, logs, describe())
        show = _print_summary if request.as_json else _ignore_summary
        return _in_loop(run_headless(options, request.duration_s, show))
    # Imported while the venues come up.
    from arbot_tui.commands.names import check_theme
    from arbot_tui.engine.bot import ArBot  # noqa: F401 (for what it brings along)

    ui = loaded.settings.ui
    check_theme(loaded)
    options = _engine_options(request, loaded, folder, logs, describe())
    return _in_loop(_dashboard(options, ui, logs))


def _engine_options(
    request: RunRequest, loaded: Loaded, folder: Path, logs: Logs, world: WorldInfo | None
) -> EngineOptions:
    from arbot_tui.commands.venue_configs import paper_terms, public_configs, world_configs
    from arbot_tui.engine.options import EngineOptions

    settings = loaded.settings
    mode = Mode(settings.engine.mode)
    if mode is Mode.SIMULATE and world is not None:
        venues, account, terms = world_configs(settings, world), f"sim-{world.world_id}", None
    else:
        venues = public_configs(settings, world)
        # What an invented world brought must not be taken for what the real prices did.
        account = f"paper-{world.world_id}" if world else "paper"
        terms = paper_terms(settings, folder / "accounts", world)
    for config in venues:
        if keys := config.credentials:
            logs.redactor.add(Secret(keys.api_key), keys.api_secret, keys.passphrase or Secret(""))
    return EngineOptions(
        mode=mode,
        profile=loaded.profile,
        account=account,
        data_dir=folder,
        config_source=loaded.source,
        universe=settings.arbitrage,
        arbitrage=settings.arbitrage,
        filters=settings.arbitrage,
        identity=settings.arbitrage,
        plugins=settings.arbitrage,
        trend=settings.trend,
        premium=settings.premium,
        quotes=settings.quotes,
        risk=settings.risk,
        storage=settings.storage,
        venues=tuple(venues),
        world=world,
        paper=terms,
        paper_seed=world.seed if world else settings.simulator.seed,
        start=request.start,
        log=logs.ring,
        settings=_live_settings(request, loaded),
        keys=_local_keys(loaded),
    )


def _local_keys(loaded: Loaded) -> KeySource:
    from arbot_tui.commands.local_keys import LocalKeys

    return LocalKeys(loaded)


def _live_settings(request: RunRequest, loaded: Loaded) -> SettingsSource[HotSettings]:
    from arbot_tui.commands.live_settings import LiveSettings

    given = _options(request)
    return LiveSettings(loaded, lambda over: load(request.config, {**given, **over}))


def _in_loop(main: Coroutine[object, object, _Result]) -> _Result:
    try:
        import uvloop
    except ImportError:
        factory = None
    else:
        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main)


def _print_summary(summary: Summary) -> None:
    import msgspec

    say(msgspec.json.encode(summary).decode())


def _ignore_summary(summary: Summary) -> None:
    """Without --json the log has said everything."""


async def _dashboard(options: EngineOptions, ui: UiConfig, logs: Logs) -> int | None:
    """Show the dashboard, then drain: the engine outlives the screen.

    Returns:
        The exit code; None where nothing is left open and the person goes on with paper.
    """
    import structlog

    from arbot_tui.engine.bot import ArBot
    from arbot_tui.engine.operating import halt_on_signal
    from arbot_tui.engine.summary import exit_code, shortfalls
    from arbot_tui.tui.dashboard import ExitReason, run_dashboard

    async with ArBot(options) as bot:
        halt_on_signal(bot)
        ended = await run_dashboard(
            bot.client,
            ui,
            exports=options.data_dir / "exports",
            welcomed=options.data_dir / "welcomed",
        )
        log = structlog.get_logger("engine")
        log.info("screen_ended", reason=ended.reason.value)
        if ended.report:
            log.critical("crashed", trace=ended.report.splitlines()[-40:])
        if ended.reason is ExitReason.SIGHUP:
            try:
                async with asyncio.timeout(_HANG_UP_DRAIN_S):
                    await bot.stop(_HANG_UP_RESOLVE_S)
            except TimeoutError:
                log.error("drain_cut_short")
            return ended.code
        summary = await bot.stop()
    # Only now is it known whether all rows have found a place.
    code = exit_code(bot, summary)
    for shortfall in shortfalls(bot):
        complain(shortfall)
    if ended.report:
        raise Crashed(ended.report.splitlines()[-1].partition(":")[0], logs.path)
    if not code and ended.reason is ExitReason.PAPER:
        return None
    return code or ended.code
