"""What a respondent can check: the privacy notice, and what is stored of an answer; generated, open to everybody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from server import stored
from server.deps import ClockDep, KeystoreDep, SealerDep, SessionDep, SettingsDep
from server.languages import translator
from server.notices import Statement, Terms, admissions, promises, terms_of
from server.pages import Page, Words, language_of, render
from server.respondents import Respondent, find_respondent
from server.security import sent_as
from server.sheets import title_of
from surveys.problems import SurveyProblem

router = APIRouter()


@dataclass(frozen=True, slots=True)
class PrivacyPage(Page):
    template = "notices/privacy.html"
    title: Words | None  # of the partnership whose terms are told
    promises: tuple[str, ...]
    admissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredPage(Page):
    template = "notices/stored.html"
    title: Words | None
    box_size: int  # 0 without a round
    parts: tuple[stored.Kept, ...]
    position_parts: tuple[stored.Kept, ...]
    tables: tuple[stored.KeptTable, ...]
    cookies: tuple[stored.Kept, ...]


def find_anyone(
    request: Request, session: SessionDep, keystore: KeystoreDep, sealer: SealerDep, now: ClockDep
) -> Respondent | None:
    """Whose link this browser holds; a link of a round that is over is no reason to hide the notice."""
    try:
        return find_respondent(request, session, keystore, sealer, now)
    except SurveyProblem:
        return None


AnybodyDep = Annotated[Respondent | None, Depends(find_anyone)]


@router.get("/privacy")
def privacy_page(request: Request, session: SessionDep, settings: SettingsDep, respondent: AnybodyDep) -> Response:
    visit = respondent.visit if respondent else None
    terms = terms_of(session, visit.partnership, visit.round_) if visit else None
    language = language_of(request)
    title = title_of(visit.partnership, language) if visit else None
    page = PrivacyPage(title, said(promises(settings, terms), language), said(admissions(), language))
    return render(request, page)


@router.get("/stored")
def stored_page(request: Request, session: SessionDep, settings: SettingsDep, respondent: AnybodyDep) -> Response:
    language = language_of(request)
    visit = respondent.visit if respondent else None
    terms = terms_of(session, visit.partnership, visit.round_) if visit else None
    return render(
        request,
        StoredPage(
            title=title_of(visit.partnership, language) if visit else None,
            box_size=visit.round_.box_size if visit else 0,
            parts=_translated(stored.sealed_parts(), language),
            position_parts=_translated(stored.position_parts(), language) if has_positions(terms) else (),
            tables=_translated_tables(terms, language),
            cookies=tuple(
                stored.Kept(sent_as(name, https=settings.https), said([Statement(name, text, values)], language)[0])
                for name, (text, values) in stored.COOKIES.items()
            ),
        ),
    )


def has_positions(terms: Terms | None) -> bool:
    return terms is None or terms.dyadic_mode == "positions"


def said(statements: Iterable[Statement], language: str) -> tuple[str, ...]:
    """The statements in this language, with their numbers."""
    translate = translator(language).gettext
    return tuple(translate(one.text).format(**one.values) for one in statements)


def _translated(kept: Iterable[stored.Kept], language: str) -> tuple[stored.Kept, ...]:
    translate = translator(language).gettext
    return tuple(stored.Kept(one.name, translate(one.sentence)) for one in kept)


def _translated_tables(terms: Terms | None, language: str) -> tuple[stored.KeptTable, ...]:
    """Without pairing there is nothing to carry over."""
    translate = translator(language).gettext
    left_out = {"carry_over"} if terms and not terms.pairing else set()
    return tuple(
        stored.KeptTable(one.name, translate(one.title), _translated(one.columns, language))
        for one in stored.stored_tables()
        if one.name not in left_out
    )
