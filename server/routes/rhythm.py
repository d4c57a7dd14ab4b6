"""The rhythm of a series: every so many months, or on days agreed ahead; it proposes dates and fixes nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, ClockDep, SessionDep, partnership_to_run
from server.dossiers import address_of
from server.languages import translator
from server.pages import Page, Words, language_of, render, see_other
from server.sheets import title_of
from surveys import audit
from surveys.models import Partnership

router = APIRouter()
PATH = "/partnerships/{partnership_id}/rhythm"
MONTHS = (3, 6, 12)
MOST_DATES, LATEST_YEAR = 40, 2200
BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class RhythmPage(Page):
    template = "rounds/rhythm.html"
    title: Words
    address: str
    months: tuple[int, ...]
    chosen: int
    dates: str
    problem: str


@router.get(PATH)
def rhythm_page(request: Request, session: SessionDep, account: AccountDep, partnership_id: UUID) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    return render(request, _page(request, partnership, partnership.rhythm_months, "\n".join(partnership.round_dates)))


@router.post(PATH)
def set_rhythm(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    partnership_id: UUID,
    months: Annotated[int, Form(ge=1, le=60)] = 6,
    dates: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    days = _read(dates)
    if days is None or months not in (*MONTHS, partnership.rhythm_months):
        said = translator(language_of(request)).gettext(
            "Please write at most {count} days as year-month-day, for example 2027-06-30. Nothing was changed."
        )
        page = _page(request, partnership, months, dates, said.format(count=MOST_DATES))
        return render(request, page, status=422)
    partnership.rhythm_months, partnership.round_dates = months, [one.isoformat() for one in days]
    session.add(partnership)
    audit.record(session, account.email, "set the rhythm of a series", f"partnership {partnership.id}", now)
    return see_other(f"{address_of(partnership)}/rhythm")


def _read(text: str) -> list[date] | None:
    """The days in order; None when one of them is none."""
    parts = [one for one in BETWEEN.split(text.strip()) if one]
    try:
        days = sorted({date.fromisoformat(one) for one in parts})
    except ValueError:
        return None
    return days if len(parts) <= MOST_DATES and all(2000 <= one.year < LATEST_YEAR for one in days) else None


def _page(request: Request, partnership: Partnership, chosen: int, dates: str, problem: str = "") -> RhythmPage:
    months = tuple(sorted({*MONTHS, partnership.rhythm_months}))
    title = title_of(partnership, language_of(request))
    return RhythmPage(title, address_of(partnership), months, chosen, dates, problem)
