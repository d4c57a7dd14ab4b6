"""One partnership as one account may read it: its stored releases, and the words for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, func, or_, select

from server.brief_blocks import Agreement
from server.deps import audience_of
from server.pages import Words
from server.sheets import read_version, title_of
from server.wording import Wording
from surveys import accounts, commitments, discussions, releases, rounds
from surveys.instruments import Instrument
from surveys.models import (
    Account,
    Commitment,
    Discussion,
    InstrumentVersion,
    Membership,
    Organization,
    Partnership,
    Round,
)
from surveys.releases import Release

Instruments = Mapping[tuple[str, int], Instrument]
UNASKED = Instrument(code="none", titles={}, scales={}, constructs=(), items=())  # before the first release


@dataclass(frozen=True, slots=True)
class Dossier:
    """What every reading page of a partnership starts from."""

    partnership: Partnership
    title: Words
    audience: str
    series: tuple[Release, ...]
    wording: Wording
    instruments: Instruments

    @property
    def address(self) -> str:
        return address_of(self.partnership)

    def has_release(self, number: int) -> bool:
        return any(release.round_number == number for release in self.series)

    def at(self, number: int, language: str | None = None) -> Dossier:
        """The dossier as it stood with this released round, with the words of the questionnaire used in it."""
        series = tuple(release for release in self.series if release.round_number <= number)
        wording = _wording(series, self.instruments, language or self.wording.language)
        return replace(self, series=series, wording=wording)

    def for_everybody(self) -> Dossier:
        """Without what is meant for the facilitator alone."""
        return replace(self, audience="all", series=tuple(releases.for_audience(one, "all") for one in self.series))


def with_pulses(session: Session, dossier: Dossier) -> Dossier:
    """The pulses in place of the series: they have a line of their own, and questions of their own."""
    series = releases.of_pulses(session, dossier.partnership.id, audience=dossier.audience)
    instruments = instruments_of(session, series)
    return replace(
        dossier,
        series=tuple(series),
        instruments=instruments,
        wording=_wording(series, instruments, dossier.wording.language),
    )


def address_of(partnership: Partnership) -> str:
    return f"/partnerships/{partnership.id}"


def open_dossier(session: Session, account: Account, partnership: Partnership, language: str) -> Dossier:
    return open_dossiers(session, account, [partnership], language)[0]


def open_dossiers(
    session: Session, account: Account, several: Sequence[Partnership], language: str
) -> tuple[Dossier, ...]:
    """The dossiers of several partnerships with three questions to the database, however many there are."""
    seats = accounts.seats_of(session, account)
    return read_dossiers(session, several, language, {one.id: audience_of(seats[one.id]) for one in several})


def read_dossiers(
    session: Session, several: Sequence[Partnership], language: str, audiences: Mapping[UUID, str]
) -> tuple[Dossier, ...]:
    found = releases.series_of_many(session, audiences)
    instruments = instruments_of(session, (release for series in found.values() for release in series))
    return tuple(_dossier(one, found[one.id], instruments, audiences[one.id], language) for one in several)


def _dossier(
    partnership: Partnership, series: Sequence[Release], instruments: Instruments, audience: str, language: str
) -> Dossier:
    title, wording = title_of(partnership, language), _wording(series, instruments, language)
    return Dossier(partnership, title, audience, tuple(series), wording, instruments)


def _wording(series: Sequence[Release], instruments: Instruments, language: str) -> Wording:
    if not series:
        return Wording(language, UNASKED)
    last = series[-1]
    return Wording(language, instruments[last.instrument, last.instrument_version], last.partners)


def instruments_of(session: Session, found: Iterable[Release]) -> Instruments:
    """The questionnaires behind these releases."""
    codes = sorted({release.instrument for release in found})
    versions = session.exec(select(InstrumentVersion).where(col(InstrumentVersion.code).in_(codes)))
    return {(version.code, version.version): read_version(version) for version in versions}


def organizations_by_id(session: Session, partnership_id: UUID) -> dict[UUID, Organization]:
    """Everybody who is or was a member: an owner of an agreement may have left since."""
    query = (
        select(Organization)
        .join(Membership, col(Membership.organization_id) == col(Organization.id))
        .where(Membership.partnership_id == partnership_id)
    )
    return {one.id: one for one in session.exec(query)}


def agreements_of(session: Session, partnership_id: UUID, language: str) -> tuple[tuple[UUID, Agreement], ...]:
    """Every question taken up, the latest first, with each commitment it led to: a line for each."""
    entries = discussions.of_partnership(session, partnership_id)
    if not entries:
        return ()
    owners = organizations_by_id(session, partnership_id)
    made = commitments.of_partnership(session, partnership_id)
    found: list[tuple[UUID, Agreement]] = []
    for entry in entries:
        led_to = [one for one in made if one.discussion_id == entry.id]
        found += [(entry.id, as_agreement(entry, one, owners, language)) for one in led_to]
        if not led_to:
            found.append((entry.id, Agreement(entry.question, entry.conclusion, "", None, entry.status)))
    return tuple(found)


def as_agreement(entry: Discussion, made: Commitment, owners: Mapping[UUID, Organization], language: str) -> Agreement:
    owner = owners[made.owner_organization_id]
    name = (owner.names or {}).get(language) or owner.name
    return Agreement(entry.question, made.what, name, made.due_on, made.status, made.evidence or made.note)


def agreements_before(session: Session, dossier: Dossier, round_number: int) -> tuple[Agreement, ...]:
    """What earlier rounds led to and what became of it, oldest first."""
    numbers = {one.id: one.number for one in rounds.of_partnership(session, dossier.partnership.id)}
    entries = {one.id: one for one in discussions.of_partnership(session, dossier.partnership.id)}
    found = agreements_of(session, dossier.partnership.id, dossier.wording.language)
    return tuple(plain for key, plain in reversed(found) if numbers[entries[key].round_id] < round_number)


GOING_ON = ("prepared", "open", "closed")


def latest_rounds(session: Session, partnership_ids: Sequence[UUID]) -> dict[UUID, Round]:
    """The newest round of each partnership that has one; a pulse only while it is going on."""
    newest = (
        select(Round.partnership_id, func.max(Round.number).label("number"))
        .where(
            col(Round.partnership_id).in_(partnership_ids), or_(Round.kind == "full", col(Round.state).in_(GOING_ON))
        )
        .group_by(col(Round.partnership_id))
        .subquery()
    )
    query = select(Round).join(
        newest, (newest.c.partnership_id == Round.partnership_id) & (newest.c.number == Round.number)
    )
    return {one.partnership_id: one for one in session.exec(query)}


def overdue_counts(session: Session, partnership_ids: Sequence[UUID], today: date) -> Counter[UUID]:
    """Commitments past their date, by partnership."""
    return Counter(one.partnership_id for one in commitments.overdue(session, partnership_ids, today))
