"""The charter: written by the facilitator, signed by everybody, read by every seat."""

from __future__ import annotations

import html
import re
from uuid import uuid4

import pytest
from sqlmodel import select

from surveys import accounts, audit, charter, charter_versions, partnerships, signing
from surveys.models import PlainMail
from tests.charters import DISPUTES, sign_everywhere
from tests.factories import NOW, make_account, make_organization
from tests.server.conftest import text_of

SIGNED = {"person": "Sokha Chan, director"}


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/charter{rest}"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def bare(session, amina):
    """A partnership that has not written anything; Amina facilitates it."""
    made = partnerships.create_partnership(session, code="bare", title="Bare", goal="A goal")
    for place, kind in enumerate(("central_government", "donor_country", "national_ngo")):
        role = "lead" if place == 0 else "member"
        partnerships.join(session, made, make_organization(session, f"Partner {place}", kind), role=role, on=NOW.date())
    accounts.entrust(session, amina, made.id)
    session.flush()
    return made


def write_all(browser, partnership):
    forms = {
        "vision": {"vision": "Water for all"},
        "decisions": {"rule": "consensus", "quorum": "60"},
        "engagement": {"meetings": "quarterly", "notice_days": "10"},
        "clauses/new": {"code": "openness", "en": "Bad news first"},
        "disputes": {**DISPUTES, "is_existence_public": "yes"},
    }
    for code, form in forms.items():
        assert browser.post(address(partnership, f"/draft/{code}"), data=form).status_code == 303, code


def representative(session, partnership, place):
    _, organization = partnerships.members_on(session, partnership.id, NOW.date())[place]
    account = make_account(session, f"representative-{place}")
    accounts.entrust(session, account, partnership.id, role="representative", organization_id=organization.id)
    session.flush()
    return account, organization


def test_it_works(log_in, amina, session, bare, client):
    browser = log_in(amina)
    assert "have not written a charter yet" in read(browser.get(address(bare)))
    assert browser.post(address(bare, "/draft")).status_code == 303
    write_all(browser, bare)
    page = read(browser.get(address(bare)))
    assert "Water for all" in page
    assert "being written" in page
    assert browser.post(address(bare, "/put")).status_code == 303
    _, second, third = [one for _, one in partnerships.members_on(session, bare.id, NOW.date())]
    account, _ = representative(session, bare, 0)
    assert "one signature for the whole charter" in read(log_in(account).get(address(bare)))
    assert log_in(account).post(address(bare, "/sign"), data=SIGNED).status_code == 303
    browser = log_in(amina)
    paper = {"organization": second.id, "person": "Anna Berg", "signed_on": "2026-06-15", "note": "Folder 7"}
    assert browser.post(address(bare, "/paper"), data=paper).status_code == 303
    shown = browser.post(
        address(bare, "/ask"), data={"organization": third.id, "person": "Dara", "email": "d@example.org"}
    )
    (secret,) = re.findall(r"/sign#([0-9A-Z-]{29})", shown.text)
    assert signing.redeem(session, secret)[0].organization_id == third.id
    mail = session.exec(select(PlainMail)).one()
    assert (mail.recipient, secret in mail.text) == ("d@example.org", True)
    page = read(browser.get(address(bare)))
    assert "signed on paper, entered by the facilitator" in page
    assert "Folder 7" in page
    assert charter.in_force(session, bare.id) is None
    signing.sign_by_account(session, charter.current(session, bare.id), third.id, person="Dara", on=NOW.date())
    session.flush()
    assert "Version 1 is in force" in read(browser.get(address(bare)))
    assert audit.verify_chain(session) is None


def test_a_gap_is_told_and_nothing_is_put_to_signature(log_in, amina, session, bare):
    browser = log_in(amina)
    browser.post(address(bare, "/draft"))
    page = browser.post(address(bare, "/put"))
    assert page.status_code == 422
    assert "sections are still empty" in read(page)
    assert charter_versions.find_draft(session, bare.id) is not None


def test_faults_stand_beside_their_fields(log_in, amina, session, bare):
    browser = log_in(amina)
    browser.post(address(bare, "/draft"))
    form = {**DISPUTES, "is_existence_public": "yes", "acknowledge_days": "soon", "contact": "x" * 50_000}
    page = browser.post(address(bare, "/draft/disputes"), data=form)
    assert page.status_code == 422
    assert "This is not a number that can be here." in read(page)
    assert "longer than 200 characters" in read(page)
    assert "National mediation centre" in page.text, "what was typed is kept"
    assert "disputes" not in charter_versions.find_draft(session, bare.id).body


def test_an_entry_sent_twice_is_one_and_can_be_removed(log_in, amina, session, bare):
    browser = log_in(amina)
    browser.post(address(bare, "/draft"))
    for _ in range(2):
        browser.post(address(bare, "/draft/clauses/new"), data={"code": "openness", "en": "Bad news first"})
    assert len(charter_versions.find_draft(session, bare.id).body["clauses"]) == 1
    assert browser.post(address(bare, "/draft/clauses/0"), data={"remove": "yes"}).status_code == 303
    assert charter_versions.find_draft(session, bare.id).body["clauses"] == []


