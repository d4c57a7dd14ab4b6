"""/partnerships/new and /first-steps: a partnership from nothing, its checklist, its charter from the template."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from sqlmodel import select

from surveys import accounts, charter_versions, contacts, first_steps, rounds
from surveys.models import Partnership
from surveys.partnerships import members_on
from tests.factories import NOW, make_account, make_partnership, make_round
from tests.server.conftest import text_of

FORM = {
    "title": "Clean rivers",
    "goal": "Safe water for all",
    "rhythm": "6",
    "zone": "Asia/Phnom_Penh",
    "name-1": "European Fund",
    "kind-1": "donor_country",
    "name-2": "Ministry of Rivers",
    "kind-2": "central_government",
    "name-3": "River Watch",
    "kind-3": "national_ngo",
}


def charter_for(session, partnership, **given):
    """The form as the page shows it, filled in."""
    members = [one for _, one in members_on(session, partnership.id, NOW.date())]
    lines = {f"kind-{one.id}": "staff" for one in members} | {f"what-{one.id}": "Two people" for one in members}
    return CHARTER | lines | given


CHARTER = {"vision": "Clean water", "contact": "The secretariat", "mediator": "Ms Chan", "adjudicator": "The court"}


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


def made(session):
    return session.exec(select(Partnership).where(Partnership.title == "Clean rivers")).first()


def test_it_works(session, as_amina, amina):
    assert "First partners" in read(as_amina.get("/partnerships/new"))
    answer = as_amina.post("/partnerships/new", data=FORM)
    partnership = made(session)
    assert answer.headers["location"] == f"/partnerships/{partnership.id}"
    assert accounts.find_seat(session, amina, partnership.id).role == "facilitator"
    found = {one.name: member.role for member, one in members_on(session, partnership.id, NOW.date())}
    assert found == {"Ministry of Rivers": "lead", "European Fund": "member", "River Watch": "member"}
    page = read(as_amina.get(f"/partnerships/{partnership.id}"))
    assert "First steps" in page
    assert "Add at least three partners, one of them the national lead , done" in page


def test_administrators_may_too(session, log_in):
    browser = log_in(make_account(session, "sina", is_administrator=True))
    assert browser.get("/partnerships/new").status_code == 200
    browser.post("/partnerships/new", data=FORM)
    assert browser.get(f"/partnerships/{made(session).id}").status_code == 200


@pytest.mark.parametrize("role", ["reader", "trustee"])
def test_others_find_nothing(session, log_in, partnership, role):
    account = make_account(session, role)
    accounts.entrust(session, account, partnership.id, role=role)
    session.flush()
    browser = log_in(account)
    assert browser.get("/partnerships/new").status_code == 404
    assert browser.post("/partnerships/new", data=FORM).status_code == 404
    assert browser.get(f"/partnerships/{partnership.id}/first-steps").status_code == 404


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"title": " "}, "A title and the national goal"),
        ({"goal": ""}, "A title and the national goal"),
        ({"title": "x" * 201}, "at most 200 characters"),
        ({"name-1": "A\u202eB"}, "cannot be printed"),
        ({"kind-1": "something"}, "what kind of organization"),
        ({"zone": "Nowhere/City"}, "a rhythm and a time zone"),
        ({"rhythm": "5"}, "a rhythm and a time zone"),
        ({"name-1": "river watch"}, "Two partners have the same name"),
    ],
)
def test_wrong_forms_create_nothing(session, as_amina, given, words):
    before = len(session.exec(select(Partnership)).all())
    answer = as_amina.post("/partnerships/new", data=FORM | given)
    assert answer.status_code == 422
    assert words in read(answer)
    assert len(session.exec(select(Partnership)).all()) == before


def test_titles_in_khmer_and_twice_have_codes_of_their_own(session, as_amina):
    for _ in range(2):
        as_amina.post("/partnerships/new", data=FORM | {"title": "ទឹកស្អាត"})
    found = session.exec(select(Partnership).where(Partnership.title == "ទឹកស្អាត")).all()
    assert len({one.code for one in found}) == 2


def test_hard_titles_are_text(as_amina):
    page = as_amina.post("/partnerships/new", data=FORM | {"title": "<script>alert(1)</script>", "goal": ""}).text
    assert "<script>alert" not in page


@pytest.fixture
def begun(session, as_amina):
    """A partnership of four without a charter."""
    as_amina.post("/partnerships/new", data=FORM | {"name-4": "Bank", "kind-4": "lending_agency"})
    return made(session)


class TestFirstSteps:
    def at(self, partnership, rest=""):
        return f"/partnerships/{partnership.id}/first-steps{rest}"

    def test_ready_and_waiting(self, session, as_amina, keystore, begun):
        page = as_amina.get(self.at(begun))
        assert "A charter from the template" in page.text
        as_amina.post(self.at(begun, "/charter"), data=charter_for(session, begun))
        as_amina.post(f"/partnerships/{begun.id}/charter/put")
        make_round(session, keystore, partnership=begun, state="prepared", opens_at=NOW + timedelta(days=1))
        way = first_steps.way_of(session, begun, NOW.date())
        assert way.waits_for_signatures_only
        assert "Ready, waiting for signatures." in read(as_amina.get(self.at(begun)))
        assert "0 of 4 have signed" in read(as_amina.get(self.at(begun)))

    def test_over_when_the_round_has_begun(self, session, as_amina, amina, keystore):
        partnership = make_partnership(session, instrument_code="sample")
        accounts.entrust(session, amina, partnership.id)
        round_ = make_round(session, keystore, partnership=partnership)
        assert rounds.get_round(session, partnership.id, 1).state == round_.state == "open"
        assert "First steps" not in read(as_amina.get(f"/partnerships/{partnership.id}"))
        assert "all steps are done" in read(as_amina.get(self.at(partnership)))

    def test_contacts_count_from_five_people_of_three(self, session, begun):
        members = [one for _, one in members_on(session, begun.id, NOW.date())]
        for at in range(5):
            named = contacts.Named(f"P{at}", f"p{at}@example.org", members[at % 2].id)
            contacts.put(session, begun.id, [named])
        assert "contacts" not in first_steps.way_of(session, begun, NOW.date()).done
        contacts.put(session, begun.id, [contacts.Named("Q", "q@example.org", members[2].id)])
        assert "contacts" in first_steps.way_of(session, begun, NOW.date()).done

    def test_the_template_is_a_whole_charter(self, session, as_amina, begun):
        answer = as_amina.post(self.at(begun, "/charter"), data=charter_for(session, begun))
        assert answer.headers["location"] == f"/partnerships/{begun.id}/charter"
        draft = charter_versions.find_draft(session, begun.id)
        assert charter_versions.missing_sections(draft.body) == []
        assert draft.body["disputes"]["mediator"] == "Ms Chan"
        assert all(set(clause) >= {"en", "km", "fr"} for clause in draft.body["clauses"])

    def test_sent_twice_is_one_charter(self, session, as_amina, begun):
        for _ in range(2):
            as_amina.post(self.at(begun, "/charter"), data=charter_for(session, begun))
        assert len(charter_versions.find_draft(session, begun.id).body["clauses"]) == 3

    def test_what_was_written_stays(self, session, as_amina, begun):
        draft = charter_versions.begin_draft(session, begun)
        charter_versions.write_section(session, draft, "vision", {"vision": "Our own words"}, today=NOW.date())
        as_amina.post(self.at(begun, "/charter"), data=charter_for(session, begun))
        assert charter_versions.find_draft(session, begun.id).body["vision"]["vision"] == "Our own words"

    @pytest.mark.parametrize(
        "given", [{"vision": " "}, {"mediator": ""}, {"contact": "A\u202eB"}, {"vision": "x" * 3000}]
    )
    def test_wrong_forms_write_nothing(self, session, as_amina, begun, given):
        answer = as_amina.post(self.at(begun, "/charter"), data=charter_for(session, begun, **given))
        assert answer.status_code == 422
        assert charter_versions.find_draft(session, begun.id) is None

    def test_stranger_finds_nothing(self, session, log_in, stranger, partnership):
        browser = log_in(stranger)
        assert browser.get(self.at(partnership)).status_code == 404
        assert browser.post(self.at(partnership, "/charter"), data=CHARTER).status_code == 404
        assert charter_versions.find_draft(session, partnership.id) is None


def test_demonstration_of_a_partnership_without_members(session, as_amina, amina):
    empty = make_partnership(session, members=[])
    accounts.entrust(session, amina, empty.id)
    session.flush()
    assert as_amina.get(f"/partnerships/{empty.id}/first-steps").status_code == 200
    assert as_amina.get(f"/partnerships/{empty.id}/contacts").status_code == 200
