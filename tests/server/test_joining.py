"""/join: links that work once. They make the first account, bring somebody in, or set a new password."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from sqlmodel import select

from surveys import account_links, accounts, audit
from surveys.models import Account, AccountLink, Seat
from surveys.partnerships import members_on
from tests.factories import NOW, PASSWORD, make_account
from tests.server.conftest import text_of

FORM = {"name": "Sok Dara", "password": PASSWORD, "again": PASSWORD, "language": "km"}


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def nobody_yet(session):
    for account in session.exec(select(Account)):
        session.delete(account)
    session.flush()


@pytest.fixture
def invitation(session, partnership, amina):
    ministry = members_on(session, partnership.id, NOW.date())[0][1]
    given = {"role": "representative", "partnership_id": partnership.id, "organization_id": ministry.id}
    return account_links.invite(session, NOW, email="dara@example.org", name="Dara", **given)


def open_link(client, secret):
    answer = client.post("/join", data={"secret": secret})
    assert (answer.status_code, answer.headers["location"]) == (303, "/join/form")
    return client.get("/join/form")


class TestInvitation:
    def test_it_works(self, session, client, partnership, invitation):
        page = open_link(client, invitation[1].lower().replace("-", " "))
        assert "representative of Ministry" in read(page)
        assert 'value="Dara"' in page.text
        answer = client.post("/join/form", data=FORM)
        assert (answer.status_code, answer.headers["location"]) == (303, "/partnerships")
        account = accounts.find_account(session, "dara@example.org")
        assert (account.name, account.language) == ("Sok Dara", "km")
        seat = accounts.find_seat(session, account, partnership.id)
        assert (seat.role, seat.organization_id) == ("representative", invitation[0].organization_id)
        assert client.get(f"/partnerships/{partnership.id}").status_code == 200
        assert audit.verify_chain(session) is None

    def test_speaks_the_language_of_the_invitation(self, session, client, invitation):
        invitation[0].language = "fr"
        session.flush()
        assert "Bienvenue dans Rapport" in read(open_link(client, invitation[1]))

    def test_works_once(self, client, new_browser, invitation):
        open_link(client, invitation[1])
        client.post("/join/form", data=FORM)
        answer = new_browser().post("/join", data={"secret": invitation[1]})
        assert answer.status_code == 410
        assert "This link is not open." in read(answer)

    def test_looking_uses_nothing_up(self, client, new_browser, invitation):
        for _ in range(3):
            assert new_browser().post("/join", data={"secret": invitation[1]}).status_code == 303
        open_link(client, invitation[1])
        assert client.post("/join/form", data=FORM).status_code == 303

    def test_runs_out(self, client, clock, invitation):
        clock.now += timedelta(days=14, seconds=1)
        assert client.post("/join", data={"secret": invitation[1]}).status_code == 410

    @pytest.mark.parametrize("secret", ["", "x", "0" * 24, "<b>", "A" * 499])
    def test_unknown_link(self, client, secret):
        assert client.post("/join", data={"secret": secret}).status_code == 410

    def test_no_link_leads_to_the_door(self, client):
        assert client.get("/join/form").headers["location"] == "/join"
        assert client.post("/join/form", data=FORM).headers["location"] == "/join"
        client.cookies.set("account_link", "forged")
        assert client.get("/join/form").headers["location"] == "/join"

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"again": "another one"}, "The two passwords differ."),
            ({"password": "short", "again": "short"}, "at least 12 characters"),
            ({"password": "x" * 1500, "again": "x" * 1500}, "at most 1000 characters"),
            ({"password": "a" * 40, "again": "a" * 40}, "easily guessed"),
            ({"password": "dara@example.org", "again": "dara@example.org"}, "easily guessed"),
            ({"password": "qwertyuiopasdf", "again": "qwertyuiopasdf"}, "easily guessed"),
            ({"password": "Password2027!", "again": "Password2027!"}, "easily guessed"),
            ({"name": " "}, "Please give your name"),
            ({"name": "D\u202eara"}, "Please give your name"),
            ({"name": "x" * 201}, "Please give your name"),
            ({"language": "de"}, "Please choose a language."),
        ],
    )
    def test_wrong_forms_use_nothing_up(self, session, client, invitation, wrong, words):
        open_link(client, invitation[1])
        answer = client.post("/join/form", data=FORM | wrong)
        assert answer.status_code == 422
        assert words in read(answer)
        assert FORM["password"] not in answer.text
        assert accounts.find_account(session, "dara@example.org") is None
        assert client.post("/join/form", data=FORM).status_code == 303

    def test_name_of_the_partnership_it_leads_to(self, session, client, partnership, invitation):
        partnership.title = "Tonle Sap Fisheries"
        session.flush()
        open_link(client, invitation[1])
        answer = client.post("/join/form", data=FORM | dict.fromkeys(("password", "again"), "tonlesapfisheries"))
        assert "easily guessed" in read(answer)

    def test_a_closed_account_stays_closed_until_a_password_is_taken(self, session, client, invitation):
        closed = make_account(session, "dara")
        accounts.close_account(session, closed)
        open_link(client, invitation[1])
        for password in ("liverpool123", "short", "daradaradara"):
            answer = client.post("/join/form", data=FORM | {"password": password, "again": password})
            assert answer.status_code == 422
            session.refresh(closed)
            assert (closed.is_closed, closed.name, closed.password_hash) == (True, "Dara", "")
        assert client.post("/join/form", data=FORM).status_code == 303
        assert not closed.is_closed

    def test_nothing_can_be_added_to_it(self, session, client, partnership, invitation):
        open_link(client, invitation[1])
        more = {"email": "other@example.org", "is_administrator": "1", "role": "facilitator", "purpose": "setup"}
        client.post("/join/form", data=FORM | more)
        account = accounts.find_account(session, "dara@example.org")
        assert not account.is_administrator
        assert accounts.find_seat(session, account, partnership.id).role == "representative"
        assert accounts.find_account(session, "other@example.org") is None

    def test_who_has_an_account_types_its_password(self, session, client, partnership, invitation):
        known = make_account(session, "dara")
        assert "There is an account for dara@example.org already." in read(open_link(client, invitation[1]))
        assert client.post("/join/form", data={"password": "not this one at all"}).status_code == 422
        assert accounts.find_seat(session, known, partnership.id) is None
        assert client.post("/join/form", data={"password": PASSWORD}).headers["location"] == "/login"
        assert accounts.find_seat(session, known, partnership.id).role == "representative"
        assert known.name == "Dara"

    def test_as_somebody_elses_link(self, session, client, log_in, amina, invitation):
        """Opened where a facilitator is logged in: the invited person's account, not hers, takes the place."""
        log_in(amina)
        open_link(client, invitation[1])
        client.post("/join/form", data=FORM)
        assert len(session.exec(select(Seat).where(Seat.account_id == amina.id)).all()) == 1

    def test_secret_is_not_stored(self, session, invitation):
        assert invitation[1] not in str(invitation[0].model_dump())


