"""What the founding text recommends: each check warns, and a partnership can answer a warning with its reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from surveys.descriptions import read_catalog
from surveys.models import Organization, Partnership, RuleReason
from surveys.principles import Breach, breach, read_principles
from surveys.problems import InvalidInput, NotFound
from surveys.standing import Standing

Found = Iterator[Breach]
YEAR, SINGLE_MISSIONS = timedelta(days=366), timedelta(days=30)
LONGEST = 2_000


def results(now: Standing) -> Found:
    if now.charter is not None and not now.body().get("results"):
        yield breach("results")


def tasks(now: Standing) -> Found:
    for one in now.body().get("roles", ()):
        if not one.get("lead"):
            yield breach("task_without_lead", about=one["task"], names=[one["task"]])


def shared_results(now: Standing) -> Found:
    """Collective accountability: where there are external partners, one of them answers beside a national one."""
    if not now.external:
        return
    for one in now.body().get("results", ()):
        if not one.get("national") or not one.get("external"):
            yield breach("result_one_sided", about=one["result"], names=[one["result"]])


def documents(now: Standing) -> Found:
    for one in now.entries.get("documents", ()):
        if not one.body.get("published_on") and one.body["due_on"] < now.today.isoformat():
            yield breach("document_overdue", about=str(one.id), names=[one.body["document"]])


def own_systems(now: Standing) -> Found:
    functions = {one.code: one.texts for one in read_catalog("registers")["harmonization"].field("function").choices}
    for one in now.entries.get("harmonization", ()):
        partner = now.organization(one.body["partner"])
        if one.body["state"] == "own" and partner and not (one.body.get("reason") and one.body.get("review_on")):
            named = functions[one.body["function"]]
            yield breach("own_system", about=str(one.id), organizations=[partner], names=[named])


def single_missions(now: Standing) -> Found:
    """Missions of one partner each that lie within thirty days of each other, and are still to come."""
    single = sorted(
        (one for one in now.lines("calendar") if one["kind"] == "mission" and len(one["partners"]) == 1),
        key=lambda one: (one["begins_on"], one["subject"]),
    )
    for first, second in pairwise(single):
        days = date.fromisoformat(second["begins_on"]) - date.fromisoformat(first["begins_on"])
        if (
            first["partners"] != second["partners"]
            and days <= SINGLE_MISSIONS
            and second["begins_on"] >= now.today.isoformat()
        ):
            names = [f"{one['subject']} ({one['begins_on']})" for one in (first, second)]
            yield breach("single_missions", about="|".join(names), names=names)


def expectations(now: Standing) -> Found:
    yield from _yearly(now, "expectation", "expectations", "reviewed_on", now.partners)


def own_rules(now: Standing) -> Found:
    yield from _yearly(now, "own_rules", "own_rules", "noted_on", now.external)


def _yearly(now: Standing, rule: str, register: str, field: str, partners: list[Organization]) -> Found:
    since = (now.today - YEAR).isoformat()
    recent = {one["partner"] for one in now.lines(register) if one[field] >= since}
    for one in partners:
        if str(one.id) not in recent:
            yield breach(rule, about=str(one.id), organizations=[one])


def commitments(now: Standing) -> Found:
    for one in now.commitments:
        if one.status == "draft":
            yield breach("commitment_undated", about=str(one.id), names=[one.what])


def mechanisms(now: Standing) -> Found:
    stated = {one["mechanism"] for one in now.lines("mechanisms")}
    for choice in read_catalog("registers")["mechanisms"].field("mechanism").choices:
        if choice.code not in stated:
            yield breach("mechanism_unstated", about=choice.code, names=[choice.texts])


def meetings(now: Standing) -> Found:
    agreed = now.body().get("engagement", {}).get("notice_days", 0)
    for one in now.entries.get("meetings", ()):
        told, held = one.body.get("notice_on"), date.fromisoformat(one.body["held_on"])
        if not told or (held - date.fromisoformat(told)).days < agreed:
            yield breach("meeting_notice", about=str(one.id), names=[one.body["held_on"]])


def priorities(now: Standing) -> Found:
    if now.partnership.priority is not None:
        return
    for one in now.entries.get("pilots", ()):
        if not one.body.get("goal"):
            yield breach("priority", about=str(one.id), names=[one.body["title"]])


def external_lead(now: Standing) -> Found:
    profiles = {one["partner"]: one for one in now.lines("external_lead")}
    for one in now.with_role("external_lead"):
        profile: Mapping[str, Any] = profiles.get(str(one.id), {})
        if not profile.get("roles") or profile.get("presence") not in ("office", "staff"):
            yield breach("external_lead_profile", about=str(one.id), organizations=[one])


def execution(now: Standing) -> Found:
    for one in now.entries.get("activities", ()):
        if one.body["execution"] == "external" and not (one.body.get("reason") and one.body.get("hand_over_on")):
            yield breach("external_execution", about=str(one.id), names=[one.body["activity"]])


def capacity(now: Standing) -> Found:
    planned = {one["partner"] for one in now.lines("capacity_plans") if one["until"] >= now.today.isoformat()}
    for one in now.national:
        if str(one.id) not in planned:
            yield breach("capacity_plan", about=str(one.id), organizations=[one])


def load(now: Standing) -> Found:
    asked: dict[str, float] = defaultdict(float)
    given: dict[str, float] = defaultdict(float)
    for one in now.lines("staff_load"):
        asked[one["quarter"]] += one["days"]
    for one in now.lines("staff_capacity"):
        given[one["quarter"]] += one["days"]
    for quarter in sorted(asked):
        if quarter in given and asked[quarter] > given[quarter]:
            yield breach("overload", about=quarter, names=[quarter])


CHECKS: tuple[Callable[[Standing], Found], ...] = (
    results,
    tasks,
    shared_results,
    documents,
    own_systems,
    single_missions,
    expectations,
    commitments,
    mechanisms,
    meetings,
    priorities,
    external_lead,
    execution,
    capacity,
    own_rules,
    load,
)


def warnings(now: Standing) -> list[Breach]:
    return [one for check in CHECKS for one in check(now)]


def reasons(session: Session, partnership_id: UUID) -> dict[tuple[str, str], RuleReason]:
    """What was answered to warnings, by rule and what it is about."""
    query = select(RuleReason).where(RuleReason.partnership_id == partnership_id)
    return {(one.rule, one.about): one for one in session.exec(query)}


def answer(
    session: Session, partnership: Partnership, now: Standing, *, rule: str, about: str, reason: str, by: str
) -> RuleReason:
    """Keep the reason for a departure. Only a warning that stands can be answered; a must cannot."""
    found = read_principles()[1].get(rule)
    if found is None or found.strength != "should":
        raise NotFound("there is no such recommendation")
    if (rule, about) not in {(one.rule.code, one.about) for one in warnings(now)}:
        raise NotFound("this warning does not stand any more")
    text = reason.strip()
    if not text or len(text) > LONGEST:
        raise InvalidInput(f"a reason has between 1 and {LONGEST} characters; nothing was saved", why="bad_reason")
    kept = reasons(session, partnership.id).get((rule, about))
    if kept is None:
        kept = RuleReason(
            partnership_id=partnership.id, rule=rule, about=about, reason=text, given_by=by, given_on=now.today
        )
        session.add(kept)
    kept.reason, kept.given_by, kept.given_on = text, by, now.today
    return kept
