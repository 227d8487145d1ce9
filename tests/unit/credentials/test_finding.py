from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import keyring
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.backends.SecretService
import keyring.errors
import pytest

from arbot_tui.credentials import os_keyring
from arbot_tui.credentials.finding import BACKENDS, KeySources
from arbot_tui.credentials.finding import find_keys as find
from arbot_tui.credentials.venue_key import VenueKey
from arbot_tui.domain.errors import CredentialError
from arbot_tui.domain.secret import Secret

OKX = {"okx": "prod"}
BOTH = {"binance": "prod", "okx": "demo"}
BINANCE_ENV = {"BINANCE_API_KEY": "bk", "BINANCE_API_SECRET": "bs"}
OKX_ENV = {"OKX_API_KEY": "ok", "OKX_API_SECRET": "os", "OKX_PASSPHRASE": "op"}


def nothing(users: Sequence[str]) -> dict[str, str]:
    return {}


def find_keys(
    venues: dict[str, str],
    backend: str,
    environ: dict[str, str],
    *,
    keyring_limit_s: float = 3.0,
    read_entries: Callable[[Sequence[str]], dict[str, str]] = os_keyring.read_entries,
) -> dict[str, VenueKey]:
    sources = KeySources(
        environ=environ, keyring_limit_s=keyring_limit_s, read_keyring=read_entries
    )
    return find(venues, backend, sources)


def complaint(venues: dict[str, str], backend: str, environ: dict[str, str]) -> str:
    with pytest.raises(CredentialError) as raised:
        find_keys(venues, backend, environ, read_entries=nothing)
    message = str(raised.value)
    assert "\n" not in message
    return message


class TestEnvironment:
    def test_keys_and_passphrase_are_found(self) -> None:
        found = find_keys(BOTH, "env", BINANCE_ENV | OKX_ENV)
        assert found == {
            "binance": VenueKey(Secret("bk"), Secret("bs"), None, "env"),
            "okx": VenueKey(Secret("ok"), Secret("os"), Secret("op"), "env"),
        }
        assert "bs" not in repr(found)

    def test_half_a_key_is_named(self) -> None:
        assert complaint(OKX, "env", {"OKX_API_KEY": "ok", "OKX_API_SECRET": "os"}) == (
            "okx: env has OKX_API_KEY and OKX_API_SECRET but no OKX_PASSPHRASE; set it as well"
        )

    @pytest.mark.parametrize("value", ["a b\tc", "ke\u0301y", " key", "key\u200b"])
    def test_a_value_that_no_venue_takes_is_refused_without_being_shown(self, value: str) -> None:
        message = complaint(OKX, "env", OKX_ENV | {"OKX_API_SECRET": value})
        assert message.startswith("okx: OKX_API_SECRET from env holds")
        assert value.strip() not in message

    def test_nothing_at_all_says_what_to_set(self) -> None:
        assert complaint(OKX, "env", {}) == (
            "no API key for okx in env; set OKX_API_KEY and OKX_API_SECRET and OKX_PASSPHRASE,"
            " or switch the venue off with [exchanges.okx] enabled = false"
        )


class TestFiles:
    def test_named_files_are_read(self, tmp_path: Path) -> None:
        environ = {}
        for name, value in OKX_ENV.items():
            (tmp_path / name).write_text(f"{value}\n")
            environ[f"{name}_FILE"] = str(tmp_path / name)
        found = find_keys(OKX, "env-file", environ)
        assert found["okx"] == VenueKey(Secret("ok"), Secret("os"), Secret("op"), "env-file")

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        assert complaint(OKX, "env-file", {"OKX_API_KEY_FILE": str(tmp_path / "no")}) == (
            f"OKX_API_KEY_FILE: {tmp_path}/no is no file; name one that holds it"
        )

    def test_a_file_of_bytes_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "key").write_bytes(b"\xff\xff")
        assert "is no text" in complaint(
            OKX, "env-file", {"OKX_API_KEY_FILE": str(tmp_path / "key")}
        )

    def test_an_unreadable_file_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "key").write_text("x")

        def refuse(*_: object, **__: object) -> object:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
        assert "Permission denied; fix the file" in complaint(
            OKX, "env-file", {"OKX_API_KEY_FILE": str(tmp_path / "key")}
        )


