"""One respondent's questionnaire in progress: its sections, the saved draft, and where to go from here."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from server.desk import Call
from server.languages import translator
from server.pages import OFFLINE_COOKIE, VARY, Page, Words, language_of, render_text, words_in
from server.questionnaire import Kind, Section, given_in, missing_from, sections_of
from server.respondents import GoTo, Respondent, respondent_of
from surveys import ballots, rounds
from surveys.answers import CONCERN, Circumstances, check_answers
from surveys.asking import Asking
from surveys.instruments import Form, Instrument
from surveys.invitations import Visit
from surveys.models import InstrumentVersion, Invitation, Membership, Organization, Partnership, Round
from surveys.rotation import partners_to_rate

REVIEW = "/answer/review"


@dataclass(frozen=True, slots=True)
class Progress:
    """What answering/sheet.html shows around the questions of a page."""

    title: Words
    action: str
    step: int
    steps: int
    missing: dict[str, Words]
    resume_code: str | None  # a position has none: it is shared by the organization
    is_whole: bool = False  # the only page: it is handed in from here


@dataclass(frozen=True, slots=True)
class SavedNote(Page):
    """The answer to an autosave: a few words, announced to screen readers."""

    template = "answering/_saved.html"
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    respondent: Respondent
    instrument: Instrument
    circumstances: Circumstances
    sections: tuple[Section, ...]
    content: dict[str, Any]
    contact: str = ""  # for concerns, by the charter
    box: bytes | None = None  # the draft as it was opened for this request

    def find_section(self, code: str) -> Section | None:
        return next((section for section in self.sections if section.code == code), None)

    @property
    def has_one_page(self) -> bool:
        return len(self.sections) == 1

    def path_of(self, section: Section) -> str:
        return f"/answer/part/{section.code}"

    def beside(self, section: Section, step: int) -> str:
        """The page before (-1) or after (+1) this one."""
        place = self.sections.index(section) + step
        if place < 0:
            return "/answer"
        return self.path_of(self.sections[place]) if place < len(self.sections) else REVIEW

    @property
    def resume_at(self) -> str:
        """The first page that nobody has gone past yet."""
        passed = self.content.get("passed", [])
        return next((self.path_of(section) for section in self.sections if section.code not in passed), REVIEW)

    def minutes(self, n_partners: int) -> int:
        """How long answering takes: 10.6 s a question, 6 s a repeated rating, 45 s a text (measurement.md, length)."""
        n_questions = sum(len(one.texts) for one in self.sections if one.kind not in ("comments", "dyads"))
        n_texts = sum(len(section.texts) for section in self.sections if section.kind == "comments")
        part = self.instrument.dyadic
        n_ratings = len(part.items_in(self.circumstances.form)) + 1 if part else 0
        return ceil((10.6 * n_questions + 6 * n_ratings * n_partners + 45 * n_texts) / 60)

    @property
    def topics(self) -> dict[str, Words]:
        """What an open answer may be about: the constructs asked here."""
        return {section.code: section.title for section in self.sections if section.kind == "answers"}

    def given(self, kind: Kind) -> dict[str, Any]:
        """The saved answers of one kind that are still asked: a round's circumstances may change while it is open."""
        asked = {name for section in self.sections if section.kind == kind for name in section.texts}
        return {name: answer for name, answer in self.content.get(kind, {}).items() if name in asked}

    @property
    def partners(self) -> tuple[str, ...]:
        """Whom this person is asked about; nobody where organizations take positions."""
        return tuple(section.partner for section in self.sections if section.kind == "dyads")

    def given_about_partners(self) -> dict[str, dict[str, Any]]:
        """Saved answers about single partners, as far as they are still asked."""
        pages = {one.partner: (one, given_in(one, self.content)) for one in self.sections if one.kind == "dyads"}
        kept = {
            key: {n: answer for n, answer in given.items() if n in one.texts} for key, (one, given) in pages.items()
        }
        return {key: answers for key, answers in kept.items() if answers}

    def should_point_out(self, section: Section) -> bool:
        """Whether to point out what is missing before going on: once per page, then it may stay missing."""
        return bool(missing_from(section, self.content)) and section.code not in self.content.get("passed", [])

    def with_part(self, section: Section, answers: Any) -> Sheet:
        """The sheet with this page's answers in place of its earlier ones."""
        content = dict(self.content)
        if section.kind == "comments":
            content["comments"] = answers
        elif section.kind == "dyads":
            content["dyads"] = {**content.get("dyads", {}), section.partner: answers}
        else:
            others = {name: given for name, given in content.get(section.kind, {}).items() if name not in section.texts}
            content[section.kind] = others | answers
        return replace(self, content=content)

    def passed(self, section: Section) -> Sheet:
        """The sheet once its reader went on from this page."""
        passed = sorted({*self.content.get("passed", []), section.code})
        return replace(self, content={**self.content, "passed": passed})

    def progress(self, section: Section, *, points_out: bool = False) -> Progress:
        missing = missing_from(section, self.content) if points_out else ()
        return Progress(
            section.title,
            self.path_of(section),
            self.sections.index(section) + 1,
            len(self.sections) + (not self.has_one_page),
            {name: section.texts[name] for name in missing},
            ballots.resume_code(self.respondent.device),
            self.has_one_page,
        )


