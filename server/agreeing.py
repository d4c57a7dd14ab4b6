"""What a facilitator writes about a finding: the form of an entry, read with every fault beside its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from server.entries import STATUSES
from surveys.discussions import LONGEST
from surveys.models import Discussion

Gettext = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class EntryForm:
    """The fields as they were typed; `faults` name those that cannot be saved."""

    action: str
    owner: str
    due_on: str
    status: str
    outcome: str
    faults: Mapping[str, str]

    @property
    def owner_id(self) -> UUID | None:
        return UUID(self.owner) if self.owner else None

    @property
    def due_date(self) -> date | None:
        return date.fromisoformat(self.due_on) if self.due_on else None


def form_of(entry: Discussion) -> EntryForm:
    owner = str(entry.owner_organization_id or "")
    due_on = entry.due_on.isoformat() if entry.due_on else ""
    return EntryForm(entry.agreed_action, owner, due_on, entry.status, entry.outcome, {})


def read_form(form: Mapping[str, Any], entry: Discussion, owners: set[str], today: date, _: Gettext) -> EntryForm:
    action, outcome = str(form.get("action", "")).strip(), str(form.get("outcome", "")).strip()
    owner, due_on, status = (str(form.get(name, "")) for name in ("owner", "due_on", "status"))
    faults: dict[str, str] = {}
    for name, text in (("action", action), ("outcome", outcome)):
        if len(text) > LONGEST:
            faults[name] = too_long(text, _)
    if owner and owner not in owners:
        faults["owner"] = _("The owner must be a partner of this partnership.")
        owner = ""
    if due_on and not _is_day(due_on):
        faults["due_on"] = _("This is not a date.")
    if status not in STATUSES:
        faults["status"] = _("Please choose one of the four.")
    if status in ("agreed", "done"):
        needed = {"action": action, "owner": owner, "due_on": due_on}
        empty = [name for name in needed if not needed[name] and name not in faults]
        faults |= dict.fromkeys(empty, _("An agreement needs an action, an owner and a date."))
    is_new = status == "agreed" and entry.status == "open"
    if is_new and "due_on" not in faults and date.fromisoformat(due_on) < today:
        faults["due_on"] = _("The date of a new agreement lies in the past.")
    return EntryForm(action, owner, due_on, status, outcome, faults)


def too_long(text: str, _: Gettext) -> str:
    said = _("This text has {count} characters; {limit} fit. Nothing was cut or saved.")
    return said.format(count=len(text), limit=LONGEST)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).year < 2200
    except ValueError:
        return False
