"""The application: pulls frames, hands them to the dashboard, routes actions."""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.color import ColorSystem
from rich.console import RenderableType
from textual import events
from textual.app import App, SystemCommand
from textual.driver import Driver
from textual.filter import NoColor
from textual.notifications import Notify
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
from arbot_tui.tui.clipboard import copy_sequence
from arbot_tui.tui.driver import TerminalDriver
from arbot_tui.tui.exits import ExitReason
from arbot_tui.tui.glyphs import UNICODE, Glyphs
from arbot_tui.tui.ground import Ground
from arbot_tui.tui.keys import bindings
from arbot_tui.tui.look import Look
from arbot_tui.tui.own_settings import OwnSettings
from arbot_tui.tui.pacing import LOW_BYTES_PER_S, LOW_FPS, Budget, Pacer
from arbot_tui.tui.painter import Text
from arbot_tui.tui.palette import ActionCommands, ActionPalette
from arbot_tui.tui.screens.credentials import CredentialsScreen
from arbot_tui.tui.screens.dashboard import DashboardScreen
from arbot_tui.tui.screens.help import HelpScreen
from arbot_tui.tui.screens.welcome import WelcomeCard
from arbot_tui.tui.theme_watch import ThemeWatch
from arbot_tui.tui.themes import VARIABLES
from arbot_tui.tui.theming import Theming
from arbot_tui.tui.toasts import merge, tidy
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.line_widget import LineWidget

__all__ = ["ArbotApp"]


