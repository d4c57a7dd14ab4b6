"""How a partnership stands against the founding text: what is agreed, missing, measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from server.dossiers import Dossier
from server.kinds import MODALITIES, PHASES
from server.languages import format_day, translator
from server.refusals import cite_row, sentence_of
from server.wording import N_
from surveys import charter_versions, facts, musts, rounds, shoulds
from surveys.descriptions import read_catalog
from surveys.facts import Fact
from surveys.instruments import text_in
from surveys.models import RuleReason
from surveys.principles import Breach, Row, name_in, read_principles
from surveys.releases import Release
from surveys.standing import Standing
from surveys.tallies import Tally, tallies

LENDERS = "lending_un_bilateral"
State = Literal["stands", "open", "missing"]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A recommendation that is not followed, and the reason that was given for it."""

    rule: str
    about: str
    sentence: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Measured:
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class RowView:
    """state: stands; open where recommendations wait for an answer; missing where a demand is not met."""

    code: str
    title: str
    asks: str
    cited: str
    state: State
    agreed: tuple[str, ...]
    missing: tuple[str, ...]
    warnings: tuple[Recommendation, ...]
    measured: tuple[Measured, ...]
    counted: tuple[Measured, ...]


def row_views(session: Session, dossier: Dossier, now: Standing) -> tuple[RowView, ...]:
    broken = _by_row(one for act in ("activation", "round") for one in musts.broken(now, act))
    warned, reasons = _by_row(shoulds.warnings(now)), shoulds.reasons(session, now.partnership.id)
    release = dossier.series[-1] if dossier.series else None
    counted = facts.of_round(session, _round_id(session, dossier)) if release else ()
    tallied = tallies(session, now)
    return tuple(
        _row(row, dossier, now, broken.get(code, []), warned.get(code, []), reasons, release, counted, tallied)
        for code, row in read_principles()[0].items()
    )


def _by_row(breaches: Iterator[Breach] | Sequence[Breach]) -> dict[str, list[Breach]]:
    found: dict[str, list[Breach]] = {}
    for one in breaches:
        several = found.setdefault(one.rule.row, [])
        if one not in several:
            several.append(one)
    return found


def _round_id(session: Session, dossier: Dossier) -> UUID:
    return rounds.get_round(session, dossier.partnership.id, dossier.series[-1].round_number).id


def _row(
    row: Row,
    dossier: Dossier,
    now: Standing,
    broken: list[Breach],
    warned: list[Breach],
    reasons: Mapping[tuple[str, str], RuleReason],
    release: Release | None,
    counted: Sequence[Fact],
    tallied: Sequence[Tally],
) -> RowView:
    language = dossier.wording.language
    warnings = tuple(_warning(one, reasons.get((one.rule.code, one.about)), language) for one in warned)
    unanswered = any(not one.reason for one in warnings)
    return RowView(
        code=row.code,
        title=text_in(row.title, language),
        asks=text_in(row.asks, language),
        cited=cite_row(row, language),
        state="missing" if broken else "open" if unanswered else "stands",
        agreed=tuple(agreed_lines(row.code, now, language)),
        missing=tuple(sentence_of(one, language) for one in broken),
        warnings=tuple(sorted(warnings, key=lambda one: bool(one.reason))),
        measured=tuple(_measured(row, release, dossier)) if release else (),
        counted=(
            *(_counted(one, language) for one in counted if one.code in row.facts),
            *(_tallied(one, language) for one in tallied if one.row == row.code),
        ),
    )


def _warning(one: Breach, kept: RuleReason | None, language: str) -> Recommendation:
    said, by = (kept.reason, kept.given_by) if kept else ("", "")
    return Recommendation(one.rule.code, one.about, sentence_of(one, language), said, by)


def _measured(row: Row, release: Release, dossier: Dossier) -> Iterator[Measured]:
    """For a principle its topics, for a consideration its statements, from the latest release."""
    topics = dict.fromkeys(code[0] for code in row.items)
    targets = [f"construct:{code}" for code in topics] if row.code.startswith("P") else []
    if row.code == "PARA1" or not targets:
        targets = [f"item:{code}" for code in row.items]
    for target in targets:
        cell = release.find("level", target)
        if cell is not None:
            yield Measured(dossier.wording.target(target), dossier.wording.full_level(cell))
    if row.code == "S4":
        yield from _among_lenders(release, dossier)


def _among_lenders(release: Release, dossier: Dossier) -> Iterator[Measured]:
    """What lending, UN and bilateral agencies say: the text asks for stronger bonds among them."""
    wording = dossier.wording
    for cell in release.cells:
        if cell.population == LENDERS and cell.estimate in ("level", "density"):
            name = wording.about(wording.population(LENDERS), wording.target(cell.target))
            yield Measured(name, wording.full_level(cell))


def _counted(one: Fact, language: str) -> Measured:
    return Measured(text_in(one.title, language), ratio_words(one, language))


