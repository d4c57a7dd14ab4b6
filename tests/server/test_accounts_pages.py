"""/accounts: administrators invite, help with lost passwords and telephones, give facilitators, close accounts."""

from __future__ import annotations

import html
import re
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from surveys import account_links, accounts, logins
from surveys.models import Account, AccountLink, AuditEntry
from tests.factories import NOW, PASSWORD, make_account, make_partnership
from tests.server.conftest import text_of


def read(page):
    return html.unescape(text_of(page.text))


def secret_in(page):
    return re.search(r"/join#([0-9A-Z-]{29})", page.text)[1]


@pytest.fixture
def sina(session):
    return make_account(session, "sina", is_administrator=True)


@pytest.fixture
def as_sina(log_in, sina):
    return log_in(sina)


def address(account, rest=""):
    return f"/accounts/{account.id}{rest}"


def test_it_works(session, as_sina, new_browser, amina):
    page = as_sina.get("/accounts")
    assert "amina@example.org" in read(page)
    shown = as_sina.post("/accounts", data={"email": " New@Example.org ", "language": "fr"})
    secret = secret_in(shown)
    assert "new@example.org" in read(as_sina.get("/accounts"))
    assert secret not in as_sina.get("/accounts").text
    guest = new_browser()
    assert guest.post("/join", data={"secret": secret}).status_code == 303
    form = {"name": "New", "password": PASSWORD, "again": PASSWORD, "language": "fr"}
    assert guest.post("/join/form", data=form).status_code == 303
    assert accounts.find_account(session, "new@example.org").is_administrator


@pytest.mark.parametrize("email", ["", "x", "a b@c.org", "a@b.org\nBcc: c@d.org", "amina@example.org"])
def test_nobody_is_invited_wrongly(session, as_sina, amina, email):
    assert as_sina.post("/accounts", data={"email": email}).status_code == 422
    assert session.exec(select(AccountLink)).all() == []


def test_invitation_is_renewed_and_withdrawn(session, as_sina, client):
    old = secret_in(as_sina.post("/accounts", data={"email": "new@example.org"}))
    (link,) = session.exec(select(AccountLink))
    new = secret_in(as_sina.post(f"/accounts/invitations/{link.id}/renew"))
    assert client.post("/join", data={"secret": old}).status_code == 410
    assert client.post("/join", data={"secret": new}).status_code == 303
    as_sina.post(f"/accounts/invitations/{link.id}/withdraw")
    assert client.post("/join", data={"secret": new}).status_code == 410
    assert as_sina.post(f"/accounts/invitations/{link.id}/withdraw").status_code == 404


def test_facilitators_find_nothing(log_in, amina, sina):
    browser = log_in(amina)
    for path in ("/accounts", "/accounts/log", address(sina), address(amina)):
        assert browser.get(path).status_code == 404
    for act in ("password-link", "forget-factor", "administrator", "seats", "seats/remove", "close"):
        assert browser.post(address(sina, f"/{act}"), data={"value": "true", "sure": "yes"}).status_code == 404
    assert sina.is_administrator
    assert not amina.is_administrator


def test_unknown_and_malformed(as_sina):
    assert as_sina.get(f"/accounts/{uuid4()}").status_code == 404
    assert as_sina.get("/accounts/x").status_code == 404
    assert as_sina.post(f"/accounts/{uuid4()}/close", data={"sure": "yes"}).status_code == 404


def test_administrator_reads_no_partnership(as_sina, partnership, released):
    assert as_sina.get(f"/partnerships/{partnership.id}").status_code == 404
    assert partnership.title not in as_sina.get("/partnerships").text


def test_link_for_a_new_password(as_sina, new_browser, amina):
    secret = secret_in(as_sina.post(address(amina, "/password-link")))
    guest = new_browser()
    guest.post("/join", data={"secret": secret})
    assert "Set a new password" in read(guest.get("/join/form"))


def test_lost_telephone(session, as_sina, amina, clock):
    amina.totp_secret, amina.totp_step = "sealed", 5
    logins.begin(session, amina, clock.now)
    as_sina.post(address(amina, "/forget-factor"))
    assert (amina.totp_secret, amina.totp_step) == ("", 0)
    assert logins.of_account(session, amina, clock.now) == []


def test_role_taken_ends_logins(session, log_in, new_browser, clock, sina):
    other = make_account(session, "other", is_administrator=True)
    elsewhere = new_browser()
    elsewhere.cookies.set("session", logins.begin(session, other, clock.now))
    assert elsewhere.get("/accounts").status_code == 200
    log_in(sina).post(address(other, "/administrator"), data={"value": "false"})
    assert elsewhere.get("/accounts").headers["location"] == "/login"
    assert not other.is_administrator


