"""The rounds of every partnership of a file, as arrays. What a file does not know stays unknown and is said."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np

from analysis.estimates import IntArray
from server.exchange.calendar import Calendar
from server.exchange.csv_in import AnswerTable
from server.exchange.dyads_in import DyadTable
from server.measurement import Dyads, RoundAnswers
from surveys.instruments import Instrument
from surveys.problems import InvalidInput
from surveys.releases import Partner

KIND_OF_SIDE = {"national": "national_ngo", "external": "international_ngo"}  # stands in where no kind is stated
LONGEST_SLUG = 60


@dataclass(frozen=True)
class Histories:
    """Everything one import or one local analysis reads."""

    instrument: Instrument
    answers: AnswerTable | None = None
    dyads: DyadTable | None = None
    calendar: Calendar = field(default_factory=Calendar)

    @cached_property
    def partnerships(self) -> tuple[str, ...]:
        known = self.answers.partnerships if self.answers else ()
        return known or (self.dyads.partnerships if self.dyads else ())

    @cached_property
    def slugs(self) -> tuple[str, ...]:
        """A name for files and addresses, one per partnership."""
        return slugs_of(("all", *self.partnerships))[1:]  # "all" stands for all of them together

    @cached_property
    def partners(self) -> dict[str, Partner]:
        """Organization name -> how a release names it."""
        table = self.answers
        places = {name: at for at, name in enumerate(table.organizations)} if table else {}
        names = sorted({*places, *(self.dyads.organizations if self.dyads else ())})
        found = {}
        for name, slug in zip(names, slugs_of(names), strict=True):
            place = places.get(name, -1)
            side = table.sides.get(place, "national") if table else "national"
            kind = table.kinds.get(place, KIND_OF_SIDE[side]) if table else KIND_OF_SIDE[side]
            found[name] = Partner(id=slug, name=name, kind=kind, side=side)
        return found

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What the file did not say, and what was assumed instead."""
        table = self.answers
        said = list(table.notes) if table else []
        if table is None or not table.sides:
            said.append("No column says on which side an organization stands: all are taken as national.")
        elif without := len(table.organizations) - len(table.sides):
            said.append(f"{without} organizations without a side are taken as national.")
        if table is None or not table.closed_on:
            said.append(
                f"No column says when rounds closed: they are taken {self.calendar.rhythm} months apart, the first on "
                f"{self.calendar.first}."
            )
        said.append("Nobody says how many people were invited: intervals answer for the underlying level only.")
        return tuple(said)

    @cached_property
    def _bounds(self) -> dict[str, tuple[int, int]]:
        """Rows of each partnership in the sorted answers."""
        if self.answers is None:
            return {}
        edges = np.searchsorted(self.answers.partnership, np.arange(len(self.answers.partnerships) + 1))
        return {name: (int(edges[at]), int(edges[at + 1])) for at, name in enumerate(self.answers.partnerships)}

    @cached_property
    def days(self) -> dict[str, dict[int, date]]:
        """Partnership -> round -> day it closed."""
        found = {}
        for name in self.partnerships:
            numbers, stated = set(self._dyad_rounds(name)), {}
            if self.answers is not None:
                first, last = self._bounds[name]
                numbers |= set(np.unique(self.answers.round[first:last]).tolist())
                place = self.answers.partnerships.index(name)
                stated = {number: day for (at, number), day in self.answers.closed_on.items() if at == place}
            try:
                found[name] = self.calendar.days(numbers, stated)
            except InvalidInput as problem:
                raise InvalidInput(f"{name}: {problem.message}; nothing was read") from problem
        return found

    def _dyad_rounds(self, name: str) -> list[int]:
        if self.dyads is None or name not in self.dyads.partnerships:
            return []
        rows = self.dyads.partnership == self.dyads.partnerships.index(name)
        return [int(number) for number in np.unique(self.dyads.round[rows])]

    def rounds(self, name: str) -> Iterator[RoundAnswers]:
        """The rounds of one partnership, oldest first."""
        for number, day in self.days[name].items():
            yield self._round(name, number, day)

    def _round(self, name: str, number: int, day: date) -> RoundAnswers:
        rows = self._rows(name, number)
        table, width = self.answers, len(self.instrument.items)
        names = table.organizations if table else ()
        codes = table.organization[rows] if table else np.zeros(0, dtype=np.int64)
        pairs = self._pairs(name, number)
        there = {names[code] for code in np.unique(codes)} | self._raters(pairs)
        partners = tuple(self.partners[one] for one in sorted(there))
        place = {partner.name: at for at, partner in enumerate(partners)}
        new = np.array([place.get(one, -1) for one in names], dtype=np.int64)
        empty = np.zeros((0, width), dtype=bool)
        return RoundAnswers(
            instrument=self.instrument,
            number=number,
            closed_on=day,
            organizations=partners,
            invited=None,
            organization=new[codes],
            answers=table.answers[rows] if table else np.zeros((0, width)),
            cannot_judge=table.cannot_judge[rows] if table else empty,
            prefer_not=table.prefer_not[rows] if table else empty,
            importance=np.full((codes.size, len(self.instrument.constructs)), np.nan),
            languages=self._languages(rows),
            dyads=self._dyads(pairs, place) if pairs.size else None,
        )

    def _rows(self, name: str, number: int) -> slice:
        if self.answers is None:
            return slice(0, 0)
        first, last = self._bounds[name]
        low, high = np.searchsorted(self.answers.round[first:last], [number, number + 1])
        return slice(first + int(low), first + int(high))

    def _languages(self, rows: slice) -> tuple[str, ...]:
        if self.answers is None or len(self.answers.languages) == 1:
            return ()
        return tuple(self.answers.languages[code] for code in self.answers.language[rows])

    def _pairs(self, name: str, number: int) -> IntArray:
        """Rows of the ratings of one round."""
        if self.dyads is None or name not in self.dyads.partnerships:
            return np.zeros(0, dtype=np.int64)
        place = self.dyads.partnerships.index(name)
        return np.flatnonzero((self.dyads.partnership == place) & (self.dyads.round == number))

    def _raters(self, pairs: IntArray) -> set[str]:
        if self.dyads is None:
            return set()
        codes = np.unique(np.concatenate([self.dyads.rater[pairs], self.dyads.rated[pairs]]))
        return {self.dyads.organizations[code] for code in codes}

    def _dyads(self, pairs: IntArray, place: dict[str, int]) -> Dyads | None:
        part = self.instrument.dyadic
        if self.dyads is None or part is None:
            return None
        new = np.array([place.get(one, -1) for one in self.dyads.organizations], dtype=np.int64)
        at = new[self.dyads.rater[pairs]], new[self.dyads.rated[pairs]]
        n = len(place)
        contact = np.full((n, n), np.nan)
        contact[at] = self.dyads.contact[pairs]
        ratings = {}
        for column, item in enumerate(part.items):
            scale, table = self.instrument.scale_of(item), np.full((n, n), np.nan)
            table[at] = (self.dyads.ratings[pairs, column] - scale.low) / (scale.high - scale.low) * 100.0
            ratings[item.code] = table
        # One answer per organization is all a file can hold: nobody knows of a second informant.
        return Dyads(ratings, contact, np.ones(n, dtype=bool))


def slugs_of(names: Sequence[str]) -> tuple[str, ...]:
    """Names that are safe in addresses and file names, each once: letters of any script, digits and hyphens."""
    found: dict[str, None] = {}
    for name in names:
        plain = _plain(name)
        slug, again = plain, 1
        while slug in found:
            again += 1
            slug = f"{plain}-{again}"
        found[slug] = None
    return tuple(found)


def _plain(name: str) -> str:
    signs = ((sign, unicodedata.category(sign)) for sign in name.lower())
    kept = "".join(sign if kind[0] in "LMN" else "" if kind == "Cf" else " " for sign, kind in signs)
    return "-".join(kept.split())[:LONGEST_SLUG].strip("-") or "unnamed"
