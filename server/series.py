"""What a release says of the series it continues: the trend over published points, breaks and events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import numpy as np

from analysis.breaks import LARGEST_LANGUAGE_SHIFT, LEAST_OVERLAP
from analysis.control import step_at_event
from analysis.trends import Trend, hold_back, trend
from server.estimation_changes import DAYS_PER_YEAR, is_comparable
from server.measurement import EarlierRound, RoundAnswers, language_shares
from surveys.releases import Cell, Marker, Release

LANGUAGE_SHIFT = 100.0 * LARGEST_LANGUAGE_SHIFT  # shares stand in points here
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
        points = _since_break(given, cell, {other.number: other for other in earlier}, before)
        years = np.array([(day - points[0][0]).days / DAYS_PER_YEAR for day, _ in points])
        targets.append(cell.target)
        counts.append(len(points))
        found.append(trend(years, np.array([value for _, value in points], dtype=np.float64)))
    for target, n, one in zip(targets, counts, hold_back(tuple(found)), strict=True):
        yield _trend_cell(target, n, one)


def _since_break(
    given: RoundAnswers, cell: Cell, comparable: Mapping[int, EarlierRound], before: Sequence[Release]
) -> list[tuple[date, float]]:
    """The published points of one headline, oldest first, back to the first round that asked something else."""
    points = [(given.closed_on, cell.value)]
    for release in reversed(before):
        other = comparable.get(release.round_number)
        if other is not None and not is_comparable(given, other, cell.target):
            break
        points.insert(0, (release.closed_on, _value_of(release, cell.target)))
    return [(day, value) for day, value in points if value is not None]


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
    given: RoundAnswers, cells: Sequence[Cell], before: Sequence[Release], agreed: Sequence[date]
) -> Iterator[Cell]:
    """Mean of the published points after an agreement minus the mean before it: no claim below 8 rounds."""
    if not agreed:
        return
    on = max(agreed)
    for cell in cells:
        if cell.estimate != "level" or cell.population != "all" or not cell.target.startswith("headline:"):
            continue
        points = [(release.closed_on, _value_of(release, cell.target)) for release in before]
        points.append((given.closed_on, cell.value))
        known = [(day, value) for day, value in points if value is not None]
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
    last, on = earlier[-1], given.closed_on
    if last.instrument_version != given.instrument.version:
        targets = [f"construct:{construct.code}" for construct in given.instrument.constructs]
        changed = [target for target in targets if target in given.scores and not is_comparable(given, last, target)]
        note = " ".join(target.removeprefix("construct:") for target in changed)
        yield Marker("instrument_version", on, is_break=bool(changed), note=note)
    now, then = language_shares(given.languages), last.languages
    if then and any(abs(now.get(one, 0.0) - then.get(one, 0.0)) > LANGUAGE_SHIFT for one in now.keys() | then.keys()):
        yield Marker("language_shares", on, is_break=True)
    here, there = {one.id for one in given.organizations}, set(last.invited)
    if there and here != there:
        overlap = len(here & there) / len(here | there)
        yield Marker("membership", on, is_break=overlap < LEAST_OVERLAP)
