"""The questionnaire of a round as a respondent will see it: every page, in every language; nothing can be sent."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from sqlmodel import Session, select
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server.languages import label_in, translator
from server.pages import Page, Words, language_of, render
from server.questionnaire import Asked, Rating, Section, sections_of
from server.routes.setup import Run, RunDep
from server.sheets import name_of, period_of, title_of
from surveys import partnerships, rounds
from surveys.answers import TEXT_LIMIT, Circumstances
from surveys.models import Membership, Organization
from surveys.rotation import partners_to_rate

router = APIRouter()
AT = "/partnerships/{partnership_id}/rounds/{number}/preview"


@dataclass(frozen=True, slots=True)
class RatingView:
    """As parts.rating shows it, without an answer."""

    rating: Rating
    answer: str
    missing: bool


@dataclass(frozen=True, slots=True)
class PreviewPage(Page):
    template = "previews/page.html"
    title: Words
    label: str
    address: str
    pages: tuple[tuple[str, Words], ...]
    code: str
    heading: Words
    step: int
    steps: int
    explanation: Words | None
    mode: str  # "" or what is said above questions about partners: positions, personal
    level: str
    period: int
    questions: tuple[Asked, ...]
    with_contact: tuple[RatingView, ...]
    always: tuple[RatingView, ...]
    limit: int
    back: str
    next: str


@router.get(AT)
@router.get(f"{AT}/{{code}}")
def preview_page(run: RunDep, code: str = "") -> Response:
    """A link beside each page; radio buttons stand in no form, so that nothing can leave the page."""
    sections = _sections(run)
    section = sections[0] if not code else next((one for one in sections if one.code == code), None)
    if section is None:
        raise HTTPException(404)
    return render(run.request, _page(run, sections, section))


def _sections(run: Run) -> tuple[Section, ...]:
    """All pages of the personal part, then those about partners, as the first partner's people get them."""
    language, instrument = language_of(run.request), rounds.instrument_of(run.session, run.round_)
    members = [one for _, one in partnerships.members_on(run.session, run.partnership.id, run.round_.opens_at.date())]
    circumstances = Circumstances(
        round_number=run.round_.number,
        has_external_lead="external_lead" in _roles(run.session, run.partnership.id),
        n_external=sum(not one.is_national for one in members),
        rhythm_months=run.partnership.rhythm_months,
        form=rounds.form_of(run.session, run.partnership.id),
    )
    named = {str(one.id): name_of(one, language) for one in _rated(run, members, circumstances)}
    partners: dict[str, Words] = named if instrument.dyadic is not None else {}
    found = sections_of(instrument, circumstances, language, translator(language).gettext, partners)
    personal = tuple(one for one in found if one.kind != "dyads")
    about = tuple(one for one in found if one.kind == "dyads")
    return (*personal, *about) if run.round_.dyadic_mode == "positions" else found


def _rated(run: Run, members: list[Organization], circumstances: Circumstances) -> list[Organization]:
    others = {str(one.id): one for one in members[1:]}
    if run.round_.dyadic_mode == "positions":
        return list(others.values())
    return [others[one] for one in partners_to_rate(circumstances.form, sorted(others), run.round_.number, 1)]


def _roles(session: Session, partnership_id: UUID) -> set[str]:
    return set(session.exec(select(Membership.role).where(Membership.partnership_id == partnership_id)).all())


def _page(run: Run, sections: tuple[Section, ...], section: Section) -> PreviewPage:
    language, place = language_of(run.request), sections.index(section)
    address = f"{run.address}/preview"
    beside: list[str] = [f"{address}/{one.code}" for one in sections]
    views = [RatingView(rating, "", missing=False) for rating in section.ratings]
    is_about = section.kind == "dyads"
    return PreviewPage(
        title=title_of(run.partnership, language),
        label=label_in(run.round_.label, language),
        address=run.address,
        pages=tuple((f"{address}/{one.code}", one.title) for one in sections),
        code=beside[place],
        heading=section.title,
        step=place + 1,
        steps=len(sections),
        explanation=section.explanation,
        mode=run.round_.dyadic_mode if is_about else "",
        level=run.round_.disclosure_level,
        period=period_of(run.partnership, run.round_) if is_about else 0,
        questions=section.questions,
        with_contact=tuple(one for one in views if one.rating.name not in section.always),
        always=tuple(one for one in views if one.rating.name in section.always),
        limit=TEXT_LIMIT,
        back=beside[place - 1] if place else "",
        next=beside[place + 1] if place + 1 < len(sections) else "",
    )
