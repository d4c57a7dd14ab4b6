"""Too little, too equal, or nothing at all, asked of every estimator: no exception, no warning, nothing infinite."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from analysis.estimates import FloatArray
from tests.analysis.estimators import everything, flat

NAMES = [(name, estimator, kind) for name, estimator, kind in everything()]
RNG = np.random.default_rng(12)
ANSWERS = np.round(RNG.uniform(0, 10, (30, 4)))

TABLES: dict[str, FloatArray] = {
    "nobody": np.empty((0, 4)),
    "no item": np.empty((30, 0)),
    "one respondent": ANSWERS[:1],
    "two respondents": ANSWERS[:2],
    "one item": ANSWERS[:, :1],
    "two items": ANSWERS[:, :2],
    "one of each": ANSWERS[:1, :1],
    "all equal": np.full((30, 4), 6.0),
    "two, all equal": np.full((2, 4), 6.0),
    "all missing": np.full((30, 4), np.nan),
    "a constant item": np.column_stack([ANSWERS[:, :3], np.full(30, 4.0)]),
    "a constant item but one": np.column_stack([ANSWERS[:, :3], [5.0] + [4.0] * 29]),
    "an item nobody answered": np.column_stack([ANSWERS[:, :3], np.full(30, np.nan)]),
    "the same item four times": np.repeat(ANSWERS[:, :1], 4, axis=1),
    "opposite items": np.column_stack([ANSWERS[:, 0], 10 - ANSWERS[:, 0]]),
    "never answered together": np.where(np.arange(30)[:, None] % 4 == np.arange(4), ANSWERS, np.nan),
    "all but one missing": np.where(np.arange(120).reshape(30, 4) == 7, ANSWERS, np.nan),
    "only the ends": np.where(ANSWERS > 5, 10.0, 0.0),
}
VALUES: dict[str, FloatArray] = {
    "none": np.empty(0),
    "one": np.array([62.0]),
    "two": np.array([62.0, 48.0]),
    "two equal": np.array([62.0, 62.0]),
    "three, one missing": np.array([62.0, np.nan, 48.0]),
    "two organizations": np.array([62.0, 48.0, 55.0, 51.0]),
    "a lone rater beside a pair": np.array([62.0, 48.0, 55.0]),
    "all equal": np.full(9, 62.0),
    "all missing": np.full(9, np.nan),
    "one known": np.array([np.nan] * 8 + [62.0]),
    "equal but one": np.array([62.0] * 8 + [61.0]),
    "at the ends": np.array([0.0, 100.0] * 5),
}
SQUARES: dict[str, FloatArray] = {
    "none": np.empty((0, 0)),
    "one": np.full((1, 1), np.nan),
    "two": np.array([[np.nan, 4.0], [7.0, np.nan]]),
    "three": np.round(RNG.uniform(0, 10, (3, 3))),
    "four": np.round(RNG.uniform(0, 10, (4, 4))),
    "all equal": np.full((7, 7), 6.0),
    "all missing": np.full((7, 7), np.nan),
    "a lone rater": np.where(np.arange(7)[:, None] == 2, np.round(RNG.uniform(0, 10, (7, 7))), np.nan),
    "a lone rated": np.where(np.arange(7)[None, :] == 2, np.round(RNG.uniform(0, 10, (7, 7))), np.nan),
    "one direction": np.where(np.tri(7, 7, -1) > 0, np.round(RNG.uniform(0, 10, (7, 7))), np.nan),
    "all zero": np.zeros((7, 7)),
    "raters alone differ": np.repeat(np.arange(7.0)[:, None], 7, axis=1),
    "everybody agrees": np.repeat(np.arange(7.0)[None, :], 7, axis=0),
}


def arguments(kind: str) -> Iterator[tuple[str, tuple[FloatArray, ...]]]:
    if kind == "pairs":
        for name, values in VALUES.items():
            yield name, (values, values[::-1])
            yield f"{name}, the same again", (values, values)
        return
    tables = {"items": TABLES, "square": SQUARES}.get(kind, VALUES)
    for name, values in tables.items():
        yield name, (values,)


CASES = [
    pytest.param(estimator, given, id=f"{name}: {case}")
    for name, estimator, kind in NAMES
    for case, given in arguments(kind)
    if not (case == "no item" and name in ("invariance", "ordinal_factor"))  # a pattern of no items is refused
]


@pytest.mark.parametrize(("estimator", "given"), CASES)
def test_an_edge(estimator: Callable[..., Any], given: tuple[FloatArray, ...]) -> None:
    result = estimator(*(values.copy() for values in given))
    for path, value in flat(result):
        if isinstance(value, float | np.floating | np.ndarray) and np.asarray(value).dtype.kind == "f":
            assert not np.isinf(value).any(), path
    for each in nested(result):
        if hasattr(each, "reason") and hasattr(each, "value") and isinstance(each.value, float):
            assert np.isfinite(each.value) or each.reason is not None, each


def nested(result: Any) -> Iterator[Any]:
    """The result and every dataclass inside it."""
    if dataclasses.is_dataclass(result):
        yield result
        for field in dataclasses.fields(result):
            yield from nested(getattr(result, field.name))
    elif isinstance(result, tuple | list):
        for each in result:
            yield from nested(each)


def test_every_estimator_is_asked() -> None:
    assert len({name for name, _, _ in NAMES}) == len(NAMES) > 50
