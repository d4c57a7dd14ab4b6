"""Failed logins and refused access leave a line and a number; of respondents there is nothing, ever."""

from __future__ import annotations

import html
import json
import logging
import re
from uuid import uuid4

import pytest
from sqlmodel import select

from server import deps, watching
from server.logs import JsonLines
from surveys import accounts, api_tokens
from surveys.models import Account, Login
from tests.factories import NOW, PASSWORD, make_account, make_partnership
from tests.server.conftest import counted_queries, text_of
from tests.server.test_second_factor import enrol


@pytest.fixture(autouse=True)
def _quiet():
    watching.lines._times.clear()


@pytest.fixture
def bopha(session, request):
    return make_account(session, f"bopha-{uuid4().hex}")


def log_in(browser, email, password=PASSWORD):
    return browser.post("/login", data={"email": email, "password": password})


def said(caplog):
    return [one.getMessage() for one in caplog.records if one.name == "rapport.access"]


def account_page(browser):
    return html.unescape(text_of(browser.get("/account").text))


class TestFailedLogins:
    def test_it_works(self, client, bopha, caplog):
        log_in(client, bopha.email, "wrong")
        assert said(caplog) == [f"login failed: password, account {bopha.id}"]

    def test_nobodys_address_is_not_repeated(self, client, caplog):
        log_in(client, "who.is.this@example.org", "my other password")
        assert said(caplog) == ["login failed: password, account none"]
        assert "who.is" not in caplog.text
        assert "my other" not in caplog.text

    def test_reaching_the_limit_is_said_once(self, client, bopha, caplog):
        for _ in range(14):
            log_in(client, bopha.email, "wrong")
        assert said(caplog)[-1] == f"login failed: door shut, account {bopha.id}"
        assert len(said(caplog)) == 10

    def test_only_fields_of_the_list(self, client, bopha, caplog):
        log_in(client, bopha.email, "wrong")
        (record,) = [one for one in caplog.records if one.name == "rapport.access"]
        line = json.loads(JsonLines().format(record))
        assert set(line) == {"at", "level", "logger", "event"}
        assert bopha.email not in str(line)
        assert bopha.name not in str(line)

    def test_a_flood_does_not_fill_the_disk(self, client, caplog):
        for _ in range(200):
            watching.login_failed("password", None)
        assert len(said(caplog)) == 120

    def test_known_and_unknown_cost_the_same(self, session, client, bopha):
        """The answer to both comes after the same statements: as many read, one row of an account written."""
        log_in(client, bopha.email, "wrong")
        with counted_queries(session) as known:
            log_in(client, bopha.email, "wrong")
        with counted_queries(session) as unknown:
            log_in(client, f"{uuid4().hex}@example.org", "wrong")
        assert len(known) == len(unknown)
        assert [one.split()[0] for one in known] == [one.split()[0] for one in unknown]
        assert any(one.startswith("UPDATE account") for one in unknown)

    def test_unknown_addresses_count_on_nobody(self, session, client, bopha):
        for at in range(5):
            log_in(client, f"nobody{at}@example.org", "wrong")
        assert {one.failed_logins for one in session.exec(select(Account))} == {0}

    def test_closed_account_counts_nothing(self, session, client, bopha):
        accounts.close_account(session, bopha)
        log_in(client, bopha.email, "wrong")
        session.refresh(bopha)
        assert bopha.failed_logins == 0


class TestOwnerSeesThem:
    def test_before_a_login(self, session, client, bopha):
        for _ in range(3):
            log_in(client, bopha.email, "wrong")
        log_in(client, bopha.email)
        assert "3 attempts before it led nowhere" in account_page(client)
        assert session.exec(select(Login.failed_before).where(Login.account_id == bopha.id)).one() == 3
        client.post("/logout")
        log_in(client, bopha.email)
        assert "led nowhere" not in account_page(client)

    def test_since_the_login(self, client, new_browser, bopha):
        log_in(client, bopha.email)
        log_in(new_browser(), bopha.email, "wrong")
        assert "1 attempt to log in as you led nowhere since the last login." in account_page(client)

    def test_nobody_elses(self, client, new_browser, bopha, amina):
        log_in(new_browser(), amina.email, "wrong")
        log_in(client, bopha.email)
        assert "led nowhere" not in account_page(client)

    def test_codes_count_too(self, app, session, client, new_browser, clock, bopha, caplog):
        app.dependency_overrides[deps.is_second_factor_required] = lambda: True
        log_in(client, bopha.email)
        phone, _ = enrol(client, clock)
        thief = new_browser()
        assert log_in(thief, bopha.email).headers["location"] == "/login/code"
        session.refresh(bopha)
        assert bopha.failed_logins == 1  # somebody has the password, whatever comes of it
        thief.post("/login/code", data={"code": "000000"})
        assert said(caplog)[-1] == f"login failed: code, account {bopha.id}"
        assert "2 attempts to log in as you" in account_page(client)
        client.post("/logout")
        clock.now = NOW.replace(hour=10)
        log_in(client, bopha.email)
        client.post("/login/code", data={"code": phone.at(clock.now)})
        assert "2 attempts before it led nowhere" in account_page(client)  # ones own is not among them


