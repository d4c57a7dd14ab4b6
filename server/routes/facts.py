"""Facts of a round: what the secretariat counted, entered once, with source and doubts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, ClockDep, FormDep, SessionDep, may_run, partnership_for, partnership_to_run
from server.dossiers import address_of
from server.entry_forms import FormField, Names, form_fields, value_words
from server.languages import label_in
from server.pages import Page, Words, language_of, render, see_other
from server.principle_pages import ratio_words
from server.ratios import ratios_of
from server.sheets import title_of
from surveys import audit, facts, rounds
from surveys.descriptions import read_catalog
from surveys.facts import Fact
from surveys.instruments import text_in
from surveys.models import FactSheet, Partnership, Round
from surveys.problems import InvalidEntry

router = APIRouter()
RoundNumber = Annotated[int, Path(ge=1, le=9999)]


@dataclass(frozen=True, slots=True)
class FactView:
    title: str
    about: str
    ratio: str
    numbers: tuple[tuple[str, str], ...]
    source: str
    doubts: str


@dataclass(frozen=True, slots=True)
class FactGroup:
    """The fields of one fact in the form."""

    title: str
    about: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class FactsPage(Page):
    template = "rounds/facts.html"
    title: Words
    address: str
    round_label: str
    facts: tuple[FactView, ...]
    entered_by: str
    entered_on: date | None
    may_run: bool


@dataclass(frozen=True, slots=True)
class FactsFormPage(Page):
    template = "rounds/facts_form.html"
    title: Words
    address: str
    round_label: str
    groups: tuple[FactGroup, ...]
    is_faulty: bool


@router.get("/partnerships/{partnership_id}/rounds/{number}/facts")
def facts_page(
    request: Request, session: SessionDep, account: AccountDep, partnership_id: UUID, number: RoundNumber
) -> Response:
    partnership, language = partnership_for(session, account, partnership_id), language_of(request)
    round_ = rounds.get_round(session, partnership.id, number)
    sheet = session.get(FactSheet, round_.id)
    page = FactsPage(
        title=title_of(partnership, language),
        address=f"{address_of(partnership)}/rounds/{number}",
        round_label=label_in(round_.label, language),
        facts=tuple(fact_view(one, language) for one in facts.of_round(session, round_.id)),
        entered_by=sheet.entered_by if sheet else "",
        entered_on=sheet.entered_at.date() if sheet else None,
        may_run=may_run(session, account, partnership.id),
    )
    return render(request, page)


def fact_view(one: Fact, language: str) -> FactView:
    """A fact in words, as it was counted."""
    description = read_catalog("facts")[one.code]
    numbers = tuple(
        (text_in(field.label, language), value_words(field, one.values[field.code], Names(), language))
        for field in description.fields
        if field.code in one.values
    )
    title, about = text_in(one.title, language), text_in(one.about, language)
    return FactView(title, about, ratio_words(one, language), numbers, one.source, one.doubts)


@router.get("/partnerships/{partnership_id}/rounds/{number}/facts/edit")
def form_page(
    request: Request, session: SessionDep, account: AccountDep, partnership_id: UUID, number: RoundNumber
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    round_ = rounds.get_round(session, partnership.id, number)
    sheet = session.get(FactSheet, round_.id)
    return _form(request, partnership, round_, sheet.facts if sheet else {}, {})


@router.post("/partnerships/{partnership_id}/rounds/{number}/facts/edit")
def enter(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    form: FormDep,
    partnership_id: UUID,
    number: RoundNumber,
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    round_ = rounds.get_round(session, partnership.id, number)
    given = _read(form)
    try:
        checked = facts.check_facts(given)
    except InvalidEntry as problem:
        return _form(request, partnership, round_, given, problem.details["faults"])
    ratios = ratios_of(checked, facts.first_ratios(session, partnership.id, number))
    facts.enter(session, round_, checked, ratios, by=account.name, now=now)
    audit.record(session, account.email, "entered the facts of a round", f"round {round_.id}", now)
    return see_other(f"{address_of(partnership)}/rounds/{number}/facts")


def _read(form: FormData) -> dict[str, dict[str, Any]]:
    return {
        code: {one.code: str(form.get(f"{code}.{one.code}", "")) for one in description.fields}
        for code, description in read_catalog("facts").items()
    }


def _form(
    request: Request,
    partnership: Partnership,
    round_: Round,
    values: Mapping[str, Mapping[str, Any]],
    faults: Mapping[str, str],
) -> Response:
    language = language_of(request)
    groups = tuple(
        FactGroup(
            text_in(description.title, language),
            text_in(description.about, language),
            form_fields(description, values.get(code, {}), faults, Names(), language, prefix=f"{code}."),
        )
        for code, description in read_catalog("facts").items()
    )
    page = FactsFormPage(
        title=title_of(partnership, language),
        address=f"{address_of(partnership)}/rounds/{round_.number}",
        round_label=label_in(round_.label, language),
        groups=groups,
        is_faulty=bool(faults),
    )
    return render(request, page, status=422 if faults else 200)
