"""The command line. It imports almost nothing, so that ``--help`` answers at once."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import arbot_tui
from arbot_tui.commands.outcome import (
    ExitCode,
    UsageRefused,
    complain,
    complete_streams,
    exit_code_of,
    give_up_stdout,
    print_json,
    say,
)
from arbot_tui.domain.errors import ArbotError

__all__ = ["app", "main", "run"]

_OUTPUT_LOST = (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EBADF)

app = typer.Typer(
    name="arbot-tui",
    help="Cross-exchange crypto spot arbitrage in the terminal.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_config_app = typer.Typer(
    help="The configuration file and where each value is from.",
    rich_markup_mode=None,
)
app.add_typer(_config_app, name="config")
_themes_app = typer.Typer(
    help="Colour themes, the shipped ones and your own.",
    rich_markup_mode=None,
)
app.add_typer(_themes_app, name="themes")
_keys_app = typer.Typer(
    help="API keys. Secrets are asked for, or read from stdin; never from the command line.",
    rich_markup_mode=None,
)
app.add_typer(_keys_app, name="keys")

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Configuration file to read.")
]

WrittenOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Configuration file to write.")
]


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageRefused(f"--seed {text}: allowed: a whole number") from None


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageRefused(f"--duration {text}: allowed: a number of seconds above 0") from None


JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.callback(invoke_without_command=True)
def dashboard(
    context: typer.Context,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Synthetic venues; needs no key and no network.")
    ] = False,
    paper: Annotated[
        bool, typer.Option("--paper", help="Real prices, simulated fills; needs no key.")
    ] = False,
    live: Annotated[bool, typer.Option("--live", help="The real venues; not released.")] = False,
    control: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Use the synthetic venues that run there."),
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Run without a screen.")] = False,
    start: Annotated[
        bool, typer.Option("--start", help="Start trading once two venues are live.")
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N", parser=_whole, help="Seed of the synthetic world, and of paper fills."
        ),
    ] = None,
    duration: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", parser=_seconds, help="End a headless run after this time."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary of a headless run.")
    ] = False,
    symbols: Annotated[
        str | None, typer.Option(metavar="BTC/USDT,…", help="Symbols to follow.")
    ] = None,
    exchanges: Annotated[
        str | None, typer.Option(metavar="binance,…", help="Venues to use, at least two.")
    ] = None,
    config: ConfigOption = None,
    theme: Annotated[str | None, typer.Option(metavar="NAME", help="Colour theme.")] = None,
    no_mouse: Annotated[
        bool, typer.Option("--no-mouse", help="Leave the mouse to the terminal.")
    ] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> int:
    """Open the dashboard; without a mode the one in [engine] mode."""
    if version:
        raise typer.Exit(_print_version(as_json))
    modes = [m for m, given in (("simulate", simulate), ("paper", paper), ("live", live)) if given]
    if len(modes) > 1:
        raise UsageRefused(f"--{modes[0]} and --{modes[1]} exclude each other")
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        context.obj = config
        return ExitCode.DONE

    from arbot_tui.commands.run import RunRequest
    from arbot_tui.commands.run import run as run_request

    return run_request(
        RunRequest(
            mode=modes[0] if modes else None,
            control=control,
            headless=headless,
            start=start,
            seed=seed,
            duration_s=duration,
            as_json=as_json,
            symbols=symbols,
            exchanges=exchanges,
            config=config,
            theme=theme,
            no_mouse=no_mouse,
        )
    )


@app.command()
def venues(
    context: typer.Context,
    seed: Annotated[
        int | None, typer.Option(metavar="N", parser=_whole, help="Seed of the world.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON; the first line always is.")
    ] = False,
    config: ConfigOption = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
    symbols: Annotated[int | None, typer.Option(hidden=True)] = None,
    rate_hz: Annotated[float | None, typer.Option(hidden=True)] = None,
    edges_per_min: Annotated[float | None, typer.Option(hidden=True)] = None,
    usdc_symbols: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> int:
    """Serve the four synthetic venues on loopback until stopped."""
    del as_json
    if with_parent:
        # The parent has read and checked the configuration; reading it again would cost time
        # before the first line is out.
        from arbot_tui.simulator.process import main as serve

        return serve(
            seed=1 if seed is None else seed,
            symbols=20 if symbols is None else symbols,
            rate_hz=400.0 if rate_hz is None else rate_hz,
            edges_per_min=12.0 if edges_per_min is None else edges_per_min,
            usdc_symbols=0 if usdc_symbols is None else usdc_symbols,
            with_parent=True,
        )
    for name, value in (
        ("symbols", symbols),
        ("rate-hz", rate_hz),
        ("edges-per-min", edges_per_min),
        ("usdc-symbols", usdc_symbols),
    ):
        if value is not None:
            raise UsageRefused(f"No such option: --{name}; see [simulator] in arbot.toml")
    from arbot_tui.commands.venues import serve_venues

    return serve_venues(config or context.obj, seed)


@app.command()
def doctor(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> int:
    """Look for what is wrong, and say what to do about it."""
    from arbot_tui.commands.doctor import examine

    return examine(config or context.obj, as_json)


@_config_app.command()
def init(context: typer.Context, config: WrittenOption = None, as_json: JsonOption = False) -> int:
    """Write a configuration file with every key commented out."""
    from arbot_tui.commands import configuration as commands

    return commands.init(config or context.obj, as_json)


@_config_app.command()
def check(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> int:
    """Check file and environment."""
    from arbot_tui.commands import configuration as commands

    return commands.check(config or context.obj, as_json)


@_config_app.command()
def show(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> int:
    """Print every value with where it is from."""
    from arbot_tui.commands import configuration as commands

    return commands.show(config or context.obj, as_json)


@_config_app.command()
def path(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> int:
    """Print which file is read."""
    from arbot_tui.commands import configuration as commands

    return commands.path(config or context.obj, as_json)


ExchangeArgument = Annotated[str, typer.Argument(metavar="EXCHANGE", help="Venue of the key.")]
EnvironmentOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="prod, demo, testnet or custom; by default as configured."),
]
StoreOption = Annotated[
    str | None, typer.Option("--backend", metavar="NAME", help="keyring or encrypted-file.")
]


@_themes_app.command("list")
def themes_list(as_json: JsonOption = False) -> int:
    """List the themes there are."""
    from arbot_tui.commands import themes as commands

    return commands.show(as_json)


@_themes_app.command("check")
def themes_check(as_json: JsonOption = False) -> int:
    """Tell whether all themes are sound."""
    from arbot_tui.commands import themes as commands

    return commands.check(as_json)


@_keys_app.command("set")
def keys_set(
    context: typer.Context,
    exchange: ExchangeArgument,
    environment: EnvironmentOption = None,
    backend: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Keep a venue's key in the keyring or an encrypted file."""
    from arbot_tui.commands import keys as commands

    return commands.keep(exchange, environment, backend, config or context.obj, as_json)


