"""How sure are we: what stands behind the numbers of one round, in the order in which one would doubt them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server import technical
from server.brief_blocks import Table
from server.dossiers import Dossier
from server.pictures import events_of
from server.reading import construct_targets, headline_targets, without_repeats
from server.statements import versions_used
from server.technical_words import PARTS, about, label, number, people
from server.wording import REASONS
from surveys.instruments import text_in
from surveys.releases import Cell

RELIABLE, USABLE = 0.70, 0.60  # conventions: Handbook on composite indicators, table 11
OTHER_REASONS = frozenset({"", *REASONS} - {"too_few"})  # whatever else hides a number protects people


@dataclass(frozen=True, slots=True)
class Part:
    """One doubt and what answers it: sentences first, then numbers."""

    heading: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...]


def parts(dossier: Dossier) -> tuple[Part, ...]:
    """The technical sheet of the last release of the dossier; parts with nothing to say are left out."""
    sheet = _Sheet(dossier)
    made = (
        sheet.definitions(),
        sheet.statements(),
        sheet.response(),
        sheet.precision(),
        sheet.missing(),
        sheet.agreement(),
        sheet.reliability(),
        sheet.correlations(),
        sheet.weights(),
        sheet.bounds(),
        sheet.drivers(),
        sheet.breaks(),
        sheet.disclosure(),
    )
    return tuple(part for part in made if part.sentences or any(table.rows for table in part.tables))


class _Sheet:
    def __init__(self, dossier: Dossier) -> None:
        self.dossier, self.release, self.wording = dossier, dossier.series[-1], dossier.wording
        self._, self.instrument = self.wording._, dossier.wording.instrument

    def _part(self, heading: str, *sentences: str, tables: Sequence[Table] = ()) -> Part:
        kept = tuple(technical.without_empty_columns(table) for table in tables if table.rows)
        return Part(heading, tuple(one for one in sentences if one), kept)

    def _constructs(self) -> list[str]:
        constructs = [f"construct:{construct.code}" for construct in self.instrument.constructs]
        return list(dict.fromkeys([*construct_targets(self.wording), *constructs]))

    def definitions(self) -> Part:
        _, language = self._, self.wording.language
        rows = tuple(
            (
                text_in(one.titles, language),
                text_in(one.explanations, language) if one.explanations else "",
                str(sum(item.in_index for item in self.instrument.items_of(one.code))),
            )
            for one in self.instrument.constructs
            if any(item.in_index for item in self.instrument.items_of(one.code))
        )
        headlines = ", ".join(text_in(one.titles, language) for one in self.instrument.headlines)
        said = _("The indices that lead every page: {names}.").format(names=headlines) if headlines else ""
        scale = _(
            "Each statement is answered on one scale; answers become points from 0 to 100. People are averaged within "
            "their organization first, then organizations, so that each organization has one voice."
        )
        header = (_("Index"), _("Meaning"), _("Statements"))
        return self._part(_("What the numbers mean"), said, scale, tables=[Table(_("Definitions"), header, rows)])

    def statements(self) -> Part:
        _, wording = self._, self.wording
        titles = {one.code: text_in(one.titles, wording.language) for one in self.instrument.constructs}
        rows = tuple(
            (
                item.code,
                text_in(item.texts, wording.language),
                titles.get(item.construct_code, ""),
                _("turned") if item.reverse else "",
            )
            for item in self.instrument.items
        )
        version = _("{instrument}, version {version}; fingerprint {digest}").format(
            instrument=self.release.instrument.upper(),
            version=self.release.instrument_version,
            digest=self.release.instrument_digest[:16],
        )
        table = Table(_("Statements of this version"), (_("Code"), _("Statement"), _("Index"), _("Key")), rows)
        return self._part(_("What exactly was asked"), version, *versions_used(self.dossier), tables=[table])

    def response(self) -> Part:
        table = technical.response_table(self.release, self.wording)
        return self._part(self._("Who answered"), tables=[table])

    def precision(self) -> Part:
        _ = self._
        level = _(
            "The range after a level is its 95 % interval and answers the question “how do these partners see it now”: "
            "who did not answer could move it. The range after a change answers “did the underlying level move”."
        )
        small = _("With few organizations ranges are wide. That is no fault of the method: it is what can be known.")
        table = technical.levels_table(self.release, self.wording)
        return self._part(_("How exact the levels are"), level, small, tables=[table])

    def missing(self) -> Part:
        _ = self._
        rows = tuple(
            (self.wording.target(target), *(self._said(one, target) for one in ("cannot_judge", "prefer_not")))
            for target in self._constructs()
            if self.release.find("cannot_judge", target)
        )
        header = (_("Index"), _("Could not judge (%)"), _("Preferred not to answer (%)"))
        rule = _(
            "A person counts for an index who answered at least two thirds of its statements. Nothing is filled in."
        )
        return self._part(_("Answers that are missing"), rule, tables=[Table(_("Share of the answers"), header, rows)])

    def _said(self, estimate: str, target: str, population: str = "all") -> str:
        cell = self.release.find(estimate, target, population)
        return "" if cell is None else number(cell, self.wording)

    def agreement(self) -> Part:
        _ = self._
        rows = tuple(
            (
                self.wording.target(target),
                self.wording.spread(self.release.find("spread", target)),
                self.wording.spread(self.release.find("agreement_ad", target)),
                self._rwg(target),
            )
            for target in self._constructs()
            if self.release.find("spread", target)
        )
        header = (
            _("Index"),
            _("Spread"),
            _("Average distance of the answers from their mean"),
            _("Agreement within the partnership (rwg)"),
        )
        said = _("Agreement counts only above what people answering at random would show by chance, given in brackets.")
        return self._part(_("How far people agree"), said if rows else "", tables=[Table(_("Agreement"), header, rows)])

    def _rwg(self, target: str) -> str:
        cell = self.release.find("agreement_rwg", target)
        if cell is None or cell.value is None:
            return self.wording.spread(cell)
        if cell.high is None:
            return f"{cell.value:.0f}"
        said = self._("{value} (by chance up to {chance})")
        return said.format(value=round(cell.value), chance=round(cell.high))

    def reliability(self) -> Part:
        _ = self._
        rows = tuple(
            (
                self.wording.target(target),
                self._said("alpha", target, "programme"),
                self._said("omega", target, "programme"),
                people(self.release.find("alpha", target, "programme")),
                self._use(self.release.find("alpha", target, "programme")),
            )
            for target in self._constructs()
            if self.release.find("alpha", target, "programme")
        )
        header = (
            _("Index"),
            _("Reliability (alpha)"),
            _("Reliability (omega)"),
            _("People"),
            _("What it allows"),
        )
        said = _(
            "Pooled over the partnerships of this programme that answered the same questionnaire, from 20 people on."
        )
        return self._part(
            _("Do the statements measure one thing"),
            said if rows else "",
            tables=[Table(_("Reliability"), header, rows)],
        )

    def _use(self, cell: Cell | None) -> str:
        if cell is None or cell.value is None:
            return ""
        if cell.value >= RELIABLE:
            return self._("reliable enough for groups")
        return self._("use with care") if cell.value >= USABLE else self._("too weak to lean on")

    def correlations(self) -> Part:
        _ = self._
        shown = [cell for cell in self.release.cells if cell.estimate == "correlation" and cell.value is not None]
        rows = tuple((about(cell.target, self.wording), number(cell, self.wording)) for cell in shown)
        few = _("With fewer than 20 people no correlation is given.") if not rows else ""
        table = Table(_("Correlations between indices, to one digit"), (_("Pair"), _("Correlation")), rows)
        return self._part(_("What moves together"), few, tables=[table])

    def weights(self) -> Part:
        _ = self._
        if not self.instrument.composite:
            return Part("", (), ())
        why = _(
            "The partnership health index is the plain mean of its constructs: nobody's priorities are built into it, "
            "and it is never shown without the profile behind it. Weights may be agreed only before a series starts."
        )
        held = ("composite_arithmetic", "composite_geometric", "composite_lowest")
        cells = [cell for one in held if (cell := self.release.find(one, "composite"))]
        rows = tuple((label(cell.estimate, self.wording), self._composite(cell)) for cell in cells)
        table = Table(_("The index three ways"), (_("Quantity"), _("Points")), rows)
        return self._part(_("Weights, and why"), why, tables=[table])

    def _composite(self, cell: Cell) -> str:
        said = self.wording.level(cell)
        return self.wording.about(self.wording.target(f"construct:{cell.word}"), said) if cell.word else said

    def bounds(self) -> Part:
        _ = self._
        rows = tuple(
            (label(cell.estimate, self.wording), number(cell, self.wording), cell.method)
            for one in ("composite_monte_carlo", "composite_change")
            if (cell := self.release.find(one, "composite"))
        )
        change = self.release.find("composite_change", "composite")
        verdict = ""
        if change is not None and change.value is not None:
            holds = _("Whatever the choices, the direction of the change stays the same in at least 95 of 100 runs.")
            not_so = _(
                "With other sensible choices the direction of the change could be another: no claim is made for it."
            )
            verdict = holds if "sign_holds" in change.flags else not_so
        table = Table(_("Under many other choices"), (_("Quantity"), _("Points (interval)"), _("Method")), rows)
        return self._part(_("If other choices had been made"), verdict, tables=[table])

    def drivers(self) -> Part:
        _ = self._
        factors = [cell for cell in self.release.cells if cell.estimate == "sensitivity_first"]
        rows = tuple(
            (
                _(PARTS[code]) if (code := cell.target.removeprefix("factor:")) in PARTS else code,
                number(cell, self.wording),
                self._said("sensitivity_total", cell.target),
            )
            for cell in factors
            if cell.value is not None
        )
        shares = Table(
            _("What the uncertainty of the index comes from"),
            (_("Choice"), _("By itself"), _("With interactions")),
            rows,
        )
        return self._part(
            _("What drives the index and its change"),
            tables=[shares, technical.changes_table(self.release, self.wording)],
        )

    def breaks(self) -> Part:
        _, wording = self._, self.wording
        targets = without_repeats([*headline_targets(wording), *construct_targets(wording)], wording)
        found = {
            event.label: event
            for target in targets
            for event in events_of(self.dossier.series, wording, target)
            if event.is_break
        }
        said = tuple(
            wording.about(technical.month(event.on, wording), event.label)
            for event in sorted(found.values(), key=lambda one: one.on)
        )
        none = _("Nothing breaks the series: all rounds can be compared.") if len(self.dossier.series) > 1 else ""
        return self._part(_("Breaks of the series"), *(said or (none,)))

    def disclosure(self) -> Part:
        _ = self._
        return self._part(
            _("What is hidden, and why"),
            _(
                "Nothing is shown for fewer than 5 people or 3 organizations, or where a hidden number could be worked "
                "out from the shown ones; where everybody answers almost alike a range is shown."
            ),
            _("{count} numbers of this release are hidden for that reason.").format(count=self._hidden()),
        )

    def _hidden(self) -> int:
        return sum(
            cell.value is None and cell.word is None and cell.low is None and (cell.reason or "") not in OTHER_REASONS
            for cell in self.release.cells
        )
