"""Takes the pictures of the README from the real program: ``python -m tests.ui.screenshots``.

Four synthetic venues, the real engine, trading on; only the terminal is Textual's own.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from decimal import Decimal
from pathlib import Path

from arbot_tui.domain.fees import TradingFees
from arbot_tui.domain.states import Mode
from arbot_tui.engine.bot import ArBot
from arbot_tui.engine.options import EngineOptions
from arbot_tui.engine.world import WorldInfo, WorldProcess
from arbot_tui.exchanges.base import ExchangeConfig
from arbot_tui.log import LogRing
from arbot_tui.settings.loading import load
from arbot_tui.simulator.config import SimulatorConfig
from arbot_tui.tui.app import ArbotApp
from arbot_tui.tui.themes import load_themes

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = (
    ("dashboard", (160, 48), ("1",)),
    ("opportunities", (120, 32), ("2",)),
    ("charts", (120, 32), ("5",)),
    ("small", (80, 24), ("1", "escape")),
)
"""Name, size of the terminal, keys."""
_COMPLETED = 6
_SETTLED_S = 2.5


def options(world: WorldInfo, data_dir: Path) -> EngineOptions:
    """Return what `arbot-tui --simulate --start` runs with."""
    settings = load(None, {"engine.mode": ("--simulate", "simulate")}).settings
    fees = TradingFees(maker=Decimal("0.001"), taker=Decimal("0.001"))
    return EngineOptions(
        mode=Mode.SIMULATE,
        profile="simulate",
        account=f"sim-{world.world_id}",
        data_dir=data_dir,
        config_source="defaults",
        universe=settings.arbitrage,
        arbitrage=settings.arbitrage,
        risk=settings.risk,
        storage=settings.storage,
        venues=tuple(
            ExchangeConfig(name, index, venue.urls, "custom", fees, venue.credentials)
            for index, (name, venue) in enumerate(world.venues.items())
        ),
        world=world,
        start=True,
        log=LogRing(),
    )


async def take_all(data_dir: Path) -> None:
    """Run the dashboard until it has something to show, and save its pictures."""
    with WorldProcess(SimulatorConfig(seed=7)) as world:
        async with ArBot(options(world.info(), data_dir)) as bot:
            app = ArbotApp(bot.client, themes=load_themes().themes.values())
            async with app.run_test(size=PICTURES[0][1]) as pilot:
                await bot.executor.wait_until(lambda: bot.core.outcomes["completed"] >= _COMPLETED)
                for name, size, keys in PICTURES:
                    await pilot.resize_terminal(*size)
                    await pilot.press(*keys)
                    await asyncio.sleep(_SETTLED_S)
                    save(name, app.export_screenshot(title="arbot-tui --simulate"))
            await bot.stop()


def save(name: str, picture: str) -> None:
    """Write a picture, which must not ask another host for its font."""
    picture = re.sub(r"\s*@font-face\s*{[^}]*}", "", picture)
    DOCS.mkdir(exist_ok=True)
    (DOCS / f"{name}.svg").write_text(picture, encoding="utf-8")


def main() -> None:
    """Take all pictures."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(take_all(Path(folder)))


if __name__ == "__main__":
    main()
