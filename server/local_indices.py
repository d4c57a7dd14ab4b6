"""Levels of every index, by partnership, round and side; and over all people of all partnerships."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis.cluster_means import cluster_robust_mean
from analysis.disclosure import cell_refusal
from analysis.estimates import IntArray
from analysis.intervals import FEWEST_FOR_INTERVAL
from server.exchange.csv_in import AnswerTable
from server.exchange.histories import Histories
from server.local_rows import ALL, Row, hidden
from server.local_scores import Levels, ScoreTable
from surveys.releases import Cell

METHOD = "mean over organizations, infinite"
METHOD_ALL = "mean over people, interval over organizations (CR2)"
SIDES = ("national", "external")


def index_rows(given: Histories, scored: ScoreTable) -> Iterator[Row]:
    """Rows of indices.csv: partnerships in order, then all together."""
    table = given.answers
    assert table is not None
    populations = [("all", scored.levels), *_by_side(table, scored)]
    for at in range(scored.n_cells):
        name, number = table.partnerships[scored.cell_partnership[at]], int(scored.cell_round[at])
        for population, levels in populations:
            for column, target in enumerate(scored.targets):
                cell = level_cell(levels, at, column, target, population)
                if population == "all" or cell.reason != "no_data":
                    yield Row(name, number, given.days[name][number], cell)
    yield from _over_all(given, table, scored)


def level_cell(levels: Levels, at: int, column: int, target: str, population: str = "all") -> Cell:
    """One level, or the floor that hides it."""
    cell = Cell("level", target, population, method=METHOD, question="infinite")
    if refusal := levels.refusal[at, column]:
        return hidden(cell, str(refusal))
    value, low, high = (float(one[at, column]) for one in (levels.value, levels.low, levels.high))
    known, enough = np.isfinite(low), levels.organizations[at, column] >= FEWEST_FOR_INTERVAL
    return Cell(
        "level",
        target,
        population,
        value=value,
        low=low if known else None,
        high=high if known else None,
        n=int(levels.people[at, column]),
        method=METHOD,
        question="infinite",
        reason=None if known else "zero_variance" if enough else "too_few",
    )


def _by_side(table: AnswerTable, scored: ScoreTable) -> Iterator[tuple[str, Levels]]:
    """The two sides apart, where the file tells them apart."""
    if len(set(table.sides.values())) < 2:
        return
    codes = np.array([SIDES.index(table.sides.get(at, "national")) for at in range(len(table.organizations))])
    for code, side in enumerate(SIDES):
        yield side, scored.levels_of(codes[scored.group_organization] == code)


def _over_all(given: Histories, table: AnswerTable, scored: ScoreTable) -> Iterator[Row]:
    clusters: IntArray = table.partnership * len(table.organizations) + table.organization
    for number in np.unique(table.round):
        rows = table.round == number
        day = max(days[number] for days in given.days.values() if number in days)
        for column, target in enumerate(scored.targets):
            values = scored.scores[rows, column]
            known = np.isfinite(values)
            cell = Cell("level", target, method=METHOD_ALL, question="infinite")
            refusal = cell_refusal(np.unique(clusters[rows][known], return_counts=True)[1])
            if refusal:
                yield Row(ALL, int(number), day, hidden(cell, refusal))
                continue
            found = cluster_robust_mean(values[known], clusters[rows][known])
            low, high = (None if np.isnan(end) else float(end) for end in (found.low, found.high))
            yield Row(
                ALL,
                int(number),
                day,
                Cell(
                    "level",
                    target,
                    value=found.value,
                    low=low,
                    high=high,
                    n=int(known.sum()),
                    method=METHOD_ALL,
                    question="infinite",
                    reason=None if low is not None else "zero_variance",
                ),
            )
