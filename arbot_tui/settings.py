"""Configuration: one file, the environment and the command line, with the origin of every value.

Later wins: built-in defaults of the profile, ``arbot.toml``, ``ARBOT_…``, command line. The keys,
their ranges and their defaults are declared once, in the packages' ``config.py``; everything here
and the shipped ``arbot.toml`` follow from those models.
"""

from __future__ import annotations

import difflib
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import platformdirs
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from arbot_tui.domain.errors import ConfigError
from arbot_tui.domain.numbers import plain
from arbot_tui.domain.text import sanitise
from arbot_tui.engine.config import CredentialsConfig, EngineConfig
from arbot_tui.exchanges.config import ExchangesConfig
from arbot_tui.market.config import QuotesConfig, UniverseConfig
from arbot_tui.simulator.config import SimulatorConfig
from arbot_tui.storage.config import StorageConfig
from arbot_tui.strategy.config import (
    FilterConfig,
    IdentityConfig,
    PluginConfig,
    PremiumConfig,
    TrendConfig,
)
from arbot_tui.trading.config import ArbitrageConfig, RiskConfig
from arbot_tui.tui.config import UiConfig

__all__ = [
    "FILE_NAME",
    "ArbitrageSection",
    "Key",
    "Loaded",
    "LogLevel",
    "Profile",
    "Settings",
    "changed",
    "data_folder",
    "expanded",
    "find_file",
    "keys",
    "load",
    "log_level",
    "user_file",
]

Profile = Literal["simulate", "live"]
"""Which defaults apply; paper and live share theirs."""

LogLevel = Literal["debug", "info", "warning", "error"]
"""What ``$ARBOT_LOG`` may say."""

FILE_NAME = "arbot.toml"
_APP = "arbot-tui"
_MAX_BYTES = 1_000_000
"""Bound on the file: ours has 17,000, and what is a hundred times as large is something else."""
_PREFIX = "ARBOT_"
_OTHER_NAMES = (
    "ARBOT_CONFIG",
    "ARBOT_LOG",
    "ARBOT_KEYS_PASSPHRASE",
    "ARBOT_KEYS_PASSPHRASE_FILE",
)
_LOG_LEVELS: tuple[LogLevel, ...] = ("debug", "info", "warning", "error")
_SECRET_NAME = re.compile(r"secret|pass(phrase|word)|api_?key|token|private_?key", re.I)


