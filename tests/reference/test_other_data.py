"""The adapters on other data of the same methods: nothing in them may depend on the public cases alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.reference.cases import Case, Comparison, in_listed_order, is_nothing, nothing_of
from tests.reference.run import methods
from tests.reference.test_reference import FOLDER

NAMES = {"actor", "partner", "group", "grp", "unit", "org", "partnership", "set", "t", "time", "wave", "cluster"}
QUICK = [path for path in sorted(FOLDER.glob("*.json")) if path.stem[:3] not in ("D01", "D03", "D05", "D09", "D10")]


def _answers(case: Case) -> list[str]:
    """Columns that hold what was measured."""
    named = NAMES | set(case.input.get("dimensions", []))
    return [name for name, cells in case.data.items() if name not in named and _is_numeric(cells)]


def _is_numeric(cells: list[str | None]) -> bool:
    try:
        return len([float(cell) for cell in cells if cell is not None]) > 0
    except ValueError:
        return False


def _with(case: Case, columns: list[str], value: str | None) -> Case:
    return replace(case, data=case.data | {name: [value] * len(case.data[name]) for name in columns})


def _computed(case: Case) -> Comparison:
    method = methods()[case.method]
    comparison = Comparison(case, method.tolerance)
    computed = method.compute(case)
    assert not any(isinstance(value, float | np.floating) and np.isinf(value) for value in _leaves(computed))
    comparison.walk(computed, case.expected)
    return comparison


def _leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in _leaves(one)]
    if isinstance(value, np.ndarray | list | tuple):
        return [leaf for one in list(value) for leaf in _leaves(one)]
    return [value]


@pytest.mark.parametrize("path", QUICK, ids=lambda path: path.stem)
@pytest.mark.parametrize("rows", [0, 2])
def test_hardly_any_row_is_no_crash(path: Path, rows: int) -> None:
    case = Case.read(path)
    _computed(replace(case, data={name: cells[:rows] for name, cells in case.data.items()}))


@pytest.mark.parametrize("path", QUICK, ids=lambda path: path.stem)
def test_nobody_answered_is_no_crash(path: Path) -> None:
    case = Case.read(path)
    _computed(_with(case, _answers(case), None))


@pytest.mark.parametrize("path", [p for p in QUICK if p.stem[0] != "E" or p.stem[:3] != "E13"], ids=lambda p: p.stem)
def test_all_the_same_is_no_crash(path: Path) -> None:
    case = Case.read(path)
    _computed(_with(case, _answers(case), "3"))


@pytest.mark.parametrize("start", ["A0", "A1", "C0", "E0", "F0", "F11", "G0", "G10"])
def test_order_of_columns_changes_nothing(start: str) -> None:
    for path in (path for path in QUICK if path.stem.startswith(start)):
        case = Case.read(path)
        turned = replace(case, data=dict(reversed(list(case.data.items()))))
        assert _computed(turned).differences == [], path.stem


def test_nothing_has_many_spellings() -> None:
    assert is_nothing([None, {"a": float("nan"), "b": []}])
    assert not is_nothing([None, 0.0])
    assert nothing_of({"a": [1, {"b": "x"}]}) == {"a": [None, {"b": None}]}


def test_listed_order_counts_only_for_the_same_names() -> None:
    assert in_listed_order(["B", "a"], ["a", "B"]) == ["a", "B"]
    assert in_listed_order(["10", "9"], ["9"]) == ["9", "10"]
