"""What a release says of the series it continues: the trend over published points, breaks and events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np

from analysis.control import step_at_event
from analysis.trends import Trend, hold_back, trend
from server.comparability import breaks_between, comparable_rounds, earlier_occasion, items_behind, occasion_of
from server.estimation_changes import DAYS_PER_YEAR
from server.measurement import EarlierRound, RoundAnswers
from surveys.releases import Cell, Marker, Release

VERDICTS = {"rising": "rising", "falling": "falling", "none": "no_claim"}


def trend_cells(
    given: RoundAnswers, cells: Sequence[Cell], earlier: Sequence[EarlierRound], before: Sequence[Release]
) -> Iterator[Cell]:
    """Mann-Kendall and Theil-Sen over the published whole points of each headline, since the last break; Holm.

    An instrument without headlines makes its claims for its constructs.
    """
    leading = "headline:" if given.instrument.headlines else "construct:"
    targets, found, counts = [], [], []
    for cell in cells:
        if cell.estimate != "level" or cell.population != "all" or not cell.target.startswith(leading):
            continue
        points = _since_break(given, cell, earlier, before)
        years = np.array([(day - points[0][0]).days / DAYS_PER_YEAR for day, _ in points])
        targets.append(cell.target)
        counts.append(len(points))
        found.append(trend(years, np.array([value for _, value in points], dtype=np.float64)))
    for target, n, one in zip(targets, counts, hold_back(tuple(found)), strict=True):
        yield _trend_cell(target, n, one)


def _since_break(
    given: RoundAnswers, cell: Cell, earlier: Sequence[EarlierRound], before: Sequence[Release]
) -> list[tuple[date, float]]:
    """The published points of one headline, oldest first, back to the last break of its series."""
    points = [(release, _value_of(release, cell.target)) for release in before]
    told = [release for release, value in points if value is not None]
    comparable = comparable_rounds(given, earlier, cell.target, told)
    found = [(one.closed_on, v) for one, v in points if v is not None and one.round_number in comparable]
    return found if cell.value is None else [*found, (given.closed_on, cell.value)]


def _trend_cell(target: str, n: int, found: Trend) -> Cell:
    if found.reason in ("too_few_rounds", "no_data"):
        return Cell("trend", target, n=n, word="too_few_rounds", reason="too_few_rounds")
    value, low, high = (round(one, 1) if np.isfinite(one) else None for one in _line(found))
    return Cell(
        "trend",
        target,
        value=value,
        low=low,
        high=high,
        n=n,
        p=round(found.p, 4) if np.isfinite(found.p) else None,
        method="Theil-Sen per year, Mann-Kendall; between-round variation only",
        word=VERDICTS[found.claim],
        reason=found.reason if value is None else None,
    )


def _line(found: Trend) -> tuple[float, float, float]:
    return found.slope.value, found.slope.low, found.slope.high


def step_cells(
    given: RoundAnswers,
    cells: Sequence[Cell],
    earlier: Sequence[EarlierRound],
    before: Sequence[Release],
    agreed: Sequence[date],
) -> Iterator[Cell]:
    """Mean of the published points after an agreement minus the mean before it, since the last break.

    No claim below 8 rounds.
    """
    if not agreed:
        return
    on = max(agreed)
    for cell in cells:
        if cell.estimate != "level" or cell.population != "all" or not cell.target.startswith("headline:"):
            continue
        known = _since_break(given, cell, earlier, before)
        position = sum(day <= on for day, _ in known)
        if not 0 < position < len(known):
            continue
        found = step_at_event(np.array([value for _, value in known], dtype=np.float64), position)
        yield Cell(
            "step_event",
            cell.target,
            value=float(round(found.change.value)),
            n=len(known),
            p=round(found.p, 3) if np.isfinite(found.p) else None,
            method="mean after minus mean before the latest agreement",
            word=on.isoformat(),
        )


def _value_of(release: Release, target: str) -> float | None:
    level = release.find("level", target)
    return None if level is None else level.value


def markers(given: RoundAnswers, earlier: Sequence[EarlierRound], agreed: Sequence[date] = ()) -> Iterator[Marker]:
    """What happened between the last round and this one, and whether it breaks comparability."""
    since = earlier[-1].closed_on if earlier else date.min
    for day in sorted(set(agreed)):
        if since < day <= given.closed_on:
            yield Marker("agreement", day, is_break=False)
    if not earlier:
        return
    yield from _breaks(given, earlier[-1])


def _breaks(given: RoundAnswers, last: EarlierRound) -> Iterator[Marker]:
    """What changed since the last round: a questionnaire breaks what it changed, languages and partners everything."""
    on, pair = given.closed_on, (earlier_occasion(last), occasion_of(given))
    if last.instrument_version != given.instrument.version:
        constructs = [c.code for c in given.instrument.constructs if f"construct:{c.code}" in given.scores]
        changed = [
            code
            for code in constructs
            if "item_version" in breaks_between(pair, items_behind(given, f"construct:{code}")).why[-1]
        ]
        yield Marker("instrument_version", on, is_break=bool(changed), note=" ".join(changed))
    found = breaks_between(pair, ())
    if "language" in found.why[-1]:
        yield Marker("language_shares", on, is_break=True)
    if "membership" in (*found.why[-1], *found.markers[-1]):
        yield Marker("membership", on, is_break="membership" in found.why[-1])
