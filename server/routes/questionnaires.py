"""A partnership's questionnaire: download it as an XLSForm, upload a changed one, see what changes, decide, choose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from sqlmodel import Session
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.csv_files import download
from server.deps import AccountDep, ClockDep, FormDep, SessionDep, partnership_to_run
from server.dossiers import address_of
from server.exchange.xlsform_in import read_xlsform
from server.exchange.xlsform_out import to_xlsform
from server.exchange.xlsform_sheets import Fault
from server.languages import translator
from server.pages import LANGUAGE_NAMES, Page, Words, language_of, render, see_other, words_in
from server.questionnaire import Asked, Rating, Section, sections_of
from server.sheets import title_of
from server.versions import DECIDED, Change, changes, decided
from server.wording import N_
from surveys import audit, own_questionnaires
from surveys.answers import Circumstances
from surveys.instruments import Form as AskedForm
from surveys.instruments import Instrument, Texts
from surveys.models import Account, OwnQuestionnaire, Partnership

router = APIRouter()
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EVERYTHING = Circumstances(round_number=2, has_external_lead=True, n_external=2, rhythm_months=12, form=AskedForm())
KINDS = {
    "same": N_("unchanged"),
    "reworded": N_("other words"),
    "new": N_("new"),
    "moved": N_("moved to another topic"),
    "rescaled": N_("other scale or direction"),
    "retired": N_("no longer asked"),
}


@dataclass(frozen=True, slots=True)
class VersionLine:
    key: UUID
    title: Words
    code: str
    version: int
    uploaded_by: str
    confirmed_on: date
    is_in_use: bool


@dataclass(frozen=True, slots=True)
class QuestionnairePage(Page):
    """What is asked next, the versions there are, and the way to a new one."""

    template = "questionnaires/page.html"
    title: Words
    address: str
    asked: Words
    asked_code: str
    is_standard: bool
    versions: tuple[VersionLine, ...]
    has_draft: bool
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A statement as the page of answers shows it, without an answer."""

    rating: Rating
    answer: None = None
    missing: bool = False