@_keys_app.command("list")
def keys_list(
    context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False
) -> int:
    """Show which key each venue would use and what it may do."""
    from arbot_tui.commands import keys as commands

    return commands.show(config or context.obj, as_json)


@_keys_app.command("test")
def keys_test(
    context: typer.Context,
    exchange: ExchangeArgument,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Ask a venue what its key may do; none may withdraw."""
    from arbot_tui.commands import keys as commands

    return commands.try_out(exchange, config or context.obj, as_json)


@_keys_app.command("remove")
def keys_remove(
    context: typer.Context,
    exchange: ExchangeArgument,
    environment: EnvironmentOption = None,
    backend: StoreOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Forget a venue's key."""
    from arbot_tui.commands import keys as commands

    return commands.forget(exchange, environment, backend, config or context.obj, as_json)


def run(arguments: Sequence[str]) -> int:
    """Carry out a command line and return its exit code; every failure is one line on stderr."""
    # Whatever this program leaves behind belongs to its owner alone.
    os.umask(0o077)
    try:
        if list(arguments) == ["--version"]:
            # Not through typer, which brings pydantic along as soon as it reads any value.
            return _print_version()
        code = app(args=list(arguments), prog_name="arbot-tui", standalone_mode=False)
    except ArbotError as e:
        complain(str(e))
        return exit_code_of(e)
    except typer.TyperException as e:
        complain(_explained(e))
        return e.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except OSError as e:
        # What typer and the synthetic venues print, which knows nothing of ours.
        if e.filename is None and e.errno in _OUTPUT_LOST:
            give_up_stdout()
            complain(f"stdout: {e.strerror}")
        else:
            complain(f"crashed ({type(e).__name__}: {e})")
        return ExitCode.FAILED
    except Exception as e:  # noqa: BLE001 (the last line of defence: no traceback, no locals)
        complain(f"crashed ({type(e).__name__}: {e})")
        return ExitCode.FAILED
    return code if isinstance(code, int) else ExitCode.DONE


def main() -> None:
    """Run the command line of this process."""
    complete_streams()
    sys.exit(run(sys.argv[1:]))


def _explained(error: typer.TyperException) -> str:
    """Return what is wrong, and which commands there are where none or another one was named."""
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    if message.startswith(("No such command", "Missing command")):
        return f"{message} Allowed: {', '.join(context.command.list_commands(context))}"
    if message.startswith("Got unexpected extra argument") and _is_about_keys(context):
        # What follows a venue here is a secret more often than not: it is not said again.
        return f"keys {context.info_name} takes EXCHANGE alone; secrets are asked for or from stdin"
    return message


def _is_about_keys(context: typer.Context) -> bool:
    return context.parent is not None and context.parent.info_name == "keys"


def _print_version(as_json: bool = False) -> int:
    if as_json:
        print_json({"version": arbot_tui.__version__})
    else:
        say(f"arbot-tui {arbot_tui.__version__}")
    return ExitCode.DONE


def _refuse_options(context: typer.Context) -> None:
    """Options of the dashboard say nothing to a command; being ignored they would mislead."""
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name != "config" and source is not None and source.name == "COMMANDLINE":
            raise UsageRefused(f"{parameter.opts[0]} does not go with {context.invoked_subcommand}")
