"""The questions one organization answers about each partner, and who may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session
from starlette.exceptions import HTTPException

from server import positions
from server.pages import Words
from server.positions import Position
from server.questionnaire import (
    NO_CONTACT,
    Asked,
    Rating,
    asked_without_contact,
    ratings_about,
    read_choice,
    read_ratings,
)
from server.questionnaire import asked as asked_in
from server.respondents import GoTo, Respondent, RespondentDep
from server.sheets import circumstances_of, instrument_of, name_of, organizations_of

OVERVIEW = "/position"


@dataclass(frozen=True, slots=True)
class PartnerSheet:
    """The questions about one partner, in one language."""

    partner_id: UUID
    name: Words
    contact: Asked
    ratings: tuple[Rating, ...]
    always: frozenset[str]

    @property
    def path(self) -> str:
        return f"{OVERVIEW}/{self.partner_id}"

    def missing(self, answers: Mapping[str, Any]) -> tuple[str, ...]:
        names = [self.contact.name, *(r.name for r in self.ratings)]
        asked = names if answers.get(self.contact.name) != NO_CONTACT else [self.contact.name, *sorted(self.always)]
        return tuple(name for name in asked if name not in answers)

    def read(self, form: Mapping[str, Any]) -> dict[str, Any]:
        answers = read_choice(self.contact, form) | read_ratings(self.ratings, form)
        return positions.without_skipped(answers, self.contact.name, self.always)


def has_positions(respondent: RespondentDep) -> None:
    """To a partnership that asks in the personal mode these pages do not exist."""
    if respondent.visit.round_.dyadic_mode != "positions":
        raise HTTPException(404)


def get_sheet(sheets: Sequence[PartnerSheet], partner_id: UUID) -> PartnerSheet:
    sheet = next((sheet for sheet in sheets if sheet.partner_id == partner_id), None)
    if sheet is None:
        raise HTTPException(404)
    return sheet


def open_position(session: Session, respondent: Respondent) -> Position:
    position = positions.load(session, respondent)
    if position is None:
        raise GoTo(OVERVIEW)
    return position


def partner_sheets(session: Session, respondent: Respondent, language: str) -> tuple[PartnerSheet, ...]:
    """One per other organization of the round; none where the partnership asks in the personal mode."""
    visit = respondent.visit
    instrument = instrument_of(session, visit.round_)
    if instrument.dyadic is None or visit.round_.dyadic_mode != "positions":
        raise HTTPException(404)
    always = asked_without_contact(instrument)
    form = circumstances_of(session, visit).form
    sheets = []
    for organization in organizations_of(session, visit.round_):
        if organization.id != visit.organization.id:
            name = name_of(organization, language)
            contact = asked_in(instrument.dyadic.contact, language, partner=name.text)
            ratings = ratings_about(instrument, name.text, language, form)
            sheets.append(PartnerSheet(organization.id, name, contact, ratings, always))
    return tuple(sheets)
