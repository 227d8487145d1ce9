"""`keys` as a person and as a script use it, on a machine without a keyring."""

from __future__ import annotations

import asyncio
import json
import os
import pty
from codecs import getincrementaldecoder
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from msgspec.structs import replace

from arbot_tui.domain.clock import SystemClock
from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.secret import Secret
from arbot_tui.engine.key_check import KeyReport, check_key
from arbot_tui.exchanges.base import Credentials, ExchangeConfig, VenueUrls
from tests.integration.program.program import (
    Call,
    Document,
    called_here,
    command,
    environment,
    post_json,
    world,
)


def config_of(name: str, venue: Document) -> ExchangeConfig:
    """Return what an engine on this synthetic venue would be given."""
    urls = VenueUrls(venue["rest"], venue["ws_public"], venue["ws_private"], venue["ws_trade"])
    passphrase = Secret(venue["passphrase"]) if venue["passphrase"] else None
    key = Credentials(venue["api_key"], Secret(venue["api_secret"]), passphrase)
    fees = TradingFees(Decimal(0), Decimal(0))
    return ExchangeConfig(name, 0, urls, "custom", fees, key)


async def reports_on(*configs: ExchangeConfig) -> list[KeyReport]:
    while True:
        reports = await asyncio.gather(*(check_key(config, SystemClock()) for config in configs))
        # On a machine without time for them venues are late, and the one who asks gives up.
        if not any("no answer" in report.refusal for report in reports):
            return reports


SECRETS = ("okx-public-half-9876", "canary-secret", "canary-phrase", "canary-passphrase")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    # The null address of a bus that nobody serves: no keyring, whatever this machine has.
    return environment(
        tmp_path / "data",
        DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent",
        PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring",
    )


@pytest.fixture
def call(
    env: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Call]:
    used = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    with called_here(env, tmp_path, monkeypatch, capsys) as here:
        yield here
    keyring.set_keyring(used)


def typed(*args: str, answers: list[str], env: dict[str, str], cwd: Path) -> tuple[int, str]:
    """Answer each prompt on a terminal; return exit code and all that the terminal showed."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execve(command()[0], command(*args), env)  # noqa: S606 (the program under test)
    shown = ""
    waiting = list(answers)
    decode = getincrementaldecoder("utf-8")().decode
    while True:
        try:
            shown += decode(os.read(master, 4096))
        except OSError:
            break
        if waiting and shown.endswith(": "):
            os.write(master, (waiting.pop(0) + "\n").encode())
    os.close(master)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


@pytest.mark.timing
def test_a_key_is_set_listed_and_removed_and_never_shown(
    env: dict[str, str], call: Call, tmp_path: Path
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

    passphrase_given = {"ARBOT_KEYS_PASSPHRASE": passphrase}
    listed = call("keys", "list", "--json", **passphrase_given)
    rows = {row["exchange"]: row for row in json.loads(listed.stdout)["keys"]}
    assert rows["okx"]["provider"] == "encrypted-file"
    assert rows["okx"]["last_four"] == "9876"
    assert rows["binance"]["provider"] == ""

    unattended = call("keys", "list")
    assert "the encrypted file needs its passphrase" in unattended.stdout

    wrong = call("keys", "list", ARBOT_KEYS_PASSPHRASE="no")
    assert wrong.code == 3
    assert wrong.stderr.count("\n") == 1
    assert "wrong passphrase" in wrong.stderr

    live = call("--live", **passphrase_given)
    assert live.code == 3
    assert "no API key for binance, bybit, bitget" in live.stderr

    removed = call("keys", "remove", "okx", **passphrase_given)
    assert removed.code == 0
    assert call("keys", "remove", "okx", **passphrase_given).code == 3

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


def test_a_script_passes_the_parts_on_stdin(env: dict[str, str], call: Call) -> None:
    env["ARBOT_KEYS_PASSPHRASE"] = SECRETS[3]
    stdin = "binance-public-1111\nbinance-secret\n"
    kept = call("keys", "set", "binance", "--json", stdin=stdin)
    assert json.loads(kept.stdout)["store"] == "encrypted-file"
    short = call("keys", "set", "okx", stdin="only-the-key\n")
    assert short.code == 3
    assert "stdin has no line for OKX_API_SECRET" in short.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("keys", "set", "kraken"), '"kraken": allowed: binance, bybit, okx, bitget'),
        (("keys", "set", "okx", "--backend", "env"), "allowed: keyring, encrypted-file"),
        (("keys", "set", "okx", "--environment", "moon"), "prod, demo, testnet, custom"),
        (("keys", "set", "okx", "secret"), "keys set takes EXCHANGE alone"),
    ],
    ids=["exchange", "backend", "environment", "secret in argv"],
)
def test_what_is_wrong_is_one_line(call: Call, args: tuple[str, ...], message: str) -> None:
    done = call(*args)
    assert (done.code, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.timing
def test_a_venue_is_asked_what_the_key_may_do(
    env: dict[str, str], call: Call, tmp_path: Path
) -> None:
    env["ARBOT_KEYS_PASSPHRASE"] = SECRETS[3]
    with world(env=env, cwd=tmp_path) as served:
        configs = {name: config_of(name, venue) for name, venue in served["venues"].items()}
        # OKX is asked by the program below; venues count how often they are asked.
        others = [config for name, config in configs.items() if name != "okx"]
        reports = asyncio.run(reports_on(*others))
        assert [(report.reached, report.refusal, report.rights) for report in reports] == [
            (True, "", "trade")
        ] * 3
        key = Credentials("no-such-key-1", Secret("secret"))
        (wrong,) = asyncio.run(reports_on(replace(configs["bybit"], credentials=key)))
        assert wrong.reached
        assert wrong.refusal.startswith("is refused: ")

        okx = served["venues"]["okx"]
        env |= {
            "ARBOT_EXCHANGES__OKX__ENVIRONMENT": "custom",
            "ARBOT_EXCHANGES__OKX__REST_URL": okx["rest"],
            "ARBOT_EXCHANGES__OKX__WS_PUBLIC_URL": okx["ws_public"],
        }
        stdin = "".join(f"{okx[part]}\n" for part in ("api_key", "api_secret", "passphrase"))
        assert call("keys", "set", "okx", stdin=stdin).code == 0
        tried = call("keys", "test", "okx", "--json")
        assert tried.code == 0, tried.stderr
        assert json.loads(tried.stdout)["rights"] == "trade"
        listed = call("keys", "list")
        assert listed.stdout.count(" trade (tested ") == 1

        # row 86: the right to withdraw makes a key unfit, whatever it was before.
        fault = {"venue": "okx", "fault": "perms", "args": {"withdraw": True}}
        post_json(f"{served['control']}/faults", fault)
        able = call("keys", "test", "okx")
        assert able.code == 3
        assert "may withdraw" in able.stderr
        assert able.stderr.count("\n") == 1
    (gone,) = asyncio.run(reports_on(configs["okx"]))
    assert not gone.reached
    assert gone.refusal
