"""What a partnership is for, and the phases it goes through."""

from __future__ import annotations

import html
from uuid import uuid4

import pytest

from surveys import accounts, partnerships
from tests.factories import NOW, make_account, make_organization, make_partnership
from tests.server.conftest import text_of

GIVEN = {
    "goal": "Safe water in every commune",
    "further_goals": "Poverty below 10 percent\n\nSchools with water",
    "purpose": "Water",
    "sector": "Rural development",
    "level": "commune",
    "focus": ["poverty_reduction", "decentralization"],
    "priority": "4",
    "modality": "external",
    "modality_note": "With two donors",
}


def address(partnership, rest="/about"):
    return f"/partnerships/{partnership.id}{rest}"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


def test_it_works(as_amina, partnership):
    assert as_amina.post(address(partnership), data=GIVEN).status_code == 303
    assert partnership.further_goals == ["Poverty below 10 percent", "Schools with water"]
    assert (partnership.level, partnership.priority, partnership.modality) == ("commune", 4, "external")
    assert "Safe water in every commune" in as_amina.get(address(partnership)).text


def test_a_form_that_is_not_the_members_is_not_confirmed(as_amina, partnership):
    partnership.modality = ""
    as_amina.post(address(partnership), data={**GIVEN, "modality": "national"})
    assert partnership.modality == ""


@pytest.mark.parametrize(
    "change", [{"priority": "many"}, {"priority": "0"}, {"goal": "x" * 50_000}, {"further_goals": "a\n" * 50}]
)
def test_faults_save_nothing(as_amina, partnership, change):
    assert as_amina.post(address(partnership), data={**GIVEN, **change}).status_code == 422
    assert partnership.goal == "Safe water for all"


def test_a_pilot_grows_only_after_its_review(as_amina, partnership):
    page = as_amina.post(address(partnership, "/phase"), data={"to": "scale_up"})
    assert page.status_code == 422
    assert "scaled up only after a recorded review with a lesson" in read(page)
    assert "Founding text, paragraph 3: Starting gradually" in read(page)
    assert as_amina.post(address(partnership, "/phase"), data={"to": "review"}).status_code == 303
    assert partnership.phase == "review"


def test_an_idea_is_activated_when_everything_is_there(as_amina, session, amina):
    made = partnerships.create_partnership(session, code="idea", title="Idea")
    partnerships.join(session, made, make_organization(session), role="lead", on=NOW.date())
    accounts.entrust(session, amina, made.id)
    session.flush()
    page = as_amina.post(address(made, "/phase"), data={"to": "pilot"})
    assert page.status_code == 422
    for said in (
        "No national goal",
        "not put a charter to signature",
        "no agreed mechanism",
        "at least one contribution",
    ):
        assert said in read(page)
    assert made.phase == "idea"


@pytest.mark.parametrize("to", ["", "idea", "sustained", "imported", "nothing"])
def test_phases_are_not_jumped(as_amina, partnership, to):
    assert as_amina.post(address(partnership, "/phase"), data={"to": to}).status_code == 422
    assert partnership.phase == "pilot"


def test_a_tree_has_no_circles(as_amina, session, amina, partnership):
    other = make_partnership(session)
    accounts.entrust(session, amina, other.id)
    session.flush()
    assert as_amina.post(address(partnership), data={**GIVEN, "parent": str(other.id)}).status_code == 303
    assert partnership.parent_id == other.id
    assert as_amina.post(address(other), data={**GIVEN, "parent": str(partnership.id)}).status_code == 422
    assert other.parent_id is None


def test_a_stranger_s_programme_is_not_taken(as_amina, session, partnership, stranger):
    theirs = accounts.partnerships_of(session, stranger)[0]
    as_amina.post(address(partnership), data={**GIVEN, "parent": str(theirs.id)})
    assert partnership.parent_id is None


def test_reader_and_stranger_find_nothing(log_in, session, stranger, partnership):
    reader = make_account(session, "reader")
    accounts.entrust(session, reader, partnership.id, role="reader")
    session.flush()
    for account in (reader, stranger):
        assert log_in(account).get(address(partnership)).status_code == 404
        assert log_in(account).post(address(partnership, "/phase"), data={"to": "review"}).status_code == 404


def test_unknown_id(as_amina):
    assert as_amina.get(f"/partnerships/{uuid4()}/about").status_code == 404
