"""What every view has: panels, a filter, an order, questions to the engine, and its keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from textual.containers import Container
from textual.message import Message

from arbot_tui.engine.client import QueryResult
from arbot_tui.engine.frames import TradeView
from arbot_tui.tui.asking import Question
from arbot_tui.tui.glyphs import Glyphs
from arbot_tui.tui.link import Link, link_mark
from arbot_tui.tui.look import Look
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.widgets.panel import Panel

__all__ = ["MOVES", "SPECIAL", "View"]

SPECIAL = frozenset({"apply", "undo", "resolve"})
"""Actions that mean something only in views that add them."""
_MOVES: Mapping[str, int] = {"down": 1, "up": -1}
_PAGES: Mapping[str, int] = {"page_down": 1, "page_up": -1}
_MATCHES: Mapping[str, int] = {"next_match": 1, "previous_match": -1}
_PANELS: Mapping[str, int] = {"right": 1, "next_panel": 1, "left": -1, "previous_panel": -1}
MOVES = frozenset({"top", "bottom", *_MOVES, *_PAGES, *_MATCHES, *_PANELS})
"""Actions that go somewhere within a view."""


class View(Container):
    """Panels that belong together; the screen shows one view at a time.

    A view that is not shown is given nothing, asks nothing and draws nothing. Its first panel is
    the main one: it has the focus at first, and the filter and the order are its.

    Attributes:
        panels: All panels, in the order in which ``tab`` visits them.
        state: What was shown last.
        links: Tells how the answers to a question are doing.
    """

    NAME: ClassVar[str] = ""
    """The action that leads here is ``view_`` and this name."""
    TITLE: ClassVar[str] = ""
    LABELS: ClassVar[Mapping[str, str]] = {}
    """What keys are called here where the table's label does not fit."""
    SAYS: ClassVar[Mapping[str, str]] = {}
    """What keys do here where the table's sentence does not fit."""
    LACKS: ClassVar[frozenset[str]] = frozenset()
    """Actions that mean nothing here."""
    ADDS: ClassVar[frozenset[str]] = frozenset()
    """Actions of `SPECIAL` that mean something here."""
    FILTERED: ClassVar[str] = "part of a symbol"
    """What may be typed as a filter."""
    DEFAULT_CSS = """
    View { width: 100%; height: 100%; overflow: hidden; display: none; }
    View.-shown { display: block; }
    View Container { overflow: hidden; }
    """

    class Ask(Message):
        """The questions of this view are others now."""

    def __init__(self, look: Look, panels: Sequence[Panel]) -> None:
        super().__init__(id=f"view-{self.NAME}")
        self.look = look
        self.panels = tuple(panels)
        self.state: ViewState | None = None
        self.links: Callable[[str], Link] = _unasked

    # What a subclass says.

    def draw(self, state: ViewState) -> None:
        """Give every panel its part of `state`."""
        raise NotImplementedError

    def tick(self, state: ViewState) -> None:
        """Give the panels that show how time goes by their part; nothing else has changed."""
        self.draw(state)

    def questions(self) -> Iterable[Question]:
        """Return what has to be asked beyond the frames, as long as this view is shown."""
        return ()

    def take(self, question: Question, answer: QueryResult) -> None:
        """Take the answer to a question."""

    def meaning(self, glyphs: Glyphs) -> Sequence[tuple[str, str]]:
        """Return (sign or word, meaning) of what is seen here."""
        del glyphs
        return ()

    @property
    def lacks(self) -> frozenset[str]:
        """Actions that mean nothing here, those included that belong to other views alone."""
        return self.LACKS | (SPECIAL - self.ADDS)

    @property
    def filter(self) -> str:
        """The filter in force; empty while there is none."""
        return ""

    def set_filter(self, text: str) -> None:
        """Show only what contains `text`."""

    def next_sort(self) -> None:
        """Change the order of the main panel."""

    def details(self, panel: Panel) -> None:
        """Show or hide the details of what is selected in `panel`."""

    def stuck_pair(self) -> TradeView | None:
        """Return the stuck pair under the cursor; None where there is none."""
        return None

    def close_details(self) -> bool:
        """Hide the details, and say whether there was anything to hide."""
        return False

    def reachable(self, panel: Panel) -> bool:
        """Return whether ``tab`` goes to `panel`."""
        return bool(panel.display)

    # What all have in common.

    @property
    def main(self) -> Panel:
        """The first panel."""
        return self.panels[0]

    @property
    def active(self) -> Panel:
        """The panel that has the focus, or the main one."""
        focused = self.screen.focused
        return focused if isinstance(focused, Panel) and focused in self.panels else self.main

    def show(
        self,
        state: ViewState,
        links: Callable[[str], Link],
        *,
        frozen: bool,
        clock_only: bool = False,
    ) -> None:
        """Display `state`, unless the screen is frozen and this view has shown something."""
        clock_only = clock_only and self.state is state
        self.links = links
        told: list[Panel] = []
        for panel in self.panels:
            link = links(panel.source).under(state.link) if panel.source else state.link
            if panel.frozen is not frozen or link_mark(link) != link_mark(panel.link):
                told.append(panel)
            panel.link, panel.frozen = link, frozen
        if not frozen or self.state is None:
            self.state = state
            (self.tick if clock_only else self.draw)(state)
        for panel in told:
            # Its title says so, whether its entries have changed or not.
            panel.repaint()

    def perform(self, name: str) -> None:
        """Carry out a screen action of the table."""
        panel = self.active
        if name in _MOVES:
            self.moved(panel).move(_MOVES[name])
        elif name in _PAGES:
            self.moved(panel).move_page(_PAGES[name])
        elif name in _MATCHES:
            self.main.move_round(_MATCHES[name])
        elif name in _PANELS:
            self.next_panel(_PANELS[name])
        elif name == "top":
            self.moved(panel).move_to(0)
        elif name == "bottom":
            self.moved(panel).move_to(len(self.moved(panel).keys()) - 1)
        elif name == "details":
            self.details(panel)
        elif name == "sort":
            self.next_sort()
        elif name == "back":
            self._back()

    def moved(self, panel: Panel) -> Panel:
        """Return the panel in which the cursor moves while `panel` has the focus."""
        return panel

    def next_panel(self, step: int) -> None:
        """Visit another panel."""
        shown = [panel for panel in self.panels if self.reachable(panel)]
        at = shown.index(self.active) if self.active in shown else 0
        self.visit(shown[(at + step) % len(shown)])

    def visit(self, panel: Panel) -> None:
        """Give `panel` the focus."""
        panel.focus()

    def _back(self) -> None:
        if self.filter:
            self.set_filter("")
        else:
            self.close_details()
        self.main.focus()


def _unasked(name: str) -> Link:
    return Link("loading", 0, awaited=name)
