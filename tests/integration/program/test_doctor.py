"""`doctor` as a person and as a script use it."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.program.program import Finished, environment, run, world

VENUES = ("binance", "bybit", "okx", "bitget")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "data", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")


def findings(done: Finished) -> dict[str, dict[str, Any]]:
    return {found["check"]: found for found in json.loads(done.stdout)["findings"]}


@pytest.mark.timing
def test_every_venue_is_reached_and_its_clock_told(env: dict[str, str], tmp_path: Path) -> None:
    with world(env=env, cwd=tmp_path) as served:
        lines = []
        for name, venue in served["venues"].items():
            lines += [f"[exchanges.{name}]", 'environment = "custom"']
            lines += [f'rest_url = "{venue["rest"]}"', f'ws_public_url = "{venue["ws_public"]}"']
        (tmp_path / "arbot.toml").write_text("\n".join(lines))
        okx = served["venues"]["okx"]
        env |= {
            "OKX_API_KEY": okx["api_key"],
            "OKX_API_SECRET": okx["api_secret"],
            "OKX_PASSPHRASE": okx["passphrase"],
            "BYBIT_API_KEY": "no-such-key",
            "BYBIT_API_SECRET": "secret",
        }
        done = run("doctor", "--json", env=env, cwd=tmp_path)
        # It waits three seconds for a venue, which on a machine without time for both is too short.
        while any("no answer" in found["message"] for found in findings(done).values()):
            done = run("doctor", "--json", env=env, cwd=tmp_path)
    assert done.code == 1, done.stdout
    found = findings(done)
    assert found["okx key"]["message"] == f"custom: …{okx['api_key'][-4:]} from env"
    assert found["okx rights"]["state"] in ("ok", "warn")
    assert found["bybit rights"]["state"] == "fail"
    assert "is refused" in found["bybit rights"]["message"]
    for name in VENUES:
        assert found[f"{name} network"]["message"].startswith("127.0.0.1: round trip")
        assert found[f"{name} clock"]["state"] == "ok"
    assert found["configuration"]["message"].startswith(str(tmp_path / "arbot.toml"))
    assert found["bitget key"] == {
        "check": "bitget key",
        "state": "ok",
        "message": "no key, none needed in this mode",
        "fix": "",
    }
    assert "no keyring that encrypts" in found["key stores"]["message"]
    assert found["terminal"]["state"] == "warn"


def test_what_fails_names_the_fix_and_the_exit_code_says_so(
    env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "arbot.toml").write_text('[engine]\nmode = "live"\n[ui]\ntheme = "nope"\n')
    data = tmp_path / "data"
    account = data / "accounts" / "live"
    account.mkdir(parents=True)
    data.chmod(0o755)
    with (account / "lock").open("w") as lock:
        lock.write("4711\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Nothing listens there: the real venues are never asked by a test.
        for name in VENUES:
            env[f"ARBOT_EXCHANGES__{name.upper()}__ENVIRONMENT"] = "custom"
            env[f"ARBOT_EXCHANGES__{name.upper()}__REST_URL"] = "http://127.0.0.1:9"
            env[f"ARBOT_EXCHANGES__{name.upper()}__WS_PUBLIC_URL"] = "ws://127.0.0.1:9"
        done = run("doctor", "--json", env=env, cwd=tmp_path)
    assert done.code == 1
    assert json.loads(done.stdout)["ok"] is False
    found = findings(done)
    assert found["theme"]["message"] == f"{tmp_path}/arbot.toml:4: there is no theme nope"
    assert found["okx network"]["state"] == "fail"
    assert found["okx key"]["fix"] == "arbot-tui keys set okx"
    assert found["engines"]["message"] == "running: live by process 4711"
    assert found["data folder"]["fix"] == f"chmod 700 {data}"


def test_a_broken_configuration_does_not_stop_the_doctor(
    env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "arbot.toml").write_text("[risk\n")
    done = run("doctor", env=env, cwd=tmp_path)
    assert done.code == 1
    assert "fail  configuration" in done.stdout
    assert "arbot.toml:1: broken TOML" in done.stdout
    assert "ok    python" in done.stdout
    assert done.stderr == ""
