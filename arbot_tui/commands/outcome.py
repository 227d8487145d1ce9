"""How a command ends: its exit code (CONTRACT section 1) and one line where something failed."""

from __future__ import annotations

import io
import json
import os
import sys
from enum import IntEnum
from pathlib import Path

from arbot_tui.domain.errors import AccountLocked, ArbotError, ConfigError, CredentialError
from arbot_tui.domain.text import sanitise

__all__ = [
    "Crashed",
    "ExitCode",
    "OutputLost",
    "UsageRefused",
    "complain",
    "complete_streams",
    "exit_code_of",
    "give_up_stdout",
    "print_json",
    "say",
    "takes_any_sign",
]

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


class OutputLost(ArbotError):
    """Stdout takes no more: its reader has gone, or its disk is full."""


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


def complete_streams() -> None:
    """Open what of stdin, stdout and stderr was closed as nothing, and let stdout take any text.

    Otherwise the next files take their numbers, and what is meant for stderr goes to stdout:
    that is where Python prints what has no file. Where the terminal is not UTF, a sign that it
    lacks becomes a question mark, as stderr replaces it anyway; it is no reason to fail.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is this one: those below are open by now.
            os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 (for as long as we live)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def takes_any_sign() -> bool:
    """Tell whether stdout can show whatever there is to say."""
    return (sys.stdout.encoding or "").lower().startswith("utf")


def say(text: str) -> None:
    """Write `text` as a line to stdout.

    Raises:
        OutputLost: It cannot be written.
    """
    try:
        print(text, flush=True)  # noqa: T201 (stdout is for this)
    except OSError as e:
        give_up_stdout()
        raise OutputLost(f"stdout: {e.strerror or e}") from None


def give_up_stdout() -> None:
    """Let what is still to be written go nowhere: the end of the process would complain of it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def print_json(document: object) -> None:
    """Write one JSON document to stdout.

    Raises:
        OutputLost: It cannot be written.
    """
    # Escaped where stdout could not take it: a replaced sign would be another text.
    say(json.dumps(document, ensure_ascii=not takes_any_sign(), indent=2))
