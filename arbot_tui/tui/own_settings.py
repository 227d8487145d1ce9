"""The screen's own settings: taken over whenever they change, whoever has changed them."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from arbot_tui.domain.errors import ArbotError
from arbot_tui.domain.keymap import KeyMap
from arbot_tui.engine.answers import SettingsView
from arbot_tui.tui.calling import CallKind
from arbot_tui.tui.view import ViewState

if TYPE_CHECKING:
    from arbot_tui.tui.app import ArbotApp

__all__ = ["OwnSettings"]

_PACE = ("ui.fps", "ui.low_bandwidth")


class OwnSettings:
    """Keeps an app as ``[ui]`` says."""

    def __init__(self, app: ArbotApp) -> None:
        self._app = app
        self._version: int | None = None
        self._seen: dict[str, str] = {}

    def look(self, view: ViewState) -> None:
        """Ask for the settings where they have changed since they were asked for."""
        version = view.status.settings_version if view.status is not None else None
        if version != self._version:
            self._version = version
            if version is not None:
                self._app.work(self._ask, "own settings")

    async def _ask(self) -> None:
        try:
            answer = await self._app.client.query("settings", {})
        except (ArbotError, OSError, ValueError):
            # With the next frame again.
            self._version = None
            return
        if isinstance(answer, SettingsView):
            self.use(answer)

    def use(self, settings: SettingsView) -> None:
        """Take over what differs from what was seen last; the first ones are those of the start."""
        app = self._app
        values = {setting.name: setting.value for setting in settings.settings}
        seen, self._seen = self._seen, values
        if not seen:
            return
        if (theme := values.get("ui.theme", "")) != seen.get("ui.theme"):
            app.theming.show(theme)
            app.ask_ground()
        app.notify_by = next(
            (k for k in get_args(CallKind) if k == values.get("ui.notify")), "bell"
        )
        keys = values.get("ui.keys", "")
        if keys != seen.get("ui.keys"):
            # Checked by who has let it through.
            app.use_keys(KeyMap(part for part in keys.split(",") if part.strip()))
        pace = [values.get(name, "") for name in _PACE]
        if pace != [seen.get(name, "") for name in _PACE]:
            app.set_pace(float(pace[0]), low_bandwidth=pace[1] == "true")
