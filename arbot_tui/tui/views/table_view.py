"""What views have in common whose main panel is a table: its filter, its order, what follows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic

from arbot_tui.tui.look import Look
from arbot_tui.tui.view import ViewState
from arbot_tui.tui.views.view import View
from arbot_tui.tui.widgets.panel import Panel
from arbot_tui.tui.widgets.table import T, TablePanel

__all__ = ["TableView"]


class TableView(View, Generic[T]):
    """A table and panels that may show what is selected in it, and can be folded away.

    Attributes:
        table: The table.
    """

    def __init__(self, look: Look, table: TablePanel[T], others: Sequence[Panel]) -> None:
        self.table = table
        super().__init__(look, (table, *others))

    def follow(self, state: ViewState) -> None:
        """Show what is selected in the table now; `state` is what the view shows."""

    @property
    def filter(self) -> str:
        """The table's filter."""
        return self.table.filter

    def set_filter(self, text: str) -> None:
        """Show only what contains `text`."""
        self.table.set_filter(text)
        self._follow()

    def next_sort(self) -> None:
        """Sort by the next column."""
        self.table.next_sort()
        self._follow()

    def perform(self, name: str) -> None:
        """Carry out an action and let the other panels follow the cursor."""
        super().perform(name)
        self._follow()

    def details(self, panel: Panel) -> None:
        """Fold or unfold the other panels."""
        del panel
        self.toggle_class("-folded")
        if self.has_class("-folded"):
            self.table.focus()

    def _follow(self) -> None:
        if self.state is not None:
            self.follow(self.state)
