"""The views behind the number keys, by name and in the order of the keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from arbot_tui.tui.look import Look
from arbot_tui.tui.views.matrix import MatrixView
from arbot_tui.tui.views.view import View

__all__ = ["VIEWS"]

VIEWS: Mapping[str, Callable[[Look], View]] = {view.NAME: view for view in (MatrixView,)}
