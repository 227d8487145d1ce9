"""Providers that are only read: systemd credentials, files and variables of the environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from arbot_tui.credentials.venue_key import Parts, Unavailable, part_names
from arbot_tui.domain.errors import CredentialError
from arbot_tui.domain.text import sanitise

__all__ = ["file_text", "from_environment", "from_files", "from_systemd"]

_MAX_BYTES = 8192


def from_systemd(venues: Iterable[str], environ: Mapping[str, str]) -> Parts:
    """Read what the unit's ``LoadCredential=`` passes, under the variables' names in lower case.

    Raises:
        Unavailable: The process was not started with credentials.
        CredentialError: One of them cannot be read.
    """
    folder = environ.get("CREDENTIALS_DIRECTORY", "")
    if not folder:
        raise Unavailable("systemd passes no credentials")
    return {
        venue: {name: file_text(Path(folder) / name.lower(), name) for name in part_names(venue)}
        for venue in venues
    }


def from_files(venues: Iterable[str], environ: Mapping[str, str]) -> Parts:
    """Read the files that ``*_FILE`` variables name.

    Raises:
        CredentialError: A file that is named does not exist or cannot be read.
    """
    parts: Parts = {}
    for venue in venues:
        parts[venue] = {}
        for name in part_names(venue):
            if named := environ.get(f"{name}_FILE", ""):
                path = Path(named).expanduser()
                if not path.is_file():
                    raise CredentialError(
                        f"{name}_FILE: {sanitise(str(path))} is no file; name one that holds it"
                    )
                parts[venue][name] = file_text(path, f"{name}_FILE")
    return parts


def from_environment(venues: Iterable[str], environ: Mapping[str, str]) -> Parts:
    """Read plain variables."""
    return {venue: {name: environ.get(name, "") for name in part_names(venue)} for venue in venues}


def file_text(path: Path, name: str) -> str:
    """Return a small file's text without the line's end; nothing where there is no file.

    Args:
        path: The file.
        name: What asked for it, for the complaint.

    Raises:
        CredentialError: It cannot be read, or is no text.
    """
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode().rstrip("\r\n")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as e:
        why = e.strerror if isinstance(e, OSError) else "is no text"
        raise CredentialError(f"{name}: {sanitise(str(path))}: {why}; fix the file") from None
