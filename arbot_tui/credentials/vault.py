"""The encrypted file: keys on a machine without a keyring.

One small JSON document: how the passphrase becomes a key (Argon2id, RFC 9106), a nonce, and all
entries together under AES-256-GCM. Names of venues are inside the cipher text; what describes the
derivation is authenticated with it, so that nobody can weaken it. The file is replaced as a whole.
"""

from __future__ import annotations

import base64
import os
import secrets
import stat
from pathlib import Path

import msgspec

from arbot_tui.credentials.venue_key import Entry
from arbot_tui.domain.errors import CredentialError
from arbot_tui.domain.secret import Secret
from arbot_tui.domain.text import sanitise

__all__ = ["VAULT_NAME", "Vault"]

VAULT_NAME = "keys.enc"
"""Name of the file in the data folder."""

_FORMAT = 1
_MAX_BYTES = 1_048_576
_SALT_BYTES = 16
_NONCE_BYTES = 12
_KEY_BYTES = 32
# RFC 9106 section 4, second recommended option: some 0.1 s, and 64 MiB that a small server has.
_MEMORY_KIB = 65_536
_ITERATIONS = 3
_LANES = 4
# A file that asks for more was not written here, and would stall the start.
_MAX_MEMORY_KIB = 1_048_576
_MAX_ITERATIONS = 16
_MAX_LANES = 64


class _Derivation(msgspec.Struct, frozen=True):
    """How a passphrase becomes a key; authenticated with the entries."""

    format: int
    kdf: str
    memory_kib: int
    iterations: int
    lanes: int
    salt: str


class _Document(msgspec.Struct, frozen=True):
    """The file."""

    derivation: _Derivation
    nonce: str
    entries: str


_Entries = dict[str, Entry]


class Vault:
    """The encrypted file in one data folder."""

    def __init__(self, folder: Path) -> None:
        """Use the file in `folder`; it need not exist."""
        self.path = folder / VAULT_NAME

    @property
    def exists(self) -> bool:
        """Whether there is anything in the file's place."""
        return os.path.lexists(self.path)

    def read(self, passphrase: Secret) -> _Entries:
        """Return the entries by ``<venue>/<environment>``; none where there is no file.

        Raises:
            CredentialError: The passphrase is wrong, or the file is not ours, damaged or
                unreadable.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if not self.exists:
            return {}
        document = self._document()
        derivation = document.derivation
        try:
            nonce, cipher = base64.b64decode(document.nonce), base64.b64decode(document.entries)
            key = _derive(passphrase, derivation)
            plain = AESGCM(key).decrypt(nonce, cipher, msgspec.json.encode(derivation))
            return msgspec.json.decode(plain, type=_Entries)
        except InvalidTag:
            raise CredentialError(
                f"{self._shown}: wrong passphrase, or the file was changed; give the passphrase it"
                " was written with, or remove the file and set the keys again"
            ) from None
        except (ValueError, msgspec.DecodeError):
            raise self._damaged() from None

    def write(self, entries: _Entries, passphrase: Secret) -> None:
        """Replace the file, durably, with fresh salt and nonce.

        Raises:
            CredentialError: The file cannot be written.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        salt = base64.b64encode(secrets.token_bytes(_SALT_BYTES)).decode()
        derivation = _Derivation(_FORMAT, "argon2id", _MEMORY_KIB, _ITERATIONS, _LANES, salt)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        plain = msgspec.json.encode(entries)
        key = _derive(passphrase, derivation)
        cipher = AESGCM(key).encrypt(nonce, plain, msgspec.json.encode(derivation))
        document = _Document(
            derivation, base64.b64encode(nonce).decode(), base64.b64encode(cipher).decode()
        )
        try:
            self._replace(msgspec.json.encode(document) + b"\n")
        except OSError as e:
            raise CredentialError(f"{self._shown}: {e.strerror or e}; nothing was kept") from None

    @property
    def _shown(self) -> str:
        return sanitise(str(self.path))

    def _document(self) -> _Document:
        try:
            text = self._bytes()
        except OSError as e:
            why = "is a link" if self.path.is_symlink() else e.strerror or str(e)
            raise CredentialError(f"{self._shown}: {why}; fix the file") from None
        try:
            document = msgspec.json.decode(text, type=_Document)
        except msgspec.DecodeError:
            raise self._damaged() from None
        derivation = document.derivation
        within = (
            derivation.format == _FORMAT
            and derivation.kdf == "argon2id"
            and 8 * derivation.lanes <= derivation.memory_kib <= _MAX_MEMORY_KIB
            and 1 <= derivation.iterations <= _MAX_ITERATIONS
            and 1 <= derivation.lanes <= _MAX_LANES
        )
        if not within:
            raise CredentialError(
                f"{self._shown}: is of a kind that this version does not read; use the version"
                " that wrote it, or remove it and set the keys again"
            )
        return document

    def _bytes(self) -> bytes:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        with open(os.open(self.path, flags), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid():
                raise OSError(0, "is not a file of yours")
            if stat.S_IMODE(about.st_mode) & 0o077:
                os.fchmod(file.fileno(), 0o600)
            return file.read(_MAX_BYTES)

    def _replace(self, text: bytes) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.path.with_name(f".{VAULT_NAME}.{secrets.token_hex(4)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            with open(os.open(fresh, flags, 0o600), "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _damaged(self) -> CredentialError:
        return CredentialError(
            f"{self._shown}: is damaged; restore it, or remove it and set the keys again"
        )


def _derive(passphrase: Secret, derivation: _Derivation) -> bytes:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    return Argon2id(
        salt=base64.b64decode(derivation.salt),
        length=_KEY_BYTES,
        iterations=derivation.iterations,
        lanes=derivation.lanes,
        memory_cost=derivation.memory_kib,
    ).derive(passphrase.reveal().encode())