def sheet_of(call: Call) -> Sheet:
    """The draft of the person who sent this, empty at first. Goes elsewhere when it may not be opened here."""
    sheet = find_sheet(call.request, call.session, respondent_of(call))
    if sheet is None:
        raise GoTo("/answer")
    return sheet


def find_sheet(request: Request, session: Session, respondent: Respondent) -> Sheet | None:
    """The draft of this person; None once it was handed in, until a replacement is begun."""
    visit, keys = respondent.visit, respondent.keys
    box = ballots.draft_box(session, keys, visit.invitation.id)
    content = None if box is None else ballots.open_draft(box, respondent.secret, respondent.device)
    if content is None and box is not None:
        raise GoTo("/resume")
    if content is None and ballots.has_cast(session, keys, visit.invitation.id):
        return None
    return blank_sheet(request, respondent, content, box)


def blank_sheet(
    request: Request, respondent: Respondent, content: dict[str, Any] | None = None, box: bytes | None = None
) -> Sheet:
    """What this person is asked, with these answers or none."""
    visit, language = respondent.visit, language_of(request)
    asking = visit.asking
    assert asking is not None  # a respondent's link was redeemed in this request

    def among() -> list[Organization]:
        return _partners_among(visit, list(asking.organizations.values()), asking.people, asking.instrument)

    is_shared_out = asking.circumstances.form.is_rotated  # else everybody of an organization is asked about all others
    partners = among() if is_shared_out else asking.keep(("partners", visit.organization.id), among)
    sections = _sections(asking, partners, language)
    return Sheet(respondent, asking.instrument, asking.circumstances, sections, content or {}, box=box)


def _sections(asking: Asking, partners: Sequence[Organization], language: str) -> tuple[Section, ...]:
    """The pages of everybody who is asked about the same partners in the same language."""

    def sections() -> tuple[Section, ...]:
        named = {str(one.id): name_of(one, language) for one in partners}
        return sections_of(asking.instrument, asking.circumstances, language, translator(language).gettext, named)

    return asking.keep(("sections", language, tuple(one.id for one in partners)), sections)


def render_again(request: Request, sheet: Sheet, page: Page, *, status: int = 200) -> Response:
    """A page that says the same to many people of one round: rendered for the first of them in two seconds."""
    asking = sheet.respondent.visit.asking
    assert asking is not None  # the link was redeemed in this request
    kept_for = (language_of(request), OFFLINE_COOKIE in request.cookies, page)
    content = asking.keep_beside(kept_for, lambda: render_text(request, page))
    return HTMLResponse(content, status_code=status, headers={"Vary": VARY})


def save(session: Session, sheet: Sheet) -> None:
    save_content(session, sheet.respondent, sheet.content, sheet.box)


def save_content(
    session: Session, respondent: Respondent, content: dict[str, Any], before: bytes | None = None
) -> None:
    visit, keys, device = respondent.visit, respondent.keys, respondent.device
    ballots.save_draft(session, visit.round_, keys, visit.invitation.id, respondent.secret, device, content, before)