TALLIES = {
    "by_agreed_rule": N_("Decisions recorded under the agreed rule"),
    "published_on_time": N_("Documents of the register published on time"),
    "shared_systems": N_("Functions in a common or national system"),
    "joint_events": N_("Missions, reviews and audits held jointly"),
    "lessons_reused": N_("Lessons that another partnership took over"),
    "mechanisms_in_place": N_("Agreed mechanisms fully in place"),
    "commitments_on_time": N_("Commitments kept on time"),
    "gaps_closed": N_("Capacity gaps closed"),
    "nationally_executed": N_("Activities carried out nationally"),
    "rules_resolved": N_("Hindering rules waived or changed"),
    "days_per_mission": N_("Days of public servants per mission"),
}


def _tallied(one: Tally, language: str) -> Measured:
    """A share of few things is said as so many of so many, never as a percentage."""
    _ = translator(language).gettext
    if one.code == "days_per_mission":
        return Measured(_(TALLIES[one.code]), f"{one.part / one.whole:.1f}")
    return Measured(_(TALLIES[one.code]), _("{part} of {whole}").format(part=round(one.part), whole=one.whole))


def ratio_words(one: Fact, language: str) -> str:
    """A stored ratio in words: a share in percent, a count with its target, checks met."""
    _ = translator(language).gettext
    ratio = one.ratio
    if one.code == "accountability":
        return _("{passed} of 5 checks").format(passed=ratio.get("passed", 0))
    if one.code == "parallel_units":
        if ratio.get("count") is None:
            return _("not counted")
        target = ratio.get("target")
        said = _("{count} (target {target})") if target is not None else "{count}"
        return said.format(count=ratio["count"], target=round(target or 0))
    if ratio.get("value") is None:
        return _("nothing to count")
    return _("{share} %").format(share=round(100 * ratio["value"]))


def agreed_lines(code: str, now: Standing, language: str) -> Iterator[str]:
    """What stands in the charter and the registers for one passage, in a few words each."""
    _ = translator(language).gettext
    if code in AGREED:
        yield from AGREED[code](now, language)
    for name, description in read_catalog("registers").items():
        count = len(now.entries.get(name, ()))
        if description.row == code and count:
            yield _("{name}: {count}").format(name=text_in(description.title, language), count=count)
    if code == "P4" and now.lessons:
        yield _("{name}: {count}").format(name=_("Lessons"), count=len(now.lessons))


def _goal(now: Standing, _language: str) -> Iterator[str]:
    yield from (one for one in (now.partnership.goal, *now.partnership.further_goals) if one)


def _signed(now: Standing, language: str) -> Iterator[str]:
    _ = translator(language).gettext
    if now.in_force and now.in_force.in_force_on:
        day = format_day(now.in_force.in_force_on, language)
        yield _("Version {number}, signed by all on {day}").format(number=now.in_force.version, day=day)
    if vision := now.body().get("vision", {}).get("vision"):
        yield vision
    yield from _sections(now, language, "objectives", "results")


def _governed(now: Standing, language: str) -> Iterator[str]:
    if given := now.body().get("decisions"):
        field = charter_versions.sections()["decisions"].field("rule")
        texts = {one.code: text_in(one.texts, language) for one in field.choices}
        said = translator(language).gettext("Decisions: {rule}, quorum {quorum} %")
        yield said.format(rule=texts[given["rule"]], quorum=given["quorum"])
    yield from _sections(now, language, "roles")


def _trusted(now: Standing, language: str) -> Iterator[str]:
    _ = translator(language).gettext
    if now.body().get("disputes"):
        yield _("A way to settle disputes in four steps, each with a time limit")
    yield from _sections(now, language, "clauses")
    open_, kept = (
        sum(one.status in states for one in now.commitments) for states in (("agreed", "done"), ("verified",))
    )
    if open_ or kept:
        yield _("Commitments: {kept} kept and checked, {open} open").format(kept=kept, open=open_)


def _form(now: Standing, language: str) -> Iterator[str]:
    if now.partnership.modality:
        yield translator(language).gettext(MODALITIES[now.partnership.modality])


def _phase(now: Standing, language: str) -> Iterator[str]:
    _ = translator(language).gettext
    yield _("Phase: {phase}").format(phase=_(PHASES[now.partnership.phase]))


def _led(now: Standing, language: str) -> Iterator[str]:
    _ = translator(language).gettext
    for role, said in (("lead", _("Lead partner: {names}")), ("external_lead", _("External lead partner: {names}"))):
        names = ", ".join(name_in(one, language) for one in now.with_role(role))
        if names:
            yield said.format(names=names)


def _sections(now: Standing, language: str, *codes: str) -> Iterator[str]:
    _ = translator(language).gettext
    for code in codes:
        count = len(now.body().get(code, ()))
        if count:
            title = text_in(charter_versions.sections()[code].title, language)
            yield _("{name}: {count}").format(name=title, count=count)


AGREED = {"PARA1": _goal, "P1": _signed, "P2": _governed, "P5": _trusted, "S2": _form, "S3": _phase, "S4": _led}
