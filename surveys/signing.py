"""Signing a charter: every partner signs the same text, by a personal link, an account, or on paper."""

from __future__ import annotations

import secrets
from datetime import date
from uuid import UUID

from sqlmodel import Session, select

from surveys import charter as agreed
from surveys import partnerships
from surveys.charter_versions import missing_sections
from surveys.invitations import ALPHABET, LETTERS, token_hash
from surveys.models import Charter, CharterSignature, Organization, Partnership
from surveys.problems import CharterFixed, InvalidInput, LinkNotOpen, NotFound

LONGEST_NAME, LONGEST_NOTE, LONGEST_ADDRESS = 200, 2_000, 320


def put_to_signature(session: Session, draft: Charter, *, on: date) -> None:
    """From now on this text does not change; every partner is asked for the same one."""
    if draft.state != "draft":
        raise CharterFixed(f"version {draft.version} was put to signature already")
    missing = missing_sections(draft.body)
    if missing:
        raise InvalidInput(
            f"not ready to be signed: {', '.join(missing)} still missing", missing=missing, why="missing_sections"
        )
    before = agreed.in_force(session, draft.partnership_id)
    if before is not None and before.body == draft.body:
        raise InvalidInput("this amendment changes nothing", why="changes_nothing")
    draft.digest = agreed.digest_of(draft)
    draft.state, draft.put_on = "signing", on


def withdraw(charter: Charter) -> None:
    """Stop asking for signatures; the version in force before stays in force."""
    if charter.state != "signing":
        raise CharterFixed(f"version {charter.version} is not being signed")
    charter.state = "withdrawn"


def ask(
    session: Session, charter: Charter, organization_id: UUID, *, person: str, email: str = "", on: date
) -> tuple[CharterSignature, str]:
    """Name who signs for a partner; returns the secret of the personal link, which is not kept."""
    if len(email.strip()) > LONGEST_ADDRESS:
        raise InvalidInput("this is not an address of e-mail", why="address")
    signature = _line_for(session, charter, organization_id, person, on)
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
    secret = "-".join(letters[at : at + 4] for at in range(0, LETTERS, 4))
    signature.email, signature.token_hash = email.strip().lower(), token_hash(secret)
    return signature, secret


def redeem(session: Session, secret: str) -> tuple[CharterSignature, Charter]:
    """Where a personal link leads. Unknown, used and withdrawn links are told alike."""
    hashed = token_hash(secret)
    found = session.exec(select(CharterSignature).where(CharterSignature.token_hash == hashed)).first()
    charter = session.get(Charter, found.charter_id) if found else None
    if found is None or charter is None or charter.state not in ("signing", "in_force"):
        raise LinkNotOpen("this link is not open")
    return found, charter


def sign_by_link(session: Session, signature: CharterSignature, charter: Charter, *, person: str, on: date) -> None:
    """The named representative signs; the link works this once."""
    _sign(session, signature, charter, person=person, way="link", on=on)
    signature.token_hash = ""


def sign_by_account(session: Session, charter: Charter, organization_id: UUID, *, person: str, on: date) -> None:
    """A representative with an account signs for the organization of the seat."""
    _sign(
        session, _line_for(session, charter, organization_id, person, on), charter, person=person, way="account", on=on
    )


def sign_on_paper(
    session: Session,
    charter: Charter,
    organization_id: UUID,
    *,
    person: str,
    on: date,
    note: str,
    today: date,
    entered_by: str,
) -> CharterSignature:
    """The facilitator enters a signed paper; it stays marked as one, with where it is kept."""
    if not note.strip() or len(note) > LONGEST_NOTE:
        raise InvalidInput("please say where the signed paper is kept", why="no_place")
    if on > today or (charter.put_on and on < charter.put_on):
        raise InvalidInput(
            "the paper was signed after the text was put to signature, and not in the future", why="paper_date"
        )
    signature = _line_for(session, charter, organization_id, person, today)
    signature.note, signature.entered_by = note.strip(), entered_by
    _sign(session, signature, charter, person=person, way="paper", on=on)
    return signature


def _line_for(session: Session, charter: Charter, organization_id: UUID, person: str, on: date) -> CharterSignature:
    """The line of a partner under this text; a signature that stands is not asked for again."""
    if charter.state not in ("signing", "in_force"):
        raise CharterFixed(f"version {charter.version} is not being signed")
    members = {one.id for _, one in partnerships.members_on(session, charter.partnership_id, on)}
    if organization_id not in members:
        raise NotFound("there is no such partner")
    found = agreed.signatures(session, charter).get(organization_id)
    if found is not None and found.way:
        raise InvalidInput("this partner has signed already; nothing was changed", why="signed_already")
    name = _checked_name(person)
    if found is None:
        found = CharterSignature(charter_id=charter.id, organization_id=organization_id, person=name)
        session.add(found)
    found.person = name
    return found


def _checked_name(person: str) -> str:
    name = " ".join(person.split())
    if not name or len(name) > LONGEST_NAME or not name.replace("\u200b", "").isprintable():
        raise InvalidInput("a signature needs a name", why="no_name")
    return name


def _sign(session: Session, signature: CharterSignature, charter: Charter, *, person: str, way: str, on: date) -> None:
    if charter.state not in ("signing", "in_force"):
        raise CharterFixed(f"version {charter.version} is not being signed")
    if signature.way:
        raise InvalidInput("this partner has signed already; nothing was changed", why="signed_already")
    members = partnerships.members_on(session, charter.partnership_id, on)
    if signature.organization_id not in {one.id for _, one in members}:
        raise InvalidInput("only partners sign; this organization has left", why="left")
    if not agreed.is_intact(charter):
        raise CharterFixed("the text was changed in the database after it was put to signature; nobody can sign it")
    signature.person, signature.way, signature.signed_on = _checked_name(person), way, on
    signature.digest, signature.token_hash = charter.digest, ""
    session.flush()  # whether it was the last one is read back
    _enter_into_force(session, charter, on)


def unsigned(session: Session, charter: Charter, day: date) -> list[Organization]:
    """Partners of this day whose signature is missing under this text."""
    signed = agreed.signed_by(session, charter)
    return [one for _, one in partnerships.members_on(session, charter.partnership_id, day) if one.id not in signed]


def _enter_into_force(session: Session, charter: Charter, on: date) -> None:
    """When the last partner has signed: this version binds, the one before is history, its settings apply."""
    if charter.state != "signing" or unsigned(session, charter, on):
        return
    before = agreed.in_force(session, charter.partnership_id)
    if before is not None:
        before.state = "superseded"
    charter.state, charter.in_force_on = "in_force", on
    apply_settings(session.get_one(Partnership, charter.partnership_id), charter)


def settle(session: Session, partnership_id: UUID, day: date) -> None:
    """After somebody left: if theirs was the only signature missing, the text comes into force without them."""
    charter = agreed.current(session, partnership_id)
    if charter is not None and agreed.signed_by(session, charter):
        _enter_into_force(session, charter, day)


def apply_settings(partnership: Partnership, charter: Charter) -> None:
    """What the code of conduct says about answers holds from now on."""
    given = charter.body["conduct"]
    partnership.dyadic_mode, partnership.disclosure_level = given["dyadic_mode"], given["disclosure_level"]
    partnership.pairing = given["pairing"]
    partnership.keys_needed = max(partnership.keys_needed, given["keys_needed"])
