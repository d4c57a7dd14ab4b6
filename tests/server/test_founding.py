"""A partnership begins with a file; a file with a fault creates nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from server.founding import found, read_founding
from surveys import partnerships
from surveys.models import Organization, Partnership
from surveys.problems import InvalidInput

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "health.toml"
TODAY = date(2026, 11, 1)


def test_the_example_creates_a_partnership(session):
    made = found(session, read_founding(EXAMPLE), today=TODAY)
    session.flush()
    members = partnerships.members_on(session, made.id, TODAY)
    assert (members[0][0].role, members[0][1].name) == ("lead", "Ministry of Health")
    assert len(members) == 3


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
