"""Where API keys come from. They are read once, at start, and never written here.

Providers in order: systemd credential, OS keyring, files that ``*_FILE`` variables name, plain
environment variables. With ``[credentials] backend`` only the named one is asked. A simulated
world mints its own keys and never comes here.

A keyring may have no D-Bus, wait for ever for somebody to unlock it, or be a plain-text file in
disguise: it is asked on a thread of its own, for a limited time, with stderr silenced, and only
where its backend is known to keep secrets.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from arbot_tui.domain.errors import CredentialError
from arbot_tui.domain.secret import Secret
from arbot_tui.domain.text import sanitise

__all__ = ["BACKENDS", "KEYRING_SERVICE", "VenueKey", "find_keys"]

KEYRING_SERVICE = "arbot-tui"
"""Service name of our keyring entries; the user name is ``<venue>/<environment>``."""

BACKENDS = ("systemd", "keyring", "env-file", "env")
"""All providers, in the order in which they are asked."""

_KEYRING_LIMIT_S = 3.0
_MAX_BYTES = 8192
_WITH_PASSPHRASE = frozenset({"okx", "bitget"})
# Backends that encrypt. Everything else is refused: `fail`, `null` and every plain-text file.
_ALLOWED_KEYRINGS = frozenset(
    {
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.Windows.WinVaultKeyring",
        "keyring_pass.PasswordStoreBackend",
    }
)
_CHAINER = "keyring.backends.chainer.ChainerBackend"

ReadEntries = Callable[[Sequence[str]], dict[str, str]]
"""Returns the keyring's password by user name, for those it has."""

Parts = dict[str, dict[str, str]]
"""By venue: what a provider has, by the name of its variable."""


class VenueKey(msgspec.Struct, frozen=True):
    """An API key and where it was found.

    Attributes:
        api_key: The key's public half.
        api_secret: The secret it signs with.
        passphrase: None for venues without one.
        provider: One of `BACKENDS`.
    """

    api_key: Secret
    api_secret: Secret
    passphrase: Secret | None
    provider: str


class _Entry(msgspec.Struct):
    """What a keyring entry holds, as JSON."""

    api_key: str
    api_secret: str
    passphrase: str = ""


def find_keys(
    venues: Mapping[str, str],
    backend: str,
    environ: Mapping[str, str],
    *,
    keyring_limit_s: float = _KEYRING_LIMIT_S,
    read_entries: ReadEntries | None = None,
) -> dict[str, VenueKey]:
    """Return the key of every venue.

    Args:
        venues: Environment by venue, such as ``{"okx": "prod"}``.
        backend: ``auto`` or one of `BACKENDS`.
        environ: Environment variables.
        keyring_limit_s: How long the keyring may take.
        read_entries: Asks the keyring; the operating system's own by default.

    Raises:
        CredentialError: A venue has no complete key; one sentence with the cause and the fix.
    """
    asked = BACKENDS if backend == "auto" else (backend,)
    found: dict[str, VenueKey] = {}
    causes: list[str] = []
    for provider in asked:
        missing = {venue: kind for venue, kind in venues.items() if venue not in found}
        if not missing:
            break
        try:
            if provider == "keyring":
                read = read_entries or _read_os_keyring
                parts = _from_keyring(missing, read, keyring_limit_s)
            else:
                parts = _PROVIDERS[provider](missing, environ)
        except _Unavailable as e:
            causes.append(str(e))
            continue
        for venue, part in parts.items():
            if key := _complete(venue, provider, part):
                found[venue] = key
    lacking = [venue for venue in venues if venue not in found]
    if lacking:
        raise CredentialError(_missing(lacking, asked, causes))
    return {venue: found[venue] for venue in venues}


class _Unavailable(Exception):
    """A provider cannot be asked at all; the next one may still have the key."""


def _names(venue: str) -> tuple[str, ...]:
    names = [f"{venue.upper()}_API_KEY", f"{venue.upper()}_API_SECRET"]
    if venue in _WITH_PASSPHRASE:
        names.append(f"{venue.upper()}_PASSPHRASE")
    return tuple(names)


def _complete(venue: str, provider: str, part: Mapping[str, str]) -> VenueKey | None:
    """Return the key where all of it is there, None where nothing is.

    Raises:
        CredentialError: Some of it is missing, or is no text that a key could be.
    """
    names = _names(venue)
    if not any(part.get(name) for name in names):
        return None
    for name in names:
        value = part.get(name, "")
        if not value:
            raise CredentialError(
                f"{venue}: {provider} has {_present(names, part)} but no {name}; set it as well"
            )
        # A header or a signature made from anything else would be refused by the venue later.
        if not value.isascii() or not value.isprintable() or value != value.strip():
            raise CredentialError(
                f"{venue}: {name} from {provider} holds spaces or unprintable characters;"
                " set it again"
            )
    key, secret, *rest = (Secret(part[name]) for name in names)
    return VenueKey(key, secret, rest[0] if rest else None, provider)


def _present(names: Sequence[str], part: Mapping[str, str]) -> str:
    return " and ".join(name for name in names if part.get(name))


