"""The views behind the number keys, by name and in the order of the keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from arbot_tui.tui.look import Look
from arbot_tui.tui.views.balances import BalancesView
from arbot_tui.tui.views.charts import ChartsView
from arbot_tui.tui.views.log import LogView
from arbot_tui.tui.views.matrix import MatrixView
from arbot_tui.tui.views.opportunities import OpportunitiesView
from arbot_tui.tui.views.orders import OrdersView
from arbot_tui.tui.views.settings import SettingsForm
from arbot_tui.tui.views.view import View

__all__ = ["VIEWS"]

VIEWS: Mapping[str, Callable[[Look], View]] = {
    view.NAME: view
    for view in (
        MatrixView,
        OpportunitiesView,
        OrdersView,
        BalancesView,
        ChartsView,
        LogView,
        SettingsForm,
    )
}
