"""Reference cases: a folder of pairs ID.csv and ID.json computed by other packages, and how numbers are compared."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from analysis.estimates import FloatArray

REL, ABS = 1e-9, 1e-11  # for a case that names neither


class Difference(NamedTuple):
    path: str
    computed: Any
    expected: Any


@dataclass(frozen=True)
class Case:
    """One reference case. data: column name -> cells as text, None where the cell is empty (the text None stays)."""

    id: str
    method: str
    input: dict[str, Any]
    expected: dict[str, Any]
    tolerance: dict[str, Any]
    conventions: str
    data: dict[str, list[str | None]]

    @classmethod
    def read(cls, path: Path) -> Case:
        found = json.loads(path.read_text(encoding="utf-8"))
        data = read_columns(path.with_name(found["data"]["file"]))
        return cls(
            found["id"],
            found["method"],
            found.get("input") or {},
            found["expected"],
            found.get("tolerance") or {},
            str(found.get("conventions", "")),
            data,
        )

    def text(self, name: str) -> list[str | None]:
        return self.data[name]

    def column(self, name: str) -> FloatArray:
        return np.array([math.nan if cell is None else float(cell) for cell in self.data[name]], dtype=np.float64)

    def matrix(self, names: Sequence[str]) -> FloatArray:
        return np.column_stack([self.column(name) for name in names])

    @cached_property
    def rel_abs(self) -> tuple[float, float]:
        return float(self.tolerance.get("rel", REL)), float(self.tolerance.get("abs", ABS))


Place = tuple[str, ...]
Tolerance = Callable[[Case, Place], tuple[float, float] | None]


@dataclass(frozen=True)
class Method:
    """How one method of the cases is computed here. tolerance: (rel, abs) for a path, None = the case's own."""

    compute: Callable[[Case], Mapping[str, Any]]
    tolerance: Tolerance | None = None
    unsupported: str | None = None


@dataclass
class Comparison:
    """Walks what is expected; counts the values compared and keeps the differences."""

    case: Case
    tolerance: Tolerance | None = None
    compared: int = 0
    differences: list[Difference] = field(default_factory=list)

    def walk(self, computed: Any, expected: Any, path: Place = ()) -> None:
        if is_nothing(expected) and is_nothing(computed):
            self.compared += 1
        elif isinstance(expected, Mapping):
            self._mapping(computed, expected, path)
        elif isinstance(expected, list):
            self._list(computed, expected, path)
        else:
            self._value(_scalar(computed), expected, path)

    def _mapping(self, computed: Any, expected: Mapping[str, Any], path: Place) -> None:
        if not isinstance(computed, Mapping):
            self._differs(path, computed, "a mapping")
            return
        for key, value in expected.items():
            if key in computed:
                self.walk(computed[key], value, (*path, key))
            else:
                self._differs((*path, key), "not computed", value)

    def _list(self, computed: Any, expected: list[Any], path: Place) -> None:
        cells = _cells(computed)
        if cells is None or len(cells) != len(expected):
            self._differs(path, computed, f"{len(expected)} values")
            return
        for index, (one, other) in enumerate(zip(cells, expected, strict=True)):
            self.walk(one, other, (*path, str(index)))

    def _value(self, computed: Any, expected: Any, path: Place) -> None:
        self.compared += 1
        if not self._equal(computed, expected, path):
            self._differs(path, computed, expected)

    def _equal(self, computed: Any, expected: Any, path: Place) -> bool:
        if is_null(expected) or is_null(computed):
            return is_null(expected) and is_null(computed)
        if isinstance(expected, bool) or isinstance(computed, bool) or not _is_number(expected):
            return type(computed) is type(expected) and bool(computed == expected)
        if not _is_number(computed):
            return False
        rel, abs_ = (self.tolerance and self.tolerance(self.case, path)) or self.case.rel_abs
        return abs(float(computed) - expected) <= max(abs_, rel * abs(expected))

    def _differs(self, path: Place, computed: Any, expected: Any) -> None:
        self.differences.append(Difference(".".join(path), computed, expected))


def is_null(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def is_nothing(value: Any) -> bool:
    """Null, or a collection that holds no number and no word: both ways in which the files say "not defined"."""
    if isinstance(value, Mapping):
        return all(is_nothing(one) for one in value.values())
    cells = _cells(value)
    return (
        is_null(value)
        if cells is None or not isinstance(value, np.ndarray | list | tuple)
        else all(is_nothing(one) for one in cells)
    )


def nothing_of(expected: Any) -> Any:
    """The shape of what is expected, without a number in it: for data from which nothing can be computed."""
    if isinstance(expected, Mapping):
        return {key: nothing_of(value) for key, value in expected.items()}
    return [nothing_of(value) for value in expected] if isinstance(expected, list) else None


def in_listed_order(names: Sequence[str], listed: Sequence[Any]) -> list[str]:
    """Names in the order a case lists them, since sorting of text differs by locale; else by number, else by text."""
    wanted = [str(name) for name in listed]
    if sorted(wanted) == sorted(names):
        return wanted
    try:
        return sorted(names, key=float)
    except ValueError:
        return sorted(names)


def read_columns(path: Path) -> dict[str, list[str | None]]:
    with path.open(encoding="utf-8", newline="") as lines:
        header, *rows = list(csv.reader(lines))
    return {name: [row[i] if i < len(row) and row[i] != "" else None for row in rows] for i, name in enumerate(header)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cells(computed: Any) -> list[Any] | None:
    if isinstance(computed, np.ndarray):
        return list(computed.tolist()) if computed.ndim else [computed.item()]
    if isinstance(computed, list | tuple):
        return list(computed)
    return None if isinstance(computed, Mapping) else [_scalar(computed)]


def _scalar(computed: Any) -> Any:
    """A numpy value as Python's own; a list of one as its value, since the files write both alike."""
    if isinstance(computed, np.ndarray | list | tuple) and len(computed) == 1:
        computed = computed[0]
    return computed.item() if isinstance(computed, np.generic) else computed
