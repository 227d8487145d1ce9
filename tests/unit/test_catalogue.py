"""What is recorded of faults and mutations has to stay true; `python -m tests.mutate` runs them."""

from __future__ import annotations

import pytest

from tests.catalogue import ROOT, Fault, Mutation, faults, missing, mutations
from tests.mutate import mutated

FAULTS = faults()
MUTATIONS = mutations()

MARKET_DATA = {*range(1, 35), 63}
"""Rows whose faults are those of market data; the others come with the parts they concern."""


def test_every_row_is_recorded_once_with_its_tests() -> None:
    rows = [fault.row for fault in FAULTS]
    assert rows == sorted(set(rows))
    assert set(rows) >= MARKET_DATA
    assert [fault.row for fault in FAULTS if not (fault.tests or fault.open)] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.row))
def test_the_tests_of_a_row_exist(fault: Fault) -> None:
    assert {test: missing(test) for test in fault.tests if missing(test)} == {}


def test_a_name_that_means_nothing_is_missed() -> None:
    here = "tests/unit/test_catalogue.py"
    assert missing(here) == ""
    assert missing("README.md") == "README.md"
    assert missing("tests/unit/test_nothing.py::test_a") == "tests/unit/test_nothing.py"
    assert missing(f"{here}::test_no_such_thing") == "test_no_such_thing"
    assert missing(f"{here}::FAULTS") == "FAULTS"
    assert missing(f"{here}::test_a_name_that_means_nothing_is_missed[1]") == ""


def test_every_row_that_loses_money_silently_has_a_mutation() -> None:
    severe = {fault.row for fault in FAULTS if fault.severity == "S1" and fault.tests}
    assert severe - {mutation.row for mutation in MUTATIONS} == set()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: str(mutation.row))
def test_a_recorded_mutation_still_applies(mutation: Mutation) -> None:
    text = (ROOT / mutation.file).read_text(encoding="utf-8")
    changed = mutated(text, mutation)
    assert changed != text
    if mutation.file.endswith(".py"):
        compile(changed, mutation.file, "exec")
    assert mutation.tests
    assert {test: missing(test) for test in mutation.tests if missing(test)} == {}
