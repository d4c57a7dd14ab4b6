"""Change over all people of all partnerships: the row `(all)` of trends.csv, for the analyst who holds the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial

import numpy as np

from analysis.change import Change, overlapping_test, paired_test, welch_test
from analysis.disclosure import cell_refusal
from analysis.estimates import FloatArray, IntArray
from server.candidates import cell_of
from server.exchange.csv_in import AnswerTable
from server.exchange.histories import Histories
from server.local_changes import trend_cells, years_of
from server.local_rows import ALL, Row, hidden
from server.local_scores import ScoreTable
from surveys.releases import Cell

METHODS: tuple[tuple[str, str, Callable[[FloatArray, FloatArray], Change]], ...] = (
    ("", "partially overlapping t (T_new2)", partial(overlapping_test, form="correlation")),
    ("_paired", "paired t", paired_test),
    ("_independent", "Welch", welch_test),
)


def people_rows(given: Histories, scored: ScoreTable) -> Iterator[Row]:
    """Changes since the round before and since the first, each by three methods, then the trend.

    People are the units here: a person is a respondent of a partnership, found again by the code in the file.
    """
    table = given.answers
    assert table is not None
    numbers = np.unique(table.round)
    days = [max(known[int(n)] for known in given.days.values() if int(n) in known) for n in numbers]
    sheets = [_Sheet(table, scored, int(number)) for number in numbers]
    for at, (sheet, day) in enumerate(zip(sheets, days, strict=True)):
        pairs = [] if at == 0 else [("change_last", at - 1)] + ([("change_first", 0)] if at > 1 else [])
        for estimate, other in pairs:
            for cell in _compared(sheets[other], sheet, estimate, scored.targets):
                yield Row(ALL, int(numbers[at]), day, cell)
    values = np.array([sheet.means() for sheet in sheets])
    refusals = np.array([sheet.refusals for sheet in sheets], dtype=object)
    for cell in trend_cells(scored.targets, years_of(days), values, refusals):
        yield Row(ALL, int(numbers[-1]), days[-1], cell)


class _Sheet:
    """One round of everybody: who they are, where they belong, what they scored."""

    def __init__(self, table: AnswerTable, scored: ScoreTable, number: int) -> None:
        rows = table.round == number
        width = int(table.respondent.max()) + 1
        self.person: IntArray = table.partnership[rows] * width + table.respondent[rows]
        self.cluster: IntArray = table.partnership[rows] * len(table.organizations) + table.organization[rows]
        self.scores = scored.scores[rows]
        order = np.argsort(self.person, kind="stable")
        self.person, self.cluster, self.scores = self.person[order], self.cluster[order], self.scores[order]

    def means(self) -> list[float]:
        known = np.isfinite(self.scores)
        count = known.sum(axis=0)
        total = np.where(known, self.scores, 0.0).sum(axis=0)
        return [float(one) for one in np.where(count > 0, total / np.maximum(count, 1), np.nan)]

    @cached_property
    def refusals(self) -> list[str]:
        found: list[str] = []
        for column in range(self.scores.shape[1]):
            sizes = np.bincount(self.cluster[np.isfinite(self.scores[:, column])])
            found.append(cell_refusal(sizes[sizes > 0]) or "")
        return found


def _compared(first: _Sheet, second: _Sheet, estimate: str, targets: Sequence[str]) -> Iterator[Cell]:
    people = np.sort(np.concatenate([first.person, second.person]))
    people = people[np.concatenate([[True], people[1:] != people[:-1]])]
    before, now = (np.full((people.size, len(targets)), np.nan) for _ in range(2))
    before[np.searchsorted(people, first.person)] = first.scores
    now[np.searchsorted(people, second.person)] = second.scores
    for column, target in enumerate(targets):
        refused = first.refusals[column] or second.refusals[column]
        for suffix, method, compare in METHODS:
            found = compare(before[:, column], now[:, column])
            cell = cell_of(estimate + suffix, target, "all", found.estimate)
            p = None if np.isnan(found.p) else found.p
            made = replace(cell, p=p, method=f"{method}, people", question="infinite")
            yield hidden(made, refused) if refused else made
