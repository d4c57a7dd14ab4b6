"""What a partnership is for: national goals, sector, level, focus, form, place among others, and its phase."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, ClockDep, FormDep, SessionDep, may_run, partnership_to_run
from server.dossiers import address_of
from server.kinds import FOCUS, LEVELS, MODALITIES, PHASES
from server.languages import translator
from server.pages import Page, Words, language_of, render, see_other
from server.refusals import Refusal, refusals_of
from server.sheets import title_of
from surveys import accounts, audit, partnerships, phases
from surveys.models import Account, Partnership
from surveys.problems import InvalidInput, SurveyProblem
from surveys.standing import modality_of

router = APIRouter()
Option = tuple[str, str, bool]  # code, words, chosen


@dataclass(frozen=True, slots=True)
class AboutPage(Page):
    template = "partnerships/about.html"
    title: Words
    address: str
    goal: str
    further_goals: str
    purpose: str
    sector: str
    levels: tuple[Option, ...]
    focus: tuple[Option, ...]
    priority: str
    modality: str
    modality_words: str
    is_confirmed: bool
    modality_note: str
    parents: tuple[Option, ...]
    below: tuple[Words, ...]
    phase: str
    phases: tuple[tuple[str, str], ...]
    refusals: tuple[Refusal, ...]


@router.get("/partnerships/{partnership_id}/about")
def about_page(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    return _show(request, session, account, partnership, now.date())


def _show(
    request: Request,
    session: Session,
    account: Account,
    partnership: Partnership,
    today: date,
    problem: SurveyProblem | None = None,
) -> Response:
    language = language_of(request)
    _ = translator(language).gettext
    derived = modality_of([one for _member, one in partnerships.members_on(session, partnership.id, today)])
    page = AboutPage(
        title=title_of(partnership, language),
        address=address_of(partnership),
        goal=partnership.goal,
        further_goals="\n".join(partnership.further_goals),
        purpose=partnership.purpose,
        sector=partnership.sector,
        levels=tuple((code, _(words), code == partnership.level) for code, words in LEVELS.items()),
        focus=tuple((code, _(words), code in partnership.focus) for code, words in FOCUS.items()),
        priority="" if partnership.priority is None else str(partnership.priority),
        modality=derived,
        modality_words=_(MODALITIES[derived]),
        is_confirmed=partnership.modality == derived,
        modality_note=partnership.modality_note,
        parents=_parents(session, account, partnership, language),
        below=tuple(title_of(one, language) for one in partnerships.below(session, partnership.id)),
        phase=_(PHASES[partnership.phase]),
        phases=tuple((code, _(PHASES[code])) for code in phases.next_phases(partnership)),
        refusals=refusals_of(problem, language) if problem else (),
    )
    return render(request, page, status=422 if problem else 200)


def _parents(session: Session, account: Account, partnership: Partnership, language: str) -> tuple[Option, ...]:
    """The partnerships this account runs, as the programme above."""
    return tuple(
        (str(one.id), str(title_of(one, language)), one.id == partnership.parent_id)
        for one in accounts.partnerships_of(session, account)
        if one.id != partnership.id and may_run(session, account, one.id)
    )


@router.post("/partnerships/{partnership_id}/about")
def save(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, form: FormDep, partnership_id: UUID
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    try:
        with session.begin_nested():
            _write(session, account, partnership, form, now.date())
    except SurveyProblem as problem:
        return _show(request, session, account, partnership, now.date(), problem)
    audit.record(session, account.email, "said what a partnership is for", f"partnership {partnership.code}", now)
    return see_other(f"{address_of(partnership)}/about")


def _write(session: Session, account: Account, partnership: Partnership, form: FormData, today: date) -> None:
    texts = {name: str(form.get(name, "")).strip() for name in ("goal", "purpose", "sector", "modality_note")}
    further = [line.strip() for line in str(form.get("further_goals", "")).splitlines() if line.strip()]
    if any(len(text) > 2000 for text in texts.values()) or len(further) > 20 or any(len(one) > 300 for one in further):
        raise InvalidInput("a text is too long; nothing was saved", why="too_long")
    partnership.further_goals = further
    for name, text in texts.items():
        setattr(partnership, name, text)
    partnership.level = str(form.get("level")) if form.get("level") in LEVELS else ""
    partnership.focus = [code for code in FOCUS if code in form.getlist("focus")]
    partnership.priority = _priority(str(form.get("priority", "")))
    derived = modality_of([one for _member, one in partnerships.members_on(session, partnership.id, today)])
    if form.get("modality") == derived:  # what is confirmed is what the reader saw, not what it became since
        partnership.modality = derived
    elif not form.get("modality"):
        partnership.modality = ""
    parent = str(form.get("parent", ""))
    allowed = {code for code, _words, _chosen in _parents(session, account, partnership, "en")}
    if not parent or parent in allowed:
        partnerships.set_above(session, partnership, session.get(Partnership, UUID(parent)) if parent else None)


def _priority(text: str) -> int | None:
    plain = text.strip()
    if not plain:
        return None
    if not plain.isdecimal() or not 1 <= int(plain) <= 999:
        raise InvalidInput("a rank is a whole number from 1 to 999", why="rank")
    return int(plain)


@router.post("/partnerships/{partnership_id}/phase")
def move(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    partnership_id: UUID,
    to: Annotated[str, Form(max_length=20)] = "",
    reason: Annotated[str, Form(max_length=3000)] = "",
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    try:
        with session.begin_nested():
            phases.move(session, partnership, to, reason=reason, on=now.date())
    except SurveyProblem as problem:
        return _show(request, session, account, partnership, now.date(), problem)
    audit.record(session, account.email, f"moved a partnership to {to}", f"partnership {partnership.code}", now)
    return see_other(f"{address_of(partnership)}/about")
