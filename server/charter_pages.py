"""What the pages of a charter show: its sections in words, who signed, and what two versions say differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session

from server.entry_forms import Names, entry_words, value_words
from server.languages import format_day, translator
from server.pages import Words
from server.sheets import name_of
from server.wording import N_
from surveys import charter as agreed
from surveys import charter_scans, charter_versions
from surveys.descriptions import Description
from surveys.instruments import text_in
from surveys.models import Charter, CharterSignature, Organization

STATES = {
    "draft": N_("being written"),
    "signing": N_("being signed"),
    "in_force": N_("in force"),
    "superseded": N_("replaced by a later version"),
    "withdrawn": N_("withdrawn before everybody signed"),
}
WAYS = {
    "link": N_("signed by personal link"),
    "account": N_("signed with an account"),
    "paper": N_("signed on paper, entered by the facilitator"),
}


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry of a list, or the one form of a section; `place` is its number in the list."""

    place: int
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    code: str
    title: str
    about: str
    is_list: bool
    entries: tuple[EntryView, ...]
    is_needed: bool


@dataclass(frozen=True, slots=True)
class SignatureView:
    organization_id: str
    name: Words
    person: str
    state: str  # in words
    note: str
    is_signed: bool
    is_paper: bool
    entered_by: str
    scan: str  # what kind of file it is; "" without one


@dataclass(frozen=True, slots=True)
class DifferenceView:
    section: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    address: str
    label: str
    state: str


def section_views(body: Mapping[str, Any], names: Names, language: str, *, empty: bool) -> tuple[SectionView, ...]:
    """The sections in their order; with `empty` also those in which nothing is written."""
    return tuple(
        _section(description, body.get(code), names, language)
        for code, description in charter_versions.sections().items()
        if empty or body.get(code)
    )


def _section(description: Description, given: Any, names: Names, language: str) -> SectionView:
    several = given if isinstance(given, list) else [given] if given else []
    return SectionView(
        code=description.code,
        title=text_in(description.title, language),
        about=text_in(description.about, language),
        is_list=description.is_list,
        entries=tuple(
            EntryView(place, _clause_lines(description, one, names, language)) for place, one in enumerate(several)
        ),
        is_needed=description.code in charter_versions.NEEDED,
    )


def _clause_lines(
    description: Description, body: Mapping[str, Any], names: Names, language: str
) -> tuple[tuple[str, str], ...]:
    """A clause is read in the reader's language; other entries as they are."""
    if description.code == "clauses":
        return ((body["code"], text_in(dict(agreed.clause_of(body).texts), language)),)
    return entry_words(description, body, names, language)


def signature_views(
    session: Session, charter: Charter, partners: list[Organization], language: str
) -> tuple[SignatureView, ...]:
    """Today's partners, and whoever signed and left since."""
    found = agreed.signatures(session, charter)
    signed, scans = agreed.signed_by(session, charter), charter_scans.kinds_of(session, charter)
    return tuple(_signature(one, found.get(one.id), one.id in signed, scans, language) for one in partners)


def _signature(
    organization: Organization,
    line: CharterSignature | None,
    is_signed: bool,
    scans: Mapping[UUID, str],
    language: str,
) -> SignatureView:
    _ = translator(language).gettext
    if line is not None and is_signed and line.signed_on:
        state = f"{_(WAYS[line.way])}, {format_day(line.signed_on, language)}"
    else:
        state = _("asked to sign") if line is not None else _("not asked yet")
    return SignatureView(
        organization_id=str(organization.id),
        name=name_of(organization, language),
        person=line.person if line else "",
        state=state,
        note=line.note if line else "",
        is_signed=is_signed,
        is_paper=bool(line and line.way == "paper"),
        entered_by=line.entered_by if line else "",
        scan=scans.get(line.id, "").upper() if line else "",
    )


def difference_views(before: Charter | None, after: Charter, names: Names, language: str) -> tuple[DifferenceView, ...]:
    """What was and what is; entries of lists stand whole."""
    found = []
    for one in charter_versions.differences(before, after):
        description = charter_versions.sections()[one.section]
        title = text_in(description.title, language)
        if one.field:
            field = description.field(one.field)
            was, now = (value_words(field, value, names, language) for value in (one.before, one.after))
            found.append(DifferenceView(title, text_in(field.label, language), was, now))
        else:
            was, now = (_whole(description, value, names, language) for value in (one.before, one.after))
            found.append(DifferenceView(title, "", was, now))
    return tuple(found)


def _whole(description: Description, body: Mapping[str, Any] | None, names: Names, language: str) -> str:
    return "; ".join(words for _, words in _clause_lines(description, body, names, language)) if body else ""


def version_lines(several: list[Charter], address: str, language: str) -> tuple[VersionLine, ...]:
    """The newest first."""
    _ = translator(language).gettext
    return tuple(
        VersionLine(
            f"{address}/charter/versions/{one.version}",
            _("Version {number}").format(number=one.version),
            _state(one, language),
        )
        for one in reversed(several)
    )


def _state(charter: Charter, language: str) -> str:
    _ = translator(language).gettext
    day: date | None = charter.in_force_on if charter.in_force_on else charter.put_on
    return f"{_(STATES[charter.state])}, {format_day(day, language)}" if day else _(STATES[charter.state])


def base_of(session: Session, charter: Charter) -> Charter | None:
    """The version a text is compared with: the last one that was in force before it."""
    earlier = [
        one
        for one in agreed.versions(session, charter.partnership_id)
        if one.version < charter.version and one.in_force_on
    ]
    return earlier[-1] if earlier else None