class TestSetup:
    def test_it_works(self, session, client, nobody_yet):
        secret = account_links.make_setup(session, NOW)
        assert "Set up this installation" in read(open_link(client, secret))
        answer = client.post("/join/form", data=FORM | {"email": " First@Example.org "})
        assert answer.status_code == 303
        account = accounts.find_account(session, "first@example.org")
        assert account.is_administrator
        assert client.get("/accounts").status_code == 200

    def test_only_while_there_is_no_account(self, session, client, nobody_yet):
        secret = account_links.make_setup(session, NOW)
        make_account(session, "somebody")
        assert account_links.make_setup(session, NOW) is None
        assert client.post("/join", data={"secret": secret}).status_code == 410

    def test_the_newest_counts(self, session, client, nobody_yet):
        old = account_links.make_setup(session, NOW)
        account_links.make_setup(session, NOW)
        assert client.post("/join", data={"secret": old}).status_code == 410

    def test_address_must_be_one(self, session, client, nobody_yet):
        open_link(client, account_links.make_setup(session, NOW))
        assert client.post("/join/form", data=FORM | {"email": "a@b.org\nBcc: c@d.org"}).status_code == 422


class TestNewPassword:
    def test_it_works_and_ends_every_login(self, session, client, new_browser, amina, log_in):
        elsewhere = log_in(amina)
        assert elsewhere.get("/partnerships").status_code == 200
        browser = new_browser()
        open_link(browser, account_links.make_reset(session, amina, NOW))
        wanted = "seven green bicycles sleep"
        assert browser.post("/join/form", data={"password": wanted, "again": wanted}).status_code == 303
        assert elsewhere.get("/partnerships").headers["location"] == "/login"
        assert accounts.check_password(session, amina.email, wanted) == amina
        assert accounts.check_password(session, amina.email, PASSWORD) is None

    def test_runs_out_after_two_hours(self, session, client, clock, amina):
        secret = account_links.make_reset(session, amina, NOW)
        clock.now += timedelta(hours=2, seconds=1)
        assert client.post("/join", data={"secret": secret}).status_code == 410

    def test_invites_nobody(self, session, client, amina):
        """A reset link is not an invitation: name, address and role stay."""
        open_link(client, account_links.make_reset(session, amina, NOW))
        client.post("/join/form", data=FORM | {"name": "Eve", "email": "eve@example.org"})
        assert (amina.name, amina.email) == ("Amina", "amina@example.org")
        assert session.exec(select(AccountLink)).all() == []

    def test_second_factor_is_still_asked_for(self, session, client, amina):
        amina.totp_secret = "sealed"
        open_link(client, account_links.make_reset(session, amina, NOW))
        wanted = "seven green bicycles sleep"
        answer = client.post("/join/form", data={"password": wanted, "again": wanted})
        assert answer.headers["location"] == "/login"
        assert client.get("/partnerships").headers["location"] == "/login"
