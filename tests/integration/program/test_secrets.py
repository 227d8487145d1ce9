"""A planted secret is found nowhere: files, output, arguments of any process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.program.program import drained, environment, running, world


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
        args = ("--simulate", "--control", served["control"], "--headless", "--start", "--json")
        with running(*args, env=env, cwd=tmp_path) as engine:
            shown_by_ps = Path(f"/proc/{engine.pid}/cmdline").read_bytes()
            # The keys are used: with a wrong one nothing would complete.
            done = drained(engine, tmp_path / "data")
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(path.suffix == ".sqlite" for path in kept)
    assert any(path.parent.name == "logs" for path in kept)
    for path in (tmp_path / "data", *(tmp_path / "data").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
    places = {"stdout": done.stdout.encode(), "stderr": done.stderr.encode()}
    places["arguments"] = shown_by_ps
    places |= {str(path): raw for path, raw in kept.items()}
    found = [
        (str(place), secrets.index(text))
        for place, raw in places.items()
        for text in secrets
        if text.encode() in raw
    ]
    assert found == []
