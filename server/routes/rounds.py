"""One round: its release, or what happens before there is one; and the brief for the table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from sqlmodel import Session, col, select
from starlette.requests import Request
from starlette.responses import Response

from server import drawings, technical
from server.brief_blocks import Table
from server.brief_orders import readable_rounds
from server.deps import AccountDep, ClockDep, SessionDep, may_run, partnership_for, seat_for
from server.dossiers import Dossier, open_dossier, with_pulses
from server.drawings import Drawn
from server.entries import EntryLine, before, entry_lines
from server.overview import last_words
from server.pages import Page, Words, language_of, render
from server.preparing import prepared_page
from server.reading import construct_targets
from server.what_next import next_steps
from surveys import releases, rounds
from surveys.models import ReleaseRow, Round

router = APIRouter()
RoundNumber = Annotated[int, Path(ge=1, le=9999)]
ChosenLanguage = Annotated[Literal["en", "km", "fr"] | None, Query()]


@dataclass(frozen=True, slots=True)
class ReleasePage(Page):
    template = "rounds/release.html"
    title: Words
    address: str
    number: int
    label: str
    about: str
    annotations: tuple[str, ...]
    has_brief: bool
    profile: Drawn
    tables: tuple[Table, ...]
    further: Table
    comments: tuple[tuple[str, str], ...]
    entries: tuple[EntryLine, ...]
    provenance: tuple[tuple[str, str], ...]
    steps: tuple[str, ...]
    may_run: bool


@router.get("/partnerships/{partnership_id}/rounds/{number}")
def round_page(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID, number: RoundNumber
) -> Response:
    partnership = partnership_for(session, account, partnership_id)
    round_ = rounds.get_round(session, partnership.id, number)
    dossier = open_dossier(session, account, partnership, language_of(request))
    if round_.kind == "pulse":
        dossier = with_pulses(session, dossier)
    if not dossier.has_release(number):
        return render(request, prepared_page(session, account, dossier, round_, now))
    lines = before(entry_lines(session, dossier, now.date()), number)
    steps = next_steps(session, partnership, round_, now, dossier.wording.language)
    has_brief = number in readable_rounds(session, seat_for(session, account, partnership.id))
    page = _release_page(session, dossier.at(number), round_, lines)
    runs = may_run(session, account, partnership.id)
    return render(request, replace(page, steps=steps, may_run=runs, has_brief=has_brief))


def _release_page(session: Session, dossier: Dossier, round_: Round, lines: tuple[EntryLine, ...]) -> ReleasePage:
    release, wording = dossier.series[-1], dossier.wording
    everybody, facilitator = wording._("for everybody"), wording._("for the facilitator only")
    return ReleasePage(
        title=dossier.title,
        address=dossier.address,
        number=release.round_number,
        label=wording.label(release.round_label),
        about=last_words(dossier.series, wording),
        annotations=_notes(dossier, round_),
        has_brief=False,
        profile=drawings.profile(drawings.subject_of(dossier), tuple(construct_targets(wording))),
        tables=technical.tables(release, wording),
        further=technical.further(release, wording),
        comments=tuple((one.text, everybody if one.audience == "all" else facilitator) for one in release.comments),
        entries=lines,
        steps=(),
        may_run=False,
        provenance=technical.provenance(release, wording, is_intact=is_intact(session, round_)),
    )


def _notes(dossier: Dossier, round_: Round) -> tuple[str, ...]:
    """What must be read before the numbers."""
    if round_.state != "not_opened":
        return dossier.series[-1].annotations
    unopened = dossier.wording._("Too few people answered: their answers were destroyed unread, and no score is shown.")
    return (unopened, *dossier.series[-1].annotations)


def is_intact(session: Session, round_: Round) -> bool:
    query = select(ReleaseRow).where(ReleaseRow.round_id == round_.id).order_by(col(ReleaseRow.revision).desc())
    return releases.verify(session.exec(query.limit(1)).one())
