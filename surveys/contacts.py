"""The people member organizations name for their partnership, kept from round to round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, select

from surveys.models import Contact
from surveys.problems import InvalidInput, NotFound

MOST = 1000


@dataclass(frozen=True, slots=True)
class Named:
    """One person as an organization names them."""

    person: str
    email: str
    organization_id: UUID
    function: str = ""
    language: str = "en"


def of_partnership(session: Session, partnership_id: UUID) -> list[Contact]:
    found = session.exec(select(Contact).where(Contact.partnership_id == partnership_id)).all()
    return sorted(found, key=lambda one: (one.person.casefold(), one.email))


def get_contact(session: Session, partnership_id: UUID, contact_id: UUID) -> Contact:
    found = session.get(Contact, contact_id)
    if found is None or found.partnership_id != partnership_id:
        raise NotFound("there is no such contact")
    return found


def put(session: Session, partnership_id: UUID, several: Sequence[Named]) -> tuple[int, int]:
    """Add people; whose address is known already is brought up to date. How many are new, and how many changed."""
    known = {one.email: one for one in of_partnership(session, partnership_id)}
    added = {one.email.strip().lower() for one in several} - set(known)
    if len(known) + len(added) > MOST:
        raise InvalidInput(f"a partnership has at most {MOST} contacts; nothing was changed")
    for one in several:
        email = one.email.strip().lower()
        row = known.get(email) or Contact(
            partnership_id=partnership_id, email=email, person="", organization_id=one.organization_id
        )
        row.person, row.organization_id, row.function, row.language = (
            one.person,
            one.organization_id,
            one.function,
            one.language,
        )
        known[email] = row
        session.add(row)
    session.flush()  # the page counts them
    return len(added), len(several) - len(added)


def remove(session: Session, contact: Contact) -> None:
    session.delete(contact)
