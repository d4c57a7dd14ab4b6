"""A new partnership and its members from one file: `rapport partnership health.toml`."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from server.founding_charter import enter_contributions, write_draft
from surveys import partnerships
from surveys.models import Organization, Partnership
from surveys.models.partnerships import FOCUS, GOVERNMENT_LEVELS, LEVELS, ROLES
from surveys.problems import InvalidInput

TEXTS = ("code", "title", "purpose", "sector", "goal")
MORE = ("titles", "disclosure_level", "rhythm_months", "level", "focus", "further_goals", "members", "charter")


def read_founding(path: Path) -> dict[str, Any]:
    """What the file says, held to its form; every refusal says that nothing was created."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise InvalidInput(f"{path.name}: {problem}; nothing was created") from problem
    unknown = sorted(set(given) - {*TEXTS, *MORE})
    if unknown:
        raise _refused(path, f"there is no {unknown[0]}")
    if not all(isinstance(given.get(name, ""), str) for name in TEXTS) or not (
        given.get("code") and given.get("title")
    ):
        raise _refused(path, "code and title are needed, as text")
    if given.get("disclosure_level", "B") not in LEVELS:
        raise _refused(path, "disclosure_level is A, B or C")
    rhythm = given.get("rhythm_months", 6)
    if not isinstance(rhythm, int) or not 1 <= rhythm <= 120:
        raise _refused(path, "rhythm_months is a whole number from 1 to 120")
    if given.get("level", "") not in ("", *GOVERNMENT_LEVELS):
        raise _refused(path, f"level is one of {', '.join(GOVERNMENT_LEVELS)}")
    if not _are_texts(given.get("focus", []), FOCUS) or not _are_texts(given.get("further_goals", [])):
        raise _refused(path, f"focus and further_goals are lists of texts; focus knows {', '.join(FOCUS)}")
    if not isinstance(given.get("charter", {}), dict):
        raise _refused(path, "the charter stands in tables such as [charter.vision]")
    members = given.get("members", [])
    if not isinstance(members, list) or len(members) < 3:
        raise _refused(path, "at least 3 members are needed, each under [[members]]")
    for place, member in enumerate(members, start=1):
        if not isinstance(member, dict) or not (member.get("name") and member.get("kind")):
            raise _refused(path, f"member {place} needs a name and a kind")
        if member.get("role", "member") not in ROLES:
            raise _refused(path, f"the role of member {place} is one of {', '.join(ROLES)}")
    return given


def found(session: Session, given: dict[str, Any], *, today: date) -> Partnership:
    """The partnership and its members; an organization known by name and kind is the same organization."""
    if partnerships.find_by_code(session, given["code"]):
        raise InvalidInput(f"there is a partnership with the code {given['code']} already; nothing was created")
    made = partnerships.create_partnership(
        session, **{name: value for name, value in given.items() if name not in ("members", "charter")}
    )
    for member in given["members"]:
        known = select(Organization).where(Organization.name == member["name"], Organization.kind == member["kind"])
        organization = session.exec(known).first() or partnerships.create_organization(
            session, name=member["name"], kind=member["kind"], names=member.get("names")
        )
        partnerships.join(session, made, organization, role=member.get("role", "member"), on=today)
    brought = {member["name"]: member["contributes"] for member in given["members"] if member.get("contributes")}
    enter_contributions(session, made, brought, today=today)
    if given.get("charter"):
        write_draft(session, made, given["charter"], today=today)
    return made


def _are_texts(given: Any, known: tuple[str, ...] = ()) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) and (not known or one in known) for one in given)


def _refused(path: Path, why: str) -> InvalidInput:
    return InvalidInput(f"{path.name}: {why}; nothing was created")
