"""The composite index: never without its twin, its lowest block and what its computation does to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from analysis.estimates import FloatArray
from analysis.indices import composite_index
from analysis.robustness import Answers, Design, Robustness, robustness
from server.candidates import cell_of, number
from server.comparability import is_comparable
from server.measurement import EarlierRound, RoundAnswers
from surveys.releases import Cell


def composites(
    given: RoundAnswers, earlier: Sequence[EarlierRound], rng: np.random.Generator, *, robust: bool
) -> Iterator[Cell]:
    codes = [code for code in given.instrument.composite if f"construct:{code}" in given.scores]
    if len(codes) < 2:
        return
    blocks = np.array([_level(given, f"construct:{code}") for code in codes])
    if not np.isfinite(blocks).all():
        yield Cell("composite_arithmetic", "composite", reason="no_data")
        return
    found = composite_index(blocks)
    yield Cell("composite_arithmetic", "composite", value=found.arithmetic, method="arithmetic mean of constructs")
    yield Cell("composite_geometric", "composite", value=found.geometric, method="geometric mean, floor 1 point")
    yield Cell("composite_lowest", "composite", value=found.lowest, word=codes[found.lowest_at], method="lowest")
    if robust:
        yield from _monte_carlo(given, codes, earlier, rng)


def _level(given: RoundAnswers, target: str) -> float:
    means, counts = given.organization_scores[target]
    return float(means[counts > 0].mean()) if (counts > 0).any() else float("nan")


def _monte_carlo(
    given: RoundAnswers, codes: Sequence[str], earlier: Sequence[EarlierRound], rng: np.random.Generator
) -> Iterator[Cell]:
    items = [item for item in given.instrument.items if item.construct_code in codes]
    columns = given.columns(items)
    if not columns.size:
        return
    asked = [given.instrument.items[at] for at in columns]
    design = Design(
        blocks=np.array([codes.index(item.construct_code) for item in asked]),
        reversed_items=np.array([item.reverse for item in asked]),
        sides=given.sides,
        low=0.0,
        high=100.0,
    )
    people = Answers(given.points[:, columns], given.organization)
    yield from _cells(robustness(people, design, rng=rng), "composite_monte_carlo", change=False)
    if earlier and is_comparable(given, earlier, earlier[-1], "composite"):
        targets = [f"item:{item.code}" for item in asked]
        before = _means(earlier[-1].table(given.organizations, targets))
        now = _means(np.column_stack([given.organization_scores[target][0] for target in targets]))
        yield from _cells(robustness(now, design, rng=rng, previous=before), "composite_change", change=True)


def _means(table: FloatArray) -> Answers:
    """Organization means stand in for people: of an earlier round nothing finer is left."""
    has = np.isfinite(table).any(axis=1)
    return Answers(table[has], np.flatnonzero(has))


def _cells(found: Robustness, kind: str, *, change: bool) -> Iterator[Cell]:
    estimate, shares = (found.change, found.change_shares) if change else (found.score, found.score_shares)
    flags = ("sign_holds",) if change and found.sign_holds else ()
    cell = cell_of(kind, "composite", "all", estimate)
    yield replace(cell, method="median, 5th to 95th percentile of 2,048 runs", flags=(*cell.flags, *flags))
    if not change:
        for share in shares:
            for name, value in (("sensitivity_first", share.first), ("sensitivity_total", share.total)):
                yield Cell(name, f"factor:{share.factor}", value=number(value), method="share of variance")
