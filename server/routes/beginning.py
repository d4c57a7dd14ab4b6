"""A new partnership: what it is called, what it serves, and its first partners; whoever creates it facilitates it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import uuid4
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Form
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, ClockDep, FormDep, SessionDep, may_keep_keys
from server.dossiers import address_of
from server.kinds import KINDS
from server.languages import is_readable, translator
from server.pages import Page, language_of, render, see_other
from surveys import accounts, audit, organizations, partnerships
from surveys.models import Account, Partnership
from surveys.models.partnerships import EXTERNAL_KINDS, NATIONAL_KINDS
from surveys.problems import SurveyProblem

router = APIRouter()
LINES = 6  # partners that fit on the first form; more are added on the page of the partners
LONGEST = 200
RHYTHMS = (3, 6, 12)


@dataclass(frozen=True, slots=True)
class Begun:
    """What was typed; members by line: name, kind."""

    title: str = ""
    goal: str = ""
    sector: str = ""
    rhythm: int = 6
    zone: str = "Asia/Phnom_Penh"
    members: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NewPartnershipPage(Page):
    template = "partnerships/new.html"
    typed: Begun
    lines: tuple[tuple[int, str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    rhythms: tuple[int, ...]
    zones: tuple[str, ...]
    problem: str


def get_founder(session: SessionDep, account: AccountDep) -> Account:
    """Administrators, and whoever facilitates a partnership already; to all others the page does not exist."""
    if not may_keep_keys(session, account):
        raise HTTPException(404)
    return account


FounderDep = Annotated[Account, Depends(get_founder)]


@router.get("/partnerships/new")
def new_page(request: Request, _account: FounderDep) -> Response:
    return _show(request, Begun())


def _show(request: Request, typed: Begun, problem: str = "") -> Response:
    _ = translator(language_of(request)).gettext
    members = [*typed.members, *[("", "")] * (LINES - len(typed.members))]
    page = NewPartnershipPage(
        typed=typed,
        lines=tuple((at, name, kind) for at, (name, kind) in enumerate(members, start=1)),
        kinds=tuple((code, _(KINDS[code])) for code in NATIONAL_KINDS + EXTERNAL_KINDS),
        rhythms=RHYTHMS,
        zones=tuple(sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))),
        problem=problem,
    )
    return render(request, page, status=422 if problem else 200)


@router.post("/partnerships/new")
def create(
    request: Request,
    session: SessionDep,
    account: FounderDep,
    now: ClockDep,
    form: FormDep,
    rhythm: Annotated[int, Form()] = 6,
) -> Response:
    """Everything, or nothing and why. The first national partner leads until the charter says otherwise."""
    typed, _ = _read(form, rhythm), translator(language_of(request)).gettext
    if problem := _problem_of(typed, _):
        return _show(request, typed, problem)
    try:
        with session.begin_nested():
            made = _create(session, typed, now.date())
    except SurveyProblem:
        return _show(request, typed, _("Two partners have the same name. Nothing was created."))
    accounts.entrust(session, account, made.id)
    audit.record(session, account.email, "created a partnership", f"partnership {made.id}", now)
    return see_other(address_of(made))


def _read(form: Any, rhythm: int) -> Begun:
    def tidy(name: str) -> str:
        return " ".join(str(form.get(name, "")).split())

    members = [(tidy(f"name-{at}"), tidy(f"kind-{at}")) for at in range(1, LINES + 1)]
    named = tuple((name, kind) for name, kind in members if name)
    return Begun(tidy("title"), tidy("goal"), tidy("sector"), rhythm, tidy("zone"), named)


def _problem_of(typed: Begun, _: Callable[[str], str]) -> str:
    texts = (typed.title, typed.goal, typed.sector, *(name for name, _kind in typed.members))
    if any(len(text) > LONGEST or not is_readable(text) for text in texts):
        return _("A text is too long (at most {count} characters) or holds signs that cannot be printed.").format(
            count=LONGEST
        )
    if not typed.title or not typed.goal:
        return _("A title and the national goal it serves are needed.")
    if typed.rhythm not in RHYTHMS or typed.zone not in available_timezones():
        return _("Please choose a rhythm and a time zone.")
    if any(kind not in NATIONAL_KINDS + EXTERNAL_KINDS for _name, kind in typed.members):
        return _("Please choose what kind of organization each partner is.")
    names = [name.casefold() for name, _kind in typed.members]
    return _("Two partners have the same name. Nothing was created.") if len(set(names)) < len(names) else ""


def _create(session: Session, typed: Begun, today: date) -> Partnership:
    made = partnerships.create_partnership(
        session,
        code=_code_for(session, typed.title),
        title=typed.title,
        goal=typed.goal,
        sector=typed.sector,
        rhythm_months=typed.rhythm,
        time_zone=typed.zone,
    )
    lead = next((name for name, kind in typed.members if kind in NATIONAL_KINDS), None)
    for name, kind in sorted(typed.members, key=lambda one: one[0] != lead):  # the lead first: the rule asks for it
        organization = organizations.found(session, name=name, kind=kind)
        partnerships.join(session, made, organization, role="lead" if name == lead else "member", on=today)
    return made


def _code_for(session: Session, title: str) -> str:
    """A short name for files and commands, made from the title; letters that are not Latin have none."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    code = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30] or "partnership"
    return code if partnerships.find_by_code(session, code) is None else f"{code}-{uuid4().hex[:6]}"
