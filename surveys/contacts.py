"""The people member organizations name for their partnership, kept from round to round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlmodel import Session, select

from surveys.models import Contact
from surveys.problems import InvalidInput, NotFound

MOST = 1000


@dataclass(frozen=True, slots=True)
class Named:
    """One person as an organization names them."""

    person: str
    email: str  # empty: this person gets a printed letter
    organization_id: UUID
    function: str = ""
    language: str = "en"


class Placed(Protocol):
    """Anybody on a list of contacts or invited people."""

    @property
    def person(self) -> str: ...
    @property
    def email(self) -> str | None: ...
    @property
    def organization_id(self) -> UUID: ...


def name_key(person: str) -> str:
    """For comparing names: without case, doubled spaces and the invisible ones of Khmer."""
    return " ".join(person.replace("\u200b", "").split()).casefold()


def find_indistinct(several: Iterable[Placed]) -> str:
    """Somebody without an address beside another of that name in the same organization; empty where there is none."""
    people = list(several)
    times = Counter(_place(one) for one in people)
    return next((one.person for one in people if not one.email and times[_place(one)] > 1), "")


def _place(one: Placed) -> tuple[UUID, str]:
    return one.organization_id, name_key(one.person)


def _identity(one: Placed) -> str | tuple[UUID, str]:
    """By which a person is known again: the address, or without one the name in the organization."""
    return (one.email or "").strip().lower() or _place(one)


def of_partnership(session: Session, partnership_id: UUID) -> list[Contact]:
    found = session.exec(select(Contact).where(Contact.partnership_id == partnership_id)).all()
    return sorted(found, key=lambda one: (one.person.casefold(), one.email or ""))


def get_contact(session: Session, partnership_id: UUID, contact_id: UUID) -> Contact:
    found = session.get(Contact, contact_id)
    if found is None or found.partnership_id != partnership_id:
        raise NotFound("there is no such contact")
    return found


def find_doubled(session: Session, partnership_id: UUID, several: Sequence[Named]) -> str:
    """Whom nobody could tell from another contact once these are added; empty where all is well."""
    return find_indistinct(_together(of_partnership(session, partnership_id), several))


def _together(known: Sequence[Contact], several: Sequence[Named]) -> list[Placed]:
    """Everybody once these are added."""
    after: dict[str | tuple[UUID, str], Placed] = {_identity(one): one for one in known}
    for one in several:
        if _identity(one) not in after:
            after.pop(_place(one), None)  # known without an address, and now has one
        after[_identity(one)] = one
    return list(after.values())


def put(session: Session, partnership_id: UUID, several: Sequence[Named]) -> tuple[int, int]:
    """Add people; who is known already is brought up to date, also with a first address. How many new, how many not."""
    before = of_partnership(session, partnership_id)
    after = _together(before, several)
    n_added = len(after) - len(before)
    if n_added and len(after) > MOST:
        raise InvalidInput(f"a partnership has at most {MOST} contacts; nothing was changed")
    if doubled := find_indistinct(after):
        raise InvalidInput(f"{doubled} has no address and the name of somebody else there; nothing was changed")
    known = {_identity(one): one for one in before}
    for one in several:
        row = known.get(_identity(one)) or known.pop(_place(one), None)
        row = row or Contact(partnership_id=partnership_id, person="", organization_id=one.organization_id)
        row.person, row.email, row.organization_id = one.person, one.email.strip().lower() or None, one.organization_id
        row.function, row.language = one.function, one.language
        known[_identity(one)] = row
        session.add(row)
    session.flush()  # the page counts them
    return n_added, len(several) - n_added


def remove(session: Session, contact: Contact) -> None:
    session.delete(contact)