class TestSystemd:
    def test_the_credentials_folder_is_read(self, tmp_path: Path) -> None:
        for name, value in OKX_ENV.items():
            (tmp_path / name.lower()).write_text(value)
        found = find_keys(OKX, "systemd", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
        assert found["okx"].provider == "systemd"

    def test_without_systemd_the_fix_is_named(self) -> None:
        message = complaint(OKX, "systemd", {})
        assert "systemd passes no credentials" in message
        assert "LoadCredential=" in message


class TestOrder:
    def test_the_first_provider_that_has_a_key_wins(self, tmp_path: Path) -> None:
        for name, value in BINANCE_ENV.items():
            (tmp_path / name.lower()).write_text(f"systemd-{value}")
        entry = json.dumps({"api_key": "kk", "api_secret": "ks", "passphrase": "kp"})
        environ = BINANCE_ENV | OKX_ENV | {"CREDENTIALS_DIRECTORY": str(tmp_path)}

        found = find_keys(BOTH, "auto", environ, read_entries=lambda users: {"okx/demo": entry})

        assert {name: key.provider for name, key in found.items()} == {
            "binance": "systemd",
            "okx": "keyring",
        }
        assert found["okx"].api_secret == Secret("ks")

    def test_each_provider_is_asked_only_for_what_is_missing(self) -> None:
        asked: list[list[str]] = []

        def read(users: Sequence[str]) -> dict[str, str]:
            asked.append(list(users))
            return {}

        find_keys(BOTH, "auto", BINANCE_ENV | OKX_ENV, read_entries=read)
        assert asked == [["binance/prod", "okx/demo"]]

    def test_a_named_backend_is_the_only_one_asked(self) -> None:
        def forbidden(users: Sequence[str]) -> dict[str, str]:
            raise AssertionError("the keyring was asked")

        find_keys(OKX, "env", OKX_ENV, read_entries=forbidden)

    def test_a_file_wins_over_a_plain_variable(self, tmp_path: Path) -> None:
        for name in OKX_ENV:
            (tmp_path / name).write_text("from-file")
        named = {f"{name}_FILE": str(tmp_path / name) for name in OKX_ENV}
        assert find_keys(OKX, "auto", OKX_ENV | named, read_entries=nothing)[
            "okx"
        ].api_key == Secret("from-file")

    def test_all_causes_are_in_the_one_sentence(self) -> None:
        message = complaint(BOTH, "auto", {})
        assert message.startswith(
            "no API key for binance, okx in systemd, keyring, encrypted-file, env-file, env"
            " (systemd passes no credentials; there is no encrypted file); run arbot-tui keys set"
            " binance, or set BINANCE_API_KEY and BINANCE_API_SECRET"
        )

    def test_the_settings_offer_these_backends(self) -> None:
        from arbot_tui.settings.keys import keys

        assert keys()["credentials.backend"].choices == ("auto", *BACKENDS)


class FakeBackend:
    """Poses as a class of any name."""

    def __init__(self, entries: dict[str, str] | Exception) -> None:
        self.entries = entries

    def get_password(self, service: str, user: str) -> str | None:
        assert service == "arbot-tui"
        if isinstance(self.entries, Exception):
            raise self.entries
        return self.entries.get(user)


class SecretServiceLike(FakeBackend):
    pass


SecretServiceLike.__module__ = "keyring.backends.SecretService"
SecretServiceLike.__qualname__ = "Keyring"


class PlaintextLike(FakeBackend):
    pass


PlaintextLike.__module__ = "keyrings.alt.file"
PlaintextLike.__qualname__ = "PlaintextKeyring"


class ChainerLike:
    def __init__(self, *backends: object) -> None:
        self.backends = backends


ChainerLike.__module__ = "keyring.backends.chainer"
ChainerLike.__qualname__ = "ChainerBackend"

ENTRY = json.dumps({"api_key": "kk", "api_secret": "ks", "passphrase": "kp"})


class TestKeyring:
    def with_backend(self, monkeypatch: pytest.MonkeyPatch, backend: object) -> None:
        monkeypatch.setattr(keyring, "get_keyring", lambda: backend)

    def failure(self) -> str:
        with pytest.raises(CredentialError) as raised:
            find_keys(OKX, "keyring", {})
        return str(raised.value)

    def test_an_encrypting_backend_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.with_backend(monkeypatch, SecretServiceLike({"okx/prod": ENTRY}))
        assert find_keys(OKX, "keyring", {})["okx"].provider == "keyring"

    def test_behind_a_chain_only_the_encrypting_one_is_read(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plain = PlaintextLike(AssertionError("a plain-text file was read"))
        self.with_backend(
            monkeypatch, ChainerLike(plain, SecretServiceLike({"okx/prod": ENTRY}), plain)
        )
        assert find_keys(OKX, "keyring", {})["okx"].api_key == Secret("kk")

    @pytest.mark.parametrize(
        "backend",
        [
            PlaintextLike({"okx/prod": ENTRY}),
            ChainerLike(PlaintextLike({"okx/prod": ENTRY})),
            ChainerLike(),
            keyring.backends.fail.Keyring(),  # type: ignore[no-untyped-call]
            keyring.backends.null.Keyring(),  # type: ignore[no-untyped-call]
        ],
        ids=["plain", "chained plain", "empty chain", "fail", "null"],
    )
    def test_a_backend_that_does_not_encrypt_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, backend: object
    ) -> None:
        self.with_backend(monkeypatch, backend)
        message = self.failure()
        assert "no keyring that encrypts" in message
        assert "unlock or install a keyring" in message

    def test_a_locked_keyring_is_said_to_be_locked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.with_backend(monkeypatch, SecretServiceLike(keyring.errors.KeyringLocked("x")))
        assert "the keyring is locked" in self.failure()

    def test_any_other_failure_is_one_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.with_backend(monkeypatch, SecretServiceLike(RuntimeError("no\nD-Bus")))
        assert "the keyring failed (RuntimeError: no D-Bus)" in self.failure()

    def test_a_keyring_without_the_entry_has_no_key(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.with_backend(monkeypatch, SecretServiceLike({}))
        assert self.failure().startswith("no API key for okx in keyring;")

    @pytest.mark.parametrize("entry", ["no json", '{"api_key": 1}', '"text"'])
    def test_an_unreadable_entry_is_named(self, entry: str) -> None:
        with pytest.raises(CredentialError, match=r"^okx: the keyring's entry is unreadable"):
            find_keys(OKX, "keyring", {}, read_entries=lambda users: {"okx/prod": entry})

    def test_a_hanging_keyring_is_given_up_and_the_next_provider_asked(self) -> None:
        release = threading.Event()

        def hang(users: Sequence[str]) -> dict[str, str]:
            release.wait()
            return {}

        try:
            found = find_keys(OKX, "auto", OKX_ENV, keyring_limit_s=0.01, read_entries=hang)
            assert found["okx"].provider == "env"
            with pytest.raises(CredentialError, match=r"did not answer in 0\.01 s \(locked\?\)"):
                find_keys(OKX, "keyring", {}, keyring_limit_s=0.01, read_entries=hang)
        finally:
            release.set()

    def test_the_limit_is_three_seconds(self) -> None:
        assert os_keyring.KEYRING_LIMIT_S == 3.0

    def test_what_a_prompter_prints_stays_off_the_terminal(
        self, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def noisy(users: Sequence[str]) -> dict[str, str]:
            os.write(2, b"cannot autolaunch D-Bus")
            return {"okx/prod": ENTRY}

        find_keys(OKX, "keyring", {}, read_entries=noisy)
        os.write(2, b"afterwards")
        assert capfd.readouterr().err == "afterwards"

    def test_a_closed_stderr_does_no_harm(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def closed(fd: int) -> int:
            raise OSError(9, "Bad file descriptor")

        monkeypatch.setattr(os, "dup", closed)
        find_keys(OKX, "keyring", {}, read_entries=lambda users: {"okx/prod": ENTRY})

    def test_the_allowed_names_exist(self) -> None:
        service = keyring.backends.SecretService.Keyring()  # type: ignore[no-untyped-call]
        assert os_keyring._class_name(service) in os_keyring._ALLOWED
        chainer = keyring.backends.chainer.ChainerBackend()  # type: ignore[no-untyped-call]
        assert os_keyring._class_name(chainer) == os_keyring._CHAINER
