"""Writing a charter: drafts that may change, versions that may not, and what is different between two of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from surveys import charter as agreed
from surveys import partnerships
from surveys.descriptions import Known, check_entry, read_catalog
from surveys.models import Charter, Partnership, Round
from surveys.problems import CharterFixed, InvalidEntry, InvalidInput, NotFound

LONGEST_REASON = 2_000
MOST_ENTRIES = 60  # of one list: a charter is read before it is signed
NEEDED = ("vision", "decisions", "engagement", "clauses", "conduct", "disputes")


@dataclass(frozen=True, slots=True)
class Difference:
    """What one version says where another says something else; None where it says nothing."""

    section: str
    field: str
    before: Any
    after: Any


def sections() -> Mapping[str, Any]:
    return read_catalog("charter")


def find_draft(session: Session, partnership_id: UUID) -> Charter | None:
    return next((one for one in agreed.versions(session, partnership_id) if one.state == "draft"), None)


def begin_draft(session: Session, partnership: Partnership, *, reason: str = "") -> Charter:
    """A new version to write: empty, or what is in force, to be amended for a reason."""
    several = agreed.versions(session, partnership.id)
    open_ = next((one for one in several if one.state in ("draft", "signing")), None)
    if open_ is not None and open_.state == "draft":
        return open_
    if open_ is not None:
        raise CharterFixed(f"version {open_.version} is being signed; withdraw it first, then it can be changed")
    base = agreed.in_force(session, partnership.id) or (several[-1] if several else None)
    if base is not None and base.state == "in_force" and not reason.strip():
        raise InvalidInput("an amendment needs a reason", why="needs_reason")
    body = dict(base.body) if base else {"conduct": _settings(partnership)}
    number = (several[-1].version if several else 0) + 1
    made = Charter(partnership_id=partnership.id, version=number, body=body, reason=_checked_reason(reason))
    session.add(made)
    session.flush()  # its number is taken: a second draft at the same time is refused by the database
    return made


def _checked_reason(reason: str) -> str:
    text = reason.strip()
    if len(text) > LONGEST_REASON:
        raise InvalidInput(f"a reason has at most {LONGEST_REASON} characters; nothing was saved", why="needs_reason")
    return text


def _settings(partnership: Partnership) -> dict[str, Any]:
    return {
        "dyadic_mode": partnership.dyadic_mode,
        "disclosure_level": partnership.disclosure_level,
        "keys_needed": partnership.keys_needed,
        "pairing": partnership.pairing,
    }


def known_to(session: Session, partnership_id: UUID, day: date) -> Known:
    """The partners an entry may name."""
    members = partnerships.members_on(session, partnership_id, day)
    return Known(partners={str(one.id): one.is_national for _, one in members})


def write_section(session: Session, draft: Charter, code: str, given: Mapping[str, Any], *, today: date) -> None:
    """Fill in a section that is one form."""
    description = _described(draft, code, is_list=False)
    values = check_entry(description, given, known_to(session, draft.partnership_id, today))
    _check_values(session, draft, code, values)
    draft.body = {**draft.body, code: values}


def write_entry(
    session: Session, draft: Charter, code: str, place: int | None, given: Mapping[str, Any], *, today: date
) -> None:
    """Change an entry of a list, or with None add one."""
    description = _described(draft, code, is_list=True)
    values = check_entry(description, given, known_to(session, draft.partnership_id, today))
    if code == "clauses" and not any(values.get(language) for language in ("en", "km", "fr")):
        raise InvalidEntry("a clause needs its text in at least one language", faults={"en": "empty"})
    several = list(draft.body.get(code, ()))
    if place is None:
        if len(several) >= MOST_ENTRIES:
            raise InvalidInput(f"a list of the charter has at most {MOST_ENTRIES} entries", why="too_many")
        if values not in several:  # sent twice is written once
            several.append(values)
    else:
        several[_checked_place(several, place)] = values
    draft.body = {**draft.body, code: several}


def remove_entry(draft: Charter, code: str, place: int) -> None:
    _described(draft, code, is_list=True)
    several = list(draft.body.get(code, ()))
    del several[_checked_place(several, place)]
    draft.body = {**draft.body, code: several}


def _checked_place(several: list[Any], place: int) -> int:
    if not 0 <= place < len(several):
        raise NotFound("there is no such entry")
    return place


def _described(draft: Charter, code: str, *, is_list: bool) -> Any:
    if draft.state != "draft":
        raise CharterFixed(f"version {draft.version} was put to signature and does not change any more; amend it")
    found = sections().get(code)
    if found is None or found.is_list != is_list:
        raise NotFound("there is no such section")
    return found


def _check_values(session: Session, draft: Charter, code: str, values: Mapping[str, Any]) -> None:
    """What a form alone cannot know."""
    faults = {}
    if code == "decisions" and not 1 <= values["quorum"] <= 100:
        faults["quorum"] = "not_a_number"
    if code == "disputes":
        days = [name for name in values if name.endswith("_days")]
        faults |= {name: "not_a_number" for name in days if not 1 <= values[name] <= 730}
    if code == "conduct":
        if values["keys_needed"] == 1 or values["keys_needed"] > 7:
            faults["keys_needed"] = "not_a_number"
        partnership = session.get_one(Partnership, draft.partnership_id)
        if values["dyadic_mode"] != partnership.dyadic_mode and series_began(session, draft.partnership_id):
            faults["dyadic_mode"] = "locked"
    if faults:
        named = ", ".join(f"{name} ({why})" for name, why in faults.items())
        raise InvalidEntry(f"please look at {named}; nothing was saved", faults=faults)


def series_began(session: Session, partnership_id: UUID) -> bool:
    """Whether a round has begun: from then on the mode stays what it is, or trends would mean nothing."""
    begun = select(Round.id).where(
        Round.partnership_id == partnership_id, col(Round.state).not_in(("prepared", "cancelled"))
    )
    return session.exec(begun.limit(1)).first() is not None


def missing_sections(body: Mapping[str, Any]) -> list[str]:
    """Sections without which nobody can be asked to sign."""
    return [code for code in NEEDED if not body.get(code)]


def differences(before: Charter | None, after: Charter) -> tuple[Difference, ...]:
    """Field by field, section by section; entries of lists are compared as wholes."""
    found: list[Difference] = []
    old = before.body if before else {}
    for code, description in sections().items():
        was, now = old.get(code), after.body.get(code)
        if was == now:
            continue
        if description.is_list:
            was, now = list(was or ()), list(now or ())
            found += [Difference(code, "", one, None) for one in was if one not in now]
            found += [Difference(code, "", None, one) for one in now if one not in was]
        else:
            was, now = was or {}, now or {}
            for field in description.fields:
                if was.get(field.code) != now.get(field.code):
                    found.append(Difference(code, field.code, was.get(field.code), now.get(field.code)))
    return tuple(found)
