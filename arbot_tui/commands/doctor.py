"""`doctor`: one line for each check, with what to do; the same as JSON."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from arbot_tui.commands.local_keys import LocalKeys
from arbot_tui.commands.names import check_strategies
from arbot_tui.commands.outcome import ExitCode, print_json, say, takes_any_sign
from arbot_tui.commands.prompts import passphrase_prompt
from arbot_tui.commands.venue_configs import public_configs
from arbot_tui.credentials.finding import KeySources
from arbot_tui.domain.errors import ArbotError, ConfigError, CredentialError
from arbot_tui.domain.secret import Secret
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.doctor import (
    Finding,
    check_folder,
    check_halt,
    check_journals,
    check_keys,
    check_locks,
    check_machine,
    check_venues,
)
from arbot_tui.settings.loading import Loaded, load
from arbot_tui.settings.places import data_folder
from arbot_tui.settings.variables import log_level

__all__ = ["examine"]

_LEAST_COLUMNS, _LEAST_LINES = 80, 24
_TMUX_LIMIT_S = 1.0
_NAME_WIDTH = 16


def examine(config: Path | None, as_json: bool) -> int:
    """Run every check, print what was found as it is found, and return 1 where something fails."""
    findings = []
    for finding in _findings(config):
        findings.append(finding)
        if not as_json:
            _print(finding)
    failed = any(finding.state == "fail" for finding in findings)
    if as_json:
        print_json({"ok": not failed, "findings": msgspec.to_builtins(findings)})
    return ExitCode.FAILED if failed else ExitCode.DONE


def _findings(config: Path | None) -> Iterator[Finding]:
    yield from check_machine()
    yield from _terminal()
    loaded: Loaded | None = None
    try:
        loaded = load(config)
        data_folder(loaded.settings)
    except ConfigError as e:
        yield Finding("configuration", "fail", str(e), _remedy(config))
        loaded = None
    else:
        yield from _configuration(loaded)
    yield from _themes(loaded)
    if loaded is not None:
        yield from _with_settings(loaded)


def _configuration(loaded: Loaded) -> list[Finding]:
    faults = []
    for check in (log_level, lambda: check_strategies(loaded)):
        try:
            check()
        except ConfigError as e:
            faults.append(Finding("configuration", "fail", str(e), _remedy(None)))
    about = f"{loaded.source}, {loaded.profile} limits"
    return faults or [Finding("configuration", "ok", about)]


def _remedy(config: Path | None) -> str:
    """Return what to do about a configuration that is refused."""
    if config is not None and not os.path.lexists(config):
        return f"arbot-tui config init --config {shlex.quote(str(config))}"
    return "fix that, then arbot-tui config check"


def _with_settings(loaded: Loaded) -> Iterator[Finding]:
    settings = loaded.settings
    folder = data_folder(settings)
    mode = settings.engine.mode
    yield from check_folder(folder)
    yield from check_locks(folder)
    yield from check_journals(folder)
    yield from check_halt(folder)
    try:
        configs = {config.name: config for config in public_configs(settings)}
    except ConfigError as e:
        yield Finding("exchanges", "fail", str(e))
        return
    yield from asyncio.run(check_venues(configs, needed=mode != "simulate"))
    environments = {name: config.environment for name, config in configs.items()}
    needed = mode == "live"
    # Nobody is asked for a passphrase that this mode has no use for.
    ask = passphrase_prompt() if needed else None
    sources = KeySources(folder=folder, ask_passphrase=ask)
    found = check_keys(environments, settings.credentials.backend, sources, needed=needed)
    yield from found
    local = LocalKeys(loaded)
    for name in environments:
        # Only a key that was found can be asked about.
        if any(f.check == f"{name} key" and "…" in f.message for f in found):
            yield from _rights(local, name, ask, needed=needed)


def _rights(
    keys: LocalKeys, name: str, ask: Callable[[], Secret] | None, *, needed: bool
) -> Iterator[Finding]:
    check = f"{name} rights"
    try:
        row, report = keys.tried(name, ask)
    except CredentialError as e:
        yield Finding(check, "fail", sanitise(str(e), 200), f"arbot-tui keys set {name}")
    except ArbotError as e:
        yield Finding(check, "fail" if needed else "warn", sanitise(str(e), 200))
    else:
        yield Finding(check, "ok", row.rights or "signs")
        for drawback in report.drawbacks:
            yield Finding(check, "warn", drawback)


def _themes(loaded: Loaded | None) -> list[Finding]:
    from arbot_tui.tui.themes import load_themes

    found = load_themes()
    findings = [
        Finding("theme", "warn", error, "fix the file, or remove it") for error in found.problems
    ]
    names = ("auto", *found.themes)
    if loaded is not None and loaded.settings.ui.theme not in names:
        wanted = loaded.settings.ui.theme
        message = f"{loaded.origins['ui.theme']}: there is no theme {wanted}"
        findings.append(Finding("theme", "fail", message, f"allowed: {', '.join(names)}"))
    return findings or [Finding("themes", "ok", ", ".join(found.themes))]


def _terminal() -> list[Finding]:
    # The screen is drawn on stderr, so that stdout stays free.
    if not (_is_terminal(sys.__stdin__) and _is_terminal(sys.__stderr__)):
        return [Finding("terminal", "warn", "none: only --headless works here")]
    kind = os.environ.get("TERM", "")
    if kind in ("", "dumb"):
        message = f"TERM={kind or 'unset'} cannot show a dashboard"
        return [Finding("terminal", "fail", message, "export TERM=xterm-256color")]
    # Colour depth as Textual will see it: announced, or taken from the name.
    deep = os.environ.get("COLORTERM", "") in ("truecolor", "24bit")
    colours = "24-bit colours" if deep else "256 colours" if "256" in kind else "16 colours"
    findings = [Finding("terminal", "ok", f"{kind}, {colours}"), _size(), _encoding()]
    if os.environ.get("TMUX"):
        findings.append(_tmux())
    return findings


def _size() -> Finding:
    columns, lines = shutil.get_terminal_size()
    if columns >= _LEAST_COLUMNS and lines >= _LEAST_LINES:
        return Finding("size", "ok", f"{columns}×{lines}")
    return Finding(
        "size",
        "warn",
        f"{columns}×{lines}: the dashboard needs {_LEAST_COLUMNS}×{_LEAST_LINES}",
        "make the window larger",
    )


def _encoding() -> Finding:
    encoding = (sys.__stderr__.encoding if sys.__stderr__ else "").upper()
    if encoding.startswith("UTF"):
        return Finding("encoding", "ok", encoding)
    fix = "export LANG=C.UTF-8"
    return Finding("encoding", "warn", f"{encoding}: signs are drawn in ASCII", fix)


def _tmux() -> Finding:
    fix = "tmux set -g set-clipboard on"
    command = ["tmux", "show-options", "-gv", "set-clipboard"]
    try:
        done = subprocess.run(  # noqa: S603 (fixed arguments)
            command, capture_output=True, text=True, timeout=_TMUX_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return Finding("tmux", "warn", "does not answer: copying may not work", fix)
    if done.stdout.strip() == "on":
        return Finding("tmux", "ok", "copies to your own clipboard")
    return Finding("tmux", "warn", "keeps what is copied to itself", fix)


def _is_terminal(stream: object) -> bool:
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


def _print(finding: Finding) -> None:
    arrow = "→" if takes_any_sign() else "->"
    fix = f"  {arrow} {finding.fix}" if finding.fix else ""
    line = f"{finding.state:<5} {finding.check:<{_NAME_WIDTH}} {finding.message}{fix}"
    say(line)
