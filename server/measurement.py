"""One round as arrays: where what people answered (`surveys`) meets what is computed (`analysis`).

A `RoundAnswers` holds one round of one partnership; `EarlierRound` is what is left of a round before it, by
organization: the content of the carry-over box. Both live in memory only, while a round is opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np

from analysis.estimates import BoolArray, FloatArray, IntArray
from analysis.published import ProtectedRelease
from analysis.ratings import organization_means, person_scores
from surveys.answers import importance_scale
from surveys.instruments import Instrument, Item
from surveys.releases import Partner

COMPOSITE_COMPLETE = 2 / 3  # share of the constructs a person needs for a composite score


@dataclass(frozen=True, slots=True)
class Dyads:
    """What organizations say of each other, raters in rows, in the order of `RoundAnswers.organizations`.

    ratings: item code -> (N, N), points of 100, NaN = not answered. contact: (N, N), 0 none to 3 a lot.
    single_informant: (N,), True where one person alone answered for the organization.
    """

    ratings: Mapping[str, FloatArray]
    contact: FloatArray
    single_informant: BoolArray


@dataclass(frozen=True)
class RoundAnswers:
    """One round of one partnership.

    organizations: those invited; codes below point into it. invited: (N,) people, None where nobody knows (imports).
    organization: (n,) code of each person. answers: (n, k) scale points, items in the instrument's order, NaN where
    there is none; cannot_judge, prefer_not: (n, k). importance: (n, constructs of the instrument), scale points.
    assisted: (n,) True where somebody else typed the answers in; None where nobody knows.
    languages: (n,). is_new: (n,) True where the person took up the role since the last round; None where not asked.
    topics: (organization code, topic) of open answers. received: (n, N), each person's trust in each partner, points of
    100, NaN where not asked; None where organizations took positions. It leaves this object as means only.
    """

    instrument: Instrument
    number: int
    closed_on: date
    organizations: tuple[Partner, ...]
    invited: IntArray | None
    organization: IntArray
    answers: FloatArray
    cannot_judge: BoolArray
    prefer_not: BoolArray
    importance: FloatArray
    languages: tuple[str, ...] = ()
    is_new: BoolArray | None = None
    topics: tuple[tuple[int, str], ...] = ()
    dyads: Dyads | None = None
    received: FloatArray | None = None
    assisted: BoolArray | None = None

    @cached_property
    def wordings(self) -> dict[str, str]:
        return wordings_of(self.instrument)

    @property
    def n_people(self) -> int:
        return len(self.organization)

    @cached_property
    def points(self) -> FloatArray:
        """(n, k), 0-100, reverse-keyed items turned."""
        low, high, turned = _ends(self.instrument)
        points = (self.answers - low) / (high - low) * 100.0
        return np.where(turned, 100.0 - points, points)

    @cached_property
    def importance_points(self) -> FloatArray:
        """(n, constructs of the instrument), 0-100."""
        scale = importance_scale(self.instrument)
        return (self.importance - scale.low) / (scale.high - scale.low) * 100.0

    @cached_property
    def asked(self) -> BoolArray:
        """(k,), items that somebody answered in any way."""
        reached = np.isfinite(self.answers) | self.cannot_judge | self.prefer_not
        return np.asarray(reached.any(axis=0))

    @cached_property
    def counts(self) -> IntArray:
        """(N,), people who answered, by organization."""
        return np.bincount(self.organization, minlength=len(self.organizations))

    @cached_property
    def scores(self) -> dict[str, FloatArray]:
        """Target -> (n,) person scores, 0-100: headlines, constructs, the composite, then facets and items."""
        constructs = self._construct_scores()
        found: dict[str, FloatArray] = {}
        for headline in self.instrument.headlines:
            if all(code in constructs for code in headline.constructs):
                table = np.column_stack([constructs[code] for code in headline.constructs])
                found[f"headline:{headline.code}"] = table.mean(axis=1)
        found |= {f"construct:{code}": values for code, values in constructs.items()}
        blocks = [constructs[code] for code in self.instrument.composite if code in constructs]
        if len(blocks) > 1:
            found["composite"] = person_scores(np.column_stack(blocks), complete=COMPOSITE_COMPLETE)
        return found | self._facet_scores() | self._item_scores()

    @cached_property
    def organization_scores(self) -> dict[str, tuple[FloatArray, IntArray]]:
        """Target -> mean and number of people of each organization, (N,) both."""
        n = len(self.organizations)
        return {target: organization_means(values, self.organization, n) for target, values in self.scores.items()}

    @cached_property
    def sides(self) -> IntArray:
        """(N,), 0 national, 1 external."""
        return np.array([0 if one.side == "national" else 1 for one in self.organizations], dtype=np.int64)

    @cached_property
    def dyadic_trust(self) -> FloatArray:
        """(N, N), mean of the trust items that were answered; NaN where none was, and on the diagonal."""
        n = len(self.organizations)
        if self.dyads is None or self.instrument.dyadic is None:
            return np.full((n, n), np.nan)
        codes = [
            item.code for item in self.instrument.dyadic.items if item.in_trust and item.code in self.dyads.ratings
        ]
        return _mean_of([self.dyads.ratings[code] for code in codes], (n, n))

    def _construct_scores(self) -> dict[str, FloatArray]:
        found = {}
        for construct in self.instrument.constructs:
            columns = self.columns(self.instrument.items_of(construct.code))
            if columns.size:
                found[construct.code] = person_scores(self.points[:, columns])
        return found

    def _facet_scores(self) -> dict[str, FloatArray]:
        """Facets of more than one item; the others are their item."""
        by_facet: dict[str, list[Item]] = {}
        for item in self.instrument.items:
            if item.facet:
                by_facet.setdefault(f"facet:{item.construct_code}.{item.facet}", []).append(item)
        groups = {target: self.columns(items) for target, items in by_facet.items() if len(items) > 1}
        return {target: person_scores(self.points[:, c]) for target, c in groups.items() if c.size}

    def _item_scores(self) -> dict[str, FloatArray]:
        items = enumerate(self.instrument.items)
        return {f"item:{item.code}": self.points[:, at] for at, item in items if self.asked[at]}

    def columns(self, items: Iterable[Item]) -> IntArray:
        """Places of those of these items that were asked."""
        place = {item.code: at for at, item in enumerate(self.instrument.items)}
        return np.array([place[item.code] for item in items if self.asked[place[item.code]]], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class EarlierRound:
    """What the next opening may know of a round: organization means, never a person.

    wordings: item code -> digest of its wording and scale. means: target -> organization id -> points. people:
    organization id -> how many answered. trust: "rater>rated" -> points. languages: language -> share.
    """

    number: int
    closed_on: date
    instrument_version: int
    wordings: Mapping[str, str]
    means: Mapping[str, Mapping[str, float]]
    people: Mapping[str, int]
    invited: tuple[str, ...] = ()
    trust: Mapping[str, float] = field(default_factory=dict)
    languages: Mapping[str, float] = field(default_factory=dict)
    published: ProtectedRelease | None = None

    def table(self, organizations: Sequence[Partner], targets: Sequence[str]) -> FloatArray:
        """(organizations, targets) means of that round, NaN where an organization had none."""
        rows = [[self.means.get(target, {}).get(one.id, np.nan) for target in targets] for one in organizations]
        return np.array(rows, dtype=np.float64).reshape(len(organizations), len(targets))


def remembered(given: RoundAnswers, published: ProtectedRelease | None) -> EarlierRound:
    """The part of a round that is carried over to the next opening."""
    ids = [one.id for one in given.organizations]
    means = {
        target: {ids[at]: float(value) for at, value in enumerate(values) if np.isfinite(value)}
        for target, (values, _) in given.organization_scores.items()
    }
    trust = given.dyadic_trust
    pairs = {f"{ids[i]}>{ids[j]}": float(trust[i, j]) for i, j in np.argwhere(np.isfinite(trust))}
    return EarlierRound(
        number=given.number,
        closed_on=given.closed_on,
        instrument_version=given.instrument.version,
        wordings=given.wordings,
        means=means,
        people={ids[at]: int(n) for at, n in enumerate(given.counts) if n},
        invited=tuple(ids),
        trust=pairs,
        languages=language_shares(given.languages),
        published=published,
    )


def wordings_of(instrument: Instrument) -> dict[str, str]:
    """Item -> digest of what makes its answers comparable: the wording, the key and the ends of the scale."""
    found = {}
    for item in instrument.items:
        scale = instrument.scale_of(item)
        said = f"{sorted(item.texts.items())}|{item.reverse}|{scale.low}|{scale.high}"
        found[item.code] = item.series or hashlib.sha256(said.encode()).hexdigest()[:16]
    return found


def language_shares(languages: Sequence[str]) -> dict[str, float]:
    """Language -> share of the people, in points of 100."""
    return {one: 100.0 * languages.count(one) / len(languages) for one in sorted(set(languages))}


def _ends(instrument: Instrument) -> tuple[FloatArray, FloatArray, BoolArray]:
    scales = [instrument.scale_of(item) for item in instrument.items]
    low = np.array([scale.low for scale in scales], dtype=np.float64)
    high = np.array([scale.high for scale in scales], dtype=np.float64)
    return low, high, np.array([item.reverse for item in instrument.items], dtype=bool)


def _mean_of(tables: Sequence[FloatArray], shape: tuple[int, ...]) -> FloatArray:
    if not tables:
        return np.full(shape, np.nan)
    stack = np.stack(tables)
    known = np.isfinite(stack)
    count = known.sum(axis=0)
    total = np.where(known, stack, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
