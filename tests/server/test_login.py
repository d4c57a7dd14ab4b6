"""/login and /logout: facilitators only; a wrong address and a wrong password are told alike."""

from __future__ import annotations

from datetime import timedelta

import pytest

from surveys import accounts
from tests.factories import PASSWORD, make_account
from tests.server.conftest import text_of

NOT_TOGETHER = "This address and this password do not belong together."


def log_in(client, email, password=PASSWORD, **headers):
    return client.post("/login", data={"email": email, "password": password}, headers=headers)


@pytest.fixture
def bopha(session, request):
    """An address of her own per test: attempts are counted by address."""
    return make_account(session, f"bopha-{abs(hash(request.node.name))}")


def test_it_works(client, bopha):
    answer = log_in(client, f" {bopha.email.upper()} ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/partnerships")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.get("/partnerships").status_code == 200


def test_wrong_password_and_unknown_address_are_told_alike(client, bopha):
    wrong = log_in(client, bopha.email, "not this one at all")
    unknown = log_in(client, "nobody@example.org")
    assert wrong.status_code == unknown.status_code == 422
    assert NOT_TOGETHER in text_of(wrong.text)
    assert wrong.text.replace(bopha.email, "") == unknown.text.replace("nobody@example.org", "")
    assert "set-cookie" not in wrong.headers


def test_unknown_address_costs_the_same_work(session, monkeypatch, bopha):
    checked = []
    real = accounts._hasher()
    monkeypatch.setattr(accounts, "_hasher", lambda: real)
    accounts._nobody()
    monkeypatch.setattr(type(real), "verify", lambda *given: checked.append(given) or True)
    accounts.check_password(session, bopha.email, "x")
    accounts.check_password(session, "nobody@example.org", "x")
    assert len(checked) == 2


def test_as_htmx_only_the_form(client, bopha):
    answer = log_in(client, bopha.email, "wrong", **{"HX-Request": "true"})
    assert answer.status_code == 422
    assert answer.text.lstrip().startswith("<form")


def test_password_is_never_shown_again(client, bopha):
    assert "wrong secret words" not in log_in(client, bopha.email, "wrong secret words").text


def test_address_is_shown_as_text(client):
    page = log_in(client, '"><script>alert(1)</script>').text
    assert "<script>alert" not in page


def test_guessing_is_stopped(client, clock, bopha):
    for _ in range(10):
        assert log_in(client, bopha.email, "wrong").status_code == 422
    answer = log_in(client, bopha.email.upper())
    assert answer.status_code == 429
    assert "Please wait fifteen minutes" in text_of(answer.text)
    clock.now += timedelta(minutes=16)
    assert log_in(client, bopha.email).status_code == 303


@pytest.mark.parametrize("data", [{}, {"email": "a@b.org"}, {"email": "a" * 321, "password": "x"}])
def test_form_that_is_not_ours(client, data):
    assert client.post("/login", data=data).status_code == 422


def test_from_another_site(client, bopha):
    assert log_in(client, bopha.email, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_logging_out(client, bopha):
    log_in(client, bopha.email)
    answer = client.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/partnerships").headers["location"] == "/login"


def test_reading_logs_nobody_out(client, bopha):
    log_in(client, bopha.email)
    assert client.get("/logout").status_code == 405
    assert client.get("/partnerships").status_code == 200


def test_ends_after_eight_hours(client, clock, bopha):
    log_in(client, bopha.email)
    clock.now += timedelta(hours=8, seconds=1)
    assert client.get("/partnerships").headers["location"] == "/login"


def test_new_password_ends_it_everywhere(session, client, bopha):
    log_in(client, bopha.email)
    bopha.password_hash = make_account(session, "other", email=f"x{bopha.email}").password_hash
    session.flush()
    assert client.get("/partnerships").headers["location"] == "/login"


def test_removed_account_is_out(session, client, bopha):
    log_in(client, bopha.email)
    session.delete(bopha)
    session.flush()
    assert client.get("/partnerships").headers["location"] == "/login"


@pytest.mark.parametrize("forged", ["", "A" * 200, "eyJhbGciOiJub25lIn0.eyJ9."])
def test_forged_cookie(client, forged):
    client.cookies.set("session", forged)
    assert client.get("/partnerships").headers["location"] == "/login"


def test_cookie_of_another_purpose(app, client, bopha):
    held = {"account": str(bopha.id), "since": "2026-06-15T09:00:00+00:00", "stamp": "x"}
    client.cookies.set("session", app.state.sealer.seal("visit", held))
    assert client.get("/partnerships").headers["location"] == "/login"
