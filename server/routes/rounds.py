"""One round: its release, or what happens before there is one; and the brief for the table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from sqlmodel import Session, col, select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server import brief_pdf, drawings, technical
from server.briefing import Agreement, Brief, Table, assemble
from server.csv_files import download
from server.deps import AccountDep, ClockDep, SessionDep, may_run, partnership_for
from server.dossiers import Dossier, agreements_before, open_dossier, with_pulses
from server.drawings import Drawn, Subject
from server.entries import EntryLine, before, entry_lines
from server.languages import LANGUAGES
from server.pages import LANGUAGE_NAMES, Page, Words, environment, language_of, render
from server.preparing import prepared_page
from server.reading import construct_targets
from server.routes.partnerships import last_words
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
    profile: Drawn
    tables: tuple[Table, ...]
    further: Table
    comments: tuple[tuple[str, str], ...]
    entries: tuple[EntryLine, ...]
    provenance: tuple[tuple[str, str], ...]
    steps: tuple[str, ...]
    may_run: bool


@dataclass(frozen=True, slots=True)
class BriefPage(Page):
    template = "brief/page.html"
    title: str
    subtitle: str
    round_address: str
    round_label: str
    body: str
    files: tuple[tuple[str, str, str], ...]


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
    page = _release_page(session, dossier.at(number), round_, lines)
    return render(request, replace(page, steps=steps, may_run=may_run(session, account, partnership.id)))


def _release_page(session: Session, dossier: Dossier, round_: Round, lines: tuple[EntryLine, ...]) -> ReleasePage:
    release, wording = dossier.series[-1], dossier.wording
    everybody, facilitator = wording._("for everybody"), wording._("for the facilitator only")
    return ReleasePage(
        title=dossier.title,
        address=dossier.address,
        number=release.round_number,
        label=wording.label(release.round_label),
        about=last_words(dossier),
        annotations=_notes(dossier, round_),
        profile=drawings.profile(drawings.subject_of(dossier), tuple(construct_targets(wording))),
        tables=technical.tables(release, wording),
        further=technical.further(release, wording),
        comments=tuple((one.text, everybody if one.audience == "all" else facilitator) for one in release.comments),
        entries=lines,
        provenance=technical.provenance(release, wording, is_intact=_is_intact(session, round_)),
        steps=(),
        may_run=False,
    )


def _notes(dossier: Dossier, round_: Round) -> tuple[str, ...]:
    """What must be read before the numbers."""
    if round_.state != "not_opened":
        return dossier.series[-1].annotations
    unopened = dossier.wording._("Too few people answered: their answers were destroyed unread, and no score is shown.")
    return (unopened, *dossier.series[-1].annotations)


def _is_intact(session: Session, round_: Round) -> bool:
    query = select(ReleaseRow).where(ReleaseRow.round_id == round_.id).order_by(col(ReleaseRow.revision).desc())
    return releases.verify(session.exec(query.limit(1)).one())


@dataclass(frozen=True, slots=True)
class Ordered:
    """A brief somebody asked for: of which round, in which language, with the agreements as they stand now."""

    dossier: Dossier
    subject: Subject
    title: str
    agreements: tuple[Agreement, ...]
    notices: tuple[str, ...]

    @property
    def address(self) -> str:
        return f"{self.dossier.address}/rounds/{self.dossier.series[-1].round_number}"


def get_ordered(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    partnership_id: UUID,
    number: RoundNumber,
    language: ChosenLanguage = None,
) -> Ordered:
    """The brief is for the table: it holds what everybody may see, whoever prints it."""
    partnership = partnership_for(session, account, partnership_id)
    whole = open_dossier(session, account, partnership, language or language_of(request))
    if rounds.get_round(session, partnership.id, number).kind == "pulse":
        whole = with_pulses(session, whole)
    if not whole.has_release(number):
        raise HTTPException(404)
    dossier = whole.at(number).for_everybody()
    _, last = dossier.wording._, dossier.series[-1]
    notices = list(last.annotations)
    if partnership.is_demonstration:
        notices.insert(0, _("Demonstration: people and answers are invented"))
    if partnership.phase == "imported":
        notices.insert(0, _("Imported history: asked and collected outside Rapport"))
    title = (partnership.titles or {}).get(dossier.wording.language) or last.partnership
    agreements = agreements_before(session, dossier, number)
    return Ordered(dossier, drawings.subject_of(dossier), title, agreements, tuple(notices))


OrderedDep = Annotated[Ordered, Depends(get_ordered)]


@router.get("/partnerships/{partnership_id}/rounds/{number}/brief")
def brief_page(request: Request, ordered: OrderedDep) -> Response:
    last = ordered.dossier.series[-1]
    label = ordered.dossier.wording.label(last.round_label)
    page = BriefPage(
        title=ordered.title,
        subtitle=label,
        round_address=ordered.address,
        round_label=label,
        body=_body(ordered.subject, ordered.title, ordered.agreements, ordered.notices),
        files=tuple((code, LANGUAGE_NAMES[code], f"{ordered.address}/brief.pdf?language={code}") for code in LANGUAGES),
    )
    return render(request, page)


@router.get("/partnerships/{partnership_id}/rounds/{number}/brief.pdf")
def brief_file(ordered: OrderedDep) -> Response:
    made = _pdf(ordered.subject, ordered.title, ordered.agreements, ordered.notices)
    number, language = ordered.dossier.series[-1].round_number, ordered.dossier.wording.language
    name = f"brief {ordered.dossier.partnership.code} round {number} {language}.pdf"
    return download(made, name, "application/pdf")


@lru_cache(maxsize=64)  # a brief is read by everybody at the table within minutes
def _body(subject: Subject, title: str, agreements: tuple[Agreement, ...], notices: tuple[str, ...]) -> str:
    brief = _assembled(subject, title, agreements, notices)
    return environment(brief.language).get_template("brief/_body.html").render(brief=brief)


@lru_cache(maxsize=32)  # the same
def _pdf(subject: Subject, title: str, agreements: tuple[Agreement, ...], notices: tuple[str, ...]) -> bytes:
    return brief_pdf.to_pdf(_assembled(subject, title, agreements, notices))


def _assembled(subject: Subject, title: str, agreements: tuple[Agreement, ...], notices: tuple[str, ...]) -> Brief:
    instrument, language = subject.wording.instrument, subject.wording.language
    brief = assemble(subject.series, instrument, language=language, agreements=agreements, notices=notices)
    return replace(brief, title=title)  # a release knows one name of the partnership; people know it in theirs
