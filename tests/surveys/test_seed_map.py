"""The founding text, row by row: what the software represents, what it enforces, and what measures it.

Every row of the map has three tests here, by its id: test_P1_represented, test_P1_enforced, test_P1_measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from server.ratios import ratios_of
from surveys import (
    accounts,
    charter,
    charter_versions,
    commitments,
    facts,
    lessons,
    musts,
    partnerships,
    phases,
    registers,
    rounds,
    shoulds,
    signing,
)
from surveys.descriptions import read_catalog
from surveys.instruments import standard_instrument
from surveys.models import Partnership
from surveys.principles import read_principles
from surveys.problems import InvalidEntry, RuleBroken
from surveys.standing import look, modality_of
from tests.charters import SIGNED_ON, add_contributions, sign_charter, sign_everywhere, write_charter
from tests.factories import CAST, NOW, make_account, make_organization, make_partnership, make_round

TODAY = NOW.date()
ENTERED = datetime(2026, 6, 1, 8, tzinfo=UTC)


@pytest.fixture
def idea(session):
    """The cast with a goal, and nothing else yet."""
    made = partnerships.create_partnership(session, code="idea", title="Idea", goal="Safe water for all")
    for place, (name, kind) in enumerate(CAST):
        role = {0: "lead", 1: "external_lead"}.get(place, "member")
        partnerships.join(session, made, make_organization(session, name, kind), role=role, on=date(2024, 1, 1))
    session.flush()
    return made


@pytest.fixture
def active(session, idea):
    sign_charter(session, idea)
    phases.move(session, idea, "pilot", on=SIGNED_ON)
    session.flush()
    return idea


def ids(session, partnership: Partnership, *, national: bool) -> list[str]:
    members = partnerships.members_on(session, partnership.id, TODAY)
    return [str(one.id) for _, one in members if one.is_national is national]


def keep(session, partnership: Partnership, code: str, **given: Any) -> dict[str, Any]:
    return registers.enter(session, partnership, code, given, now=ENTERED).body


def warned(session, partnership: Partnership) -> set[str]:
    session.flush()
    return {one.rule.code for one in shoulds.warnings(look(session, partnership, TODAY))}


def broken(session, partnership: Partnership, act: str = "round") -> set[str]:
    session.flush()
    return {one.rule.code for one in musts.broken(look(session, partnership, TODAY), act)}


def refused(session, partnership: Partnership, to: str) -> str:
    """The sentence with which a move is refused."""
    session.flush()
    with pytest.raises(RuleBroken) as problem:
        phases.move(session, partnership, to, on=TODAY)
    return problem.value.message


def learn(session, partnership: Partnership) -> str:
    given = {"context": "Two districts", "tried": "Fees first", "learned_on": TODAY}
    return str(lessons.create(session, partnership_id=partnership.id, title="Fees first", **given).id)


def check_measured(row: str, items: str, fact: str = "", given: Mapping[str, Any] | None = None) -> float | None:
    """The questionnaire asks for the row, and its fact, if it has one, gives a ratio."""
    asked = {one.code for one in standard_instrument().items} | {one.code for one in standard_instrument().dyadic.items}
    described = read_principles()[0][row]
    assert set(items.split()) <= asked
    assert set(items.split()) <= set(described.items)
    if not fact:
        return None
    assert fact in described.facts
    checked = facts.check_facts({fact: {**(given or {}), "source": "Secretariat"}})
    return ratios_of(checked, {})[fact].get("value")


# Paragraph 1 ----------------------------------------------------------------------------------------------------------


def test_PARA1_represented(session, idea):
    idea.level, idea.focus = "commune", ["poverty_reduction", "decentralization"]
    idea.further_goals = ["Poverty below 10 percent"]
    kept = keep(
        session, idea, "budget", source="Grants", amount="1 200 000", currency="USD", year="2026", on_budget="yes"
    )
    assert (kept["amount"], kept["on_budget"]) == (1_200_000, True)


def test_PARA1_enforced(session, idea):
    sign_charter(session, idea)
    idea.goal = ""
    said = refused(session, idea, "pilot")
    assert "national goal" in said
    assert "paragraph 1" in said
    idea.further_goals = ["Safe water for all"]
    phases.move(session, idea, "pilot", on=TODAY)
    assert idea.phase == "pilot"


def test_PARA1_measured():
    assert check_measured("PARA1", "S1 V2", "on_budget", {"recorded": 30, "disbursed": 40}) == 0.75


# P1 A common vision and shared objectives -----------------------------------------------------------------------------


def test_P1_represented(session, active):
    draft = charter_versions.begin_draft(session, active, reason="Results")
    national, external = ids(session, active, national=True), ids(session, active, national=False)
    result = {"result": "Water works", "indicator": "Points that work", "baseline": "60", "target": "85"}
    result |= {"due_on": "2029-01-01", "national": national[:1], "external": external[:1]}
    charter_versions.write_entry(session, draft, "results", None, result, today=TODAY)
    charter_versions.write_entry(session, draft, "objectives", None, {"objective": "Water for all"}, today=TODAY)
    assert draft.body["results"][0]["target"] == "85"
    assert draft.body["vision"]["vision"].startswith("Safe water")


def test_P1_enforced(session, idea):
    add_contributions(session, idea)
    assert "have not put a charter to signature" in refused(session, idea, "pilot")
    draft = write_charter(session, idea)
    signing.put_to_signature(session, draft, on=SIGNED_ON)
    first, *others = signing.unsigned(session, draft, SIGNED_ON)
    for one in others:
        signing.sign_by_account(session, draft, one.id, person="Head", on=SIGNED_ON)
    said = refused(session, idea, "pilot")
    assert f"missing: {first.name}" in said
    assert "P1: A common vision and shared objectives, paragraph 2" in said
    signing.sign_by_account(session, draft, first.id, person="Head", on=SIGNED_ON)
    phases.move(session, idea, "pilot", on=TODAY)
    assert "results" in warned(session, idea)


def test_P1_measured():
    check_measured("P1", "V1 V2 V3 V4")


# P2 Agreed governance and accountability structures -------------------------------------------------------------------


def test_P2_represented(session, active):
    national, external = ids(session, active, national=True), ids(session, active, national=False)
    given = {
        "proposal": "One format",
        "taken_on": "2026-05-01",
        "rule": "consensus",
        "quorum": "80",
        "outcome": "adopted",
    }
    given |= {"reasons": "Four formats cost a week", "dissent": "None"}
    kept = keep(session, active, "decisions", **given, consulted=[national[0], external[0]])
    assert set(kept["consulted"]) == {national[0], external[0]}
    keep(session, active, "documents", document="Plan", kind="plan", due_on="2026-07-01", audience="public")
    keep(session, active, "information_requests", asked="Spending", asked_on="2026-05-01", answered_on="2026-05-09")
    assert charter.decision_rule(session, active.id).quorum == 60


def test_P2_enforced(session, active):
    with pytest.raises(InvalidEntry, match=r"with its rule and its quorum\. \(P2\)") as problem:
        keep(session, active, "decisions", proposal="One format", taken_on="2026-05-01", outcome="adopted")
    assert problem.value.details["faults"] == {"rule": "empty", "quorum": "empty"}
    keep(session, active, "documents", document="Audit", kind="audit", due_on="2026-05-01")
    draft = charter_versions.begin_draft(session, active, reason="Tasks")
    charter_versions.write_entry(session, draft, "roles", None, {"task": "Reviews"}, today=TODAY)
    result = {"result": "Works", "indicator": "n", "target": "1", "due_on": "2029-01-01"}
    result["national"] = ids(session, active, national=True)[:1]
    charter_versions.write_entry(session, draft, "results", None, result, today=TODAY)
    signing.put_to_signature(session, draft, on=TODAY)
    sign_everywhere(session, draft, on=TODAY)
    assert {"document_overdue", "task_without_lead", "result_one_sided"} <= warned(session, active)


def test_P2_measured():
    check_measured("P2", "G1 G2 G3 G4 T1 T2 T3 T4 T5")
    assert check_measured("P2", "G2", "decisions", {"by_rule": 6, "taken": 8}) == 0.75
    assert check_measured("P2", "T1", "documents", {"on_time": 5, "due": 10}) == 0.5
    five = dict.fromkeys(("policy", "targets", "joint_assessment", "inclusive"), "yes") | {"public": "no"}
    checked = facts.check_facts({"accountability": {**five, "source": "Review"}})
    assert ratios_of(checked, {})["accountability"] == {"passed": 4, "unknown": 0, "accepted": True}


# P3 Harmonized strategic management and operational capacities --------------------------------------------------------


def test_P3_represented(session, active):
    external = ids(session, active, national=False)
    functions = [one.code for one in read_catalog("registers")["harmonization"].field("function").choices]
    assert len(functions) == 7
    for function in functions:
        keep(session, active, "harmonization", function=function, partner=external[0], state="national")
    keep(session, active, "calendar", kind="audit", subject="Joint audit", partners=external, begins_on="2026-09-01")
    assert len(registers.of_register(session, active.id, "harmonization")) == 7


def test_P3_enforced(session, active):
    one, other = ids(session, active, national=False)[:2]
    keep(session, active, "harmonization", function="procurement", partner=one, state="own")
    for partner, day in ((one, "2026-09-01"), (other, "2026-09-20")):
        keep(session, active, "calendar", kind="mission", subject="Visit", partners=[partner], begins_on=day)
    assert {"own_system", "single_missions"} <= warned(session, active)


def test_P3_measured():
    check_measured("P3", "H1 H2 H3 H4 H5 H6 H7")
    assert check_measured("P3", "H3", "missions", {"joint": 3, "total": 12}) == 0.25
    assert check_measured("P3", "H3", "analyses", {"joint": 3, "total": 6}) == 0.5
    assert check_measured("P3", "H1", "national_systems", {"through": 30, "total": 60}) == 0.5


# P4 Learning and adaptation capacities --------------------------------------------------------------------------------


def test_P4_represented(session, active):
    lesson = learn(session, active)
    kept = keep(session, active, "replications", lesson=lesson, adapted="Fees by season", started_on="2026-05-01")
    assert kept["lesson"] == lesson
    assert lessons.used_in(session, lessons.of_partnership(session, active.id)[0], [active.id]) == [active]


def test_P4_enforced(session, active):
    assert "ends with at least one lesson" in refused(session, active, "closed")
    with pytest.raises(InvalidEntry, match=r"cites the lesson it takes over\. \(P4\)"):
        keep(session, active, "replications", adapted="Copied", started_on="2026-05-01")
    learn(session, active)
    phases.move(session, active, "closed", on=TODAY)
    assert active.phase == "closed"


def test_P4_measured():
    check_measured("P4", "L1 L2 L3 L4")
    assert check_measured("P4", "L3", "pilots", {"reviewed": 1, "scaled_up": 2}) == 0.5


# P5 Building and maintaining trust ------------------------------------------------------------------------------------


def test_P5_represented(session, active):
    partner = ids(session, active, national=True)[0]
    keep(
        session, active, "expectations", partner=partner, brings="People", expects="One plan", reviewed_on="2026-05-01"
    )
    mechanisms = read_catalog("registers")["mechanisms"]
    assert len(mechanisms.field("mechanism").choices) == 6
    assert [one.code for one in mechanisms.field("state").choices] == ["not_relevant", "not", "partly", "fully"]
    keep(session, active, "meetings", kind="steering", held_on="2026-05-20", notice_on="2026-05-01")
    assert len(read_catalog("charter")["criteria"].fields) == 8
    assert [one.days for one in charter.dispute_mechanism(session, active.id).stages] == [14, 30, 30, 60]
    assert charter.clauses(session, active.id)


def test_P5_enforced_code_before_a_round(session, keystore, idea):
    add_contributions(session, idea)
    round_ = make_round(session, keystore, partnership=idea, state="prepared")
    rounds.approve(session, round_, by="Dara, trustee")
    with pytest.raises(RuleBroken, match="signed the current code of conduct") as problem:
        rounds.start(session, round_, keystore)
    assert "P5: Building and maintaining trust, paragraph 2" in problem.value.message
    assert round_.state == "prepared"
    assert not keystore.holds(round_.id)
    sign_charter(session, idea)
    rounds.start(session, round_, keystore)
    assert round_.state == "open"


def test_P5_enforced_amendment_reopens(session, active):
    assert broken(session, active) == set()
    draft = charter_versions.begin_draft(session, active, reason="Faster answers")
    assert broken(session, active) == set()
    engagement = {"meetings": "every month", "notice_days": 5}
    charter_versions.write_section(session, draft, "engagement", engagement, today=TODAY)
    signing.put_to_signature(session, draft, on=TODAY)
    assert broken(session, active) == {"same_version", "code_signed"}
    sign_everywhere(session, draft, on=TODAY)
    assert broken(session, active) == set()
    assert charter.events(session, active.id)[-1].kind == "charter_amended"


def test_P5_enforced_dispute_mechanism(session, active):
    agreed = charter.in_force(session, active.id)
    agreed.body = {code: values for code, values in agreed.body.items() if code != "disputes"}
    agreed.digest = charter.digest_of(agreed)
    assert "dispute_mechanism" in broken(session, active, "activation")


def test_P5_enforced_adjudicator(session, active):
    judge = make_account(session, "judge")
    judge.name = "A judge chosen by both sides"
    accounts.entrust(session, judge, active.id)
    assert broken(session, active) == {"adjudicator"}


def test_P5_enforced_settings(session, active):
    active.disclosure_level = "C"
    assert broken(session, active) == {"settings"}


def test_P5_enforced_warnings(session, active):
    keep(session, active, "meetings", kind="steering", held_on="2026-05-20", notice_on="2026-05-19")
    members = [one.id for _, one in partnerships.members_on(session, active.id, TODAY)]
    promise = commitments.Promise("Send the list", members[0], members[1], None)
    commitments.make(session, active.id, promise, members=members, by="amina", now=NOW)
    assert {"expectation", "mechanism_unstated", "meeting_notice", "commitment_undated"} <= warned(session, active)


def test_P5_measured():
    check_measured("P5", "R1 R2 R3 R4 R5 R6 R7")
    assert check_measured("P5", "R1", "predictability", {"scheduled": 100, "disbursed": 80}) == 0.8
    assert check_measured("P5", "R2", "actions", {"verified": 2, "done": 3, "due": 4}) == 0.5
    assert check_measured("P5", "R6", "disputes", {"in_time": 1, "opened": 1}) == 1.0


# S1 Ownership, commitment and shared resources ------------------------------------------------------------------------


def test_S1_represented(session, active):
    partner = ids(session, active, national=False)[0]
    kept = keep(
        session, active, "contributions", partner=partner, kind="cash", what="Grant", amount="10", currency="USD"
    )
    assert kept["amount"] == 10
    keep(session, active, "capacity_gaps", partner=partner, gap="No accountant", plan="Train two", status="open")
    part = partnerships.create_partnership(session, code="part", title="Part")
    partnerships.set_above(session, part, active)
    session.flush()
    assert partnerships.below(session, active.id) == [part]


def test_S1_enforced(session, idea):
    draft = write_charter(session, idea)
    signing.put_to_signature(session, draft, on=SIGNED_ON)
    sign_everywhere(session, draft)
    idea.modality = "external"
    said = refused(session, idea, "pilot")
    assert all(name in said for name, _ in CAST)
    add_contributions(session, idea)
    phases.move(session, idea, "pilot", on=TODAY)


def test_S1_measured():
    check_measured("S1", "S1 H5")


# S2 Flexible partnership modalities -----------------------------------------------------------------------------------


def test_S2_represented(session, idea):
    members = [one for _, one in partnerships.members_on(session, idea.id, TODAY)]
    assert modality_of(members) == "external"
    assert modality_of([one for one in members if one.is_national]) == "national"


def test_S2_enforced(session, active):
    active.modality = ""
    assert broken(session, active) == {"modality_confirmed"}
    active.modality = "national"
    assert broken(session, active) == {"modality"}


def test_S2_measured():
    check_measured("S2", "S2")


# S3 Starting gradually, priorities right, pilots ----------------------------------------------------------------------


def test_S3_represented(session, active):
    active.priority = 3
    given = {"title": "Ten communes", "hypotheses": "Users pay", "goal": "Safe water", "review_on": "2026-05-01"}
    keep(session, active, "pilots", **given, capacity="Commune staff run it")
    lesson = learn(session, active)
    keep(
        session, active, "reviews", reviewed_on="2026-05-02", found="It works", lesson=lesson, recommendation="scale_up"
    )
    keep(session, active, "dissemination", lesson=lesson, audience="Districts", way="A visit", told_on="2026-05-09")


def test_S3_enforced(session, active):
    assert "only after a recorded review with a lesson" in refused(session, active, "scale_up")
    lesson = learn(session, active)
    given = {"reviewed_on": "2026-05-02", "found": "It works", "lesson": lesson}
    keep(session, active, "reviews", **given, recommendation="continue")
    assert "recorded review" in refused(session, active, "scale_up")
    keep(session, active, "reviews", **given, recommendation="scale_up")
    said = refused(session, active, "scale_up")
    assert "recorded review" not in said
    assert "passed on to others. (S3: Starting gradually, priorities right, pilots, paragraph 3" in said
    keep(session, active, "dissemination", lesson=lesson, audience="Districts", way="A visit", told_on="2026-05-09")
    phases.move(session, active, "scale_up", on=TODAY)
    assert active.phase == "scale_up"
    assert charter.events(session, active.id)[-1].words == {"from": "pilot", "to": "scale_up"}


def test_S3_enforced_no_phase_is_jumped(session, idea):
    assert "starts gradually" in refused(session, idea, "scale_up")
    with pytest.raises(InvalidEntry, match=r"recorded with a lesson\. \(S3\)"):
        keep(session, idea, "reviews", reviewed_on="2026-05-02", found="It works", recommendation="scale_up")
    keep(session, idea, "pilots", title="Ten", hypotheses="Users pay", review_on="2026-05-01")
    assert "priority" in warned(session, idea)


def test_S3_measured():
    check_measured("S3", "S3 L3 S5")
    assert check_measured("S3", "L3", "pilots", {"reviewed": 2, "scaled_up": 2}) == 1.0


# S4 Identifying and differentiating partner roles ---------------------------------------------------------------------


def test_S4_represented(session, active):
    lead = ids(session, active, national=False)[0]
    kept = keep(
        session, active, "external_lead", partner=lead, roles=["technical_adviser", "catalyst"], presence="office",
        expertise="Engineers", flexibility="Between years",
    )  # fmt: skip
    assert kept["roles"] == ["catalyst", "technical_adviser"]


@pytest.mark.parametrize(
    "company", ["donor_country", "un_agency", "lending_agency", "international_ngo", "national_ngo"]
)
def test_S4_enforced_lead_is_national(session, company):
    """An external donor or an NGO is enough: the text says “and”, the safer reading is “or”."""
    made = partnerships.create_partnership(session, code=f"lead-{company}", title="T", goal="G")
    investor = make_organization(session, kind="foreign_investor")
    partnerships.join(session, made, investor, role="lead", on=SIGNED_ON)
    partnerships.join(session, made, make_organization(session, kind="national_private"), on=SIGNED_ON)
    with pytest.raises(RuleBroken, match="lead partner is a national organization"):
        partnerships.join(session, made, make_organization(session, kind=company), on=SIGNED_ON)


def test_S4_enforced_in_old_rows_too(session, active):
    """Rows that came into the database on another way still open no round."""
    members = partnerships.members_on(session, active.id, TODAY)
    for member, organization in members:
        member.role = "lead" if organization.kind == "donor_country" else "member"
    assert broken(session, active) == {"lead_national"}
    for member, _ in members:
        member.role = "member"
    assert broken(session, active) == {"one_lead"}


def test_S4_enforced_one_lead_and_reason(session, active):
    members = [one for _, one in partnerships.members_on(session, active.id, TODAY)]
    network = next(one for one in members if one.kind == "national_ngo")
    donor = next(one for one in members if one.kind == "donor_country")
    with pytest.raises(RuleBroken, match="recorded with its reason"):
        partnerships.change_lead(session, active, network.id, reason=" ", on=TODAY)
    with pytest.raises(RuleBroken, match="national organization"):
        partnerships.change_lead(session, active, donor.id, reason="Money", on=TODAY)
    with pytest.raises(RuleBroken, match="exactly one lead"):
        partnerships.join(session, active, make_organization(session), role="lead", on=TODAY)
    partnerships.change_lead(session, active, network.id, reason="The ministry was dissolved", on=TODAY)
    session.flush()
    assert [one for member, one in partnerships.members_on(session, active.id, TODAY) if member.role == "lead"] == [
        network
    ]
    changed = charter.events(session, active.id)[-1]
    assert (changed.kind, changed.words["to"]) == ("lead_changed", network.name)
    assert broken(session, active) == set()


def test_S4_enforced_external_lead(session, idea):
    with pytest.raises(RuleBroken, match="external lead partner is an external organization"):
        partnerships.join(session, idea, make_organization(session), role="external_lead", on=TODAY)
    assert "external_lead_profile" in warned(session, idea)
    lead = next(
        one for member, one in partnerships.members_on(session, idea.id, TODAY) if member.role == "external_lead"
    )
    keep(session, idea, "external_lead", partner=str(lead.id), roles=["catalyst"], presence="office")
    assert "external_lead_profile" not in warned(session, idea)


def test_S4_measured():
    check_measured("S4", "G1 S1 S4a S4b")


# S5 National coordination capacities ----------------------------------------------------------------------------------


def test_S5_represented(session, active):
    partner = ids(session, active, national=True)[0]
    keep(
        session, active, "capacity_plans", partner=partner, plan="Own staff", until="2028-01-01", coordinator="national"
    )
    keep(session, active, "activities", activity="Training", kind="activity", within="Programme", execution="national")
    external = ids(session, active, national=False)[0]
    with pytest.raises(InvalidEntry) as problem:
        keep(session, active, "capacity_plans", partner=external, plan="P", until="2028-01-01", coordinator="none")
    assert problem.value.details["faults"] == {"partner": "wrong_side"}


def test_S5_enforced(session, active):
    keep(session, active, "activities", activity="System", kind="project", execution="external")
    assert {"external_execution", "capacity_plan"} <= warned(session, active)


def test_S5_measured():
    check_measured("S5", "S5 H5")
    checked = facts.check_facts({"parallel_units": {"now": 4, "base": 6, "source": "Survey"}})
    assert ratios_of(checked, {})["parallel_units"] == {"count": 4, "target": pytest.approx(2.0)}


# S6 External partners coordinate and examine their own rules ----------------------------------------------------------


def test_S6_represented(session, active):
    partner = ids(session, active, national=False)[0]
    kept = keep(
        session, active, "own_rules", partner=partner, rule="Own format", noted_on="2026-05-01", status="raised"
    )
    assert kept["status"] == "raised"
    keep(session, active, "meetings", kind="external", held_on="2026-05-20", notice_on="2026-05-01")


def test_S6_enforced(session, active):
    assert "own_rules" in warned(session, active)
    for partner in ids(session, active, national=False):
        keep(session, active, "own_rules", partner=partner, rule="Format", noted_on="2026-05-01", status="open")
    assert "own_rules" not in warned(session, active)
    later = look(session, active, TODAY + timedelta(days=400))
    assert "own_rules" in {one.rule.code for one in shoulds.warnings(later)}


def test_S6_measured():
    check_measured("S6", "S6")


# S7 Governance and administrative reform ------------------------------------------------------------------------------


def test_S7_represented(session, active):
    keep(session, active, "staff_load", quarter="2026-04-01", kind="missions", days="12.5")
    kept = keep(session, active, "staff_capacity", quarter="2026-04-01", days="40", reform="Career plan")
    assert kept["reform"] == "Career plan"


def test_S7_enforced(session, active):
    keep(session, active, "staff_load", quarter="2026-04-01", kind="missions", days="30")
    keep(session, active, "staff_capacity", quarter="2026-04-01", days="40")
    assert "overload" not in warned(session, active)
    keep(session, active, "staff_load", quarter="2026-04-01", kind="reports", days="20")
    assert "overload" in warned(session, active)


def test_S7_measured():
    check_measured("S7", "S7 H6 H7")


# The map itself -------------------------------------------------------------------------------------------------------


def test_every_row_has_its_three_tests():
    names = set(globals())
    for row in read_principles()[0]:
        for cell in ("represented", "enforced", "measured"):
            assert any(name.startswith(f"test_{row}_{cell}") for name in names), f"{row} is not tested as {cell}"


def test_every_register_and_rule_serves_a_row():
    rows, rules = read_principles()
    described = [
        *read_catalog("registers").values(),
        *read_catalog("charter").values(),
        *read_catalog("facts").values(),
    ]
    assert {one.row for one in described} | {one.row for one in rules.values()} == set(rows)
    for one in described:
        assert set(one.title) == {"en", "km", "fr"}
        assert all(set(field.label) == {"en", "km", "fr"} for field in one.fields)
    for rule in rules.values():
        assert set(rule.texts) == {"en", "km", "fr"}
        assert len({"{names}" in text for text in rule.texts.values()}) == 1


def test_unknown_counts_give_no_ratio():
    assert ratios_of({"missions": {"joint": 2}}, {})["missions"]["value"] is None
    assert ratios_of({"documents": {"on_time": 0, "due": 0}}, {})["documents"]["reason"] == "no_data"
    assert not math.isnan(ratios_of({"missions": {"joint": 0, "total": 4}}, {})["missions"]["value"])


def test_a_must_cannot_be_reasoned_away(session, active):
    now = look(session, active, TODAY)
    with pytest.raises(Exception, match="no such recommendation"):
        shoulds.answer(session, active, now, rule="code_signed", about="", reason="We trust each other", by="amina")


def test_a_warning_is_answered_with_a_reason(session, active):
    now = look(session, active, TODAY)
    one = next(w for w in shoulds.warnings(now) if w.rule.code == "own_rules")
    given = {"rule": "own_rules", "about": one.about, "by": "Amina"}
    shoulds.answer(session, active, now, reason="New here", **given)
    shoulds.answer(session, active, now, reason="New here since May", **given)
    session.flush()
    assert shoulds.reasons(session, active.id)["own_rules", one.about].reason == "New here since May"


def test_the_cast_of_all_tests_may_open_rounds(session):
    assert broken(session, make_partnership(session)) == set()