@dataclass(frozen=True, slots=True)
class PreviewPart:
    title: Words
    explanation: Words | None
    rows: tuple[PreviewRow, ...]
    questions: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One statement before and now; `is_decided` where somebody says whether it stays comparable."""

    code: str
    kind: str
    before: Words | None
    now: Words | None
    is_decided: bool
    choice: str


@dataclass(frozen=True, slots=True)
class DraftPage(Page):
    template = "questionnaires/draft.html"
    title: Words
    address: str
    parts: tuple[PreviewPart, ...]
    lines: tuple[ChangeLine, ...]
    missing: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]
    digest: str
    fault: str


@dataclass(frozen=True, slots=True)
class Desk:
    """A partnership whose questionnaire this account may change."""

    request: Request
    session: Session
    account: Account
    partnership: Partnership
    today: date

    @property
    def address(self) -> str:
        return f"{address_of(self.partnership)}/questionnaire"

    @property
    def title(self) -> Words:
        return title_of(self.partnership, self.language)

    @property
    def language(self) -> str:
        return language_of(self.request)

    @property
    def _(self) -> Callable[[str], str]:
        return translator(self.language).gettext

    def record(self, act: str, now: datetime) -> None:
        audit.record(self.session, self.account.email, act, f"partnership {self.partnership.id}", now)

    def draft(self) -> OwnQuestionnaire:
        found = own_questionnaires.find_draft(self.session, self.partnership)
        if found is None:
            raise HTTPException(404)
        return found


def get_desk(request: Request, session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID) -> Desk:
    partnership = partnership_to_run(session, account, partnership_id)
    if partnership.phase in ("imported", "closed"):
        raise HTTPException(404)
    return Desk(request, session, account, partnership, now.date())


DeskDep = Annotated[Desk, Depends(get_desk)]


@router.get("/partnerships/{partnership_id}/questionnaire")
def questionnaire_page(desk: DeskDep) -> Response:
    return render(desk.request, _page(desk))


def _page(desk: Desk, faults: tuple[Fault, ...] = ()) -> QuestionnairePage:
    asked = own_questionnaires.instrument_for(desk.session, desk.partnership)
    lines = tuple(
        VersionLine(
            row.id,
            words_in(version.body["titles"], desk.language),
            version.code,
            version.version,
            row.uploaded_by,
            row.confirmed_on or row.uploaded_on,
            row.is_in_use,
        )
        for row, version in own_questionnaires.confirmed(desk.session, desk.partnership)
    )
    return QuestionnairePage(
        title=desk.title,
        address=desk.address,
        asked=words_in(asked.titles, desk.language),
        asked_code=f"{asked.code} {asked.version}",
        is_standard=not any(line.is_in_use for line in lines),
        versions=lines,
        has_draft=own_questionnaires.find_draft(desk.session, desk.partnership) is not None,
        faults=faults,
    )


@router.get("/partnerships/{partnership_id}/questionnaire/asked.xlsx")
def asked_form(desk: DeskDep) -> Response:
    return _form(own_questionnaires.instrument_for(desk.session, desk.partnership))


@router.get("/partnerships/{partnership_id}/questionnaire/versions/{key}.xlsx")
def version_form(desk: DeskDep, key: UUID) -> Response:
    for row, version in own_questionnaires.confirmed(desk.session, desk.partnership):
        if row.id == key:
            return _form(Instrument.model_validate(version.body))
    raise HTTPException(404)


def _form(instrument: Instrument) -> Response:
    return download(to_xlsform(instrument), f"{instrument.code} version {instrument.version}.xlsx", XLSX)


async def read_uploaded(request: Request) -> bytes:
    """The file that was chosen; empty where none was."""
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        return await file.read() if isinstance(file, UploadFile) else b""


@router.post("/partnerships/{partnership_id}/questionnaire")
def upload(desk: DeskDep, now: ClockDep, content: Annotated[bytes, Depends(read_uploaded)]) -> Response:
    """A form without faults becomes the draft; with faults nothing changes, and every fault names its cell."""
    code = own_questionnaires.code_of(desk.partnership)
    version = own_questionnaires.next_version(desk.session, desk.partnership)
    found = read_xlsform(content, desk._, code=code, version=version)
    if found.instrument is None:
        return render(desk.request, _page(desk, found.faults), status=422)
    own_questionnaires.set_draft(
        desk.session,
        desk.partnership,
        found.instrument,
        by=desk.account.email,
        today=desk.today,
        notes=[(one.where, one.sentence) for one in found.notes],
    )
    audit.record(
        desk.session, desk.account.email, "uploaded a questionnaire", f"partnership {desk.partnership.id}", now
    )
    return see_other(f"{desk.address}/draft")


@router.get("/partnerships/{partnership_id}/questionnaire/draft")
def draft_page(desk: DeskDep) -> Response:
    return render(desk.request, _draft_page(desk, desk.draft()))


def _draft_page(desk: Desk, draft: OwnQuestionnaire, chosen: FormData | None = None, fault: str = "") -> DraftPage:
    instrument = own_questionnaires.instrument_of_draft(draft)
    earlier = own_questionnaires.asked_last(desk.session, desk.partnership)
    partner = {"partner": Words(desk._("this partner"), desk.language)} if instrument.dyadic else None
    sections = sections_of(instrument, EVERYTHING, desk.language, desk._, partner)
    return DraftPage(
        title=desk.title,
        address=desk.address,
        parts=tuple(_part(section) for section in sections),
        lines=tuple(_line(desk, change, chosen) for change in changes(earlier, instrument)),
        missing=_missing(instrument),
        notes=own_questionnaires.notes_of_draft(draft),
        digest=instrument.digest,
        fault=fault,
    )


def _part(section: Section) -> PreviewPart:
    rows = tuple(PreviewRow(rating) for rating in section.ratings)
    return PreviewPart(section.title, section.explanation, rows, section.questions)


def _line(desk: Desk, change: Change, chosen: FormData | None) -> ChangeLine:
    before = words_in(change.before.texts, desk.language) if change.before else None
    now = words_in(change.now.texts, desk.language) if change.now else None
    is_decided = change.kind in DECIDED
    usual = "yes" if change.kind == "same" else ""
    choice = str(chosen.get(f"item-{change.code}", "")) if chosen is not None else usual
    return ChangeLine(change.code, desk._(KINDS[change.kind]), before, now, is_decided, choice)


def _missing(instrument: Instrument) -> tuple[tuple[str, str], ...]:
    """Languages in which some statement or title has no words."""
    texts: list[Texts] = [item.texts for item in instrument.items]
    texts += [construct.titles for construct in instrument.constructs]
    counted = ((code, sum(code not in one for one in texts)) for code in instrument.languages)
    return tuple((LANGUAGE_NAMES.get(code, code), str(n)) for code, n in counted if n)


@router.post("/partnerships/{partnership_id}/questionnaire/draft")
def confirm(desk: DeskDep, now: ClockDep, form: FormDep) -> Response:
    """Every decision is made, and about the draft that was looked at; then it is a version that never changes."""
    draft = own_questionnaires.find_draft(desk.session, desk.partnership)
    if draft is None:
        return see_other(desk.address)  # sent twice: it was confirmed before
    instrument = own_questionnaires.instrument_of_draft(draft)
    earlier = own_questionnaires.asked_last(desk.session, desk.partnership)
    asked = [change.code for change in changes(earlier, instrument) if change.kind in DECIDED]
    answers = {code: form.get(f"item-{code}") for code in asked}
    if form.get("digest") != instrument.digest:
        fault = desk._("The draft was replaced meanwhile: please look at it again. Nothing was confirmed.")
        return render(desk.request, _draft_page(desk, draft, None, fault), status=409)
    if not all(answer in ("yes", "no") for answer in answers.values()):
        fault = desk._("Please say for every statement whether its answers stay comparable. Nothing was confirmed.")
        return render(desk.request, _draft_page(desk, draft, form, fault), status=422)
    made = decided(earlier, instrument, {code: answer == "yes" for code, answer in answers.items()})
    version = own_questionnaires.confirm(desk.session, draft, made, today=desk.today)
    act = f"confirmed a questionnaire: {version.code} {version.version}"
    desk.record(act, now)
    return see_other(desk.address)


@router.post("/partnerships/{partnership_id}/questionnaire/discard")
def discard(desk: DeskDep, now: ClockDep) -> Response:
    draft = own_questionnaires.find_draft(desk.session, desk.partnership)
    if draft is not None:
        own_questionnaires.discard(desk.session, draft)
        act = "discarded a draft questionnaire"
        desk.record(act, now)
    return see_other(desk.address)


@router.post("/partnerships/{partnership_id}/questionnaire/use")
def use(desk: DeskDep, now: ClockDep, key: Annotated[UUID | None, Form()] = None) -> Response:
    """Ask a version from the next round on; without a key, the standard questionnaire."""
    instrument = own_questionnaires.choose(desk.session, desk.partnership, key)
    act = f"chose a questionnaire: {instrument.code} {instrument.version}"
    desk.record(act, now)
    return see_other(desk.address)
