"""How partners see each other, as one reader may see it: from the cells of a release that are meant for that reader.

Level A knows sides only; at level B each partner sees what it receives and the direction of the gap in its own pairs,
the facilitator all of it; at level C everybody does. Where people answered personally there are means received.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.estimates import FloatArray
from server.brief_blocks import Table
from server.technical_words import number
from server.wording import N_, Wording, signed
from surveys.releases import Cell, Partner, Release

Pair = tuple[str, str, str, float | None]  # who, about whom, a word, and points where the reader may see them
LENDING_UN_BILATERAL = ("lending_agency", "un_agency", "donor_country")
FEWEST = 3  # organizations of a sub-matrix
ASYMMETRY = {
    "more": N_("trusts more than it is trusted"),
    "less": N_("trusts less than it is trusted"),
    "even": N_("no difference beyond what asking again would make"),
}
META = {
    "more": N_("thinks it is trusted more than it is"),
    "less": N_("thinks it is trusted less than it is"),
    "even": N_("sees about rightly how far it is trusted"),
}


@dataclass(frozen=True)
class Dyads:
    """The dyadic cells of one release by what they are about; where two audiences hold one, the reader's own first."""

    release: Release
    wording: Wording

    @cached_property
    def cells(self) -> dict[tuple[str, str, str], Cell]:
        ordered = sorted(self.release.cells, key=lambda cell: cell.audience != "all")
        return {(cell.estimate, cell.target, cell.population): cell for cell in ordered}

    def find(self, estimate: str, target: str, population: str = "all") -> Cell | None:
        return self.cells.get((estimate, target, population))

    @property
    def partners(self) -> tuple[Partner, ...]:
        return self.release.partners

    @property
    def is_empty(self) -> bool:
        return not any(cell.estimate in ("received", "rating") for cell in self.release.cells)

    @property
    def has_matrix(self) -> bool:
        return any(cell.estimate == "rating" and cell.target.startswith("pair:") for cell in self.release.cells)

    @property
    def may_be_drawn(self) -> bool:
        """A mark per organization stands in a drawing only where positions are open to all partners."""
        return self.has_matrix and self.release.disclosure_level == "C"

    def matrix(self, partners: Sequence[Partner]) -> FloatArray:
        """Trust of each row in each column; NaN where there is no position."""
        table = np.full((len(partners), len(partners)), np.nan)
        for at, rater in enumerate(partners):
            for to, rated in enumerate(partners):
                cell = self.find("rating", f"pair:{rater.id}>{rated.id}")
                if cell is not None and cell.value is not None:
                    table[at, to] = cell.value
        return table

    def lenders(self) -> tuple[Partner, ...]:
        """Lending, UN and bilateral agencies, where they are a group of their own."""
        chosen = tuple(one for one in self.partners if one.kind in LENDING_UN_BILATERAL)
        return chosen if FEWEST <= len(chosen) < len(self.partners) else ()


def how_asked(dyads: Dyads) -> tuple[str, ...]:
    """Mode and level in plain words: who may see what on this page, and why."""
    _ = dyads.wording._
    if dyads.release.dyadic_mode != "positions":
        return (
            _("About each other, people answered personally and anonymously."),
            _("Only the mean a partner receives is shown, where enough people and organizations stand behind it."),
        )
    levels = {
        "A": _(
            "Disclosure level A: only what each side receives is shown, from three organizations on; no matrix is kept."
        ),
        "B": _(
            "Disclosure level B: each partner sees what it receives, and in which direction its own pairs differ; "
            "the facilitator sees all positions."
        ),
        "C": _("Disclosure level C: every position is open to all partners."),
    }
    signed = _("About each other, organizations answered with signed positions; these are not anonymous.")
    return signed, levels[dyads.release.disclosure_level]


def group_tables(dyads: Dyads) -> tuple[Table, ...]:
    """The partnership and its sides, without naming a partner."""
    return tuple(table for table in (_averages(dyads), _between_sides(dyads)) if table.rows)


def tables(dyads: Dyads) -> tuple[Table, ...]:
    """Single partners, as far as this reader may see them."""
    made = (_received(dyads), _asymmetries(dyads), _meta(dyads))
    return tuple(table for table in made if table.rows)


def _averages(dyads: Dyads) -> Table:
    wording = dyads.wording
    rows = tuple(
        (wording.population(side), wording.level(cell), _raters(cell))
        for side in ("all", "national", "external")
        if (cell := dyads.find("received", "partnership", side))
    )
    header = (wording._("Who"), wording._("Points (interval)"), wording._("Partners"))
    return Table(wording._("Trust received from other partners, on average"), header, rows)


def _between_sides(dyads: Dyads) -> Table:
    wording = dyads.wording
    sides = ("national", "external")
    rows = tuple(
        (wording.population(rater), *(wording.level(dyads.find("rating", f"side:{rater}>{rated}")) for rated in sides))
        for rater in sides
        if any(dyads.find("rating", f"side:{rater}>{rated}") for rated in sides)
    )
    header = (wording._("Trust of"), *(wording._("in {side}").format(side=wording.population(one)) for one in sides))
    return Table(wording._("Trust between the two sides"), header, rows)


