"""Answers on paper: the form of one person as PDF, and the page on which somebody types a filled form in.

Whoever types holds the code that stands on the paper, and nothing else: the person's own link. What is handed in lies
in the box like everybody's, with a mark inside that it was typed in; nothing outside the box says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from server.desk import Call, DeskRouter
from server.languages import label_in, translator
from server.pages import Page, Words, format_moment, language_of, render
from server.paper import PaperForm, to_pdf
from server.paper_entry import field_name, read_typed
from server.questionnaire import Section
from server.respondents import Respondent, RespondentDep, respondent_of
from server.routes.entering import enter
from server.routes.handing_in import RECEIPT, leave
from server.sheets import Sheet, blank_sheet, payload_of, title_of
from surveys import ballots
from surveys.answers import TEXT_LIMIT, check_answers

router = DeskRouter()
ENTRY = "/paper/entry"


@dataclass(frozen=True, slots=True)
class PaperPage(Page):
    """The code of the next form; above it the receipt of the last one."""

    template = "paper/code.html"
    receipt: str


@dataclass(frozen=True, slots=True)
class EntryPart:
    """One section on the page, with what was typed."""

    section: Section
    typed: Mapping[str, str]  # by field name
    faults: frozenset[str]

    def name(self, of: str) -> str:
        return field_name(self.section, of)


@dataclass(frozen=True, slots=True)
class EntryPage(Page):
    template = "paper/entry.html"
    title: Words
    round_label: str
    person: str
    parts: Sequence[EntryPart]
    topics: Mapping[str, Words]
    faults: Mapping[str, Words]  # field -> question
    limit: int
    was_handed_in: bool


@router.desk("GET", "/paper")
def paper_page(call: Call) -> Response:
    held = call.sealer.unseal(RECEIPT, call.request.cookies.get(RECEIPT))
    return render(call.request, PaperPage(held["receipt"] if held else ""))


@router.desk("POST", "/paper")
def open_form(call: Call) -> Response:
    """As a personal link opens; then to the page for typing in."""
    response = enter(call)
    if response.status_code == 303:
        response.headers["location"] = ENTRY
    return response


@router.desk("GET", ENTRY)
def entry_page(call: Call) -> Response:
    respondent = respondent_of(call)
    return render(call.request, _page(call, respondent, blank_sheet(call.request, respondent), {}, ()))


@router.desk("POST", ENTRY)
def type_in(call: Call) -> Response:
    """All of the form or nothing: with a field that cannot be read nothing is handed in, and everything stands here."""
    respondent = respondent_of(call)
    typed = read_typed(blank_sheet(call.request, respondent), call.form)
    if typed.faults:
        return render(call.request, _page(call, respondent, typed.sheet, call.form, typed.faults), status=422)
    sheet, visit = typed.sheet, respondent.visit
    payload = {**payload_of(sheet, visit.invitation.language), "assisted": True}
    check_answers(sheet.instrument, sheet.circumstances, payload, sheet.partners)
    ballots.cast(call.session, visit.round_, respondent.keys, visit.invitation.id, payload)
    response = leave(call, respondent)
    response.headers["location"] = "/paper"
    return response


@router.get("/answer/form.pdf")  # not at the desk: setting a page takes a second, and the others would wait for it
def own_form(request: Request, respondent: RespondentDep) -> Response:
    """The questions of this person on paper, without the code: the link is in the e-mail or on the invitation."""
    sheet, language = blank_sheet(request, respondent), language_of(request)
    asking = respondent.visit.asking
    assert asking is not None  # the link was redeemed in this request
    return as_pdf(asking.keep(("form", language, sheet.partners), lambda: _form_of(sheet, language)), "questionnaire")


def _form_of(sheet: Sheet, language: str) -> bytes:
    visit = sheet.respondent.visit
    form = PaperForm(
        language,
        title_of(visit.partnership, language).text,
        label_in(visit.round_.label, language),
        sheet.sections,
        {code: title.text for code, title in sheet.topics.items()},
        format_moment(visit.round_.closes_at, visit.partnership.time_zone, language),
    )
    return to_pdf(form, translator(language).gettext)


def as_pdf(content: bytes, name: str) -> Response:
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}.pdf"', "Vary": "Cookie, Accept-Language"},
    )


def _page(
    call: Call, respondent: Respondent, sheet: Sheet, form: Mapping[str, Any], faults: Sequence[str]
) -> EntryPage:
    visit, language = respondent.visit, language_of(call.request)
    texts = {field_name(one, name): text for one in sheet.sections for name, text in one.texts.items()}
    typed = {name: str(value) for name, value in form.items()}
    parts = [EntryPart(one, typed, frozenset(faults)) for one in sheet.sections]
    return EntryPage(
        title=title_of(visit.partnership, language),
        round_label=label_in(visit.round_.label, language),
        person=visit.invitation.person,
        parts=parts,
        topics=sheet.topics,
        faults={name: _about(sheet, name, texts[name]) for name in faults},
        limit=TEXT_LIMIT,
        was_handed_in=ballots.has_cast(call.session, respondent.keys, visit.invitation.id),
    )


def _about(sheet: Sheet, name: str, text: Words) -> Words:
    """Questions about partners read alike: the partner stands before them."""
    section = next(one for one in sheet.sections if name.startswith(f"{one.code}."))
    return replace(text, text=f"{section.title}: {text}") if section.kind == "dyads" else text