class ArbitrageSection(UniverseConfig, ArbitrageConfig, FilterConfig, IdentityConfig, PluginConfig):
    """Which symbols are watched, which edges are traded, and how large."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Settings(BaseSettings):
    """All settings, one frozen model for each section of ``arbot.toml``."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=_PREFIX, env_nested_delimiter="__"
    )

    engine: EngineConfig = EngineConfig()
    exchanges: ExchangesConfig = ExchangesConfig()
    arbitrage: ArbitrageSection = ArbitrageSection()
    quotes: QuotesConfig = QuotesConfig()
    trend: TrendConfig = TrendConfig()
    premium: PremiumConfig = PremiumConfig()
    risk: RiskConfig = RiskConfig()
    storage: StorageConfig = StorageConfig()
    ui: UiConfig = UiConfig()
    credentials: CredentialsConfig = CredentialsConfig()
    simulator: SimulatorConfig = SimulatorConfig()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what `load` has merged and nothing else: it alone knows where a value is from."""
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Key:
    """One key that may be set.

    Attributes:
        name: Full name, ``arbitrage.min_profit_pct``.
        kind: ``bool``, ``int``, ``number``, ``text``, ``choice`` or ``list``.
        meaning: One line that says what it does.
        unit: Unit of its value; empty where it has none.
        hot: A change takes effect without a restart.
        low: Smallest value; None where there is no bound.
        high: Largest value, likewise.
        choices: All values of a ``choice``.
        simulate: Default of the profile ``simulate``.
        live: Default of the profile ``live``.
        looser: Which way a change lets more be risked: ``higher``, ``lower``, for lists
            ``longer`` or ``shorter``; empty where it does not.
        cased: Texts of a list are taken as they are written; otherwise they are symbols.
    """

    name: str
    kind: str
    meaning: str
    unit: str
    hot: bool
    low: object
    high: object
    choices: tuple[str, ...]
    simulate: object
    live: object
    looser: str = ""
    cased: bool = False

    def default(self, profile: Profile) -> object:
        """Return the default of that profile."""
        return self.simulate if profile == "simulate" else self.live

    @property
    def allowed(self) -> str:
        """What a value may be, in words."""
        words = {
            "bool": "true or false",
            "int": "a whole number",
            "number": "a number",
            "text": "a text",
            "choice": _either([f'"{choice}"' for choice in self.choices]),
            "list": "a list of texts",
        }[self.kind]
        return " ".join(part for part in (words, self.range, self.unit) if part)

    @property
    def range(self) -> str:
        """The bounds as ``low…high``; empty where there are none."""
        if self.low is None or self.high is None:
            return ""
        return f"{_bound(self.low)}…{_bound(self.high)}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with their provenance.

    Attributes:
        settings: The values, validated.
        profile: Which defaults applied.
        file: The file that was read; None where there is none.
        origins: Where each key's value is from: ``default``, ``FILE:LINE``, an environment
            variable or an option.
    """

    settings: Settings
    profile: Profile
    file: Path | None
    origins: Mapping[str, str]

    @property
    def source(self) -> str:
        """The file's path, or ``defaults``."""
        return str(self.file) if self.file else "defaults"

    def value(self, key: str) -> object:
        """Return the value of the key of that full name."""
        found: object = self.settings
        for part in key.split("."):
            found = getattr(found, part)
        return found


@dataclass(slots=True)
class _Layer:
    """Values of one source by full key name, and where each is from."""

    values: dict[str, object] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)


@cache
def keys() -> Mapping[str, Key]:
    """Return every key by its full name, in the order of the file."""
    return {key.name: key for key in _walk(Settings, "")}


def load(
    config: Path | None = None, options: Mapping[str, tuple[str, object]] | None = None
) -> Loaded:
    """Read, merge and validate all sources.

    Args:
        config: File named on the command line; None looks for one.
        options: Values of the command line: full key name to (option, value).

    Raises:
        ConfigError: Something is missing or wrong; one line says what, where and what is allowed.
    """
    file = find_file(config)
    layers = [_read(file) if file else _Layer(), _environment(), _options(options or {})]
    modes = [layer.values["engine.mode"] for layer in layers if "engine.mode" in layer.values]
    profile: Profile = "simulate" if modes[-1:] in ([], ["simulate"]) else "live"
    defaults = {name: key.default(profile) for name, key in keys().items()}
    merged = _Layer(defaults, dict.fromkeys(defaults, "default"))
    for layer in layers:
        merged.values |= layer.values
        merged.origins |= layer.origins
    try:
        settings = Settings(**_nested(merged.values))
    except ValidationError as e:
        raise _explained(e, merged) from None
    return Loaded(settings, profile, file, merged.origins)


def changed(loaded: Loaded, values: Mapping[str, object], origin: str) -> Loaded:
    """Return `loaded` with other values for some keys, all of it validated as `load` does.

    Args:
        loaded: What holds so far.
        values: New values by full key name; None for an unset one.
        origin: Where they are from, for the messages and the provenance.

    Raises:
        ConfigError: There is no such key, or a value is not allowed.
    """
    merged = _Layer({name: loaded.value(name) for name in keys()}, dict(loaded.origins))
    for name, value in values.items():
        key = keys().get(name)
        if key is None:
            raise ConfigError(_unknown(name, tuple(keys())))
        merged.values[name], merged.origins[name] = value, origin
    try:
        settings = Settings(**_nested(merged.values))
    except ValidationError as e:
        raise _explained(e, merged) from None
    return Loaded(settings, loaded.profile, loaded.file, merged.origins)


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
    for path in (Path(FILE_NAME), user_file()):
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
    return platformdirs.user_config_path(_APP) / FILE_NAME


