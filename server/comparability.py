"""Which rounds of a series may be compared with each other: formula 46, one answer for charts, changes and trends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis.breaks import Breaks, comparability_breaks
from analysis.estimates import FloatArray
from server.measurement import EarlierRound, RoundAnswers, language_shares
from surveys.releases import Release


@dataclass(frozen=True, slots=True)
class Occasion:
    """What decides whether a round can be compared with its neighbours.

    wordings: item -> digest of its words, key and ends of the scale; other: stands in where the item is not among them.
    languages: shares in points of 100, empty where nobody knows. organizations: those invited.
    """

    number: int
    wordings: Mapping[str, str]
    languages: Mapping[str, float]
    organizations: frozenset[str]
    other: str = ""


def occasion_of(given: RoundAnswers) -> Occasion:
    invited = frozenset(one.id for one in given.organizations)
    return Occasion(given.number, given.wordings, language_shares(given.languages), invited)


def earlier_occasion(other: EarlierRound) -> Occasion:
    return Occasion(other.number, other.wordings, other.languages, frozenset(other.invited))


def released_occasion(release: Release, given: RoundAnswers) -> Occasion:
    """A round of which only the release is left: its words are known where the questionnaire is still the same."""
    asked = f"{release.instrument} {release.instrument_version}"
    is_same = (release.instrument, release.instrument_version) == (given.instrument.code, given.instrument.version)
    invited = frozenset(one.id for one in release.partners)
    return Occasion(release.round_number, given.wordings if is_same else {}, {}, invited, other=asked)


def comparable_rounds(
    given: RoundAnswers, earlier: Sequence[EarlierRound], target: str, before: Sequence[Release] = ()
) -> set[int]:
    """Numbers of the earlier rounds between which and this one nothing breaks the series of this target.

    before: releases that count as rounds of the series where `earlier` remembers nothing of them.
    """
    known = {other.number: earlier_occasion(other) for other in earlier}
    for release in before:
        known.setdefault(release.round_number, released_occasion(release, given))
    known.pop(given.number, None)
    series = [*(known[number] for number in sorted(known)), occasion_of(given)]
    segments = breaks_between(series, items_behind(given, target)).segments
    return {one.number for one, segment in zip(series, segments, strict=True) if segment == segments[-1]} - {
        given.number
    }


def is_comparable(given: RoundAnswers, earlier: Sequence[EarlierRound], other: EarlierRound, target: str) -> bool:
    return other.number in comparable_rounds(given, earlier, target)


def breaks_between(series: Sequence[Occasion], items: Sequence[str]) -> Breaks:
    """What breaks a series of these rounds for a number that rests on these items."""
    versions = ["|".join(one.wordings.get(code, one.other) for code in items) for one in series]
    overlap = [1.0] + [_overlap(before, now) for before, now in pairwise(series)]
    scales = [""] * len(series)  # the ends of the scale stand in the digest of each wording
    return comparability_breaks(versions, scales, _language_shares(series), np.array(overlap))


def _overlap(before: Occasion, now: Occasion) -> float:
    here, there = now.organizations, before.organizations
    return len(here & there) / len(here | there) if here and there else 1.0


def _language_shares(series: Sequence[Occasion]) -> FloatArray:
    """(rounds, languages), 0-1; a row of NaN where the languages of a round are not known."""
    languages = sorted({language for one in series for language in one.languages})
    rows = [
        [one.languages.get(language, 0.0) / 100 if any(one.languages) else np.nan for language in languages]
        for one in series
    ]
    return np.array(rows, dtype=np.float64).reshape(len(series), len(languages))


def items_behind(given: RoundAnswers, target: str) -> list[str]:
    """The items a target rests on. One that appears with a later round is no break for the others."""
    kind, _, code = target.partition(":")
    instrument = given.instrument
    if kind == "item":
        return [code]
    constructs = {"construct": [code], "composite": list(instrument.composite)}.get(kind, [])
    if kind == "headline":
        constructs = [c for headline in instrument.headlines if headline.code == code for c in headline.constructs]
    asked = [item.code for item in instrument.items if item.construct_code in constructs]
    # what an earlier version asked here and this one does not: without it the mean is another one
    return asked + [code for code, construct in sorted(instrument.retired.items()) if construct in constructs]
