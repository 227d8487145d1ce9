"""`python -m arbot_tui` is `arbot-tui`."""

from arbot_tui.cli import main

if __name__ == "__main__":
    main()
