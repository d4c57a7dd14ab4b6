"""Who did what, and when: a partnership's record for its facilitators, the machine's for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.acts import act_words
from server.deps import AccountDep, AdministratorDep, SessionDep, partnership_to_run
from server.dossiers import address_of
from server.pages import Page, Words, language_of, render
from server.sheets import title_of
from surveys import audit
from surveys.models import AuditEntry

router = APIRouter()
AT_ONCE = 100
PageNumber = Annotated[int, Query(ge=1, le=100_000)]


@dataclass(frozen=True, slots=True)
class ActLine:
    number: int
    at: datetime
    actor: str
    act: Words
    about: str


@dataclass(frozen=True, slots=True)
class RecordPage(Page):
    template = "people/record.html"
    title: Words | None
    back: str
    lines: tuple[ActLine, ...]
    zone: str
    broken_at: int | None
    newer: str
    older: str


@router.get("/partnerships/{partnership_id}/log")
def partnership_record(
    request: Request, session: SessionDep, account: AccountDep, partnership_id: UUID, page: PageNumber = 1
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    entries, names = audit.of_partnership(session, partnership.id)
    here = f"{address_of(partnership)}/log"
    title = title_of(partnership, language_of(request))
    record = _page(request, session, entries, names, page, here, partnership.time_zone)
    return render(request, RecordPage(title, address_of(partnership), *record))


@router.get("/accounts/log")
def machine_record(request: Request, session: SessionDep, account: AdministratorDep, page: PageNumber = 1) -> Response:  # noqa: ARG001 - asked for its permission
    """Acts on accounts and the machine: what was done in a partnership is for those who sit there."""
    entries = audit.of_the_machine(session)
    return render(
        request, RecordPage(None, "/accounts", *_page(request, session, entries, {}, page, "/accounts/log", "UTC"))
    )


def _page(
    request: Request,
    session: Session,
    entries: Sequence[AuditEntry],
    names: dict[str, str],
    page: int,
    here: str,
    zone: str,
) -> tuple[tuple[ActLine, ...], str, int | None, str, str]:
    """The newest first, a hundred at a time; whether the chain holds is asked of all of them."""
    language = language_of(request)
    first = (page - 1) * AT_ONCE
    lines = tuple(
        ActLine(one.id or 0, one.at, one.actor, act_words(one.act, language), names.get(one.subject, ""))
        for one in entries[first : first + AT_ONCE]
    )
    newer = f"{here}?page={page - 1}" if page > 1 else ""
    older = f"{here}?page={page + 1}" if len(entries) > first + AT_ONCE else ""
    return lines, zone, audit.verify_chain(session), newer, older