def _from_systemd(venues: Iterable[str], environ: Mapping[str, str]) -> Parts:
    folder = environ.get("CREDENTIALS_DIRECTORY", "")
    if not folder:
        raise _Unavailable("systemd passes no credentials")
    return {
        venue: {name: _file_text(Path(folder) / name.lower(), name) for name in _names(venue)}
        for venue in venues
    }


def _from_files(venues: Iterable[str], environ: Mapping[str, str]) -> Parts:
    parts: Parts = {}
    for venue in venues:
        parts[venue] = {}
        for name in _names(venue):
            if named := environ.get(f"{name}_FILE", ""):
                path = Path(named).expanduser()
                if not path.is_file():
                    raise CredentialError(
                        f"{name}_FILE: {sanitise(str(path))} is no file; name one that holds it"
                    )
                parts[venue][name] = _file_text(path, f"{name}_FILE")
    return parts


def _from_environment(venues: Iterable[str], environ: Mapping[str, str]) -> Parts:
    return {venue: {name: environ.get(name, "") for name in _names(venue)} for venue in venues}


_PROVIDERS: dict[str, Callable[[Iterable[str], Mapping[str, str]], Parts]] = {
    "systemd": _from_systemd,
    "env-file": _from_files,
    "env": _from_environment,
}


def _file_text(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode().rstrip("\r\n")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as e:
        why = e.strerror if isinstance(e, OSError) else "is no text"
        raise CredentialError(f"{name}: {sanitise(str(path))}: {why}; fix the file") from None


def _from_keyring(venues: Mapping[str, str], read: ReadEntries, limit_s: float) -> Parts:
    users = {venue: f"{venue}/{environment}" for venue, environment in venues.items()}
    entries = _ask(read, list(users.values()), limit_s)
    return {venue: _from_entry(venue, entries.get(user, "")) for venue, user in users.items()}


def _from_entry(venue: str, password: str) -> dict[str, str]:
    if not password:
        return {}
    try:
        entry = msgspec.json.decode(password, type=_Entry)
    except msgspec.DecodeError:
        raise CredentialError(
            f"{venue}: the keyring's entry is unreadable; remove it and set the key again"
        ) from None
    values = (entry.api_key, entry.api_secret, entry.passphrase)
    return dict(zip(_names(venue), values, strict=False))


def _ask(read: ReadEntries, users: Sequence[str], limit_s: float) -> dict[str, str]:
    """Ask the keyring on a thread that nobody has to wait for.

    Raises:
        _Unavailable: There is none, it is locked, it failed, or it did not answer in time.
    """
    answer: list[dict[str, str]] = []
    failure: list[str] = []

    def run() -> None:
        try:
            answer.append(read(users))
        except _Unavailable as e:
            failure.append(str(e))
        except Exception as e:  # noqa: BLE001 (backends raise what their platform raises)
            failure.append(f"the keyring failed ({type(e).__name__}: {sanitise(str(e), 80)})")

    thread = threading.Thread(target=run, name="keyring", daemon=True)
    with _silenced_stderr():
        thread.start()
        thread.join(limit_s)
    if answer:
        return answer[0]
    raise _Unavailable(
        failure[0] if failure else f"the keyring did not answer in {limit_s:g} s (locked?)"
    )


def _read_os_keyring(users: Sequence[str]) -> dict[str, str]:
    # Imported here: it costs 130 ms, which --help and simulated worlds do not have to pay.
    import keyring
    import keyring.errors

    backend: object = keyring.get_keyring()
    candidates = [backend]
    if _class_name(backend) == _CHAINER:
        candidates = list(getattr(backend, "backends", ()))
    for candidate in candidates:
        get = getattr(candidate, "get_password", None)
        if _class_name(candidate) in _ALLOWED_KEYRINGS and get is not None:
            try:
                entries = {user: get(KEYRING_SERVICE, user) for user in users}
            except keyring.errors.KeyringLocked:
                raise _Unavailable("the keyring is locked") from None
            return {user: password for user, password in entries.items() if password}
    raise _Unavailable(f"no keyring that encrypts ({_class_name(backend)})")


def _class_name(backend: object) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


@contextmanager
def _silenced_stderr() -> Iterator[None]:
    """Keep what a keyring and the prompter it starts have to say off the terminal."""
    try:
        saved = os.dup(2)
    except OSError:
        # Somebody has closed it: there is nothing to keep clean.
        yield
        return
    sys.stderr.flush()
    null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)


def _missing(venues: Sequence[str], asked: Sequence[str], causes: Sequence[str]) -> str:
    names = _names(venues[0])
    because = f" ({'; '.join(causes)})" if causes else ""
    fix = {
        "systemd": f"pass {', '.join(name.lower() for name in names)} with LoadCredential=",
        "keyring": "unlock or install a keyring, or choose another [credentials] backend",
        "env-file": f"set {' and '.join(f'{name}_FILE' for name in names)}",
        "env": f"set {' and '.join(names)}",
    }
    how = fix["env"] if len(asked) > 1 else fix[asked[0]]
    return (
        f"no API key for {', '.join(venues)} in {', '.join(asked)}{because}; {how}, or switch the"
        " venue off with [exchanges."
        f"{venues[0]}] enabled = false"
    )
