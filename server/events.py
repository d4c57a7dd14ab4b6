"""What happened to a partnership between its rounds, as the records have it: beside the numbers it may explain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from server.languages import translator
from server.wording import N_, PHASES
from surveys import charter, disputes
from surveys.models import Seat

WORDS = {
    "charter_signed": N_("Charter signed"),
    "charter_amended": N_("Charter amended"),
    "partner_joined": N_("{partner} joined"),
    "partner_left": N_("{partner} left"),
    "lead_changed": N_("Lead partner changed"),
    "phase_changed": N_("New phase: {to}"),
    "organization_renamed": N_("A partner was renamed"),
    "organization_merged": N_("Partners merged"),
    "organization_split": N_("A partner was divided"),
    "dispute": N_("Dispute opened"),
    "dispute_settled": N_("Dispute settled"),
    "agreement": N_("Agreement reached"),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """kind: as the record names it. label: in the reader's words, short enough for a chart."""

    on: date
    kind: str
    label: str


def happenings(
    session: Session, partnership_id: UUID, language: str, seat: Seat | None = None
) -> tuple[Happening, ...]:
    """Oldest first, each once, as far as this seat may know of them."""
    found = dict.fromkeys(_of_charter(session, partnership_id, language))
    found |= dict.fromkeys(_of_disputes(session, partnership_id, language, seat))
    return tuple(sorted(found, key=lambda one: (one.on, one.kind, one.label)))


def _of_charter(session: Session, partnership_id: UUID, language: str) -> Iterator[Happening]:
    _ = translator(language).gettext
    for event in charter.events(session, partnership_id):
        words = dict(event.words)
        words |= {name: _name(names, language) for name, names in event.names.items()}
        words |= {at: _(PHASES[words[at]]) for at in ("from", "to") if words.get(at) in PHASES}
        if event.kind in WORDS:
            yield Happening(event.on, event.kind, _filled(_(WORDS[event.kind]), words))


def _of_disputes(session: Session, partnership_id: UUID, language: str, seat: Seat | None) -> Iterator[Happening]:
    """Disputes opened and settled, agreements reached; a title only for whoever takes part."""
    _ = translator(language).gettext
    for event in disputes.events(session, partnership_id, seat):
        if event.kind in WORDS:
            yield Happening(event.on, event.kind, _(WORDS[event.kind]))


def _name(names: Mapping[str, str], language: str) -> str:
    return names.get(language) or names.get("en") or next(iter(names.values()), "")


def _filled(sentence: str, words: Mapping[str, str]) -> str:
    """A record may lack a value that its sentence would name."""
    for name, value in words.items():
        sentence = sentence.replace("{" + name + "}", value)
    return sentence
