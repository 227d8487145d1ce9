"""`keys` as a person and as a script use it, on a machine without a keyring."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.integration.program.program import Finished, command, environment, world

SECRETS = ("okx-public-half-9876", "canary-secret", "canary-phrase", "canary-passphrase")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    # The null address of a bus that nobody serves: no keyring, whatever this machine has.
    return environment(
        tmp_path / "data",
        DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent",
        PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring",
    )


def call(*args: str, env: dict[str, str], cwd: Path, stdin: str = "") -> Finished:
    done = subprocess.run(
        command(*args),
        env=env,
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def typed(*args: str, answers: list[str], env: dict[str, str], cwd: Path) -> tuple[int, str]:
    """Answer each prompt on a terminal; return exit code and all that the terminal showed."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execve(command()[0], command(*args), env)  # noqa: S606 (the program under test)
    shown = ""
    waiting = list(answers)
    while True:
        try:
            piece = os.read(master, 4096).decode()
        except OSError:
            break
        shown += piece
        if waiting and piece.endswith(": "):
            os.write(master, (waiting.pop(0) + "\n").encode())
    os.close(master)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


@pytest.mark.timing
def test_a_key_is_set_listed_and_removed_and_never_shown(
    env: dict[str, str], tmp_path: Path
) -> None:
    key, secret, phrase, passphrase = SECRETS
    code, shown = typed(
        "keys",
        "set",
        "okx",
        answers=[key, secret, phrase, passphrase, passphrase],
        env=env,
        cwd=tmp_path,
    )
    assert code == 0, shown
    assert "okx/prod: key …9876 kept in" in shown
    assert "no keyring that encrypts" in shown

    with_passphrase = env | {"ARBOT_KEYS_PASSPHRASE": passphrase}
    listed = call("keys", "list", "--json", env=with_passphrase, cwd=tmp_path)
    rows = {row["exchange"]: row for row in json.loads(listed.stdout)["keys"]}
    assert rows["okx"]["provider"] == "encrypted-file"
    assert rows["okx"]["last_four"] == "9876"
    assert rows["binance"]["provider"] == ""

    unattended = call("keys", "list", env=env, cwd=tmp_path)
    assert "the encrypted file needs its passphrase" in unattended.stdout

    wrong = call("keys", "list", env=env | {"ARBOT_KEYS_PASSPHRASE": "no"}, cwd=tmp_path)
    assert wrong.code == 3
    assert wrong.stderr.count("\n") == 1
    assert "wrong passphrase" in wrong.stderr

    live = call("--live", env=with_passphrase, cwd=tmp_path)
    assert live.code == 3
    assert "no API key for binance, bybit, bitget" in live.stderr

    removed = call("keys", "remove", "okx", env=with_passphrase, cwd=tmp_path)
    assert removed.code == 0
    assert call("keys", "remove", "okx", env=with_passphrase, cwd=tmp_path).code == 3

    outputs = [
        shown,
        *(
            part
            for done in (listed, unattended, wrong, live, removed)
            for part in (done.stdout, done.stderr)
        ),
    ]
    files = [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()]
    for secret_text in SECRETS:
        assert not any(secret_text in text for text in outputs)
        assert not any(secret_text.encode() in raw for raw in files)


def test_a_script_passes_the_parts_on_stdin(env: dict[str, str], tmp_path: Path) -> None:
    env |= {"ARBOT_KEYS_PASSPHRASE": SECRETS[3]}
    stdin = "binance-public-1111\nbinance-secret\n"
    kept = call("keys", "set", "binance", "--json", env=env, cwd=tmp_path, stdin=stdin)
    assert json.loads(kept.stdout)["store"] == "encrypted-file"
    short = call("keys", "set", "okx", env=env, cwd=tmp_path, stdin="only-the-key\n")
    assert short.code == 3
    assert "stdin has no line for OKX_API_SECRET" in short.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("keys", "set", "kraken"), '"kraken": allowed: binance, bybit, okx, bitget'),
        (("keys", "set", "okx", "--backend", "env"), "allowed: keyring, encrypted-file"),
        (("keys", "set", "okx", "--environment", "moon"), "prod, demo, testnet, custom"),
        (("keys", "set", "okx", "secret"), "unexpected extra argument"),
    ],
    ids=["exchange", "backend", "environment", "secret in argv"],
)
def test_what_is_wrong_is_one_line(
    env: dict[str, str], tmp_path: Path, args: tuple[str, ...], message: str
) -> None:
    done = call(*args, env=env, cwd=tmp_path)
    assert done.code == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.timing
def test_a_venue_is_asked_what_the_key_may_do(env: dict[str, str], tmp_path: Path) -> None:
    env |= {"ARBOT_KEYS_PASSPHRASE": SECRETS[3]}
    with world(env=env, cwd=tmp_path) as served:
        for name, venue in served["venues"].items():
            env |= {
                f"ARBOT_EXCHANGES__{name.upper()}__ENVIRONMENT": "custom",
                f"ARBOT_EXCHANGES__{name.upper()}__REST_URL": venue["rest"],
                f"ARBOT_EXCHANGES__{name.upper()}__WS_PUBLIC_URL": venue["ws_public"],
            }
            parts = [venue["api_key"], venue["api_secret"], venue["passphrase"]]
            stdin = "".join(f"{part}\n" for part in parts if part)
            assert call("keys", "set", name, env=env, cwd=tmp_path, stdin=stdin).code == 0
            tried = call("keys", "test", name, "--json", env=env, cwd=tmp_path)
            assert tried.code == 0, tried.stderr
            assert json.loads(tried.stdout)["rights"] == "trade"
        listed = call("keys", "list", env=env, cwd=tmp_path)
        assert listed.stdout.count(" trade (tested ") == 4

        bad = call("keys", "set", "bybit", env=env, cwd=tmp_path, stdin="no-such-key-1\nsecret\n")
        assert bad.code == 0
        wrong = call("keys", "test", "bybit", env=env, cwd=tmp_path)
        assert wrong.code == 3
        assert "is refused: " in wrong.stderr
    gone = call("keys", "test", "okx", env=env, cwd=tmp_path)
    assert gone.code == 1
    assert gone.stderr.count("\n") == 1
