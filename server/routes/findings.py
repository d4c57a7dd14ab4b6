"""From a finding to an agreement: open an entry with a question, record what was agreed, say what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server import agreeing
from server.agreeing import EntryForm, form_of, too_long
from server.briefing import Table
from server.deps import AccountDep, ClockDep, FormDep, SessionDep, may_run, partnership_for, partnership_to_run
from server.dossiers import Dossier, open_dossier, organizations_by_id
from server.entries import EntryLine, entry_line, entry_lines, status_words
from server.languages import format_month
from server.pages import Page, Words, language_of, render, see_other
from server.reading import Finding, findings
from server.sheets import name_of
from surveys import audit, discussions, partnerships, rounds
from surveys.discussions import LONGEST
from surveys.models import Account, Discussion

router = APIRouter()


@dataclass(frozen=True, slots=True)
class DiscussionPage(Page):
    template = "discussion/list.html"
    title: Words
    address: str
    last_number: int | None
    to_take_up: tuple[Finding, ...]
    entries: tuple[EntryLine, ...]
    may_run: bool


@dataclass(frozen=True, slots=True)
class NewEntryPage(Page):
    template = "discussion/new.html"
    title: Words
    address: str
    round_number: int
    round_label: str
    target: str
    about: str
    finding: Finding | None
    question: str
    fault: str


@dataclass(frozen=True, slots=True)
class EntryPage(Page):
    template = "discussion/entry.html"
    title: Words
    address: str
    line: EntryLine
    since: Table
    owners: tuple[tuple[str, Words], ...]
    statuses: tuple[tuple[str, str], ...]
    form: EntryForm
    may_run: bool


@router.get("/partnerships/{partnership_id}/discussion")
def discussion_page(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID
) -> Response:
    partnership = partnership_for(session, account, partnership_id)
    dossier = open_dossier(session, account, partnership, language_of(request))
    lines = entry_lines(session, dossier, now.date())
    last = dossier.series[-1] if dossier.series else None
    taken = {(line.round_number, line.about) for line in lines}
    page = DiscussionPage(
        title=dossier.title,
        address=dossier.address,
        last_number=last.round_number if last else None,
        to_take_up=tuple(
            finding
            for finding in (findings(last, dossier.wording) if last else ())
            if last and (last.round_number, dossier.wording.target(finding.target)) not in taken
        ),
        entries=tuple(sorted(lines, key=lambda line: not line.is_overdue)),
        may_run=may_run(session, account, partnership.id),
    )
    return render(request, page)


@router.get("/partnerships/{partnership_id}/discussion/new")
def new_entry_page(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    partnership_id: UUID,
    number: Annotated[int, Query(alias="round", ge=1, le=9999)],
    target: Annotated[str, Query(max_length=200)],
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    dossier = open_dossier(session, account, partnership, language_of(request))
    return render(request, _new_entry(dossier, number, target))


def _new_entry(dossier: Dossier, number: int, target: str, question: str = "", fault: str = "") -> NewEntryPage:
    """The form for one finding of one release; what the release does not speak of cannot be taken up."""
    if not dossier.has_release(number):
        raise HTTPException(404)
    cited = dossier.at(number)
    release, wording = cited.series[-1], cited.wording
    agenda = {finding.target: finding for finding in findings(release, wording)}
    if target not in agenda and all(cell.target != target for cell in release.cells):
        raise HTTPException(404)
    return NewEntryPage(
        title=dossier.title,
        address=dossier.address,
        round_number=number,
        round_label=wording.label(release.round_label),
        target=target,
        about=wording.target(target),
        finding=agenda.get(target),
        question=question or wording.question(target),
        fault=fault,
    )


@router.post("/partnerships/{partnership_id}/discussion")
def open_entry(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    partnership_id: UUID,
    number: Annotated[int, Form(alias="round", ge=1, le=9999)],
    target: Annotated[str, Form(max_length=200)],
    question: Annotated[str, Form()] = "",
) -> Response:
    """Take up a finding. The same question sent twice is one entry."""
    partnership = partnership_to_run(session, account, partnership_id)
    dossier = open_dossier(session, account, partnership, language_of(request))
    if fault := _fault_of(question, dossier):
        return render(request, _new_entry(dossier, number, target, question, fault), status=422)
    _new_entry(dossier, number, target)  # refuses what the release does not speak of
    round_ = rounds.get_round(session, partnership.id, number)
    entry = _find_same(session, partnership.id, round_.id, target, question.strip())
    if entry is None:
        entry = discussions.open_entry(
            session, partnership_id=partnership.id, round_id=round_.id, target=target, question=question, now=now
        )
        audit.record(session, account.email, "opened a discussion entry", f"entry {entry.id}", now)
    return see_other(f"{dossier.address}/discussion/{entry.id}")


def _fault_of(question: str, dossier: Dossier) -> str:
    _ = dossier.wording._
    if not question.strip():
        return _("Please write a question.")
    return too_long(question.strip(), _) if len(question.strip()) > LONGEST else ""


def _find_same(session: Session, partnership_id: UUID, round_id: UUID, target: str, question: str) -> Discussion | None:
    wanted = (round_id, target, question)
    entries = discussions.of_partnership(session, partnership_id)
    return next((one for one in entries if (one.round_id, one.target, one.question) == wanted), None)


@router.get("/partnerships/{partnership_id}/discussion/{entry_id}")
def entry_page(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID, entry_id: UUID
) -> Response:
    partnership = partnership_for(session, account, partnership_id)
    entry = discussions.get_entry(session, entry_id, partnership.id)
    dossier = open_dossier(session, account, partnership, language_of(request))
    return render(request, _entry_page(session, account, dossier, entry, form_of(entry), now.date()))


@router.post("/partnerships/{partnership_id}/discussion/{entry_id}")
def update_entry(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    form: FormDep,
    partnership_id: UUID,
    entry_id: UUID,
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    entry = discussions.get_entry(session, entry_id, partnership.id)
    dossier = open_dossier(session, account, partnership, language_of(request))
    owners = _possible_owners(session, dossier, entry, now.date())
    typed = agreeing.read_form(form, entry, {code for code, _ in owners}, now.date(), dossier.wording._)
    if typed.faults:
        return render(request, _entry_page(session, account, dossier, entry, typed, now.date()), status=422)
    discussions.update_entry(
        entry,
        agreed_action=typed.action,
        owner_organization_id=typed.owner_id,
        due_on=typed.due_date,
        status=typed.status,
        outcome=typed.outcome,
        members=[UUID(code) for code, _ in owners],
        now=now,
    )
    audit.record(session, account.email, f"set a discussion entry to {typed.status}", f"entry {entry.id}", now)
    return see_other(f"{dossier.address}/discussion/{entry.id}")


def _entry_page(
    session: Session, account: Account, dossier: Dossier, entry: Discussion, form: EntryForm, today: date
) -> EntryPage:
    by_id = {one.id: one for one in rounds.of_partnership(session, dossier.partnership.id)}
    round_ = by_id[entry.round_id]
    return EntryPage(
        title=dossier.title,
        address=dossier.address,
        line=entry_line(entry, dossier, round_, organizations_by_id(session, dossier.partnership.id), today),
        since=_since(dossier, entry.target, round_.number),
        owners=_possible_owners(session, dossier, entry, today),
        statuses=tuple(status_words(dossier.wording._).items()),
        form=form,
        may_run=may_run(session, account, dossier.partnership.id),
    )


def _possible_owners(
    session: Session, dossier: Dossier, entry: Discussion, today: date
) -> tuple[tuple[str, Words], ...]:
    """The members of today, and whoever owns the entry already, also after leaving."""
    members = {one.id: one for _, one in partnerships.members_on(session, dossier.partnership.id, today)}
    if entry.owner_organization_id is not None and entry.owner_organization_id not in members:
        members[entry.owner_organization_id] = organizations_by_id(session, dossier.partnership.id)[
            entry.owner_organization_id
        ]
    return tuple((str(one.id), name_of(one, dossier.wording.language)) for one in members.values())


def _since(dossier: Dossier, target: str, number: int) -> Table:
    """What the numbers said when the finding was taken up, and in every round since."""
    _ = dossier.wording._
    rows = tuple(
        (
            dossier.wording.label(release.round_label),
            format_month(release.closed_on, dossier.wording.language),
            dossier.wording.level(release.find("level", target)),
            dossier.wording.change(release.find("change_last", target)),
        )
        for release in dossier.series
        if release.round_number >= number
    )
    header = (_("Round"), _("Date"), _("Points (interval)"), _("Since the round before"))
    return Table(_("What the numbers said then, and since"), header, rows)
