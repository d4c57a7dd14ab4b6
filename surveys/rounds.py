"""The states of a round: prepared, open, closed, released; or not opened, or cancelled. Every step guards itself."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlmodel import Session, col, func, select

from surveys import ballots, frozen, key_holders, key_locks, mailings, musts, partnerships
from surveys.answers import TEXT_LIMIT
from surveys.contacts import find_indistinct
from surveys.instruments import Form, Instrument, form_for
from surveys.invitations import GRACE, personal_secret, token_hash
from surveys.keystore import Keystore
from surveys.models import InstrumentVersion, Invitation, Partnership, Round
from surveys.problems import InvalidInput, ListTooSmall, NotApproved, NotFound, RoundNotOpen, RoundNotPrepared, TooEarly

FEWEST_PEOPLE, FEWEST_ORGANIZATIONS = 5, 3
FEW_PEOPLE, FEW_ORGANIZATIONS = 8, 4
EXTENSION = frozen.EXTENSION
OPENING_AFTER = timedelta(hours=2)  # after closing: late writers have their hour, then the box rests
COMMENT = 300  # characters; announced beside the field
NEWCOMERS = 2  # a series leaves room for this many new partners


@dataclass(frozen=True, slots=True)
class Invitee:
    """One line of an invitation list."""

    person: str
    email: str  # empty: this person gets a printed letter
    organization_id: UUID
    language: str = "en"


def use_instrument(session: Session, instrument: Instrument) -> InstrumentVersion:
    """The stored version of this instrument; a version once used can never mean something else."""
    found = session.exec(
        select(InstrumentVersion).where(
            InstrumentVersion.code == instrument.code, InstrumentVersion.version == instrument.version
        )
    ).first()
    if found is not None:
        if found.digest != instrument.digest:
            raise InvalidInput(f"{instrument.code} version {instrument.version} is in use with another wording")
        return found
    body = instrument.model_dump(mode="json", by_alias=True)
    made = InstrumentVersion(code=instrument.code, version=instrument.version, digest=instrument.digest, body=body)
    session.add(made)
    session.flush()  # rounds refer to it
    return made


def instrument_of(session: Session, round_: Round) -> Instrument:
    stored = session.get(InstrumentVersion, round_.instrument_version_id)
    if stored is None:
        raise NotFound("the questionnaire of this round is missing")
    return Instrument.model_validate(stored.body)


def prepare(
    session: Session,
    partnership: Partnership,
    instrument: Instrument,
    *,
    opens_at: datetime,
    closes_at: datetime,
    label: str = "",
    kind: str = "full",
) -> Round:
    """A new round of a partnership, with the next number. Its list is still empty."""
    if partnership.phase in ("imported", "closed"):
        raise RoundNotPrepared(f"a partnership in the phase “{partnership.phase}” has no new rounds")
    if closes_at <= opens_at:
        raise InvalidInput("a round must close after it opens")
    last = session.exec(select(func.max(Round.number)).where(Round.partnership_id == partnership.id)).one()
    number = (last or 0) + 1
    round_ = Round(
        partnership_id=partnership.id,
        instrument_version_id=use_instrument(session, instrument).id,
        number=number,
        label=label or (f"Round {number}" if kind == "full" else f"Pulse {number}"),
        kind=kind,
        opens_at=opens_at,
        closes_at=closes_at,
        dyadic_mode=partnership.dyadic_mode,
        disclosure_level=partnership.disclosure_level,
    )
    session.add(round_)
    session.flush()  # invitations refer to it
    return round_


def import_round(
    session: Session,
    partnership: Partnership,
    instrument: Instrument,
    *,
    number: int,
    closed_on: date,
    invited: Mapping[str, int],
    seed: str,
) -> Round:
    """A round that was held elsewhere: released from the first moment, without keys, ballots or invitations."""
    if partnership.phase != "imported":
        raise RoundNotPrepared(f"{partnership.code} holds its own rounds; history is imported beside it, never into it")
    closes_at = datetime.combine(closed_on, time(12), tzinfo=UTC)
    round_ = Round(
        partnership_id=partnership.id,
        instrument_version_id=use_instrument(session, instrument).id,
        number=number,
        label=f"Round {number}",
        state="released",
        opens_at=closes_at - timedelta(days=1),
        closes_at=closes_at,
        invited=dict(invited),
        seed=seed,
        dyadic_mode=partnership.dyadic_mode,
        disclosure_level=partnership.disclosure_level,
    )
    session.add(round_)
    session.flush()  # its release refers to it
    return round_


def set_list(session: Session, round_: Round, invitees: Sequence[Invitee]) -> None:
    """Replace the invitation list of a round that has not begun; a new list needs a new approval."""
    _require(round_, "prepared")
    times = Counter(one.email.strip().lower() for one in invitees)
    doubled = next((email for email in times if email and times[email] > 1), "") or find_indistinct(invitees)
    if doubled:
        raise InvalidInput(f"{doubled} stands twice on the list; nothing was changed")
    for old in session.exec(select(Invitation).where(Invitation.round_id == round_.id)):
        session.delete(old)
    session.flush()  # the old lines go before the same addresses come again
    for one in invitees:
        session.add(
            Invitation(
                round_id=round_.id,
                person=one.person,
                email=one.email.strip().lower() or None,
                organization_id=one.organization_id,
                language=one.language,
            )
        )
    round_.approved_by = ""
    session.flush()  # the size of the list is read back from the database


def head_counts(session: Session, round_: Round) -> dict[str, int]:
    """Organization -> people invited."""
    query = select(Invitation.organization_id).where(Invitation.round_id == round_.id)
    return dict(Counter(str(one) for one in session.exec(query)))


def check_list(counts: dict[str, int]) -> str | None:
    """A warning for a small list; raises ListTooSmall below the floors."""
    people, organizations = sum(counts.values()), len(counts)
    if people < FEWEST_PEOPLE or organizations < FEWEST_ORGANIZATIONS:
        raise ListTooSmall(
            f"the list has {people} people from {organizations} organizations; at least {FEWEST_PEOPLE} people from "
            f"{FEWEST_ORGANIZATIONS} organizations are needed, or nothing could ever be shown"
        )
    if people < FEW_PEOPLE or organizations < FEW_ORGANIZATIONS:
        return f"with {people} people from {organizations} organizations many results will stay hidden"
    return None


def approve(session: Session, round_: Round, *, by: str) -> str | None:
    """A second person approves the list; returns the warning for a small one."""
    _require(round_, "prepared")
    if not by.strip():
        raise InvalidInput("who approves the list must give a name")
    warning = check_list(head_counts(session, round_))
    round_.approved_by = by.strip()
    return warning


def start(session: Session, round_: Round, keystore: Keystore) -> None:
    """Open a round for answers: keys are made, the list is frozen, the seed is drawn."""
    _require(round_, "prepared")
    counts = head_counts(session, round_)
    check_list(counts)
    partnership = session.get_one(Partnership, round_.partnership_id)
    musts.check(session, partnership, "round", round_.opens_at.date())
    if not round_.approved_by:
        raise NotApproved("a second person must approve the invitation list first")
    keys = keystore.load(round_.id) if keystore.holds(round_.id) else keystore.create(round_.id)
    instrument = instrument_of(session, round_)
    round_.public_key, round_.wrapped_private_key = ballots.new_round_key(keys, _new_lock(session, round_))
    round_.box_size = box_size(instrument, len(counts))
    round_.invited, round_.seed = counts, secrets.token_hex(16)
    round_.frozen = frozen.seal_of(session, round_, keys)
    round_.state, round_.keys_state = "open", "live"
    for invitation in session.exec(select(Invitation).where(Invitation.round_id == round_.id)):
        invitation.token_hash = token_hash(personal_secret(keys, invitation.id))
    mailings.plan_start(session, round_)


def _new_lock(session: Session, round_: Round) -> bytes | None:
    """Where key holders open the rounds, a lock for their codes, which a rehearsal must have proved."""
    partnership = session.get_one(Partnership, round_.partnership_id)
    if not partnership.keys_needed or round_.kind == "pulse":
        return None  # a pulse uses one key, and says so
    key_holders.check_ready(session, partnership)
    return key_locks.make_lock(session, partnership, "round", round_.id)[1]


def box_size(instrument: Instrument, organizations: int) -> int:
    """One size for every box of a round: the longest payload the instrument allows, in bytes, rounded up."""
    codes = len(instrument.items) + len(instrument.constructs) + len(instrument.background) + 8
    dyads = organizations * (len(instrument.dyadic.items) + 1 if instrument.dyadic else 0)
    open_text = len(instrument.open_questions) * (4 * TEXT_LIMIT + 200)
    needed = 1000 + 40 * codes + organizations * 60 + 32 * dyads + open_text + 4 * COMMENT
    return -(-needed // 1024) * 1024


def form_of(session: Session, partnership_id: UUID) -> Form:
    """How much this partnership is asked: chosen for its members when the series began, kept when it grows."""
    begun = select(Round.opens_at).where(Round.partnership_id == partnership_id).order_by(col(Round.opens_at)).limit(1)
    first = session.exec(begun).first()
    if first is None:
        return Form()
    return form_for(len(partnerships.members_on(session, partnership_id, first.date())) + NEWCOMERS)


def due_to_start(session: Session, now: datetime) -> list[Round]:
    """Approved rounds whose opening time has come; one that would have closed already is left to people."""
    query = select(Round).where(
        Round.state == "prepared", Round.approved_by != "", col(Round.opens_at) <= now, col(Round.closes_at) > now
    )
    return sorted(session.exec(query).all(), key=lambda one: one.opens_at)


def due_to_close(session: Session, now: datetime) -> list[Round]:
    query = select(Round).where(Round.state == "open", col(Round.closes_at) <= now - GRACE)
    return sorted(session.exec(query).all(), key=lambda one: one.closes_at)


def due_to_open(session: Session, now: datetime) -> list[Round]:
    """Rounds that the server opens by itself; a round of several keys waits for the codes of its holders."""
    query = select(Round).where(Round.state == "closed", col(Round.closes_at) <= now - OPENING_AFTER)
    due = [one for one in session.exec(query).all() if not key_locks.is_locked(session, one.id)]
    return sorted(due, key=lambda one: one.closes_at)


def close(session: Session, round_: Round, keystore: Keystore, *, now: datetime) -> str:
    """Close a round at its announced time; with too few answers it is extended once instead.

    Returns "closed" or "extended". Raises TooEarly before the announced time, unless everybody answered.
    """
    if round_.state != "open":
        raise RoundNotOpen(f"round {round_.number} is {round_.state}", round_id=round_.id)
    keys = keystore.load(round_.id)
    frozen.check(session, round_, keys)
    who = ballots.who_cast(session, round_, keys)
    organizations = {
        one.organization_id
        for one in session.exec(select(Invitation).where(Invitation.round_id == round_.id))
        if one.id in who
    }
    if now < round_.closes_at + GRACE and len(who) < sum(round_.invited.values()):
        raise TooEarly("a round closes at its announced time; earlier only when everybody has answered")
    if is_too_small(len(who), len(organizations)) and not round_.extended:
        round_.closes_at, round_.extended = round_.closes_at + EXTENSION, True
        mailings.announce_extension(session, round_, now)
        return "extended"
    round_.state = "closed"
    return "closed"


def is_too_small(people: int, organizations: int) -> bool:
    """Whether nothing personal may be opened."""
    return people < FEWEST_PEOPLE or organizations < FEWEST_ORGANIZATIONS


def asks_positions(round_: Round) -> bool:
    """Whether organizations take positions about each other in this round; a pulse asks nothing about partners."""
    return round_.dyadic_mode == "positions" and round_.kind == "full"


def declare_gone(session: Session, round_: Round, invitation_id: UUID) -> None:
    """A person left: the link is refused from now on, the head-count stays, everybody can see it."""
    invitation = session.get(Invitation, invitation_id)
    if invitation is None or invitation.round_id != round_.id:
        raise NotFound("there is no such invitation")
    invitation.gone = True


def gone_by_organization(session: Session, round_: Round) -> Counter[UUID]:
    """How many people of each organization were declared gone after the start."""
    query = select(Invitation.organization_id).where(Invitation.round_id == round_.id, col(Invitation.gone))
    return Counter(session.exec(query).all())


def of_partnership(session: Session, partnership_id: UUID) -> list[Round]:
    query = select(Round).where(Round.partnership_id == partnership_id).order_by(col(Round.number))
    return list(session.exec(query).all())


def get_round(session: Session, partnership_id: UUID, number: int) -> Round:
    found = session.exec(select(Round).where(Round.partnership_id == partnership_id, Round.number == number)).first()
    if found is None:
        raise NotFound("there is no such round")
    return found


def invitations_of(session: Session, round_: Round) -> Iterable[Invitation]:
    found = session.exec(select(Invitation).where(Invitation.round_id == round_.id)).all()
    return sorted(found, key=lambda one: (one.person, one.email or ""))


def _require(round_: Round, state: str) -> None:
    if round_.state != state:
        raise RoundNotPrepared(
            f"round {round_.number} is {round_.state}; this needs a {state} round", round_id=round_.id
        )
