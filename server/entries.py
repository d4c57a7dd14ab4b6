"""Discussion entries as pages show them: the question, what was agreed, by whom, until when, what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from server.dossiers import Dossier, agreements_of
from server.languages import format_day, translator
from server.promise_words import status_words
from server.reading import is_overdue
from surveys import discussions, rounds


@dataclass(frozen=True, slots=True)
class EntryLine:
    """A question with one commitment it led to; a question that led to several has a line for each."""

    address: str
    question: str
    about: str
    round_label: str
    round_number: int
    action: str
    owner: str
    due: str
    status: str
    is_overdue: bool
    outcome: str


def entry_lines(session: Session, dossier: Dossier, today: date) -> tuple[EntryLine, ...]:
    """Every entry of the partnership, the latest first."""
    wording, language = dossier.wording, dossier.wording.language
    words = status_words(translator(language).gettext)
    entries = {one.id: one for one in discussions.of_partnership(session, dossier.partnership.id)}
    by_id = {one.id: one for one in rounds.of_partnership(session, dossier.partnership.id)} if entries else {}
    return tuple(
        EntryLine(
            address=f"{dossier.address}/discussion/{key}",
            question=plain.question,
            about=wording.target(entries[key].target),
            round_label=wording.label(by_id[entries[key].round_id].label),
            round_number=by_id[entries[key].round_id].number,
            action=plain.action,
            owner=plain.owner,
            due=format_day(plain.due_on, language) if plain.due_on else "",
            status=words[plain.status],
            is_overdue=is_overdue(plain.status, plain.due_on, today),
            outcome=plain.outcome,
        )
        for key, plain in agreements_of(session, dossier.partnership.id, language)
    )


def before(lines: Iterable[EntryLine], number: int) -> tuple[EntryLine, ...]:
    """What earlier rounds led to."""
    return tuple(line for line in lines if line.round_number < number)