def _received(dyads: Dyads) -> Table:
    """What each partner receives and gives; its own tendency only where such tendencies can be told apart reliably."""
    wording = dyads.wording
    estimates = ("received", "given", "srm_rated", "srm_rater")
    held = [one for one in estimates if any(dyads.find(one, f"partner:{p.id}") for p in dyads.partners)]
    rows = tuple(
        (wording.partner(one.id), *(number(dyads.find(kind, f"partner:{one.id}"), wording) for kind in held))
        for one in dyads.partners
        if any(dyads.find(kind, f"partner:{one.id}") for kind in held)
    )
    names = {
        "received": wording._("Trust received"),
        "given": wording._("Trust given"),
        "srm_rated": wording._("Tendency to be rated higher or lower"),
        "srm_rater": wording._("Tendency to rate others higher or lower"),
    }
    header = (wording._("Partner"), *(names[kind] for kind in held))
    return Table(wording._("What each partner receives and gives"), header, rows)


def reliability_words(dyads: Dyads) -> tuple[str, ...]:
    """How far partners can be told apart by what they receive, and what the group does as a whole."""
    wording, said = dyads.wording, []
    reliable = dyads.find("srm_reliability", "component:rated")
    if reliable is not None:
        named = wording._(
            "Reliability of the differences in trust received (from 0 to 1; tendencies are shown from 0.60)"
        )
        said.append(wording.about(named, number(reliable, wording)))
    for estimate, named in (
        ("reciprocity", wording._("How far trust is returned (1 is wholly)")),
        ("density", wording._("Share of the pairs that worked together (1 is all)")),
        ("asymmetry", wording._("Points by which the two sides of a pair differ, on average")),
    ):
        cell = dyads.find(estimate, "partnership")
        if cell is not None:
            said.append(wording.about(named, number(cell, wording)))
    return tuple(said)


def _asymmetries(dyads: Dyads) -> Table:
    """A pair stands in one release once; here each of the two partners finds it in its own line."""
    found = [*_pairs(dyads, "asymmetry")]
    known = {(rater, rated) for rater, rated, _, _ in found}
    turned = {"more": "less", "less": "more"}
    found += [
        (rated, rater, turned.get(word, word), None if value is None else -value)
        for rater, rated, word, value in found
        if (rated, rater) not in known and dyads.has_matrix
    ]
    return _by_partner(dyads, found, ASYMMETRY, dyads.wording._("Where trust is not returned in like measure"))


def _meta(dyads: Dyads) -> Table:
    caption = dyads.wording._("Who thinks it is trusted more or less than it is")
    return _by_partner(dyads, [*_pairs(dyads, "meta_gap")], META, caption)


def _pairs(dyads: Dyads, estimate: str) -> Iterator[Pair]:
    for (kind, target, _), cell in dyads.cells.items():
        word = _word_of(cell)
        if kind == estimate and target.startswith("pair:") and word is not None:
            rater, _, rated = target.removeprefix("pair:").partition(">")
            yield rater, rated, word, cell.value


def _by_partner(dyads: Dyads, found: Sequence[Pair], words: dict[str, str], caption: str) -> Table:
    """One line per partner, with the others towards whom it stands so; pairs without a finding are counted."""
    wording = dyads.wording
    rows = []
    for one in dyads.partners:
        own = [pair for pair in found if pair[0] == one.id]
        if own:
            named = ("; ".join(_named(pair, wording) for pair in own if pair[2] == word) for word in ("more", "less"))
            rows.append((wording.partner(one.id), *named, str(sum(pair[2] == "even" for pair in own))))
    pairs = wording._("{what}: number of pairs").format(what=wording._(words["even"]))
    header = (wording._("Partner"), wording._(words["more"]), wording._(words["less"]), pairs)
    return Table(caption, header, tuple(rows))


def _named(pair: Pair, wording: Wording) -> str:
    _, rated, _, value = pair
    name = wording.partner(rated)
    return name if value is None else f"{name} ({signed(round(value))})"


def _word_of(cell: Cell) -> str | None:
    if cell.word is not None or cell.value is None:
        return cell.word
    return _direction(cell.value)


def _direction(value: float) -> str:
    """A gap of more than ten points; smaller ones are about right (server/estimation_dyads.py says the same)."""
    return "even" if abs(value) <= 10 else "more" if value > 0 else "less"


def matrix_table(dyads: Dyads) -> Iterator[Table]:
    """All positions as numbers, and among lending, UN and bilateral agencies; nothing without a matrix to read."""
    if not dyads.has_matrix:
        return
    wording = dyads.wording
    captions = (
        (wording._("Who trusts whom"), dyads.partners),
        (wording._("Lending, UN and bilateral agencies among themselves"), dyads.lenders()),
    )
    for caption, partners in captions:
        names = [wording.partner(one.id) for one in partners]
        numbered = [f"{at}. {name}" for at, name in enumerate(names, start=1)]
        header = (wording._("From → about"), *(str(at) for at in range(1, len(names) + 1)))
        trust = dyads.matrix(partners)
        rows = [
            (name, *("" if np.isnan(one) else f"{one:.0f}" for one in row))
            for name, row in zip(numbered, trust, strict=True)
        ]
        if rows:
            yield Table(caption, header, tuple(rows))


def _raters(cell: Cell) -> str:
    return cell.n_band or ("" if cell.n is None else str(cell.n))


def csv_rows(dyads: Dyads) -> Iterator[tuple[str | float | int | None, ...]]:
    """Every dyadic cell this reader may see; a number that is not shown is empty, and the words say why."""
    kinds = ("received", "given", "rating", "asymmetry", "meta_gap", "reciprocity", "density")
    for (estimate, target, population), cell in dyads.cells.items():
        if estimate in kinds or estimate.startswith("srm_"):
            name = dyads.wording.target(target)
            words = number(cell, dyads.wording) if cell.word is None else cell.word
            yield estimate, target, name, population, cell.value, cell.low, cell.high, cell.n_band or cell.n, words
