"""The passphrase of the encrypted file, for a start that nobody watches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from arbot_tui.credentials.providers import file_text
from arbot_tui.domain.errors import CredentialError
from arbot_tui.domain.secret import Secret

__all__ = ["HOW_TO_GIVE", "PASSPHRASE_VARIABLES", "given_passphrase"]

_VARIABLE = "ARBOT_KEYS_PASSPHRASE"
PASSPHRASE_VARIABLES = (f"{_VARIABLE}_FILE", _VARIABLE)
"""Variables that are read, the first that is set."""

HOW_TO_GIVE = (
    f"pass {_VARIABLE.lower()} with systemd's LoadCredential=, or name a file (or /dev/fd/N) in"
    f" {_VARIABLE}_FILE"
)
"""The fix where it is missing."""


def given_passphrase(environ: Mapping[str, str]) -> Secret | None:
    """Return the passphrase from systemd, a file or the environment; None where none is given.

    Raises:
        CredentialError: The file that is named cannot be read or is empty.
    """
    if folder := environ.get("CREDENTIALS_DIRECTORY", ""):
        text = file_text(Path(folder) / _VARIABLE.lower(), _VARIABLE.lower())
        if text:
            return Secret(text)
    if named := environ.get(f"{_VARIABLE}_FILE", ""):
        text = file_text(Path(named).expanduser(), f"{_VARIABLE}_FILE")
        if not text:
            raise CredentialError(f"{_VARIABLE}_FILE: the file is empty or missing; fix the file")
        return Secret(text)
    text = environ.get(_VARIABLE, "")
    return Secret(text) if text else None
