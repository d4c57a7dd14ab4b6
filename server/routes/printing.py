"""Forms to print for a meeting: blank, of positions, or of one person with the code that types it in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel import Session
from starlette.responses import Response

from server.deps import KeystoreDep, SettingsDep
from server.languages import label_in, translator
from server.pages import Words, format_moment, language_of
from server.paper import Addressee, PaperForm, to_pdf
from server.questionnaire import Section, sections_of
from server.routes.inviting import get_present, require_open
from server.routes.paper import as_pdf
from server.routes.setup import Run, RunDep
from server.sheets import circumstances_of, name_of, organizations_of, partners_of, title_of
from surveys import rounds
from surveys.invitations import Visit, personal_secret
from surveys.models import Invitation, Organization

router = APIRouter()


@router.get("/partnerships/{partnership_id}/rounds/{number}/form.pdf")
def blank_form(
    run: RunDep,
    language: Annotated[Literal["en", "km", "fr"] | None, Query()] = None,
    part: Annotated[Literal["personal", "position"], Query()] = "personal",
) -> Response:
    """Without a name and a code: to be shown, or filled in and typed in by the person from the own link."""
    require_open(run)
    spoken = language or language_of(run.request)
    visit = _visit(run.session, run, next(iter(rounds.invitations_of(run.session, run.round_))))
    everybody = organizations_of(run.session, run.round_)
    sections = _sections(run, visit, spoken, everybody)
    is_position = part == "position" and run.round_.dyadic_mode == "positions"
    if is_position:
        sections = tuple(one for one in sections if one.kind == "dyads")
    elif run.round_.dyadic_mode == "positions":
        sections = tuple(one for one in sections if one.kind != "dyads")
    form = _form(run, spoken, sections, None, is_position=is_position)
    return as_pdf(to_pdf(form, translator(spoken).gettext), f"form-{run.round_.number}-{spoken}")


@router.post("/partnerships/{partnership_id}/rounds/{number}/people/{invitation_id}/form")
def form_of_one(run: RunDep, keystore: KeystoreDep, settings: SettingsDep, invitation_id: UUID) -> Response:
    """With the person's name, code and QR code, in the language of the invitation; that it was printed is on record."""
    require_open(run)
    invitation = get_present(run, invitation_id)
    visit, spoken = _visit(run.session, run, invitation), invitation.language
    form_kind = circumstances_of(run.session, visit).form
    partners = partners_of(run.session, visit, rounds.instrument_of(run.session, run.round_), form_kind)
    code = personal_secret(keystore.load(run.round_.id), invitation.id)
    home = settings.base_url.rstrip("/")
    organization = name_of(visit.organization, spoken).text
    addressee = Addressee(invitation.person, organization, code, f"{home}/i#{code}", f"{home}/paper")
    form = _form(run, spoken, _sections(run, visit, spoken, partners), addressee)
    run.record("printed a form with a link")
    return as_pdf(to_pdf(form, translator(spoken).gettext), f"form-{run.round_.number}")


def _visit(session: Session, run: Run, invitation: Invitation) -> Visit:
    organization = session.get_one(Organization, invitation.organization_id)
    return Visit(invitation, run.round_, run.partnership, organization)


def _sections(run: Run, visit: Visit, language: str, partners: Sequence[Organization]) -> tuple[Section, ...]:
    instrument = rounds.instrument_of(run.session, run.round_)
    named: dict[str, Words] = {}
    if instrument.dyadic is not None:
        named = {str(one.id): name_of(one, language) for one in partners}
    circumstances = circumstances_of(run.session, visit)
    return sections_of(instrument, circumstances, language, translator(language).gettext, named)


def _form(
    run: Run,
    language: str,
    sections: Sequence[Section],
    addressee: Addressee | None,
    *,
    is_position: bool = False,
) -> PaperForm:
    return PaperForm(
        language,
        title_of(run.partnership, language).text,
        label_in(run.round_.label, language),
        sections,
        {one.code: one.title.text for one in sections if one.kind == "answers"},
        format_moment(run.round_.closes_at, run.partnership.time_zone, language),
        addressee,
        is_position,
    )
