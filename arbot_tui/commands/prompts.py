"""Asks for secrets: on the terminal without an echo, or line by line from stdin."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Mapping
from typing import TextIO

from arbot_tui.credentials.passphrase import HOW_TO_GIVE, given_passphrase
from arbot_tui.credentials.venue_key import Entry, part_names
from arbot_tui.domain.errors import CredentialError
from arbot_tui.domain.secret import Secret

__all__ = ["ask_entry", "has_person", "passphrase_asker", "passphrase_prompt"]

_MAX_CHARS = 8192


def has_person() -> bool:
    """Tell whether somebody can be asked: what is typed must not be seen."""
    return sys.stdin is not None and sys.stdin.isatty()


def passphrase_prompt() -> Callable[[], Secret] | None:
    """Return what asks for the passphrase of the encrypted file; None where nobody is there."""
    return (lambda: _typed("Passphrase of the encrypted file: ")) if has_person() else None


def passphrase_asker(environ: Mapping[str, str], *, new: bool) -> Callable[[], Secret]:
    """Return what gets the passphrase: from where it is given, else from the person.

    Args:
        environ: Environment variables.
        new: There is no encrypted file yet, so a typed passphrase is asked for twice.
    """

    def ask() -> Secret:
        given = given_passphrase(environ)
        if given is not None:
            return given
        if not has_person():
            raise CredentialError(f"the encrypted file needs a passphrase: {HOW_TO_GIVE}")
        passphrase = _typed("Passphrase of the encrypted file: ")
        if new and passphrase != _typed("Once more: "):
            raise CredentialError("the two passphrases differ; nothing was kept")
        return passphrase

    return ask


def ask_entry(venue: str) -> Entry:
    """Return the key that somebody types, or that stdin brings, one part a line.

    Raises:
        CredentialError: A part is missing.
    """
    values = [_part(name) for name in part_names(venue)]
    return Entry(*values)


def _part(name: str) -> str:
    if has_person():
        return _typed(f"{name}: ").reveal()
    value = _line(sys.stdin)
    if not value:
        raise CredentialError(
            f"stdin has no line for {name}; pass API key, secret and, where the venue has one,"
            " passphrase, one a line"
        )
    return value


def _line(stream: TextIO | None) -> str:
    return "" if stream is None else stream.readline(_MAX_CHARS).rstrip("\r\n")


def _typed(prompt: str) -> Secret:
    try:
        text = getpass.getpass(prompt, stream=sys.stderr)
    except EOFError:
        text = ""
    if not text:
        raise CredentialError("nothing was typed; nothing was kept")
    return Secret(text)