def payload_of(sheet: Sheet, language: str) -> dict[str, Any]:
    """What is sealed: answers, organization and language. Never a time, an address, a browser or an order of clicks.

    Raises InvalidAnswers for anything the questionnaire does not allow.
    """
    payload = {
        "answers": sheet.given("answers"),
        "importance": sheet.given("importance"),
        "background": sheet.given("background"),
        "dyads": sheet.given_about_partners(),
        "comments": [_sealed_comment(comment) for comment in sheet.content.get("comments", []) if comment["text"]],
        "organization": str(sheet.respondent.visit.organization.id),
        "language": language,
    }
    check_answers(sheet.instrument, sheet.circumstances, payload, sheet.partners)
    return payload


def _sealed_comment(comment: dict[str, str]) -> dict[str, str]:
    """A comment marked as a concern is of that kind, and no more says which question it answered."""
    plain = {name: value for name, value in comment.items() if name != CONCERN}
    return plain | {"kind": CONCERN} if comment.get(CONCERN) else plain


def instrument_of(session: Session, round_: Round) -> Instrument:
    return read_version(session.get_one(InstrumentVersion, round_.instrument_version_id))


def read_version(version: InstrumentVersion) -> Instrument:
    return _read_body(version.digest, json.dumps(version.body))


@lru_cache(maxsize=32)  # a version never changes: its digest is its name
def _read_body(_digest: str, body: str) -> Instrument:
    return Instrument.model_validate_json(body)


def organizations_of(session: Session, round_: Round) -> list[Organization]:
    """The invited organizations, frozen when the round opened, by name."""
    invited = [UUID(organization_id) for organization_id in round_.invited]
    found = session.exec(select(Organization).where(col(Organization.id).in_(invited))).all()
    return sorted(found, key=lambda organization: organization.name)


def partners_of(session: Session, visit: Visit, instrument: Instrument, form: Form) -> list[Organization]:
    """Whom this person is asked about in the personal mode. Turns move on from round to round."""
    if instrument.dyadic is None or visit.round_.dyadic_mode != "personal":
        return []
    own = visit.organization.id
    colleagues = select(Invitation.id).where(Invitation.round_id == visit.round_.id, Invitation.organization_id == own)
    people = {own: sorted(session.exec(colleagues).all())}
    return _partners_among(visit, organizations_of(session, visit.round_), people, instrument, form)


def _partners_among(
    visit: Visit,
    organizations: Sequence[Organization],
    people: Mapping[UUID, Sequence[UUID]],
    instrument: Instrument,
    form: Form | None = None,
) -> list[Organization]:
    if instrument.dyadic is None or visit.round_.dyadic_mode != "personal":
        return []
    form = form or (visit.asking.circumstances.form if visit.asking else Form())
    own = visit.organization.id
    others = {str(one.id): one for one in organizations if one.id != own}
    place = bisect_left(people[own], visit.invitation.id) + visit.round_.number
    return [others[one] for one in partners_to_rate(form, sorted(others), place, len(people[own]))]


def circumstances_of(session: Session, visit: Visit) -> Circumstances:
    organizations = organizations_of(session, visit.round_)
    roles = session.exec(select(Membership.role).where(Membership.partnership_id == visit.partnership.id)).all()
    return Circumstances(
        round_number=visit.round_.number,
        has_external_lead="external_lead" in roles,
        n_external=sum(not organization.is_national for organization in organizations),
        rhythm_months=visit.partnership.rhythm_months,
        form=rounds.form_of(session, visit.partnership.id),
    )


def period_of(partnership: Partnership, round_: Round) -> int:
    """Months a respondent is asked to think of; 0 where there was a round before, for the time since then."""
    return partnership.rhythm_months if round_.number == 1 else 0


def name_of(organization: Organization, language: str) -> Words:
    return words_in({"en": organization.name, **(organization.names or {})}, language)


def title_of(partnership: Partnership, language: str) -> Words:
    return words_in({"en": partnership.title, **(partnership.titles or {})}, language)
