"""Rows of other people that cannot be read do not hide ours."""

from __future__ import annotations

import msgspec
import pytest

from arbot_tui.domain.errors import MalformedMessage
from arbot_tui.domain.order_ids import client_order_id
from arbot_tui.exchanges.transport.rows import Rows, read_rows

OURS = client_order_id("k3f9x0z", 1, 0, 0)


class Row(msgspec.Struct):
    qty: int
    name: str | None = None


class Named(msgspec.Struct):
    name: str | None = None


def read(*rows: object) -> Rows[int]:
    return read_rows(
        [msgspec.Raw(msgspec.json.encode(row)) for row in rows],
        lambda raw: msgspec.json.decode(raw, type=Row).qty,
        lambda raw: msgspec.json.decode(raw, type=Named).name,
    )


@pytest.mark.parametrize("name", [{"name": "x-tool"}, {"name": ""}, {"name": None}, {}])
def test_what_is_surely_not_ours_is_skipped_and_counted(name: dict[str, object]) -> None:
    found = read({"qty": 1, "name": OURS}, {"qty": "dear\x1b"} | name, {"qty": 2})
    assert found.read == [1, 2]
    (reason,) = found.unreadable
    assert "int" in reason


@pytest.mark.parametrize(
    "row", [{"qty": "dear", "name": OURS}, {"qty": "dear", "name": 7}, "an order", 5]
)
def test_what_may_be_ours_fails_the_list(row: object) -> None:
    with pytest.raises((ValueError, MalformedMessage)):
        read({"qty": 1}, row)


def test_pages_add_up() -> None:
    found = read({"qty": 1}, {"qty": "x"})
    found.add(read({"qty": "y"}, {"qty": 3}))
    assert (found.read, len(found.unreadable)) == ([1, 3], 2)
