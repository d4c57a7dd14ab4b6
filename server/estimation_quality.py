"""How much may be read out of a round: who answered, how consistently, and what moves together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from analysis.disclosure import MIN_ORGANIZATIONS, MIN_PEOPLE, cell_refusal, size_band
from analysis.estimates import BoolArray, FloatArray, IntArray
from analysis.omega import omega_total
from analysis.reliability import pooled_alpha
from server.candidates import cell_of, number
from server.measurement import EarlierRound, RoundAnswers
from surveys.releases import Cell

SIDES = {"national": 0, "external": 1}
FEWEST_FOR_CORRELATION = 20


@dataclass(frozen=True)
class Programme:
    """Answers to one construct pooled over partnerships: construct -> (n, k) points and (n,) partnership codes."""

    tables: Mapping[str, tuple[FloatArray, IntArray]] = field(default_factory=dict)


def response(given: RoundAnswers, earlier: Sequence[EarlierRound]) -> Iterator[Cell]:
    """Who answered: people, organizations, sides; the panel since the round before; the languages."""
    has = given.counts > 0
    if given.invited is not None:
        yield _share("response_people", "partnership", "all", given.n_people, int(given.invited.sum()))
        for side, code in SIDES.items():
            mask = (given.sides == code) & (given.invited > 0)
            yield _share("response_organizations", "partnership", side, int((has & mask).sum()), int(mask.sum()))
        asked = given.invited > 0
        yield _share("response_organizations", "partnership", "all", int((has & asked).sum()), int(asked.sum()))
    if earlier:
        now = {one.id for one, answered in zip(given.organizations, has, strict=True) if answered}
        before = set(earlier[-1].people)
        yield _share("overlap_organizations", "partnership", "all", len(now & before), len(now | before))
    if given.is_new is not None:
        changed = np.unique(given.organization[given.is_new]).size
        yield _share("turnover_people", "partnership", "all", changed, int(has.sum()))
    yield from _languages(given)
    if given.assisted is not None:
        yield _assisted(given, given.assisted)


def _share(kind: str, target: str, population: str, part: int, whole: int) -> Cell:
    value = 100.0 * part / whole if whole else None
    return Cell(kind, target, population, value=value, n=whole, method="share", reason=None if whole else "no_data")


def _languages(given: RoundAnswers) -> Iterator[Cell]:
    """Shares of the languages, in tens of percent, where both those inside and those outside pass the floors."""
    languages = np.array(given.languages, dtype=object)
    for language in sorted(set(given.languages)):
        inside = languages == language
        groups = [given.organization[chosen] for chosen in (inside, ~inside) if chosen.any()]
        people, organizations = min(len(g) for g in groups), min(len(set(g.tolist())) for g in groups)
        target = f"language:{language or 'unknown'}"
        if people < MIN_PEOPLE or organizations < MIN_ORGANIZATIONS:
            yield Cell("language_share", target, reason="suppressed")
        else:
            yield Cell("language_share", target, value=round(10.0 * float(inside.mean())) * 10.0, method="tens")


def _assisted(given: RoundAnswers, assisted: BoolArray) -> Cell:
    """How many answers somebody else typed in, as a band, where both they and the others pass the floors.

    None at all reads like too few: otherwise "too few" would say that there is somebody.
    """
    n, groups = len(given.organizations), (given.organization[chosen] for chosen in (assisted, ~assisted))
    sizes = [np.bincount(group, minlength=n) for group in groups]
    if cell_refusal(sizes[0]) or (sizes[1].any() and cell_refusal(sizes[1])):
        return Cell("assisted_answers", "partnership", reason="suppressed")
    return Cell("assisted_answers", "partnership", n_band=size_band(int(assisted.sum())), method="band")


def reliability(programme: Programme | None) -> Iterable[Cell]:
    """Alpha and omega of each construct, pooled over the partnerships of one programme and instrument version."""
    for code, (table, group) in (programme.tables if programme else {}).items():
        target = f"construct:{code}"
        yield cell_of("alpha", target, "programme", pooled_alpha(table, group).raw)
        omega = omega_total(table, group=group)
        yield Cell(
            "omega",
            target,
            "programme",
            value=number(omega.value),
            n=omega.n,
            method=omega.method,
            reason=omega.reason,
        )


def correlations(given: RoundAnswers) -> Iterator[Cell]:
    """Correlations between constructs over people, to one digit, from 20 people on: they describe, nothing more."""
    scores = {t.removeprefix("construct:"): v for t, v in given.scores.items() if t.startswith("construct:")}
    for one, other in combinations(scores, 2):
        both = np.isfinite(scores[one]) & np.isfinite(scores[other])
        x, y, n = scores[one][both], scores[other][both], int(both.sum())
        target = f"construct:{one}~construct:{other}"
        if n < FEWEST_FOR_CORRELATION:
            yield Cell("correlation", target, reason="too_few")
        elif x.std() == 0 or y.std() == 0:
            yield Cell("correlation", target, reason="zero_variance")
        else:
            yield Cell("correlation", target, value=round(float(np.corrcoef(x, y)[0, 1]), 1), method="Pearson, people")
