"""Changes, slopes and trends of every partnership of a file, from the organization means of its rounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from analysis.change import overlapping_change, paired_change
from analysis.estimates import Estimate, FloatArray
from analysis.trends import Trend, average_change, hold_back, trend
from server.candidates import cell_of, number
from server.estimation_changes import DAYS_PER_YEAR
from server.exchange.histories import Histories
from server.local_rows import Row, hidden
from server.local_scores import ScoreTable, Words
from surveys.releases import Cell

VERDICTS = {"rising": "rising", "falling": "falling", "none": "no_claim"}
METHOD_TREND = "Theil-Sen per year, Mann-Kendall; between-round variation only"


def change_rows(given: Histories, scored: ScoreTable) -> Iterator[Row]:
    """Rows of trends.csv for each partnership: changes of every round, slope and trend of the whole series."""
    for partnership, name in enumerate(given.partnerships):
        cells = np.flatnonzero(scored.cell_partnership == partnership)
        if not cells.size:
            continue
        rounds, _, means = scored.matrices(partnership)
        days = [given.days[name][int(one)] for one in rounds]
        years = years_of(days)
        refusals = scored.levels.refusal[cells]
        trends = trend_cells(scored.targets, years, scored.levels.value[cells], refusals)
        for at, round_number in enumerate(rounds.tolist()):
            for column, target in enumerate(scored.targets):
                for cell in _changes(target, means[column], refusals[:, column], at, years):
                    yield Row(name, round_number, days[at], cell)
                if at == len(rounds) - 1:
                    yield Row(name, round_number, days[at], trends[column])


def years_of(days: Sequence[date]) -> FloatArray:
    return np.array([(day - days[0]).days / DAYS_PER_YEAR for day in days])


def _changes(target: str, means: FloatArray, refusals: Words, at: int, years: FloatArray) -> Iterator[Cell]:
    """Since the round before, since the first one, and per year; hidden where a round behind it is hidden."""
    if at == 0:
        return
    for estimate, other in (("change_last", at - 1), ("change_first", 0)):
        if estimate == "change_last" or at > 1:
            cell = cell_of(estimate, target, "all", change_of(means[:, other], means[:, at]))
            yield _guarded(cell, (refusals[other], refusals[at]))
    if at == len(years) - 1:
        slope = cell_of("slope_year", target, "all", average_change(years, means))
        yield _guarded(slope, refusals)


def change_of(before: FloatArray, now: FloatArray) -> Estimate:
    """Paired when the same organizations answered, for overlapping groups otherwise."""
    either = np.isfinite(before) | np.isfinite(now)
    first, second = before[either], now[either]
    if np.array_equal(np.isfinite(first), np.isfinite(second)):
        return replace(paired_change(first, second), method="paired t, organizations, infinite")
    return replace(overlapping_change(first, second), method="partially overlapping t, organizations, infinite")


def _guarded(cell: Cell, refusals: Iterable[str]) -> Cell:
    refused = next((reason for reason in refusals if reason), "")
    return hidden(cell, str(refused)) if refused else cell


def trend_cells(targets: Sequence[str], years: FloatArray, values: FloatArray, refusals: Words) -> list[Cell]:
    """Trend over the levels that may be shown, in whole points. values, refusals: (rounds, targets).

    Only the leading indices, headlines or else constructs, make a claim, held back by Holm; the others are described.
    """
    shown = np.where(refusals == "", values, np.nan)
    found = [trend(years, series) for series in shown.T]
    kind = "headline:" if any(target.startswith("headline:") for target in targets) else "construct:"
    leading = [at for at, target in enumerate(targets) if target.startswith(kind)]
    held = dict(zip(leading, hold_back(tuple(found[at] for at in leading)), strict=True))
    return [_trend_cell(target, held.get(at, found[at]), claims=at in held) for at, target in enumerate(targets)]


def _trend_cell(target: str, found: Trend, *, claims: bool) -> Cell:
    n, reason = found.slope.n, found.reason
    if reason in ("too_few_rounds", "no_data"):
        word = "too_few_rounds" if reason == "too_few_rounds" else None
        return Cell("trend", target, n=n, word=word, reason=reason, method=METHOD_TREND)
    slope, low, high, p = map(number, (found.slope.value, found.slope.low, found.slope.high, found.p))
    word = VERDICTS[found.claim] if claims else None
    return Cell(
        "trend", target, value=slope, low=low, high=high, n=n, p=p, word=word, reason=reason, method=METHOD_TREND
    )
