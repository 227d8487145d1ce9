"""Build the wheel with the backend of this environment and look inside."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

NEEDED = ("arbot_tui/arbot.toml", "arbot_tui/cli.py", "arbot_tui/py.typed")


def main() -> int:
    """Return 0 if an installed arbot-tui would find everything it reads."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
        command += ["--no-build-isolation", "--wheel-dir", folder, "."]
        subprocess.run(command, check=True)  # noqa: S603 - arguments are fixed above
        (wheel,) = Path(folder).glob("arbot_tui-*.whl")
        names = set(zipfile.ZipFile(wheel).namelist())
    themes = {f"arbot_tui/themes/{path.name}" for path in Path("themes").iterdir()}
    missing = sorted({*NEEDED, *themes} - names)
    if missing or not themes:
        sys.stderr.write(f"{wheel.name} lacks {missing or 'themes'}\n")
        return 1
    sys.stdout.write(f"{wheel.name} is complete\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
