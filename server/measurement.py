"""Rows to arrays: the only interpreter between what people answered (`surveys`) and what is computed (`analysis`).

A `RoundAnswers` holds one round of one partnership as arrays; `EarlierRound` is what is left of a round before it, by
organization: the content of the carry-over box. Both live in memory only, while a round is opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from analysis.estimates import BoolArray, FloatArray, IntArray
from analysis.published import ProtectedRelease
from analysis.ratings import organization_means, person_scores
from surveys.answers import importance_scale
from surveys.instruments import NON_ANSWERS, Instrument, Item
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


def answers_of_round(
    instrument: Instrument,
    number: int,
    closed_on: date,
    partners: Sequence[Partner],
    invited: Mapping[str, int] | None,
    personal: Sequence[Mapping[str, Any]],
    positions: Sequence[Mapping[str, Any]] = (),
    *,
    months_since_last: float | None = None,
) -> RoundAnswers:
    """Arrays of the payloads of one round. An answer to an unknown code or of an unknown organization is an error.

    personal: payloads of people; positions: payloads of organizations. months_since_last: between this round and the
    one before, for counting who is new in the role.
    """
    place = {one.id: at for at, one in enumerate(partners)}
    answers, cannot_judge, prefer_not = _answer_tables(instrument, personal)
    return RoundAnswers(
        instrument=instrument,
        number=number,
        closed_on=closed_on,
        organizations=tuple(partners),
        invited=None if invited is None else np.array([invited.get(one.id, 0) for one in partners], dtype=np.int64),
        organization=np.array([place[one["organization"]] for one in personal], dtype=np.int64),
        answers=answers,
        cannot_judge=cannot_judge,
        prefer_not=prefer_not,
        importance=_importance_table(instrument, personal),
        languages=tuple(one.get("language", "") for one in personal),
        is_new=_new_people(personal, months_since_last),
        topics=tuple(
            (place[one["organization"]], comment["topic"])
            for one in personal
            for comment in one.get("comments", ())
            if comment.get("topic")
        ),
        dyads=_dyads(instrument, partners, positions) if positions else None,
        received=_received(instrument, place, personal),
        assisted=None if invited is None else np.array([bool(one.get("assisted")) for one in personal], dtype=bool),
    )


def _answer_tables(
    instrument: Instrument, personal: Sequence[Mapping[str, Any]]
) -> tuple[FloatArray, BoolArray, BoolArray]:
    place = {item.code: at for at, item in enumerate(instrument.items)}
    shape = (len(personal), len(place))
    answers, cannot_judge, prefer_not = np.full(shape, np.nan), np.zeros(shape, bool), np.zeros(shape, bool)
    flags = dict(zip(NON_ANSWERS, (cannot_judge, prefer_not), strict=True))
    for row, payload in enumerate(personal):
        for code, answer in payload.get("answers", {}).items():
            if isinstance(answer, str):
                flags[answer][row, place[code]] = True  # type: ignore[index]  # Type ignore: the box holds known words
            else:
                answers[row, place[code]] = answer
    return answers, cannot_judge, prefer_not


def _importance_table(instrument: Instrument, personal: Sequence[Mapping[str, Any]]) -> FloatArray:
    place = {construct.code: at for at, construct in enumerate(instrument.constructs)}
    table = np.full((len(personal), len(place)), np.nan)
    for row, payload in enumerate(personal):
        for code, answer in payload.get("importance", {}).items():
            if not isinstance(answer, str):
                table[row, place[code]] = answer
    return table


def _new_people(personal: Sequence[Mapping[str, Any]], months: float | None) -> BoolArray | None:
    stated = [one.get("background", {}) for one in personal]
    known = [next((v for v in said.values() if isinstance(v, int | float)), None) for said in stated]
    if months is None or not any(value is not None for value in known):
        return None
    return np.array([value is not None and value < months for value in known])


def _dyads(instrument: Instrument, partners: Sequence[Partner], positions: Sequence[Mapping[str, Any]]) -> Dyads | None:
    part = instrument.dyadic
    if part is None:
        return None
    n, place = len(partners), {one.id: at for at, one in enumerate(partners)}
    ratings = {item.code: np.full((n, n), np.nan) for item in part.items}
    scales = {item.code: instrument.scale_of(item) for item in part.items}
    contact, single = np.full((n, n), np.nan), np.zeros(n, bool)
    ranks = {choice.code: rank for rank, choice in enumerate(part.contact.choices)}
    for position in positions:
        rater = place[position["organization"]]
        single[rater] = bool(position.get("single_informant", False))
        for rated_id, given in position["ratings"].items():
            rated = place.get(rated_id)
            if rated is None:
                continue  # a partner that left after the position was drafted
            for code, answer in given.items():
                if code == part.contact.code:
                    contact[rater, rated] = ranks.get(answer, np.nan)
                elif not isinstance(answer, str):
                    scale = scales[code]
                    ratings[code][rater, rated] = (answer - scale.low) / (scale.high - scale.low) * 100.0
    return Dyads(ratings, contact, single)


def _received(
    instrument: Instrument, place: Mapping[str, int], personal: Sequence[Mapping[str, Any]]
) -> FloatArray | None:
    """Mean of the trust items that were answered, by person and partner."""
    part = instrument.dyadic
    if part is None or not any(one.get("dyads") for one in personal):
        return None
    scales = {item.code: instrument.scale_of(item) for item in part.items if item.in_trust}
    found = np.full((len(personal), len(place)), np.nan)
    for row, payload in enumerate(personal):
        for partner, answers in payload.get("dyads", {}).items():
            points = [
                (answer - scales[code].low) / (scales[code].high - scales[code].low) * 100.0
                for code, answer in answers.items()
                if code in scales and not isinstance(answer, str)
            ]
            if points and partner in place:
                found[row, place[partner]] = sum(points) / len(points)
    return found


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
