"""How a command ends: its exit code (CONTRACT section 1) and one line where something failed."""

from __future__ import annotations

import json
import sys
from enum import IntEnum
from pathlib import Path

from arbot_tui.domain.errors import AccountLocked, ArbotError, ConfigError, CredentialError
from arbot_tui.domain.text import sanitise

__all__ = ["Crashed", "ExitCode", "UsageRefused", "complain", "exit_code_of", "print_json"]

_MAX_CHARS = 1000


class ExitCode(IntEnum):
    """Exit codes; stable once released."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    CREDENTIALS = 3
    UNFINISHED = 4
    ACCOUNT_LOCKED = 5
    HUNG_UP = 129
    INTERRUPTED = 130


class UsageRefused(ArbotError):
    """What was asked for does not exist (yet), or not together with the rest."""


class Crashed(ArbotError):
    """A mistake in this program; what is known of it is in the log."""

    def __init__(self, error: str, log: Path) -> None:
        """Name the kind of mistake and where to read more."""
        super().__init__(f"crashed ({error}); details: {log}")


def exit_code_of(error: ArbotError) -> ExitCode:
    """Return the exit code that an error ends the program with."""
    match error:
        case ConfigError() | UsageRefused():
            return ExitCode.USAGE
        case CredentialError():
            return ExitCode.CREDENTIALS
        case AccountLocked():
            return ExitCode.ACCOUNT_LOCKED
        case _:
            return ExitCode.FAILED


def complain(message: str) -> None:
    """Write one line to stderr; nothing happens where nobody can read it any more."""
    try:
        print(f"arbot-tui: {sanitise(message, _MAX_CHARS)}", file=sys.stderr, flush=True)  # noqa: T201 (stderr is for this)
    except (OSError, ValueError):
        return


def print_json(document: object) -> None:
    """Write one JSON document to stdout."""
    print(json.dumps(document, ensure_ascii=False, indent=2), flush=True)  # noqa: T201 (stdout is for this)
