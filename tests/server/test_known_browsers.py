"""A stranger uses up the guesses for an address: whoever logged in before still comes in, and nobody guesses more."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from server import deps, known_browsers
from surveys import accounts
from tests.factories import PASSWORD, make_account
from tests.server.conftest import text_of
from tests.server.test_second_factor import enrol

WANTED = "seven green bicycles sleep"


@pytest.fixture
def bopha(session):
    return make_account(session, f"bopha-{uuid4().hex}")


def log_in(browser, account, password=PASSWORD):
    return browser.post("/login", data={"email": account.email, "password": password}).status_code


def shut(browser, account, times=10):
    return [log_in(browser, account, "wrong") for _ in range(times)]


@pytest.fixture
def owner(client, bopha):
    assert log_in(client, bopha) == 303
    client.post("/logout")
    return client


def test_it_works(owner, new_browser, bopha):
    stranger = new_browser()
    assert shut(stranger, bopha, 11) == [422] * 10 + [429]
    assert log_in(new_browser(), bopha) == 429
    assert log_in(owner, bopha) == 303


def test_said_where_it_is_shut(new_browser, bopha):
    shut(new_browser(), bopha)
    answer = new_browser().post("/login", data={"email": bopha.email, "password": PASSWORD})
    assert "or log in with a browser you used before" in text_of(answer.text)


def test_has_a_limit_of_its_own(owner, new_browser, bopha, clock):
    assert shut(owner, bopha, 11) == [422] * 10 + [429]
    assert log_in(owner, bopha) == 429
    assert log_in(new_browser(), bopha) == 303  # and shuts nobody else out
    clock.now += timedelta(minutes=16)
    assert log_in(owner, bopha) == 303


def test_of_another_account_it_is_worth_nothing(session, client, new_browser, bopha):
    """Somebody with an account of their own guesses at another one: counted as everybody's guesses are."""
    other = make_account(session, f"other-{uuid4().hex}")
    assert log_in(client, other) == 303
    client.post("/logout")
    assert shut(client, bopha, 11) == [422] * 10 + [429]
    assert log_in(new_browser(), bopha) == 429


def test_logging_in_again_and_again_gives_no_more_guesses_at_others(session, client, bopha):
    other = make_account(session, f"other-{uuid4().hex}")
    tried = []
    for _ in range(4):
        log_in(client, other)
        tried += shut(client, bopha, 4)
    assert tried.count(422) == 10


@pytest.mark.parametrize("forged", ["", "x", "AAAA" * 40])
def test_forged(new_browser, bopha, forged):
    browser = new_browser()
    browser.cookies.set(known_browsers.COOKIE, forged)
    assert shut(browser, bopha, 11) == [422] * 10 + [429]


def test_cookie_of_another_purpose(app, new_browser, bopha, clock):
    held = {"account": str(bopha.id), "stamp": known_browsers.stamp_of(bopha), "since": clock.now.isoformat()}
    browser = new_browser()
    browser.cookies.set(known_browsers.COOKIE, app.state.sealer.seal("half_way", {**held, "browser": "x"}))
    shut(new_browser(), bopha)
    assert log_in(browser, bopha) == 429


def test_a_new_password_makes_it_worthless(session, owner, new_browser, bopha):
    accounts.set_password(bopha, WANTED)
    session.flush()
    shut(new_browser(), bopha)
    assert log_in(owner, bopha, WANTED) == 429


def test_whoever_changes_the_password_stays_known(client, new_browser, bopha):
    log_in(client, bopha)
    form = {"old": PASSWORD, "password": WANTED, "again": WANTED}
    assert client.post("/account/password", data=form).status_code == 303
    client.post("/logout")
    shut(new_browser(), bopha)
    assert log_in(client, bopha, WANTED) == 303


def test_runs_out(owner, new_browser, bopha, clock):
    clock.now += timedelta(days=180, seconds=1)
    shut(new_browser(), bopha)
    assert log_in(owner, bopha) == 429


def test_closed_account(session, owner, bopha):
    accounts.close_account(session, bopha)
    session.flush()
    assert shut(owner, bopha, 11) == [422] * 10 + [429]


def test_opens_nothing(owner, bopha):
    assert set(owner.cookies) == {known_browsers.COOKIE}
    assert owner.get("/partnerships").headers["location"] == "/login"
    assert str(bopha.id) not in owner.cookies[known_browsers.COOKIE]


def test_a_thief_with_the_password_does_not_shut_out_the_telephone(app, client, new_browser, clock, bopha):
    app.dependency_overrides[deps.is_second_factor_required] = lambda: True
    log_in(client, bopha)
    phone, _ = enrol(client, clock)
    client.post("/logout")
    clock.now += timedelta(minutes=2)
    thief = new_browser()
    log_in(thief, bopha)
    tried = [thief.post("/login/code", data={"code": "000000"}).status_code for _ in range(6)]
    assert tried == [422] * 5 + [429]
    log_in(client, bopha)
    assert client.post("/login/code", data={"code": phone.at(clock.now)}).status_code == 303


def test_browsers_known_before_the_telephone_give_no_guesses_at_its_codes(app, client, new_browser, clock, bopha):
    """Whoever stole the password early collects known browsers; then the owner sets up the second factor."""
    app.dependency_overrides[deps.is_second_factor_required] = lambda: True
    thieves = [new_browser() for _ in range(3)]
    for thief in thieves:
        assert log_in(thief, bopha) == 303
    log_in(client, bopha)
    enrol(client, clock)
    tried = []
    for thief in thieves:
        log_in(thief, bopha)
        tried += [thief.post("/login/code", data={"code": "000000"}).status_code for _ in range(5)]
    assert tried.count(422) == 5


def test_whoever_sets_up_the_telephone_stays_known(app, client, new_browser, clock, bopha):
    app.dependency_overrides[deps.is_second_factor_required] = lambda: True
    log_in(client, bopha)
    enrol(client, clock)
    client.post("/logout")
    shut(new_browser(), bopha)
    assert log_in(client, bopha) == 303
