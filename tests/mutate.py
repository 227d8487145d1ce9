"""Applies the recorded mutations to a copy of the checkout; the tests named have to fail there.

    python -m tests.mutate            # every mutation
    python -m tests.mutate 7 17       # those of some rows of the fault catalogue

First the tests are run on the unchanged copy: a test that fails anyway notices nothing. Exit code
0 where every mutation was noticed, 1 where one was not, 2 for a row without any.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.catalogue import ROOT, Mutation, mutations

__all__ = ["main", "mutated"]

# What a test may read. The rest of a checkout (environments, caches) is large.
_COPIED = ("arbot_tui", "tests", "themes", "docs", ".ci")
_TESTS_FAILED = 1
_LONGEST_S = 600.0


def mutated(text: str, mutation: Mutation) -> str:
    """Return a file's text with the mutation applied.

    Raises:
        ValueError: The piece to change does not occur exactly once.
    """
    count = text.count(mutation.old)
    if count != 1:
        raise ValueError(f"{mutation.file}: occurs {count} times, not once: {mutation.old!r}")
    return text.replace(mutation.old, mutation.new)


def _copy(target: Path) -> None:
    unwanted = shutil.ignore_patterns("__pycache__", "*.pyc", ".hypothesis")
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=unwanted)
    for file in ROOT.iterdir():
        if file.is_file():
            shutil.copy2(file, target / file.name)


def _pytest(checkout: Path, tests: Iterable[str]) -> subprocess.CompletedProcess[str]:
    # The copy has to win over the installed package, whichever checkout that comes from.
    env = os.environ | {
        "PYTHONPATH": str(checkout),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": "",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header"]
    return subprocess.run(
        [*command, *dict.fromkeys(tests)],
        cwd=checkout,
        env=env,
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )


def _is_noticed(checkout: Path, mutation: Mutation) -> bool:
    file = checkout / mutation.file
    text = file.read_text(encoding="utf-8")
    file.write_text(mutated(text, mutation), encoding="utf-8")
    try:
        run = _pytest(checkout, mutation.tests)
    finally:
        file.write_text(text, encoding="utf-8")
    noticed = run.returncode == _TESTS_FAILED
    if not noticed:
        sys.stdout.write(f"{run.stdout[-2000:]}{run.stderr[-2000:]}\n")
    return noticed


def main(arguments: Sequence[str]) -> int:
    """Try the mutations of the rows given, or all of them; return the exit code."""
    rows = {int(argument) for argument in arguments}
    chosen = [mutation for mutation in mutations() if not rows or mutation.row in rows]
    if lacking := rows - {mutation.row for mutation in chosen}:
        sys.stderr.write(f"no mutation is recorded for row {min(lacking)}\n")
        return 2
    unnoticed = 0
    with tempfile.TemporaryDirectory(prefix="arbot-mutate-") as folder:
        checkout = Path(folder)
        _copy(checkout)
        clean = _pytest(checkout, [test for mutation in chosen for test in mutation.tests])
        if clean.returncode != 0:
            sys.stderr.write(f"{clean.stdout[-4000:]}\nthe tests fail without a mutation\n")
            return 1
        for mutation in chosen:
            noticed = _is_noticed(checkout, mutation)
            unnoticed += not noticed
            word = "noticed" if noticed else "NOT NOTICED"
            first = mutation.old.strip().splitlines()[0]
            sys.stdout.write(f"row {mutation.row:2}  {word}  {mutation.file}: {first}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(chosen) - unnoticed} of {len(chosen)} mutations were noticed\n")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
