"""Which questionnaire a partnership asks: the standard one, or a confirmed version of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from surveys import rounds
from surveys.instruments import Instrument, standard_instrument
from surveys.models import InstrumentVersion, OwnQuestionnaire, Partnership, Round
from surveys.problems import NotFound, UnreadableInstrument

BEGIN = "own-"  # codes of questionnaires of a partnership's own


def code_of(partnership: Partnership) -> str:
    return BEGIN + partnership.code


def find_draft(session: Session, partnership: Partnership) -> OwnQuestionnaire | None:
    query = select(OwnQuestionnaire).where(
        OwnQuestionnaire.partnership_id == partnership.id, col(OwnQuestionnaire.confirmed_on).is_(None)
    )
    return session.exec(query).first()


def set_draft(
    session: Session,
    partnership: Partnership,
    instrument: Instrument,
    *,
    by: str,
    today: date,
    notes: Sequence[tuple[str, str]] = (),
) -> None:
    """Keep an upload until it is confirmed; an earlier draft makes way. notes: cell and what was left out of it."""
    draft = find_draft(session, partnership)
    if draft is None:
        draft = OwnQuestionnaire(partnership_id=partnership.id, uploaded_by=by, uploaded_on=today)
    draft.body = {
        "instrument": instrument.model_dump(mode="json", by_alias=True),
        "notes": [list(one) for one in notes],
    }
    draft.uploaded_by, draft.uploaded_on = by, today
    session.add(draft)
    session.flush()  # one draft at a time: the next question must find it


def instrument_of_draft(draft: OwnQuestionnaire) -> Instrument:
    return Instrument.model_validate(draft.body["instrument"])


def notes_of_draft(draft: OwnQuestionnaire) -> tuple[tuple[str, str], ...]:
    return tuple((where, sentence) for where, sentence in draft.body["notes"])


def discard(session: Session, draft: OwnQuestionnaire) -> None:
    session.delete(draft)
    session.flush()  # gone before anything else is asked


def confirm(session: Session, draft: OwnQuestionnaire, instrument: Instrument, *, today: date) -> InstrumentVersion:
    """The draft becomes a version that never changes."""
    version = rounds.use_instrument(session, instrument)
    draft.instrument_version_id, draft.confirmed_on, draft.body = version.id, today, {}
    session.add(draft)
    session.flush()  # the list of versions is read next
    return version


def confirmed(session: Session, partnership: Partnership) -> list[tuple[OwnQuestionnaire, InstrumentVersion]]:
    """The versions of a partnership's own, newest first."""
    query = (
        select(OwnQuestionnaire, InstrumentVersion)
        .join(InstrumentVersion, col(OwnQuestionnaire.instrument_version_id) == col(InstrumentVersion.id))
        .where(OwnQuestionnaire.partnership_id == partnership.id)
        .order_by(col(InstrumentVersion.version).desc())
    )
    return list(session.exec(query).all())


def next_version(session: Session, partnership: Partnership) -> int:
    """Above every version this partnership has ever asked or kept: a change of version shows in the series."""
    asked = (
        select(InstrumentVersion.version)
        .join(Round, col(Round.instrument_version_id) == col(InstrumentVersion.id))
        .where(Round.partnership_id == partnership.id)
    )
    known: list[int] = [*session.exec(asked), *(version.version for _, version in confirmed(session, partnership))]
    return max([*known, standard(session, partnership).version]) + 1


def choose(session: Session, partnership: Partnership, key: UUID | None) -> Instrument:
    """Ask this version from the next round on, one in preparation included; None: the standard questionnaire."""
    found = {row.id: row for row, _ in confirmed(session, partnership)}
    if key is not None and key not in found:
        raise NotFound("there is no such questionnaire")
    for row in found.values():
        row.is_in_use = row.id == key
        session.add(row)
    session.flush()  # the choice is read back below
    instrument = instrument_for(session, partnership)
    for round_ in rounds.of_partnership(session, partnership.id):
        if round_.state == "prepared" and round_.kind == "full":
            round_.instrument_version_id = rounds.use_instrument(session, instrument).id
            round_.approved_by = ""  # who approved the list saw another questionnaire
            session.add(round_)
    return instrument


def instrument_for(session: Session, partnership: Partnership) -> Instrument:
    """What the next round asks."""
    for row, version in confirmed(session, partnership):
        if row.is_in_use:
            return Instrument.model_validate(version.body)
    return standard(session, partnership)


def standard(session: Session, partnership: Partnership) -> Instrument:
    """The questionnaire of the catalog, else the latest version stored under the partnership's code."""
    try:
        return standard_instrument(partnership.instrument_code)
    except UnreadableInstrument:
        query = select(InstrumentVersion).where(InstrumentVersion.code == partnership.instrument_code)
        found = session.exec(query.order_by(col(InstrumentVersion.version).desc()).limit(1)).first()
        if found is None:
            raise
        return Instrument.model_validate(found.body)


def asked_last(session: Session, partnership: Partnership) -> Instrument:
    """What the series is compared with: the questionnaire of the latest full round that began, else the standard."""
    begun = [
        one
        for one in rounds.of_partnership(session, partnership.id)
        if one.kind == "full" and one.state not in ("prepared", "cancelled")
    ]
    return rounds.instrument_of(session, begun[-1]) if begun else standard(session, partnership)
