"""/account: one's own name, language and password, and where one is logged in."""

from __future__ import annotations

import html
from datetime import timedelta
from uuid import uuid4

import pytest

from server.deps import device_of
from surveys import accounts, logins
from tests.factories import PASSWORD, make_account, make_partnership
from tests.server.conftest import text_of

WANTED = "seven green bicycles sleep"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def read(page):
    return html.unescape(text_of(page.text))


@pytest.fixture
def as_amina(log_in, amina):
    return log_in(amina)


def test_it_works(as_amina, amina):
    page = read(as_amina.get("/account"))
    assert "amina@example.org" in page
    assert "this browser" in page
    answer = as_amina.post("/account", data={"name": "  Amina   Sok ", "language": "km"})
    assert answer.headers["location"] == "/account?said=saved"
    assert (amina.name, amina.language) == ("Amina Sok", "km")


def test_nobody_is_led_to_the_login(client):
    for path in ("/account", "/account/second-factor"):
        assert client.get(path).headers["location"] == "/login"


@pytest.mark.parametrize(
    "form", [{"name": ""}, {"name": "x" * 201}, {"name": "A\u202e"}, {"name": "A", "language": "de"}]
)
def test_wrong_form_changes_nothing(as_amina, amina, form):
    assert as_amina.post("/account", data={"language": "km"} | form).status_code == 422
    assert (amina.name, amina.language) == ("Amina", "en")


def test_name_is_shown_as_text(as_amina):
    as_amina.post("/account", data={"name": "<script>alert(1)</script>", "language": "en"})
    assert "<script>alert" not in as_amina.get("/account").text


def test_role_cannot_be_taken(as_amina, amina):
    as_amina.post("/account", data={"name": "A", "language": "en", "is_administrator": "1", "email": "x@y.org"})
    assert not amina.is_administrator
    assert amina.email == "amina@example.org"


class TestPassword:
    def change(self, browser, **given):
        form = {"old": PASSWORD, "password": WANTED, "again": WANTED} | given
        return browser.post("/account/password", data=form)

    def test_it_works_and_ends_other_logins(self, session, as_amina, new_browser, clock, amina):
        other = new_browser()
        other.cookies.set("session", logins.begin(session, amina, clock.now))
        assert other.get("/account").status_code == 200
        assert self.change(as_amina).headers["location"] == "/account?said=password"
        assert other.get("/account").headers["location"] == "/login"
        assert as_amina.get("/account").status_code == 200
        assert accounts.check_password(session, amina.email, WANTED)

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"old": "not this one at all"}, "not your present password"),
            ({"again": "another"}, "The two passwords differ."),
            ({"password": "amina amina amina", "again": "amina amina amina"}, "easily guessed"),
            ({"password": "short", "again": "short"}, "at least 12 characters"),
            ({"password": "liverpool123", "again": "liverpool123"}, "Many people use this password"),
            ({"password": "Strawberry2027!", "again": "Strawberry2027!"}, "Many people use this password"),
        ],
    )
    def test_wrong_forms(self, session, as_amina, amina, given, words):
        answer = self.change(as_amina, **given)
        assert answer.status_code == 422
        assert words in read(answer)
        assert accounts.check_password(session, amina.email, PASSWORD)

    def test_names_of_ones_partnerships(self, session, as_amina, amina):
        joined = make_partnership(session, title="Tonle Sap Fisheries")
        answer = self.change(as_amina, password="tonlesapfisheries", again="tonlesapfisheries")
        assert answer.status_code == 303  # whoever has no seat there learns nothing of it
        accounts.entrust(session, amina, joined.id)
        session.flush()
        answer = self.change(
            as_amina, old="tonlesapfisheries", password="TonleSap-Fisheries", again="TonleSap-Fisheries"
        )
        assert "easily guessed" in read(answer)

    def test_guessing_the_old_one_is_stopped(self, session, log_in, amina):
        browser = log_in(make_account(session, f"a{uuid4().hex}"))
        for _ in range(10):
            self.change(browser, old="wrong")
        assert self.change(browser).status_code == 422


class TestLogins:
    def test_another_one_is_ended(self, session, as_amina, new_browser, clock, amina):
        other = new_browser()
        other.cookies.set(
            "session", logins.begin(session, amina, clock.now - timedelta(hours=1), device="Firefox, Linux")
        )
        assert "Firefox, Linux" in read(as_amina.get("/account"))
        (row,) = [one for one in logins.of_account(session, amina, clock.now) if one.device]
        assert as_amina.post(f"/account/logins/{row.id}/end").headers["location"] == "/account?said=ended"
        assert other.get("/account").headers["location"] == "/login"

    def test_ones_own_is_logging_out(self, session, as_amina, clock, amina):
        (row,) = logins.of_account(session, amina, clock.now)
        assert as_amina.post(f"/account/logins/{row.id}/end").headers["location"] == "/"
        assert as_amina.get("/account").headers["location"] == "/login"

    def test_all_others(self, session, as_amina, clock, amina):
        for _ in range(3):
            logins.begin(session, amina, clock.now)
        as_amina.post("/account/logins/end-others")
        assert len(logins.of_account(session, amina, clock.now)) == 1

    def test_somebody_elses_does_not_exist(self, session, as_amina, clock, stranger):
        logins.begin(session, stranger, clock.now)
        (row,) = logins.of_account(session, stranger, clock.now)
        assert as_amina.post(f"/account/logins/{row.id}/end").status_code == 404
        assert as_amina.post(f"/account/logins/{uuid4()}/end").status_code == 404
        assert as_amina.post("/account/logins/x/end").status_code == 422
        assert logins.of_account(session, stranger, clock.now)

    def test_what_ran_out_is_not_listed(self, session, as_amina, clock, amina):
        logins.begin(session, amina, clock.now - timedelta(hours=9))
        assert read(as_amina.get("/account")).count("(UTC, +0000)") == 3  # two in its line, one in its button

    def test_says_when_each_was_used_last(self, as_amina, clock):
        clock.now += timedelta(minutes=30)
        as_amina.get("/account")
        page = read(as_amina.get("/account"))
        assert "since 15 June 2026, 09:00 (UTC, +0000)" in page
        assert "last used 15 June 2026, 09:30 (UTC, +0000)" in page

    @pytest.mark.parametrize(
        ("agent", "device"),
        [
            (FIREFOX, "Firefox, Linux"),
            ("", ""),
            ("<script>" * 1000, ""),
            ("curl/8", ""),
            ("X Android Chrome/1", "Chrome, Android"),
        ],
    )
    def test_device_is_told_without_version(self, agent, device):
        assert device_of(agent) == device
