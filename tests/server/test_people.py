"""/partnerships/{id}/people: who sits in a partnership, inviting, handing over, leaving."""

from __future__ import annotations

import html
import re
from uuid import uuid4

import pytest
from sqlmodel import select

from surveys import accounts, logins
from surveys.models import AccountLink
from surveys.partnerships import members_on
from tests.factories import NOW, PASSWORD, make_account
from tests.server.conftest import text_of


def read(page):
    return html.unescape(text_of(page.text))


def secret_in(page):
    return re.search(r"/join#([0-9A-Z-]{29})", page.text)[1]


def address(partnership, rest=""):
    return f"/partnerships/{partnership.id}/people{rest}"


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


@pytest.fixture
def ministry(session, partnership):
    return members_on(session, partnership.id, NOW.date())[0][1]


def invite(browser, partnership, **given):
    form = {"name": "Dara", "email": "dara@example.org", "role": "trustee", "language": "en"} | given
    return browser.post(address(partnership), data=form)


def join(browser, secret):
    browser.post("/join", data={"secret": secret})
    return browser.post("/join/form", data={"name": "Dara", "password": PASSWORD, "again": PASSWORD, "language": "en"})


def test_it_works(session, as_amina, new_browser, partnership, ministry):
    assert "amina@example.org" in read(as_amina.get(address(partnership)))
    shown = invite(as_amina, partnership, role="representative", organization=str(ministry.id))
    assert f"representative of {ministry.name}" in read(shown)
    assert join(new_browser(), secret_in(shown)).status_code == 303
    page = read(as_amina.get(address(partnership)))
    assert "Invited, not here yet" not in page
    assert "Dara" in page


@pytest.mark.parametrize("role", ["facilitator", "trustee", "reader"])
def test_every_role(session, as_amina, new_browser, partnership, ministry, role):
    join(new_browser(), secret_in(invite(as_amina, partnership, role=role, organization=str(ministry.id))))
    seat = accounts.find_seat(session, accounts.find_account(session, "dara@example.org"), partnership.id)
    assert (seat.role, seat.organization_id) == (role, None)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": " "}, "Please give a name"),
        ({"name": "x" * 300}, "Please give a name"),
        ({"email": "dara"}, "not an e-mail address"),
        ({"email": "a@b.org\r\nBcc: c@d.org"}, "not an e-mail address"),
        ({"email": "AMINA@example.org"}, "has a place here already"),
        ({"role": "administrator"}, "Please choose a role"),
        ({"role": "representative"}, "Please choose the partner"),
        ({"role": "representative", "organization": str(uuid4())}, "Please choose the partner"),
        ({"language": "de"}, "Please choose a role and a language"),
    ],
)
def test_wrong_forms(session, as_amina, partnership, given, words):
    answer = invite(as_amina, partnership, **given)
    assert answer.status_code == 422
    assert words in read(answer)
    assert session.exec(select(AccountLink)).all() == []


def test_link_is_shown_once(as_amina, partnership):
    secret = secret_in(invite(as_amina, partnership))
    assert secret not in as_amina.get(address(partnership)).text


def test_invited_twice_is_one_invitation(session, as_amina, client, partnership):
    first = secret_in(invite(as_amina, partnership))
    second = secret_in(invite(as_amina, partnership, role="reader"))
    (link,) = session.exec(select(AccountLink))
    assert link.role == "reader"
    assert client.post("/join", data={"secret": first}).status_code == 410
    assert client.post("/join", data={"secret": second}).status_code == 303


def test_renewed_and_withdrawn(session, as_amina, client, partnership):
    first = secret_in(invite(as_amina, partnership))
    (link,) = session.exec(select(AccountLink))
    second = secret_in(as_amina.post(address(partnership, f"/invitations/{link.id}/renew")))
    assert client.post("/join", data={"secret": first}).status_code == 410
    as_amina.post(address(partnership, f"/invitations/{link.id}/withdraw"))
    assert client.post("/join", data={"secret": second}).status_code == 410


def test_handing_over(session, as_amina, new_browser, partnership, amina):
    shown = invite(as_amina, partnership, role="facilitator", takes_over="true")
    assert "takes the partnership over from you" in read(as_amina.get(address(partnership)))
    assert accounts.find_seat(session, amina, partnership.id).role == "facilitator"
    new = new_browser()
    join(new, secret_in(shown))
    assert accounts.find_seat(session, amina, partnership.id) is None
    assert new.get(address(partnership)).status_code == 200
    assert as_amina.get(address(partnership)).headers["location"] == "/login"


def test_taking_over_is_for_facilitators(session, as_amina, new_browser, partnership, amina):
    join(new_browser(), secret_in(invite(as_amina, partnership, role="reader", takes_over="true")))
    assert accounts.find_seat(session, amina, partnership.id).role == "facilitator"


class TestTakingAway:
    def test_it_works_and_ends_logins(self, session, as_amina, new_browser, clock, partnership):
        other = make_account(session, "other")
        accounts.entrust(session, other, partnership.id, role="reader")
        elsewhere = new_browser()
        elsewhere.cookies.set("session", logins.begin(session, other, clock.now))
        assert elsewhere.get(f"/partnerships/{partnership.id}").status_code == 200
        assert as_amina.post(address(partnership, f"/{other.id}/remove")).status_code == 303
        assert elsewhere.get("/partnerships").headers["location"] == "/login"
        assert as_amina.post(address(partnership, f"/{other.id}/remove")).status_code == 404

    def test_the_only_facilitator_stays(self, session, as_amina, partnership, amina):
        answer = as_amina.post(address(partnership, f"/{amina.id}/remove"))
        assert answer.status_code == 422
        assert "You are the only facilitator" in read(answer)
        assert accounts.find_seat(session, amina, partnership.id)

    def test_leaving(self, session, as_amina, partnership, amina):
        accounts.entrust(session, make_account(session, "second"), partnership.id)
        session.flush()
        assert as_amina.post(address(partnership, f"/{amina.id}/remove")).headers["location"] == "/partnerships"
        assert accounts.find_seat(session, amina, partnership.id) is None


def test_invitation_of_another_partnership(session, log_in, stranger, as_amina, partnership):
    invite(as_amina, partnership)
    (link,) = session.exec(select(AccountLink))
    (theirs,) = accounts.partnerships_of(session, stranger)
    browser = log_in(stranger)
    assert browser.post(address(theirs, f"/invitations/{link.id}/withdraw")).status_code == 404
    assert browser.post(address(partnership, f"/invitations/{link.id}/withdraw")).status_code == 404
    assert browser.get(address(partnership)).status_code == 404


def test_hard_names_are_text(as_amina, partnership):
    page = invite(as_amina, partnership, name='<img src=x onerror=alert(1)> {{7*7}} "សុខ"')
    assert "<img src=x" not in page.text
    assert "{{7*7}}" in html.unescape(page.text)
