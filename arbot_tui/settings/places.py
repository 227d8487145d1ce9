"""Where things are: the one file that is read, and the folder of everything that is kept."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import platformdirs

from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.text import sanitise
from arbot_tui.settings.model import Settings

__all__ = ["data_folder", "expanded", "find_file", "user_file"]

_NAME = "arbot.toml"
_APP = "arbot-tui"
_MAX_BYTES = 1_000_000
"""Bound on the file: ours has 17,000, and what is a hundred times as large is something else."""


def find_file(config: Path | None = None) -> Path | None:
    """Return the one file to read, the first found; None where there is none.

    Raises:
        ConfigError: What `config` or ``$ARBOT_CONFIG`` names, or what is found, is no file that
            can be read.
    """
    named = os.environ.get("ARBOT_CONFIG", "")
    for path, name in ((config, "--config"), (Path(named) if named else None, "ARBOT_CONFIG")):
        if path is not None:
            return _checked(expanded(path, name), f"{name}: {sanitise(str(path))}")
    for path in (Path(_NAME), user_file()):
        if _is_there(path):
            return _checked(path.absolute(), sanitise(str(path.absolute())))
    return None


def expanded(path: Path, name: str) -> Path:
    """Return `path` as an absolute one, with ``~`` replaced.

    Raises:
        ConfigError: It begins with the home of somebody unknown; `name` says where it was set.
    """
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        shown = sanitise(str(path))
        raise ConfigError(
            f"{name}: {shown}: allowed: a path; nobody's home is known there"
        ) from None


def user_file() -> Path:
    """Return where the platform keeps this user's configuration, whether it exists or not."""
    return platformdirs.user_config_path(_APP) / _NAME


def data_folder(settings: Settings) -> Path:
    """Return the folder of everything that is kept.

    Raises:
        ConfigError: It is no path, or lies in the home of somebody unknown.
    """
    path = settings.storage.path
    if "\0" in path:
        raise ConfigError(f"storage.path: {sanitise(path)}: allowed: a path; it has a NUL")
    return expanded(Path(path), "storage.path") if path else platformdirs.user_data_path(_APP)


def _checked(path: Path, said: str) -> Path:
    """Return `path` if it is a file; otherwise one line, which `said` begins, says why not."""
    try:
        status = path.stat()
    except (FileNotFoundError, ValueError):
        raise ConfigError(f"{said}: no such file") from None
    except OSError as e:
        raise ConfigError(f"{said}: {e.strerror or e}") from None
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no ordinary file"
        raise ConfigError(f"{said} is {kind}; allowed: a TOML file")
    if status.st_size > _MAX_BYTES:
        raise ConfigError(f"{said} has {status.st_size} bytes; allowed: {_MAX_BYTES}")
    return path


def _is_there(path: Path) -> bool:
    """Tell whether there is anything at `path`, or may be.

    A folder, a link that leads nowhere, a place that may not be looked at: each stands where
    somebody's configuration should be, and passing it over would trade with other limits.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
