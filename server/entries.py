"""Discussion entries as pages show them: the question, what was agreed, by whom, until when, what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from server.dossiers import Dossier, as_agreement, organizations_by_id
from server.languages import format_day, translator
from server.reading import is_overdue
from surveys import discussions, rounds
from surveys.models import Discussion, Organization, Round

STATUSES = ("open", "agreed", "done", "dropped")


@dataclass(frozen=True, slots=True)
class EntryLine:
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


def status_words(_: Callable[[str], str]) -> dict[str, str]:
    return {"open": _("under discussion"), "agreed": _("agreed"), "done": _("done"), "dropped": _("dropped")}


def entry_lines(session: Session, dossier: Dossier, today: date) -> tuple[EntryLine, ...]:
    """Every entry of the partnership, the latest first."""
    entries = discussions.of_partnership(session, dossier.partnership.id)
    if not entries:
        return ()
    owners = organizations_by_id(session, dossier.partnership.id)
    by_id = {one.id: one for one in rounds.of_partnership(session, dossier.partnership.id)}
    return tuple(entry_line(entry, dossier, by_id[entry.round_id], owners, today) for entry in entries)


def entry_line(
    entry: Discussion, dossier: Dossier, round_: Round, owners: Mapping[UUID, Organization], today: date
) -> EntryLine:
    language = dossier.wording.language
    plain = as_agreement(entry, owners, language)
    return EntryLine(
        address=f"{dossier.address}/discussion/{entry.id}",
        question=entry.question,
        about=dossier.wording.target(entry.target),
        round_label=dossier.wording.label(round_.label),
        round_number=round_.number,
        action=plain.action,
        owner=plain.owner,
        due=format_day(entry.due_on, language) if entry.due_on else "",
        status=status_words(translator(language).gettext)[entry.status],
        is_overdue=is_overdue(entry.status, entry.due_on, today),
        outcome=entry.outcome,
    )


def before(lines: Iterable[EntryLine], number: int) -> tuple[EntryLine, ...]:
    """What earlier rounds led to."""
    return tuple(line for line in lines if line.round_number < number)
