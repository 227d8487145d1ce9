"""`python -m arbot_tui.simulator`: the synthetic venues with their defaults."""

import sys

from arbot_tui.simulator.process import main

if __name__ == "__main__":
    sys.exit(main())