def test_last_administrator_stays(session, as_sina, sina):
    for one in session.exec(select(Account).where(Account.id != sina.id)):
        one.is_administrator = False
    answer = as_sina.post(address(sina, "/administrator"), data={"value": "false"})
    assert answer.status_code == 409
    assert sina.is_administrator


def test_a_facilitator_is_given(session, as_sina, amina):
    other = make_partnership(session)
    as_sina.post(address(amina, "/seats"), data={"partnership_id": str(other.id)})
    assert accounts.find_seat(session, amina, other.id).role == "facilitator"
    assert as_sina.post(address(amina, "/seats"), data={"partnership_id": str(uuid4())}).status_code == 409


def test_last_facilitator_stays(session, as_sina, amina, partnership):
    answer = as_sina.post(address(amina, "/seats/remove"), data={"partnership_id": str(partnership.id)})
    assert answer.status_code == 409
    assert "keeps at least one facilitator" in read(answer)
    accounts.entrust(session, make_account(session, "second"), partnership.id)
    session.flush()
    assert (
        as_sina.post(address(amina, "/seats/remove"), data={"partnership_id": str(partnership.id)}).status_code == 303
    )
    assert accounts.find_seat(session, amina, partnership.id) is None


class TestEndingLogins:
    def test_of_one_account(self, session, as_sina, new_browser, clock, sina, amina, stranger):
        elsewhere = new_browser()
        elsewhere.cookies.set("session", logins.begin(session, amina, clock.now))
        logins.begin(session, stranger, clock.now)
        assert as_sina.post(address(amina, "/end-logins")).status_code == 303
        assert elsewhere.get("/account").headers["location"] == "/login"
        assert len(logins.of_account(session, stranger, clock.now)) == 1
        assert as_sina.get("/accounts").status_code == 200
        assert "ended the logins of an account" in read(as_sina.get("/accounts/log"))

    def test_of_ones_own_account_but_here(self, session, as_sina, clock, sina):
        logins.begin(session, sina, clock.now)
        as_sina.post(address(sina, "/end-logins"))
        assert len(logins.of_account(session, sina, clock.now)) == 1
        assert as_sina.get("/accounts").status_code == 200

    def test_of_everybody(self, session, as_sina, clock, sina, amina, stranger):
        for one in (sina, amina, stranger):
            logins.begin(session, one, clock.now)
        assert as_sina.post("/accounts/end-logins").status_code == 422
        assert logins.of_account(session, amina, clock.now)
        assert as_sina.post("/accounts/end-logins", data={"sure": "yes"}).status_code == 303
        assert not any(logins.of_account(session, one, clock.now) for one in (amina, stranger))
        assert len(logins.of_account(session, sina, clock.now)) == 1
        assert as_sina.get("/accounts").status_code == 200
        assert "ended everybody's logins" in read(as_sina.get("/accounts/log"))

    def test_of_nobody(self, as_sina):
        assert as_sina.post(f"/accounts/{uuid4()}/end-logins").status_code == 404


class TestClosing:
    def test_it_works(self, session, as_sina, clock):
        other = make_account(session, "other")
        logins.begin(session, other, clock.now)
        account_links.make_reset(session, other, NOW)
        assert as_sina.post(address(other, "/close")).status_code == 409
        assert as_sina.post(address(other, "/close"), data={"sure": "yes"}).status_code == 303
        assert other.is_closed
        assert accounts.check_password(session, other.email, PASSWORD) is None
        assert logins.of_account(session, other, clock.now) == []
        assert session.exec(select(AccountLink)).all() == []
        assert "closed" in read(as_sina.get(address(other)))

    def test_not_oneself(self, as_sina, sina):
        assert as_sina.post(address(sina, "/close"), data={"sure": "yes"}).status_code == 409
        assert not sina.is_closed

    def test_not_the_only_facilitator(self, session, as_sina, amina):
        assert as_sina.post(address(amina, "/close"), data={"sure": "yes"}).status_code == 409
        assert not amina.is_closed

    def test_what_is_refused_takes_no_seat(self, session, as_sina, amina, partnership, clock):
        """Of two partnerships only the second has nobody else: the seat in the first stays as well."""
        accounts.entrust(session, make_account(session, "bora"), partnership.id)
        accounts.entrust(session, amina, make_partnership(session, id=UUID(int=2**128 - 1)).id)
        logins.begin(session, amina, clock.now)
        assert as_sina.post(address(amina, "/close"), data={"sure": "yes"}).status_code == 409
        assert len(accounts.seats_of(session, amina)) == 2
        assert len(logins.of_account(session, amina, clock.now)) == 1

    def test_acts_are_on_record(self, session, as_sina, sina):
        other = make_account(session, "other")
        as_sina.post(address(other, "/close"), data={"sure": "yes"})
        last = session.exec(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert (last.actor, last.act, last.subject) == (sina.email, "closed an account", f"account {other.id}")
        assert "closed an account" in read(as_sina.get("/accounts/log"))
