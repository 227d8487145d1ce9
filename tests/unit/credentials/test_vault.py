from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from arbot_tui.credentials import vault as module
from arbot_tui.credentials.vault import Vault
from arbot_tui.credentials.venue_key import Entry
from arbot_tui.domain.errors import CredentialError
from arbot_tui.domain.secret import Secret

PASSPHRASE = Secret("correct horse")
ENTRIES = {"okx/prod": Entry("canary-key", "canary-secret", "canary-phrase")}


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    vault = Vault(tmp_path)
    vault.write(ENTRIES, PASSPHRASE)
    return vault


def refusal(vault: Vault, passphrase: Secret = PASSPHRASE) -> str:
    with pytest.raises(CredentialError) as raised:
        vault.read(passphrase)
    message = str(raised.value)
    assert "\n" not in message
    assert str(vault.path) in message
    return message


def test_what_was_written_is_read(vault: Vault) -> None:
    assert vault.read(PASSPHRASE) == ENTRIES


def test_no_file_is_no_entry(tmp_path: Path) -> None:
    assert Vault(tmp_path).read(PASSPHRASE) == {}


def test_nothing_of_it_can_be_read_from_the_file(vault: Vault) -> None:
    raw = vault.path.read_bytes()
    for text in (b"canary", b"okx", b"correct"):
        assert text not in raw


def test_anyone_with_the_passphrase_can_decrypt_by_the_documents(vault: Vault) -> None:
    from base64 import b64decode

    document = json.loads(vault.path.read_bytes())
    about = document["derivation"]
    key = Argon2id(
        salt=b64decode(about["salt"]),
        length=32,
        iterations=about["iterations"],
        lanes=about["lanes"],
        memory_cost=about["memory_kib"],
    ).derive(b"correct horse")
    header = json.dumps(about, separators=(",", ":")).encode()
    plain = AESGCM(key).decrypt(
        b64decode(document["nonce"]), b64decode(document["entries"]), header
    )
    assert json.loads(plain)["okx/prod"]["api_secret"] == "canary-secret"


def test_every_writing_has_its_own_salt_and_nonce(vault: Vault) -> None:
    first = json.loads(vault.path.read_bytes())
    vault.write(ENTRIES, PASSPHRASE)
    second = json.loads(vault.path.read_bytes())
    assert first["derivation"]["salt"] != second["derivation"]["salt"]
    assert first["nonce"] != second["nonce"]


def test_the_cost_of_guessing_is_that_of_rfc_9106(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert (module._MEMORY_KIB, module._ITERATIONS, module._LANES) == (65_536, 3, 4)


def test_wrong_passphrase_is_one_sentence_with_cause_and_fix(vault: Vault) -> None:
    message = refusal(vault, Secret("wrong"))
    assert "wrong passphrase" in message
    assert "set the keys again" in message
    assert "wrong horse" not in message


def test_any_flipped_byte_is_refused(vault: Vault) -> None:
    good = vault.path.read_bytes()
    for position in range(len(good) - 1):
        bad = bytearray(good)
        bad[position] ^= 0x01
        vault.path.write_bytes(bad)
        refusal(vault)
    vault.path.write_bytes(good)
    assert vault.read(PASSPHRASE) == ENTRIES


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", 2),
        ("kdf", "scrypt"),
        ("memory_kib", 2**31),
        ("memory_kib", 1),
        ("iterations", 1000),
        ("iterations", 0),
        ("lanes", 0),
        ("lanes", 1000),
    ],
)
def test_a_file_that_would_stall_the_start_is_not_tried(
    vault: Vault, field: str, value: object
) -> None:
    document = json.loads(vault.path.read_bytes())
    document["derivation"][field] = value
    vault.path.write_text(json.dumps(document))
    assert "is of a kind that this version does not read" in refusal(vault)


@pytest.mark.parametrize("text", ["", "{}", "null", "[1]", '{"derivation": 1}', "\x00"])
def test_a_damaged_file_is_named(vault: Vault, text: str) -> None:
    vault.path.write_text(text)
    assert "is damaged; restore it" in refusal(vault)


def test_the_file_is_its_owner_s_alone(vault: Vault) -> None:
    assert stat.S_IMODE(vault.path.stat().st_mode) == 0o600
    vault.path.chmod(0o644)
    assert vault.read(PASSPHRASE) == ENTRIES
    assert stat.S_IMODE(vault.path.stat().st_mode) == 0o600


def test_a_link_in_its_place_is_not_followed(vault: Vault, tmp_path: Path) -> None:
    vault.path.rename(tmp_path / "elsewhere")
    vault.path.symlink_to(tmp_path / "elsewhere")
    assert "is a link" in refusal(vault)


def test_somebody_else_s_file_is_refused(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert "is not a file of yours" in refusal(vault)


def test_a_pipe_in_its_place_stalls_nothing(vault: Vault) -> None:
    vault.path.unlink()
    os.mkfifo(vault.path)
    assert "is not a file of yours" in refusal(vault)


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_behind(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(CredentialError, match=r"No space left on device; nothing was kept"):
            vault.write({}, PASSPHRASE)
    assert vault.read(PASSPHRASE) == ENTRIES
    assert [path.name for path in vault.path.parent.iterdir()] == [vault.path.name]
