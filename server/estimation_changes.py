"""Change since earlier rounds, from organization means: since the last round, since the first, on average per year."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.change import overlapping_change, paired_change
from analysis.estimates import Estimate, FloatArray, missing
from analysis.published import Term
from analysis.ratings import error_variance
from analysis.trends import average_change
from server.candidates import cell_of, round_key
from server.comparability import comparable_rounds, items_behind
from server.measurement import EarlierRound, RoundAnswers
from surveys.releases import WITHIN_NOISE, Cell

Change = tuple[Cell, str, tuple[Term, ...]]
DAYS_PER_YEAR = 365.25
RELIABLE = 1.96
SINCE = "change_since_"  # and the number of a round


def changes(
    given: RoundAnswers,
    earlier: Sequence[EarlierRound],
    key: str,
    items: Collection[str] = (),
    linked: Mapping[str, int] | None = None,
) -> Iterator[Change]:
    """Changes of headlines, constructs, the composite, the items about earlier agreements, and `items`.

    linked: what commitments should move, with the number of the last round before they were made.
    """
    if not earlier:
        return
    linked = linked or {}
    for target in (t for t in given.scores if t in items or t in linked or _has_change(given, t)):
        comparable = comparable_rounds(given, earlier, target)
        for estimate, other in _compared_with(earlier, linked.get(target)):
            found = change_since(given, other, target, is_comparable=other.number in comparable)
            terms = (Term(key, "all", 1.0), Term(round_key(other.number), "all", -1.0))
            cell = cell_of(estimate, target, "all", found)
            flags = () if beyond_noise(given, other, target, found.value) else (WITHIN_NOISE,)
            yield replace(cell, flags=(*cell.flags, *flags)), target, terms
        if target.startswith(("headline:", "construct:")):
            slope = slope_per_year(given, [other for other in earlier if other.number in comparable], target)
            yield cell_of("slope_year", target, "all", slope), target, ()


def _compared_with(earlier: Sequence[EarlierRound], agreed_after: int | None) -> Iterator[tuple[str, EarlierRound]]:
    """The round before, the first one, and the last one before an agreement, each once."""
    yield "change_last", earlier[-1]
    if len(earlier) > 1:
        yield "change_first", earlier[0]
    for other in earlier[1:-1]:
        if other.number == agreed_after:
            yield f"{SINCE}{other.number}", other


def _has_change(given: RoundAnswers, target: str) -> bool:
    kind, _, code = target.partition(":")
    if kind == "item":
        return any(item.code == code and not item.in_index for item in given.instrument.items)
    return kind in ("headline", "construct", "composite")


def change_since(given: RoundAnswers, other: EarlierRound, target: str, *, is_comparable: bool = True) -> Estimate:
    """Change of one target: paired when the same organizations answered, for overlapping groups otherwise."""
    if not is_comparable:
        return missing("broken_series", method="change")
    before, now = aligned(given, other, target)
    if np.array_equal(np.isfinite(before), np.isfinite(now)):
        return paired_change(before, now)
    return overlapping_change(before, now)


def beyond_noise(given: RoundAnswers, other: EarlierRound, target: str, change: float) -> bool:
    """Whether a change exceeds what measurement error alone would do (reliable change, formula 40, of a mean).

    The error of a person's score is that of this round; where it is not known, noise is not ruled out.
    """
    columns = given.columns([item for item in given.instrument.items if item.code in items_behind(given, target)])
    error = error_variance(given.points[:, columns]) if columns.size else math.nan
    now = given.counts[given.counts > 0]
    before = np.array([n for n in other.people.values() if n], dtype=np.float64)
    if math.isnan(error) or math.isnan(change) or not now.size or not before.size:
        return False
    variance = sum(float((error / people).sum()) / people.size**2 for people in (now, before))
    return abs(change) > RELIABLE * math.sqrt(variance)


def aligned(given: RoundAnswers, other: EarlierRound, target: str) -> tuple[FloatArray, FloatArray]:
    """Organization means of both rounds, one row for each organization that was in either."""
    means = given.organization_scores[target][0]
    now = {one.id: float(means[at]) for at, one in enumerate(given.organizations) if np.isfinite(means[at])}
    before = other.means.get(target, {})
    ids = sorted(now.keys() | before.keys())
    return np.array([before.get(one, np.nan) for one in ids]), np.array([now.get(one, np.nan) for one in ids])


def slope_per_year(given: RoundAnswers, segment: Sequence[EarlierRound], target: str) -> Estimate:
    """Average change per year over organizations, on the rounds since the last break."""
    days = [(other.closed_on - given.closed_on).days for other in segment] + [0]
    tables = [other.means.get(target, {}) for other in segment]
    means = given.organization_scores[target][0]
    tables.append({one.id: float(means[at]) for at, one in enumerate(given.organizations) if np.isfinite(means[at])})
    ids = sorted(set().union(*tables))
    matrix = np.array([[table.get(one, np.nan) for table in tables] for one in ids]).reshape(len(ids), len(tables))
    return average_change(np.array(days) / DAYS_PER_YEAR, matrix)
