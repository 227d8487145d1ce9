from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest

from arbot_tui.credentials.finding import KeySources, find_keys
from arbot_tui.credentials.keeping import choose_store, forget_key, keep_key
from arbot_tui.credentials.passphrase import PASSPHRASE_VARIABLES, given_passphrase
from arbot_tui.credentials.venue_key import Entry
from arbot_tui.domain.errors import CredentialError
from arbot_tui.domain.secret import Secret
from arbot_tui.settings.loading import load

OKX = Entry("okx-key-1234", "okx-secret", "okx-phrase")


class MemoryKeyring:
    """Poses as the Secret Service; its dictionary is what a test looks at."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get_password(self, service: str, user: str) -> str | None:
        return self.kept.get(f"{service}:{user}")

    def set_password(self, service: str, user: str, password: str) -> None:
        self.kept[f"{service}:{user}"] = password

    def delete_password(self, service: str, user: str) -> None:
        del self.kept[f"{service}:{user}"]


MemoryKeyring.__module__ = "keyring.backends.SecretService"
MemoryKeyring.__qualname__ = "Keyring"


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> MemoryKeyring:
    backend = MemoryKeyring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    return backend


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = keyring.backends.fail.Keyring()  # type: ignore[no-untyped-call]
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)


def asks(text: str = "pw") -> Callable[[], Secret]:
    return lambda: Secret(text)


def test_the_keyring_is_preferred(memory: MemoryKeyring) -> None:
    assert choose_store("auto") == ("keyring", "")


def test_without_one_the_encrypted_file_is_named_with_the_cause(no_keyring: None) -> None:
    store, why = choose_store("auto")
    assert store == "encrypted-file"
    assert why.startswith("no keyring that encrypts")


def test_nothing_is_ever_kept_where_keys_are_only_read() -> None:
    with pytest.raises(CredentialError, match=r"allowed: keyring, encrypted-file"):
        choose_store("env")


@pytest.mark.parametrize("store", ["keyring", "encrypted-file"])
def test_a_kept_key_is_found_replaced_and_forgotten(
    memory: MemoryKeyring, tmp_path: Path, store: str
) -> None:
    def keep(entry: Entry) -> None:
        key = keep_key("okx", "demo", entry, store=store, folder=tmp_path, ask_passphrase=asks())
        assert key.provider == store

    def find(environment: str = "demo") -> Secret:
        sources = KeySources(folder=tmp_path, environ={}, ask_passphrase=asks())
        return find_keys({"okx": environment}, store, sources)["okx"].api_secret

    def forget() -> bool:
        return forget_key("okx", "demo", store=store, folder=tmp_path, ask_passphrase=asks())

    assert not forget()
    keep(OKX)
    assert find() == Secret("okx-secret")
    with pytest.raises(CredentialError):
        find("prod")
    keep(Entry("new-key-12345", "new-secret", "new-phrase"))
    assert find() == Secret("new-secret")
    assert forget()
    assert not forget()
    with pytest.raises(CredentialError):
        find()


def test_the_encrypted_file_holds_many(tmp_path: Path) -> None:
    for venue in ("okx", "bitget"):
        keep_key(venue, "prod", OKX, store="encrypted-file", folder=tmp_path, ask_passphrase=asks())
    sources = KeySources(folder=tmp_path, environ={"ARBOT_KEYS_PASSPHRASE": "pw"})
    found = find_keys({"okx": "prod", "bitget": "prod"}, "encrypted-file", sources)
    assert {key.provider for key in found.values()} == {"encrypted-file"}


def test_a_wrong_passphrase_changes_nothing(tmp_path: Path) -> None:
    keep_key("okx", "prod", OKX, store="encrypted-file", folder=tmp_path, ask_passphrase=asks())
    before = (tmp_path / "keys.enc").read_bytes()
    for change in (
        lambda: keep_key(
            "okx", "prod", OKX, store="encrypted-file", folder=tmp_path, ask_passphrase=asks("no")
        ),
        lambda: forget_key(
            "okx", "prod", store="encrypted-file", folder=tmp_path, ask_passphrase=asks("no")
        ),
    ):
        with pytest.raises(CredentialError, match=r"wrong passphrase"):
            change()
    assert (tmp_path / "keys.enc").read_bytes() == before


@pytest.mark.parametrize(
    "entry", [Entry("", "", ""), Entry("k", "s", ""), Entry("k", "s s\t", "p")], ids=repr
)
def test_half_a_key_is_not_kept(tmp_path: Path, entry: Entry) -> None:
    with pytest.raises(CredentialError):
        keep_key(
            "okx", "prod", entry, store="encrypted-file", folder=tmp_path, ask_passphrase=asks()
        )
    assert list(tmp_path.iterdir()) == []


def test_without_a_keyring_keeping_in_it_names_the_way_out(
    no_keyring: None, tmp_path: Path
) -> None:
    with pytest.raises(CredentialError, match=r"no keyring .* or use --backend encrypted-file"):
        keep_key("okx", "prod", OKX, store="keyring", folder=tmp_path, ask_passphrase=asks())


def test_an_unattended_start_says_how_to_give_the_passphrase(tmp_path: Path) -> None:
    keep_key("okx", "prod", OKX, store="encrypted-file", folder=tmp_path, ask_passphrase=asks())
    sources = KeySources(folder=tmp_path, environ={})
    with pytest.raises(CredentialError, match=r"needs its passphrase: .*LoadCredential"):
        find_keys({"okx": "prod"}, "encrypted-file", sources)


class TestPassphrase:
    def test_systemd_comes_before_the_file_and_the_file_before_the_variable(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "named").write_text("from-file\n")
        environ = {"ARBOT_KEYS_PASSPHRASE": "plain"}
        assert given_passphrase({}) is None
        assert given_passphrase(environ) == Secret("plain")
        environ["ARBOT_KEYS_PASSPHRASE_FILE"] = str(tmp_path / "named")
        assert given_passphrase(environ) == Secret("from-file")
        environ["CREDENTIALS_DIRECTORY"] = str(tmp_path)
        assert given_passphrase(environ) == Secret("from-file")
        (tmp_path / "arbot_keys_passphrase").write_text("from-systemd")
        assert given_passphrase(environ) == Secret("from-systemd")

    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(CredentialError, match=r"^ARBOT_KEYS_PASSPHRASE_FILE: .*missing"):
            given_passphrase({"ARBOT_KEYS_PASSPHRASE_FILE": str(tmp_path / "no")})

    def test_its_variables_are_no_unknown_settings(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        for name in PASSPHRASE_VARIABLES:
            monkeypatch.setenv(name, "x")
        load()
