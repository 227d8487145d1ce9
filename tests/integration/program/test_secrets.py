"""A planted secret is found nowhere: files, output, arguments of any process."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.integration.program.program import command, environment, world


@pytest.mark.timing
def test_keys_that_traded_are_nowhere_to_be_read(tmp_path: Path) -> None:
    env = environment(tmp_path / "data", ARBOT_LOG="debug", ARBOT_SIMULATOR__EDGES_PER_MIN="240")
    with world("--seed", "7", env=env, cwd=tmp_path) as served:
        secrets = [
            text
            for venue in served["venues"].values()
            for text in (venue["api_secret"], venue["passphrase"], venue["api_key"])
            if text
        ]
        assert len(secrets) >= 10
        arguments = command(
            *("--simulate", "--control", served["control"], "--headless", "--start"),
            *("--duration", "3", "--json"),
        )
        with subprocess.Popen(
            arguments,
            env=env,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as engine:
            shown_by_ps = Path(f"/proc/{engine.pid}/cmdline").read_bytes()
            out, err = engine.communicate(timeout=90)
    # The keys were used: a wrong one would have traded nothing.
    assert json.loads(out)["trades"]["attempted"] > 0
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(path.suffix == ".sqlite" for path in kept)
    assert any(path.parent.name == "logs" for path in kept)
    places = {"stdout": out, "stderr": err, "arguments": shown_by_ps}
    places |= {str(path): raw for path, raw in kept.items()}
    found = [
        (str(place), secrets.index(text))
        for place, raw in places.items()
        for text in secrets
        if text.encode() in raw
    ]
    assert found == []
