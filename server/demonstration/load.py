"""Loads the demonstration: every round is prepared, answered, closed and opened by the same code as a real one."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session, select

from server.demonstration.agreements import agree
from server.demonstration.charters import agree_charter, count_facts
from server.demonstration.door import Door, write_door
from server.demonstration.model import Panel
from server.demonstration.programme import ORGANIZATIONS, PROGRAMME, Truth
from server.opening import open_round
from server.shredding import shred
from surveys import accounts, ballots, partnerships, rounds
from surveys.answers import Circumstances
from surveys.database import transaction
from surveys.instruments import Instrument, standard_instrument
from surveys.invitations import GRACE, personal_secret
from surveys.keystore import Keystore, RoundKeys
from surveys.models import Invitation, Organization, Partnership, Round
from surveys.rounds import Invitee

ROUNDS, HALF_YEAR, OPEN_FOR = 6, timedelta(days=182), timedelta(days=21)
SEED = 20020924  # the year and season of the founding paper; any other number would do
FACILITATOR = "amina@example.org"
FACTS_BY = "Secretariat (invented)"
FIRST = (
    "Sokha",
    "Bopha",
    "Dara",
    "Chenda",
    "Vuthy",
    "Sreymom",
    "Rithy",
    "Kunthea",
    "Piseth",
    "Maly",
    "Kosal",
    "Theary",
)
LAST = ("Chan", "Sok", "Keo", "Lim", "Nuon", "Prak", "Seng", "Touch", "Yim", "Heng", "Mao", "Ros")
SURNAMES = ("Berg", "Martin", "Tanaka", "Weber", "Novak", "Lund", "Moreau", "Sato", "Rossi", "Evans", "Silva", "Meyer")
ELSEWHERE = (
    "Anna",
    "Louis",
    "Yuki",
    "Karin",
    "Thomas",
    "Emma",
    "Pierre",
    "Naoko",
    "Erik",
    "Claire",
    "Daniel",
    "Ingrid",
)
LANGUAGES = {"france": "fr", "eu": "en"}
REWORDED = {
    "T2": {
        "en": "Plans, budgets and spending of this partnership can be looked up by all partners at any time.",
        "fr": "Tous les partenaires peuvent consulter à tout moment les plans, budgets et dépenses du partenariat.",
        "km": "ដៃគូទាំងអស់អាចពិនិត្យមើលផែនការ ថវិកា និងការចំណាយរបស់ភាពជាដៃគូនេះបានគ្រប់ពេល។",
    }
}
Progress = Callable[[int, int], None]


def load(
    engine: Engine, keystore: Keystore, var: Path, *, now: datetime, progress: Progress = lambda _done, _all: None
) -> Door:
    """Fill an empty database with the demonstration programme; says what to open."""
    with transaction(engine) as session:
        password = secrets.token_urlsafe(12)
        account = accounts.create_account(session, email=FACILITATOR, name="Amina (invented)", password=password)
        cast = _organizations(session)
        made = {truth.code: _partnership(session, truth, cast, now) for truth in PROGRAMME}
        for partnership in made.values():
            accounts.entrust(session, account, partnership.id)
            agree_charter(session, partnership, on=_beginning(now), today=now.date())
    total = len(PROGRAMME) * ROUNDS
    for place, truth in enumerate(PROGRAMME):
        stage = _Stage(engine, keystore, truth, made[truth.code].id, cast, SEED + place)
        for number in range(1, ROUNDS + 1):
            stage.play(number, now - OPEN_FOR - (ROUNDS - number) * HALF_YEAR)
            progress(place * ROUNDS + number, total)
    shred(engine, keystore, var / "backups", now=now)
    links = _Stage(engine, keystore, PROGRAMME[0], made["health"].id, cast, SEED).leave_open(ROUNDS + 1, now)
    door = Door(FACILITATOR, password, links)
    write_door(var, door)
    return door


def _organizations(session: Session) -> dict[str, Organization]:
    return {
        code: partnerships.create_organization(session, name=name, kind=kind, names={"en": name, **names})
        for code, (name, kind, names) in ORGANIZATIONS.items()
    }


def _beginning(now: datetime) -> date:
    return (now - (ROUNDS + 1) * HALF_YEAR).date()


def _partnership(session: Session, truth: Truth, cast: dict[str, Organization], now: datetime) -> Partnership:
    made = partnerships.create_partnership(
        session,
        code=truth.code,
        title=truth.title,
        titles={"en": truth.title, **truth.titles},
        purpose=truth.purpose,
        sector=truth.sector,
        disclosure_level=truth.disclosure_level,
        is_demonstration=True,
    )
    joined = _beginning(now)
    for place, code in enumerate(truth.members):
        role = {0: "lead", 1: "external_lead"}.get(place, "member")
        partnerships.join(session, made, cast[code], role=role, on=joined)
    return made


def instrument_for(truth: Truth, number: int) -> Instrument:
    """The instrument in use: in one partnership one item is reworded halfway, which makes a new version."""
    standard = standard_instrument()
    if not truth.new_version_from or number < truth.new_version_from:
        return standard
    items = tuple(
        item.model_copy(update={"texts": REWORDED[item.code]}) if item.code in REWORDED else item
        for item in standard.items
    )
    return standard.model_copy(update={"version": 2, "items": items})


class _Stage:
    """One partnership of the demonstration, round after round."""

    def __init__(
        self, engine: Engine, keystore: Keystore, truth: Truth, id_: UUID, cast: dict[str, Organization], seed: int
    ) -> None:
        self.engine, self.keystore, self.truth, self.id = engine, keystore, truth, id_
        self.members = [cast[code] for code in truth.members]
        self.people = [
            (place, _person(place, person, national=organization.is_national))
            for place, organization in enumerate(self.members)
            for person in range(truth.people[place % len(truth.people)])
        ]
        self.panel = Panel(truth, instrument_for(truth, 1), len(self.people), seed)

    def play(self, number: int, closes_at: datetime) -> None:
        """A whole round: prepared, answered, closed (extended first where too few answered), opened."""
        closes_at = datetime.combine(closes_at.date(), time(10), closes_at.tzinfo)
        round_id = self._prepare(number, closes_at)
        with transaction(self.engine) as session:
            self._answer(session, session.get_one(Round, round_id))
        for _attempt in (1, 2):
            with transaction(self.engine) as session:
                round_ = session.get_one(Round, round_id)
                outcome = rounds.close(session, round_, self.keystore, now=round_.closes_at + GRACE)
                late = round_.closes_at + rounds.OPENING_AFTER
            if outcome == "closed":
                break
        open_round(self.engine, self.keystore, round_id, now=late)
        agree(self.engine, self.truth.code, number)
        count_facts(self.engine, self.id, number, FACTS_BY)

    def leave_open(self, number: int, now: datetime) -> tuple[tuple[str, str, str], ...]:
        """A round that visitors can answer: some have handed in, three links are told."""
        round_id = self._prepare(number, now + timedelta(days=14), opens_at=now - timedelta(days=7))
        with transaction(self.engine) as session:
            round_ = session.get_one(Round, round_id)
            keys = self.keystore.load(round_id)
            told = self._answer(session, round_, leave=("km", "en", "en"))
            return tuple((name, one.language, personal_secret(keys, one.id)) for name, one in told)

    def _prepare(self, number: int, closes_at: datetime, opens_at: datetime | None = None) -> UUID:
        with transaction(self.engine) as session:
            partnership = session.get_one(Partnership, self.id)
            round_ = rounds.prepare(
                session,
                partnership,
                instrument_for(self.truth, number),
                opens_at=opens_at or closes_at - OPEN_FOR,
                closes_at=closes_at,
            )
            rounds.set_list(session, round_, [self._invitee(place, name) for place, name in self.people])
            rounds.approve(session, round_, by="Vanna (invented)")
            rounds.start(session, round_, self.keystore)
            return round_.id

    def _invitee(self, place: int, name: str) -> Invitee:
        code, organization = self.truth.members[place], self.members[place]
        language = LANGUAGES.get(code, "km" if organization.is_national else "en")
        return Invitee(
            name, f"{name.split(' (', maxsplit=1)[0].replace(' ', '.').lower()}@example.org", organization.id, language
        )

    def _answer(self, session: Session, round_: Round, leave: tuple[str, ...] = ()) -> list[tuple[str, Invitation]]:
        """Ballots of those who answer; `leave` names languages of people who are left to answer themselves."""
        keys = self.keystore.load(round_.id)
        instrument = rounds.instrument_of(session, round_)
        self.panel.begin_round()
        by_person = {
            one.person: one for one in session.exec(select(Invitation).where(Invitation.round_id == round_.id))
        }
        shown = self._shown(instrument, round_.number)
        wanted, told = list(leave), []
        for person, (place, name) in enumerate(self.people):
            organization, invitation = self.members[place], by_person[name]
            if invitation.language in wanted:
                wanted.remove(invitation.language)
                told.append((organization.name, invitation))
            elif self.panel.rng.random() <= (self.truth.answering if not leave else 0.5):
                payload = self.panel.person_payload(
                    instrument, round_.number, place, person, organization.is_national, shown
                )
                payload |= {"dyads": {}, "organization": str(organization.id), "language": invitation.language}
                ballots.cast(session, round_, keys, invitation.id, payload)
        if not leave:
            self._positions(session, round_, keys, instrument)
        return told

    def _positions(self, session: Session, round_: Round, keys: RoundKeys, instrument: Instrument) -> None:
        ids = [str(one.id) for one in self.members]
        for place, organization in enumerate(self.members):
            payload = self.panel.position_payload(instrument, round_.number, place, ids)
            payload |= {"organization": str(organization.id), "single_informant": self._people_of(place) == 1}
            if self.panel.rng.random() <= self.truth.answering:
                ballots.cast_position(session, round_, keys, organization.id, payload)

    def _people_of(self, place: int) -> int:
        return sum(one == place for one, _ in self.people)

    def _shown(self, instrument: Instrument, number: int) -> set[str]:
        external = sum(not one.is_national for one in self.members)
        circumstances = Circumstances(round_number=number, has_external_lead=True, n_external=external)
        return {item.code for item in instrument.items if circumstances.met(item)}


def _person(place: int, person: int, *, national: bool) -> str:
    """An invented name, the same in every round and different from every other in the partnership."""
    number = 5 * place + person
    first, last = number % len(FIRST), (5 * number + number // len(FIRST)) % len(LAST)
    return f"{FIRST[first]} {LAST[last]} (invented)" if national else f"{ELSEWHERE[first]} {SURNAMES[last]} (invented)"