class ArbotApp(App[ExitReason], inherit_bindings=False):
    """The dashboard on one engine.

    Attributes:
        view: What has been merged so far; the panels show it, or what it was when paused.
        acting: Carries out what goes beyond looking.
        theming: The themes there are.
        own_settings: Takes over what changes in ``[ui]``.
        notify_by: How somebody is called.
        clock: The screen's clock.
        ending: The signal, or loss of the terminal, that ends it.
        on_hang_up: Called when the terminal is gone.
        exports: The folder for exports; None where there is none.
        crash_report: The traceback of a crash without local variables; empty without one.
    """

    TITLE = "arbot-tui"
    COMMANDS: ClassVar[set[type[ActionCommands]]] = {ActionCommands}  # type: ignore[assignment]
    # It is opened by the table's key; Textual would bind one of its own.
    ENABLE_COMMAND_PALETTE = False
    NOTIFICATION_TIMEOUT = 5.0

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
        super().__init__(driver_class=TerminalDriver)
        # Nothing here moves but the figures, least of all over a slow line.
        self.animation_level = "none"
        self.client = client
        self.exports = exports
        self.acting = Acting(self)
        self.glyphs = glyphs
        self.crash_report = ""
        self.ending: ExitReason | None = None
        self.on_hang_up: Callable[[], None] | None = None
        self.clock = clock or SystemClock()
        self._pacer = Pacer(self.pull, self._handle_exception, fps)
        self._budget: Budget | None = None
        self._owed = False
        self._caller = Caller()
        self.notify_by: CallKind = notify
        self.own_settings = OwnSettings(self)
        self.set_pace(fps, low_bandwidth=low_bandwidth)
        self.theming = Theming(self, themes, ThemeWatch(theme_files or {}))
        self.theming.show(theme)
        # Textual's own choice still sends greys. And a terminal knows its sixteen colours: to
        # translate them, each line of each picture would be gone through once more.
        self._filters = [NoColor()] if self.no_color else []
        self.view = ViewState(self.clock.now_ns())
        self._bindings = bindings(self._look.keys, everywhere=True)
        self.dashboard = DashboardScreen(self._look)
        self._paused_at: int | None = None
        self._drawing = True
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
        sent = call_bytes(self.notify_by, self._caller.look(self.view), os.environ)
        if sent and self._drawing and isinstance(self._driver, TerminalDriver):
            self._driver.write(sent)

    def _affordable(self) -> bool:
        """Whether the line has carried what was sent so far; what waits is shown later."""
        driver = self._driver
        if self._budget is None or not isinstance(driver, TerminalDriver):
            return True
        return self._budget.allows(asyncio.get_running_loop().time(), driver.sent)

    def _show(self, *, clock_only: bool = False) -> None:
        # Nothing is composed for a terminal that does not read; it gets the newest picture later.
        if self._drawing and not self._must_skip():
            status = self.view.status
            if self._look.set_live(status is not None and status.mode == Mode.LIVE):
                for widget in self.dashboard.query(LineWidget):
                    widget.refresh()
            with self._short_way():
                self.dashboard.show(
                    self.view,
                    self._asker.link,
                    paused=self._new_since_pause(),
                    clock_only=clock_only,
                )
            if isinstance(self.screen, WelcomeCard):
                self.screen.show()

    def _short_way(self) -> AbstractContextManager[None]:
        """Let what is shown meanwhile go straight to the terminal, where nothing is in between."""
        driver = self._driver
        direct = isinstance(driver, TerminalDriver) and self._running and not self._batch_count
        if not direct or self.screen is not self.dashboard:
            return nullcontext()
        return self._look.canvas.open(self.dashboard, self._paint)

    def _paint(self, texts: Iterable[Text]) -> None:
        if self._filters:
            # What the filter does to the lines that go Textual's way.
            texts = ((x, y, text, style + NoColor.DEFAULT_COLORS) for x, y, text, style in texts)
        if isinstance(self._driver, TerminalDriver):
            self._driver.paint_texts(texts, self._colors(), synchronised=self._sync_available)

    def _colors(self) -> ColorSystem:
        """What the terminal can show, or is to be sent."""
        system = self.console._color_system or ColorSystem.TRUECOLOR
        return min(system, ColorSystem.EIGHT_BIT) if self._budget is not None else system

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

    # What is told in a corner.

    def on_notify(self, event: Notify) -> None:
        """Tell it, in the place of what was told before where there is no room for both."""
        event.prevent_default()
        told, gone = merge(list(self._notifications), event.notification)
        for notification in gone:
            self._unnotify(notification, refresh=False)
        self._notifications.add(told)
        self._refresh_notifications()

    def _refresh_notifications(self) -> None:
        super()._refresh_notifications()
        if self._screen_stack:
            self.call_later(tidy, self.screen, self._notifications)

    # What the view that is shown needs beyond the frames.

    def _ask(self) -> None:
        if self._paused_at is None and self._drawing:
            self._asker.ask(self.dashboard.questions())

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

    def _must_skip(self) -> bool:
        driver: Driver | None = self._driver
        return isinstance(driver, TerminalDriver) and driver.must_skip()

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        driver = self._driver
        if not isinstance(driver, TerminalDriver):
            super()._display(screen, renderable)
        elif self._running and self._drawing and not self._batch_count and not driver.must_skip():
            driver.paint(renderable, self._colors(), synchronised=self._sync_available)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy `text`, if it is not too long; past a multiplexer, which Textual does not know."""
        self._clipboard = text
        sequence = copy_sequence(text, os.environ)
        if sequence is not None and self._driver is not None:
            self._driver.write(sequence)

    def _redraw(self) -> None:
        if isinstance(self._driver, TerminalDriver):
            self._driver.redraw()
        self.refresh()

    def on_resize(self) -> None:
        """Draw anew: what lay beyond an edge meanwhile is gone.

        The base class ignores a size that it knows already, as after two changes in a row of
        which the second one undid the first: to the terminal both have happened.
        """
        self._redraw()

    def on_app_blur(self, event: events.AppBlur) -> None:
        """Keep the panel that has the focus: a terminal in the background is still looked at."""
        event.prevent_default()

    def on_app_focus(self) -> None:
        """Draw anew when somebody comes back: only what changes is sent otherwise."""
        self._redraw()

    def ask_ground(self) -> None:
        """Ask for the terminal's background, where the theme goes with it."""
        if self.theming.asks and isinstance(self._driver, TerminalDriver):
            self._driver.ask_ground()

    def terminal_ground(self, ground: Ground | None) -> None:
        """Let the theme go with the terminal's background."""
        self.theming.told(ground)

    def terminal_drained(self) -> None:
        """Draw the whole picture: parts of it were skipped."""
        self._show()
        self.refresh()

    def terminal_gone(self) -> None:
        """End as after a hang-up."""
        self.end(ExitReason.SIGHUP)

    def end(self, reason: ExitReason) -> None:
        """End at once, whatever is on the screen; the first reason counts."""
        if self.ending is not None:
            return
        self.ending = reason
        if reason is ExitReason.SIGHUP:
            if self.on_hang_up is not None:
                self.on_hang_up()
            self._drawing = False
            if isinstance(self._driver, TerminalDriver):
                self._driver.stop_drawing()
        self.exit(reason)

    def _fatal_error(self) -> None:
        """Keep a report without local variables, which may hold what nobody should read."""
        self.crash_report = self.crash_report or traceback.format_exc()
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        """End as after a crash."""
        self._return_code = 1
        self.crash_report = self.crash_report or traceback.format_exc()
        del renderables
        self._close_messages_no_wait()