def test_an_amendment_shows_what_changes(log_in, amina, session, partnership):
    browser = log_in(amina)
    assert browser.post(address(partnership, "/draft"), data={"reason": ""}).status_code == 422
    assert browser.post(address(partnership, "/draft"), data={"reason": "Faster answers"}).status_code == 303
    browser.post(address(partnership, "/draft/engagement"), data={"meetings": "monthly", "notice_days": "5"})
    page = read(browser.get(address(partnership)))
    assert "Before: every quarter" in page
    assert "Now: monthly" in page
    assert "Faster answers" in page


def test_what_is_being_signed_does_not_change(log_in, amina, session, bare):
    browser = log_in(amina)
    browser.post(address(bare, "/draft"))
    write_all(browser, bare)
    browser.post(address(bare, "/put"))
    assert browser.post(address(bare, "/draft/vision"), data={"vision": "Else"}).status_code == 404
    assert browser.post(address(bare, "/put")).status_code == 404
    assert browser.post(address(bare, "/withdraw")).status_code == 303
    assert charter.current(session, bare.id) is None


def test_a_partner_signs_once(log_in, session, amina, bare):
    browser = log_in(amina)
    browser.post(address(bare, "/draft"))
    write_all(browser, bare)
    browser.post(address(bare, "/put"))
    account, _ = representative(session, bare, 0)
    browser = log_in(account)
    assert browser.post(address(bare, "/sign"), data=SIGNED).status_code == 303
    page = browser.post(address(bare, "/sign"), data=SIGNED)
    assert page.status_code == 422
    assert "has signed already" in read(page)


def test_old_versions_stay_readable(log_in, amina, session, partnership):
    draft = charter_versions.begin_draft(session, partnership, reason="More")
    charter_versions.write_section(session, draft, "vision", {"vision": "Rain"}, today=NOW.date())
    signing.put_to_signature(session, draft, on=NOW.date())
    sign_everywhere(session, draft, on=NOW.date())
    session.flush()
    assert "Safe water in every village" in read(log_in(amina).get(address(partnership, "/versions/1")))
    assert log_in(amina).get(address(partnership, "/versions/9")).status_code == 404


@pytest.mark.parametrize("role", ["reader", "trustee"])
def test_others_with_a_seat_read_and_change_nothing(log_in, session, partnership, role):
    account = make_account(session, role)
    accounts.entrust(session, account, partnership.id, role=role)
    session.flush()
    browser = log_in(account)
    assert "Safe water in every village" in read(browser.get(address(partnership)))
    for act in ("/draft", "/put", "/withdraw", "/ask", "/paper", "/sign"):
        assert browser.post(address(partnership, act), data={"reason": "x"}).status_code == 404, act
    assert browser.get(address(partnership, "/draft/vision")).status_code == 404


def test_a_draft_is_seen_by_facilitators_only(log_in, session, amina, partnership):
    log_in(amina).post(address(partnership, "/draft"), data={"reason": "Secret plan"})
    account, _ = representative(session, partnership, 0)
    page = read(log_in(account).get(address(partnership)))
    assert "Secret plan" not in page
    assert log_in(account).get(address(partnership, "/versions/2")).status_code == 404


def test_a_representative_signs_for_no_other(log_in, session, amina, bare):
    browser = log_in(amina)
    browser.post(address(bare, "/draft"))
    write_all(browser, bare)
    browser.post(address(bare, "/put"))
    account, own = representative(session, bare, 0)
    _, other = partnerships.members_on(session, bare.id, NOW.date())[1]
    log_in(account).post(address(bare, "/sign"), data={**SIGNED, "organization": other.id})
    assert charter.signed_by(session, charter.current(session, bare.id)) == {own.id}


def test_stranger_finds_nothing(log_in, stranger, partnership):
    browser = log_in(stranger)
    assert browser.get(address(partnership)).status_code == 404
    assert browser.post(address(partnership, "/draft")).status_code == 404


def test_nobody_is_sent_to_the_login(client, partnership):
    assert client.get(address(partnership)).headers["location"] == "/login"


@pytest.mark.parametrize(
    "path", ["/draft/nothing", "/draft/clauses", "/draft/vision/0", "/draft/clauses/99", "/draft/clauses/-1"]
)
def test_unknown_sections(log_in, amina, session, bare, path):
    browser = log_in(amina)
    browser.post(address(bare, "/draft"))
    assert browser.get(address(bare, path)).status_code == 404
    assert browser.post(address(bare, path), data={"code": "x"}).status_code == 404


@pytest.mark.parametrize("organization", [uuid4(), "", "1"])
def test_unknown_partner(log_in, amina, partnership, organization):
    for act in ("/ask", "/paper"):
        given = {"organization": organization, "person": "Dara", "note": "Folder", "signed_on": "2026-06-15"}
        assert log_in(amina).post(address(partnership, act), data=given).status_code in (404, 422)


def test_hard_names_are_text(log_in, amina, session, bare):
    browser = log_in(amina)
    browser.post(address(bare, "/draft"))
    browser.post(address(bare, "/draft/vision"), data={"vision": "<script>alert(1)</script> {{7*7}} ស្ត្រី"})
    page = browser.get(address(bare)).text
    assert "<script>alert" not in page
    assert "{{7*7}}" in page
