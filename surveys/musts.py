"""What the founding text demands: each check says what breaks its rule, and every door asks the same checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from sqlmodel import Session

from surveys import charter as agreed
from surveys.descriptions import read_catalog
from surveys.models import Partnership
from surveys.principles import Breach, breach, refuse
from surveys.standing import Standing, look, modality_of, needs_national_lead

Found = Iterator[Breach]


def goal(now: Standing) -> Found:
    if not now.partnership.goal.strip() and not now.partnership.further_goals:
        yield breach("goal")


def charter(now: Standing) -> Found:
    if now.charter is None:
        yield breach("charter")
        return
    if not agreed.is_intact(now.charter):
        yield breach("intact")
        return
    missing = [one for one in now.partners if one.id not in now.signed]
    if missing:
        yield breach("same_version", organizations=missing)
        yield breach("code_signed", organizations=missing)


def unwritten_code(now: Standing) -> Found:
    """Without a charter nobody can have signed its code of conduct."""
    if now.charter is None:
        yield breach("code_signed", organizations=now.partners)


def decision_rule(now: Standing) -> Found:
    given = now.body().get("decisions")
    if not given or not given.get("rule") or not given.get("quorum"):
        yield breach("decision_rule")


def dispute_mechanism(now: Standing) -> Found:
    mechanism = agreed.mechanism_of(now.body())
    if mechanism is None:
        yield breach("dispute_mechanism")
    elif mechanism.adjudicator.strip().casefold() in now.facilitators:
        yield breach("adjudicator", names=[mechanism.adjudicator])


def settings(now: Standing) -> Found:
    """What the rounds will do with answers is what was signed; more key holders than agreed are no harm."""
    given = now.in_force.body.get("conduct", {}) if now.in_force else {}
    held = now.partnership
    wrong = [
        name for name in ("dyadic_mode", "disclosure_level", "pairing") if given and given[name] != getattr(held, name)
    ]
    if given and held.keys_needed < given["keys_needed"]:
        wrong.append("keys_needed")
    if wrong:
        described = read_catalog("charter")["conduct"]
        yield breach("settings", names=[described.field(name).label for name in wrong])


def contributions(now: Standing) -> Found:
    named = {one["partner"] for one in now.lines("contributions")}
    missing = [one for one in now.partners if str(one.id) not in named]
    if missing:
        yield breach("contributions", organizations=missing)


def modality(now: Standing) -> Found:
    if not now.partnership.modality:
        yield breach("modality_confirmed")
    elif now.partnership.modality != modality_of(now.partners):
        yield breach("modality")


def lead(now: Standing) -> Found:
    leads = now.with_role("lead")
    if len(leads) != 1:
        yield breach("one_lead")
    wrong = [one for one in leads if not one.is_national]
    if wrong and needs_national_lead(now.partners):
        yield breach("lead_national", organizations=wrong)


def external_lead(now: Standing) -> Found:
    leads = {one.id for one in now.with_role("lead")}
    wrong = [one for one in now.with_role("external_lead") if one.is_national or one.id in leads]
    if wrong:
        yield breach("external_lead_external", organizations=wrong)


def pilot_lesson(now: Standing) -> Found:
    if not now.lessons:
        yield breach("pilot_lesson")


def review(now: Standing) -> Found:
    """The review that counts recommends scaling up, and its own lesson was passed on."""
    reviews = [
        one
        for one in now.lines("reviews")
        if one["recommendation"] == "scale_up" and one["reviewed_on"] <= now.today.isoformat()
    ]
    if not reviews:
        yield breach("reviewed")
    told = {one["lesson"] for one in now.lines("dissemination")}
    if not any(one["lesson"] in told for one in reviews):
        yield breach("disseminated")


CHECKS: tuple[Callable[[Standing], Found], ...] = (
    goal,
    charter,
    unwritten_code,
    decision_rule,
    dispute_mechanism,
    settings,
    contributions,
    modality,
    lead,
    external_lead,
    pilot_lesson,
    review,
)


def broken(now: Standing, act: str) -> list[Breach]:
    """The breaches that bind at this act: activation, round, scale_up or pilot_end."""
    return [one for check in CHECKS for one in check(now) if act in one.rule.binds]


def check(session: Session, partnership: Partnership, act: str, day: date) -> None:
    """Raises RuleBroken, naming every rule that stands against this act."""
    refuse(broken(look(session, partnership, day), act))
