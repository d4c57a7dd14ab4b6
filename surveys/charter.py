"""What the partners agreed, as other pages read it: the version in force, its rules, and what happened to it when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlmodel import Session, col, select

from surveys.models import Charter, CharterSignature, Membership, Organization, PartnershipEvent

StageCode = Literal["direct_talks", "facilitated", "steering_group", "external"]
STAGES: tuple[StageCode, ...] = ("direct_talks", "facilitated", "steering_group", "external")


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the ladder and the days it may take."""

    code: StageCode
    days: int


@dataclass(frozen=True, slots=True)
class DisputeMechanism:
    contact: str
    acknowledge_within_days: int
    stages: tuple[Stage, ...]
    mediator: str
    is_existence_public: bool
    adjudicator: str = ""
    confidentiality: str = ""


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """code: consensus, consensus_then_majority, majority or two_thirds. quorum: partners present, in percent."""

    code: str
    quorum: int
    consulted: str = ""
    dissent: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence of the code of conduct, by language."""

    code: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that may explain a change of the numbers. kind: charter_signed, charter_amended, partner_joined,
    partner_left, lead_changed, phase_changed, organization_renamed, organization_merged, organization_split.

    words: values for a sentence, for instance version, partner, from, to. names: names of organizations by language.
    """

    on: date
    kind: str
    words: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def versions(session: Session, partnership_id: UUID) -> list[Charter]:
    """All versions, the first one first."""
    query = select(Charter).where(Charter.partnership_id == partnership_id).order_by(col(Charter.version))
    return list(session.exec(query).all())


def in_force(session: Session, partnership_id: UUID) -> Charter | None:
    """The version that binds the partners today; None as long as nothing was signed by all."""
    return _latest(versions(session, partnership_id), ("in_force",))


def current(session: Session, partnership_id: UUID) -> Charter | None:
    """The version whose signatures count: the one put to signature last, else the one in force."""
    return _latest(versions(session, partnership_id), ("in_force", "signing"))


def _latest(several: Iterable[Charter], states: tuple[str, ...]) -> Charter | None:
    return max((one for one in several if one.state in states), key=lambda one: one.version, default=None)


def digest_of(charter: Charter) -> str:
    """What is signed: the whole text of this version, and nothing else."""
    fixed = {"partnership": charter.partnership_id.hex, "version": charter.version, "body": charter.body}
    return hashlib.sha256(json.dumps(fixed, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def is_intact(charter: Charter) -> bool:
    """Whether the text is still the one that was put to signature."""
    return charter.state == "draft" or charter.digest == digest_of(charter)


def signatures(session: Session, charter: Charter) -> dict[UUID, CharterSignature]:
    """Who was asked and who signed, by organization."""
    query = select(CharterSignature).where(CharterSignature.charter_id == charter.id)
    return {one.organization_id: one for one in session.exec(query)}


def signed_by(session: Session, charter: Charter) -> set[UUID]:
    """The organizations whose signature stands under exactly this text."""
    if not is_intact(charter):
        return set()
    return {id_ for id_, one in signatures(session, charter).items() if one.way and one.digest == charter.digest}


def dispute_mechanism(session: Session, partnership_id: UUID) -> DisputeMechanism | None:
    """The mechanism in force, or None."""
    charter = in_force(session, partnership_id)
    return mechanism_of(charter.body) if charter else None


def mechanism_of(body: Mapping[str, Any]) -> DisputeMechanism | None:
    given = body.get("disputes")
    if not given:
        return None
    return DisputeMechanism(
        contact=given["contact"],
        acknowledge_within_days=given["acknowledge_days"],
        stages=tuple(Stage(code, given[f"{code}_days"]) for code in STAGES),
        mediator=given["mediator"],
        is_existence_public=given["is_existence_public"],
        adjudicator=given["adjudicator"],
        confidentiality=given["confidentiality"],
    )


def decision_rule(session: Session, partnership_id: UUID) -> DecisionRule | None:
    """The rule in force, or None."""
    charter = in_force(session, partnership_id)
    given = charter.body.get("decisions") if charter else None
    if not given:
        return None
    return DecisionRule(given["rule"], given["quorum"], given.get("consulted", ""), given.get("dissent", ""))


def clauses(session: Session, partnership_id: UUID) -> tuple[Clause, ...]:
    """The code of conduct in force, clause by clause."""
    charter = in_force(session, partnership_id)
    return tuple(clause_of(one) for one in charter.body.get("clauses", ())) if charter else ()


def clause_of(given: Mapping[str, Any]) -> Clause:
    return Clause(given["code"], {code: given[code] for code in ("en", "km", "fr") if given.get(code)})


def events(session: Session, partnership_id: UUID) -> list[Event]:
    """What happened to the charter, the partners, the lead and the phase, the earliest first."""
    found = [
        Event(
            one.in_force_on, "charter_signed" if one.version == 1 else "charter_amended", {"version": f"{one.version}"}
        )
        for one in versions(session, partnership_id)
        if one.in_force_on
    ]
    found += _memberships(session, partnership_id)
    query = select(PartnershipEvent).where(PartnershipEvent.partnership_id == partnership_id)
    for one in session.exec(query):
        detail = {**one.detail}
        names = detail.pop("names", {})
        found.append(Event(one.day, one.kind, {code: str(value) for code, value in detail.items()}, names))
    return sorted(found, key=lambda one: (one.on, one.kind))


def _memberships(session: Session, partnership_id: UUID) -> list[Event]:
    """Who joined after the partnership began, and who left; who stays under another role did neither."""
    query = (
        select(Membership, Organization)
        .join(Organization, col(Membership.organization_id) == col(Organization.id))
        .where(Membership.partnership_id == partnership_id)
    )
    rows = list(session.exec(query).all())
    began = min((one.joined_on for one, _ in rows), default=None)
    found = []
    for member, organization in rows:
        others = [one for one, _ in rows if one.organization_id == organization.id and one is not member]
        words = {"partner": organization.name}
        names = {"partner": {"en": organization.name, **organization.names}}
        continued = any(one.left_on and 0 <= (member.joined_on - one.left_on).days <= 1 for one in others)
        if member.joined_on != began and not continued:
            found.append(Event(member.joined_on, "partner_joined", words, names))
        left = member.left_on
        if left and not any(0 <= (one.joined_on - left).days <= 1 for one in others):
            found.append(Event(left, "partner_left", words, names))
    return found
