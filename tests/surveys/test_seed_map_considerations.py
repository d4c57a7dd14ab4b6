"""The strategic considerations S1 to S7, each represented, enforced and measured."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.ratios import ratios_of
from surveys import (
    charter,
    facts,
    partnerships,
    phases,
    shoulds,
    signing,
)
from surveys.problems import InvalidEntry, RuleBroken
from surveys.standing import look, modality_of
from tests.charters import SIGNED_ON, add_contributions, sign_everywhere, write_charter
from tests.factories import CAST, make_organization
from tests.surveys.seed_map import (
    TODAY,
    active,
    broken,
    check_measured,
    idea,
    ids,
    keep,
    learn,
    refused,
    tallied,
    warned,
)

__all__ = ["active", "idea"]  # fixtures


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


# What the registers count -------------------------------------------------------------------------------------------


def test_S1_measured_by_registers(session, active):
    partner = ids(session, active, national=True)[0]
    for status in ("open", "closed"):
        keep(session, active, "capacity_gaps", partner=partner, gap=f"Gap that is {status}", status=status)
    assert tallied(session, active) == {"gaps_closed": (1, 2)}


def test_S5_measured_by_registers(session, active):
    for execution in ("national", "mixed", "external"):
        keep(session, active, "activities", activity=execution, kind="activity", execution=execution)
    assert tallied(session, active) == {"nationally_executed": (1, 3)}


def test_S6_measured_by_registers(session, active):
    partner = ids(session, active, national=False)[0]
    for status in ("none", "raised", "waived", "changed"):
        keep(session, active, "own_rules", partner=partner, rule=status, noted_on="2026-05-01", status=status)
    assert tallied(session, active) == {"rules_resolved": (2, 3)}


def test_S7_measured_by_registers(session, active):
    one = ids(session, active, national=False)[0]
    keep(session, active, "staff_load", quarter="2026-04-01", kind="missions", days="30")
    keep(session, active, "staff_load", quarter="2026-04-01", kind="reports", days="99")
    for month in ("04", "05"):
        given = {"kind": "mission", "subject": f"Visit {month}", "begins_on": f"2026-{month}-10"}
        keep(session, active, "calendar", **given, partners=[one])
    assert tallied(session, active)["days_per_mission"] == (30, 2)
