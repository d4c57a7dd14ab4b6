"""How a partnership stands against the founding principles: one page that is read in a minute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, ClockDep, SessionDep, may_run, partnership_for, partnership_to_run
from server.dossiers import Dossier, open_dossier
from server.pages import Page, Words, language_of, render, see_other
from server.principle_pages import RowView, row_views
from server.refusals import Refusal, refusals_of
from surveys import audit, shoulds
from surveys.models import Account
from surveys.problems import InvalidInput, SurveyProblem
from surveys.standing import Standing, look

router = APIRouter()


@dataclass(frozen=True, slots=True)
class PrinciplesPage(Page):
    template = "principles/page.html"
    title: Words
    address: str
    rows: tuple[RowView, ...]
    stands: int
    open: int
    missing: int
    round_label: str
    may_run: bool
    refusals: tuple[Refusal, ...]


@router.get("/partnerships/{partnership_id}/principles")
def principles_page(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID
) -> Response:
    partnership = partnership_for(session, account, partnership_id)
    dossier = open_dossier(session, account, partnership, language_of(request))
    return _show(request, session, account, dossier, look(session, partnership, now.date()))


def _show(
    request: Request,
    session: Session,
    account: Account,
    dossier: Dossier,
    standing: Standing,
    problem: SurveyProblem | None = None,
) -> Response:
    rows = row_views(session, dossier, standing)
    page = PrinciplesPage(
        title=dossier.title,
        address=dossier.address,
        rows=rows,
        stands=sum(one.state == "stands" for one in rows),
        open=sum(one.state == "open" for one in rows),
        missing=sum(one.state == "missing" for one in rows),
        round_label=dossier.wording.label(dossier.series[-1].round_label) if dossier.series else "",
        may_run=may_run(session, account, dossier.partnership.id),
        refusals=refusals_of(problem, dossier.wording.language) if problem else (),
    )
    return render(request, page, status=422 if problem else 200)


@router.post("/partnerships/{partnership_id}/principles")
def answer(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    partnership_id: UUID,
    rule: Annotated[str, Form(max_length=40)] = "",
    about: Annotated[str, Form(max_length=2000)] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """The reason for departing from a recommendation."""
    partnership = partnership_to_run(session, account, partnership_id)
    standing = look(session, partnership, now.date())
    given = {"rule": rule, "about": about, "reason": reason, "by": account.name}
    try:
        shoulds.answer(session, partnership, standing, **given)
    except InvalidInput as problem:
        dossier = open_dossier(session, account, partnership, language_of(request))
        return _show(request, session, account, dossier, standing, problem)
    audit.record(session, account.email, f"gave a reason to the warning {rule}", f"partnership {partnership.code}", now)
    return see_other(f"/partnerships/{partnership.id}/principles")
