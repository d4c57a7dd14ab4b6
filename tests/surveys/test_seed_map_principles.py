"""The principles P1 to P5 and paragraph 1, each represented, enforced and measured."""

from __future__ import annotations

import pytest

from server.ratios import ratios_of
from surveys import (
    accounts,
    charter,
    charter_versions,
    commitments,
    facts,
    lessons,
    partnerships,
    phases,
    registers,
    rounds,
    signing,
)
from surveys.descriptions import read_catalog
from surveys.problems import InvalidEntry, RuleBroken
from tests.charters import SIGNED_ON, add_contributions, sign_charter, sign_everywhere, write_charter
from tests.factories import NOW, make_account, make_partnership, make_round
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


# What the registers count -------------------------------------------------------------------------------------------


def test_P2_measured_by_registers(session, active):
    for rule in ("consensus", "majority"):
        given = {"proposal": f"By {rule}", "taken_on": "2026-05-01", "rule": rule, "quorum": 70, "outcome": "adopted"}
        keep(session, active, "decisions", **given)
    for name, published in (("Plan", "2026-05-01"), ("Budget", "2026-06-05"), ("Audit", "")):
        given = {"document": name, "kind": "plan", "due_on": "2026-05-31", "published_on": published}
        keep(session, active, "documents", **given)
    keep(session, active, "documents", document="Next plan", kind="plan", due_on="2027-01-01")
    assert tallied(session, active) == {"by_agreed_rule": (1, 2), "published_on_time": (1, 3)}


def test_P3_measured_by_registers(session, active):
    one, other = ids(session, active, national=False)[:2]
    for function, state in (("procurement", "own"), ("planning", "common"), ("staffing", "national")):
        keep(session, active, "harmonization", function=function, partner=one, state=state)
    for partners in ([one], [one, other]):
        given = {"kind": "review", "subject": f"Review by {len(partners)}", "begins_on": "2026-09-01"}
        keep(session, active, "calendar", **given, partners=partners)
    assert tallied(session, active) == {"shared_systems": (2, 3), "joint_events": (1, 2)}


def test_P4_measured_by_registers(session, active):
    lesson = learn(session, active)
    assert tallied(session, active) == {"lessons_reused": (0, 1)}
    found = lessons.of_partnership(session, active.id)[0]
    found.audience = "everybody"
    elsewhere = make_partnership(session)
    keep(session, elsewhere, "replications", lesson=lesson, adapted="By season", started_on="2026-05-01")
    assert tallied(session, active) == {"lessons_reused": (1, 1)}


def test_P5_measured_by_registers(session, active):
    for mechanism, state in (("audit", "fully"), ("reporting", "partly"), ("information", "not_relevant")):
        keep(session, active, "mechanisms", mechanism=mechanism, state=state)
    assert tallied(session, active) == {"mechanisms_in_place": (1, 2)}
