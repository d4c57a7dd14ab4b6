"""The tables of one release: everything a page about a round shows in numbers, each cell with its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from server.brief_blocks import Table
from server.languages import format_day, format_month
from server.reading import construct_targets, headline_targets, without_repeats
from server.technical_words import RESPONSE, TRUST, about, is_technical, label, number, people
from server.wording import Wording
from surveys.releases import Cell, Fact, Release


def tables(release: Release, wording: Wording) -> tuple[Table, ...]:
    made = (
        response_table(release, wording),
        levels_table(release, wording),
        changes_table(release, wording),
        _gaps(release, wording),
        _items(release, wording),
        _trust(release, wording),
        _pairs(release, wording),
        _facts(release, wording),
    )
    return tuple(without_empty_columns(table) for table in made if table.rows)


def month(day: date, wording: Wording) -> str:
    return format_month(day, wording.language)


def without_empty_columns(table: Table) -> Table:
    filled = [place for place in range(len(table.header)) if place == 0 or any(row[place] for row in table.rows)]
    header = tuple(table.header[place] for place in filled)
    return Table(table.caption, header, tuple(tuple(row[place] for place in filled) for row in table.rows))


def further(release: Release, wording: Wording) -> Table:
    """What statisticians ask for, behind a fold."""
    _ = wording._
    rows = tuple(
        (
            label(cell.estimate, wording),
            about(f"construct:{cell.word}" if cell.estimate == "composite_lowest" else cell.target, wording),
            wording.population(cell.population),
            number(cell, wording),
            cell.method,
        )
        for cell in release.cells
        if is_technical(cell)
    )
    header = (_("Quantity"), _("About"), _("Who"), _("Value (interval)"), _("Method"))
    return Table(_("Further quantities of this release"), header, rows)


def response_table(release: Release, wording: Wording) -> Table:
    """Shares, each with the number it is a share of; the whole before its sides."""
    _ = wording._
    order = list(RESPONSE)
    cells = sorted(
        (cell for cell in release.cells if cell.estimate in RESPONSE),
        key=lambda cell: (order.index(cell.estimate), cell.population != "all"),
    )
    rows = tuple(
        (
            _share_of(cell, wording),
            "" if cell.method == "band" else people(cell),
            _answered(cell, wording),
        )
        for cell in cells
    )
    return Table(_("Who answered"), (_("Who"), _("Of how many"), _("Share")), rows)


def _answered(cell: Cell, wording: Wording) -> str:
    if cell.method == "band":
        return people(cell)
    return wording.reason(cell) if cell.value is None else f"{cell.value:.0f} %"


def _share_of(cell: Cell, wording: Wording) -> str:
    name = wording._(RESPONSE[cell.estimate])
    if cell.population != "all":
        return wording.about(name, wording.population(cell.population))
    return wording.about(name, about(cell.target, wording)) if ":" in cell.target else name


def _shown(release: Release, estimate: str, targets: Sequence[str]) -> Iterator[str]:
    """The targets this release says anything about."""
    held = {cell.target for cell in release.cells if cell.estimate == estimate}
    return (target for target in targets if target in held)


def _indices(wording: Wording) -> list[str]:
    constructs = [f"construct:{construct.code}" for construct in wording.instrument.constructs]
    return without_repeats([*headline_targets(wording), "composite", *construct_targets(wording), *constructs], wording)


def levels_table(release: Release, wording: Wording) -> Table:
    _ = wording._
    rows = tuple(
        (
            wording.target(target),
            *_levels_of(release, target, wording),
            wording.spread(spread) if (spread := release.find("spread", target)) else "",
            _said(release.find("cannot_judge", target), wording),
            people(release.find("level", target)),
        )
        for target in _shown(release, "level", _indices(wording))
    )
    header = (
        _("Index"),
        wording.population("all"),
        wording.population("national"),
        wording.population("external"),
        _("Agreement"),
        _("Could not judge (%)"),
        _("People"),
    )
    return Table(_("Levels, in points from 0 to 100 with their intervals"), header, rows)


def _levels_of(release: Release, target: str, wording: Wording) -> Iterator[str]:
    """For all partners and by side; empty where the release does not speak of a side at all."""
    for who in ("all", "national", "external"):
        cell = release.find("level", target, who)
        yield "" if cell is None else wording.level(cell)


def changes_table(release: Release, wording: Wording) -> Table:
    _ = wording._
    rows = tuple(
        (
            wording.target(target),
            wording.change(release.find("change_last", target)),
            wording.change(first) if (first := release.find("change_first", target)) else "",
            wording.trend(trend) if (trend := release.find("trend", target)) else "",
        )
        for target in _shown(release, "change_last", _indices(wording))
    )
    header = (_("Index"), _("Since the round before"), _("Since the series began"), _("Over all rounds"))
    return Table(_("What moved"), header, rows)


def _gaps(release: Release, wording: Wording) -> Table:
    _ = wording._
    rows = tuple(
        (wording.target(target), wording.gap(release.find("gap_sides", target)))
        for target in _shown(release, "gap_sides", _indices(wording))
    )
    return Table(_("How the two sides see it"), (_("Index"), _("What may be said")), rows)


def _items(release: Release, wording: Wording) -> Table:
    _ = wording._
    items = [f"item:{item.code}" for item in wording.instrument.items]
    rows = tuple(
        (wording.target(target), *_levels_of(release, target, wording)) for target in _shown(release, "level", items)
    )
    header = (_("Statement"), *(wording.population(who) for who in ("all", "national", "external")))
    return Table(_("Single statements"), header, rows)


def _trust(release: Release, wording: Wording) -> Table:
    _ = wording._
    rows = tuple(
        (wording.partner(partner.id), *(_of_partner(release, estimate, partner.id, wording) for estimate in TRUST))
        for partner in release.partners
        if any(cell.target == f"partner:{partner.id}" for cell in release.cells)
    )
    return Table(_("How partners see each other"), (_("Partner"), *(_(name) for name in TRUST.values())), rows)


def _of_partner(release: Release, estimate: str, partner: str, wording: Wording) -> str:
    found = [c for c in release.cells if (c.estimate, c.target) == (estimate, f"partner:{partner}")]
    return "; ".join(dict.fromkeys(number(cell, wording) for cell in found))


def _pairs(release: Release, wording: Wording) -> Table:
    """One line per pair: the trust given in it, and how far the two sides of the pair are apart."""
    _ = wording._
    estimates = ("rating", "asymmetry", "meta_gap")
    held = {
        (cell.estimate, cell.target): cell
        for cell in release.cells
        if cell.estimate in estimates and cell.target.startswith(("pair:", "side:"))
    }
    rows = tuple(
        (about(target, wording), *(_said(held.get((estimate, target)), wording) for estimate in estimates))
        for target in dict.fromkeys(target for _estimate, target in held)
    )
    header = (_("From → about"), _("Points (interval)"), _(TRUST["asymmetry"]), _(TRUST["meta_gap"]))
    return Table(_("Signed positions, from one partner about another"), header, rows)


def _said(cell: Cell | None, wording: Wording) -> str:
    return "" if cell is None else number(cell, wording)


def _facts(release: Release, wording: Wording) -> Table:
    _ = wording._
    rows = tuple((fact.code, _counted(fact, wording), fact.source, fact.doubts) for fact in release.facts)
    return Table(_("Facts beside the perceptions"), (_("Fact"), _("Value (interval)"), _("Source"), _("Doubts")), rows)


def _counted(fact: Fact, wording: Wording) -> str:
    return number(Cell("fact", fact.code, value=fact.value, low=fact.low, high=fact.high, reason=fact.reason), wording)


def provenance(release: Release, wording: Wording, *, is_intact: bool) -> tuple[tuple[str, str], ...]:
    """Where the numbers come from; digests are for `rapport verify`."""
    _ = wording._
    mode = _("signed positions of organizations") if release.dyadic_mode == "positions" else _("personal and anonymous")
    integrity = (
        _("unchanged since it was stored (this says nothing about the estimates)")
        if is_intact
        else _("DAMAGED: the stored text is not the one that was released")
    )
    return (
        (_("Answers until"), format_day(release.closed_on, wording.language)),
        (_("Questionnaire"), f"{release.instrument.upper()} {release.instrument_version}, {release.instrument_digest}"),
        (_("About each other"), mode),
        (_("Disclosure level"), release.disclosure_level),
        (_("Revision"), str(release.revision)),
        (_("Integrity"), integrity),
        *_flat(release.provenance),
    )


def _flat(body: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name in sorted(body):
        value = body[name]
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", ", ".join(map(str, value)) if isinstance(value, list) else str(value)