class TestRefusedAccess:
    def test_it_works(self, session, log_in, bopha, caplog):
        elsewhere = make_partnership(session)
        session.flush()
        assert log_in(bopha).get(f"/partnerships/{elsewhere.id}").status_code == 404
        assert said(caplog) == [f"refused: 404, GET /partnerships/{{partnership_id}}, account {bopha.id}"]
        assert str(elsewhere.id) not in caplog.text

    @pytest.mark.parametrize("path", ["/accounts", "/accounts/log"])
    def test_pages_of_administrators(self, log_in, bopha, caplog, path):
        assert log_in(bopha).get(path).status_code == 404
        assert said(caplog) == [f"refused: 404, GET {path}, account {bopha.id}"]

    def test_forms_that_no_page_sends(self, log_in, bopha, caplog):
        assert log_in(bopha).post("/account/logins/x/end").status_code == 422
        assert said(caplog) == [f"refused: 422, POST /account/logins/{{login_id}}/end, account {bopha.id}"]

    def test_somebody_elses_login(self, log_in, bopha, caplog):
        assert log_in(bopha).post(f"/account/logins/{uuid4()}/end").status_code == 404
        assert f"account {bopha.id}" in said(caplog)[0]

    def test_sent_by_another_site(self, log_in, bopha, caplog):
        assert log_in(bopha).post("/account", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert said(caplog) == ["refused: 403, sent by another site"]

    def test_tokens(self, session, client, bopha, caplog):
        assert client.get("/api/v1/partnerships", headers={"Authorization": "Bearer rapport_x"}).status_code == 401
        token = "rapport_" + uuid4().hex
        api_tokens.create(session, bopha, token, name="mine", partnership_id=None, today=NOW.date(), days=30)
        session.flush()
        answer = client.get(f"/api/v1/partnerships/{uuid4()}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 404
        first, second = said(caplog)
        assert first == "refused: 401, token unknown"
        assert second.startswith("refused: 404, GET /")
        assert second.endswith(f"account {bopha.id}")
        assert not re.search(r"[0-9a-f-]{36}", second.removesuffix(str(bopha.id)))

    def test_what_is_allowed_leaves_nothing(self, log_in, bopha, caplog):
        browser = log_in(bopha)
        for path in ("/partnerships", "/account", "/lessons"):
            assert browser.get(path).status_code == 200
        assert said(caplog) == []

    def test_a_page_for_nobody_leaves_nothing(self, client, caplog):
        client.get("/partnerships")
        client.get("/nowhere")
        assert said(caplog) == []


def test_respondents_leave_nothing(invited, client, log_in, amina, caplog):
    """Whatever they do wrong, also in a browser where an account is logged in."""
    caplog.set_level(logging.DEBUG)
    person = invited()
    browser = person.browser
    browser.cookies.set("session", log_in(amina).cookies["session"])
    browser.post("/i", data={"secret": "AAAA-BBBB"})
    browser.post("/i", data={"secret": person.secret})
    browser.get("/answer/part/none")
    browser.post("/answer/part/V", data={"V1": "99", "go": "on"})
    browser.post("/answer/part/V", headers={"Sec-Fetch-Site": "cross-site"})
    browser.post("/answer/hand-in", headers={"Sec-Fetch-Site": "cross-site"})
    browser.delete("/answer/hand-in")
    browser.get("/receipt/none")
    browser.post("/resume", data={"code": "000000"})
    assert said(caplog) == []
    assert person.secret not in caplog.text
    assert str(person.invitation.id) not in caplog.text
