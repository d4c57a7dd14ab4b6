"""Answering: one page per section, saved on the way, pointed out once where something is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from server.blank_pages import RESUME_CODE, BlankPage
from server.deps import set_language
from server.desk import Call, DeskRouter
from server.languages import LANGUAGES
from server.pages import OFFLINE_COOKIE, VARY, Page, Words, language_of, render, render_text, see_other
from server.positions import without_skipped
from server.questionnaire import (
    Asked,
    Rating,
    Section,
    given_in,
    read_background,
    read_choice,
    read_comments,
    read_ratings,
)
from server.routes.handing_in import seal
from server.sheets import Progress, SavedNote, Sheet, period_of, render_again, save, sheet_of
from surveys import ballots
from surveys.answers import TEXT_LIMIT
from surveys.ladder import ladder_of
from surveys.rounds import FEWEST_ORGANIZATIONS, FEWEST_PEOPLE

router = DeskRouter()


@dataclass(frozen=True, slots=True)
class RatingRow:
    rating: Rating
    answer: int | str | None
    missing: bool


@dataclass(frozen=True, slots=True)
class AskedRow:
    asked: Asked
    answer: int | str
    missing: bool
    wrong: bool


@dataclass(frozen=True, slots=True)
class TextRow:
    asked: Asked
    answer: Mapping[str, str]
    too_long: int


@dataclass(frozen=True, slots=True)
class RatingsPage(Page):
    template = "answering/ratings.html"
    sheet: Progress
    explanation: Words | None
    rows: tuple[RatingRow, ...]


@dataclass(frozen=True, slots=True)
class PartnerPage(Page):
    """What one person is asked about one partner; how far this is anonymous stands above the questions."""

    template = "answering/partner.html"
    sheet: Progress
    n_people: int
    n_organizations: int
    period: int  # months to think of; 0: since the last round
    contact: AskedRow
    with_contact: tuple[RatingRow, ...]
    always: tuple[RatingRow, ...]


@dataclass(frozen=True, slots=True)
class AboutPage(Page):
    template = "answering/about.html"
    sheet: Progress
    rows: tuple[AskedRow, ...]


@dataclass(frozen=True, slots=True)
class OpenPage(Page):
    template = "answering/open.html"
    sheet: Progress
    rows: tuple[TextRow, ...]
    topics: Mapping[str, Words]
    limit: int
    contact: str  # whom to turn to where too few people write


@dataclass(frozen=True, slots=True)
class Reading:
    """What one posted page held: the answers to keep, and what could not be kept."""

    answers: Any
    typed: Mapping[str, Any]  # as typed, shown again where it could not be kept
    wrong: Mapping[str, int]

    @property
    def is_whole(self) -> bool:
        return not self.wrong


@router.desk("GET", "/answer/part/{code}")
def section_page(call: Call) -> Response:
    request, sheet = call.request, sheet_of(call)
    section = get_section(sheet, request.path_params["code"])
    sheet = _with_contact(call, sheet, section)
    if _asks_for(request, "missing"):
        return render(request, _page_of(sheet, section, sheet.progress(section, points_out=True)))
    return _filled_in(request, sheet, section) or render(request, _page_of(sheet, section, sheet.progress(section)))


@router.desk("POST", "/answer/part/{code}")
def save_section(call: Call) -> Response:
    request, form, sheet = call.request, call.form, sheet_of(call)
    save_only = _asks_for(request, "save")
    section = get_section(sheet, request.path_params["code"])
    reading = _read(sheet, section, form)
    goes_on = form.get("go") in ("on", "hand-in") and reading.is_whole
    filled = sheet.with_part(section, reading.answers)
    points_out = goes_on and filled.should_point_out(section)
    sheet = filled.passed(section) if goes_on else filled
    if goes_on and not points_out and form.get("go") == "hand-in" and sheet.has_one_page:
        return seal(call, sheet)
    save(call.session, sheet)
    status = 200 if reading.is_whole else 422
    if save_only:
        return render_again(request, sheet, SavedNote(reading.is_whole), status=status)
    if not reading.is_whole:
        sheet = _with_contact(call, sheet, section)
        return render(request, _page_of(sheet, section, sheet.progress(section), reading), status=status)
    return _way_on(request, sheet, section, form, points_out=points_out)


def _with_contact(call: Call, sheet: Sheet, section: Section) -> Sheet:
    """Beside the open questions stands whom to turn to with a concern that too few wrote for."""
    if section.kind != "comments":
        return sheet
    visit = sheet.respondent.visit
    assert visit.asking is not None  # the link was redeemed in this request
    contact = visit.asking.keep_beside("contact", lambda: ladder_of(call.session, visit.partnership.id).contact)
    return replace(sheet, contact=contact)


def _asks_for(request: Request, name: str) -> bool:
    return f"{name}=1".encode() in request.scope["query_string"]


def _filled_in(request: Request, sheet: Sheet, section: Section) -> Response | None:
    """The page from its blank, where all that was answered on it are choices; else it has to be rendered."""
    if section.kind == "comments" and sheet.content.get("comments"):
        return None
    asking = sheet.respondent.visit.asking
    assert asking is not None  # the link was redeemed in this request
    # whom one is asked about, and in which order, shows in the number of a page only
    place = (sheet.sections.index(section), len(sheet.sections))
    key = ("page", language_of(request), OFFLINE_COOKIE in request.cookies, section.code, place, sheet.contact)

    def blank_page() -> BlankPage:
        progress = replace(sheet.progress(section), resume_code=RESUME_CODE)
        return BlankPage(render_text(request, _page_of(replace(sheet, content={}), section, progress)))

    blank = asking.keep(key, blank_page)
    given = {} if section.kind == "comments" else given_in(section, sheet.content)
    given = {name: answer for name, answer in given.items() if name in section.texts}  # of this page alone
    return _as_response(request, blank, given, ballots.resume_code(sheet.respondent.device))


def _as_response(request: Request, blank: BlankPage, given: Mapping[str, Any], code: str) -> Response | None:
    is_packed = "gzip" in request.headers.get("accept-encoding", "")
    content = blank.packed(given, code) if is_packed else blank.filled(given, code)
    if content is None:
        return None
    headers = {"Vary": f"{VARY}, Accept-Encoding", **({"Content-Encoding": "gzip"} if is_packed else {})}
    return HTMLResponse(content, headers=headers)


def _way_on(request: Request, sheet: Sheet, section: Section, form: Mapping[str, Any], *, points_out: bool) -> Response:
    """After a page was saved: the next one, the one before, or the same in another language or with what is missing."""
    here = sheet.path_of(section)
    if (language := str(form.get("language", ""))) in LANGUAGES:
        response = see_other(here)
        set_language(response, request, language)
        return response
    if points_out:
        return see_other(f"{here}?missing=1")
    return see_other(sheet.beside(section, -1 if form.get("go") == "back" else 1))


def get_section(sheet: Sheet, code: str) -> Section:
    section = sheet.find_section(code)
    if section is None:
        raise HTTPException(404)
    return section


def _read(sheet: Sheet, section: Section, form: Mapping[str, Any]) -> Reading:
    match section.kind:
        case "background":
            background, wrong = read_background(section.questions, form)
            typed = {name: form.get(name, "") for name in section.texts}
            return Reading(background, typed, dict.fromkeys(wrong, 1))
        case "comments":
            comments, too_long = read_comments(section.questions, sheet.topics, form)
            kept = [comment for comment in comments if comment["kind"] not in too_long]
            return Reading(kept, {comment["kind"]: comment for comment in comments}, too_long)
        case "dyads":
            contact = section.questions[0]
            answers = read_choice(contact, form) | read_ratings(section.ratings, form)
            return Reading(without_skipped(answers, contact.name, section.always), {}, {})
        case _:
            return Reading(read_ratings(section.ratings, form), {}, {})


def _page_of(sheet: Sheet, section: Section, progress: Progress, reading: Reading | None = None) -> Page:
    typed = reading.typed if reading else {}
    wrong = reading.wrong if reading else {}
    if section.kind == "comments":
        saved = {comment["kind"]: comment for comment in sheet.content.get("comments", [])}
        blank = {"text": "", "topic": "", "audience": "all"}
        texts = (
            TextRow(q, typed.get(q.name) or saved.get(q.name, blank), wrong.get(q.name, 0)) for q in section.questions
        )
        return OpenPage(progress, tuple(texts), sheet.topics, TEXT_LIMIT, sheet.contact)
    given = {**given_in(section, sheet.content), **typed}
    if section.kind == "dyads":
        return _partner_page(sheet, section, progress, given)
    if section.kind == "background":
        rows = (
            AskedRow(q, given.get(q.name, ""), q.name in progress.missing, q.name in wrong) for q in section.questions
        )
        return AboutPage(progress, tuple(rows))
    ratings = (RatingRow(r, given.get(r.name), r.name in progress.missing) for r in section.ratings)
    return RatingsPage(progress, section.explanation, tuple(ratings))


def _partner_page(sheet: Sheet, section: Section, progress: Progress, given: Mapping[str, Any]) -> PartnerPage:
    asked, visit = section.questions[0], sheet.respondent.visit
    rows = [RatingRow(r, given.get(r.name), r.name in progress.missing) for r in section.ratings]
    return PartnerPage(
        progress,
        FEWEST_PEOPLE,
        FEWEST_ORGANIZATIONS,
        period_of(visit.partnership, visit.round_),
        AskedRow(asked, given.get(asked.name, ""), asked.name in progress.missing, wrong=False),
        tuple(row for row in rows if row.rating.name not in section.always),
        tuple(row for row in rows if row.rating.name in section.always),
    )