def data_folder(settings: Settings) -> Path:
    """Return the folder of everything that is kept.

    Raises:
        ConfigError: It lies in the home of somebody unknown.
    """
    path = settings.storage.path
    return expanded(Path(path), "storage.path") if path else platformdirs.user_data_path(_APP)


def log_level() -> LogLevel:
    """Return which log lines are made, from ``$ARBOT_LOG``.

    Raises:
        ConfigError: It says something else.
    """
    said = os.environ.get("ARBOT_LOG", "").lower() or "info"
    for level in _LOG_LEVELS:
        if said == level:
            return level
    raise ConfigError(f"ARBOT_LOG = {_shown(said)}: allowed: {_either(_LOG_LEVELS)}")


def _walk(model: type[BaseModel], prefix: str) -> Iterator[Key]:
    for name, info in model.model_fields.items():
        annotation = _without_none(info.annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _walk(annotation, f"{prefix}{name}.")
        else:
            yield _key(prefix + name, annotation, info)


def _key(name: str, annotation: object, info: FieldInfo) -> Key:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    choices = tuple(map(str, get_args(annotation))) if get_origin(annotation) is Literal else ()
    kinds: dict[object, str] = {bool: "bool", int: "int", float: "number", Decimal: "number"}
    kind = "choice" if choices else kinds.get(annotation, "text")
    bounds = {
        side: getattr(item, side, None)
        for item in info.metadata
        for side in ("ge", "le")
        if getattr(item, side, None) is not None
    }
    live = info.get_default(call_default_factory=True)
    return Key(
        name=name,
        kind="list" if get_origin(annotation) is tuple else kind,
        meaning=info.description or "",
        unit=str(extra.get("unit", "")),
        hot=bool(extra.get("hot", False)),
        low=bounds.get("ge"),
        high=bounds.get("le"),
        choices=choices,
        simulate=extra.get("simulate", live),
        live=live,
        looser=str(extra.get("looser", "")),
        cased=bool(extra.get("cased", False)),
    )


def _without_none(annotation: object) -> object:
    if get_origin(annotation) in (Union, UnionType):
        rest = [part for part in get_args(annotation) if part is not NoneType]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


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


def _read(file: Path) -> _Layer:
    try:
        content = file.read_bytes()
        text = content.decode()
    except OSError as e:
        raise ConfigError(f"{file}: {e.strerror or e}") from None
    except UnicodeDecodeError as e:
        bad = e.object.count(b"\n", 0, e.start) + 1
        raise ConfigError(f"{file}:{bad}: is no UTF-8 text; save it as UTF-8") from None
    if text.startswith("\ufeff"):
        raise ConfigError(f"{file}:1: begins with a byte order mark; save it as UTF-8 without one")
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise ConfigError(f"{file}: broken TOML: it is nested too deeply") from None
    except tomllib.TOMLDecodeError as e:
        place = re.search(r"at line (\d+)", str(e))
        line = place.group(1) if place else str(len(text.split("\n")))
        raise ConfigError(f"{file}:{line}: broken TOML: {sanitise(str(e))}") from None
    lines = _key_lines(text)
    layer = _Layer()
    for name, value in _flat(document, ""):
        line_of = next((lines[part] for part in _prefixes(name) if part in lines), 1)
        where = f"{file}:{line_of}"
        key = keys().get(name)
        if key is None and any(known.startswith(f"{name}.") for known in keys()):
            raise _refused(where, name, value, f"a section [{name}]")
        if key is None:
            raise ConfigError(f"{where}: {_unknown(name, tuple(keys()))}")
        if not _has_kind(value, key.kind):
            raise _refused(where, name, value, key.allowed)
        layer.values[name] = tuple(value) if isinstance(value, list) else value
        layer.origins[name] = where
    return layer


def _environment() -> _Layer:
    names = {_PREFIX + name.upper().replace(".", "__"): name for name in keys()}
    for name in sorted(os.environ):
        if name.startswith(_PREFIX) and name not in names and name not in _OTHER_NAMES:
            raise ConfigError(f"environment: {_unknown(name, (*names, *_OTHER_NAMES))}")
    layer = _Layer()
    for variable, name in names.items():
        text = os.environ.get(variable)
        if text is None:
            continue
        key = keys()[name]
        if key.kind == "bool" and text not in ("true", "false"):
            raise _refused(variable, name, text, key.allowed)
        layer.values[name] = _split(key, text)
        layer.origins[name] = variable
    return layer


def _options(options: Mapping[str, tuple[str, object]]) -> _Layer:
    values = {name: _split(keys()[name], value) for name, (_, value) in options.items()}
    return _Layer(values, {name: option for name, (option, _) in options.items()})


def _split(key: Key, value: object) -> object:
    if key.kind != "list" or not isinstance(value, str):
        return value
    text = value if key.cased else value.upper()
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _flat(values: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and prefix + name not in keys():
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _nested(values: Mapping[str, object]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for name, value in values.items():
        *tables, last = name.split(".")
        table = root
        for part in tables:
            table = table.setdefault(part, {})
        table[last] = value
    return root


def _prefixes(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition(".")[0]


def _key_lines(text: str) -> dict[str, int]:
    """Return the line of every table header and key; `tomllib` does not tell."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.split("\n"), 1):
        if header := re.match(r"\s*\[\[?\s*([^\[\]#]+?)\s*\]", line):
            table = _plain_key(header.group(1)) + "."
            lines.setdefault(table[:-1], number)
        elif assigned := re.match(r"\s*([\w\s.\"'-]+?)\s*=", line):
            lines.setdefault(table + _plain_key(assigned.group(1)), number)
    return lines


def _plain_key(written: str) -> str:
    return ".".join(part.strip(" \t\"'") for part in written.split("."))


def _has_kind(value: object, kind: str) -> bool:
    """Tell whether a TOML value is of the kind: true is no number, "5" neither."""
    if kind == "bool" or isinstance(value, bool):
        return kind == "bool" and isinstance(value, bool)
    if kind == "list":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    wanted = {"int": int, "number": int | float}.get(kind, str)
    return isinstance(value, wanted)


def _unknown(name: str, known: tuple[str, ...]) -> str:
    shown = sanitise(name, 80)
    if _SECRET_NAME.search(name):
        return (
            f"{shown}: no secret may be set here; keys are read from the keyring, from *_FILE or"
            " from variables such as BINANCE_API_KEY"
        )
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    return f"unknown key {shown}; the nearest valid one is {nearest[0]}"


def _refused(where: str, name: str, value: object, why: str) -> ConfigError:
    return ConfigError(f"{where}: {name} = {_shown(value)}: allowed: {why}")


def _shown(value: object) -> str:
    if isinstance(value, tuple | list):
        return sanitise("[" + ", ".join(map(_shown, value)) + "]", 60)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + sanitise(value, 60) + '"'
    return sanitise(str(value), 60)


def _either(words: Sequence[str]) -> str:
    return " or ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def _bound(value: object) -> str:
    return plain(Decimal(str(value)))


def _explained(error: ValidationError, merged: _Layer) -> ConfigError:
    """Return the first complaint as one line that names origin, key, value and what is allowed."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    key = next((keys()[part] for part in _prefixes(name) if part in keys()), None)
    own = first.get("ctx", {}).get("error")
    why = sanitise(str(own)) if isinstance(own, ValueError) else ""
    if key is not None:
        where, value = merged.origins[key.name], merged.values[key.name]
        return _refused(where, key.name, value, why.removeprefix("allowed: ") or key.allowed)
    # A rule over several keys: point at the last one of them that somebody has set.
    touched = [origin for part, origin in merged.origins.items() if part.startswith(name)]
    where = next((origin for origin in reversed(touched) if origin != "default"), "default")
    return ConfigError(f"{where}: {name}: {why or sanitise(first['msg'])}")
