"""A partnership begins with a file; a file with a fault creates nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from server.founding import found, read_founding
from surveys import charter_versions, partnerships, phases, signing
from surveys.models import Organization, Partnership
from surveys.problems import InvalidInput, SurveyProblem
from tests.charters import sign_everywhere

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "health.toml"
TODAY = date(2026, 11, 1)


def test_the_example_creates_a_partnership(session):
    made = found(session, read_founding(EXAMPLE), today=TODAY)
    session.flush()
    members = partnerships.members_on(session, made.id, TODAY)
    assert (members[0][0].role, members[0][1].name) == ("lead", "Ministry of Health")
    assert len(members) == 3


def test_the_example_can_be_signed_and_activated(session):
    made = found(session, read_founding(EXAMPLE), today=TODAY)
    session.flush()
    draft = charter_versions.find_draft(session, made.id)
    assert draft.body["results"][0]["due_on"] == "2029-12-31"
    signing.put_to_signature(session, draft, on=TODAY)
    sign_everywhere(session, draft, on=TODAY)
    made.modality = "external"
    phases.move(session, made, "pilot", on=TODAY)
    assert made.phase == "pilot"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("quorum = 60", "quorum = 600", "charter.decisions"),
        ("[charter.vision]", "[charter.dreams]", "charter.dreams"),
        ('national = ["Ministry of Health"]', 'national = ["Nobody"]', "charter.results"),
        ("[charter.engagement]", "[[charter.engagement]]", "charter.engagement"),
        ('role = "lead"', 'role = "external_lead"', "external lead partner is an external organization"),
        ('kind = "central_government"', 'kind = "donor_country"', "lead partner is a national organization"),
    ],
)
def test_what_the_rules_refuse_creates_nothing(session, tmp_path, old, new, why):
    path = tmp_path / "one.toml"
    path.write_text(EXAMPLE.read_text().replace(old, new, 1))
    with pytest.raises(SurveyProblem, match=why):
        found(session, read_founding(path), today=TODAY)


def test_a_second_time_is_refused_and_organizations_are_shared(session):
    given = read_founding(EXAMPLE)
    found(session, given, today=TODAY)
    with pytest.raises(InvalidInput, match="already"):
        found(session, given, today=TODAY)
    found(session, {**given, "code": "water"}, today=TODAY)
    assert len(session.exec(select(Organization)).all()) == 3
    assert len(session.exec(select(Partnership)).all()) == 2


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('code = "health"', "", "code and title"),
        ("rhythm_months = 6", "rhythm_months = 0", "1 to 120"),
        ('= "B"', '= "D"', "A, B or C"),
        ('role = "lead"', 'role = "boss"', "member 1"),
        ('name = "Example Fund"', "", "member 2"),
        ('title = "', 'tilte = "', "no tilte"),
        ("[[members]]", "[[", "nothing was created"),
    ],
)
def test_a_fault_is_named(tmp_path, old, new, why):
    path = tmp_path / "one.toml"
    path.write_text(EXAMPLE.read_text().replace(old, new, 1))
    with pytest.raises(InvalidInput, match=why):
        read_founding(path)
