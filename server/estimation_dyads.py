"""What organizations say of each other, as positions they signed, cut to the disclosure level of the charter.

A: received from each side, three raters or more; no matrix. B: each partner its own received mean and the direction
of the gap in its own pairs, the facilitator everything. C: everything for all partners.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from analysis.dyads import (
    Asymmetry,
    asymmetry,
    between_sides,
    density,
    meta_gap,
    sem_from_reliability,
    trust_given,
    trust_received,
    weighted_reciprocity,
)
from analysis.estimates import Estimate, FloatArray, missing
from analysis.intervals import t_interval
from analysis.reciprocity import reciprocity
from analysis.reliability import cronbach_alpha
from analysis.srm import RoundRobin, round_robin
from analysis.srm_two import META_PERCEPTION, two_variables
from server.candidates import cell_of, number
from server.measurement import Dyads, RoundAnswers
from surveys.releases import Cell

FEWEST_RATERS = 3
SIDES = (("national", 0), ("external", 1))
EFFECTS_FROM = 0.60  # reliability from which an effect of one organization is shown
EVEN = "even"
BIVARIATE = "bivariate round robin, correlations of effects"


def dyad_cells(given: RoundAnswers, level: str = "B") -> Iterator[Cell]:
    """Cells of the dyadic part; nothing where organizations gave no positions."""
    if given.dyads is None or not np.isfinite(given.dyadic_trust).any():
        return
    sheet = _Sheet(given, given.dyads, level)
    yield from sheet.received_on_average()
    yield from sheet.sides()
    yield from sheet.group()
    if level != "A":
        yield from sheet.received()
        yield from sheet.pairs()
        yield from sheet.matrix()


class _Sheet:
    def __init__(self, given: RoundAnswers, dyads: Dyads, level: str) -> None:
        self.given, self.dyads, self.level = given, dyads, level
        self.trust = given.dyadic_trust
        self.ids = [one.id for one in given.organizations]
        self.wide = "all" if level == "C" else "facilitator"

    def received_on_average(self) -> Iterator[Cell]:
        """Dyadic trust of the partnership and of its sides: the mean received, one voice for each partner."""
        means = np.array([one.value for one in trust_received(self.trust).estimates])
        everybody = np.ones(len(means), dtype=bool)
        for population, chosen in (("all", everybody), *((s, self.given.sides == c) for s, c in SIDES)):
            found = t_interval(means[chosen])
            if found.n < FEWEST_RATERS:
                found = missing("too_few", method="received", n=found.n)
            yield cell_of(
                "received", "partnership", population, replace(found, method="mean received, t over partners")
            )

    def sides(self) -> Iterator[Cell]:
        """Mean trust from each side in each side: shown where three organizations or more of the side rated."""
        if len(set(self.given.sides.tolist())) < 2:
            return
        names = [side for side, _ in SIDES]
        table = between_sides(self.trust, self.given.sides, n_sides=2)
        for rater, row in zip(names, table, strict=True):
            for rated, found in zip(names, row, strict=True):
                yield _floored("rating", f"side:{rater}>{rated}", found)

    def group(self) -> Iterator[Cell]:
        """The partnership as a whole: how much is returned, how dense, what the model says."""
        yield cell_of("reciprocity", "partnership", "all", weighted_reciprocity(self.trust))
        yield cell_of("density", "partnership", "all", density(self.dyads.contact))
        model = round_robin(self.trust)
        yield from _components(model)
        raw = reciprocity(self.trust)
        for name, value in (("generalized", raw.generalized_r), ("dyadic", raw.dyadic_r)):
            reason = None if np.isfinite(value) else (model.reason or "negative_component")
            yield Cell("srm_reciprocity", f"component:{name}", value=number(value), n=model.n, reason=reason)
        yield from self._beliefs()
        if self.level != "A":
            yield from self._effects(model)

    def _beliefs(self) -> Iterator[Cell]:
        """How what partners believe of their being trusted goes with the trust there is: six correlations."""
        part = self.given.instrument.dyadic
        if part is None or part.meta not in self.dyads.ratings or part.overall not in self.dyads.ratings:
            return
        found = two_variables(self.dyads.ratings[part.overall], self.dyads.ratings[part.meta])
        for name, link in zip(META_PERCEPTION, found.links, strict=True):
            value = number(link.share)
            reason = None if value is not None else (link.reason or found.reason or "negative_component")
            p = None if value is None else number(link.p)
            yield Cell("srm_meta", f"component:{name}", value=value, n=found.n, p=p, method=BIVARIATE, reason=reason)

    def _effects(self, model: RoundRobin) -> Iterator[Cell]:
        for kind, values, reliability in (
            ("srm_rater", model.rater, model.reliability_rater),
            ("srm_rated", model.rated, model.reliability_rated),
        ):
            yield Cell(
                "srm_reliability", f"component:{kind[4:]}", value=number(reliability), n=model.n, reason=model.reason
            )
            shown = np.isfinite(reliability) and reliability >= EFFECTS_FROM
            for one, value in zip(self.ids, values, strict=True):
                if np.isfinite(value):
                    reason = None if shown else (model.reason or "negative_component")
                    said = float(value) if shown else None
                    yield Cell(kind, f"partner:{one}", audience=self.wide, value=said, reason=reason)

    def received(self) -> Iterator[Cell]:
        """Trust received, for the partner itself; given and everybody's received for whoever may see the matrix."""
        for one, found in zip(self.ids, trust_received(self.trust).estimates, strict=True):
            cell = _floored("received", f"partner:{one}", found)
            for audience in ("all",) if self.wide == "all" else (self.wide, f"partner:{one}"):
                yield replace(cell, audience=audience)
        for one, found in zip(self.ids, trust_given(self.trust).estimates, strict=True):
            yield replace(cell_of("given", f"partner:{one}", "all", found), audience=self.wide)

    def pairs(self) -> Iterator[Cell]:
        """Asymmetry and meta-perception of pairs: own pairs as a direction at level B, as numbers for the matrix."""
        found = asymmetry(self.trust, sem=self._error())
        for pair in found.pairs:
            i, j = self.ids[pair.i], self.ids[pair.j]
            flags = ("beyond_error",) if pair.beyond_error else ()
            value, margin = float(pair.difference), number(pair.margin)
            word = None if margin is None else _direction(value, beyond=pair.beyond_error)
            unknown = "not_computed" if word is None else None  # without its error a gap has no direction
            yield Cell(
                "asymmetry",
                f"pair:{i}>{j}",
                audience=self.wide,
                value=value,
                low=None if margin is None else value - margin,
                high=None if margin is None else value + margin,
                word=word,
                flags=flags,
            )
            if self.level == "B":
                back = None if word is None else _turned(word)
                yield Cell("asymmetry", f"pair:{i}>{j}", audience=f"partner:{i}", word=word, reason=unknown)
                yield Cell("asymmetry", f"pair:{j}>{i}", audience=f"partner:{j}", word=back, reason=unknown)
        yield _mean_asymmetry(found)
        yield from self._meta()

    def _error(self) -> float | FloatArray | None:
        """Standard error of one position, from the agreement of the trust items with each other."""
        part = self.given.instrument.dyadic
        codes = [item.code for item in part.items if item.in_trust] if part else []
        tables = [self.dyads.ratings[code].ravel() for code in codes if np.isfinite(self.dyads.ratings[code]).any()]
        if len(tables) < 2:
            return None
        rows = np.column_stack(tables)
        rows = rows[np.isfinite(rows).all(axis=1)]
        if len(rows) < 4:
            return None
        alpha = cronbach_alpha(rows).value
        return sem_from_reliability(float(rows.mean(axis=1).std(ddof=1)), alpha)

    def _meta(self) -> Iterator[Cell]:
        part = self.given.instrument.dyadic
        if part is None or part.meta not in self.dyads.ratings or part.overall not in self.dyads.ratings:
            return
        gaps = meta_gap(self.dyads.ratings[part.meta], self.dyads.ratings[part.overall])
        for i, j in np.argwhere(np.isfinite(gaps)):
            target = f"pair:{self.ids[i]}>{self.ids[j]}"
            yield Cell("meta_gap", target, audience=self.wide, value=float(gaps[i, j]))
            if self.level == "B":
                word = _direction(gaps[i, j], beyond=abs(gaps[i, j]) > 10)
                yield Cell("meta_gap", target, audience=f"partner:{self.ids[i]}", word=word)

    def matrix(self) -> Iterator[Cell]:
        for i, j in np.argwhere(np.isfinite(self.trust)):
            flags = ("single_informant",) if self.dyads.single_informant[i] else ()
            value = float(self.trust[i, j])
            yield Cell("rating", f"pair:{self.ids[i]}>{self.ids[j]}", audience=self.wide, value=value, flags=flags)


def _components(model: RoundRobin) -> Iterator[Cell]:
    for one in model.components:
        yield Cell(
            "srm_variance",
            f"component:{one.name}",
            value=number(one.value),
            n=model.n,
            p=number(one.p),
            method="round robin, analysis of variance",
            reason=one.reason,
            flags=one.flags,
        )


def _mean_asymmetry(found: Asymmetry) -> Cell:
    value = number(found.mean_absolute)
    reason = found.reason if value is None else None
    return Cell("asymmetry", "partnership", value=value, n=len(found.pairs), method="mean absolute", reason=reason)


def _floored(kind: str, target: str, found: Estimate) -> Cell:
    """A mean over raters, only from three raters on."""
    if found.n < FEWEST_RATERS:
        return Cell(kind, target, reason="too_few")
    return cell_of(kind, target, "all", found)


def _direction(difference: float, *, beyond: bool) -> str:
    return ("more" if difference > 0 else "less") if beyond else EVEN


def _turned(word: str) -> str:
    return {"more": "less", "less": "more"}.get(word, word)
