"""The application: pulls frames, hands them to the dashboard, routes actions."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import SystemCommand
from textual.screen import Screen
from textual.theme import Theme

from arbot_tui.domain.clock import Clock, SystemClock
from arbot_tui.domain.errors import ArbotError
from arbot_tui.domain.keymap import KeyMap
from arbot_tui.domain.states import Mode, TradingState
from arbot_tui.engine.client import EngineClient, QueryResult
from arbot_tui.tui.acting import Acting
from arbot_tui.tui.asking import Asker, Question
from arbot_tui.tui.calling import Caller, CallKind, call_bytes
from arbot_tui.tui.driver import TerminalDriver
from arbot_tui.tui.glyphs import UNICODE, Glyphs
from arbot_tui.tui.ground import Ground
from arbot_tui.tui.keys import bindings
from arbot_tui.tui.look import Look
from arbot_tui.tui.own_settings import OwnSettings
from arbot_tui.tui.pacing import LOW_BYTES_PER_S, LOW_FPS, Budget, Pacer
from arbot_tui.tui.palette import ActionCommands, ActionPalette
from arbot_tui.tui.screens.credentials import CredentialsScreen
from arbot_tui.tui.screens.dashboard import DashboardScreen
from arbot_tui.tui.screens.help import HelpScreen
from arbot_tui.tui.screens.welcome import WelcomeCard
from arbot_tui.tui.terminal_app import TerminalApp
from arbot_tui.tui.theme_watch import ThemeWatch
from arbot_tui.tui.themes import VARIABLES
from arbot_tui.tui.theming import Theming
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.line_widget import LineWidget

__all__ = ["ArbotApp"]


class ArbotApp(TerminalApp, inherit_bindings=False):
    """The dashboard on one engine.

    Attributes:
        view: What has been merged so far; the panels show it, or what it was when paused.
        acting: Carries out what goes beyond looking.
        theming: The themes there are.
        own_settings: Takes over what changes in ``[ui]``.
        notify_by: How somebody is called.
        clock: The screen's clock.
        exports: The folder for exports; None where there is none.
    """

    TITLE = "arbot-tui"
    COMMANDS: ClassVar[set[type[ActionCommands]]] = {ActionCommands}  # type: ignore[assignment]
    # It is opened by the table's key; Textual would bind one of its own.
    ENABLE_COMMAND_PALETTE = False

    CSS = """
    * {
        scrollbar-background: $background; scrollbar-background-hover: $background;
        scrollbar-background-active: $background; scrollbar-color: $frame;
        scrollbar-color-hover: $frame-focus; scrollbar-color-active: $frame-focus;
        scrollbar-corner-color: $background;
    }
    Toast {
        background: $surface; color: $foreground;
        margin-top: 0; padding: 0 1; max-width: 60%;
    }
    SearchIcon { display: none; }
    App.-ascii Question > #question { border: ascii $warn; }
    App.-ascii Question #lines { scrollbar-size: 0 0; }
    App.-ascii EditScreen > #form { border: ascii $frame-focus; }
    App.-ascii SecretForm > #form { border: ascii $frame-focus; }
    App.-ascii CredentialsScreen > #keys { border: ascii $frame-focus; }
    App.-ascii WelcomeCard > #card { border: ascii $frame-focus; }
    App.-ascii HelpScreen > VerticalScroll { border: ascii $frame-focus; scrollbar-size: 0 0; }
    App.-ascii Toast { border: none; }
    App.-ascii CommandPalette {
        & #--input { border: none; }
        & CommandList { border: none; scrollbar-size: 0 0; }
        & LoadingIndicator { display: none; }
    }
    """

    def __init__(
        self,
        client: EngineClient,
        *,
        fps: float = 5.0,
        low_bandwidth: bool = False,
        notify: CallKind = "bell",
        theme: str = "dark",
        themes: Iterable[Theme] = (),
        theme_files: Mapping[str, Path] | None = None,
        glyphs: Glyphs = UNICODE,
        keys: KeyMap | None = None,
        welcome: bool = False,
        clock: Clock | None = None,
        exports: Path | None = None,
    ) -> None:
        # Before the base class, which asks for the theme's variables.
        self._look = Look(glyphs, keys)
        super().__init__()
        self.client = client
        self.exports = exports
        self.acting = Acting(self)
        self.glyphs = glyphs
        self.clock = clock or SystemClock()
        self._pacer = Pacer(self.pull, self._handle_exception, fps)
        self._owed = False
        self._caller = Caller()
        self.notify_by: CallKind = notify
        self.own_settings = OwnSettings(self)
        self.set_pace(fps, low_bandwidth=low_bandwidth)
        self.theming = Theming(self, themes, ThemeWatch(theme_files or {}))
        self.theming.show(theme)
        self.view = ViewState(self.clock.now_ns())
        self._bindings = bindings(self._look.keys, everywhere=True)
        self.dashboard = DashboardScreen(self._look)
        self._paused_at: int | None = None
        self._welcome = welcome
        self._asker = Asker(client, self.clock, self.work, self._answered)

    # Life.

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return values for our own variables, so that any theme can be shown."""
        palette = self.current_theme
        stand_ins = {
            own: getattr(palette, name) or palette.primary for own, name in VARIABLES.items()
        }
        return {**stand_ins, "cursor-style": "none"}

    def get_css_variables(self) -> dict[str, str]:
        """Return the theme's variables, for the style sheet and for what is drawn without one."""
        variables = super().get_css_variables()
        self._look.use(variables)
        return variables

    async def on_mount(self) -> None:
        """Show the dashboard and begin to pull frames."""
        await self.push_screen(self.dashboard)
        self.set_class(self.glyphs.ascii_only, "-ascii")
        self.pull()
        self._pacer.start()
        self.ask_ground()
        if self._welcome:
            self.push_screen(WelcomeCard(self._look, self.view))

    def on_unmount(self) -> None:
        """Pull no more."""
        self._pacer.stop()
        self._resizing.stop()

    def set_pace(self, fps: float, *, low_bandwidth: bool) -> None:
        """Redraw so often; with the preset for thin lines seldom, and only what it can carry."""
        self._budget = Budget(LOW_BYTES_PER_S) if low_bandwidth else None
        self._pacer.set_fps(min(fps, LOW_FPS) if low_bandwidth else fps)

    def pull(self) -> bool:
        """Take over what changed since the last frame, and return whether anything did."""
        view, now = self.view, self.clock.now_ns()
        before, second = (view.version, view.link, view.status), view.second
        try:
            frame = self.client.frame(view.version)
        except (ArbotError, OSError) as e:
            view.fail(str(e), now)
        else:
            view.merge(frame, now)
            self._call_somebody()
            self.own_settings.look(view)
        news = (view.version, view.link, view.status) != before
        self._owed = self._owed or news
        if (self._owed or view.second != second) and self._affordable():
            self._show(clock_only=not self._owed)
            self._owed = False
        if view.second != second:
            self.theming.reload(partial(self.acting.say, ok=False))
        self._ask()
        return news

    def _call_somebody(self) -> None:
        """Ring, or notify, where something wants a person who may look elsewhere."""
        self.send(call_bytes(self.notify_by, self._caller.look(self.view), os.environ))

    def _show(self, *, clock_only: bool = False) -> None:
        # Nothing is composed for a terminal that does not read; it gets the newest picture later.
        if self._drawing and not self.holds_picture:
            status = self.view.status
            if self._look.set_live(status is not None and status.mode == Mode.LIVE):
                for widget in self.dashboard.query(LineWidget):
                    widget.refresh()
            with self._short_way(self.dashboard, self._look.canvas):
                self.dashboard.show(
                    self.view,
                    self._asker.link,
                    paused=self._new_since_pause(),
                    clock_only=clock_only,
                )
            if isinstance(self.screen, WelcomeCard):
                self.screen.show()

    def _new_since_pause(self) -> int | None:
        if self._paused_at is None or self.view.status is None:
            return None
        return max(0, self.view.status.opportunities - self._paused_at)

    # Actions.

    def action_act(self, names: str) -> None:
        """Carry out what a key means now; where it is two actions, the state decides."""
        self.perform(self._start_or_drain() if " " in names else names)

    def perform(self, name: str) -> None:
        """Carry out an action of the table."""
        view = self.dashboard.current
        if name in view.lacks:
            self.acting.say(f"{name.replace('_', ' ')}: not in {view.TITLE}", ok=True)
        elif self.acting.perform(name):
            return
        elif name == "theme":
            self.theming.next()
        elif name == "help":
            self.push_screen(HelpScreen(self.dashboard.current, self.glyphs, self.size.width))
        elif name == "palette":
            self.action_command_palette()
        elif name == "pause":
            self._pause()
        elif name == "credentials":
            self.push_screen(CredentialsScreen(self.client, self.glyphs))
        elif name == "redraw":
            self._redraw()
        elif name.startswith("view_"):
            self.work(partial(self._visit, name.removeprefix("view_")), "visit")
        else:
            self.dashboard.perform(name)

    def _start_or_drain(self) -> str:
        trading = self.view.status.trading if self.view.status else ""
        running = trading in (TradingState.ACTIVE, TradingState.REDUCING)
        return "drain" if running else "start"

    def work(self, work: Callable[[], Coroutine[None, None, None]], group: str) -> None:
        """Run `work` instead of what runs in `group`; a callable, so none is made in vain."""
        self.run_worker(work, group=group, exclusive=True)  # type: ignore[arg-type]

    @property
    def key_map(self) -> KeyMap:
        """Which keys do what."""
        return self._look.keys

    def use_keys(self, keys: KeyMap) -> None:
        """Let other keys do what those so far did."""
        self._look.keys = keys
        self._bindings = bindings(keys, everywhere=True)
        self.dashboard.use_keys()
        for widget in self.dashboard.query(LineWidget):
            widget.repaint()

    def _pause(self) -> None:
        status = self.view.status
        if self._paused_at is None and status is not None:
            self._paused_at = status.opportunities
        else:
            self._paused_at = None
        self._show()

    def action_command_palette(self) -> None:
        """Open the palette, once."""
        if not isinstance(self.screen, ActionPalette):
            self.push_screen(ActionPalette())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Return none of Textual's own: the table is all there is."""
        del screen
        return ()

    # What the view that is shown needs beyond the frames.

    def _ask(self) -> None:
        if not self._drawing:
            return
        asked = self.dashboard.questions()
        if self._paused_at is not None:
            # Frozen is what was seen: a view that has seen nothing yet does not wait for ever.
            asked = [one for one in asked if self._asker.link(one.name).state == "loading"]
        self._asker.ask(asked)

    def on_view_ask(self) -> None:
        """Ask at once: the view that is shown wants to know something else."""
        self._ask()

    def _answered(self, question: Question, answer: QueryResult | None) -> None:
        if answer is not None:
            self.dashboard.current.take(question, answer)
        self._show()

    async def _visit(self, name: str) -> None:
        await self.dashboard.visit(name)
        self._show()
        self._ask()

    # The terminal.

    def ask_ground(self) -> None:
        """Ask for the terminal's background, where the theme goes with it."""
        if self.theming.asks and isinstance(self._driver, TerminalDriver):
            self._driver.ask_ground()

    def terminal_ground(self, ground: Ground | None) -> None:
        """Let the theme go with the terminal's background."""
        self.theming.told(ground)

    def terminal_drained(self) -> None:
        """Draw the whole picture as it is by now: parts of it were skipped."""
        self._show()
        super().terminal_drained()
