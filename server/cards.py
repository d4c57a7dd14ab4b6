"""Partnerships as cards of the programme: what their releases say, what is going on now, and what comes next."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from server.dossiers import UNASKED, address_of, latest_rounds, overdue_counts
from server.filters import phase_words
from server.languages import format_month
from server.overview import Glance, GlanceLine, glances
from server.pages import Words
from server.reading import overdue_words
from server.sheets import title_of
from server.states import state_words
from server.wording import Wording
from surveys import key_locks
from surveys.key_locks import Waiting
from surveys.models import Partnership, Round

WITHOUT_ROUNDS = ("closed", "imported")


@dataclass(frozen=True, slots=True)
class Card:
    """One partnership of the programme; `about` is sector, level and phase, `next` what comes and when."""

    address: str
    title: Words
    about: str
    lines: tuple[GlanceLine, ...]
    response: str
    last: str
    next: str
    attention: tuple[str, ...]


class Cards:
    """The cards of several partnerships, with the same few questions to the database however many there are."""

    def __init__(self, session: Session, several: Sequence[Partnership], language: str, now: datetime) -> None:
        ids = [one.id for one in several]
        self.several, self.now, self.words = several, now, Wording(language, UNASKED)
        self.glances = glances(session, ids, language)
        self.overdue = overdue_counts(session, ids, now.date())
        latest = latest_rounds(session, ids)
        self.latest = {key: (one, key_locks.find_waiting(session, one)) for key, one in latest.items()}

    def sorted(self) -> list[Card]:
        """By title: any other order would read as a ranking."""
        return sorted(map(self._card, self.several), key=lambda card: card.title.text.casefold())

    def _card(self, one: Partnership) -> Card:
        glance: Glance = self.glances[one.id]
        language = self.words.language
        return Card(
            address=address_of(one),
            title=title_of(one, language),
            about=" · ".join(part for part in (one.sector, one.level, phase_words(one.phase, language)) if part),
            lines=glance.lines,
            response=glance.response,
            last=glance.last,
            next=next_words(one, self.latest.get(one.id), self.words, self.now),
            attention=(*glance.attention, *overdue_words(self.overdue[one.id], self.words)),
        )


def next_words(
    partnership: Partnership, latest: tuple[Round, Waiting | None] | None, wording: Wording, now: datetime
) -> str:
    """What the newest round is doing or waiting for; after a release, when the next one is due by the rhythm."""
    if latest is not None and latest[0].state != "released":
        round_, waiting = latest
        state = state_words(round_, partnership.time_zone, wording.language, now, waiting)
        return wording.about(wording.label(round_.label), state)
    if latest is None or partnership.phase in WITHOUT_ROUNDS:
        return ""
    due = months_after(latest[0].closed_on, partnership.rhythm_months)
    if due < now.date():
        return wording._("The next round has been due since {month}.").format(month=format_month(due, wording.language))
    return wording._("The next round is due in {month}.").format(month=format_month(due, wording.language))


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
